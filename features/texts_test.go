package features_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleTexts() {
	const file = "age,notes\n31,late and broken\n,broken again\n45,\n"
	t, err := ml.ReadCSV(strings.NewReader(file), ml.CSV{Schema: ml.Schema{Types: map[string]ml.Type{"notes": ml.TypeText}}})
	if err != nil {
		panic(err)
	}
	m, err := features.Columns{Parts: []features.Part{
		{Columns: features.ByKind(ml.Numeric), Do: ml.Step(features.SimpleImputer{})},
		{Columns: features.ByKind(ml.Text), Do: ml.Step(features.Texts{Vectorizer: features.CountVectorizer{}})},
	}}.Fit(context.Background(), t)
	if err != nil {
		panic(err)
	}
	x, err := m.Transform(t.X)
	if err != nil {
		panic(err)
	}
	for j, c := range m.Out() {
		fmt.Println(c.Name, "of", t.Columns[c.From[0]].Name, x.At(0, j), x.At(1, j), x.At(2, j))
	}
	// Output:
	// age of age 31 38 45
	// notes_again of notes 0 1 0
	// notes_and of notes 1 0 0
	// notes_broken of notes 1 1 0
	// notes_late of notes 1 0 0
}

// textTable is a table of one column of texts.
func textTable(texts ...string) ml.Table {
	x, err := ml.NewTextMatrix(tensor.New[float64](len(texts), 1), [][]string{texts})
	if err != nil {
		panic(err)
	}
	return ml.Table{X: x, Columns: []ml.Column{{Name: "t", Kind: ml.Text}}}
}

// Rows of texts are what the vectorizer makes of them, and a saved pipeline of texts answers the same.
func TestTextsInAPipeline(t *testing.T) {
	texts := manyTexts()[20:80]
	d := ml.Dataset[int]{Table: textTable(texts...), Y: make([]int, len(texts))}
	for i := range d.Y {
		d.Y[i] = i % 2
	}
	for _, v := range []features.TextLearner{nil, features.TfidfVectorizer{}, features.CountVectorizer{MinDF: 2}, features.HashingVectorizer{Features: 64}} {
		pipe := ml.Pipe(ml.Step(features.Texts{Vectorizer: v}), linear.LogisticRegression{})
		m, err := pipe.Fit(ctx, d)
		require.NoError(t, err)
		if v == nil {
			v = features.TfidfVectorizer{}
		}
		alone, x, err := v.LearnTexts(ctx, texts, nil)
		require.NoError(t, err)
		z, err := m.Transform(d.X)
		if err == nil {
			require.Equal(t, x, z)
		}
		require.Len(t, m.Final.Columns, len(alone.Out()))
		want, err := m.PredictProba(d.X)
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		again, err := ml.Load[ml.Classifier](&file)
		require.NoError(t, err)
		got, err := again.PredictProba(d.X)
		require.NoError(t, err)
		require.Equal(t, want.Data(), got.Data())
		_, can := ml.As[ml.RowPredictor[int]](m)
		require.False(t, can, "a row of numbers holds no text")
	}
}

// A text of weight k is k texts, one of weight 0 is none.
func TestTextWeightsAreRepetitions(t *testing.T) {
	texts := manyTexts()[:400]
	weight := make([]float64, len(texts))
	var repeated []string
	for i, text := range texts {
		weight[i] = float64(i % 3)
		for range i % 3 {
			repeated = append(repeated, text)
		}
	}
	for _, c := range []features.CountVectorizer{{}, {MinDF: 30}, {MaxDFShare: 0.3}, {MinDFShare: 0.02, MaxFeatures: 7}, {Vocabulary: []string{"mu", "alpha", "mubeta"}}} {
		v := features.TfidfVectorizer{Counts: c}
		a, _, err := v.LearnTexts(ctx, texts, weight)
		require.NoError(t, err)
		b, err := v.Fit(ctx, repeated)
		require.NoError(t, err)
		got := a.(*features.VectorizerModel)
		require.Equal(t, b.Terms, got.Terms)
		require.Equal(t, b.DF, got.DF)
		require.Equal(t, b.IDF, got.IDF)
	}
	_, _, err := features.CountVectorizer{}.LearnTexts(ctx, []string{"only", "a"}, []float64{0, 1})
	require.ErrorIs(t, err, ml.ErrShape)
}

