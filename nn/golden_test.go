package nn

import (
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/golden"
)

// The goldens are PyTorch's in float64, from inputs that float32 holds exactly; see internal/golden/nn_torch.py.
//
// Tolerances are relative, and for arrays also relative to their largest number, since an element may be the small difference of large
// sums. In float64 both sides round at 1e-16 and the sums have some dozens of terms: 1e-10 leaves room for a hundred thousand roundings
// in a row, which deep recurrent gradients do not reach. In float32 an operation rounds at 6e-8, and the longest chains here (a decoder
// block, its gradients) have some tens of them: 1e-5 is 170 roundings.
const (
	narrowly = 1e-5
	widely   = 1e-10
)

// widths are the engines with what they promise.
var widths = []struct {
	name   string
	engine compute.Engine
	tol    float64
}{{"float64", compute.CPU64, widely}, {"float32", compute.CPU32, narrowly}}

// near compares with a tolerance relative to each number and to the largest.
func near(t *testing.T, got, want []float64, tol float64, what string) {
	t.Helper()
	most := 0.0
	for _, w := range want {
		most = max(most, math.Abs(w))
	}
	golden.Close(t, got, want, tol, tol*most, what)
}

// read is an engine's memory in float64.
func read(e compute.Engine, b compute.Buf) []float64 {
	x := make([]float64, b.Len())
	e.GetWide(x, b)
	return x
}

// pinned makes a net of the given width, with the given parameters: all that it has and no others.
func pinned(t *testing.T, m Module, in []int, e compute.Engine, params map[string][]float64) *Net {
	t.Helper()
	net, err := newNet(m, in, 1, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		w, ok := params[p.Name]
		if !ok || len(w) != p.v.Len() {
			t.Fatalf("the golden file has %d numbers for parameter %s of shape %v", len(w), p.Name, p.Shape)
		}
		e.PutWide(p.v.value, w)
	}
	if len(net.Params()) != len(params) {
		t.Fatalf("the net has %d parameters, the golden file %d", len(net.Params()), len(params))
	}
	return net
}

// layerCase is a layer's values and gradients.
type layerCase struct {
	Name    string
	Train   bool
	Shape   []int
	X       []float64
	Params  map[string][]float64
	Out     []int
	Y, DY   []float64
	DX      []float64
	DParams map[string][]float64
	State   map[string][]float64
	Before  [][]float64          `json:",omitempty"` // batches of training that came first
	Start   map[string][]float64 `json:",omitempty"` // the states before this batch
}

