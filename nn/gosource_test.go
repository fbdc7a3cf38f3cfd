package nn

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"hash/fnv"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/nn/internal/written"
	"github.com/gopherwood-ml/ml/tensor"
)

var update = flag.Bool("update", false, "write the files of nn/internal/written again")

// sourceCase is a net and its code.
type sourceCase struct {
	name  string
	m     Module
	in    []int
	codes int // the input is numbers 0..codes-1, some of them negative; 0: normal numbers
	code  func(dst, x []float32)
}

// measured is a module that sees how long its sequences are.
func measured(m Module) Module { return Seq{Lengths{}, Embedding{Rows: 9, Width: 6}, m} }

// Layers whose code lies in nn/internal/written: together they use every function that files may have.
func sourceCases() []sourceCase {
	seq, img := []int{5, 6}, []int{5, 6, 4}
	var acts Parallel
	for _, f := range allActivations {
		acts = append(acts, f)
	}
	return []sourceCase{
		{"MLP", Seq{Dense{Out: 9}, BatchNorm{}, ReLU, Dense{Out: 6, Act: Tanh, NoBias: true}, LayerNorm{}, WeightNorm{Out: 5, Act: ReLU6}, SpectralNorm{Out: 4}, Dense{Out: 3}}, []int{7}, 0,
			heldState(written.MLP)},
		{"Activations", Seq{Dense{Out: 4}, acts}, []int{3}, 0, heldState(written.Activations)},
		{"Functions", Func(everyFunction), []int{3, 4}, 0, heldState(written.Functions)},
		{"Conv", Seq{Conv2D{Out: 4, Kernel: 3, Pad: Same, NoBias: true}, BatchNorm{}, ReLU, Residual{Inner: Conv2D{Out: 4, Kernel: 3, Groups: 2, Zeros: 1, Act: Mish}},
			MaxPool{Size: 2, Zeros: 1}, Conv2D{Out: 8, Kernel: 2, Groups: 4, Dilation: 2, Pad: Same, Stride: 2}, ConvTranspose2D{Out: 4, Kernel: 3, Stride: 2, Zeros: 1},
			GroupNorm{Groups: 2}, MeanPool{Size: 2, Stride: 1, Zeros: 1, InsideOnly: true}, AdaptiveMeanPool{2, 2}, InstanceNorm{Scale: true}, Flatten{}, Dense{Out: 3}}, img, 0, heldState(written.Conv)},
		{"Volume", Seq{Pad{Mode: PadReflect, Amount: 1}, Conv3D{Out: 2, Kernel: 2, Act: SiLU}, Pad{Mode: PadReplicate, Amount: 1}, MeanPool{Size: 2}, GlobalMaxPool{}}, []int{3, 4, 3, 2}, 0, heldState(written.Volume)},
		{"Line", Seq{Pad{Mode: PadCircular, Amount: 2}, Conv1D{Out: 3, Kernel: 3}, Pad{Amount: 1}, GlobalMeanPool{}}, seq, 0, heldState(written.Line)},
		{"Recurrent", Seq{Embedding{Rows: 9, Width: 6}, LSTM{Units: 4, Bidirectional: true, Layers: 2}, GRU{Units: 5, Bidirectional: true}, RNN{Units: 3, Last: true}}, []int{7}, 9, heldState(written.Recurrent)},
		{"Lengths", measured(Seq{LSTM{Units: 6, Bidirectional: true}, GRU{Units: 6}, MultiHeadAttention{Heads: 3, KVHeads: 1}, Parallel{GlobalMeanPool{}, RNN{Units: 3, Last: true, Bidirectional: true}}}),
			[]int{7}, 9, heldState(written.Lengths)},
		{"Transformer", Seq{Embedding{Rows: 9, Width: 8}, Positions{Length: 9}, Sinusoids{}, Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}},
			Transformer{Attention: MultiHeadAttention{Heads: 4, KVHeads: 2, Rotary: true}, RMS: true, Act: GELUTanh},
			Decoder{Block: Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}, Hidden: 8}, Split: 3}, Dense{Out: 2}}, []int{7}, 9, heldState(written.Transformer)},
		{"Bag", Seq{EmbeddingBag{Rows: 9, Width: 5}, Reshape{[]int{5, 1}}, Dropout{.5}, Noise{1}, Flatten{}}, []int{7}, 9, heldState(written.Bag)},
	}
}

var allActivations = []Activation{ReLU, GELU, GELUTanh, SiLU, Tanh, Sigmoid, Softplus, SELU, Mish, HardSwish, HardSigmoid, ReLU6, Softsign, LogSigmoid, LeakyReLU(.1), LeakyReLU(-.3), ELU(.7), HardTanh(-.4, .6), Linear}

