package nn

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// The net of a fitted model answers as the model does, and what is done to it stays with it.
func TestNetOfModel(t *testing.T) {
	x := tensor.New[float64](40, 3)
	y := make([]int, 40)
	for i := range 40 {
		for j := range 3 {
			x.Row(i)[j] = float64((i*7+j*5)%11) / 5
		}
		y[i] = i % 3
	}
	m, err := MLPClassifier{Hidden: []int{5}, Epochs: 2}.Fit(context.Background(), ml.Data(x, y))
	require.NoError(t, err)
	before, err := m.Predict(x)
	require.NoError(t, err)
	net, err := m.Net()
	require.NoError(t, err)
	require.Equal(t, []int{3}, net.Out())
	in := tensor.New[float32](40, 3)
	for i, v := range x.Data() {
		in.Data()[i] = float32(v)
	}
	out, err := net.Predict(in)
	require.NoError(t, err)
	for i := range before {
		require.Equal(t, before[i], m.largest(out.Row(i)))
	}
	net.Params()[0].Frozen = true
	twin, err := net.Clone()
	require.NoError(t, err)
	require.True(t, twin.Params()[0].Frozen)
	require.NoError(t, net.Params()[0].Set(make([]float32, 15)))
	require.NotEqual(t, net.Params()[0].Values(), twin.Params()[0].Values())
	after, err := m.Predict(x)
	require.NoError(t, err)
	require.Equal(t, before, after)

	e, err := Autoencoder{Hidden: []int{4}, Components: 2, Epochs: 1}.Fit(context.Background(), ml.Table{X: x})
	require.NoError(t, err)
	enc, dec, err := e.Nets()
	require.NoError(t, err)
	require.Equal(t, []int{2}, enc.Out())
	require.Equal(t, []int{3}, dec.Out())
}
