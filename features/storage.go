package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// A rowFunc turns one row into another and never allocates. It returns the column of a value it cannot take, or -1. Batch
// and single-row transforms run the same rowFunc, so they cannot differ.
type rowFunc func(dst, src []float64) (bad int)

// place is an element of a matrix; noPlace is that of nothing.
type place struct{ row, col int }

var noPlace = place{-1, -1}

// mapRows runs f over every row of x and returns the results as a dense matrix with the given number of columns: float32
// if x is stored as float32, otherwise float64. nsPerRow is the rough cost of f. If f refuses values, the first one in
// row order is reported.
func mapRows(x tensor.Matrix, columns, nsPerRow int, f rowFunc) (tensor.Matrix, place) {
	if is32(x) {
		return mapRowsTo[float32](x, columns, nsPerRow, f)
	}
	return mapRowsTo[float64](x, columns, nsPerRow, f)
}

func mapRowsTo[T tensor.Float](x tensor.Matrix, columns, nsPerRow int, f rowFunc) (tensor.Matrix, place) {
	n, p := x.Dims()
	out := tensor.New[T](n, columns)
	grain := par.Grain(nsPerRow)
	first := par.Reduce(n, grain, func(_, lo, hi int) place {
		src, dst := make([]float64, p), make([]float64, columns)
		for i := lo; i < hi; i++ {
			to, direct := any(out.Row(i)).([]float64)
			if !direct {
				to = dst
			}
			if j := f(to, readRow(src, x, i)); j >= 0 {
				return place{i, j}
			}
			if !direct {
				narrow(out.Row(i), to)
			}
		}
		return noPlace
	}, earlier)
	return out, first
}

func earlier(a, b place) place {
	if a != noPlace {
		return a
	}
	return b
}

func narrow[T tensor.Float](dst []T, src []float64) {
	for j, v := range src {
		dst[j] = T(v)
	}
}

// mapStored runs f over the stored values of a sparse matrix; what is not stored stays zero. Inf is refused, and so is a number
// of which f makes none.
func mapStored(x tensor.Matrix, f func(j int, v float64) float64) (tensor.Matrix, place) {
	switch x := x.(type) {
	case *tensor.CSR[float64]:
		return mapStoredIn(x, f)
	case *tensor.CSR[float32]:
		return mapStoredIn(x, f)
	}
	panic("features: mapStored of a dense matrix")
}

func mapStoredIn[T tensor.Float](x *tensor.CSR[T], f func(j int, v float64) float64) (tensor.Matrix, place) {
	n, _ := x.Dims()
	out := x.Clone()
	for i := range n {
		js, vs := out.RowNZ(i)
		for k, j := range js {
			v := float64(vs[k])
			y := f(int(j), v)
			if math.IsInf(v, 0) || v == v && !finite(y) {
				return nil, place{i, int(j)}
			}
			vs[k] = T(y)
		}
	}
	return out, noPlace
}

func is32(x tensor.Matrix) bool {
	switch x.(type) {
	case *tensor.Tensor[float32], *tensor.CSR[float32]:
		return true
	}
	return false
}

func isSparse(x tensor.Matrix) bool {
	switch x.(type) {
	case *tensor.CSR[float64], *tensor.CSR[float32]:
		return true
	}
	return false
}

// readRow returns row i of x as float64, in buf unless x holds it so. The row must not be written to.
func readRow(buf []float64, x tensor.Matrix, i int) []float64 {
	switch x := x.(type) {
	case *tensor.Tensor[float64]:
		return x.Row(i)
	case *tensor.Tensor[float32]:
		widen(buf, x.Row(i))
	case *tensor.CSR[float64]:
		scatter(buf, x, i)
	case *tensor.CSR[float32]:
		scatter(buf, x, i)
	case interface{ RawRowView(i int) []float64 }:
		return x.RawRowView(i)
	default:
		for j := range buf {
			buf[j] = x.At(i, j)
		}
	}
	return buf
}

func widen(dst []float64, src []float32) {
	for j, v := range src {
		dst[j] = float64(v)
	}
}

func scatter[T tensor.Float](dst []float64, x *tensor.CSR[T], i int) {
	clear(dst)
	js, vs := x.RowNZ(i)
	for k, j := range js {
		dst[j] = float64(vs[k])
	}
}
