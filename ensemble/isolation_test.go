package ensemble_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// meanDepth is c(m) of Liu, Ting and Zhou.
func meanDepth(m float64) float64 {
	switch {
	case m <= 1:
		return 0
	case m == 2:
		return 1
	}
	return 2*(math.Log(m-1)+0.5772156649015329) - 2*(m-1)/m
}

// strangers are 300 rows of a cloud and 15 that are far from it.
func strangers() (*tensor.Tensor[float64], []int) {
	r := rand.New(rand.NewPCG(5, 6))
	x, strange := tensor.New[float64](315, 3), make([]int, 315)
	for i := range 315 {
		scale := 1.0
		if i >= 300 {
			scale, strange[i] = 6, 1
		}
		for j := range 3 {
			x.Set(scale*r.NormFloat64(), i, j)
		}
	}
	return x, strange
}

func TestIsolationScoresAreTheFormula(t *testing.T) {
	x, strange := strangers()
	m := fitForest(t, ensemble.IsolationForest{Trees: 50, MaxSamples: 100, Contamination: 0.05}, ml.Table{X: x})
	scores, err := m.Scores(x)
	require.NoError(t, err)
	e := m.Ensemble
	for i := range 315 {
		sum := 0.0
		for k := range e.Trees() {
			at, depth := 0, 0
			for {
				n := e.Node(k, at)
				if n.Leaf() {
					assert.LessOrEqual(t, depth, 7, "log2 of 100")
					assert.True(t, depth == 7 || n.Cover == 1, "a leaf of rows that differ, above the limit")
					sum += float64(depth) + meanDepth(n.Cover)
					break
				}
				depth++
				if x.At(i, n.Feature) <= n.Threshold {
					at = n.Left
				} else {
					at = n.Right
				}
			}
		}
		assert.InDelta(t, math.Exp2(-sum/50/meanDepth(100)), scores[i], 1e-12)
	}
	for k := range e.Trees() {
		assert.Equal(t, 100.0, e.Node(k, 0).Cover)
	}
	assert.Greater(t, metrics.ROCAUC(strange, scores), 0.97)
	decision, err := m.Predict(x)
	require.NoError(t, err)
	found := 0
	for i, d := range decision {
		assert.InDelta(t, -scores[i]-m.Offset, d, 1e-15)
		if d < 0 {
			found++
		}
	}
	assert.Equal(t, 16, found, "5 % of 315 rows")
}

func TestExtendedIsolationScoresAreTheFormula(t *testing.T) {
	x, strange := strangers()
	m := fitForest(t, ensemble.ExtendedIsolationForest{Trees: 40, MaxSamples: 64, Extension: 1}, ml.Table{X: x})
	scores, err := m.Scores(x)
	require.NoError(t, err)
	p := m.Planes
	// How many training rows a leaf has is not stored, but what it adds to its depth is c of a whole number.
	for i := range 315 {
		sum := 0.0
		for k := range 40 {
			at, depth := p.Start[k], 0
			for p.Left[at] != 0 {
				side := 0.0
				require.Equal(t, int32(2), p.TermStart[at+1]-p.TermStart[at], "two columns in a cut")
				for q := p.TermStart[at]; q < p.TermStart[at+1]; q++ {
					side += p.Coef[q] * x.At(i, int(p.Feature[q]))
				}
				next := p.Right[at]
				if side <= p.Cut[at] {
					next = p.Left[at]
				}
				at, depth = p.Start[k]+next, depth+1
			}
			rest, known := p.Cut[at]-float64(depth), false
			for rows := 0; rows <= 64 && !known; rows++ {
				known = math.Abs(meanDepth(float64(rows))-rest) < 1e-12
			}
			require.True(t, known && depth <= 6, "a leaf at depth %d adds %v", depth, rest)
			sum += p.Cut[at]
		}
		assert.InDelta(t, math.Exp2(-sum/40/meanDepth(64)), scores[i], 1e-12)
	}
	assert.Greater(t, metrics.ROCAUC(strange, scores), 0.97)
}

func TestHeavyRowsAreDrawnMoreOften(t *testing.T) {
	x, _ := strangers()
	weight := make([]float64, 315)
	for i := range weight {
		weight[i] = 1
		if i >= 300 {
			weight[i] = 1000
		}
	}
	for _, bootstrap := range []bool{false, true} {
		c := ensemble.IsolationForest{Trees: 50, MaxSamples: 15, Bootstrap: bootstrap}
		plain, err := fitForest(t, c, ml.Table{X: x}).Scores(x)
		require.NoError(t, err)
		heavy, err := fitForest(t, c, ml.Table{X: x, Weight: weight}).Scores(x)
		require.NoError(t, err)
		before, after := 0.0, 0.0
		for i := 300; i < 315; i++ {
			before, after = before+plain[i]/15, after+heavy[i]/15
		}
		assert.Less(t, after, before-0.05, "rows that are drawn are ordinary ones")
	}
}
