package ensemble_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// curved makes n rows of p columns, three of which matter.
func curved(n, p int, seed uint64) (*tensor.Tensor[float64], []float64, []int) {
	r := rand.New(rand.NewPCG(seed, 1))
	x, y, class := tensor.New[float64](n, p), make([]float64, n), make([]int, n)
	for i := range n {
		for j := range p {
			x.Set(r.NormFloat64(), i, j)
		}
		row := x.Row(i)
		y[i] = row[0]*row[1] + row[2] + 0.3*r.NormFloat64()
		if y[i] > 0 {
			class[i] = 1
		}
	}
	return x, y, class
}

func fitForest[D, M any](t *testing.T, f ml.Fitter[D, M], d D) M {
	t.Helper()
	m, err := f.Fit(context.Background(), d)
	require.NoError(t, err)
	return m
}

func TestTreeOfAllRowsAndColumnsIsTheDecisionTree(t *testing.T) {
	x, y, class := curved(800, 5, 2)
	one := fitForest(t, tree.DecisionTreeClassifier{MinSamplesLeaf: 15}, ml.Data[int](x, class))
	forest := fitForest(t, ensemble.RandomForestClassifier{Trees: 2, Rows: ensemble.EveryRow, MaxFeatures: 5, MinSamplesLeaf: 15}, ml.Data[int](x, class))
	number := fitForest(t, tree.DecisionTreeRegressor{MinSamplesLeaf: 15}, ml.Data[float64](x, y))
	numbers := fitForest(t, ensemble.RandomForestRegressor{Trees: 2, Rows: ensemble.EveryRow, MinSamplesLeaf: 15}, ml.Data[float64](x, y))
	for _, pair := range [][2]*tree.Ensemble{{one.Ensemble, forest.Ensemble}, {number.Ensemble, numbers.Ensemble}} {
		n := len(pair[0].Feature)
		assert.Equal(t, pair[0].Feature, pair[1].Feature[n:], "the second tree")
		assert.Equal(t, pair[0].Threshold, pair[1].Threshold[:n])
		assert.Equal(t, pair[0].Left, pair[1].Left[:n])
	}
}

func TestDrawnTreesAndTheirLeavesByBruteForce(t *testing.T) {
	x, y, _ := curved(300, 4, 3)
	m := fitForest(t, ensemble.RandomForestRegressor{Trees: 20, MinSamplesLeaf: 3, MaxFeatures: 2, OOB: true, Quantiles: true, MaxSamples: 0.8, Seed: 4}, ml.Data[float64](x, y))
	e := m.Ensemble
	drawn := make([][]int, 300)
	leaves, err := m.Leaves(x)
	require.NoError(t, err)
	for k := range 20 {
		count, total := make([]int, 300), 0
		for i := e.Start[k]; i < e.Start[k+1]; i++ {
			sum := 0.0
			list := m.Training.Leaves.Rows[m.Training.Leaves.Start[i]:m.Training.Leaves.Start[i+1]]
			for _, r := range list {
				count[r]++
				sum += y[r]
				assert.Equal(t, i-e.Start[k], leaves[int(r)*20+k], "a row in a leaf that it does not reach")
			}
			if e.Feature[i] < 0 {
				require.NotEmpty(t, list)
				assert.InDelta(t, sum/float64(len(list)), e.Value[i], 1e-12)
			}
			total += len(list)
		}
		assert.Equal(t, 240, total, "MaxSamples of the rows")
		assert.Equal(t, 240.0, e.Cover[e.Start[k]])
		for i, n := range count {
			drawn[i] = append(drawn[i], n)
		}
	}
	levels := []float64{0.9, 0, 0.5, 0.25, 1}
	q, err := m.Quantiles(x, levels)
	require.NoError(t, err)
	oobq, err := m.OutOfBagQuantiles(x, levels)
	require.NoError(t, err)
	pred, err := m.Predict(x)
	require.NoError(t, err)
	for i := range 300 {
		all, left, n, sum := make([]float64, 300), make([]float64, 300), 0, 0.0
		for k := range 20 {
			at := e.Start[k] + leaves[i*20+k]
			list := m.Training.Leaves.Rows[m.Training.Leaves.Start[at]:m.Training.Leaves.Start[at+1]]
			for _, r := range list {
				all[r] += 1 / float64(len(list)) / 20
				if drawn[i][k] == 0 {
					left[r] += 1 / float64(len(list))
				}
			}
			if drawn[i][k] == 0 {
				n++
				sum += e.Value[at]
			}
		}
		require.Equal(t, int32(n), m.OOB.Count[i])
		assert.InDelta(t, sum/float64(n), m.OOB.Value[i], 1e-12)
		mean := 0.0
		for r, w := range all {
			left[r] /= float64(n)
			mean += w * y[r]
		}
		assert.InDelta(t, mean, pred[i], 1e-12, "the mean of the distribution")
		for k, level := range levels {
			assert.Equal(t, slowQuantile(y, all, level), q.At(i, k))
			assert.Equal(t, slowQuantile(y, left, level), oobq.At(i, k))
		}
	}
	assert.InDelta(t, metrics.R2(y, m.OOB.Value), m.OOB.Score, 1e-12)
}

