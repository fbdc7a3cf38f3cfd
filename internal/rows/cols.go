package rows

import "github.com/gopherwood-ml/ml/tensor"

// SelectCols gathers the given columns, in the given order; a column may repeat. A run of a tensor's neighbouring columns
// shares its memory; the rest is copied. The storage keeps its kind and width (float32 stays float32, CSR stays CSR); any
// other matrix becomes a Tensor[float64]. An index out of range panics with a *tensor.ShapeError.
func SelectCols(m tensor.Matrix, idx []int) tensor.Matrix {
	switch m := m.(type) {
	case Selecter:
		return m.SelectCols(idx)
	case *tensor.Tensor[float64]:
		return selectDense(m, idx)
	case *tensor.Tensor[float32]:
		return selectDense(m, idx)
	case *tensor.CSR[float64]:
		return m.TakeCols(idx)
	case *tensor.CSR[float32]:
		return m.TakeCols(idx)
	}
	return tensor.FromMatrix[float64](m).TakeCols(idx)
}

func selectDense[T tensor.Float](m *tensor.Tensor[T], idx []int) *tensor.Tensor[T] {
	for k, j := range idx {
		if j != idx[0]+k {
			return m.TakeCols(idx)
		}
	}
	if len(idx) == 0 {
		return m.TakeCols(idx)
	}
	return m.Cols(idx[0], idx[0]+len(idx))
}