// everyFunction is what no layer of the package does but one's own may.
func everyFunction(c *Ctx, x *Var) *Var { // [3, 4]
	w := c.Param("W", torchInit, 3, 4)
	pos := c.Add(c.Abs(x), c.Const([]float64{.1}))
	parts := []*Var{
		c.Log(pos), c.Sqrt(pos), c.Reciprocal(pos), c.Sin(c.Affine(x, 9, 1)), c.Cos(x), c.Erf(x), c.Exp(x), c.Clamp(x, -.3, .4), c.Pow(pos, 1.7), c.Pow(x, 3), c.Square(x),
		c.Max(x, w), c.Min(x, w), c.Div(w, pos), c.Sub(w, x), c.Mul(x, x), c.Softmax(x), c.LogSoftmax(x),
		c.Transpose(c.Slice(c.Transpose(x, 0, 2, 1), 1, 0, 4), 0, 2, 1), c.MatMul(c.MatMul(x, x, true), x, false), c.Mul(x, c.Reshape(c.MaxOf(x, 2), -1, 3, 1)),
	}
	return c.Concat(1, parts...)
}

// heldState gives a written function its memory.
func heldState[S any](f func(s *S, dst, x []float32)) func(dst, x []float32) {
	s := new(S)
	return func(dst, x []float32) { f(s, dst, x) }
}

// net is the net of a case, with statistics and biases that are not those of the start.
func (c sourceCase) net(t testing.TB) *Net {
	n, err := New(c.m, c.in, 3)
	require.NoError(t, err)
	r := rng.New(5, 0)
	for _, p := range n.Params() {
		if len(p.Shape) == 1 || !p.Decay {
			x := p.Values()
			for i := range x {
				x[i] += float32(r.Float64() - .5)
			}
			require.NoError(t, p.Set(x))
		}
	}
	for _, s := range n.States() {
		if base(s.Name) == "mean" || base(s.Name) == "variance" {
			x := make([]float32, size(s.Shape))
			for i := range x {
				x[i] = float32(.3 + r.Float64())
			}
			n.engine.Put(s.v.value, x)
		}
	}
	return n
}

func (c sourceCase) inputs(rows int) *tensor.Tensor[float32] {
	x := tensor.New[float32](append([]int{rows}, c.in...)...)
	r := rng.New(7, 0)
	for i := range x.Data() {
		if c.codes == 0 {
			x.Data()[i] = float32(2*r.Float64() - 1)
		} else if k := i % size(c.in); k < 2 || r.Float64() > .2 { // the others end the sequence
			x.Data()[i] = float32(r.IntN(c.codes))
		} else {
			x.Data()[i] = -1
		}
	}
	return x
}

// The code in nn/internal/written is what WriteGo writes, is formatted, imports math alone, and gives the numbers of the nets.
func TestWrittenGoAnswersAsTheNet(t *testing.T) {
	hash := fnv.New64a()
	for _, c := range sourceCases() {
		n := c.net(t)
		var code bytes.Buffer
		require.NoError(t, WriteGo(&code, n, GoSource{Package: "written", Func: c.name}))
		pretty, err := format.Source(code.Bytes())
		require.NoError(t, err, c.name)
		assert.True(t, bytes.Equal(pretty, code.Bytes()), "%s is not formatted", c.name)
		assert.Equal(t, 1, strings.Count(code.String(), "import"), c.name)
		path := fmt.Sprintf("internal/written/%s.go", strings.ToLower(c.name))
		if *update {
			require.NoError(t, os.WriteFile(path, code.Bytes(), 0o644))
		}
		stored, err := os.ReadFile(path)
		require.NoError(t, err)
		same, fresh := stored, code.Bytes()
		if c.name == "MLP" { // WeightNorm and SpectralNorm divide weights when the file is written: kernels of other levels differ in the last bit
			same, _, _ = bytes.Cut(stored, []byte("\nvar mLPText"))
			fresh, _, _ = bytes.Cut(fresh, []byte("\nvar mLPText"))
		}
		if !assert.True(t, bytes.Equal(same, fresh), "%s: write it again with -update", c.name) {
			continue
		}
		const rows = 20
		x := c.inputs(rows)
		want, err := n.Predict(x)
		require.NoError(t, err)
		in, out := size(c.in), size(n.Out())
		dst := make([]float32, out)
		for i := range rows {
			c.code(dst, x.Data()[i*in:(i+1)*in])
			compareSource(t, c.name, dst, want.Data()[i*out:(i+1)*out])
			for _, v := range dst {
				fmt.Fprintf(hash, "%x ", math.Float32bits(v))
			}
		}
		assert.Zero(t, testing.AllocsPerRun(10, func() { c.code(dst, x.Data()[:in]) }), c.name)
	}
	// The same bits on every machine.
	assert.Equal(t, sourceBits, hash.Sum64())
}

