package features_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// TextCase is what internal/golden/features_text.py writes for each vectorizer.
type TextCase struct {
	Terms       []string
	IDF         []float64
	Train, Test SparseRows
}

// SparseRows is a CSR matrix.
type SparseRows struct {
	Indptr  []int
	Indices []int32
	Values  []float64
	Columns int
}

// TextFile is the whole golden file.
type TextFile struct {
	Train, Test, Stop []string
	Cases             map[string]TextCase
	Transformer       struct {
		Counts, Weighted SparseRows
		IDF              []float64
	}
}

// vectorizing is what the vectorizers have in common.
type vectorizing[M features.TextVectorizer] interface {
	Fit(context.Context, []string) (M, error)
}

func fitText[M features.TextVectorizer](f vectorizing[M]) func([]string) (features.TextVectorizer, error) {
	return func(texts []string) (features.TextVectorizer, error) { return f.Fit(context.Background(), texts) }
}

func sameRows(t *testing.T, want SparseRows, got *tensor.CSR[float64], what string) {
	t.Helper()
	const tol = 1e-12 // sums of some ten terms
	indptr, indices, values := got.Arrays()
	_, columns := got.Dims()
	require.Equal(t, want.Columns, columns, what)
	require.Equal(t, want.Indptr, indptr, what)
	require.Equal(t, want.Indices, indices, what)
	golden.Close(t, values, want.Values, tol, tol, what)
}

func TestVectorizersMatchScikitLearn(t *testing.T) {
	file := golden.Load[TextFile](t, "testdata/text.json")
	words := func(c features.TextAnalysis) features.CountVectorizer { return features.CountVectorizer{Text: c} }
	chars := func(unit features.TextUnit, low, high int) features.TextAnalysis {
		return features.TextAnalysis{Unit: unit, MinN: low, MaxN: high}
	}
	configs := map[string]func([]string) (features.TextVectorizer, error){
		"count":              fitText(features.CountVectorizer{}),
		"count case":         fitText(words(features.TextAnalysis{KeepCase: true})),
		"count accents":      fitText(words(features.TextAnalysis{StripAccents: true})),
		"count bigrams":      fitText(words(features.TextAnalysis{MaxN: 3, StopWords: file.Stop})),
		"count only bigrams": fitText(words(features.TextAnalysis{MinN: 2})),
		"count binary":       fitText(features.CountVectorizer{Binary: true}),
		"count df":           fitText(features.CountVectorizer{MinDF: 2, MaxDF: 2}),
		"count shares":       fitText(features.CountVectorizer{MinDFShare: 0.2, MaxDFShare: 0.5}),
		"count features":     fitText(features.CountVectorizer{MaxFeatures: 2}),
		"count given":        fitText(features.CountVectorizer{Vocabulary: []string{"dog", "cat", "two three", "two"}, Text: features.TextAnalysis{MaxN: 2}}),
		"count single":       fitText(words(features.TextAnalysis{Tokenizer: features.Words{MinLength: 1}})),
		"count fields":       fitText(words(features.TextAnalysis{Tokenizer: features.Fields{}})),
		"char":               fitText(words(chars(features.CharUnit, 1, 3))),
		"char long":          fitText(words(chars(features.CharUnit, 4, 4))),
		"char_wb":            fitText(words(chars(features.CharInWordUnit, 2, 5))),
		"char_wb one":        fitText(words(chars(features.CharInWordUnit, 1, 1))),
		"tfidf":              fitText(features.TfidfVectorizer{}),
		"tfidf l1":           fitText(features.TfidfVectorizer{Weights: features.TfidfTransformer{Norm: tensor.L1, Sublinear: true}}),
		"tfidf bare":         fitText(features.TfidfVectorizer{Counts: features.CountVectorizer{Binary: true}, Weights: features.TfidfTransformer{NoNorm: true, NoSmooth: true}}),
		"tfidf no idf":       fitText(features.TfidfVectorizer{Counts: features.CountVectorizer{MinDF: 2}, Weights: features.TfidfTransformer{NoIDF: true}}),
		"hash":               fitText(features.HashingVectorizer{}),
		"hash small":         fitText(features.HashingVectorizer{Features: 10, NoNorm: true, Text: features.TextAnalysis{MaxN: 2}}),
		"hash unsigned":      fitText(features.HashingVectorizer{Features: 50, Norm: tensor.L1, NoSign: true}),
		"hash binary":        fitText(features.HashingVectorizer{Features: 20, Binary: true, Text: chars(features.CharInWordUnit, 3, 3)}),
	}
	require.Len(t, configs, len(file.Cases))
	for name, c := range file.Cases {
		train := file.Train
		if name == "count accents" { // these are no letters with accents, and stay what they are
			train = slices.Clone(train)
			for i, text := range train {
				train[i] = strings.NewReplacer("½", "", "²", "", "³", "").Replace(text)
			}
		}
		m, err := configs[name](train)
		require.NoError(t, err, name)
		if v, is := m.(*features.VectorizerModel); is {
			require.Equal(t, c.Terms, v.Terms, name)
			golden.Close(t, v.IDF, c.IDF, 1e-14, 0, name+" idf")
			for j, column := range v.Out() {
				require.Equal(t, c.Terms[j], column.Name)
				require.Equal(t, j, v.Index(column.Name))
			}
		}
		x, err := m.Transform(train)
		require.NoError(t, err, name)
		sameRows(t, c.Train, x, name+" train")
		x, err = m.Transform(file.Test)
		require.NoError(t, err, name)
		sameRows(t, c.Test, x, name+" test")
		for i, text := range file.Test {
			cols, vals := m.AppendRow(nil, nil, text)
			wantCols, wantVals := x.RowNZ(i)
			require.True(t, slices.Equal(wantCols, cols) && slices.Equal(wantVals, vals), name)
		}
	}
}

