package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestBM25Golden(t *testing.T) {
	g := golden.Load[struct{ Counts, Plain, Other, Flat [][]float64 }](t, "testdata/bm25.json")
	x := fromRows(g.Counts)
	for name, c := range map[string]struct {
		config BM25Transformer
		want   [][]float64
	}{"plain": {BM25Transformer{}, g.Plain}, "other": {BM25Transformer{K1: 2, B: 0.3}, g.Other}, "flat": {BM25Transformer{NoLength: true}, g.Flat}} {
		m := must(c.config.Fit(ctx, ml.Table{X: x.Rows(0, 9)}))
		z := must(m.Transform(x))
		near(t, name, dense(z), fromRows(c.want).Data(), 1e-14)
		same(t, "rows", byRow(t, m, x), dense(z))
		s := must(m.Transform(tensor.SparseFrom[float64](x)))
		if _, is := s.(*tensor.CSR[float64]); !is {
			t.Errorf("CSR became %T", s)
		}
		same(t, "sparse", dense(s), dense(z))
		part := must(c.config.Fit(ctx, ml.Table{X: x.Rows(0, 2)}))
		part = must(part.Update(ctx, ml.Table{X: x.Rows(2, 9)}))
		if !reflect.DeepEqual(part.DF, m.DF) || part.Length != m.Length || part.Info.Rows != 9 {
			t.Errorf("%s updated: %+v", name, part)
		}
	}
	for name, err := range map[string]error{
		"K1": second(BM25Transformer{K1: -1}.Fit(ctx, table(1, 1))), "B": second(BM25Transformer{B: 2}.Fit(ctx, table(1, 1))), "both": second(BM25Transformer{B: 1, NoLength: true}.Fit(ctx, table(1, 1))),
		"negative": second(BM25Transformer{}.Fit(ctx, table(1, -1))), "later": second(must(BM25Transformer{}.Fit(ctx, table(1, 1))).Transform(table(1, -2).X)),
	} {
		var e *ml.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDictVectorizerGolden(t *testing.T) {
	g := golden.Load[struct {
		Names          []string
		Records, Later []map[string]any
		Z              [][]float64
		ZLater         [][]float64 `json:"z_later"`
	}](t, "testdata/bm25.json")
	m := must(DictVectorizer{}.Fit(ctx, g.Records))
	if !reflect.DeepEqual(names(m.Out()), g.Names) {
		t.Fatal(names(m.Out()))
	}
	same(t, "records", dense(must(m.Transform(g.Records))), fromRows(g.Z).Data())
	var file bytes.Buffer
	if err := ml.Save(&file, m); err != nil {
		t.Fatal(err)
	}
	m = must(ml.Load[*DictModel](&file))
	same(t, "later", dense(must(m.Transform(g.Later))), fromRows(g.ZLater).Data())
	if m.Index("city=Rome") != 1 || m.Index("nowhere") != -1 {
		t.Error(m.Index("city=Rome"))
	}
	z := dense(must(must(DictVectorizer{Separator: ":"}.Fit(ctx, []map[string]any{{"a": "b", "n": nil, "u": uint8(2), "l": []string{"x", "x"}}})).Transform([]map[string]any{{"a": "b", "n": nil, "u": 7, "l": []string{"x", "x"}}})))
	same(t, "types", z, []float64{1, 2, math.NaN(), 7})
	for name, records := range map[string][]map[string]any{"none": nil, "empty": {{}}, "type": {{"a": struct{}{}}}, "list": {{"a": []any{1.0}}}, "inf": {{"a": math.Inf(1)}}} {
		var e *ml.Error
		if _, err := (DictVectorizer{}).Fit(ctx, records); !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func ExampleDictVectorizer() {
	m, err := DictVectorizer{}.Fit(context.Background(), []map[string]any{{"city": "Oslo", "rain": 3.5}, {"city": "Rome"}})
	if err != nil {
		panic(err)
	}
	x, err := m.Transform([]map[string]any{{"rain": 1, "city": "Rome"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Names, x.Dense().Row(0))
	// Output: [city=Oslo city=Rome rain] [0 1 1]
}

func TestCountEncoderUpdates(t *testing.T) {
	nan := math.NaN()
	x := tensor.FromSlice([]float64{3, 1, 3, nan, 0, 3, 0, 7, nan, 1}, 10, 1)
	for _, c := range []CountEncoder{{All: true}, {All: true, Share: true}} {
		whole := must(c.Fit(ctx, ml.Table{X: x}))
		for _, cut := range []int{1, 3, 9} {
			part := must(must(c.Fit(ctx, ml.Table{X: x.Rows(0, cut)})).Update(ctx, ml.Table{X: x.Rows(cut, 10)}))
			same(t, "categories", part.Encoded[0].Categories, whole.Encoded[0].Categories)
			same(t, "values", part.Encoded[0].Values, whole.Encoded[0].Values)
			if part.Info.Rows != 10 {
				t.Error(part.Info.Rows)
			}
		}
	}
}

// Many chunks of rows make what one row after the other makes.
func TestSparseRowsInChunks(t *testing.T) {
	const n = 5000
	x := tensor.New[float64](n, 3)
	for i := range n {
		copy(x.Row(i), []float64{float64(i * i % 7), 0, float64(i % 5)})
	}
	s := tensor.SparseFrom[float64](x)
	hot := must(OneHotEncoder{All: true}.Fit(ctx, ml.Table{X: s}))
	same(t, "one-hot", dense(must(hot.Transform(s))), byRow(t, hot, x))
	normal := must(Normalizer{}.Fit(ctx, ml.Table{X: s}))
	same(t, "normalizer", dense(must(normal.Transform(s))), byRow(t, normal, x))
	x.Row(4321)[0], x.Row(4999)[0] = 99, 98
	_, err := hot.Transform(tensor.SparseFrom[float64](x))
	wantError(t, err, ml.ErrColumn, `features.OneHotModel.Transform: X[4321, 0] (x0) is category "99", which no training row had: want a known category; or OneHotEncoder{Unknown: features.UnknownIgnore} (wrong column)`)
}

func TestSelectionReportsAndStops(t *testing.T) {
	r := tensor.New[float64](60, 6)
	y := make([]float64, 60)
	for i := range r.Data() {
		r.Data()[i] = float64(i*i%13) + float64(i%7)*0.1
	}
	for i := range y {
		y[i] = r.At(i, 2) + 0.01*float64(i%3)
	}
	d := ml.Data(r, y)
	ridge := ml.Regress(linear.Ridge{Alpha: 1})
	for name, c := range map[string]struct {
		fit  ml.Fitter[ml.Dataset[float64], *SelectionModel]
		left int // after two steps
	}{
		"recursive": {RFERegressor{Base: ridge, Keep: 1}, 4}, "forward": {SequentialRegressor{Base: ridge, Scorer: r2{}, Keep: 5, K: 3}, 2}, "backward": {SequentialRegressor{Base: ridge, Scorer: r2{}, Keep: 1, K: 3, Backward: true}, 4},
	} {
		steps := 0
		m, err := c.fit.Fit(ml.WithProgress(ctx, func(p ml.Progress) error {
			if steps++; p.Step != steps {
				t.Errorf("%s: step %d reported as %d", name, steps, p.Step)
			}
			if steps == 2 {
				return ml.Stop
			}
			return nil
		}), d)
		if err != nil || steps != 2 || len(m.Support) != c.left || m.Info.Status != ml.Stopped {
			t.Errorf("%s: %v after %d steps, %+v", name, err, steps, m)
		}
	}
}

// r2 is a score of regressors.
type r2 struct{}

func (r2) Name() string { return "r2" }
func (r2) Lower() bool  { return false }
func (r2) Score(_ context.Context, m ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	p, err := m.Predict(d.X)
	sum := 0.0
	for i := range p {
		sum -= (p[i] - d.Y[i]) * (p[i] - d.Y[i])
	}
	return sum, err
}
