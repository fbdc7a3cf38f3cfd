package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// jointSoftmax is the cross-entropy with all its second derivatives; apart keeps those on the diagonal alone.
type jointSoftmax struct {
	LogLoss
	apart bool
}

func (l jointSoftmax) Hessian(grad, hess [][]float32, y []int, score [][]float64) {
	p := make([]float64, len(score))
	for i, c := range y {
		for k := range p {
			p[k] = score[k][i]
		}
		shareOf(p)
		for k, v := range p {
			g := v
			if k == c {
				g--
			}
			grad[k][i] = float32(g)
			for m := range k {
				hess[k*(k+1)/2+m][i] = float32(-p[k] * p[m])
				if l.apart {
					hess[k*(k+1)/2+m][i] = 0
				}
			}
			hess[k*(k+1)/2+k][i] = float32(v * (1 - v))
		}
	}
}

// softDiagonal is what jointSoftmax is without the others.
type softDiagonal struct{ LogLoss }

func (softDiagonal) Derivatives(grad, hess [][]float32, y []int, score [][]float64) {
	pairs := make([][]float32, len(score)*(len(score)+1)/2)
	for q := range pairs {
		pairs[q] = make([]float32, len(y))
	}
	jointSoftmax{}.Hessian(grad, pairs, y, score)
	for k := range hess {
		copy(hess[k], pairs[k*(k+1)/2+k])
	}
}

func shareOf(z []float64) {
	top, sum := z[0], 0.0
	for _, v := range z {
		top = max(top, v)
	}
	for k, v := range z {
		z[k] = kern.ExpOne(v - top)
		sum += z[k]
	}
	for k := range z {
		z[k] /= sum
	}
}

// The steps of rows against elimination with pivots, on matrices of every size up to seven.
func TestJointNewtonSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 8))
	for n := 1; n <= 7; n++ {
		for range 50 {
			full, x := make([][]float64, n), make([]float64, n)
			root := make([][]float64, n)
			for i := range full {
				full[i], root[i], x[i] = make([]float64, n+1), make([]float64, n), r.NormFloat64()
				for j := range root[i] {
					root[i][j] = r.NormFloat64()
				}
			}
			var lower []float64
			for i := range full {
				for j := range full {
					for m := range n {
						full[i][j] += root[i][m] * root[j][m]
					}
					if i == j {
						full[i][j] += 0.1
					}
				}
				lower = append(lower, full[i][:i+1]...)
				full[i][n] = x[i]
			}
			solveJointly(lower, x)
			for i := range full {
				full[i][i] *= 1 + ridge
				full[i][n] *= 1 + ridge
			}
			for c := range n {
				at := c
				for i := c; i < n; i++ {
					if math.Abs(full[i][c]) > math.Abs(full[at][c]) {
						at = i
					}
				}
				full[c], full[at] = full[at], full[c]
				for i := range n {
					if f := full[i][c] / full[c][c]; i != c {
						for j := range full[i] {
							full[i][j] -= f * full[c][j]
						}
					}
				}
			}
			for i := range x {
				want := full[i][n] / full[i][i]
				assert.InDelta(t, want, x[i], 1e-9*(1+math.Abs(want)))
			}
		}
	}
	zero := []float64{2, -3} // of no matrix, steps are as long as slopes
	solveJointly(make([]float64, 3), zero)
	assert.InDeltaSlice(t, []float64{2, -3}, zero, 1e-2)
}

func jointProblem(n int, seed uint64) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(seed, 4))
	x, y := tensor.New[float64](n, 5), make([]int, n)
	for i := range n {
		row, z := x.Row(i), make([]float64, 4)
		for j := range row {
			row[j] = r.NormFloat64()
		}
		for k := range z {
			z[k] = 1.5*row[k] + row[k]*row[4] - math.Log(-math.Log(r.Float64()))
		}
		y[i] = kern.ArgMax(z)
	}
	return ml.Data[int](x, y)
}

// Without pairs of scores the model is that of the second derivatives on the diagonal, to the bit; with them held-out rows lose nothing against the built-in loss,
// which stands for the others by a factor.
func TestLossWithFullHessian(t *testing.T) {
	train, test := jointProblem(3000, 1), jointProblem(3000, 2)
	fit := func(l ClassLoss, trees int) *BoostedClassification {
		m, err := GradientBoostingClassifier{Trees: trees, Loss: l}.Fit(t.Context(), train)
		require.NoError(t, err)
		return m
	}
	a, b := fit(softDiagonal{}, 5), fit(jointSoftmax{apart: true}, 5)
	assert.Equal(t, a.Ensemble.Value, b.Ensemble.Value)
	loss := func(m *BoostedClassification) float64 {
		p, err := m.PredictProba(test.X)
		require.NoError(t, err)
		return metrics.LogLoss(test.Y, p)
	}
	built, joint := fit(nil, 40), fit(jointSoftmax{}, 40)
	u, v := loss(built), loss(joint)
	t.Logf("held-out loss after 40 rounds: built in %.4f, full Hessian %.4f", u, v)
	assert.Less(t, v, 1.02*u)
	again := fit(jointSoftmax{}, 40)
	assert.Equal(t, joint.Ensemble.Value, again.Ensemble.Value)
}