func TestTfidfTransformerMatchesScikitLearn(t *testing.T) {
	g := golden.Load[TextFile](t, "testdata/text.json").Transformer
	x, err := tensor.NewCSR(len(g.Counts.Indptr)-1, g.Counts.Columns, g.Counts.Indptr, g.Counts.Indices, g.Counts.Values)
	require.NoError(t, err)
	m, err := features.TfidfTransformer{Sublinear: true}.Fit(context.Background(), ml.Table{X: x})
	require.NoError(t, err)
	golden.Close(t, m.IDF, g.IDF, 1e-14, 0, "idf")
	z, err := m.Transform(x)
	require.NoError(t, err)
	sameRows(t, g.Weighted, z.(*tensor.CSR[float64]), "weighted")
	dense, err := m.Transform(x.Dense())
	require.NoError(t, err)
	require.Equal(t, z.(*tensor.CSR[float64]).Dense().Data(), dense.(*tensor.Tensor[float64]).Data())
}

func TestTfidfTransformerLaws(t *testing.T) {
	mltest.Transformer(t, features.BM25Transformer{}, mltest.Data(positive()))
	mltest.Transformer(t, features.TfidfTransformer{}, mltest.Data(positive()))
	mltest.Transformer(t, features.TfidfTransformer{NoSmooth: true, Sublinear: true, Norm: tensor.L1}, mltest.Data(positive()))
}

// manyTexts are enough for several chunks.
func manyTexts() []string {
	words := strings.Fields("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon")
	texts := make([]string, 3000)
	for i := range texts {
		var b strings.Builder
		for j := range i % 23 {
			b.WriteString(words[(i*7+j*j*3)%len(words)])
			if (i+j)%5 == 0 {
				b.WriteString(words[(i+j)%len(words)])
			}
			b.WriteByte(' ')
		}
		texts[i] = b.String()
	}
	return texts
}

func TestTextsInChunksAreTextsInOne(t *testing.T) {
	texts := manyTexts()
	m, x, err := features.TfidfVectorizer{}.FitTransform(context.Background(), texts)
	require.NoError(t, err)
	require.True(t, slices.IsSorted(m.Terms))
	again, err := m.Transform(texts)
	require.NoError(t, err)
	require.True(t, x.Equal(again), "FitTransform and Transform differ")
	given, err := features.CountVectorizer{Vocabulary: m.Terms}.Fit(context.Background(), texts)
	require.NoError(t, err)
	counts, err := given.Transform(texts)
	require.NoError(t, err)
	for i, text := range texts {
		brute := map[string]int{}
		for _, w := range strings.Fields(text) {
			if len(w) > 1 {
				brute[w]++
			}
		}
		cols, vals := counts.RowNZ(i)
		require.Len(t, cols, len(brute))
		for q, j := range cols {
			require.Equal(t, float64(brute[m.Terms[j]]), vals[q])
		}
	}
}

