package features

import (
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// A sparseRow turns the stored entries of one row into those of another: it calls put with rising columns. It returns the
// column of a value it cannot take, or -1.
type sparseRow func(js []int32, vs []float64, put func(j int, v float64)) (bad int)

// buildSparse runs f over the rows of x, one after the other, and returns a CSR of the given number of columns: float32 if
// x is stored as float32, otherwise float64. Of a dense x the entries are what is not zero.
func buildSparse(x tensor.Matrix, columns int, f sparseRow) (tensor.Matrix, place) {
	if is32(x) {
		return buildSparseTo[float32](x, columns, f)
	}
	return buildSparseTo[float64](x, columns, f)
}

func buildSparseTo[T tensor.Float](x tensor.Matrix, columns int, f sparseRow) (tensor.Matrix, place) {
	from := rows.Of(x)
	n := from.Len()
	indptr := make([]int, 1, n+1)
	var indices []int32
	var values []T
	put := func(j int, v float64) {
		indices = append(indices, int32(j))
		values = append(values, T(v))
	}
	var buf rows.Entries
	for i := range n {
		js, vs := from.NZ(i, &buf)
		if bad := f(js, vs, put); bad >= 0 {
			return nil, place{i, bad}
		}
		indptr = append(indptr, len(indices))
	}
	out, err := tensor.NewCSR(n, columns, indptr, indices, values)
	if err != nil {
		panic(err) // f did not call put with rising columns
	}
	return out, noPlace
}