var goldenLayers = map[string]Module{
	"conv1":                       Conv1D{Out: 2, Kernel: 3},
	"conv1 same stride dilation":  Conv1D{Out: 4, Kernel: 3, Stride: 2, Dilation: 2, Groups: 2, Pad: Same},
	"conv2":                       Conv2D{Out: 3, Kernel: 3},
	"conv2 zeros stride":          Conv2D{Out: 3, Kernel: 3, Stride: 2, Zeros: 1},
	"conv2 same even kernel":      Conv2D{Out: 2, Kernel: 2, Pad: Same, NoBias: true},
	"conv2 same stride":           Conv2D{Out: 2, Kernel: 3, Stride: 2, Pad: Same, Act: SiLU},
	"conv2 dilated":               Conv2D{Out: 2, Kernel: 2, Dilation: 2},
	"conv2 groups":                Conv2D{Out: 6, Kernel: 3, Groups: 2, Zeros: 1, Act: ReLU},
	"conv2 depthwise":             Conv2D{Out: 3, Kernel: 3, Groups: 3, Pad: Same},
	"conv2 depthwise twice":       Conv2D{Out: 4, Kernel: 3, Groups: 2, Zeros: 1, Stride: 2},
	"conv2 1x1":                   Conv2D{Out: 3, Kernel: 1},
	"conv2 larger than the image": Conv2D{Out: 2, Kernel: 5, Zeros: 2},
	"conv3":                       Conv3D{Out: 2, Kernel: 2, Act: Tanh},
	"conv3 same stride":           Conv3D{Out: 2, Kernel: 3, Stride: 2, Pad: Same},
	"transposed":                  ConvTranspose2D{Out: 3, Kernel: 3},
	"transposed stride":           ConvTranspose2D{Out: 2, Kernel: 3, Stride: 2, Zeros: 1, Act: Tanh},
	"transposed apart":            ConvTranspose2D{Out: 2, Kernel: 2, Stride: 3},
	"max pool":                    MaxPool{Size: 2},
	"max pool overlapping":        MaxPool{Size: 3, Stride: 2, Zeros: 1},
	"max pool same":               MaxPool{Size: 3, Stride: 2, Pad: Same},
	"max pool 1":                  MaxPool{Size: 3, Stride: 1},
	"max pool 3":                  MaxPool{Size: 2, Stride: 1},
	"mean pool":                   MeanPool{Size: 2},
	"mean pool zeros":             MeanPool{Size: 3, Stride: 2, Zeros: 1},
	"mean pool inside":            MeanPool{Size: 3, Stride: 2, Zeros: 1, InsideOnly: true},
	"mean pool same inside":       MeanPool{Size: 3, Stride: 2, Pad: Same, InsideOnly: true},
	"mean pool 1":                 MeanPool{Size: 3, Stride: 2},
	"mean pool 3":                 MeanPool{Size: 2, Stride: 1},
	"global mean":                 GlobalMeanPool{},
	"global max":                  GlobalMaxPool{},
	"adaptive 2 3":                AdaptiveMeanPool{2, 3},
	"adaptive larger":             AdaptiveMeanPool{4, 3},
	"layer norm":                  LayerNorm{},
	"layer norm eps":              LayerNorm{Eps: .1, NoScale: true},
	"rms norm":                    RMSNorm{},
	"group norm":                  GroupNorm{Groups: 2},
	"instance norm":               InstanceNorm{},
	"instance norm scaled":        InstanceNorm{Scale: true},
	"weight norm":                 WeightNorm{Out: 4, Act: Tanh},
	"spectral norm":               SpectralNorm{Out: 4},
	"batch norm":                  BatchNorm{},
	"batch norm running":          BatchNorm{},
	"batch norm image":            BatchNorm{Momentum: .3, Eps: 1e-2},
	"batch norm image running":    BatchNorm{Momentum: .3, Eps: 1e-2},
	"batch norm plain":            BatchNorm{NoScale: true},
	"batch norm plain running":    BatchNorm{NoScale: true},
	"embedding":                   Embedding{Rows: 5, Width: 3},
	"embedding bag":               EmbeddingBag{Rows: 5, Width: 3},
	"embedding bag sum":           EmbeddingBag{Rows: 5, Width: 3, Sum: true},
	"rnn":                         RNN{Units: 2},
	"rnn last":                    RNN{Units: 3, Last: true},
	"rnn deep":                    RNN{Units: 2, Layers: 2, Bidirectional: true},
	"rnn deep last":               RNN{Units: 2, Layers: 2, Bidirectional: true, Last: true},
	"gru":                         GRU{Units: 2},
	"gru last":                    GRU{Units: 3, Last: true},
	"gru deep":                    GRU{Units: 2, Layers: 2, Bidirectional: true},
	"gru deep last":               GRU{Units: 2, Layers: 2, Bidirectional: true, Last: true},
	"lstm":                        LSTM{Units: 2},
	"lstm last":                   LSTM{Units: 3, Last: true},
	"lstm deep":                   LSTM{Units: 2, Layers: 2, Bidirectional: true},
	"lstm deep last":              LSTM{Units: 2, Layers: 2, Bidirectional: true, Last: true},
	"attention":                   MultiHeadAttention{Heads: 2},
	"attention causal":            MultiHeadAttention{Heads: 3, Causal: true},
	"attention grouped":           MultiHeadAttention{Heads: 4, KVHeads: 2, Causal: true},
	"attention rotary":            MultiHeadAttention{Heads: 2, Causal: true, Rotary: true, NoBias: true},
	"transformer":                 Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}, Hidden: 5},
	"transformer relu":            Transformer{Attention: MultiHeadAttention{Heads: 1, Causal: true}, Act: ReLU},
	"decoder":                     Decoder{Block: Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}, Hidden: 5}, Split: 2},
	"sinusoids":                   Sinusoids{},
	"positions":                   Positions{Length: 4},
}

func TestLayersAgainstPyTorch(t *testing.T) {
	file := golden.Load[struct{ Cases []layerCase }](t, "testdata/torch_layers.json")
	seen := map[string]bool{}
	for _, tc := range file.Cases {
		m, ok := goldenLayers[tc.Name]
		if !ok {
			t.Errorf("no layer for the golden case %q", tc.Name)
			continue
		}
		seen[tc.Name] = true
		for _, w := range widths {
			t.Run(tc.Name+"/"+w.name, func(t *testing.T) { checkLayer(t, m, &tc, w.engine, w.tol) })
		}
	}
	for name := range goldenLayers {
		if !seen[name] {
			t.Errorf("no golden case for %q", name)
		}
	}
}

