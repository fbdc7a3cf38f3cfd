// Package rows turns any matrix into fast rows.
package rows

// Interim file by the lead so that the root compiles: the owner of this folder replaces it.

import (
	"math"
	"reflect"

	"github.com/gopherwood-ml/ml/tensor"
)

// IsNil says that m is nil or a nil pointer in an interface.
func IsNil(m tensor.Matrix) bool {
	if m == nil {
		return true
	}
	v := reflect.ValueOf(m)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// CheckFinite finds the first Inf, or NaN unless allowed.
func CheckFinite(m tensor.Matrix, nan bool) (row, col int, v float64, ok bool) {
	n, p := m.Dims()
	for i := range n {
		for j := range p {
			v := m.At(i, j)
			if math.IsInf(v, 0) || (!nan && math.IsNaN(v)) {
				return i, j, v, false
			}
		}
	}
	return 0, 0, 0, true
}

// Select gathers rows.
func Select(m tensor.Matrix, idx []int) tensor.Matrix {
	_, p := m.Dims()
	out := tensor.New[float64](len(idx), p)
	for i, r := range idx {
		for j := range p {
			out.Row(i)[j] = m.At(r, j)
		}
	}
	return out
}
