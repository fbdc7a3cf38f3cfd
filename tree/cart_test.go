package tree

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var ctx = context.Background()

func fitClasses(t *testing.T, c DecisionTreeClassifier, d ml.Dataset[int]) *ClassificationModel {
	t.Helper()
	m, err := c.Fit(ctx, d)
	require.NoError(t, err)
	return m
}

func fitNumbers(t *testing.T, c DecisionTreeRegressor, d ml.Dataset[float64]) *RegressionModel {
	t.Helper()
	m, err := c.Fit(ctx, d)
	require.NoError(t, err)
	return m
}

// Column 2 is column 1 with another sign, column 0 divides the rows in the same way as both.
func TestOfEqualSplitsTheLowestColumnAndThresholdWin(t *testing.T) {
	x := tensor.FromSlice([]float64{
		7, 1, -1,
		7, 2, -2,
		9, 3, -3,
		9, 4, -4,
	}, 4, 3)
	for _, weight := range [][]float64{nil, {0.3, 0.7, 0.1, 0.9}} {
		d := ml.Dataset[int]{Table: ml.Table{X: x, Weight: weight}, Y: []int{0, 0, 1, 1}}
		for _, criterion := range []Criterion{Gini, Entropy, Hellinger} {
			m := fitClasses(t, DecisionTreeClassifier{Criterion: criterion}, d)
			assert.Equal(t, []int32{0, -1, -1}, m.Ensemble.Feature)
			assert.Equal(t, 8.0, m.Ensemble.Threshold[0])
		}
		for _, criterion := range []Criterion{SquaredError, AbsoluteError, Poisson, Tweedie} {
			m := fitNumbers(t, DecisionTreeRegressor{Criterion: criterion}, ml.Dataset[float64]{Table: d.Table, Y: []float64{0.1, 0.1, 0.3, 0.3}})
			assert.Equal(t, []int32{0, -1, -1}, m.Ensemble.Feature, "%v", criterion)
		}
	}
	// One class in the middle: the cuts at 1.5 and 3.5 gain as much.
	m := fitClasses(t, DecisionTreeClassifier{MaxDepth: 1}, ml.Data(x.Cols(1, 2), []int{0, 1, 1, 0}))
	assert.Equal(t, 1.5, m.Ensemble.Threshold[0])
}

// In float32, which scikit-learn compares in, these numbers are one.
func TestThresholdsAreOfFloat64(t *testing.T) {
	a := 1e9
	b := math.Nextafter(a, math.Inf(1))
	x := tensor.FromSlice([]float64{a, b, a, b}, 4, 1)
	m := fitNumbers(t, DecisionTreeRegressor{}, ml.Data(x, []float64{1, 2, 1, 2}))
	got, err := m.Predict(x)
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 2, 1, 2}, got)
	x = tensor.FromSlice([]float64{-math.MaxFloat64, math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, 4, 1)
	m = fitNumbers(t, DecisionTreeRegressor{}, ml.Data(x, []float64{1, 2, 2, 1}))
	assert.Equal(t, 0.0, m.Ensemble.Threshold[0])
}

// Hellinger's distance does not know how common a class is, so repeating one class changes no split.
func TestHellingerDoesNotSeeTheSizesOfClasses(t *testing.T) {
	x, y := noisy(300, 4)
	class, weight := make([]int, len(y)), make([]float64, len(y))
	for i, v := range y {
		weight[i] = 1
		if v > 0.5 {
			class[i], weight[i] = 1, 16
		}
	}
	c := DecisionTreeClassifier{Criterion: Hellinger, MinSamplesLeaf: 8, MaxDepth: 4}
	a := fitClasses(t, c, ml.Data(x, class))
	b := fitClasses(t, c, ml.Dataset[int]{Table: ml.Table{X: x, Weight: weight}, Y: class})
	assert.Equal(t, a.Ensemble.Feature, b.Ensemble.Feature)
	assert.Equal(t, a.Ensemble.Threshold, b.Ensemble.Threshold)
	c.Criterion = Gini
	other := fitClasses(t, c, ml.Dataset[int]{Table: ml.Table{X: x, Weight: weight}, Y: class})
	assert.NotEqual(t, a.Ensemble.Threshold, other.Ensemble.Threshold)
}

