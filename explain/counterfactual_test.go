package explain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/tree"
)

// bruteCounterfactual tries every combination of a grid that holds, for each number, the two sides of every threshold, and every code, and returns the least cost.
func bruteCounterfactual(e *tree.Ensemble, row []float64, categories bool, cost func(j int, v float64) (float64, bool), reached func(x []float64) bool, may func(changed int) bool) float64 {
	grid := make([][]float64, len(row))
	for j := range row {
		grid[j] = []float64{row[j]}
		if categories && j%2 == 1 {
			for code := range 5 {
				grid[j] = append(grid[j], float64(code))
			}
			continue
		}
		for i, f := range e.Feature {
			if int(f) == j {
				t := e.Threshold[i]
				grid[j] = append(grid[j], t, math.Nextafter(t, math.Inf(-1)), math.Nextafter(t, math.Inf(1)))
			}
		}
	}
	best := math.Inf(1)
	x := append([]float64(nil), row...)
	var visit func(j, changed int, sum float64)
	visit = func(j, changed int, sum float64) {
		if sum >= best {
			return
		}
		if j == len(row) {
			if may(changed) && reached(x) {
				best = sum
			}
			return
		}
		for g, v := range grid[j] {
			more, ok := 0.0, true
			if g > 0 {
				if v == row[j] {
					continue
				}
				more, ok = cost(j, v)
			}
			if ok {
				x[j] = v
				visit(j+1, changed+min(g, 1), sum+more)
			}
		}
		x[j] = row[j]
	}
	visit(0, 0, 0)
	return best
}

// TestCounterfactualsAreTheCheapest compares with all combinations of cells, on small random trees.
//
// Tolerance 1e-9: costs are sums of up to 4 quotients.
func TestCounterfactualsAreTheCheapest(t *testing.T) {
	ctx := context.Background()
	found := 0
	for seed := range uint64(25) {
		r := rand.New(rand.NewPCG(seed, 3))
		s := shape{features: 4, trees: 4, depth: 3, categories: seed%2 == 1, missing: seed%3 == 1, average: seed%5 == 0}
		m := randomTrees(t, r, s)
		row := randomRows(r, 1, s).Row(0)
		now := make([]float64, 1)
		require.NoError(t, m.RawRow(now, row))
		c := TreeCounterfactuals{Lo: now[0] + 1, Hi: math.Inf(1), Norm: Norm(seed % 3), Data: ml.Table{X: randomRows(r, 50, shape{features: 4, categories: s.categories})}}
		if seed%4 == 2 {
			c.PerChange = 0.3
		}
		if seed%7 == 3 {
			c.MaxChanges = 2
		}
		fixed, direction := -1, 0
		if seed%5 == 1 {
			fixed, direction = 0, 1
			c.Limits = []Limit{{Column: 0, Fixed: true}, {Column: 2, Direction: 1, Weight: 2}}
		}
		h, err := c.prepare("", m, row)
		require.NoError(t, err)
		scales := make([]float64, 4)
		for _, col := range h.cols {
			var asks []int
			for i, f := range m.Ensemble.Feature {
				if int(f) == col.column {
					asks = append(asks, i)
				}
			}
			known := make([]float64, 0, 50)
			for i := range 50 {
				known = append(known, c.Data.X.At(i, col.column))
			}
			slices.Sort(known)
			scales[col.column] = h.scale(asks, known)
		}
		cost := func(j int, v float64) (float64, bool) {
			w := 1.0
			if j == 2 && direction == 1 {
				if v < row[j] {
					return 0, false
				}
				w = 2
			}
			far := math.Abs(v-row[j]) / scales[j]
			if s.categories && j%2 == 1 || math.IsNaN(row[j]) {
				far = 1
			}
			if c.Norm == L2 {
				far *= far
			}
			if c.Norm == L0 {
				far = 1
			}
			return w*far + c.PerChange, j != fixed
		}
		want := bruteCounterfactual(m.Ensemble, row, s.categories, cost, h.aim.reached, func(n int) bool { return c.MaxChanges == 0 || n <= c.MaxChanges })
		got, err := c.Of(ctx, m, row)
		require.NoError(t, err)
		require.True(t, got.Proven)
		if math.IsInf(want, 1) {
			require.Empty(t, got.Found)
			continue
		}
		found++
		require.Len(t, got.Found, 1, seed)
		one := got.Found[0]
		require.InDelta(t, want, one.Cost, 1e-9, "seed %d", seed)
		require.True(t, one.Optimal)
		require.NoError(t, m.RawRow(now, one.X))
		require.GreaterOrEqual(t, now[0], c.Lo)
		require.Equal(t, now, one.Answer)
	}
	require.Greater(t, found, 15)
}

