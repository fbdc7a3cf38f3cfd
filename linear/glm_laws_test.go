package linear_test

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// counts are rows with counts for targets; the first column is positive, an exposure, and the second small, an offset.
func counts(n int) ml.Dataset[float64] {
	r := rng.New(5, 0)
	x, y := tensor.New[float64](n, 5), make([]float64, n)
	for i := range n {
		row := x.Row(i)
		for j := range row {
			row[j] = r.NormFloat64()
		}
		row[0], row[1] = 1+r.Float64(), row[1]/8
		mean := row[0] * math.Exp(0.5+row[1]+0.4*row[2]-0.3*row[3])
		for limit, p := math.Exp(-mean), r.Float64(); p > limit; p *= r.Float64() {
			y[i]++
		}
	}
	d := ml.Data(x, y)
	d.Columns = []ml.Column{{Name: "exposure"}, {Name: "offset"}, {Name: "a"}, {Name: "b"}, {Name: "c"}}
	return d
}

// of is d with other targets.
func of(d ml.Dataset[float64], target func(y float64) float64) ml.Dataset[float64] {
	y := make([]float64, len(d.Y))
	for i, v := range d.Y {
		y[i] = target(v)
	}
	d.Y = y
	return d
}

func TestGLMLaws(t *testing.T) { mltest.Regressor(t, linear.GLM{}) }

func TestPoissonRegressorLaws(t *testing.T) {
	mltest.Regressor(t, linear.PoissonRegressor{Alpha: 1e-3}, mltest.Data(counts(60)))
}

func TestGammaRegressorLaws(t *testing.T) {
	mltest.Regressor(t, linear.GammaRegressor{}, mltest.Data(of(counts(60), func(y float64) float64 { return y + 0.5 })))
}

func TestTweedieRegressorLaws(t *testing.T) {
	mltest.Regressor(t, linear.TweedieRegressor{Power: 1.5}, mltest.Data(counts(60)))
}

func TestPoissonGLMLaws(t *testing.T) {
	mltest.Regressor(t, linear.GLM{Family: linear.Poisson{}, Offset: "x1", Covariance: linear.HC3}, mltest.Data(ml.Data(counts(60).X, counts(60).Y)))
}

func TestBinomialGLMLaws(t *testing.T) {
	mltest.Regressor(t, linear.GLM{Family: linear.Binomial{}, Link: linear.ProbitLink{}, L2: 0.1},
		mltest.Data(of(counts(60), func(y float64) float64 { return min(y, 1) })))
}

func TestNegativeBinomialGLMLaws(t *testing.T) {
	mltest.Regressor(t, linear.GLM{Family: linear.NegativeBinomial{}}, mltest.Data(of(counts(60), func(y float64) float64 { return y * y })))
}
