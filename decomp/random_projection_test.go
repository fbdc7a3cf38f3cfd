package decomp

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestRandomProjectionKeepsTheLaws(t *testing.T) {
	smallest := mltest.Waive(mltest.Inverse, "fewer components than columns: Inverse gives the smallest rows that have them")
	mltest.Transformer(t, RandomProjection{Components: 3}, smallest)
	mltest.Transformer(t, RandomProjection{Components: 2, Density: -1, Seed: 4}, smallest)
	mltest.Transformer(t, RandomProjection{Components: 40, Density: .5})
}

// scikit-learn's documented values.
func TestJohnsonLindenstrauss(t *testing.T) {
	for _, tc := range []struct {
		n    int
		eps  float64
		want int
	}{{1e6, .5, 663}, {1e6, .1, 11841}, {1e4, .1, 7894}, {1e5, .1, 9868}, {1e6, .01, 1112658}} {
		if got, err := JohnsonLindenstrauss(tc.n, tc.eps); err != nil || got != tc.want {
			t.Errorf("%d rows, %v: %d, want %d (%v)", tc.n, tc.eps, got, tc.want, err)
		}
	}
	for _, eps := range []float64{0, 1, -1, math.NaN()} {
		if _, err := JohnsonLindenstrauss(10, eps); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%v: %v", eps, err)
		}
	}
}

// Distances stay within Eps, with both kinds of vectors; squares are kept on average.
func TestRandomProjectionKeepsDistances(t *testing.T) {
	const n, p, eps = 40, 1200, .35
	x := tensor.New[float64](n, p)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	for _, c := range []RandomProjection{{Eps: eps}, {Eps: eps, Density: -1}, {Eps: eps, Density: 1. / 3}} {
		m, err := c.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		y, err := m.Transform(x)
		if err != nil {
			t.Fatal(err)
		}
		ratio, pairs := 0.0, 0.0
		for i := range n {
			for j := range i {
				before, after := 0.0, 0.0
				for k := range p {
					before += square(x.At(i, k) - x.At(j, k))
				}
				for k := range len(m.Components) {
					after += square(y.At(i, k) - y.At(j, k))
				}
				if r := after / before; !(r > 1-eps && r < 1+eps) {
					t.Fatalf("density %v: a squared distance became %v of itself", c.Density, r)
				}
				ratio, pairs = ratio+after/before, pairs+1
			}
		}
		if mean := ratio / pairs; math.Abs(mean-1) > .06 {
			t.Errorf("density %v: squared distances became %v of themselves on average", c.Density, mean)
		}
	}
}

func TestRandomProjectionRefuses(t *testing.T) {
	x := tensor.New[float64](30, 20)
	for _, c := range []RandomProjection{{}, {Components: -1}, {Eps: 1}, {Components: 2, Density: 2}, {Components: 2, Density: math.NaN()}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
