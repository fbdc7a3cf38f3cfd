package nn

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/onnx"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

var onnxOut = flag.String("onnx", "", "write the exported files of TestONNXExports to this folder, for internal/golden/nn_onnx_exports.py")

type onnxCase struct {
	name string
	m    Module
	in   []int
	rows int // of a table of codes, which the input then holds. 0: the input is numbers
}

// unary is a layer of a function of Ctx.
func unary(f func(c *Ctx, x *Var) *Var) Module { return Func(f) }

// onnxCases have every layer, every activation and every operation of this package.
func onnxCases() []onnxCase {
	seq, img := []int{5, 6}, []int{5, 6, 4}
	cases := []onnxCase{
		{"mlp", Seq{Dense{Out: 8, Act: ReLU}, Dropout{.5}, Noise{.1}, Dense{Out: 3}}, []int{4}, 0},
		{"dense over time", Seq{Dense{Out: 4, Act: Tanh}, Dense{Out: 3, NoBias: true, Act: SiLU}}, seq, 0},
		{"conv1", Conv1D{Out: 3, Kernel: 3, Act: Tanh}, seq, 0},
		{"conv2", Conv2D{Out: 3, Kernel: 3, Act: GELU}, img, 0},
		{"conv2 same", Conv2D{Out: 3, Kernel: 2, Pad: Same, NoBias: true}, img, 0},
		{"conv2 stride same", Conv2D{Out: 3, Kernel: 3, Stride: 2, Pad: Same}, img, 0},
		{"conv2 stride", Conv2D{Out: 3, Kernel: 3, Stride: 2, Zeros: 1}, img, 0},
		{"conv2 dilated", Conv2D{Out: 3, Kernel: 2, Dilation: 2}, img, 0},
		{"conv2 groups", Conv2D{Out: 6, Kernel: 3, Groups: 2, Pad: Same}, img, 0},
		{"conv2 depthwise", Conv2D{Out: 4, Kernel: 3, Groups: 4, Pad: Same}, img, 0},
		{"conv3", Conv3D{Out: 2, Kernel: 2, Stride: 2}, []int{3, 4, 3, 2}, 0},
		{"transposed", ConvTranspose2D{Out: 3, Kernel: 3, Stride: 2, Zeros: 1, Act: Tanh}, img, 0},
		{"pad zeros", Seq{Pad{Amount: 1}, Conv2D{Out: 2, Kernel: 3}}, img, 0},
		{"pad reflect", Pad{Mode: PadReflect, Amount: 2}, img, 0},
		{"pad circular", Seq{Conv2D{Out: 2, Kernel: 2}, Pad{Mode: PadCircular, Amount: 2}, Conv2D{Out: 2, Kernel: 3}}, img, 0},
		{"pad replicate", Pad{Mode: PadReplicate, Amount: 3}, seq, 0},
		{"max pool", Seq{MaxPool{Size: 2}, Dense{Out: 2}}, img, 0},
		{"max pool zeros", MaxPool{Size: 3, Stride: 2, Zeros: 1}, img, 0},
		{"max pool same", MaxPool{Size: 2, Stride: 1, Pad: Same}, seq, 0},
		{"mean pool", MeanPool{Size: 2, Zeros: 1}, img, 0},
		{"mean pool inside", MeanPool{Size: 2, Zeros: 1, InsideOnly: true}, []int{4, 3, 5, 2}, 0},
		{"global mean", Seq{Conv2D{Out: 3, Kernel: 2}, GlobalMeanPool{}}, img, 0},
		{"global max", Seq{Conv2D{Out: 3, Kernel: 2}, GlobalMaxPool{}}, img, 0},
		{"adaptive", AdaptiveMeanPool{2, 4}, img, 0},
		{"cnn", Seq{Conv2D{Out: 8, Kernel: 3, Pad: Same}, BatchNorm{}, ReLU, Residual{Inner: Seq{Conv2D{Out: 8, Kernel: 3, Pad: Same, Act: ReLU}, BatchNorm{}}}, MaxPool{Size: 2}, Parallel{Conv2D{Out: 2, Kernel: 1}, Conv2D{Out: 3, Kernel: 1}}, Flatten{}, Dense{Out: 3}}, img, 0},
		{"layer norm", Seq{LayerNorm{}, Dense{Out: 3}}, []int{7}, 0},
		{"layer norm bare", LayerNorm{NoScale: true}, seq, 0},
		{"rms norm", Seq{RMSNorm{}, Dense{Out: 3}}, seq, 0},
		{"group norm", Seq{Conv2D{Out: 4, Kernel: 2}, GroupNorm{Groups: 2}}, img, 0},
		{"instance norm", InstanceNorm{Scale: true}, img, 0},
		{"batch norm", BatchNorm{}, img, 0},
		{"batch norm of rows", Seq{BatchNorm{}, Dense{Out: 2}, BatchNorm{NoScale: true}}, []int{4}, 0},
		{"weight norm", WeightNorm{Out: 3}, []int{4}, 0},
		{"spectral norm", SpectralNorm{Out: 3}, []int{4}, 0},
		{"residual short", Residual{Inner: Dense{Out: 3, Act: SiLU}, Short: Dense{Out: 3}}, []int{4}, 0},
		{"parallel", Parallel{Dense{Out: 4}, Dense{Out: 2, Act: Sigmoid}}, []int{4}, 0},
		{"reshape", Seq{Reshape{[]int{2, 15}}, Dense{Out: 2}, Flatten{}}, seq, 0},
		{"embedding", Embedding{Rows: 7, Width: 3}, []int{4}, 7},
		{"embedding bag", EmbeddingBag{Rows: 7, Width: 3}, []int{4}, 7},
		{"embedding bag sum", EmbeddingBag{Rows: 7, Width: 3, Sum: true}, []int{4}, 7},
		{"lstm", LSTM{Units: 3}, seq, 0},
		{"lstm last", LSTM{Units: 3, Last: true}, seq, 0},
		{"lstm deep", LSTM{Units: 3, Layers: 2, Bidirectional: true, Last: true}, seq, 0},
		{"gru", GRU{Units: 3, Bidirectional: true, Layers: 2}, seq, 0},
		{"gru last", GRU{Units: 3, Last: true}, seq, 0},
		{"rnn", RNN{Units: 3, Bidirectional: true}, seq, 0},
		{"lstm of lengths", Seq{Lengths{}, Embedding{Rows: 7, Width: 4}, LSTM{Units: 3, Bidirectional: true, Layers: 2}}, []int{5}, 7},
		{"gru of lengths", Seq{Lengths{}, Embedding{Rows: 7, Width: 4}, GRU{Units: 3, Last: true}}, []int{5}, 7},
		{"mean of lengths", Seq{Lengths{}, Embedding{Rows: 7, Width: 4}, GlobalMeanPool{}}, []int{5}, 7},
		{"attention of lengths", Seq{Lengths{}, Embedding{Rows: 7, Width: 4}, MultiHeadAttention{Heads: 2, KVHeads: 1}, GlobalMeanPool{}}, []int{5}, 7},
		{"attention", MultiHeadAttention{Heads: 2}, seq, 0},
		{"causal", MultiHeadAttention{Heads: 2, Causal: true}, seq, 0},
		{"rotary", MultiHeadAttention{Heads: 3, Causal: true, Rotary: true, NoBias: true}, seq, 0},
		{"grouped queries", MultiHeadAttention{Heads: 6, KVHeads: 2, Rotary: false}, seq, 0},
		{"transformer", Seq{Positions{Length: 8}, Sinusoids{}, Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}, Hidden: 8, Dropout: .1}, Transformer{Attention: MultiHeadAttention{Heads: 2}, RMS: true, Act: SiLU}}, seq, 0},
		{"decoder", Decoder{Block: Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}}, Split: 2}, seq, 0},
		{"operations", unary(func(c *Ctx, x *Var) *Var {
			p := c.Affine(c.Square(x), .5, 1)
			y := c.Concat(1, c.Sqrt(p), c.Log(p), c.Exp(c.Affine(x, .1, 0)), c.Reciprocal(p), c.Sin(x), c.Cos(x), c.Erf(x), c.Abs(x), c.Pow(p, -.3), c.Clamp(x, -.5, .5))
			y = c.Concat(1, y, c.Max(x, p), c.Min(x, p), c.Div(x, p), c.Sub(x, p), c.Slice(x, 1, 1, 3))
			return c.Mul(c.Softmax(y), c.LogSoftmax(c.Transpose(c.Transpose(y, 0, 2, 1), 0, 2, 1)))
		}), seq, 0},
		{"products", unary(func(c *Ctx, x *Var) *Var {
			a := c.MatMul(x, x, true)
			return c.Concat(-1, c.MatMul(a, x, false), c.Reshape(c.MaxOf(a, 1), x.Dim(0), 5, 1), c.MatMul(x, c.Param("t", NormalInit{}, 3, 6), true), c.Reshape(c.Sum(a, 2), x.Dim(0), 5, 1))
		}), seq, 0},
		{"of files", unary(func(c *Ctx, x *Var) *Var {
			y := Apply(c, newPick(1, []int{2, -1, 0, 0, 4}), x)
			a, b := Apply(c, logicOp{isLess}, x, y), Apply(c, logicOp{isGreaterOrEqual}, y, c.Affine(x, .5, 0))
			z := c.Add(Apply(c, chooseOp{}, a, x, y), Apply(c, logicOp{isOr}, Apply(c, logicOp{isAnd}, a, b), Apply(c, stairsOp{isZero}, y)))
			for k := range isZero {
				z = c.Add(z, Apply(c, stairsOp{k}, x))
			}
			return c.Add(z, Apply(c, runningSumOp{1}, x))
		}), seq, 0},
		{"from images to first", unary(func(c *Ctx, x *Var) *Var {
			return c.Transpose(c.Call("a", Conv2D{Out: 2, Kernel: 2}, x), 0, 3, 1, 2)
		}), img, 0},
	}
	for _, a := range []struct {
		name string
		f    Activation
	}{{"relu", ReLU}, {"gelu", GELU}, {"gelu tanh", GELUTanh}, {"silu", SiLU}, {"tanh", Tanh}, {"sigmoid", Sigmoid}, {"softplus", Softplus}, {"selu", SELU}, {"mish", Mish}, {"hard swish", HardSwish}, {"hard sigmoid", HardSigmoid}, {"relu6", ReLU6},
		{"softsign", Softsign}, {"log sigmoid", LogSigmoid}, {"leaky relu", LeakyReLU(.2)}, {"elu", ELU(.7)}, {"hard tanh", HardTanh(-.5, 1.5)}, {"linear", Linear}} {
		cases = append(cases, onnxCase{"act " + a.name, Seq{Dense{Out: 5}, a.f}, []int{4}, 0})
	}
	return cases
}

