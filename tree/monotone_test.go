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

// Trees of all methods are proved monotone, whatever there is in the other columns: missing values, categories, random splits, weights, sparse rows.
func TestMonotoneMethodsHold(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 7))
		n, p := 250, 5
		x, y, class, weight := tensor.New[float64](n, p), make([]float64, n), make([]int, n), make([]float64, n)
		for i := range n {
			for j := range p {
				x.Set(math.Round(4*r.NormFloat64())/4, i, j)
			}
			x.Set(float64(r.IntN(40)), i, 4)
			for j := 1; j < p; j++ {
				if r.IntN(6) == 0 {
					x.Set(math.NaN(), i, j)
				}
			}
			y[i] = math.Sin(2*x.At(i, 0)) + math.Abs(x.At(i, 0)) + r.NormFloat64()/2
			for j := 1; j < p; j++ {
				if v := x.At(i, j); v == v {
					y[i] += math.Sin(float64(j) * v)
				}
			}
			weight[i] = r.Float64()
			if y[i] > 0 {
				class[i] = 1
			}
		}
		monotone := []int{1, -1, 1, 0, 0}
		table := ml.Table{X: x, Columns: []ml.Column{{}, {}, {}, {}, {Kind: ml.Categorical}}}
		if seed%3 == 1 {
			table.Weight = weight
		}
		if seed%4 == 2 {
			table.X = tensor.SparseFrom[float64](x)
		}
		leaves := 0
		if seed%2 == 1 {
			leaves = 40
		}
		for _, method := range []MonotoneMethod{MonotoneBasic, MonotoneIntermediate, MonotoneAdvanced} {
			for _, criterion := range []Criterion{SquaredError, AbsoluteError} {
				m := fitNumbers(t, DecisionTreeRegressor{Criterion: criterion, Splitter: Splitter(seed / 6), MaxLeaves: leaves, Monotone: monotone, MonotoneMethod: method}, ml.Dataset[float64]{Table: table, Y: y})
				turn, err := m.Ensemble.VerifyMonotone(0, monotone)
				require.NoError(t, err)
				require.Nil(t, turn, "%v, %v, seed %d", method, criterion, seed)
				require.Greater(t, m.Ensemble.Leaves(0), 15)
			}
			m := fitClasses(t, DecisionTreeClassifier{MaxLeaves: leaves, Monotone: monotone, MonotoneMethod: method}, ml.Dataset[int]{Table: table, Y: class})
			turn, err := m.Ensemble.VerifyMonotone(1, monotone)
			require.NoError(t, err)
			require.Nil(t, turn, "%v, seed %d", method, seed)
		}
	}
}

// Freer methods fit monotone functions better: the first split lets the middle of two values stand for good, the others only their values of the moment.
func TestFreerMonotoneMethodsFitBetter(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	n := 2000
	x, y := tensor.New[float64](n, 2), make([]float64, n)
	for i := range n {
		a, b := r.Float64(), r.Float64()
		x.Set(a, i, 0)
		x.Set(b, i, 1)
		y[i] = math.Exp(3*a*b) + r.NormFloat64()/10
	}
	var loss []float64
	for _, method := range []MonotoneMethod{MonotoneBasic, MonotoneIntermediate, MonotoneAdvanced} {
		m := fitNumbers(t, DecisionTreeRegressor{MaxLeaves: 60, Monotone: []int{1, 1}, MonotoneMethod: method}, ml.Data(x, y))
		got, err := m.Predict(x)
		require.NoError(t, err)
		sum := 0.0
		for i, v := range got {
			sum += (v - y[i]) * (v - y[i])
		}
		loss = append(loss, sum)
	}
	assert.Less(t, loss[1], loss[0]*0.9)
	assert.LessOrEqual(t, loss[2], loss[1])
	t.Log(loss)
}

// Column 0 has the constraint and divides best. A penalty of k keeps it out of the first k levels, and a small one only where it hardly gains more.
func TestMonotonePenaltyKeepsConstraintsFromTheRoot(t *testing.T) {
	x, y := noisy(500, 3)
	for i := range y {
		y[i] = 3*x.At(i, 0) + x.At(i, 1) + x.At(i, 2)
	}
	highest := func(penalty float64, leaves int) int {
		m := fitNumbers(t, DecisionTreeRegressor{MaxDepth: 6, MaxLeaves: leaves, Monotone: []int{1, 0, 0}, MonotonePenalty: penalty}, ml.Data(x, y))
		var walk func(i, depth int) int
		walk = func(i, depth int) int {
			n := m.Ensemble.Node(0, i)
			if n.Leaf() {
				return 100
			}
			if n.Feature == 0 {
				return depth
			}
			return min(walk(n.Left, depth+1), walk(n.Right, depth+1))
		}
		return walk(0, 0)
	}
	assert.Equal(t, 0, highest(0, 0))
	assert.Equal(t, 0, highest(0.2, 0))
	assert.Equal(t, 1, highest(1, 0))
	assert.Equal(t, 2, highest(2, 0))
	assert.Equal(t, 3, highest(3, 0))
	assert.Equal(t, 2, highest(2, 40))
	for field, c := range map[string]DecisionTreeRegressor{
		"MonotoneMethod": {MonotoneMethod: MonotoneAdvanced}, "MonotonePenalty": {MonotonePenalty: 1},
	} {
		_, err := c.Fit(ctx, ml.Data(x, y))
		assert.ErrorIs(t, err, ml.ErrConfig)
		assert.ErrorContains(t, err, field)
	}
}