func TestTextsSameBytesOnAnyCores(t *testing.T) {
	d := textTable(manyTexts()...)
	d.Weight = make([]float64, d.Rows())
	for i := range d.Weight {
		d.Weight[i] = 1 + float64(i%7)/8
	}
	var first []byte
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, cores := range []int{1, 3, 8} {
		runtime.GOMAXPROCS(cores)
		m, err := features.Texts{}.Fit(ctx, d)
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		if first == nil {
			first = file.Bytes()
		}
		require.True(t, bytes.Equal(first, file.Bytes()))
	}
}

// Texts that come in parts teach what they teach at once, up to the order of the columns.
func TestTextUpdates(t *testing.T) {
	texts := manyTexts()[:500]
	for _, c := range []features.TfidfVectorizer{{}, {Weights: features.TfidfTransformer{NoIDF: true}}, {Counts: features.CountVectorizer{Vocabulary: []string{"mu", "alpha"}}}} {
		all, err := c.Fit(ctx, texts)
		require.NoError(t, err)
		some, err := c.Fit(ctx, texts[:7])
		require.NoError(t, err)
		before := len(some.Terms)
		more, err := some.Update(ctx, texts[7:])
		require.NoError(t, err)
		require.Len(t, some.Terms, before, "the old model stays")
		require.Equal(t, some.Terms, more.Terms[:before], "columns keep their places")
		require.ElementsMatch(t, all.Terms, more.Terms)
		for j, term := range more.Terms {
			require.Equal(t, all.DF[all.Index(term)], more.DF[j], term)
			if all.IDF != nil {
				require.Equal(t, all.IDF[all.Index(term)], more.IDF[j], term)
			}
		}
	}
	bounded, err := features.CountVectorizer{MinDF: 2}.Fit(ctx, texts[:50])
	require.NoError(t, err)
	more, err := bounded.Update(ctx, append([]string{"unheardof unheardof"}, texts[50:]...))
	require.NoError(t, err)
	require.Equal(t, bounded.Terms, more.Terms)
	require.Nil(t, more.IDF)

	x, err := bounded.Transform(texts)
	require.NoError(t, err)
	whole, err := features.TfidfTransformer{}.Fit(ctx, ml.Table{X: x})
	require.NoError(t, err)
	part, err := features.TfidfTransformer{}.Fit(ctx, ml.Table{X: x.Rows(0, 100)})
	require.NoError(t, err)
	part, err = part.Update(ctx, ml.Table{X: x.Rows(100, 500)})
	require.NoError(t, err)
	require.Equal(t, whole.IDF, part.IDF)
	require.Equal(t, whole.Info.Rows, part.Info.Rows)
}

func TestTextsRefuse(t *testing.T) {
	good := textTable("one two", "two")
	numbers := ml.Table{X: tensor.New[float64](2, 1)}
	for name, err := range map[string]error{
		"numbers":  second(features.Texts{}.Fit(ctx, numbers)),
		"nothing":  second(features.Texts{}.Fit(ctx, ml.Table{})),
		"no terms": second(features.Texts{}.Fit(ctx, textTable("", "a"))),
		"passing":  second(features.Columns{Parts: []features.Part{{Columns: features.AllColumns{}}}}.Fit(ctx, good)),
		"rest":     second(features.Columns{Rest: features.PassRest, Parts: []features.Part{{Columns: features.ByName{"n"}}}}.Fit(ctx, withNumber(good))),
		"scaling":  second(features.StandardScaler{}.Fit(ctx, good)),
	} {
		var e *ml.Error
		require.ErrorAs(t, err, &e, name)
	}
	m, err := features.Texts{}.Fit(ctx, good)
	require.NoError(t, err)
	_, err = m.Transform(numbers.X)
	require.ErrorIs(t, err, ml.ErrColumn)
}

func withNumber(t ml.Table) ml.Table {
	x, err := ml.NewTextMatrix(tensor.New[float64](t.Rows(), 2), [][]string{t.X.(*ml.TextMatrix).Texts(0), nil})
	if err != nil {
		panic(err)
	}
	return ml.Table{X: x, Columns: append(t.Columns, ml.Column{Name: "n"})}
}