const sourceBits = uint64(0x74cdb81ba7be753a)

// compareSource allows 1e-5 of the largest number: sums run in another order, and functions are rounded from float64.
func compareSource(t testing.TB, name string, got, want []float32) {
	t.Helper()
	largest := 1.0
	for _, v := range want {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i, v := range got {
		if !(math.Abs(float64(v)-float64(want[i])) <= 1e-5*largest) {
			t.Errorf("%s: output %d is %v, want %v", name, i, v, want[i])
			return
		}
	}
}

// ownOp is an operation of one's own.
type ownOp struct{ mapOp }

func TestWriteGoRefusesWhatIsNoGo(t *testing.T) {
	n, err := New(Dense{Out: 2}, []int{3}, 1)
	require.NoError(t, err)
	for _, how := range []GoSource{{Func: "a b"}, {Func: "func"}, {Package: "1x"}, {Package: "a.b"}, {Func: "_"}, {Labels: []string{"one"}}} {
		assert.ErrorIs(t, WriteGo(io.Discard, n, how), ml.ErrConfig, "%+v", how)
	}
	assert.ErrorIs(t, WriteGo(io.Discard, nil, GoSource{}), ml.ErrConfig)
	assert.ErrorIs(t, WriteGo(io.Discard, (*Net)(nil), GoSource{}), ml.ErrConfig)
	n, err = New(Seq{Dense{Out: 2}, Func(func(c *Ctx, x *Var) *Var { return Apply(c, ownOp{}, x) })}, []int{3}, 1)
	require.NoError(t, err)
	err = WriteGo(io.Discard, n, GoSource{})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorContains(t, err, "layer 1")
}

// Labels come with a function that chooses.
func TestWrittenGoClassifies(t *testing.T) {
	n, err := New(Dense{Out: 2}, []int{2}, 1)
	require.NoError(t, err)
	require.NoError(t, n.Params()[0].Set([]float32{1, 0, 0, 1}))
	require.NoError(t, n.Params()[1].Set([]float32{0, 0}))
	var code bytes.Buffer
	require.NoError(t, WriteGo(&code, n, GoSource{Package: "written", Func: "Label", Labels: []string{"left", `"right"`}}))
	pretty, err := format.Source(code.Bytes())
	require.NoError(t, err)
	assert.Equal(t, string(pretty), code.String())
	if *update {
		require.NoError(t, os.WriteFile("internal/written/label.go", code.Bytes(), 0o644))
	}
	stored, err := os.ReadFile("internal/written/label.go")
	require.NoError(t, err)
	assert.Equal(t, string(stored), code.String())
	var s written.LabelState
	k, label := written.LabelClassify(&s, []float32{1, 2})
	assert.Equal(t, 1, k)
	assert.Equal(t, `"right"`, label)
	k, label = written.LabelClassify(&s, []float32{2, 2})
	assert.Equal(t, 0, k)
	assert.Equal(t, "left", label)
}

// What models make of outputs is in the code, too.
func TestWrittenGoOfModels(t *testing.T) {
	d := ml.Dataset[float64]{Table: ml.Table{X: tensor.New[float64](40, 2)}, Y: make([]float64, 40)}
	for i := range 40 {
		d.Y[i] = float64(1 + i%5)
	}
	counts, err := MLPRegressor{Hidden: []int{3}, Epochs: 1, Loss: PoissonNLL{}}.Fit(context.Background(), d)
	require.NoError(t, err)
	codes := ml.Dataset[int]{Table: d.Table, Y: make([]int, 40)}
	for i := range 40 {
		codes.Y[i] = i % 2 * 2
	}
	classes, err := MLPClassifier{Hidden: []int{3}, Epochs: 1}.Fit(context.Background(), codes)
	require.NoError(t, err)
	var code bytes.Buffer
	require.NoError(t, WriteGo(&code, counts, GoSource{}))
	require.NoError(t, WriteGo(&code, classes, GoSource{Labels: []string{"a", "b", "c"}}))
	assert.Contains(t, code.String(), "predictExps(")
	assert.Contains(t, code.String(), "seen := [...]bool{true, false, true}")
	assert.ErrorIs(t, WriteGo(io.Discard, &ClassifierModel{}, GoSource{}), ml.ErrConfig)
}
