package nn

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// The least weights go: a share of each layer, or of all together; and training leaves them at 0.
func TestPrune(t *testing.T) {
	for _, global := range []bool{false, true} {
		net, err := New(Seq{Dense{Out: 20, Act: ReLU}, BatchNorm{}, Dense{Out: 4}}, []int{10}, 1)
		require.NoError(t, err)
		w := net.Params()[0].Values()
		for i := range w {
			w[i] *= 10
		}
		require.NoError(t, net.Params()[0].Set(w))
		require.NoError(t, net.Prune(Pruning{Amount: .6, Global: global}))
		first, last := net.Params()[0], net.Params()[len(net.Params())-2]
		require.Equal(t, "2.W", last.Name)
		total := first.Sparsity()*200 + last.Sparsity()*80
		require.InDelta(t, 168, total, 1e-9)
		if global { // the first layer's are ten times as large
			require.Equal(t, 1.0, last.Sparsity())
			require.InDelta(t, .44, first.Sparsity(), 1e-9)
		} else {
			require.InDelta(t, .6, first.Sparsity(), 1e-9)
		}
		require.Nil(t, net.Params()[1].Mask(), "biases stay")
		kept, lost := math.Inf(1), 0.0
		for i, k := range first.Mask() {
			size := math.Abs(float64(w[i]))
			if k {
				kept = min(kept, size)
			} else {
				lost = max(lost, size)
			}
		}
		require.LessOrEqual(t, lost, kept)

		tr, err := NewTrainer(net, Training{Loss: CrossEntropy{}, Optimizer: AdamW{}, MaxNorm: 5})
		require.NoError(t, err)
		x, y := batch([]int{10}, 16, 4)
		before := first.Values()
		for range 3 {
			_, err := tr.Step(x, y)
			require.NoError(t, err)
		}
		require.NotEqual(t, before, first.Values())
		for _, p := range []*Param{first, last} {
			for i, k := range p.Mask() {
				if !k {
					require.Zero(t, p.Values()[i])
				}
			}
		}
		twin, err := net.Clone()
		require.NoError(t, err)
		require.Equal(t, first.Mask(), twin.Params()[0].Mask())
		require.NoError(t, net.Prune(Pruning{Amount: .8, Only: []string{"0.W"}})) // more of it
		require.InDelta(t, .8, first.Sparsity(), 1e-9)
		require.NoError(t, first.SetMask(nil))
		require.Nil(t, first.Mask())
		require.Error(t, first.SetMask(make([]bool, 3)))
		for _, bad := range []Pruning{{}, {Amount: 1}, {Amount: math.NaN()}, {Amount: .5, Only: []string{"x"}}} {
			require.ErrorIs(t, net.Prune(bad), ml.ErrConfig)
		}
	}
}

// Units whose weights are 0 say nothing: without them a net computes the same, through normalisation, pooling and flattening.
func TestPruneUnits(t *testing.T) {
	net, err := New(Seq{
		Seq{Conv2D{Out: 8, Kernel: 3, Pad: Same, NoBias: true}, BatchNorm{}, ReLU, MaxPool{Size: 2}},
		Conv2D{Out: 6, Kernel: 2, Act: ReLU}, Flatten{}, Dropout{.5},
		Dense{Out: 12, Act: Tanh}, Residual{Inner: Dense{Out: 12}}, Dense{Out: 10, Act: ReLU}, Dense{Out: 3},
	}, []int{8, 8, 2}, 1)
	require.NoError(t, err)
	settled(t, net)
	silence := func(name string, n int, units ...int) {
		for _, p := range net.Params() {
			if scopeOf(p.Name) == name {
				w := p.Values()
				for i := range w {
					for _, u := range units {
						if i%n == u {
							w[i] = 0
						}
					}
				}
				require.NoError(t, p.Set(w))
			}
		}
	}
	silence("0.0", 8, 1, 6)
	silence("0.1", 8, 1, 6) // the scale and the shift
	silence("1", 6, 0)
	silence("6", 10, 3, 4)
	x, _ := batch([]int{8, 8, 2}, 5, 3)
	want, err := net.Predict(x)
	require.NoError(t, err)
	small, err := net.PruneUnits(.25)
	require.NoError(t, err)
	got, err := small.Predict(x)
	require.NoError(t, err)
	require.InDeltaSlice(t, want.Data(), got.Data(), 1e-5)
	shapes := map[string][]int{}
	for _, p := range small.Params() {
		shapes[p.Name] = p.Shape
	}
	require.Equal(t, []int{3, 3, 2, 6}, shapes["0.W"])
	require.Equal(t, []int{6}, shapes["1.scale"])
	require.Equal(t, []int{2, 2, 6, 5}, shapes["4.W"])
	require.Equal(t, []int{45, 12}, shapes["7.W"], "before the residual, nothing goes")
	require.Equal(t, []int{12, 8}, shapes["9.W"])
	require.Equal(t, []int{8, 3}, shapes["10.W"])

	tr, err := NewTrainer(small, Training{Loss: CrossEntropy{}})
	require.NoError(t, err)
	y := tensor.New[float32](5)
	_, err = tr.Step(x, y)
	require.NoError(t, err)

	_, err = net.PruneUnits(0)
	require.ErrorIs(t, err, ml.ErrConfig)
	alone, err := New(Dense{Out: 4}, []int{3}, 1)
	require.NoError(t, err)
	_, err = alone.PruneUnits(.5)
	require.True(t, errors.Is(err, ml.ErrConfig))
}
