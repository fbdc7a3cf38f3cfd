package nn

import (
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Every layer, by differences in float64. The bound is the issue's.
func TestGradients(t *testing.T) {
	seq := []int{5, 6}
	img := []int{5, 6, 4}
	cases := []struct {
		name string
		m    Module
		in   []int
	}{
		{"dense", Dense{Out: 3}, []int{4}},
		{"dense relu", Dense{Out: 3, Act: ReLU}, []int{4}},
		{"dense gelu", Dense{Out: 3, Act: GELU}, []int{4}},
		{"dense over time", Dense{Out: 3, Act: Tanh}, seq},
		{"layer norm", Seq{LayerNorm{}, Dense{Out: 3}}, []int{7}},
		{"rms norm", Seq{RMSNorm{}, Dense{Out: 3}}, seq},
		{"group norm", GroupNorm{Groups: 2}, img},
		{"instance norm", InstanceNorm{Scale: true}, img},
		{"batch norm", BatchNorm{}, img},
		{"weight norm", WeightNorm{Out: 3}, []int{4}},
		{"residual", Residual{Inner: Dense{Out: 4, Act: SiLU}}, []int{4}},
		{"residual short", Residual{Inner: Dense{Out: 3, Act: SiLU}, Short: Dense{Out: 3}}, []int{4}},
		{"parallel", Parallel{Dense{Out: 4}, Dense{Out: 2, Act: Sigmoid}}, []int{4}},
		{"conv1", Conv1D{Out: 3, Kernel: 3, Act: Tanh}, seq},
		{"conv2", Conv2D{Out: 3, Kernel: 3, Act: Tanh}, img},
		{"conv2 same", Conv2D{Out: 3, Kernel: 3, Pad: Same}, img},
		{"conv2 stride", Conv2D{Out: 3, Kernel: 3, Stride: 2, Zeros: 1}, img},
		{"conv2 dilated", Conv2D{Out: 3, Kernel: 2, Dilation: 2}, img},
		{"conv2 groups", Conv2D{Out: 6, Kernel: 3, Groups: 2, Pad: Same}, img},
		{"conv2 depthwise", Conv2D{Out: 4, Kernel: 3, Groups: 4, Pad: Same}, img},
		{"conv2 1x1", Conv2D{Out: 3, Kernel: 1}, img},
		{"conv3", Conv3D{Out: 2, Kernel: 2}, []int{3, 4, 3, 2}},
		{"transposed", ConvTranspose2D{Out: 3, Kernel: 3, Stride: 2, Zeros: 1, Act: Tanh}, img},
		{"reflect", Pad{Mode: PadReflect, Amount: 2}, img},
		{"circular", Seq{Pad{Mode: PadCircular, Amount: 1}, Conv2D{Out: 2, Kernel: 3}}, img},
		{"replicate", Pad{Mode: PadReplicate, Amount: 3}, seq},
		{"max pool", Seq{MaxPool{Size: 2}, Dense{Out: 2}}, img},
		{"mean pool", MeanPool{Size: 2, Zeros: 1}, img},
		{"mean pool inside", MeanPool{Size: 2, Zeros: 1, InsideOnly: true}, img},
		{"global mean", GlobalMeanPool{}, img},
		{"global max", GlobalMaxPool{}, img},
		{"adaptive", AdaptiveMeanPool{2, 4}, img},
		{"lstm", LSTM{Units: 3}, seq},
		{"lstm last", LSTM{Units: 3, Last: true}, seq},
		{"lstm deep", LSTM{Units: 3, Layers: 2, Bidirectional: true, Last: true}, seq},
		{"gru", GRU{Units: 3, Bidirectional: true}, seq},
		{"rnn", RNN{Units: 3, Bidirectional: true}, seq},
		{"attention of lengths", ofLengths(MultiHeadAttention{Heads: 2, KVHeads: 1}), seq},
		{"attention of lengths, mean", ofLengths(Seq{MultiHeadAttention{Heads: 2, Causal: true}, GlobalMeanPool{}}), seq},
		{"lstm of lengths", ofLengths(LSTM{Units: 3, Bidirectional: true, Layers: 2}), seq},
		{"lstm of lengths, last", ofLengths(LSTM{Units: 3, Last: true}), seq},
		{"gru of lengths", ofLengths(GRU{Units: 3, Bidirectional: true}), seq},
		{"rnn of lengths", ofLengths(RNN{Units: 3, Last: true, Bidirectional: true}), seq},
		{"attention", MultiHeadAttention{Heads: 2}, seq},
		{"causal", MultiHeadAttention{Heads: 2, Causal: true}, seq},
		{"rotary", MultiHeadAttention{Heads: 3, Causal: true, Rotary: true, NoBias: true}, seq},
		{"grouped queries", MultiHeadAttention{Heads: 6, KVHeads: 2}, seq},
		{"transformer", Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}, Hidden: 8}, seq},
		{"decoder", Decoder{Block: Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}}, Split: 2}, seq},
		{"dropout", Seq{Dense{Out: 6}, Dropout{.3}, Dense{Out: 2}}, []int{4}},
		{"positions", Seq{Positions{Length: 8}, Sinusoids{}, Dense{Out: 2}}, seq},
		{"of files", Func(func(c *Ctx, x *Var) *Var {
			y := Apply(c, newPick(1, []int{2, -1, 0, 0, 4}), c.Call("a", Dense{Out: 3}, x))
			return Apply(c, chooseOp{}, Apply(c, logicOp{isLess}, c.Slice(x, 2, 0, 1), c.Slice(x, 2, 1, 2)), y, Apply(c, runningSumOp{1}, c.Mul(y, y)))
		}), seq},
		{"twice", Func(func(c *Ctx, x *Var) *Var {
			d := Dense{Out: 4, Act: Tanh}
			return c.Call("a", d, c.Call("a", d, x))
		}), []int{4}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			net, err := New(tc.m, tc.in, 1)
			if err != nil {
				t.Fatal(err)
			}
			const rows = 3
			r := rng.New(3, 0)
			x := make([]float64, rows*size(tc.in))
			rng.Normal(r, x, 0, 1)
			target := append([]int{rows}, net.Out()...)
			y := make([]float64, size(target))
			rng.Normal(r, y, 0, 1)
			got, err := GradCheck(tc.m, MSE{}, tc.in, x, target, y, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !(got.Worst <= 1e-7) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// someLengths are those of the sequences of a batch; one has no step at all.
var someLengths = []float64{2, 5, 0, 3}

// ofLengths runs a layer on sequences of unequal lengths.
func ofLengths(m Module) Module {
	return Func(func(c *Ctx, x *Var) *Var {
		c.SetLengths(c.Const(someLengths[:x.Dim(0)]))
		return c.Call("inner", m, x)
	})
}