// A set of rows larger than a frame of 32 bits, in parts of several subtrees.
func TestLargeTreesAreTheSameOnAnyNumberOfCores(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	x, y := noisy(70_000, 3)
	for i := range 70_000 {
		x.Set(math.Round(x.At(i, 1)*50), i, 1)
		if i%7 == 0 {
			x.Set(math.NaN(), i, 2)
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := fitNumbers(t, DecisionTreeRegressor{MinSamplesLeaf: 5}, ml.Data(x, y))
	random := fitNumbers(t, DecisionTreeRegressor{Splitter: RandomSplit, MaxFeatures: 2, Seed: 3, MinSamplesLeaf: 20}, ml.Data(x, y))
	runtime.GOMAXPROCS(4)
	assert.Equal(t, one.Ensemble.Threshold, fitNumbers(t, DecisionTreeRegressor{MinSamplesLeaf: 5}, ml.Data(x, y)).Ensemble.Threshold)
	assert.Equal(t, random.Ensemble.Threshold, fitNumbers(t, DecisionTreeRegressor{Splitter: RandomSplit, MaxFeatures: 2, Seed: 3, MinSamplesLeaf: 20}, ml.Data(x, y)).Ensemble.Threshold)
	// The rows where they belong: every leaf holds the mean of what reaches it.
	leaves, err := one.Leaves(x)
	require.NoError(t, err)
	sum, count := map[int32]float64{}, map[int32]float64{}
	for i, l := range leaves {
		sum[l] += y[i]
		count[l]++
	}
	for l, s := range sum {
		n := one.Ensemble.Node(0, int(l))
		require.InDelta(t, s/count[l], n.Value[0], 1e-12)
		require.Equal(t, int(count[l]), n.Samples)
		require.GreaterOrEqual(t, n.Samples, 5)
	}
}

// coded has two categorical columns, one with missing values, and a number.
func coded(n, levels int, seed uint64) (ml.Table, []float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	x, y := tensor.New[float64](n, 3), make([]float64, n)
	effect := make([]float64, levels)
	for c := range effect {
		effect[c] = r.NormFloat64()
	}
	for i := range n {
		a, b := r.IntN(levels), r.IntN(4)
		x.Set(float64(a), i, 0)
		x.Set(float64(b), i, 1)
		if r.IntN(6) == 0 {
			x.Set(math.NaN(), i, 1)
		}
		x.Set(math.Round(2*r.NormFloat64()), i, 2)
		y[i] = effect[a] + float64(b%2) + 0.3*r.NormFloat64()
	}
	return ml.Table{X: x, Columns: []ml.Column{{Name: "a", Kind: ml.Categorical}, {Name: "b", Kind: ml.Categorical}, {Name: "c"}}}, y
}

// bestStump is the least impurity of any division by a set of the categories of a column, by trying all of them.
func bestStump(x tensor.Matrix, col int, cost func(rows []int) float64) float64 {
	n, _ := x.Dims()
	byCode := map[float64][]int{}
	for i := range n {
		v := x.At(i, col)
		if v != v {
			v = -1
		}
		byCode[v] = append(byCode[v], i)
	}
	var groups [][]int
	for _, rows := range byCode {
		groups = append(groups, rows)
	}
	best := math.Inf(1)
	for bits := 1; bits < 1<<len(groups)-1; bits++ {
		var sides [2][]int
		for g, rows := range groups {
			sides[bits>>g&1] = append(sides[bits>>g&1], rows...)
		}
		best = min(best, cost(sides[0])+cost(sides[1]))
	}
	return best
}

func TestSetsOfCategoriesAreTheBest(t *testing.T) {
	for seed := range uint64(6) {
		table, y := coded(120, 8, seed)
		class := make([]int, len(y))
		for i, v := range y {
			class[i] = int(min(max(math.Floor(v+1), 0), 2))
		}
		for col := range 2 {
			one := ml.Table{X: table.X.(*tensor.Tensor[float64]).Cols(col, col+1), Columns: table.Columns[col : col+1]}
			variance := func(rows []int) float64 {
				sum, squares := 0.0, 0.0
				for _, i := range rows {
					sum += y[i]
					squares += y[i] * y[i]
				}
				return squares - sum*sum/float64(len(rows))
			}
			impurity := func(e *Ensemble) float64 {
				l, r := e.Node(0, 1), e.Node(0, 2)
				return l.Cover*l.Impurity + r.Cover*r.Impurity
			}
			m := fitNumbers(t, DecisionTreeRegressor{MaxDepth: 1}, ml.Dataset[float64]{Table: one, Y: y})
			assert.InDelta(t, bestStump(one.X, 0, variance), impurity(m.Ensemble), 1e-9)
			for _, k := range []int{2, 3} {
				label := make([]int, len(class))
				for i, c := range class {
					label[i] = min(c, k-1)
				}
				gini := func(rows []int) float64 {
					counts := make([]float64, k)
					for _, i := range rows {
						counts[label[i]]++
					}
					n, sum := float64(len(rows)), 0.0
					for _, c := range counts {
						sum += c * c
					}
					return n - sum/n
				}
				m := fitClasses(t, DecisionTreeClassifier{MaxDepth: 1}, ml.Dataset[int]{Table: one, Y: label})
				assert.InDelta(t, bestStump(one.X, 0, gini), impurity(m.Ensemble), 1e-9)
			}
		}
	}
}

func TestCategoriesOfAnyNumber(t *testing.T) {
	for _, levels := range []int{2, 40, 12_000} {
		n := max(200, 2*levels)
		table, y := coded(n, levels, 5)
		for i := range n {
			y[i] = float64(int(table.X.At(i, 0)) * 7919 % 2) // no order of the codes helps
		}
		m := fitNumbers(t, DecisionTreeRegressor{MaxDepth: 1}, ml.Dataset[float64]{Table: table, Y: y})
		got, err := m.Predict(table.X)
		require.NoError(t, err)
		assert.Equal(t, y, got, "%d levels", levels)
		// A code that was not there goes with the heavier child.
		right := m.Ensemble.Node(0, int(m.Ensemble.Right[0]))
		unseen, err := m.PredictRow([]float64{float64(levels + 100), 0, 0})
		require.NoError(t, err)
		assert.Equal(t, right.Value[0], unseen)
		assert.GreaterOrEqual(t, right.Cover, float64(n)/2)
	}
	x := tensor.FromSlice([]float64{0, 1, 2.5, 1}, 4, 1)
	_, err := DecisionTreeRegressor{}.Fit(ctx, ml.Dataset[float64]{Table: ml.Table{X: x, Columns: []ml.Column{{Name: "k", Kind: ml.Categorical}}}, Y: []float64{1, 2, 3, 4}})
	require.ErrorIs(t, err, ml.ErrColumn)
	assert.ErrorContains(t, err, "X[2, 0] (k) is 2.5")
}

// sparsely is random rows with many zeros.
func sparsely(n, p int) *tensor.Tensor[float64] {
	r := rand.New(rand.NewPCG(11, 3))
	x := tensor.New[float64](n, p)
	for i := range n {
		for j := range p {
			switch r.IntN(5) {
			case 0, 1:
				x.Set(float64(r.IntN(9)-4), i, j)
			case 2:
				if j%2 == 1 {
					x.Set(math.NaN(), i, j)
				}
			}
		}
	}
	return x
}

func TestSparseTreesAreTheDenseOnes(t *testing.T) {
	x := sparsely(300, 6)
	y, class := make([]float64, 300), make([]int, 300)
	for i := range y {
		row := x.Row(i)
		for j, v := range row {
			if v == v {
				y[i] += v * float64(j-2)
			}
		}
		class[i] = int(math.Abs(y[i])) % 3
	}
	columns := make([]ml.Column, 6)
	for i := range 300 {
		if v := x.At(i, 4); v < 0 {
			x.Set(-v, i, 4)
		}
	}
	csr := tensor.SparseFrom[float64](x)
	columns[4].Kind = ml.Categorical
	dense, sparse := ml.Table{X: x, Columns: columns}, ml.Table{X: csr, Columns: columns}
	for _, c := range []DecisionTreeRegressor{{}, {Criterion: AbsoluteError}, {Criterion: Huber}, {MaxLeaves: 20}, {Criterion: QuantileLoss, Splitter: RandomSplit}, {Splitter: RandomSplit, Seed: 2}, {Monotone: []int{1, -1, 0, 0, 0, 1}}, {MinSamplesLeaf: 9, MaxFeatures: 3}} {
		a := fitNumbers(t, c, ml.Dataset[float64]{Table: dense, Y: y})
		b := fitNumbers(t, c, ml.Dataset[float64]{Table: sparse, Y: y})
		assert.Equal(t, a.Ensemble.Feature, b.Ensemble.Feature, "%+v", c)
		assert.Equal(t, a.Ensemble.Threshold, b.Ensemble.Threshold, "%+v", c)
		assert.Equal(t, a.Ensemble.Sets, b.Ensemble.Sets)
		assert.Equal(t, a.Ensemble.Samples, b.Ensemble.Samples)
	}
	for _, c := range []DecisionTreeClassifier{{}, {Criterion: Entropy}} {
		a := fitClasses(t, c, ml.Dataset[int]{Table: dense, Y: class})
		b := fitClasses(t, c, ml.Dataset[int]{Table: sparse, Y: class})
		assert.Equal(t, a.Ensemble.Threshold, b.Ensemble.Threshold, "%+v", c)
		assert.Equal(t, a.Ensemble.Value, b.Ensemble.Value)
	}
}

// Whatever else the row holds, missing values included, the prediction must not move against the constraint.
func TestMonotoneTreesNeverTurn(t *testing.T) {
	x, y := noisy(400, 4)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 400 {
		if r.IntN(5) == 0 {
			x.Set(math.NaN(), i, 1)
		}
	}
	class := make([]int, len(y))
	positive := make([]float64, len(y))
	for i, v := range y {
		if v > 0 {
			class[i] = 1
		}
		positive[i] = math.Exp(v)
	}
	constraint := []int{1, 0, -1, 1}
	probe := func(predict func([]float64) float64) {
		for range 3000 {
			row := make([]float64, 4)
			for j := range row {
				row[j] = 1.5 * r.NormFloat64()
			}
			if r.IntN(4) == 0 {
				row[1] = math.NaN()
			}
			for j, sign := range constraint {
				if sign == 0 {
					continue
				}
				before := predict(row)
				old := row[j]
				row[j] += r.ExpFloat64()
				require.GreaterOrEqual(t, float64(sign)*(predict(row)-before), 0.0)
				row[j] = old
			}
		}
	}
	for _, c := range []Criterion{SquaredError, AbsoluteError, Huber, Poisson, Gamma, Tweedie} {
		for i, leaves := range []int{0, 30, 0, 30, 0, 30} {
			m := fitNumbers(t, DecisionTreeRegressor{Criterion: c, Monotone: constraint, MaxLeaves: leaves, MonotoneMethod: MonotoneMethod(i / 2)}, ml.Data(x, positive))
			require.Greater(t, m.Ensemble.Nodes(0), 20)
			turn, err := m.Ensemble.VerifyMonotone(0, constraint)
			require.NoError(t, err)
			require.Nil(t, turn)
			probe(func(row []float64) float64 {
				v, err := m.PredictRow(row)
				require.NoError(t, err)
				return v
			})
		}
	}
	for _, c := range []Criterion{Gini, Entropy, Hellinger} {
		m := fitClasses(t, DecisionTreeClassifier{Criterion: c, Monotone: constraint}, ml.Data(x, class))
		require.Greater(t, m.Ensemble.Nodes(0), 20)
		turn, err := m.Ensemble.VerifyMonotone(1, constraint)
		require.NoError(t, err)
		require.Nil(t, turn)
		probe(func(row []float64) float64 {
			var p [2]float64
			require.NoError(t, m.ProbaRow(p[:], row))
			return p[1]
		})
	}
}

// A split that a criterion would not choose has no less impurity: tried on stumps, by brute force over all thresholds.
func TestCriteriaFindTheLeastImpurity(t *testing.T) {
	x, y := noisy(80, 3)
	weight := make([]float64, 80)
	r := rand.New(rand.NewPCG(9, 9))
	for i := range y {
		y[i] = math.Exp(y[i] / 2)
		weight[i] = 0.2 + r.Float64()
	}
	loss := map[Criterion]func(y, m float64) float64{
		SquaredError:  func(y, m float64) float64 { return (y - m) * (y - m) },
		AbsoluteError: func(y, m float64) float64 { return math.Abs(y - m) },
		QuantileLoss:  func(y, m float64) float64 { return max(0.8*(y-m), 0.2*(m-y)) },
		Huber: func(y, m float64) float64 {
			if d := math.Abs(y - m); d > 0.4 {
				return 0.4 * (d - 0.2)
			}
			return (y - m) * (y - m) / 2
		},
		Poisson: func(y, m float64) float64 { return y*math.Log(y/m) - y + m },
		Gamma:   func(y, m float64) float64 { return math.Log(m/y) + y/m - 1 },
		Tweedie: func(y, m float64) float64 {
			return math.Pow(y, 0.7)/(-0.3*0.7) - y*math.Pow(m, -0.3)/-0.3 + math.Pow(m, 0.7)/0.7
		},
	}
	for criterion, f := range loss {
		for _, w := range [][]float64{nil, weight} {
			at := func(i int) float64 {
				if w == nil {
					return 1
				}
				return w[i]
			}
			// least is the loss of the best single number for some rows: one of them, or their mean.
			least := func(rows []int) float64 {
				total := func(m float64) float64 {
					sum := 0.0
					for _, i := range rows {
						sum += at(i) * f(y[i], m)
					}
					return sum
				}
				if criterion == Huber { // a convex function, by thirds
					low, high := slices.Min(y), slices.Max(y)
					for range 100 {
						a, b := low+(high-low)/3, high-(high-low)/3
						if total(a) < total(b) {
							high = b
						} else {
							low = a
						}
					}
					return total(low)
				}
				if criterion != AbsoluteError && criterion != QuantileLoss {
					sum, all := 0.0, 0.0
					for _, i := range rows {
						sum += at(i) * y[i]
						all += at(i)
					}
					return total(sum / all)
				}
				best := math.Inf(1)
				for _, i := range rows {
					best = min(best, total(y[i]))
				}
				return best
			}
			best := math.Inf(1)
			for j := range 3 {
				order := make([]int, 80)
				for i := range order {
					order[i] = i
				}
				slices.SortFunc(order, func(a, b int) int {
					if x.At(a, j) < x.At(b, j) {
						return -1
					}
					return 1
				})
				for cut := 1; cut < 80; cut++ {
					best = min(best, least(order[:cut])+least(order[cut:]))
				}
			}
			c := DecisionTreeRegressor{Criterion: criterion, MaxDepth: 1}
			switch criterion {
			case QuantileLoss:
				c.Level = 0.8
			case Huber:
				c.Delta = 0.4
			case Tweedie:
				c.Power = 1.3
			}
			m := fitNumbers(t, c, ml.Dataset[float64]{Table: ml.Table{X: x, Weight: w}, Y: y})
			l, right := m.Ensemble.Node(0, 1), m.Ensemble.Node(0, 2)
			got := l.Impurity*l.Cover + right.Impurity*right.Cover
			golden.Close(t, []float64{got}, []float64{best}, 1e-9, 1e-12, criterion.String())
			root := m.Ensemble.Node(0, 0)
			assert.InDelta(t, root.Impurity-got/root.Cover, root.Gain, 1e-9, "%v", criterion)
		}
	}
}

func TestRandomSplitsFollowTheSeed(t *testing.T) {
	x, y := noisy(200, 5)
	fit := func(c DecisionTreeRegressor) []float64 {
		return fitNumbers(t, c, ml.Data(x, y)).Ensemble.Threshold
	}
	a := DecisionTreeRegressor{Splitter: RandomSplit, Seed: 1}
	assert.Equal(t, fit(a), fit(a))
	assert.NotEqual(t, fit(a), fit(DecisionTreeRegressor{Splitter: RandomSplit, Seed: 2}))
	assert.NotEqual(t, fit(DecisionTreeRegressor{MaxFeatures: 1, Seed: 1}), fit(DecisionTreeRegressor{MaxFeatures: 1, Seed: 2}))
	// A random tree that may grow to the end still fits its rows.
	m := fitNumbers(t, a, ml.Data(x, y))
	got, err := m.Predict(x)
	require.NoError(t, err)
	assert.Equal(t, y, got)
}

func TestDecisionTreeConfigsAreChecked(t *testing.T) {
	x, y := noisy(30, 3)
	class := make([]int, 30)
	class[3], class[4] = 1, 2
	for field, c := range map[string]DecisionTreeRegressor{
		"Criterion": {Criterion: Gini}, "Level": {Level: 0.5}, "Power": {Power: 1.5}, "Delta": {Criterion: Huber, Delta: -1}, "Splitter": {Splitter: 7}, "MaxDepth": {MaxDepth: -1},
		"MinSamplesSplit": {MinSamplesSplit: 1}, "MinSamplesLeaf": {MinSamplesLeaf: -1}, "MinWeightFractionLeaf": {MinWeightFractionLeaf: 0.6},
		"MaxFeatures": {MaxFeatures: -1}, "MaxLeaves": {MaxLeaves: 1}, "MinImpurityDecrease": {MinImpurityDecrease: math.NaN()},
		"Monotone": {Monotone: []int{1}}, "Monotone[1]": {Monotone: []int{1, 2, 0}}, "CCPAlpha": {CCPAlpha: -1},
	} {
		_, err := c.Fit(ctx, ml.Data(x, y))
		var e *ml.Error
		require.True(t, errors.As(err, &e), field)
		assert.ErrorIs(t, err, ml.ErrConfig)
		assert.Equal(t, field, e.Field)
	}
	_, err := DecisionTreeRegressor{Criterion: Poisson}.Fit(ctx, ml.Data(x, y))
	assert.ErrorIs(t, err, ml.ErrTarget)
	_, err = DecisionTreeClassifier{Monotone: []int{1, 0, 0}}.Fit(ctx, ml.Data(x, class))
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = DecisionTreeMulti{Criterion: AbsoluteError}.Fit(ctx, ml.Data(x, make([][]float64, 30)))
	assert.ErrorIs(t, err, ml.ErrConfig)
}

// Leaves of Huber's criterion lie between medians (Delta near 0) and means (Delta large); where a whole interval is best, they hold its middle. Trees of
// criteria that order their targets take random splits, too.
func TestLeavesOfHuberLieBetweenMedianAndMean(t *testing.T) {
	one := tensor.FromSlice([]float64{1, 1, 1, 1}, 4, 1)
	for _, c := range []struct {
		delta, want float64
		y           []float64
	}{{1, 5, []float64{0, 0, 10, 10}}, {1e-9, 2, []float64{1, 2, 2, 1000}}, {1e9, 251.25, []float64{1, 2, 2, 1000}}, {1, 2, []float64{1, 2, 2, 1000}}, {3, 5.5, []float64{2, 5, 6, 100}}} {
		m := fitNumbers(t, DecisionTreeRegressor{Criterion: Huber, Delta: c.delta}, ml.Data(one, c.y))
		assert.InDelta(t, c.want, m.Ensemble.Value[0], 1e-6, "%+v", c)
	}
	x, y := noisy(300, 4)
	for _, c := range []Criterion{AbsoluteError, QuantileLoss, Huber} {
		m := fitNumbers(t, DecisionTreeRegressor{Criterion: c, Splitter: RandomSplit, Seed: 5}, ml.Data(x, y))
		got, err := m.Predict(x)
		require.NoError(t, err)
		assert.Equal(t, y, got, "%v", c)
	}
	// A line far off counts as little in a tree as in a leaf.
	y[7] = 1e6
	m := fitNumbers(t, DecisionTreeRegressor{Criterion: Huber, MinSamplesLeaf: 20}, ml.Data(x, y))
	assert.Less(t, slices.Max(m.Ensemble.Value), 10.0)
}

// A column that misses nothing in training, and something in prediction: the split sends it to the child with more rows.
func TestValuesMissingAtPredictionAloneGoToTheChildWithMoreRows(t *testing.T) {
	for _, y := range [][]float64{{1, 1, 1, 2, 2}, {1, 1, 2, 2, 2}} {
		x := tensor.FromSlice([]float64{1, 2, 3, 4, 5}, 5, 1)
		for _, bins := range []Binning{{}, {Max: 10}} {
			m := fitNumbers(t, DecisionTreeRegressor{Bins: bins}, ml.Data(x, y))
			got, err := m.PredictRow([]float64{math.NaN()})
			require.NoError(t, err)
			assert.Equal(t, y[2], got)
		}
	}
}
