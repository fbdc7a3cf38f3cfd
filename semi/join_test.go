package semi_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/semi"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestJoin(t *testing.T) {
	a := ml.Data(tensor.FromSlice([]float64{1, 2, 3, 4}, 2, 2), []int{1, 0})
	a.Classes = []string{"no", "yes"}
	a.Columns = []ml.Column{{Name: "a"}, {Name: "b"}}
	b := ml.Table{X: tensor.FromSlice([]float64{6, 9, 5}, 1, 3), Columns: []ml.Column{{Name: "b"}, {Name: "c"}, {Name: "a"}}, Weight: []float64{2}}
	d, err := semi.Join(a, b)
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2, 3, 4, 5, 6}, tensor.FromMatrix[float64](d.X).Data())
	require.Equal(t, []int{1, 0, ml.None}, d.Y)
	require.Equal(t, []float64{1, 1, 2}, d.Weight)
	require.Equal(t, a.Classes, d.Classes)

	csr := func(v ...float64) *tensor.CSR[float64] {
		return tensor.SparseFrom[float64](tensor.FromSlice(v, len(v)/2, 2))
	}
	d, err = semi.Join(ml.Data[int](csr(1, 0, 0, 2), []int{0, 1}), ml.Table{X: csr(0, 3)})
	require.NoError(t, err)
	require.IsType(t, csr(), d.X)
	require.Equal(t, 3, d.Rows())
	d, err = semi.Join(ml.Data(tensor.New[float32](1, 2), []int{0}), ml.Table{X: tensor.New[float32](2, 2)})
	require.NoError(t, err)
	require.IsType(t, tensor.New[float32](1, 1), d.X)

	b.Columns[2].Name = "d"
	_, err = semi.Join(a, b)
	require.ErrorIs(t, err, ml.ErrColumn)
	_, err = semi.Join(ml.Data(tensor.New[float64](1, 2), []int{0}), ml.Table{X: tensor.New[float64](1, 3)})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = semi.Join(ml.Data(tensor.New[float64](1, 2), []int{0, 1}), ml.Table{X: tensor.New[float64](1, 2)})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = semi.Join(ml.Data(tensor.New[float64](1, 2), []int{0}), ml.Table{})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = semi.Join(ml.Data(tensor.New[float64](1, 2), []int{0}), ml.Table{X: tensor.New[float64](1, 2), Group: []int{1}})
	require.ErrorIs(t, err, ml.ErrShape)
}

// A scaler in front sees all rows, labelled or not; scores count those with labels alone.
func TestInsidePipelinesAndCrossValidation(t *testing.T) {
	d := some(100, 2)
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), semi.SelfTraining{Base: ml.Classify(linear.LogisticRegression{})})
	m, err := pipe.Fit(context.Background(), d)
	require.NoError(t, err)
	x := tensor.FromMatrix[float64](d.X)
	mean := 0.0
	for i := range 100 {
		mean += x.At(i, 0) / 100
	}
	scaler, ok := m.Stages.Steps[0].(*features.ScalerModel)
	require.True(t, ok, "%T", m.Stages.Steps[0])
	require.InDelta(t, mean, scaler.Mean[0], 1e-12)

	cv, err := selection.CrossValidate(context.Background(), pipe, d, selection.StratifiedKFold{K: 4, Shuffle: true}, selection.Accuracy{})
	require.NoError(t, err)
	labelled := 0
	for _, y := range d.Y {
		if y != ml.None {
			labelled++
		}
	}
	require.Less(t, labelled, 30)
	for _, score := range cv.Metrics[0].Folds {
		require.False(t, math.IsNaN(score))
		require.InDelta(t, math.Round(score*5), score*5, 0.3, "a share of the five or six labelled rows of a fold")
	}
}