// net builds a net whose numbers are multiples of 1/64: the same on every machine.
func (tc onnxCase) net(t *testing.T) *Net {
	t.Helper()
	n, err := New(tc.m, tc.in, 1)
	require.NoError(t, err)
	r := rng.New(5, 1)
	draw := func(x []float32, lo, hi int) []float32 {
		for i := range x {
			x[i] = float32(lo+r.IntN(hi-lo+1)) / 64
		}
		return x
	}
	for _, p := range n.Params() {
		require.NoError(t, p.Set(draw(make([]float32, size(p.Shape)), -48, 48)))
	}
	for _, s := range n.States() {
		require.NoError(t, s.Set(n, draw(make([]float32, size(s.Shape)), 32, 96)))
	}
	return n
}

// batch draws inputs.
func (tc onnxCase) batch(rows int) *tensor.Tensor[float32] {
	x := tensor.New[float32](append([]int{rows}, tc.in...)...)
	r := rng.New(6, 1)
	for i := range x.Data() {
		if tc.rows > 0 {
			x.Data()[i] = float32(r.IntN(tc.rows+3) - 1) // -1 and rows beyond are none
		} else {
			x.Data()[i] = float32(r.IntN(257)-128) / 64
		}
	}
	if tc.rows > 0 { // a sequence without an element
		for i := range size(tc.in) {
			x.Data()[i] = -1
		}
	}
	return x
}