// slowQuantile is the smallest number up to which there is enough weight.
func slowQuantile(y, weight []float64, level float64) float64 {
	order := make([]int, len(y))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(y[a], y[b]) })
	sum, last := 0.0, 0.0
	for _, i := range order {
		if weight[i] == 0 {
			continue
		}
		sum += weight[i]
		last = y[i]
		if sum >= level-1e-11 {
			return last
		}
	}
	return last
}

func TestOutOfBagIsHonest(t *testing.T) {
	x, _, _ := curved(400, 5, 5)
	r := rand.New(rand.NewPCG(9, 9))
	noise := make([]int, 400)
	for i := range noise {
		noise[i] = r.IntN(2)
	}
	m := fitForest(t, ensemble.RandomForestClassifier{Trees: 60, OOB: true}, ml.Data[int](x, noise))
	pred, err := m.Predict(x)
	require.NoError(t, err)
	assert.Greater(t, metrics.Accuracy(noise, pred), 0.97, "the forest knows its rows by heart")
	assert.InDelta(t, 0.5, m.OOB.Score, 0.1, "and says so")
}

func TestContinuedForestIsTheForestOfMoreTrees(t *testing.T) {
	x, y, class := curved(200, 4, 6)
	dc, dr := ml.Data[int](x, class), ml.Data[float64](x, y)
	c := ensemble.RandomForestClassifier{Trees: 5, OOB: true}
	some, err := fitForest(t, c, dc).Continue(context.Background(), dc, 7)
	require.NoError(t, err)
	c.Trees = 12
	all := fitForest(t, c, dc)
	assert.Equal(t, all.Ensemble.Threshold, some.Ensemble.Threshold)
	assert.Equal(t, all.Ensemble.Value, some.Ensemble.Value)
	assert.Equal(t, fmt.Sprint(all.OOB), fmt.Sprint(some.OOB), "NaN is NaN")
	q := ensemble.RandomForestRegressor{Trees: 5, Quantiles: true}
	more, err := fitForest(t, q, dr).Continue(context.Background(), dr, 0)
	require.NoError(t, err)
	q.Trees = 10
	assert.Equal(t, fitForest(t, q, dr).Training.Leaves, more.Training.Leaves)
	_, err = more.Continue(context.Background(), dr.Select([]int{1, 2, 3}), 0)
	assert.ErrorIs(t, err, ml.ErrShape)
	other, err := more.Update(context.Background(), dr.Select([]int{1, 2, 3}))
	require.NoError(t, err)
	assert.Nil(t, other.Training.Leaves)
	assert.Equal(t, 15, other.Trees().Trees())
}

