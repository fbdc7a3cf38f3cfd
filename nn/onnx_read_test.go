package nn

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/onnx"
	"github.com/gopherwood-ml/ml/tensor"
)

type onnxFile struct {
	Name, File string
	X, Y       []float32
	Shape, Out []int
}

func onnxFiles(t testing.TB) []onnxFile {
	return golden.Load[struct{ Cases []onnxFile }](t, "testdata/onnx_files.json").Cases
}

// Files of PyTorch's exporter, and one made by hand with the outputs of scikit-learn's converter, give what ONNX Runtime gives, to 1e-5: sums in another order, in float32. So do they after
// ml.Save, and after another export; and they train.
func TestONNXFilesOfOthers(t *testing.T) {
	for _, tc := range onnxFiles(t) {
		t.Run(tc.Name, func(t *testing.T) {
			text, err := base64.StdEncoding.DecodeString(tc.File)
			require.NoError(t, err)
			n, err := ReadONNX(bytes.NewReader(text))
			require.NoError(t, err)
			x := tensor.FromSlice(tc.X, tc.Shape...)
			check := func(n *Net, what string) {
				y, err := n.Predict(x)
				require.NoError(t, err)
				require.Equal(t, tc.Out, y.Shape())
				golden.Close(t, y.Data(), tc.Y, 1e-5, 1e-5, what)
			}
			check(n, "read")
			m, err := NewGraphModel(n)
			require.NoError(t, err)
			var saved, file bytes.Buffer
			require.NoError(t, ml.Save(&saved, m))
			m, err = ml.Load[*GraphModel](&saved)
			require.NoError(t, err)
			check(m.Net(), "saved")
			require.NoError(t, WriteONNX(&file, n))
			again, err := ReadONNX(&file)
			require.NoError(t, err)
			check(again, "written")
			before := n.Params()[0].Values()
			tr, err := NewTrainer(n, Training{Loss: MSE{}, Optimizer: SGD{LearningRate: .01}})
			require.NoError(t, err)
			for range 2 {
				_, err = tr.Step(x, tensor.New[float32](tc.Out...))
				require.NoError(t, err)
			}
			require.NotEqual(t, before, n.Params()[0].Values())
		})
	}
}

// one is a file of one node on an input of four numbers.
func oneNode(n onnx.Node, weights ...onnx.Tensor) []byte {
	n.Out = []string{"y"}
	dims := []onnx.Dim{{Name: "N"}, {Size: 4}}
	return onnx.Encode(&onnx.Model{IR: 8, Opsets: []onnx.Opset{{Version: 17}}, Graph: onnx.Graph{Nodes: []onnx.Node{n}, Initializers: weights,
		Inputs: []onnx.Value{{Name: "x", Type: onnx.Float32, Known: true, Dims: dims}}, Outputs: []onnx.Value{{Name: "y", Type: onnx.Float32}}}})
}

// Errors name the operator and the node.
func TestONNXFaults(t *testing.T) {
	shape := func(v ...int64) onnx.Tensor {
		return onnx.Tensor{Name: "s", Type: onnx.Int64, Dims: []int{len(v)}, Ints: v}
	}
	for what, text := range map[string][]byte{
		"node a (Loop)":               oneNode(onnx.Node{Name: "a", Op: "Loop", In: []string{"x"}}),
		"node b (Relu)":               oneNode(onnx.Node{Name: "b", Op: "Relu", In: []string{"z"}}),
		"node c (Expand)":             oneNode(onnx.Node{Name: "c", Op: "Expand", In: []string{"x", "s"}}, shape(1<<30, 1<<20, 1, 4)),
		"node d (Reshape)":            oneNode(onnx.Node{Name: "d", Op: "Reshape", In: []string{"x", "s"}}, shape(-1, -1)),
		"node e (Gather)":             oneNode(onnx.Node{Name: "e", Op: "Gather", In: []string{"x", "s"}, Attrs: []onnx.Attr{attrInt("axis", 1)}}, shape(4)),
		"node f (Conv)":               oneNode(onnx.Node{Name: "f", Op: "Conv", In: []string{"x", "x"}}),
		"node g (Concat)":             oneNode(onnx.Node{Name: "g", Op: "Concat", In: []string{"x", "x"}, Attrs: []onnx.Attr{attrInt("axis", 2)}}),
		"node h (BatchNormalization)": oneNode(onnx.Node{Name: "h", Op: "BatchNormalization", In: []string{"x"}}),
	} {
		_, err := ReadONNX(bytes.NewReader(text))
		var e *ml.Error
		require.True(t, errors.As(err, &e), "%s: %v", what, err)
		require.Equal(t, onnxReads, e.Where)
		require.Equal(t, what, e.Field, err)
	}
	_, err := NewGraphModel(&Net{Module: Dense{Out: 1}})
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = ReadONNX(bytes.NewReader([]byte{0x0a, 0xff}))
	require.ErrorIs(t, err, ml.ErrFormat)
}

// No file makes the reader panic, and one that it takes can be asked.
func FuzzReadONNX(f *testing.F) {
	for _, tc := range onnxFiles(f) {
		text, err := base64.StdEncoding.DecodeString(tc.File)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := onnx.Decode(text)
		if err != nil || len(m.Graph.Nodes) > 200 {
			return
		}
		for _, v := range m.Graph.Inputs {
			total := 1
			for _, d := range v.Dims {
				total *= max(min(d.Size, 1<<20), 1)
			}
			if total > 1<<12 { // time, not memory
				return
			}
		}
		n, err := ReadONNX(bytes.NewReader(text))
		if err != nil {
			var e *ml.Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		_, _ = n.Predict(tensor.New[float32](append([]int{3}, n.In...)...))
	})
}
