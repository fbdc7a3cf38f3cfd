package tree

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// binnable are rows of two columns with few numbers, one with many, one of categories; some are missing, many are 0.
func binnable(n int, seed uint64) (table ml.Table, y []float64, class []int) {
	r := rand.New(rand.NewPCG(seed, 4))
	x := tensor.New[float64](n, 4)
	y, class = make([]float64, n), make([]int, n)
	for i := range n {
		x.Set(float64(r.IntN(30)-10), i, 0)
		x.Set(math.Round(8*r.NormFloat64())/4, i, 1)
		x.Set(math.Floor(r.NormFloat64()*float64(n)/5), i, 2)
		x.Set(float64(r.IntN(12)), i, 3)
		if r.IntN(5) == 0 {
			x.Set(math.NaN(), i, 1)
		}
		if r.IntN(9) == 0 {
			x.Set(math.NaN(), i, 3)
		}
		y[i] = math.Exp(math.Sin(x.At(i, 0)/3) + r.NormFloat64()/2)
		if v := x.At(i, 1); v == v {
			y[i] *= 1 + v*v
		}
		class[i] = int(min(y[i], 2.5))
	}
	return ml.Table{X: x, Columns: []ml.Column{{}, {}, {}, {Kind: ml.Categorical}}}, y, class
}

func sameTree(t *testing.T, want, got *Ensemble, what ...any) {
	t.Helper()
	require.Equal(t, want.Feature, got.Feature, what...)
	require.Equal(t, want.Threshold, got.Threshold, what...)
	require.Equal(t, want.Rule, got.Rule, what...)
	require.Equal(t, want.Sets, got.Sets, what...)
	require.Equal(t, want.Samples, got.Samples, what...)
	require.Equal(t, want.Value, got.Value, what...)
}

// A bin for each number gives the tree of exact splits, whichever way it is grown: on sorted codes, on histograms, on both one after the other.
func TestEnoughBinsGiveTheExactTree(t *testing.T) {
	small, y, class := binnable(700, 1)
	weights := make([]float64, 700)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range weights {
		weights[i] = float64(r.IntN(4)) / 3
	}
	enough := Binning{Max: 60_000}
	for _, weight := range [][]float64{nil, weights} {
		table := small
		table.Weight = weight
		for _, sparse := range []bool{false, true} {
			if sparse {
				table.X = tensor.SparseFrom[float64](small.X.(*tensor.Tensor[float64]))
			}
			for _, c := range []DecisionTreeRegressor{{}, {MaxLeaves: 60}, {Criterion: Poisson, MaxLeaves: 30}, {Criterion: AbsoluteError, MaxDepth: 5}, {MinSamplesLeaf: 7, MaxFeatures: 2},
				{MaxLeaves: 40, Monotone: []int{1, 0, -1, 0}, MonotoneMethod: MonotoneAdvanced}, {Monotone: []int{1, 0, -1, 0}}, {MaxLeaves: 30, Categories: Categories{MinSamples: 30, Smooth: 3}}} {
				b := c
				b.Bins = enough
				sameTree(t, fitNumbers(t, c, ml.Dataset[float64]{Table: table, Y: y}).Ensemble, fitNumbers(t, b, ml.Dataset[float64]{Table: table, Y: y}).Ensemble, "%+v", c)
			}
			for _, c := range []DecisionTreeClassifier{{}, {MaxLeaves: 60}, {Criterion: Entropy, MaxLeaves: 30}, {Criterion: Hellinger, MaxLeaves: 20, MinSamplesLeaf: 5}} {
				b := c
				b.Bins = enough
				sameTree(t, fitClasses(t, c, ml.Dataset[int]{Table: table, Y: class}).Ensemble, fitClasses(t, b, ml.Dataset[int]{Table: table, Y: class}).Ensemble, "%+v", c)
			}
		}
	}
	if testing.Short() {
		t.Skip("large")
	}
	large, y, class := binnable(60_000, 2)
	for i := range class {
		class[i] = min(class[i], 1)
	}
	a, b := DecisionTreeRegressor{MinSamplesLeaf: 3}, DecisionTreeRegressor{MinSamplesLeaf: 3, Bins: enough}
	sameTree(t, fitNumbers(t, a, ml.Dataset[float64]{Table: large, Y: y}).Ensemble, fitNumbers(t, b, ml.Dataset[float64]{Table: large, Y: y}).Ensemble)
	sameTree(t, fitClasses(t, DecisionTreeClassifier{}, ml.Dataset[int]{Table: large, Y: class}).Ensemble, fitClasses(t, DecisionTreeClassifier{Bins: enough}, ml.Dataset[int]{Table: large, Y: class}).Ensemble)
}

