package explain

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// Integrated gradients of a smooth net add up to what it answers. It computes in float32: a probability rounds at 1e-7, a slope at some times that, and
// the mean over the way evens slopes out; 1e-5 leaves room for a hundred roundings in one direction.
func TestGradientsOfNetsAddUp(t *testing.T) {
	iris := datasets.Iris()
	m, err := nn.MLPClassifier{Hidden: []int{8}, Activation: &nn.Tanh, Epochs: 40, Seed: 1}.Fit(t.Context(), iris)
	require.NoError(t, err)
	slopes, err := Slopes(Proba(m))
	require.NoError(t, err)
	answered, err := slopes.Answer(iris.X)
	require.NoError(t, err)
	background := Sampled{Background: ml.Table{X: tensor.FromMatrix[float64](iris.X).Take([]int{0, 60, 120})}}
	e, err := IntegratedGradients{Sampled: background}.For(slopes)
	require.NoError(t, err)
	got, err := e.Explain(t.Context(), iris.X)
	require.NoError(t, err)
	worst, err := got.Additivity(answered)
	require.NoError(t, err)
	require.Less(t, worst, 1e-5)

	_, err = Slopes(Margins(nil))
	require.ErrorIs(t, err, errors.ErrUnsupported)
	l, err := linear.LogisticRegression{}.Fit(t.Context(), iris)
	require.NoError(t, err)
	_, err = Slopes(Proba(l))
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
