package nn

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/codec"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// torchNets are the nets of torch_safetensors.json.
var torchNets = map[string]Module{
	"mlp":           Seq{Dense{Out: 4, Act: ReLU}, Dense{Out: 2}},
	"f16":           Seq{Dense{Out: 2}},
	"bf16":          Seq{Dense{Out: 2}},
	"f64":           Seq{Dense{Out: 2}},
	"renamed":       Seq{Conv2D{Out: 3, Kernel: 3, Zeros: 1}, BatchNorm{}, ReLU, MaxPool{Size: 2}, Flatten{}, Dense{Out: 4}},
	"conv1":         Seq{Conv1D{Out: 6, Kernel: 3, Groups: 2}},
	"conv2":         Seq{Conv2D{Out: 3, Kernel: 3, Stride: 2, NoBias: true}},
	"conv3":         Seq{Conv3D{Out: 2, Kernel: 2}},
	"transposed":    Seq{&ConvTranspose2D{Out: 3, Kernel: 3, Stride: 2, Zeros: 1}}, // by a pointer, which is the same layer
	"group norm":    Seq{GroupNorm{Groups: 2}},
	"instance norm": Seq{InstanceNorm{Scale: true}},
	"batch norm":    Seq{BatchNorm{}},
	"layer norm":    Seq{LayerNorm{}},
	"rms norm":      Seq{RMSNorm{}},
	"weight norm":   Seq{WeightNorm{Out: 4}},
	"spectral norm": Seq{SpectralNorm{Out: 4}},
	"embedding":     Seq{Embedding{Rows: 5, Width: 3}},
	"rnn":           Seq{RNN{Units: 2, Layers: 2}},
	"rnn both":      Seq{RNN{Units: 2, Layers: 2, Bidirectional: true}},
	"gru":           Seq{GRU{Units: 2, Layers: 2}},
	"gru both":      Seq{GRU{Units: 2, Layers: 2, Bidirectional: true}},
	"lstm":          Seq{LSTM{Units: 2, Layers: 2}},
	"lstm both":     Seq{LSTM{Units: 2, Layers: 2, Bidirectional: true}},
	"attention":     Seq{MultiHeadAttention{Heads: 2}},
	"encoder":       Seq{Transformer{Attention: MultiHeadAttention{Heads: 2}, Hidden: 5}},
	"decoder":       Seq{Decoder{Block: Transformer{Attention: MultiHeadAttention{Heads: 2, Causal: true}, Hidden: 5}, Split: 2}},
}

var torchNames = map[string]map[string]string{
	"mlp":     {"1": "2"},
	"renamed": {"0": "conv1", "1": "bn1", "5": "fc"},
}

type torchFile struct {
	Name  string
	File  string
	X, Y  []float64
	Shape []int
}

func torchFiles(t testing.TB) []torchFile {
	return golden.Load[struct{ Cases []torchFile }](t, "testdata/torch_safetensors.json").Cases
}

func (f *torchFile) bytes(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(f.File)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *torchFile) input() *tensor.Tensor[float32] {
	x := tensor.New[float32](f.Shape...)
	for i, v := range f.X {
		x.Data()[i] = float32(v)
	}
	return x
}

// Files that PyTorch's layers were saved in give their answers, which PyTorch computed in float64; what we write of the net has PyTorch's names,
// shapes and, but for the two biases of recurrent layers, its numbers.
func TestSafetensorsAgainstPyTorch(t *testing.T) {
	files := torchFiles(t)
	if len(files) != len(torchNets) {
		t.Fatalf("%d files, %d nets", len(files), len(torchNets))
	}
	for _, f := range files {
		t.Run(f.Name, func(t *testing.T) {
			net, err := New(torchNets[f.Name], f.Shape[1:], 1)
			if err != nil {
				t.Fatal(err)
			}
			raw, how := f.bytes(t), StateDict{Rename: torchNames[f.Name]}
			report, err := ReadSafetensors(bytes.NewReader(raw), net, how)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Loaded) == 0 || report.Missing != nil || report.Unexpected != nil {
				t.Errorf("report %+v", report)
			}
			y, err := net.Predict(f.input())
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, y.Len())
			for i, v := range y.Data() {
				got[i] = float64(v)
			}
			near(t, got, f.Y, narrowly, "answers")

			var b bytes.Buffer
			if err := WriteSafetensors(&b, net, how); err != nil {
				t.Fatal(err)
			}
			sameTensors(t, b.Bytes(), raw)
			again, _ := New(torchNets[f.Name], f.Shape[1:], 2)
			if _, err := ReadSafetensors(&b, again, how); err != nil {
				t.Fatal(err)
			}
			for i, p := range net.Params() {
				if !slices.Equal(p.Values(), again.Params()[i].Values()) {
					t.Errorf("%s has come back different", p.Name)
				}
			}
			for i, s := range net.States() {
				if !slices.Equal(s.Values(net), again.States()[i].Values(again)) {
					t.Errorf("%s has come back different", s.Name)
				}
			}
		})
	}
}