func TestBalancedDrawsGiveRareClassesTheirShare(t *testing.T) {
	x, _, class := curved(400, 4, 7)
	rare := 0
	for i := range class {
		if class[i] == 1 && i%10 > 0 {
			class[i] = 0
		}
		rare += class[i]
	}
	for _, rows := range []ensemble.RowDraws{ensemble.DrawBalanced, ensemble.PickBalanced} {
		e := fitForest(t, ensemble.RandomForestClassifier{Trees: 10, Rows: rows, OOB: true}, ml.Data[int](x, class)).Ensemble
		for k := range 10 {
			root := e.Start[k]
			assert.Equal(t, float64(2*rare), e.Cover[root])
			assert.Equal(t, 0.5, e.Value[root], "share of class 1")
		}
	}
	e := fitForest(t, ensemble.RandomForestClassifier{Trees: 10, BalancedSubsample: true}, ml.Data[int](x, class)).Ensemble
	for k := range 10 {
		assert.InDelta(t, 0.5, e.Value[e.Start[k]], 1e-9)
		assert.InDelta(t, 400, e.Cover[e.Start[k]], 1e-6)
	}
	balanced := fitForest(t, ensemble.RandomForestClassifier{Trees: 50, ClassWeight: ml.ClassWeight{Balanced: true}}, ml.Data[int](x, class)).Ensemble
	mean := 0.0
	for k := range 50 {
		mean += balanced.Value[balanced.Start[k]] / 50
	}
	assert.InDelta(t, 0.5, mean, 0.03, "classes are drawn alike on the average")
}

func TestHistogramsOfFewNumbersAreExact(t *testing.T) {
	x, y, class := curved(1500, 9, 8)
	for i, v := range x.Data() {
		x.Data()[i] = math.Round(v * 20)
	}
	gaps := tensor.New[float64](1500, 9)
	copy(gaps.Data(), x.Data())
	for i := range gaps.Data() {
		if i%17 == 0 {
			gaps.Data()[i] = math.NaN()
		}
	}
	for name, x := range map[string]*tensor.Tensor[float64]{"complete": x, "gaps": gaps} {
		t.Run(name, func(t *testing.T) {
			c := ensemble.RandomForestClassifier{Trees: 6, Rows: ensemble.EveryRow, Engine: ensemble.ExactEngine}
			r := ensemble.RandomForestRegressor{Trees: 2, Rows: ensemble.EveryRow, Engine: ensemble.ExactEngine}
			exact, numbers := fitForest(t, c, ml.Data[int](x, class)), fitForest(t, r, ml.Data[float64](x, y))
			c.Engine, r.Engine = ensemble.HistogramEngine, ensemble.HistogramEngine
			binned, binnedNumbers := fitForest(t, c, ml.Data[int](x, class)), fitForest(t, r, ml.Data[float64](x, y))
			assert.Equal(t, exact.Ensemble.Feature, binned.Ensemble.Feature)
			assert.Equal(t, exact.Ensemble.Value, binned.Ensemble.Value)
			want, err := exact.Leaves(x)
			require.NoError(t, err)
			got, err := binned.Leaves(x)
			require.NoError(t, err)
			assert.True(t, slices.Equal(want, got), "leaves of the training rows")
			assert.Equal(t, numbers.Ensemble.Feature, binnedNumbers.Ensemble.Feature)
			want, err = numbers.Leaves(x)
			require.NoError(t, err)
			got, err = binnedNumbers.Leaves(x)
			require.NoError(t, err)
			assert.True(t, slices.Equal(want, got), "leaves of the training rows")
		})
	}
}

// Bins are never taken unasked: on many rows a forest on 255 of them is less accurate than scikit-learn's.
func TestForestsOfManyRowsAreExact(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5000
	}
	x, y, class := curved(n, 4, 12)
	c := ensemble.RandomForestClassifier{Trees: 2, MaxDepth: 6}
	r := ensemble.RandomForestRegressor{Trees: 1, MaxDepth: 4}
	auto, numbers := fitForest(t, c, ml.Data[int](x, class)), fitForest(t, r, ml.Data[float64](x, y))
	c.Engine, r.Engine = ensemble.ExactEngine, ensemble.ExactEngine
	exact, exactNumbers := fitForest(t, c, ml.Data[int](x, class)), fitForest(t, r, ml.Data[float64](x, y))
	assert.True(t, slices.Equal(exact.Ensemble.Threshold, auto.Ensemble.Threshold), "classes")
	assert.True(t, slices.Equal(exactNumbers.Ensemble.Threshold, numbers.Ensemble.Threshold), "numbers")
}

