package explain

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// TestDependenceOfTreesIsScikitLearns compares with its methods "recursion" and "brute", on its own trees. 1e-12: sums of float64 in another order; scikit-learn's recursion carries
// its weights in float64 too. The grid is given: scikit-learn's own quantiles are those of SciPy's mquantiles.
func TestDependenceOfTreesIsScikitLearns(t *testing.T) {
	ctx := context.Background()
	want := golden.Load[struct {
		X      [][]float64
		Weight []float64
		Trees  []struct {
			Feature, Left, Right    []int
			Threshold, Value, Cover []float64
		}
		Cases []struct {
			Columns    []int
			Method     string
			Grid       [][]float64
			Average    []float64
			Individual [][]float64 `json:"individual,omitempty"`
		}
	}](t, "testdata/dependence.json")
	b := tree.NewBuilder(tree.Ensemble{Features: 4, Outputs: 1, Average: true})
	for _, one := range want.Trees {
		nodes := make([]tree.Node, len(one.Feature))
		for i, f := range one.Feature {
			nodes[i] = tree.Node{Feature: -1, Value: one.Value[i : i+1], Cover: one.Cover[i]}
			if f >= 0 {
				nodes[i].Feature, nodes[i].Rule, nodes[i].Threshold, nodes[i].Left, nodes[i].Right = f, tree.LessEq, one.Threshold[i], one.Left[i], one.Right[i]
			}
		}
		b.Add(0, 1, nodes)
	}
	e, err := b.Ensemble()
	require.NoError(t, err)
	m, err := tree.NewRegressionModel(ml.Fitted{Info: ml.Info{Features: 4}}, e)
	require.NoError(t, err)
	x, err := tensor.FromRows(want.X)
	require.NoError(t, err)
	for _, c := range want.Cases {
		how, table := PartialDependence{Columns: c.Columns, Grid: c.Grid}, ml.Table{X: x}
		if c.Method == "weighted" {
			table.Weight = want.Weight
		}
		dependence := how.OfTrees
		if c.Method == "recursion" {
			dependence = how.ByCover
		}
		got, err := dependence(ctx, m, table)
		require.NoError(t, err)
		golden.Close(t, got.Mean.Data(), c.Average, 0, 1e-12, c.Method)
		if c.Individual != nil {
			how.ICE = true
			got, err := how.OfTrees(ctx, m, table)
			require.NoError(t, err)
			for i, curve := range c.Individual {
				for at, v := range curve {
					require.InDelta(t, v, got.Rows.Data()[at*60+i], 1e-12)
				}
			}
		}
	}
	_, err = PartialDependence{Columns: []int{0}, Grid: [][]float64{{0, 1}}}.ByCover(ctx, m, ml.Table{})
	require.NoError(t, err)
	_, err = PartialDependence{Columns: []int{0}}.ByCover(ctx, m, ml.Table{})
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = PartialDependence{Columns: []int{0}, ICE: true}.ByCover(ctx, m, ml.Table{X: x})
	require.ErrorIs(t, err, ml.ErrConfig)
}

// TestDependenceOfTreesIsTheLongWay compares the walks with answers at every point, on all kinds of trees: curves, spreads, surfaces, weights, categories and missing values.
// And the H-statistic likewise. 1e-11: sums of a few hundred float64 in another order, then differences of means.
func TestDependenceOfTreesIsTheLongWay(t *testing.T) {
	ctx := context.Background()
	for name, s := range shapes {
		if s.features < 3 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			m := randomTrees(t, r, s)
			rows := randomRows(r, 40, s)
			weight := make([]float64, 40)
			for i := range weight {
				weight[i] = float64(i % 3)
			}
			table := ml.Table{X: rows, Weight: weight}
			x, err := dependent("", m)
			require.NoError(t, err)
			for _, c := range []PartialDependence{{Columns: []int{1}, Points: 5}, {Columns: []int{0, 1}, Points: 4}, {Columns: []int{2}, Points: 5, ICE: true}, {Columns: []int{0}, Points: 5, ICE: true, Centre: true}, {Columns: []int{0}, Points: 5, Centre: true}} {
				want, err := c.Of(ctx, rawScores{x}, table)
				require.NoError(t, err)
				got, err := c.OfTrees(ctx, m, table)
				require.NoError(t, err)
				golden.Close(t, got.Mean.Data(), want.Mean.Data(), 0, 1e-11, "mean")
				if c.ICE {
					golden.Close(t, got.Rows.Data(), want.Rows.Data(), 0, 1e-11, "rows")
					golden.Close(t, got.SD.Data(), want.SD.Data(), 0, 1e-11, "sd")
				}
			}
			h := HStatistic{Columns: []int{2, 0, 1}, Rows: 25, Seed: 3}
			want, err := h.Of(ctx, rawScores{x}, table)
			require.NoError(t, err)
			got, err := h.OfTrees(ctx, m, table)
			require.NoError(t, err)
			for _, pair := range [][2][]float64{{got.Pair.Data(), want.Pair.Data()}, {got.PairSize.Data(), want.PairSize.Data()}, {got.Total.Data(), want.Total.Data()}, {got.TotalSize.Data(), want.TotalSize.Data()}, {got.Overall, want.Overall}} {
				golden.Close(t, pair[0], pair[1], 0, 1e-7, "H") // a root near 0 doubles what rounding leaves
			}
		})
	}
}

// TestHStatisticIsItsFormula has formulas whose interactions are known: none in a sum, all in a product of centred columns.
func TestHStatisticIsItsFormula(t *testing.T) {
	ctx := context.Background()
	var grid [][]float64
	for i := range 27 { // a full grid: columns are independent, and centred
		grid = append(grid, []float64{float64(i%3) - 1, float64(i/3%3) - 1, float64(i/9) - 1})
	}
	x, err := tensor.FromRows(grid)
	require.NoError(t, err)
	f := formula(func(x []float64) []float64 { return []float64{x[0] + x[1]*x[1] - 2*x[2], x[0]*x[1] + x[2]} })
	got, err := HStatistic{}.Of(ctx, f, ml.Table{X: x})
	require.NoError(t, err)
	for _, v := range got.Pair.Data()[:9] {
		require.InDelta(t, 0, v, 1e-7)
	}
	require.InDelta(t, 0, got.Overall[0], 1e-7)
	pair := got.Pair.Data()[9:]
	require.InDelta(t, 1, pair[1], 1e-12)
	require.InDelta(t, 0, pair[2], 1e-7)
	// f has variance 2/3 of x[2] and 4/9 of the product
	require.InDelta(t, 2.0/3, got.PairSize.Data()[9+1], 1e-12)
	require.InDelta(t, math.Sqrt((4.0/9)/(2.0/3+4.0/9)), got.Overall[1], 1e-12)
	require.InDelta(t, math.Sqrt((4.0/9)/(2.0/3+4.0/9)), got.Total.Row(1)[0], 1e-12)
	require.InDelta(t, 0, got.Total.Row(1)[2], 1e-7)
	constant, err := HStatistic{}.Of(ctx, formula(func([]float64) []float64 { return []float64{4} }), ml.Table{X: x})
	require.NoError(t, err)
	require.Equal(t, 0.0, constant.Overall[0])
	for _, bad := range []HStatistic{{Rows: -1}, {Floor: 1}, {Floor: math.NaN()}, {Columns: []int{3}}, {Columns: []int{1, 1}}} {
		_, err := bad.Of(ctx, f, ml.Table{X: x})
		require.ErrorIs(t, err, ml.ErrConfig)
	}
}