func sameTensors(t *testing.T, got, want []byte) {
	t.Helper()
	a, b := tensorsOf(t, got), tensorsOf(t, want)
	if len(a) != len(b) {
		t.Errorf("%d tensors are written, PyTorch has %d", len(a), len(b))
	}
	for name, w := range b {
		g, ok := a[name]
		if !ok || !slices.Equal(g.shape, w.shape) {
			t.Errorf("%s of shape %v, PyTorch's is %v", name, g.shape, w.shape)
			continue
		}
		if at := strings.Index(name, ".bias_"); at >= 0 {
			end := name[at+len(".bias_ih"):]
			for i := range g.x {
				sum := func(m map[string]numbers) float32 {
					return m[name[:at]+".bias_ih"+end].x[i] + m[name[:at]+".bias_hh"+end].x[i]
				}
				if sum(a) != sum(b) {
					t.Errorf("%s: other sums of biases", name)
				}
			}
		} else if !slices.Equal(g.x, w.x) {
			t.Errorf("%s has other numbers", name)
		}
	}
}

type numbers struct {
	shape []int
	x     []float32
}

func tensorsOf(t *testing.T, raw []byte) map[string]numbers {
	t.Helper()
	f, err := codec.ReadSafetensors(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]numbers{}
	for _, a := range f.Arrays {
		n := numbers{shape: a.Shape}
		if a.DType != codec.I64 {
			if n.x, err = floats("", &a); err != nil {
				t.Fatal(err)
			}
		}
		out[a.Name] = n
	}
	return out
}

