package features

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

// number reads the floats of golden files, where NaN and Inf are strings.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`:
		*n = number(math.NaN())
		return nil
	case `"+Inf"`:
		*n = number(math.Inf(1))
		return nil
	case `"-Inf"`:
		*n = number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

type vector []number

func (v vector) floats() []float64 {
	out := make([]float64, len(v))
	for i, n := range v {
		out[i] = float64(n)
	}
	return out
}

type matrix []vector

func (m matrix) tensor() *tensor.Tensor[float64] {
	rows := make([][]float64, len(m))
	for i, r := range m {
		rows[i] = r.floats()
	}
	return must(tensor.FromRows(rows))
}

func golden(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// near compares numbers to a relative tolerance (absolute below 1); NaN equals NaN.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !close(got[i], want[i], tol) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

func close(a, b, tol float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return math.Abs(a-b) <= tol*max(1, math.Abs(b))
}

// dense is any matrix's numbers, row by row.
func dense(x tensor.Matrix) []float64 { return tensor.FromMatrix[float64](x).Data() }

func table(p int, values ...float64) ml.Table {
	return ml.Table{X: tensor.FromSlice(values, len(values)/p, p)}
}

// byRow transforms x one row at a time and fails if a row allocates.
func byRow(t *testing.T, m interface {
	ml.Transformer
	ml.RowTransformer
}, x tensor.Matrix) []float64 {
	t.Helper()
	n, p := x.Dims()
	width := len(m.Out())
	src, dst := make([]float64, p), make([]float64, width)
	out := make([]float64, 0, n*width)
	for i := range n {
		for j := range src {
			src[j] = x.At(i, j)
		}
		if err := m.TransformRow(dst, src); err != nil {
			t.Fatal(err)
		}
		out = append(out, dst...)
	}
	if a := testing.AllocsPerRun(100, func() { m.TransformRow(dst, src) }); a != 0 {
		t.Errorf("TransformRow allocates %v times", a)
	}
	return out
}

func same(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
			t.Fatalf("%s[%d] = %v, want exactly %v", what, i, got[i], want[i])
		}
	}
}