// TestCounterfactualsOfClasses reaches each class of models of several links, and chances.
func TestCounterfactualsOfClasses(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(4, 5))
	for _, link := range []tree.Link{tree.Logistic, tree.Softmax, tree.OneVsRest, tree.Share} {
		outputs := 3
		if link == tree.Logistic {
			outputs = 1
		}
		numbers := randomTrees(t, r, shape{features: 4, trees: 9, depth: 3, outputs: outputs, vector: link == tree.Share, float32s: link == tree.Softmax})
		e := *numbers.Ensemble
		e.Link = link
		if link == tree.Share {
			e.Base = make([]float64, 3)
			for i := range e.Value {
				e.Value[i] = math.Abs(e.Value[i])
			}
		}
		m, err := tree.NewClassificationModel(ml.Fitted{Info: ml.Info{Features: 4}}, &e)
		require.NoError(t, err)
		row := randomRows(r, 1, shape{features: 4}).Row(0)
		for class := range m.K() {
			for _, chance := range []float64{0, 0.6} {
				got, err := TreeCounterfactuals{Class: class, Chance: chance, Count: 3}.Of(ctx, m, row)
				require.NoError(t, err)
				require.True(t, got.Proven)
				cost := -1.0
				for q, one := range got.Found {
					p, err := m.PredictRow(one.X)
					require.NoError(t, err)
					require.Equal(t, class, p)
					require.GreaterOrEqual(t, one.Answer[class], chance)
					require.GreaterOrEqual(t, one.Cost, cost)
					cost = one.Cost
					for _, before := range got.Found[:q] {
						left := 0
						for _, j := range before.Changed {
							if one.X[j] == row[j] {
								left++
							}
						}
						require.Positive(t, left, "each leaves alone something that the others change")
					}
				}
			}
		}
	}
}