func TestHistogramsOfManyNumbersAreNearlyAsGood(t *testing.T) {
	x, _, class := curved(4000, 12, 9)
	train, test := ml.Data[int](x.Rows(0, 3000), class[:3000]), x.Rows(3000, 4000)
	score := map[ensemble.Engine]float64{}
	for _, engine := range []ensemble.Engine{ensemble.ExactEngine, ensemble.HistogramEngine} {
		m := fitForest(t, ensemble.RandomForestClassifier{Trees: 40, Engine: engine}, train)
		pred, err := m.Predict(test)
		require.NoError(t, err)
		score[engine] = metrics.Accuracy(class[3000:], pred)
		if engine == ensemble.HistogramEngine {
			cuts := map[float64]bool{}
			for i, j := range m.Ensemble.Feature {
				if j == 0 {
					cuts[m.Ensemble.Threshold[i]] = true
				}
			}
			assert.LessOrEqual(t, len(cuts), 254)
		}
	}
	assert.InDelta(t, score[ensemble.ExactEngine], score[ensemble.HistogramEngine], 0.02)
}

func TestSparseRowsAndCategoriesGrowForests(t *testing.T) {
	titanic := datasets.Titanic()
	m := fitForest(t, ensemble.RandomForestClassifier{Trees: 40, MinSamplesLeaf: 3, OOB: true}, titanic)
	assert.Greater(t, m.OOB.Score, 0.76)
	binned := fitForest(t, ensemble.RandomForestClassifier{Trees: 40, MinSamplesLeaf: 3, OOB: true, Engine: ensemble.HistogramEngine}, titanic)
	assert.InDelta(t, m.OOB.Score, binned.OOB.Score, 0.03)
	x, _, class := curved(300, 9, 10)
	for i, v := range x.Data() {
		if v < 0.3 {
			x.Data()[i] = 0
		}
	}
	dense := fitForest(t, ensemble.ExtraTreesClassifier{Trees: 4}, ml.Data[int](x, class))
	sparse := fitForest(t, ensemble.ExtraTreesClassifier{Trees: 4}, ml.Data[int](tensor.SparseFrom[float64](x), class))
	assert.Equal(t, dense.Ensemble.Threshold, sparse.Ensemble.Threshold)
}

func TestCalibratedIntervalsCoverNewRows(t *testing.T) {
	x, y, _ := curved(1200, 5, 11)
	train := ml.Data[float64](x.Rows(0, 600), y[:600])
	m := fitForest(t, ensemble.RandomForestRegressor{Trees: 60, MinSamplesLeaf: 5, Quantiles: true}, train)
	f, err := m.Calibrate(train.X, 0.2)
	require.NoError(t, err)
	ends, err := f.Predict(x.Rows(600, 1200))
	require.NoError(t, err)
	inside := 0.0
	for i, v := range y[600:] {
		if v >= ends.At(i, 0) && v <= ends.At(i, 1) {
			inside++
		}
	}
	assert.InDelta(t, 0.8, inside/600, 0.05)
	_, err = m.Calibrate(train.X, 0.0001)
	assert.ErrorIs(t, err, ml.ErrShape, "too few rows for so rare a miss")
	_, err = fitForest(t, ensemble.RandomForestRegressor{Trees: 2}, train).Quantiles(train.X, []float64{0.5})
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = m.Quantiles(train.X, []float64{1.5})
	assert.ErrorIs(t, err, ml.ErrConfig)
}

