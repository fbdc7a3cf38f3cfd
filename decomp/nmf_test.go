package decomp

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// parts are rows >= 0 of a few parts.
func parts(n, p, k int, seed uint64) *tensor.Tensor[float64] {
	r := rng.New(seed, 0)
	w, h := make([]float64, n*k), make([]float64, k*p)
	rng.Uniform(r, w, 0, 1)
	rng.Uniform(r, h, 0, 1)
	x := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			v := .05 * r.Float64()
			for c := range k {
				v += w[i*k+c] * h[c*p+j]
			}
			x.Set(v, i, j)
		}
	}
	return x
}

func TestNMFKeepsTheLaws(t *testing.T) {
	shares := mltest.Waive(mltest.Inverse, "shares times parts give the nearest sums of parts")
	data := mltest.Data(ml.Table{X: parts(90, 6, 3, 1)})
	few := mltest.Tolerance(mltest.RepeatedRows, 1e-5)
	mltest.Transformer(t, NMF{}, shares, data, few)
	mltest.Transformer(t, NMF{Components: 3, Loss: KullbackLeibler, MaxIter: 40}, shares, data, few)
	mltest.Transformer(t, NMF{Loss: ItakuraSaito, MaxIter: 30}, shares, data, few)
	mltest.Transformer(t, NMF{Multiplicative: true, AlphaW: .01, MaxIter: 30}, shares, data, few)
	mltest.Transformer(t, NMF{Random: true, Components: 1}, shares, data, mltest.Waive(mltest.RepeatedRows, "the start is drawn by position"), mltest.Waive(mltest.RowOrder, "the start is drawn by position"))
}

func TestNMFAgainstScikitLearn(t *testing.T) {
	g := golden.Load[struct {
		X, Sparse, New [][]float64
		Cases          map[string]struct {
			Components, Rest, Transformed [][]float64
			Error                         float64
		}
	}](t, "testdata/nmf.json")
	configs := map[string]NMF{"descent": {}, "multiplicative": {Multiplicative: true}, "Kullback-Leibler": {Loss: KullbackLeibler}, "Itakura-Saito": {Loss: ItakuraSaito}}
	for name, want := range g.Cases {
		kind, with, _ := strings.Cut(name, ", ")
		c := configs[kind]
		c.Components, c.MaxIter, c.Tol = 3, 30, -1
		data := g.X
		switch with {
		case "penalties":
			c.AlphaW, c.AlphaH, c.L1 = .01, .02, .3
		case "zeros":
			data = g.Sparse
		}
		for storage, x := range map[string]tensor.Matrix{"dense": matrix(t, data), "sparse": tensor.SparseFrom[float64](matrix(t, data))} {
			if storage == "sparse" && c.Loss == ItakuraSaito {
				continue
			}
			what := name + ", " + storage
			m, err := c.Fit(context.Background(), ml.Table{X: x})
			if err != nil {
				t.Fatal(what, err)
			}
			wantRows(t, what+": thirty iterations", m.Components, want.Components)
			wantNumbers(t, what+": error", []float64{m.Error}, []float64{want.Error})
			if storage == "sparse" || testing.Short() { // the path is that of the dense rows
				continue
			}
			long := c
			long.MaxIter, long.Tol = 6000, 1e-13
			rest, err := long.Fit(context.Background(), ml.Table{X: x})
			if err != nil {
				t.Fatal(what, err)
			}
			closeTo(t, what+": at rest", flat(rest.Components), flat(want.Rest), 1e-4) // where both end depends on how the last bits fall
			y, err := rest.Transform(matrix(t, g.New))
			if err != nil {
				t.Fatal(what, err)
			}
			closeTo(t, what+": new rows", flat(rowsOf(y)), flat(want.Transformed), 1e-3) // the same, and their rows end together
		}
	}
}

func closeTo(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	largest := 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range got {
		if !(math.Abs(v-want[i]) <= tol*largest) {
			t.Errorf("%s: [%d] is %v, want %v", what, i, v, want[i])
			return
		}
	}
}

// No iteration raises the loss.
func TestNMFLowersTheLoss(t *testing.T) {
	x := parts(60, 9, 4, 3)
	for _, c := range []NMF{{}, {Multiplicative: true}, {Loss: KullbackLeibler}, {Loss: ItakuraSaito}} {
		last := math.Inf(1)
		for n := 1; n <= 40; n++ {
			c.Components, c.MaxIter, c.Tol = 3, n, -1
			m, err := c.Fit(context.Background(), ml.Table{X: x})
			if err != nil {
				t.Fatal(err)
			}
			if m.Error > last*(1+1e-12) {
				t.Errorf("%v: error %v after %d iterations, %v before", c.Loss, m.Error, n, last)
			}
			last = m.Error
		}
	}
}

func TestNMFRefuses(t *testing.T) {
	x := parts(10, 4, 2, 1)
	for _, c := range []NMF{{Components: -1}, {Loss: 7}, {AlphaW: -1}, {L1: 2}, {MaxIter: -1}, {Tol: math.NaN()}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	x.Set(-1, 3, 2)
	if _, err := (NMF{}).Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrShape) || !strings.Contains(err.Error(), "X[3, 2]") {
		t.Error(err)
	}
	x.Set(0, 3, 2)
	if _, err := (NMF{Loss: ItakuraSaito}).Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
}
