package features

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

func fromRows(rows [][]float64) *tensor.Tensor[float64] { return must(tensor.FromRows(rows)) }

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
	if a := testing.AllocsPerRun(100, func() { m.TransformRow(dst, src) }); a != 0 && !RaceEnabled {
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

func isKind(err, kind error) bool { return errors.Is(err, kind) }
