package ensemble_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// claims are counts that grow with the exposure of a row, whose logarithm is the last column.
func claims(n int, seed uint64) (d ml.Dataset[float64], exposure []float64) {
	r := rng.New(seed, 0)
	x, y := tensor.New[float64](n, 4), make([]float64, n)
	exposure = make([]float64, n)
	for i := range n {
		row := x.Row(i)
		row[0], row[1], row[2] = r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		exposure[i] = 0.1 + 3*r.Float64()
		row[3] = math.Log(exposure[i])
		mean := exposure[i] * math.Exp(0.5*row[0]+math.Sin(row[1]))
		for u := r.Float64(); u > math.Exp(-mean) && y[i] < 100; y[i]++ {
			u *= r.Float64()
		}
	}
	d = ml.Data(tensor.Matrix(x), y)
	d.Columns = []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "log exposure"}}
	return d, exposure
}

// Counts with the logarithm of the exposure as offset are rates with the exposure as weight: the derivatives are the same.
func TestOffsetIsExposure(t *testing.T) {
	ctx := context.Background()
	d, exposure := claims(3000, 1)
	c := ensemble.GradientBoostingRegressor{Loss: ensemble.PoissonLoss{}, Trees: 30}
	rates := d
	rates.Y, rates.Weight = make([]float64, len(d.Y)), exposure
	for i, y := range d.Y {
		rates.Y[i] = y / exposure[i]
	}
	rates.X = d.X.(*tensor.Tensor[float64]).Cols(0, 3)
	rates.Columns = d.Columns[:3]
	want := must(must(c.Fit(ctx, rates)).Predict(rates.X))
	c.Offset = []string{"log exposure"}
	m := must(c.Fit(ctx, d))
	got := must(m.Predict(d.X))
	for i := range got {
		got[i] /= exposure[i]
	}
	golden.Close(t, got, want, 1e-6, 0, "rates")
	for _, j := range m.Ensemble.Feature {
		if j == 3 {
			t.Fatal("a tree asks for the offset")
		}
	}
	staged := 0
	for raw, err := range m.StagedRaw(d.X) {
		if err != nil {
			t.Fatal(err)
		}
		if staged++; staged == 30 {
			golden.Close(t, raw.Data(), must(m.Raw(d.X)).Data(), 1e-12, 0, "the last stage")
		}
	}
	once, twice := must(must(ensemble.GradientBoostingRegressor{Loss: c.Loss, Trees: 20, Offset: c.Offset}.Fit(ctx, d)).Continue(ctx, d, 10)), m
	golden.Close(t, once.Ensemble.Value, twice.Ensemble.Value, 0, 0, "continued")
	c.Trees, c.MinGain = 5, 1e12
	flat := must(c.Fit(ctx, d))
	got = must(flat.Predict(d.X))
	golden.Close(t, []float64{got[0] / exposure[0], got[1] / exposure[1]}, []float64{math.Exp(flat.Ensemble.Base[0]), math.Exp(flat.Ensemble.Base[0])}, 1e-12, 0, "no tree")
}

// Models of rows with initial scores are LightGBM's, whose callers add these to predictions themselves.
func TestOffsetsAreLightGBMs(t *testing.T) {
	f := golden.Load[struct {
		X, Offset, Test [][]float64
		TestOffset      [][]float64 `json:"test_offset"`
		Cases           map[string]struct {
			Y   []int
			Raw [][]float64
		}
	}](t, "testdata/offsets.json")
	join := func(a, b [][]float64) tensor.Matrix {
		out := make([][]float64, len(a))
		for i := range a {
			out[i] = append(append([]float64{}, a[i]...), b[i]...)
		}
		return must(tensor.FromRows(out))
	}
	columns := []ml.Column{{}, {}, {}, {}, {Name: "u"}, {Name: "v"}, {Name: "w"}}
	for name, offset := range map[string][]string{"binary": {"u"}, "softmax": {"u", "v", "w"}} {
		want := f.Cases[name]
		d := ml.Data(join(f.X, f.Offset), want.Y)
		d.Columns = columns
		c := ensemble.GradientBoostingClassifier{Trees: 12, MaxLeaves: 8, MinSamplesLeaf: 1, MinHessianLeaf: 4, LearningRate: 0.2, Offset: offset,
			Sampling: ensemble.Sampling{}}
		for j := 4 + len(offset); j < 7; j++ {
			c.Bins = append(c.Bins, ensemble.ColumnBins{Column: j, Edges: []float64{1e6}}) // no split of the others
		}
		m := must(c.Fit(context.Background(), d))
		var flat []float64
		for _, row := range want.Raw {
			flat = append(flat, row...)
		}
		golden.Close(t, must(m.Raw(join(f.Test, f.TestOffset))).Data(), flat, 1e-5, 1e-5, name) // float32 derivatives there
	}
}

func TestOffsetRefused(t *testing.T) {
	ctx := context.Background()
	d, _ := claims(60, 2)
	for _, c := range []ensemble.GradientBoostingRegressor{{Offset: []string{"d"}}, {Offset: []string{""}}, {Offset: []string{"a", "b"}},
		{Offset: []string{"a"}, Dropout: ensemble.Dropout{Rate: 0.1}}} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%v: %v", c.Offset, err)
		}
	}
	d.X.(*tensor.Tensor[float64]).Set(math.NaN(), 3, 3)
	c := ensemble.GradientBoostingRegressor{Offset: []string{"log exposure"}}
	if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrNotFinite) {
		t.Errorf("a missing offset: %v", err)
	}
	valid := d
	d, _ = claims(60, 3)
	d.Valid = &valid
	if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrNotFinite) {
		t.Errorf("a missing offset of Valid: %v", err)
	}
	d.Valid = nil
	m := must(c.Fit(ctx, d))
	x := tensor.New[float64](1, 4)
	zero := must(m.Raw(x)).Data()[0]
	x.Set(math.NaN(), 0, 3)
	if got := must(m.Raw(x)).Data()[0]; got != zero {
		t.Errorf("a missing offset counts %v, not 0", got-zero)
	}
	var _ tree.Grown = m
}