func TestTextRowsDoNotAllocate(t *testing.T) {
	if features.RaceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	m, err := features.TfidfVectorizer{}.Fit(context.Background(), manyTexts())
	require.NoError(t, err)
	cols, vals := make([]int32, 0, 100), make([]float64, 0, 100)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		cols, vals = m.AppendRow(cols[:0], vals[:0], "Alpha beta, gamma beta and others")
	}))
}

func TestBadTextConfigsAreNamed(t *testing.T) {
	texts := []string{"one two", "two three"}
	for field, c := range map[string]features.CountVectorizer{
		"MinDF":       {MinDF: -1},
		"MaxDFShare":  {MaxDFShare: 2},
		"MinDFShare":  {MinDF: 1, MinDFShare: 0.5},
		"MinDF and":   {MinDF: 3},
		"MaxFeatures": {MaxFeatures: -1},
		"Vocabulary":  {Vocabulary: []string{"a", "a"}},
		"Unit":        {Text: features.TextAnalysis{Unit: 9}},
		"MaxN":        {Text: features.TextAnalysis{MinN: 3, MaxN: 2}},
		"StopWords":   {Text: features.TextAnalysis{Unit: features.CharUnit, StopWords: []string{"a"}}},
	} {
		_, err := c.Fit(context.Background(), texts)
		require.ErrorIs(t, err, ml.ErrConfig, field)
		require.ErrorContains(t, err, field)
	}
	_, err := features.CountVectorizer{}.Fit(context.Background(), nil)
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = features.CountVectorizer{}.Fit(context.Background(), []string{"", "a"})
	require.ErrorIs(t, err, ml.ErrShape)
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = features.TfidfVectorizer{}.Fit(stopped, texts)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTextModelIsSavedAsOne(t *testing.T) {
	texts := []string{"cheap pills now", "meeting at noon", "cheap meeting", "pills pills"}
	for _, c := range []features.TfidfVectorizer{{}, {Counts: features.CountVectorizer{Text: features.TextAnalysis{StopWords: features.EnglishStopWords(), Tokenizer: features.Fields{}}}}} {
		words, x, err := c.FitTransform(context.Background(), texts)
		require.NoError(t, err)
		d := ml.Dataset[int]{Table: ml.Table{X: x, Columns: words.Out()}, Y: []int{1, 0, 0, 1}, Classes: []string{"mail", "spam"}}
		nb, err := bayes.MultinomialNB{}.Fit(context.Background(), d)
		require.NoError(t, err)
		m, err := features.BindText[int](words, nb)
		require.NoError(t, err)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, m))
		again, err := ml.Load[*features.TextModel[int]](&file)
		require.NoError(t, err)
		for _, text := range append(texts, "", "unknown words only") {
			a, err := m.Proba(text)
			require.NoError(t, err)
			b, err := again.Proba(text)
			require.NoError(t, err)
			require.Equal(t, a, b)
			class, err := again.Class(text)
			require.NoError(t, err)
			require.Contains(t, d.Classes, class)
		}
		all, err := again.PredictAll(texts)
		require.NoError(t, err)
		require.Equal(t, d.Y, all)
	}
	words, err := features.CountVectorizer{}.Fit(context.Background(), texts[:1])
	require.NoError(t, err)
	nb, err := bayes.GaussianNB{}.Fit(context.Background(), ml.Data(tensor.New[float64](2, 7), []int{0, 1}))
	require.NoError(t, err)
	_, err = features.BindText[int](words, nb)
	require.ErrorIs(t, err, ml.ErrShape)
}

func FuzzTerms(f *testing.F) {
	f.Add("The ΣΊΣΥΦΟΣ é\xff 東京", uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, text string, unit, n uint8) {
		c := features.TextAnalysis{Unit: features.TextUnit(unit % 3), MinN: 1, MaxN: int(n%4) + 1, StripAccents: n%2 == 0}
		for term := range c.Terms(text) {
			require.NotEmpty(t, term)
		}
	})
}
