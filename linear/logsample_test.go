package linear

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// A fit that begins from a sample ends where any other does: at a gradient of zero, which is computed here row by row. The rows are sorted
// by class, one column is nearly always zero and classes are uneven, so that a sample is a bad one.
func TestLogisticFromASampleEndsAtTheOptimum(t *testing.T) {
	const n, p = 24000, 6
	for _, c := range []LogisticRegression{{}, {NoPenalty: true}, {NoIntercept: true}, {C: 0.01}} {
		for _, weighted := range []bool{false, true} {
			r := rng.New(5, 1)
			x, y := tensor.New[float64](n, p), make([]int, n)
			var weight []float64
			zeros, ones := 0, n
			for i := range n {
				row := make([]float64, p)
				for j := range p - 1 {
					row[j] = 10*float64(j) + r.NormFloat64()
				}
				if i%1500 == 7 {
					row[p-1] = 1
				}
				if row[0]+row[1]-11+2*r.NormFloat64() > 1-row[p-1] {
					ones--
					y[ones] = 1
					copy(x.Row(ones), row)
				} else {
					copy(x.Row(zeros), row)
					zeros++
				}
				if weighted {
					weight = append(weight, float64(i%3))
				}
			}
			d := ml.Data(x, y)
			d.Weight = weight
			m, err := c.Fit(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			if m.Info.Status != ml.Converged || m.Info.Iterations > 15 {
				t.Errorf("%+v, weighted %v: %v after %d iterations", c, weighted, m.Info.Status, m.Info.Iterations)
			}
			penalty := 0.0
			if !c.NoPenalty {
				penalty = 1 / m.Config.(LogisticRegression).C
			}
			grad := make([]float64, p+1)
			for i := range n {
				z := m.Intercept[0]
				for j, v := range x.Row(i) {
					z += v * m.Coef.At(0, j)
				}
				res := 1/(1+math.Exp(-z)) - float64(y[i])
				if weighted {
					res *= weight[i]
				}
				for j, v := range x.Row(i) {
					grad[j] += res * v
				}
				grad[p] += res
			}
			for j := range p {
				grad[j] += penalty * m.Coef.At(0, j)
			}
			if c.NoIntercept {
				grad = grad[:p]
			}
			for j, g := range grad { // Tol is 1e-8 of the total weight, with columns in units of their spread, at most 60 here
				if math.Abs(g)/n > 1e-6 {
					t.Errorf("%+v, weighted %v: gradient %d is %g", c, weighted, j, g/n)
				}
			}
		}
	}
}
