package tree

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// mixedRows have a number, a class of three and another number of far larger size.
func mixedRows(n int) (x *tensor.Tensor[float64], y [][]float64, weight []float64) {
	r := rand.New(rand.NewPCG(8, 8))
	x, y, weight = tensor.New[float64](n, 3), make([][]float64, n), make([]float64, n)
	for i := range n {
		for j := range 3 {
			x.Set(r.NormFloat64(), i, j)
		}
		class := 0.0
		if v := x.At(i, 1) + r.NormFloat64()/3; v > 0.5 {
			class = 2
		} else if v > -0.3 {
			class = 1
		}
		y[i] = []float64{x.At(i, 0) + r.NormFloat64()/3, class, 1e6 * (x.At(i, 2) + r.NormFloat64())}
		weight[i] = 0.5 + r.Float64()
	}
	return x, y, weight
}

// joint is the weighted sum of the joint impurity of some rows by its definition.
func joint(y [][]float64, w []float64, targets []MixedTarget, rows []int) float64 {
	impurity := func(rows []int, k int) float64 {
		total, sum := 0.0, 0.0
		counts := map[float64]float64{}
		for _, i := range rows {
			total += w[i]
			sum += w[i] * y[i][k]
			counts[y[i][k]] += w[i]
		}
		out := 0.0
		if targets[k].Classes > 0 {
			out = 1
			for _, c := range counts {
				out -= c / total * c / total
			}
			return out
		}
		for _, i := range rows {
			out += w[i] * (y[i][k] - sum/total) * (y[i][k] - sum/total) / total
		}
		return out
	}
	all := make([]int, len(y))
	for i := range all {
		all[i] = i
	}
	out, weights, total := 0.0, 0.0, 0.0
	for k, t := range targets {
		out += t.Weight * impurity(rows, k) / impurity(all, k)
		weights += t.Weight
	}
	for _, i := range rows {
		total += w[i]
	}
	return out / weights * total
}

func TestMixedTreesLowerTheJointImpurity(t *testing.T) {
	x, y, weight := mixedRows(70)
	for _, targets := range [][]MixedTarget{{{Weight: 1}, {Classes: 3, Weight: 1}, {Weight: 1}}, {{Weight: 0.1}, {Classes: 3, Weight: 5}, {Weight: 0.1}}, {{Weight: 5}, {Classes: 3, Weight: 0.1}, {Weight: 0.1}}} {
		m, err := DecisionTreeMixed{Targets: targets, MaxDepth: 1}.Fit(ctx, ml.Dataset[[]float64]{Table: ml.Table{X: x, Weight: weight}, Y: y})
		require.NoError(t, err)
		best := math.Inf(1)
		for j := range 3 {
			for at := range 70 {
				var sides [2][]int
				for i := range 70 {
					side := 0
					if x.At(i, j) > x.At(at, j) {
						side = 1
					}
					sides[side] = append(sides[side], i)
				}
				if len(sides[1]) > 0 {
					best = min(best, joint(y, weight, targets, sides[0])+joint(y, weight, targets, sides[1]))
				}
			}
		}
		l, r, root := m.Ensemble.Node(0, 1), m.Ensemble.Node(0, 2), m.Ensemble.Node(0, 0)
		golden.Close(t, []float64{l.Impurity*l.Cover + r.Impurity*r.Cover}, []float64{best}, 1e-9, 0, "joint impurity")
		assert.InDelta(t, 1, root.Impurity, 1e-12)
		assert.InDelta(t, 1-best/root.Cover, root.Gain, 1e-9)
	}
}

// A tree of one target is the tree of that target, and a whole tree answers with its training rows.
func TestMixedTreesOfOneTarget(t *testing.T) {
	x, y, weight := mixedRows(300)
	table := ml.Table{X: x, Weight: weight}
	number, class, codes := make([]float64, len(y)), make([]int, len(y)), make([][]float64, len(y))
	first := make([][]float64, len(y))
	for i, row := range y {
		number[i], class[i] = row[0], int(row[1])
		first[i], codes[i] = row[:1], row[1:2]
	}
	a := fitNumbers(t, DecisionTreeRegressor{MinSamplesLeaf: 9}, ml.Dataset[float64]{Table: table, Y: number})
	b, err := DecisionTreeMixed{MinSamplesLeaf: 9}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: first})
	require.NoError(t, err)
	assert.Equal(t, a.Ensemble.Threshold, b.Ensemble.Threshold)
	assert.Equal(t, a.Ensemble.Value, b.Ensemble.Value)
	c := fitClasses(t, DecisionTreeClassifier{MinSamplesLeaf: 9}, ml.Dataset[int]{Table: table, Y: class})
	d, err := DecisionTreeMixed{MinSamplesLeaf: 9, Targets: []MixedTarget{{Classes: 3}}}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: codes})
	require.NoError(t, err)
	assert.Equal(t, c.Ensemble.Threshold, d.Ensemble.Threshold)
	proba, err := d.PredictProba(x, 0)
	require.NoError(t, err)
	want, err := c.PredictProba(x)
	require.NoError(t, err)
	for i := range y {
		golden.Close(t, proba.Row(i), want.Row(i), 1e-12, 1e-15, "probabilities")
	}
	m, err := DecisionTreeMixed{Targets: []MixedTarget{{}, {Classes: 3}, {}}}.Fit(ctx, ml.Dataset[[]float64]{Table: table, Y: y})
	require.NoError(t, err)
	got, err := m.Predict(x)
	require.NoError(t, err)
	assert.Equal(t, y, got)
}

func TestMixedTargetsAreChecked(t *testing.T) {
	x, y, _ := mixedRows(30)
	for field, c := range map[string]DecisionTreeMixed{
		"Targets": {Targets: []MixedTarget{{}}}, "Targets[1].Classes": {Targets: []MixedTarget{{}, {Classes: -1}, {}}}, "Targets[0].Weight": {Targets: []MixedTarget{{Weight: -1}, {}, {}}},
	} {
		_, err := c.Fit(ctx, ml.Dataset[[]float64]{Table: ml.Table{X: x}, Y: y})
		assert.ErrorIs(t, err, ml.ErrConfig)
		assert.ErrorContains(t, err, field)
	}
	_, err := DecisionTreeMixed{Targets: []MixedTarget{{}, {Classes: 2}, {}}}.Fit(ctx, ml.Dataset[[]float64]{Table: ml.Table{X: x}, Y: y})
	assert.ErrorIs(t, err, ml.ErrTarget)
	m, err := DecisionTreeMixed{Targets: []MixedTarget{{}, {Classes: 3}, {}}}.Fit(ctx, ml.Dataset[[]float64]{Table: ml.Table{X: x}, Y: y})
	require.NoError(t, err)
	_, err = m.PredictProba(x, 0)
	assert.ErrorIs(t, err, ml.ErrConfig)
	m.Targets = m.Targets[:2]
	assert.ErrorIs(t, m.Restore(), ml.ErrFormat)
}