// With few bins the tree is that of exact splits of the bins' numbers, and its thresholds are the cuts that are reported.
func TestFewBinsAreExactSplitsOfTheBins(t *testing.T) {
	table, y, class := binnable(20_000, 3)
	binning := Binning{Max: 9, PerColumn: []int{0, 4, 0, 0}}
	edges, err := BinEdges(ctx, table, binning)
	require.NoError(t, err)
	assert.Equal(t, []int{8, 3, 8, 0}, []int{len(edges[0]), len(edges[1]), len(edges[2]), len(edges[3])})
	codes := tensor.New[float64](20_000, 4)
	x := table.X.(*tensor.Tensor[float64])
	for i := range 20_000 {
		for j := range 4 {
			v := x.At(i, j)
			if v == v && j < 3 {
				at, _ := slices.BinarySearch(edges[j], v)
				v = float64(at)
			}
			codes.Set(v, i, j)
		}
	}
	coded := table
	coded.X = codes
	check := func(exact, binned *Ensemble) {
		require.Equal(t, exact.Feature, binned.Feature)
		require.Equal(t, exact.Samples, binned.Samples)
		require.Equal(t, exact.Value, binned.Value)
		require.Greater(t, binned.Leaves(0), 40)
	}
	for _, leaves := range []int{0, 90} {
		check(fitNumbers(t, DecisionTreeRegressor{MaxLeaves: leaves, MinSamplesLeaf: 5}, ml.Dataset[float64]{Table: coded, Y: y}).Ensemble,
			fitNumbers(t, DecisionTreeRegressor{MaxLeaves: leaves, MinSamplesLeaf: 5, Bins: binning}, ml.Dataset[float64]{Table: table, Y: y}).Ensemble)
		check(fitClasses(t, DecisionTreeClassifier{MaxLeaves: leaves, MinSamplesLeaf: 5}, ml.Dataset[int]{Table: coded, Y: class}).Ensemble,
			fitClasses(t, DecisionTreeClassifier{MaxLeaves: leaves, MinSamplesLeaf: 5, Bins: binning}, ml.Dataset[int]{Table: table, Y: class}).Ensemble)
	}
	m := fitNumbers(t, DecisionTreeRegressor{MaxLeaves: 90, Bins: binning}, ml.Dataset[float64]{Table: table, Y: y})
	require.Less(t, m.Ensemble.Feature[0], int32(3))
	assert.Contains(t, edges[m.Ensemble.Feature[0]], m.Ensemble.Threshold[0])
}

func TestCutsAreByWeightOrByTheCaller(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	n := 3000
	x, weight := tensor.New[float64](n, 1), make([]float64, n)
	total := 0.0
	for i := range n {
		x.Set(r.ExpFloat64(), i, 0)
		weight[i] = float64(r.IntN(5))
		if i%10 == 0 {
			x.Set(0.5, i, 0) // a number with more than a bin's share
		}
		total += weight[i]
	}
	cuts := func(table ml.Table, b Binning) []float64 {
		edges, err := BinEdges(ctx, table, b)
		require.NoError(t, err)
		return edges[0]
	}
	table := ml.Table{X: x, Weight: weight}
	edges := cuts(table, Binning{Max: 20})
	require.Len(t, edges, 19)
	share := make([]float64, 20)
	alone := 0
	for i := range n {
		at, _ := slices.BinarySearch(edges, x.At(i, 0))
		share[at] += weight[i] / total
		if x.At(i, 0) == 0.5 {
			alone = at
		}
	}
	for b, s := range share {
		if b == alone {
			assert.Greater(t, s, 0.08)
			continue
		}
		assert.InDelta(t, 0.9/19, s, 0.02, "bin %d", b)
	}
	// Weights are repetitions, and rows without weight are absent.
	var repeated []float64
	for i := range n {
		for range int(weight[i]) {
			repeated = append(repeated, x.At(i, 0))
		}
	}
	assert.Equal(t, edges, cuts(ml.Table{X: tensor.FromSlice(repeated, len(repeated), 1)}, Binning{Max: 20}))
	assert.Equal(t, edges, cuts(ml.Table{X: tensor.SparseFrom[float64](x), Weight: weight}, Binning{Max: 20}))
	// The caller's.
	own := []float64{0.25, 1, 2}
	assert.Equal(t, own, cuts(table, Binning{Edges: [][]float64{own}}))
	forced := cuts(table, Binning{Max: 20, Forced: [][]float64{{0.77, 100}}})
	assert.LessOrEqual(t, len(forced), 19)
	assert.Subset(t, forced, []float64{0.77, 100})
	assert.True(t, slices.IsSorted(forced))
	y := make([]float64, n)
	for i := range n {
		y[i] = x.At(i, 0) + r.NormFloat64()
	}
	for _, leaves := range []int{0, 4} {
		m := fitNumbers(t, DecisionTreeRegressor{MaxLeaves: leaves, Bins: Binning{Edges: [][]float64{own}}}, ml.Dataset[float64]{Table: table, Y: y})
		require.Equal(t, 4, m.Ensemble.Leaves(0))
		for i, f := range m.Ensemble.Feature {
			if f >= 0 {
				assert.Contains(t, own, m.Ensemble.Threshold[i])
			}
		}
	}
}

func TestBinsAreChecked(t *testing.T) {
	x, y := noisy(50, 3)
	x = x.Cols(0, 2)
	for field, b := range map[string]Binning{
		"Bins.Max": {Max: 1}, "Bins.PerColumn": {PerColumn: []int{3}}, "Bins.PerColumn[1]": {PerColumn: []int{3, 70_000}}, "Bins.Edges": {Edges: [][]float64{{1}}},
		"Bins.Edges[0]": {Edges: [][]float64{{1, 1}, nil}}, "Bins.Forced[1]": {Forced: [][]float64{nil, {math.Inf(1)}}},
	} {
		_, err := DecisionTreeRegressor{Bins: b}.Fit(ctx, ml.Data(x, y))
		assert.ErrorIs(t, err, ml.ErrConfig, field)
		assert.ErrorContains(t, err, field)
	}
	_, err := DecisionTreeRegressor{Splitter: RandomSplit, Bins: Binning{Max: 5}}.Fit(ctx, ml.Data(x, y))
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = BinEdges(ctx, ml.Table{}, Binning{})
	assert.Error(t, err)
}