// TestCounterfactualsKeepTheirLimits has whole numbers, ranges, and categories that are allowed.
func TestCounterfactualsKeepTheirLimits(t *testing.T) {
	ctx := context.Background()
	b := tree.NewBuilder(tree.Ensemble{Features: 3, Outputs: 1})
	leaf := func(v float64) tree.Node { return tree.Node{Feature: -1, Value: []float64{v}} }
	b.Add(0, 1, []tree.Node{{Feature: 0, Rule: tree.LessEq, Threshold: 2.5, Left: 1, Right: 2, Value: []float64{0}}, leaf(0), leaf(2)})
	b.Add(0, 1, []tree.Node{{Feature: 1, Rule: tree.In, Set: []uint32{0b110}, Left: 1, Right: 2, Value: []float64{0}}, leaf(2), leaf(0)})
	b.Add(0, 1, []tree.Node{{Feature: 2, Rule: tree.Less, Threshold: -1, Left: 1, Right: 2, Value: []float64{0}}, leaf(2), leaf(0)})
	e, err := b.Ensemble()
	require.NoError(t, err)
	m, err := tree.NewRegressionModel(ml.Fitted{Info: ml.Info{Features: 3}, Columns: []ml.Column{{Name: "rooms"}, {Name: "kind", Kind: ml.Categorical, Levels: []string{"a", "b", "c"}}, {Name: "x"}}}, e)
	require.NoError(t, err)
	row := []float64{1, 0, 4}
	c := TreeCounterfactuals{Lo: 2, Hi: 3, Count: 5, Limits: []Limit{{Column: 0, Step: 1, Scale: 1}, {Column: 1, Levels: []int{0, 2}, Weight: 9}, {Column: 2, Scale: 1}}}
	got, err := c.Of(ctx, m, row)
	require.NoError(t, err)
	require.True(t, got.Proven)
	require.Len(t, got.Found, 3)
	require.Equal(t, []float64{3, 0, 4}, got.Found[0].X)
	require.Equal(t, 2.0, got.Found[0].Cost)
	require.Equal(t, []float64{1, 0, math.Nextafter(-1, -2)}, got.Found[1].X)
	require.Equal(t, []float64{1, 2, 4}, got.Found[2].X)
	text, err := got.Text(0)
	require.NoError(t, err)
	require.Equal(t, "rooms: 3 instead of 1\n", text)
	text, err = got.Text(2)
	require.NoError(t, err)
	require.Equal(t, "kind: c instead of a\n", text)
	c.Limits = []Limit{{Column: 0, Lo: 0, Hi: 2.5}, {Column: 1, Fixed: true}, {Column: 2, Direction: 1}}
	got, err = c.Of(ctx, m, row)
	require.NoError(t, err)
	require.True(t, got.Proven)
	require.Empty(t, got.Found)
	got, err = TreeCounterfactuals{Lo: -1, Hi: 1}.Of(ctx, m, row)
	require.NoError(t, err)
	require.Empty(t, got.Found[0].Changed, "it is there already")
	for _, bad := range []TreeCounterfactuals{{}, {Lo: 2, Hi: 1}, {Lo: 1, Hi: 2, Output: 1}, {Lo: 1, Hi: 2, Class: 1}, {Lo: 1, Hi: 2, Norm: 3}, {Lo: 1, Hi: 2, PerChange: -1}, {Lo: 1, Hi: 2, Count: -1}, {Lo: 1, Hi: 2, MaxBoxes: -1},
		{Lo: 1, Hi: 2, Limits: []Limit{{Column: 3}}}, {Lo: 1, Hi: 2, Limits: []Limit{{Direction: 2}}}, {Lo: 1, Hi: 2, Limits: []Limit{{Step: math.NaN()}}}, {Lo: 1, Hi: 2, Limits: []Limit{{}, {}}}} {
		_, err := bad.Of(ctx, m, row)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	_, err = TreeCounterfactuals{Lo: 1, Hi: 2}.Of(ctx, m, row[:2])
	require.ErrorIs(t, err, ml.ErrShape)
}

// TestCounterfactualsEndWithTheirBudget stops a search that is too long, and one that is cancelled.
func TestCounterfactualsEndWithTheirBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	m := randomTrees(t, r, shape{features: 10, trees: 60, depth: 5})
	row := randomRows(r, 1, shape{features: 10}).Row(0)
	now := make([]float64, 1)
	require.NoError(t, m.RawRow(now, row))
	c := TreeCounterfactuals{Lo: now[0] + 12, Hi: math.Inf(1), MaxBoxes: 50}
	got, err := c.Of(context.Background(), m, row)
	require.NoError(t, err)
	require.False(t, got.Proven)
	require.Equal(t, 50, got.Boxes)
	if len(got.Found) > 0 {
		require.False(t, got.Found[0].Optimal)
		require.LessOrEqual(t, got.Found[0].Bound, got.Found[0].Cost)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c.MaxBoxes = 0
	_, err = c.Of(ctx, m, row)
	require.ErrorIs(t, err, context.Canceled)
}

// What would have to be different for an iris to be taken for another kind?
func ExampleTreeCounterfactuals() {
	iris := datasets.Iris()
	model, err := tree.DecisionTreeClassifier{MaxDepth: 3}.Fit(context.Background(), iris)
	if err != nil {
		panic(err)
	}
	row := []float64{5.9, 3, 4.2, 1.5} // a versicolor
	virginica := TreeCounterfactuals{Class: 2, Data: iris.Table, Count: 2, Limits: []Limit{{Column: 2, Step: 0.1}, {Column: 3, Step: 0.1}}}
	got, err := virginica.Of(context.Background(), model, row)
	if err != nil {
		panic(err)
	}
	for k := range got.Found {
		text, err := got.Text(k)
		if err != nil {
			panic(err)
		}
		fmt.Print(text)
	}
	fmt.Println("proven:", got.Proven)
	// Output:
	// petal width (cm): 1.8 instead of 1.5
	// petal length (cm): 5 instead of 4.2
	// proven: true
}