func checkLayer(t *testing.T, m Module, tc *layerCase, e compute.Engine, tol float64) {
	net := pinned(t, m, tc.Shape[1:], e, tc.Params)
	c := net.newCtx()
	pass := func(data []float64) (x, y, loss *Var) {
		c.begin(tc.Train, tc.Shape)
		x = c.input(tc.Shape)
		if len(tc.DX) > 0 {
			c.Watch(x)
		}
		e.PutWide(x.value, data)
		y = m.Forward(c, x)
		dy := c.input(y.shape)
		if dy.Len() != len(tc.DY) {
			t.Fatalf("the result has shape %v, want %v", y.shape, tc.Out)
		}
		e.PutWide(dy.value, tc.DY)
		return x, y, c.Sum(c.Mul(y, dy))
	}
	if tc.Before != nil {
		for _, b := range tc.Before {
			pass(b)
		}
	} else {
		for _, s := range net.States() {
			if start, ok := tc.Start[s.Name]; ok {
				e.PutWide(s.v.value, start)
			}
		}
	}
	for again := range 2 { // the second pass meets the records of the first
		if again > 0 && len(tc.State) > 0 {
			break // it would move the states once more
		}
		for _, s := range net.States() {
			if start, ok := tc.Start[s.Name]; ok {
				near(t, read(e, s.v.value), start, tol, s.Name+" before")
			}
		}
		x, y, loss := pass(tc.X)
		if fmt.Sprint(y.shape) != fmt.Sprint(tc.Out) {
			t.Errorf("the result has shape %v, want %v", y.shape, tc.Out)
		}
		near(t, read(e, y.value), tc.Y, tol, "values")
		for _, p := range net.book.params {
			p.v.written = false
		}
		c.backward(loss)
		if len(tc.DX) > 0 {
			near(t, read(e, x.grad), tc.DX, tol, "gradient of the input")
		}
		for _, p := range net.Params() {
			near(t, read(e, p.v.grad), tc.DParams[p.Name], tol, "gradient of "+p.Name)
		}
	}
	if len(net.States()) != len(tc.State) {
		t.Errorf("%d states, want %d", len(net.States()), len(tc.State))
	}
	for _, s := range net.States() {
		near(t, read(e, s.v.value), tc.State[s.Name], tol, "state "+s.Name)
	}
}

var goldenActivations = map[string]Activation{
	"Linear": Linear, "ReLU": ReLU, "GELU": GELU, "GELUTanh": GELUTanh, "SiLU": SiLU, "Tanh": Tanh, "Sigmoid": Sigmoid, "Softplus": Softplus,
	"SELU": SELU, "Mish": Mish, "HardSwish": HardSwish, "HardSigmoid": HardSigmoid, "ReLU6": ReLU6, "Softsign": Softsign, "LogSigmoid": LogSigmoid,
	"LeakyReLU": LeakyReLU(.01), "LeakyReLU .2": LeakyReLU(.2), "ELU": ELU(1), "ELU .5": ELU(.5), "HardTanh": HardTanh(-1, 1), "HardTanh -2 3": HardTanh(-2, 3),
}

// Activations over a grid with their kinks: alone, after a dense layer and after a convolution that pass their input on, since either
// computes them as part of itself.
func TestActivationsAgainstPyTorch(t *testing.T) {
	file := golden.Load[struct {
		Grid        []float64
		Activations []struct {
			Name  string
			Y, DX []float64
		}
	}](t, "testdata/torch_layers.json")
	if len(file.Activations) != len(goldenActivations) {
		t.Errorf("%d activations, want %d", len(file.Activations), len(goldenActivations))
	}
	one := map[string][]float64{"W": {1}, "b": {0}}
	for _, tc := range file.Activations {
		f, ok := goldenActivations[tc.Name]
		if !ok {
			t.Errorf("no activation for the golden case %q", tc.Name)
			continue
		}
		for _, by := range []struct {
			name   string
			m      Module
			in     []int
			params map[string][]float64
		}{
			{"alone", f, []int{1}, nil},
			{"dense", Dense{Out: 1, Act: f}, []int{1}, one},
			{"dense without bias", Dense{Out: 1, Act: f, NoBias: true}, []int{1}, map[string][]float64{"W": {1}}},
			{"convolution", Conv1D{Out: 1, Kernel: 1, Act: f}, []int{1, 1}, one},
		} {
			for _, w := range widths {
				t.Run(tc.Name+"/"+by.name+"/"+w.name, func(t *testing.T) {
					e := w.engine
					net := pinned(t, by.m, by.in, e, by.params)
					c := net.newCtx()
					shape := append([]int{len(file.Grid)}, by.in...)
					c.begin(true, shape)
					x := c.Watch(c.input(shape))
					e.PutWide(x.value, file.Grid)
					y := by.m.Forward(c, x)
					got := read(e, y.value)
					c.backward(c.Sum(y))
					// Functions that tend to 0 do so as a difference of numbers near 1 (the tails of GELU): the error is
					// that of the 1, times x.
					floor := w.tol / 10
					golden.Close(t, got, tc.Y, w.tol, floor, "values")
					golden.Close(t, read(e, x.grad), tc.DX, w.tol, floor, "gradients")
				})
			}
		}
	}
}
