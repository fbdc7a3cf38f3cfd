package rows

import (
	"fmt"

	"github.com/gopherwood-ml/ml/tensor"
)

// Selecter is a matrix that gathers its own rows and columns, since it holds more than numbers.
type Selecter interface {
	SelectRows(idx []int) tensor.Matrix
	SelectCols(idx []int) tensor.Matrix
}

// Select gathers the given rows, in the given order, into a new matrix; a row may repeat. The storage keeps its kind and
// width (float32 stays float32, CSR stays CSR); any other matrix becomes a Tensor[float64]. An index out of range panics
// with a *tensor.ShapeError. nil stays nil.
func Select(m tensor.Matrix, idx []int) tensor.Matrix {
	if IsNil(m) {
		return nil
	}
	switch m := m.(type) {
	case Selecter:
		return m.SelectRows(idx)
	case *tensor.Tensor[float64]:
		return m.Take(idx)
	case *tensor.Tensor[float32]:
		return m.Take(idx)
	case *tensor.CSR[float64]:
		return m.Take(idx)
	case *tensor.CSR[float32]:
		return m.Take(idx)
	}
	r := Of(m)
	out := tensor.New[float64](len(idx), r.cols)
	for k, i := range idx {
		if i < 0 || i >= r.rows {
			panic(&tensor.ShapeError{Op: "Select", Shapes: [][]int{{r.rows, r.cols}}, Detail: fmt.Sprintf("there is no row %d", i)})
		}
		to := out.Row(k)
		if row := r.Row(i, to); r.Direct() {
			copy(to, row)
		}
	}
	return out
}
