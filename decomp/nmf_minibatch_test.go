package decomp

import (
	"context"
	"errors"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestMiniBatchNMFKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, MiniBatchNMF{BatchSize: 25, MaxIter: 5}, mltest.Rows(200), mltest.Data(ml.Table{X: parts(90, 6, 3, 1)}), mltest.Waive(mltest.Inverse, "shares times parts give the nearest sums of parts"),
		mltest.Waive(mltest.RepeatedRows, "batches are of rows, whatever their weights"), mltest.Waive(mltest.RowOrder, "batches are of rows in their order"))
}

func TestMiniBatchNMFAgainstScikitLearn(t *testing.T) {
	g := golden.Load[struct {
		X, New  [][]float64
		Batches map[string]struct {
			Components, Updated [][]float64
			Error               float64
			Steps               int
		}
	}](t, "testdata/nmf.json")
	configs := map[string]MiniBatchNMF{
		"least squares": {}, "Kullback-Leibler": {Loss: KullbackLeibler, AlphaW: .01, AlphaH: .02, L1: .3}, "Itakura-Saito": {Loss: ItakuraSaito}, "fresh": {MaxIter: 3, FreshRestarts: true, Forget: .5}, "rest": {MaxIter: 100, Tol: .01, Patience: 10},
	}
	for name, want := range g.Batches {
		c, ok := configs[name]
		if !ok {
			t.Fatal(name)
		}
		c.Components, c.BatchSize = 3, 8
		if c.MaxIter == 0 {
			c.MaxIter = 5
		}
		if c.Tol == 0 {
			c.Tol, c.Patience = -1, 1<<30
		}
		for storage, x := range map[string]tensor.Matrix{"dense": matrix(t, g.X), "sparse": tensor.SparseFrom[float64](matrix(t, g.X))} {
			if storage == "sparse" && c.Loss == ItakuraSaito {
				continue
			}
			what := name + ", " + storage
			m, err := c.Fit(context.Background(), ml.Table{X: x})
			if err != nil {
				t.Fatal(what, err)
			}
			if m.Steps != want.Steps {
				t.Errorf("%s: %d batches, want %d", what, m.Steps, want.Steps)
			}
			wantRows(t, what+": parts", m.Components, want.Components)
			wantNumbers(t, what+": error", []float64{m.Error}, []float64{want.Error})
			next, err := m.Update(context.Background(), ml.Table{X: matrix(t, g.New)})
			if err != nil {
				t.Fatal(what, err)
			}
			wantRows(t, what+": update", next.Components, want.Updated)
		}
	}
}

func TestMiniBatchNMFRefuses(t *testing.T) {
	for _, c := range []MiniBatchNMF{{Components: -1}, {BatchSize: -1}, {Forget: 2}, {FreshIter: -1}, {Patience: -1}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: parts(10, 4, 2, 1)}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
