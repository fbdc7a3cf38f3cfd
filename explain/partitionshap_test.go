package explain

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// TestCoalitionsShareAsOne: what a coalition's columns get together is what it gets as a single player, at every level; without coalitions these are Shapley values.
func TestCoalitionsShareAsOne(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	s := shape{features: 9}
	background := ml.Table{X: randomRows(r, 5, s), Weight: []float64{1, 0, 2, 1, 0.5}}
	rows := randomRows(r, 4, s)
	rows.Row(0)[3] = math.NaN() // a missing value is a value
	f := formula(func(x []float64) []float64 {
		y := append([]float64(nil), x...)
		if math.IsNaN(y[3]) {
			y[3] = 2
		}
		return crossed(y)
	})
	shapley := explainAll(t, ExactSHAP{Sampled: Sampled{Background: background}}, f, rows)
	flat := explainAll(t, PartitionSHAP{Sampled: Sampled{Background: background}}, f, rows)
	require.InDeltaSlice(t, shapley.Values.Data(), flat.Values.Data(), 1e-12)
	tree := []Coalition{{Members: []int{0}, Parts: []Coalition{{Members: []int{1, 5}}, {Members: []int{2, 3, 4}}}}, {Members: []int{6, 7}}}
	how := PartitionSHAP{Sampled: Sampled{Background: background}, Coalitions: tree}
	got := explainAll(t, how, f, rows)
	answered, err := f.Answer(rows)
	require.NoError(t, err)
	worst, err := got.Additivity(answered)
	require.NoError(t, err)
	require.Less(t, worst, 1e-13)
	tops := []Group{{Name: "a", Columns: []int{0, 1, 2, 3, 4, 5}}, {Name: "b", Columns: []int{6, 7}}}
	sums, err := got.Sum(tops...)
	require.NoError(t, err)
	one := explainAll(t, ExactSHAP{Sampled: Sampled{Background: background, Groups: tops}}, f, rows)
	require.InDeltaSlice(t, one.Values.Data(), sums.Values.Data(), 1e-12)

	// A budget changes how a coalition's own part is shared out, never the part itself.
	for _, sets := range []int{1, 6, 10, 30} {
		how.Evaluations = sets
		few := explainAll(t, how, f, rows)
		worst, err := few.Additivity(answered)
		require.NoError(t, err)
		require.Less(t, worst, 1e-13)
		if sets >= 6 {
			part, err := few.Sum(tops...)
			require.NoError(t, err)
			require.InDeltaSlice(t, sums.Values.Data(), part.Values.Data(), 1e-12)
		}
	}
	how.Evaluations = 1e6
	require.InDeltaSlice(t, got.Values.Data(), explainAll(t, how, f, rows).Values.Data(), 1e-13)

	wide := Sampled{Background: ml.Table{X: tensor.New[float64](2, 17)}}
	x := randomRows(r, 1, shape{features: 17})
	e, err := PartitionSHAP{Sampled: wide}.For(f)
	require.NoError(t, err)
	_, err = e.Explain(context.Background(), x)
	require.ErrorIs(t, err, ml.ErrConfig)
	for _, bad := range []PartitionSHAP{
		{Sampled: wide, Coalitions: []Coalition{{Members: []int{17}}}},
		{Sampled: wide, Coalitions: []Coalition{{Members: []int{1}, Parts: []Coalition{{Members: []int{1}}}}}},
		{Sampled: wide, Evaluations: -1},
		{},
	} {
		_, err := bad.For(f)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	chain := Coalition{Members: []int{0, 1}}
	for j := 2; j < 17; j++ {
		chain = Coalition{Members: []int{j}, Parts: []Coalition{chain}}
	}
	e, err = PartitionSHAP{Sampled: wide, Coalitions: []Coalition{chain}}.For(f)
	require.NoError(t, err)
	_, err = e.Explain(context.Background(), x)
	require.ErrorContains(t, err, "131070 sets")
}

func TestColumnsThatGoTogetherAreClustered(t *testing.T) {
	x := matrixOf([][]float64{{1, 5, -1, 2}, {2, 5, -2, 1}, {4, 5, -4.5, 7}, {8, 5, -8, 3}})
	tree, at, err := ClusterColumns(ml.Table{X: x})
	require.NoError(t, err)
	require.Equal(t, []Coalition{{Members: []int{1}, Parts: []Coalition{{Members: []int{3}, Parts: []Coalition{{Members: []int{0, 2}}}}}}}, tree)
	require.Equal(t, 1.0, at[2]) // the constant column
	require.Less(t, at[0], 0.01)
	same, _, err := ClusterColumns(ml.Table{X: matrixOf([][]float64{{1, 5, -1, 2}, {2, 5, -2, 1}, {4, 5, -4.5, 7}, {8, 5, -8, 3}, {-100, 3, 0, 9}}), Weight: []float64{1, 1, 1, 1, 0}})
	require.NoError(t, err)
	require.Equal(t, tree, same)
	_, _, err = ClusterColumns(ml.Table{})
	require.ErrorIs(t, err, ml.ErrConfig)
	x.Row(0)[0] = math.NaN()
	_, _, err = ClusterColumns(ml.Table{X: x})
	require.Error(t, err)
}
