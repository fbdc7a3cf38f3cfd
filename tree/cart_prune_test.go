package tree

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// halves are noisy rows in two parts.
func halves(n int) (train, valid ml.Dataset[float64]) {
	x, y := noisy(2*n, 3)
	return ml.Data[float64](x.Rows(0, n), y[:n]), ml.Data[float64](x.Rows(n, 2*n), y[n:])
}

func classesOf(d ml.Dataset[float64]) ml.Dataset[int] {
	out := ml.Dataset[int]{Table: d.Table, Y: make([]int, len(d.Y))}
	for i, v := range d.Y {
		out.Y[i] = int(min(max(math.Floor(v/2+1), 0), 2))
	}
	return out
}

// squaredLoss is the sum of the squared errors of a tree.
func squaredLoss(t *testing.T, e *Ensemble, d ml.Dataset[float64]) float64 {
	t.Helper()
	m, err := NewRegressionModel(ml.NewFitted(d.Table, nil, nil), e)
	require.NoError(t, err)
	p, err := m.Predict(d.X)
	require.NoError(t, err)
	sum := 0.0
	for i, v := range p {
		w := 1.0
		if d.Weight != nil {
			w = d.Weight[i]
		}
		sum += w * (v - d.Y[i]) * (v - d.Y[i])
	}
	return sum
}

// No tree that any subset of cuts makes has fewer errors: tried on all subtrees of a small tree.
func TestReducedErrorPruningIsTheBestSubtree(t *testing.T) {
	train, valid := halves(150)
	m := fitNumbers(t, DecisionTreeRegressor{MaxLeaves: 9}, train)
	pruned, err := m.PruneReducedError(valid)
	require.NoError(t, err)
	got := squaredLoss(t, pruned.Ensemble, valid)
	e := m.Ensemble
	best, leaves := math.Inf(1), 0
	for bits := range 1 << e.Nodes(0) {
		leaf := make([]bool, e.Nodes(0))
		redundant := false
		for i := range leaf {
			leaf[i] = bits>>i&1 != 0 || e.Feature[i] < 0
			redundant = redundant || bits>>i&1 != 0 && e.Feature[i] < 0
		}
		if redundant {
			continue
		}
		sub, err := e.withLeaves(leaf)
		require.NoError(t, err)
		if l := squaredLoss(t, sub, valid); l < best-1e-9 || l < best+1e-9 && sub.Nodes(0) < leaves {
			best, leaves = l, sub.Nodes(0)
		}
	}
	assert.InDelta(t, best, got, 1e-9)
	assert.Equal(t, leaves, pruned.Ensemble.Nodes(0))
	assert.Less(t, pruned.Ensemble.Nodes(0), e.Nodes(0))

	c := fitClasses(t, DecisionTreeClassifier{}, classesOf(train))
	small, err := c.PruneReducedError(classesOf(valid))
	require.NoError(t, err)
	assert.Less(t, small.Ensemble.Nodes(0), c.Ensemble.Nodes(0))
	errorsOf := func(m *ClassificationModel) (n int) {
		p, err := m.Predict(valid.X)
		require.NoError(t, err)
		for i, v := range classesOf(valid).Y {
			if p[i] != v {
				n++
			}
		}
		return n
	}
	assert.Less(t, errorsOf(small), errorsOf(c))
	_, err = c.PruneReducedError(ml.Data(tensor.New[float64](2, 1), []int{0, 1}))
	assert.ErrorIs(t, err, ml.ErrShape)
}

// The bounds of the worked example in Quinlan's book. C4.5 approximates that of one error, which is 0.1596, to 2 per cent.
func TestPessimisticErrorsAreQuinlans(t *testing.T) {
	for _, c := range []struct{ errors, n, want float64 }{{0, 6, 0.206}, {0, 9, 0.143}, {0, 1, 0.750}, {1, 16, 0.157}} {
		assert.InEpsilon(t, c.want, upperError(c.errors, c.n, 0.25), 0.02)
	}
	train, _ := halves(200)
	m := fitClasses(t, DecisionTreeClassifier{}, classesOf(train))
	nodes := m.Ensemble.Nodes(0)
	for _, confidence := range []float64{0.5, 0, 0.01, 1e-6} {
		p, err := m.PrunePessimistic(confidence)
		require.NoError(t, err)
		assert.LessOrEqual(t, p.Ensemble.Nodes(0), nodes)
		nodes = p.Ensemble.Nodes(0)
	}
	assert.Less(t, nodes, m.Ensemble.Nodes(0)/4)
	_, err := m.PrunePessimistic(0.7)
	assert.ErrorIs(t, err, ml.ErrConfig)
}

