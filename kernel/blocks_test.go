package kernel

import (
	"context"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// foreign hides that a covariance can do many rows at once.
type foreign struct{ Covariance }

func (f foreign) With(v []float64) Covariance { return foreign{f.Covariance.With(v)} }

// Whole rows of covariances and their derivatives are those of the pairs, which know nothing of vectors. 1e-12: sums in another order, and exponentials within 2 ulp.
func TestRowsOfCovariancesAreThePairs(t *testing.T) {
	x := tensor.New[float64](23, 3)
	for i := range 23 {
		for j := range 3 {
			x.Set(math.Sin(float64(7*i+11*j))*2, i, j)
		}
	}
	copy(x.Row(5), x.Row(4)) // a distance of 0
	l := newLot(x)
	for name, k := range map[string]Covariance{
		"gauss": SquaredExponential{}, "one length": SquaredExponential{Length: []float64{0.7}}, "lengths": SquaredExponential{Length: []float64{0.7, 2, 1}},
		"rough": Matern{Nu: 0.5, Length: []float64{0.4}}, "smooth": Matern{Nu: 2.5, Length: []float64{1, 2, 3}}, "matern": Matern{},
		"mixture": RationalQuadratic{Mixture: 0.6, Length: 1.4}, "periodic": ExpSineSquared{Length: 1.3, Period: 2.1}, "dot": DotProduct{Sigma: 0.3},
		"levels": Sum{Constant{Value: 3}, White{Noise: 0.2}}, "power": Power{A: Sum{SquaredExponential{}, DotProduct{}}, Exponent: 1.7},
		"white first": Sum{White{Noise: 0.4}, Product{Matern{}, DotProduct{}}}, "scaled": Product{Constant{Value: 2.5}, Sum{RationalQuadratic{}, White{}}},
		"own part": Sum{Product{foreign{SquaredExponential{}}, Constant{Value: 2}}, foreign{DotProduct{}}},
	} {
		t.Run(name, func(t *testing.T) {
			n, count := l.len(), len(k.Parameters(3))
			got, want := make([]float64, n*n), make([]float64, n*n)
			l.matrix(k, got)
			sum, d := make([]float64, count), make([]float64, count)
			weight := func(i, j int) float64 { return math.Cos(float64(3*i+j)) + 0.2 }
			for i := range n {
				for j := i; j < n; j++ {
					want[i*n+j] = k.Gradient(d, x.Row(i), x.Row(j), i == j)
					golden.Close(t, []float64{k.Of(x.Row(i), x.Row(j), i == j)}, want[i*n+j:i*n+j+1], 1e-14, 1e-14, "a pair")
					for s, v := range d {
						sum[s] += weight(i, j) * v
					}
				}
			}
			golden.Close(t, got, want, 1e-12, 1e-12, "covariances")
			golden.Close(t, l.slope(k, count, func(dst []float64, i int) {
				for j := range dst {
					dst[j] = weight(i, i+j)
				}
			}), sum, 1e-11, 1e-11, "derivatives")
			l.against(k, got[:n], x.Row(2))
			for j := range n {
				want[j] = k.Of(x.Row(2), x.Row(j), false)
			}
			golden.Close(t, got[:n], want[:n], 1e-12, 1e-12, "one row")
		})
	}
}

// A covariance of the user's fits and predicts as the built-in one that it hides.
func TestForeignCovariance(t *testing.T) {
	x := tensor.FromSlice([]float64{0, 0.4, 1, 1.7, 2.1, 3}, 6, 1)
	d, ctx := ml.Data(x, []float64{1, 1.2, 0.3, -0.5, -0.4, 0.7}), context.Background()
	a, err := GaussianProcessRegressor{Kernel: SquaredExponential{}, Noise: 0.05}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := GaussianProcessRegressor{Kernel: foreign{SquaredExponential{}}, Noise: 0.05}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, []float64{b.LogMarginal}, []float64{a.LogMarginal}, 1e-9, 1e-9, "likelihood")
	va, _ := a.Predict(x)
	vb, _ := b.Predict(x)
	golden.Close(t, vb, va, 1e-5, 1e-5, "means") // at lengths where the searches ended
}