// smallFile has the tensors of Dense{Out: 2} on 3 numbers, but for what change does.
func smallFile(t *testing.T, change func(f *codec.File)) []byte {
	t.Helper()
	f := codec.File{Arrays: []codec.Array{codec.ArrayOf("weight", []float32{1, 2, 3, 4, 5, 6}, 2, 3), codec.ArrayOf("bias", []float32{7, 8}, 2)}}
	if change != nil {
		change(&f)
	}
	var b bytes.Buffer
	if err := codec.WriteSafetensors(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSafetensorsReport(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, tc := range []struct {
		name                        string
		change                      func(f *codec.File)
		how                         StateDict
		loaded, missing, unexpected []string
		kind                        error
	}{
		{name: "whole", loaded: []string{"weight", "bias"}},
		{name: "missing", change: func(f *codec.File) { f.Arrays = f.Arrays[:1] }, loaded: []string{"weight"}, missing: []string{"bias"}, kind: ml.ErrFormat},
		{name: "missing, loose", change: func(f *codec.File) { f.Arrays = f.Arrays[:1] }, how: StateDict{Loose: true}, loaded: []string{"weight"}, missing: []string{"bias"}},
		{name: "unexpected", change: func(f *codec.File) { f.Arrays = append(f.Arrays, codec.ArrayOf("more", []float32{1}, 1)) }, loaded: []string{"weight", "bias"}, unexpected: []string{"more"}, kind: ml.ErrFormat},
		{name: "renamed", change: func(f *codec.File) { f.Arrays[0].Name, f.Arrays[1].Name = "net.a", "net.bias" }, how: StateDict{Rename: map[string]string{"": "net", "weight": "net.a"}}, loaded: []string{"net.a", "net.bias"}},
		{name: "renamed to one", how: StateDict{Rename: map[string]string{"weight": "bias"}}, kind: ml.ErrConfig},
		{name: "another shape", change: func(f *codec.File) { f.Arrays[0].Shape = []int{3, 2} }, kind: ml.ErrShape},
		{name: "integers", change: func(f *codec.File) { f.Arrays[1] = codec.ArrayOf("bias", []int32{7, 8}, 2) }, loaded: []string{"weight"}, kind: ml.ErrFormat},
		{name: "infinite", change: func(f *codec.File) { f.Arrays[1] = codec.ArrayOf("bias", []float32{7, inf}, 2) }, loaded: []string{"weight"}, kind: ml.ErrNotFinite},
		{name: "beyond float32", change: func(f *codec.File) { f.Arrays[1] = codec.ArrayOf("bias", []float64{7, 1e300}, 2) }, loaded: []string{"weight"}, kind: ml.ErrNotFinite},
	} {
		net, err := New(Dense{Out: 2}, []int{3}, 1)
		if err != nil {
			t.Fatal(err)
		}
		w, b := net.Params()[0].Values(), net.Params()[1].Values()
		report, err := ReadSafetensors(bytes.NewReader(smallFile(t, tc.change)), net, tc.how)
		if !errors.Is(err, tc.kind) {
			t.Errorf("%s: error %v, want %v", tc.name, err, tc.kind)
		}
		if !slices.Equal(report.Loaded, tc.loaded) || !slices.Equal(report.Missing, tc.missing) || !slices.Equal(report.Unexpected, tc.unexpected) {
			t.Errorf("%s: %+v", tc.name, report)
		}
		if tc.kind == nil {
			w = []float32{1, 4, 2, 5, 3, 6}
			if tc.missing == nil {
				b = []float32{7, 8}
			}
		}
		if !slices.Equal(net.Params()[0].Values(), w) || !slices.Equal(net.Params()[1].Values(), b) {
			t.Errorf("%s: parameters %v %v, want %v %v", tc.name, net.Params()[0].Values(), net.Params()[1].Values(), w, b)
		}
	}
}

// Half of a pair of biases is no bias: the parameter stays whole.
func TestSafetensorsKeepWhatIsNotWhole(t *testing.T) {
	net, err := New(LSTM{Units: 1}, []int{2, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	before := net.Params()[2].Values()
	var b bytes.Buffer
	f := codec.File{Arrays: []codec.Array{codec.ArrayOf("bias_ih_l0", []float32{1, 2, 3, 4}, 4)}}
	if err := codec.WriteSafetensors(&b, f); err != nil {
		t.Fatal(err)
	}
	report, err := ReadSafetensors(&b, net, StateDict{Loose: true})
	if err != nil || len(report.Missing) != 3 {
		t.Fatal(report, err)
	}
	if !slices.Equal(net.Params()[2].Values(), before) {
		t.Error("half a bias was taken")
	}
}

// A parameter of a layer of one's own keeps its name and its layout; one of attention to a memory of another width has PyTorch's three.
func TestSafetensorsOfOwnLayers(t *testing.T) {
	net, err := New(crossing{}, []int{3, 4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteSafetensors(&b, net, StateDict{}); err != nil {
		t.Fatal(err)
	}
	got := tensorsOf(t, b.Bytes())
	again, _ := New(crossing{}, []int{3, 4}, 2)
	if _, err := ReadSafetensors(&b, again, StateDict{}); err != nil {
		t.Fatal(err)
	}
	for i, p := range net.Params() {
		if !slices.Equal(p.Values(), again.Params()[i].Values()) {
			t.Errorf("%s has come back different", p.Name)
		}
	}
	for name, shape := range map[string][]int{"own": {4, 2}, "cross.q_proj_weight": {4, 4}, "cross.k_proj_weight": {4, 2}, "cross.v_proj_weight": {4, 2}, "cross.in_proj_bias": {12}, "cross.out_proj.weight": {4, 4}, "cross.out_proj.bias": {4}} {
		if g, ok := got[name]; !ok || !slices.Equal(g.shape, shape) {
			t.Errorf("%s: shape %v, want %v", name, g.shape, shape)
		}
	}
}

type crossing struct{}

func (crossing) Forward(c *Ctx, x *Var) *Var {
	memory := c.Linear(x, c.Param("own", nil, 4, 2), nil, Linear)
	return c.CrossAttention("cross", MultiHeadAttention{Heads: 2}, x, memory, nil)
}

func TestHalves(t *testing.T) {
	for h, want := range map[uint16]float64{0: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: math.Ldexp(1, -14), 1: math.Ldexp(1, -24), 0x83ff: -1023 * math.Ldexp(1, -24), 0x3555: 1365. / 4096, 0x7c00: math.Inf(1)} {
		if got := float64(codec.Half(h)); got != want {
			t.Errorf("%#x is %v, want %v", h, got, want)
		}
	}
	if v := codec.Half(0x8000); v != 0 || !math.Signbit(float64(v)) {
		t.Errorf("-0 is %v", v)
	}
	if v := codec.Half(0x7e00); v == v {
		t.Errorf("NaN is %v", v)
	}
}

// No file, whatever its bytes, makes the reader panic or leaves numbers in the net that are not finite.
func FuzzReadSafetensors(f *testing.F) {
	for _, c := range torchFiles(f) {
		if c.Name == "lstm both" || c.Name == "batch norm" || c.Name == "f16" {
			f.Add(c.bytes(f))
		}
	}
	m := Seq{BatchNorm{}, LSTM{Units: 2, Layers: 2, Bidirectional: true}}
	f.Fuzz(func(t *testing.T, raw []byte) {
		net, err := New(m, []int{3, 3}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, how := range []StateDict{{}, {Loose: true}, {Loose: true, Rename: map[string]string{"1": "0"}}} {
			_, err := ReadSafetensors(bytes.NewReader(raw), net, how)
			var e *ml.Error
			if err != nil && !errors.As(err, &e) {
				t.Fatalf("an error without a type: %v", err)
			}
		}
		for _, p := range net.Params() {
			for _, v := range p.Values() {
				if !(math.Abs(float64(v)) <= math.MaxFloat32) {
					t.Fatalf("%s holds %v", p.Name, v)
				}
			}
		}
	})
}
