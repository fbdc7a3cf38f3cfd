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

// TestSurrogatesAreAsTrueAsTheySay has a step, which a tree tells fully, and a wave, which it tells near one row alone.
func TestSurrogatesAreAsTrueAsTheySay(t *testing.T) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(8, 9))
	x := randomRows(r, 400, shape{features: 3})
	table := ml.Table{X: x}
	step := formula(func(x []float64) []float64 {
		if x[1] > 0.2 {
			return []float64{3, math.Sin(20*x[0]) + 4*x[2]}
		}
		return []float64{1, math.Sin(20*x[0]) - 4*x[2]}
	})
	got, err := SurrogateTree{}.Of(ctx, step, 0, table)
	require.NoError(t, err)
	require.Equal(t, 1.0, got.Fidelity)
	require.Equal(t, 3, got.Tree.Ensemble.Nodes(0))
	held := ml.Table{X: randomRows(r, 100, shape{features: 3})}
	rough, err := SurrogateTree{Held: held}.Of(ctx, step, 1, table)
	require.NoError(t, err)
	require.Less(t, rough.Fidelity, 0.95)
	finer, err := SurrogateTree{MaxDepth: 7, Held: held}.Of(ctx, step, 1, table)
	require.NoError(t, err)
	require.Greater(t, finer.Fidelity, rough.Fidelity)
	pred, err := rough.Tree.Predict(held.X)
	require.NoError(t, err)
	all, mean := 0.0, 0.0
	left := 0.0
	truth, err := step.Answer(held.X)
	require.NoError(t, err)
	for i := range pred {
		mean += truth.Row(i)[1] / 100
	}
	for i := range pred {
		all += (truth.Row(i)[1] - mean) * (truth.Row(i)[1] - mean)
		left += (truth.Row(i)[1] - pred[i]) * (truth.Row(i)[1] - pred[i])
	}
	require.InDelta(t, 1-left/all, rough.Fidelity, 1e-12)

	near, err := SurrogateTree{Near: []float64{0, 2, 0}, Width: 0.3}.Of(ctx, step, 1, table)
	require.NoError(t, err)
	low, err := near.Tree.PredictRow([]float64{0, 2, -0.5})
	require.NoError(t, err)
	high, err := near.Tree.PredictRow([]float64{0, 2, 0.5})
	require.NoError(t, err)
	require.Greater(t, high, low, "there it rises")

	classes, err := SurrogateTree{}.OfClasses(ctx, aboveZero{}, table)
	require.NoError(t, err)
	require.Equal(t, 1.0, classes.Fidelity)
	for _, bad := range []SurrogateTree{{MaxDepth: -1}, {Width: -1}, {Near: []float64{1e9, 0, 0}, Width: 1e-3}, {MaxLeaves: 1}} {
		_, err := bad.Of(ctx, step, 0, table)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
	_, err = SurrogateTree{Near: []float64{1}}.Of(ctx, step, 0, table)
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = SurrogateTree{}.Of(ctx, step, 2, table)
	require.ErrorIs(t, err, ml.ErrConfig)
}

// aboveZero names class 1 where the first column is above 0.
type aboveZero struct{}

func (aboveZero) Predict(x tensor.Matrix) ([]int, error) {
	n, _ := x.Dims()
	out := make([]int, n)
	for i := range out {
		if x.At(i, 0) > 0 {
			out[i] = 1
		}
	}
	return out, nil
}
