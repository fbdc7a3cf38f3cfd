package explain

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// TestEffectsAreApleyAndZhus compares with their definitions in NumPy: numbers, numbers with ties, a category in the order of likeness and in one that is given, a surface with empty cells. 1e-12: sums
// of some 100 float64 in another order.
func TestEffectsAreApleyAndZhus(t *testing.T) {
	ctx := context.Background()
	type effect struct {
		Grid, Mean []float64
		SE         []float64 `json:"se,omitempty"`
		Other      []float64 `json:"other,omitempty"`
		Empty      int       `json:"empty,omitempty"`
	}
	want := golden.Load[struct {
		X                                   [][]float64
		First, Ties, Code, Reverse, Surface effect
	}](t, "testdata/ale.json")
	x, err := tensor.FromRows(want.X)
	require.NoError(t, err)
	f := formula(func(x []float64) []float64 {
		odd := 0.0
		if x[3] == 1 || x[3] == 3 {
			odd = x[1]
		}
		return []float64{x[0]*x[0] + 2*x[0]*x[1] + odd - x[2]}
	})
	table := ml.Table{X: x, Columns: []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "kind", Kind: ml.Categorical, Levels: []string{"p", "q", "r", "s", "t"}}}}
	for _, c := range []struct {
		how  AccumulatedEffects
		want effect
	}{{AccumulatedEffects{Columns: []int{0}, Bins: 8}, want.First}, {AccumulatedEffects{Columns: []int{2}, Bins: 8}, want.Ties}, {AccumulatedEffects{Columns: []int{3}}, want.Code},
		{AccumulatedEffects{Columns: []int{3}, Order: []int{4, 3, 2, 1, 0}}, want.Reverse}, {AccumulatedEffects{Columns: []int{0, 1}, Bins: 6}, want.Surface}} {
		got, err := c.how.Of(ctx, f, table)
		require.NoError(t, err)
		golden.Close(t, got.Grid[0], c.want.Grid, 0, 1e-14, "grid")
		golden.Close(t, got.Mean.Data(), c.want.Mean, 0, 1e-12, "mean")
		if c.want.SE != nil {
			golden.Close(t, got.SE.Data(), c.want.SE, 0, 1e-12, "standard errors")
			require.InDelta(t, got.Mean.Data()[0]+1.959963984540054*got.SE.Data()[0], got.Hi.Data()[0], 1e-12)
		}
		if c.want.Other != nil {
			golden.Close(t, got.Grid[1], c.want.Other, 0, 1e-14, "grid")
			require.Positive(t, c.want.Empty)
		}
		weight := make([]float64, 90) // doubled rows change nothing, absent ones are absent
		for i := range 90 {
			weight[i] = float64(i % 3)
		}
		var rows [][]float64
		for i := range 90 {
			for range i % 3 {
				rows = append(rows, want.X[i])
			}
		}
		twice, err := tensor.FromRows(rows)
		require.NoError(t, err)
		one, err := c.how.Of(ctx, f, ml.Table{X: x, Columns: table.Columns, Weight: weight})
		require.NoError(t, err)
		other, err := c.how.Of(ctx, f, ml.Table{X: twice, Columns: table.Columns})
		require.NoError(t, err)
		golden.Close(t, one.Mean.Data(), other.Mean.Data(), 0, 1e-12, "weights")
	}
	constant, err := AccumulatedEffects{Columns: []int{0}}.Of(ctx, f, ml.Table{X: tensor.New[float64](5, 4)})
	require.NoError(t, err)
	require.Equal(t, []float64{0}, constant.Mean.Data())
	for _, bad := range []AccumulatedEffects{{}, {Columns: []int{4}}, {Columns: []int{0, 3}}, {Columns: []int{0, 0}}, {Columns: []int{0}, Bins: -1}, {Columns: []int{0}, Level: 1}, {Columns: []int{0}, Level: math.NaN()},
		{Columns: []int{0}, Order: []int{1}}, {Columns: []int{3}, Order: []int{1, 2}}, {Columns: []int{3}, Order: []int{1, 1, 0, 2, 3, 4}}} {
		_, err := bad.Of(ctx, f, table)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
}