// The table against trees that are fitted, pruned and asked one by one.
func TestTheCostTableIsThatOfTreesPrunedOneByOne(t *testing.T) {
	train, _ := halves(90)
	for _, weight := range [][]float64{nil, make([]float64, 90)} {
		for i := range weight {
			weight[i] = float64(1 + i%3)
		}
		train.Weight = weight
		c := DecisionTreeRegressor{MinSamplesLeaf: 3}
		table, err := c.CostTable(ctx, train, 4, 5)
		require.NoError(t, err)
		whole := fitNumbers(t, c, train)
		root, err := whole.Ensemble.PruneCost(math.MaxFloat64)
		require.NoError(t, err)
		rootLoss := squaredLoss(t, root, train)
		fold := folds.KFold(90, 4, rng.New(5, 0))
		for i, row := range table {
			beta := math.MaxFloat64
			if i+1 < len(table) {
				beta = math.Sqrt(row.Alpha * table[i+1].Alpha)
			}
			own, err := whole.Ensemble.PruneCost(row.Alpha)
			require.NoError(t, err)
			assert.Equal(t, 2*row.Leaves-1, own.Nodes(0))
			golden.Close(t, []float64{row.Error}, []float64{squaredLoss(t, own, train) / rootLoss}, 1e-10, 0, "error")
			sum, total, losses, weights := 0.0, 0.0, []float64{}, []float64{}
			for _, test := range folds.Tests(fold, 4) {
				m := fitNumbers(t, c, train.Select(folds.Complement(90, test)))
				pruned, err := m.Ensemble.PruneCost(beta)
				require.NoError(t, err)
				for _, r := range test {
					one := train.Select([]int{r})
					w := 1.0
					if weight != nil {
						w = weight[r]
					}
					l := squaredLoss(t, pruned, one) / w
					sum, total = sum+w*l, total+w
					losses, weights = append(losses, l), append(weights, w)
				}
			}
			mean, spread := sum/total, 0.0
			for k, l := range losses {
				spread += weights[k] * weights[k] * (l - mean) * (l - mean)
			}
			unit := rootLoss / total
			golden.Close(t, []float64{row.CVError, row.CVStd}, []float64{mean / unit, math.Sqrt(spread) / total / unit}, 1e-9, 0, "cross-validation")
		}
		assert.Equal(t, 1.0, table[len(table)-1].Error)
		best := OneStandardError(table)
		assert.Less(t, best.Leaves, table[0].Leaves)
		assert.Less(t, best.CVError, 1.0)
	}
	classes, err := DecisionTreeClassifier{}.CostTable(ctx, classesOf(train), 5, 1)
	require.NoError(t, err)
	assert.Zero(t, classes[0].Error)
	assert.Equal(t, 1, classes[len(classes)-1].Leaves)
	assert.InDelta(t, 1, classes[len(classes)-1].CVError, 0.05)
	_, err = DecisionTreeClassifier{}.CostTable(ctx, classesOf(train), 1, 1)
	assert.ErrorIs(t, err, ml.ErrConfig)
}

func TestOtherEnsemblesAreNotPruned(t *testing.T) {
	b := NewBuilder(Ensemble{Features: 1, Outputs: 1})
	for range 2 {
		b.Add(0, 1, []Node{{Feature: 0, Threshold: 1, Left: 1, Right: 2}, {Feature: -1}, {Feature: -1, Value: []float64{2}}})
	}
	e, err := b.Ensemble()
	require.NoError(t, err)
	_, err = e.CostPath()
	assert.ErrorIs(t, err, ml.ErrFormat)
	_, err = e.Importances()
	assert.ErrorIs(t, err, ml.ErrFormat)
}
