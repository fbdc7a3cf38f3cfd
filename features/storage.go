package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
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
	from := rows.Of(x)
	n, p := from.Dims()
	out := tensor.New[T](n, columns)
	if n == 0 {
		return out, noPlace
	}
	grain := par.Grain(nsPerRow)
	first := par.Reduce(n, grain, func(_, lo, hi int) place {
		src, dst := make([]float64, p), make([]float64, columns)
		for i := lo; i < hi; i++ {
			to, direct := any(out.Row(i)).([]float64)
			if !direct {
				to = dst
			}
			if j := f(to, from.Row(i, src)); j >= 0 {
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

// isSparse reports whether x stores only some of its values.
func isSparse(x tensor.Matrix) bool { return rows.Of(x).Sparse() }

// is32 reports whether x stores float32.
func is32(x tensor.Matrix) bool { return rows.Of(x).Narrow() }

// ready restores a new model and returns it only if that works.
func ready[M interface{ Restore() error }](m M) (M, error) {
	if err := m.Restore(); err != nil {
		var none M
		return none, err
	}
	return m, nil
}
