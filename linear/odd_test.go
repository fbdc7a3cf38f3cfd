package linear

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// Small problems of every odd shape and scale: a fit ends in a finite model or an error, and never panics.
func TestOddProblems(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	trials := 1500
	if testing.Short() {
		trials = 300
	}
	for trial := range trials {
		n, p := 1+r.IntN(7), 1+r.IntN(7)
		x := tensor.New[float64](n, p)
		for i := range x.Data() {
			x.Data()[i] = float64(r.IntN(3) - 1)
		}
		for j := range p {
			scale := math.Pow(10, []float64{0, 0, 0, 5, -8, 60, -60, 140, -170, 300}[r.IntN(10)])
			offset := []float64{0, 0, 1, 1e8}[r.IntN(4)] * scale
			for i := range n {
				x.Row(i)[j] = x.Row(i)[j]*scale + offset
			}
		}
		y, codes, weight := make([]float64, n), make([]int, n), make([]float64, n)
		for i := range n {
			y[i], codes[i], weight[i] = float64(r.IntN(5)), r.IntN(3), float64(r.IntN(3))
		}
		weight[r.IntN(n)] = 1
		for _, m := range []tensor.Matrix{x, tensor.SparseFrom[float64](x)} {
			d := ml.Dataset[float64]{Table: ml.Table{X: m, Weight: weight}, Y: y}
			for _, f := range []ml.Fitter[ml.Dataset[float64], *RegressionModel]{OLS{}, OLS{NoIntercept: true}, OLS{Positive: true},
				Ridge{Alpha: 1}, Ridge{Alpha: 1e-300}, Ridge{Alpha: 1e250, NoIntercept: true}, Ridge{Alpha: 1e-5, Positive: true}} {
				fit, err := f.Fit(ctx, d)
				if err == nil && !linalg.AllFinite(append(fit.Coef, fit.Intercept)) {
					t.Fatalf("trial %d, %+v: %v %v", trial, f, fit.Coef, fit.Intercept)
				}
			}
			c := ml.Dataset[int]{Table: d.Table, Y: codes, Classes: []string{"a", "b", "c"}}
			for _, f := range []LogisticRegression{{}, {NoPenalty: true, MaxIter: 60}, {C: 1e-20, NoIntercept: true}} {
				fit, err := f.Fit(ctx, c)
				if err == nil && !linalg.AllFinite(fit.Coef.Data()) {
					t.Fatalf("trial %d, %+v: %v", trial, f, fit.Coef)
				}
			}
			if trial%6 > 0 {
				continue
			}
			for _, f := range []LogisticRegression{{L1Ratio: 1, C: 3, MaxIter: 30}, {L1Ratio: 0.5, C: 1e9, NoIntercept: true, MaxIter: 30}} {
				fit, err := f.Fit(ctx, c)
				if err == nil && !linalg.AllFinite(append(fit.Coef.Data(), fit.Info.Gap)) {
					t.Fatalf("trial %d, %+v: %v %v", trial, f, fit.Coef, fit.Info.Gap)
				}
			}
		}
	}
}
