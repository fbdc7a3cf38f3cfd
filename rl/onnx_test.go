package rl

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// An exported policy answers what the frozen one does, to 1e-5 (sums in another order): with a normaliser and its clip, dueling, squashed and cut.
func TestPoliciesAsONNX(t *testing.T) {
	r := rng.New(4, 4)
	layer := func(in, out int) Layer {
		l := Layer{In: in, Out: out, Weights: make([]float32, in*out), Bias: make([]float32, out)}
		rng.Normal(r, l.Weights, 0, 1)
		rng.Normal(r, l.Bias, 0, 1)
		return l
	}
	for _, relu := range []bool{false, true} {
		for _, norm := range []*Normalizer{nil, {Mean: []float64{1, -2, .5}, Var: []float64{.1, 4, 0}, Count: 9}} {
			a := &Actor{Layers: []Layer{layer(3, 8), layer(8, 5)}, ReLU: relu, Dueling: relu, Norm: norm}
			if norm != nil {
				a.Clip = 1.5
			}
			require.NoError(t, a.Restore())
			lo, hi := []float32{-1, 0}, []float32{1, .5}
			x := tensor.New[float32](6, 3)
			rng.Normal(r, x.Data(), 0, 2)
			for _, p := range []struct {
				write func(io.Writer) error
				ask   func(obs []float32) ([]float32, error)
			}{
				{a.WriteONNX, func(obs []float32) ([]float32, error) { y := make([]float32, a.Out()); return y, a.Ask(y, obs) }},
				{(&DiscretePolicy{Actor: a}).WriteONNX, func(obs []float32) ([]float32, error) { y := make([]float32, a.Out()); return y, a.Ask(y, obs) }},
				{(&MultiPolicy{Actor: a}).WriteONNX, func(obs []float32) ([]float32, error) { y := make([]float32, a.Out()); return y, a.Ask(y, obs) }},
				{(&BoxPolicy{Actor: a, Lo: lo, Hi: hi}).WriteONNX, (&BoxPolicy{Actor: a, Lo: lo, Hi: hi}).Act},
				{(&BoxPolicy{Actor: a, Lo: lo, Hi: hi, Squash: true}).WriteONNX, (&BoxPolicy{Actor: a, Lo: lo, Hi: hi, Squash: true}).Act},
			} {
				var file bytes.Buffer
				require.NoError(t, p.write(&file))
				n, err := nn.ReadONNX(&file)
				require.NoError(t, err)
				y, err := n.Predict(x)
				require.NoError(t, err)
				for i := range 6 {
					want, err := p.ask(x.Row(i))
					require.NoError(t, err)
					golden.Close(t, y.Row(i), want, 1e-5, 1e-5, "the answer")
				}
			}
		}
	}
}