// print is what a file says: the bytes of the model with its numbers rounded to 1/4096, since those that are worked out (sines, norms)
// may differ in the last bit from machine to machine.
func printONNX(m *onnx.Model) string {
	rounded := func(t onnx.Tensor) onnx.Tensor {
		x := make([]float32, len(t.Floats))
		for i, v := range t.Floats {
			x[i] = float32(math.Round(float64(v)*4096) / 4096)
		}
		t.Floats = x
		return t
	}
	round := *m
	round.Graph.Initializers, round.Graph.Nodes = nil, nil
	for _, t := range m.Graph.Initializers {
		round.Graph.Initializers = append(round.Graph.Initializers, rounded(t))
	}
	for _, n := range m.Graph.Nodes {
		if n.Op == "Constant" {
			t := rounded(*n.Attrs[0].T)
			n.Attrs = []onnx.Attr{{Name: "value", Type: onnx.TensorT, T: &t}}
		}
		round.Graph.Nodes = append(round.Graph.Nodes, n)
	}
	h := sha256.Sum256(onnx.Encode(&round))
	return hex.EncodeToString(h[:])
}

// What is exported was run in ONNX Runtime by internal/golden/nn_onnx_exports.py, which writes the prints of what agreed with our own
// answers to 1e-5: a file that changes must be checked there again. Each file comes back by ReadONNX as a net that answers the same.
func TestONNXExports(t *testing.T) {
	var checked struct {
		Checked map[string]string `json:"checked"`
	}
	if *onnxOut == "" {
		checked = golden.Load[struct {
			Checked map[string]string `json:"checked"`
		}](t, "testdata/onnx_exports.json")
		require.Len(t, checked.Checked, len(onnxCases()))
	}
	for _, tc := range onnxCases() {
		t.Run(tc.name, func(t *testing.T) {
			n := tc.net(t)
			m, err := n.onnx()
			require.NoError(t, err)
			x := tc.batch(4)
			y, err := n.Predict(x)
			require.NoError(t, err)
			if *onnxOut != "" {
				writeONNXCase(t, tc.name, m, x, y)
				return
			}
			var file bytes.Buffer
			require.NoError(t, WriteONNX(&file, n))
			again, err := ReadONNX(&file)
			require.NoError(t, err)
			require.Equal(t, n.In, again.In)
			for _, x := range []*tensor.Tensor[float32]{x, tc.batch(1)} { // 1e-5: sums in another order, in float32
				want, err := n.Predict(x)
				require.NoError(t, err)
				got, err := again.Predict(x)
				require.NoError(t, err)
				require.Equal(t, want.Shape(), got.Shape())
				golden.Close(t, got.Data(), want.Data(), 1e-5, 1e-5, "imported again")
			}
			require.Equal(t, checked.Checked[tc.name], printONNX(m), "not the file that was checked: run internal/golden/nn_onnx_exports.py")
		})
	}
}

