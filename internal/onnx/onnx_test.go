package onnx

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/codec"
)

func sample() *Model {
	return &Model{IR: IR, Producer: "p", Version: "1", Doc: "d", Opsets: []Opset{{Version: 17}, {Domain: "own", Version: 2}}, Graph: Graph{Name: "g",
		Nodes: []Node{{Name: "n", Op: "Op", Domain: "own", In: []string{"x", "", "w"}, Out: []string{"y"}, Attrs: []Attr{
			{Name: "f", Type: Float, F: .5}, {Name: "i", Type: Int, I: -3}, {Name: "s", Type: String, S: "text"}, {Name: "fs", Type: Floats, Floats: []float32{1, -2}},
			{Name: "is", Type: Ints, Ints: []int64{1, -1, math.MaxInt64}}, {Name: "ss", Type: Strings, Strings: []string{"a", ""}}, {Name: "t", Type: TensorT, T: &Tensor{Type: Bool, Dims: []int{2}, Ints: []int64{1, 0}}}}}},
		Initializers: []Tensor{{Name: "w", Type: Float32, Dims: []int{2, 1}, Floats: []float32{1, 2}}, {Name: "k", Type: Int64, Dims: []int{1}, Ints: []int64{-7}}, {Name: "h", Type: Int32, Ints: []int64{-8}}},
		Inputs:       []Value{{Name: "x", Type: Float32, Known: true, Dims: []Dim{{Name: "N"}, {Size: 3}}}}, Outputs: []Value{{Name: "y", Type: Int64}}}}
}

func TestRoundTrip(t *testing.T) {
	m, err := Decode(Encode(sample()))
	require.NoError(t, err)
	require.True(t, reflect.DeepEqual(sample(), m), "%+v", m)
}

// Every file that is cut off or has a byte changed is read or refused, with the place of the fault.
func TestFaultsHavePlaces(t *testing.T) {
	whole := Encode(sample())
	for cut := range whole {
		if _, err := Decode(whole[:cut]); err != nil {
			var e *Error
			require.True(t, errors.As(err, &e))
			require.ErrorIs(t, err, ErrFormat)
			require.LessOrEqual(t, e.Offset, cut)
		}
	}
	for _, c := range []struct {
		name string
		t    Tensor
	}{{"too few", Tensor{Type: Float32, Dims: []int{3}, Floats: []float32{1}}}, {"a shape beyond counting", Tensor{Type: Float32, Dims: []int{1 << 30, 1 << 30}}}} {
		m := sample()
		m.Graph.Initializers = append(m.Graph.Initializers, c.t)
		_, err := Decode(Encode(m))
		require.ErrorIs(t, err, ErrFormat, c.name)
	}
}

func TestHalves(t *testing.T) {
	require.Equal(t, []float32{1, -2, 5.9604645e-08, 65504}, []float32{codec.Half(0x3c00), codec.Half(0xc000), codec.Half(1), codec.Half(0x7bff)})
	require.True(t, math.IsInf(float64(codec.Half(0x7c00)), 1))
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode(sample()))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatal(err)
			}
			return
		}
		for _, w := range m.Graph.Initializers {
			if len(w.Floats)+len(w.Ints) > 8*len(b) {
				t.Fatal("more numbers than bytes")
			}
		}
	})
}
