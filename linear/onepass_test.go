package linear

import (
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// TestLevelRowsLoseNothing compares the products of rows where they lie with those of shifted copies, which weights ask for.
func TestLevelRowsLoseNothing(t *testing.T) {
	const n, p = 3000, 7
	r := rand.New(rand.NewPCG(3, 4))
	for _, far := range []float64{0, 0.1, 1e6} {
		x, y, ones := tensor.New[float64](n, p), make([]float64, n), make([]float64, n)
		for i := range n {
			ones[i] = 1
			for j := range p {
				v := far + r.NormFloat64()
				x.Set(v, i, j)
				y[i] += float64(j) * v
			}
			y[i] += r.NormFloat64()
		}
		d, err := newGramDesign(ctx, "test", ml.Table{X: x}, [][]float64{y}, true, false)
		if err != nil || d.level != (far < 1) {
			t.Fatal(far, d.level, err)
		}
		for _, intercept := range []bool{true, false} {
			level, err := OLS{NoIntercept: !intercept}.Fit(ctx, ml.Data[float64](x, y))
			if err != nil {
				t.Fatal(err)
			}
			shifted, err := OLS{NoIntercept: !intercept}.Fit(ctx, ml.Dataset[float64]{Table: ml.Table{X: x, Weight: ones}, Y: y})
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, level.Coef, shifted.Coef, 1e-11, 1e-11, "coefficients")
			golden.Close(t, []float64{level.Intercept}, []float64{shifted.Intercept}, 1e-9, 1e-11*(1+far), "intercept")
		}
	}
}