func TestImportancesAndProximities(t *testing.T) {
	x, _, class := curved(500, 6, 12)
	m := fitForest(t, ensemble.RandomForestClassifier{Trees: 30}, ml.Data[int](x, class))
	mean, se, err := ensemble.ImpurityImportances(m)
	require.NoError(t, err)
	sum := 0.0
	for j, v := range mean {
		sum += v
		if j > 2 {
			assert.Less(t, v+4*se[j], mean[2], "noise matters less")
		}
		assert.Positive(t, se[j])
	}
	assert.InDelta(t, 1, sum, 1e-12)
	p, err := ensemble.Proximities(m, x.Rows(0, 50), x)
	require.NoError(t, err)
	same, other, pairs := 0.0, 0.0, [2]float64{}
	for i := range 50 {
		assert.Equal(t, 1.0, p.At(i, i))
		for k := range 50 {
			assert.Equal(t, p.At(i, k), p.At(k, i))
			if i == k {
				continue
			}
			if class[i] == class[k] {
				same += p.At(i, k)
				pairs[0]++
			} else {
				other += p.At(i, k)
				pairs[1]++
			}
		}
	}
	assert.Greater(t, same/pairs[0], 3*other/pairs[1], "rows of a class are near each other")
}

func TestEmbeddingHasALeafForEachTree(t *testing.T) {
	x, _, _ := curved(200, 4, 13)
	m := fitForest(t, ensemble.RandomTreesEmbedding{Trees: 7, MaxDepth: 3}, ml.Table{X: x})
	out, err := m.Transform(x)
	require.NoError(t, err)
	_, columns := out.Dims()
	assert.Len(t, m.Out(), columns)
	assert.LessOrEqual(t, columns, 7*8)
	used := make([]float64, columns)
	for i := range 200 {
		sum := 0.0
		for j := range columns {
			sum += out.At(i, j)
			used[j] += out.At(i, j)
		}
		assert.Equal(t, 7.0, sum)
	}
	assert.NotContains(t, used, 0.0)
}

func TestForestsSayWhatIsWrong(t *testing.T) {
	x, y, class := curved(30, 3, 14)
	ctx := context.Background()
	for field, c := range map[string]ensemble.RandomForestClassifier{
		"Trees": {Trees: -1}, "MaxFeatures": {MaxFeatures: -1}, "Rows": {Rows: 9}, "Engine": {Engine: 9}, "MaxSamples": {MaxSamples: -0.5}, "MaxDepth": {MaxDepth: -1},
		"OOB": {Rows: ensemble.EveryRow, OOB: true}, "BalancedSubsample": {Rows: ensemble.EveryRow, BalancedSubsample: true}, "Criterion": {Criterion: tree.SquaredError},
		"Monotone": {Monotone: []int{1}},
	} {
		_, err := c.Fit(ctx, ml.Data[int](x, class))
		var e *ml.Error
		require.ErrorAs(t, err, &e, field)
		assert.Equal(t, field, e.Field)
		assert.ErrorIs(t, err, ml.ErrConfig)
	}
	_, err := ensemble.RandomForestRegressor{Rows: ensemble.DrawBalanced}.Fit(ctx, ml.Data[float64](x, y))
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = ensemble.RandomForestRegressor{Criterion: tree.Poisson}.Fit(ctx, ml.Data[float64](x, y))
	assert.ErrorIs(t, err, ml.ErrTarget)
	_, err = ensemble.ExtraTreesRegressor{Delta: 2}.Fit(ctx, ml.Data[float64](x, y))
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = ensemble.IsolationForest{Contamination: 0.7}.Fit(ctx, ml.Table{X: x})
	assert.ErrorIs(t, err, ml.ErrConfig)
	_, err = ensemble.ExtendedIsolationForest{Extension: 3}.Fit(ctx, ml.Table{X: x})
	assert.ErrorIs(t, err, ml.ErrConfig)
}

func TestConstraintsHoldInForests(t *testing.T) {
	x, y, _ := curved(400, 3, 15)
	m := fitForest(t, ensemble.RandomForestRegressor{Trees: 10, Monotone: []int{0, 0, 1}}, ml.Data[float64](x, y))
	row := []float64{0.3, -0.2, 0}
	last := math.Inf(-1)
	for v := -3.0; v < 3; v += 0.05 {
		row[2] = v
		got, err := m.PredictRow(row)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, got, last-1e-12)
		last = got
	}
}