func writeONNXCase(t *testing.T, name string, m *onnx.Model, x, y *tensor.Tensor[float32]) {
	require.NoError(t, os.WriteFile(filepath.Join(*onnxOut, name+".onnx"), onnx.Encode(m), 0o644))
	text, err := json.Marshal(map[string]any{"print": printONNX(m), "x": x.Data(), "shape": x.Shape(), "y": y.Data(), "out": y.Shape()})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(*onnxOut, name+".json"), text, 0o644))
}

func TestONNXRefusesOwnOperations(t *testing.T) {
	back := 0
	n, err := New(Seq{Dense{Out: 3}, unary(func(c *Ctx, x *Var) *Var { return Apply(c, counted{&back}, x) })}, []int{4}, 1)
	require.NoError(t, err)
	err = WriteONNX(io.Discard, n)
	var e *ml.Error
	require.True(t, errors.As(err, &e), err)
	require.Equal(t, "1", e.Field)
	require.ErrorIs(t, err, ml.ErrConfig)
	n, err = New(unary(func(c *Ctx, x *Var) *Var { return c.Reshape(x, 1, -1, 2) }), []int{4}, 1)
	require.NoError(t, err)
	require.NoError(t, WriteONNX(io.Discard, n))
	n, err = New(unary(func(c *Ctx, x *Var) *Var { return c.Reshape(c.MatMul(x, x, true), x.Dim(0), x.Dim(0), 1) }), []int{4}, 1)
	require.NoError(t, err)
	require.ErrorIs(t, WriteONNX(io.Discard, n), ml.ErrConfig)
}
