package tree

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// worstTurn is the largest excess of any tree by brute force: all rows whose numbers lie on thresholds and beside them, in all columns.
func worstTurn(e *Ensemble, output int, monotone []int) float64 {
	worst := 0.0
	for t := range e.Trees() {
		if !e.Vector && e.output(t) != output {
			continue
		}
		grid := make([][]float64, e.Features)
		for j := range grid {
			grid[j] = []float64{math.NaN(), -1e9, 0, 1e9}
			for code := range 97 {
				if j%3 == 0 {
					grid[j] = append(grid[j], float64(code))
				}
			}
		}
		for i := e.Start[t]; i < e.Start[t+1]; i++ {
			if j := e.Feature[i]; j >= 0 && !e.Rule[i].Categorical() {
				for _, v := range []float64{e.Threshold[i], zeroBound, -zeroBound} {
					grid[j] = append(grid[j], v, math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1)))
				}
			}
		}
		for j := range grid {
			slices.Sort(grid[j])
			grid[j] = slices.CompactFunc(grid[j], func(a, b float64) bool { return a == b })
		}
		row := make([]float64, e.Features)
		var visit func(j, at int)
		visit = func(j, at int) {
			switch {
			case j == at:
				visit(j+1, at)
			case j < e.Features:
				for _, v := range grid[j] {
					row[j] = v
					visit(j+1, at)
				}
			default:
				extreme := math.Inf(-monotone[at]) // the largest, or smallest, value so far
				for _, v := range grid[at] {
					if v != v {
						continue
					}
					row[at] = v
					i := e.leaf(t, row)
					value := e.weighted(t, e.Value[i*e.width()+map[bool]int{true: output}[e.Vector]])
					if monotone[at] > 0 {
						extreme = max(extreme, value)
					} else {
						extreme = min(extreme, value)
					}
					worst = max(worst, math.Abs(extreme-value))
				}
			}
		}
		for at, sign := range monotone {
			if sign != 0 {
				visit(0, at)
			}
		}
	}
	return worst
}

func TestVerifyMonotoneFindsTheWorstTurn(t *testing.T) {
	found := 0
	for seed := range uint64(60) {
		s := shape{features: 3, outputs: 1 + int(seed%2), trees: 2, leaves: 2 + int(seed%7), vector: seed%4 == 3, float32: seed%5 == 4, categories: true, weights: true, seed: seed}
		e := randomEnsemble(t, s)
		monotone := []int{0, 1 - int(seed%3), 1}
		output := s.outputs - 1
		v, err := e.VerifyMonotone(output, monotone)
		require.NoError(t, err)
		require.InDelta(t, worstTurn(e, output, monotone), v.excess(), 1e-15, "seed %d", seed)
		if v == nil {
			continue
		}
		found++
		// The rows do what the violation says.
		assert.Equal(t, []int{v.LowLeaf, v.HighLeaf}, []int{e.leaf(v.Tree, v.Low) - int(e.Start[v.Tree]), e.leaf(v.Tree, v.High) - int(e.Start[v.Tree])})
		assert.Less(t, v.Low[v.Column], v.High[v.Column])
		assert.Less(t, float64(monotone[v.Column])*v.HighValue, float64(monotone[v.Column])*v.LowValue)
		v.Low[v.Column] = v.High[v.Column]
		for j := range v.Low {
			assert.Equal(t, math.Float64bits(v.Low[j]), math.Float64bits(v.High[j]))
		}
	}
	assert.Greater(t, found, 20)
	assert.Less(t, found, 60)
}

// A free tree turns, and the rows that are shown for it get just those predictions; a constrained one is proved.
func TestVerifyMonotoneOfGrownTrees(t *testing.T) {
	x, y := noisy(2000, 4)
	for _, monotone := range [][]int{{1, 0, -1, 0}, {1, 1, 1, 1}} {
		free := fitNumbers(t, DecisionTreeRegressor{}, ml.Data(x, y))
		v, err := free.Ensemble.VerifyMonotone(0, monotone)
		require.NoError(t, err)
		require.NotNil(t, v)
		low, err := free.PredictRow(v.Low)
		require.NoError(t, err)
		high, err := free.PredictRow(v.High)
		require.NoError(t, err)
		assert.Equal(t, []float64{v.LowValue, v.HighValue}, []float64{low, high})
		bound := fitNumbers(t, DecisionTreeRegressor{Monotone: monotone}, ml.Data(x, y))
		require.Greater(t, bound.Ensemble.Leaves(0), 20)
		v, err = bound.Ensemble.VerifyMonotone(0, monotone)
		require.NoError(t, err)
		assert.Nil(t, v)
	}
}

func TestVerifyMonotoneRefusesWhatHasNoOrder(t *testing.T) {
	e := randomEnsemble(t, shape{features: 3, outputs: 1, trees: 3, leaves: 20, categories: true, seed: 1})
	for _, monotone := range [][]int{nil, {1, 0}, {1, 0, 0}, {0, 2, 0}} {
		_, err := e.VerifyMonotone(0, monotone)
		assert.ErrorIs(t, err, ml.ErrConfig, "%v", monotone)
	}
	_, err := e.VerifyMonotone(1, []int{0, 0, 0})
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = randomEnsemble(t, shape{features: 3, outputs: 1, trees: 3, leaves: 20, linear: true, seed: 1}).VerifyMonotone(0, []int{0, 1, 0})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

func BenchmarkVerifyMonotone(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := tensor.New[float64](20_000, 8), make([]float64, 20_000)
	for i := range y {
		for j := range 8 {
			v := r.NormFloat64()
			x.Set(v, i, j)
			y[i] += v
		}
	}
	monotone := []int{1, 1, 1, 0, 0, 0, 0, 0}
	m, err := DecisionTreeRegressor{Monotone: monotone, MinSamplesLeaf: 3}.Fit(ctx, ml.Data(x, y))
	require.NoError(b, err)
	for b.Loop() {
		v, err := m.Ensemble.VerifyMonotone(0, monotone)
		if v != nil || err != nil {
			b.Fatal(v, err)
		}
	}
	b.ReportMetric(float64(m.Ensemble.Leaves(0)), "leaves")
}
