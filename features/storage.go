package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
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

// A blockFunc is a rowFunc of many rows that lie one behind another, of which it makes the same numbers. It does not write outside of dst; where it returns false, some row
// holds a value that its rowFunc cannot take.
type blockFunc func(dst, src []float64) (ok bool)

// A mapping turns rows into rows of the given number of columns.
type mapping struct {
	columns  int
	nsPerRow int // rough cost of row
	row      rowFunc
	block    blockFunc // nil: there is only row
}

// mapRows runs f over every row of x and returns the results as a dense matrix with the given number of columns: float32
// if x is stored as float32, otherwise float64. nsPerRow is the rough cost of f. If f refuses values, the first one in
// row order is reported.
func mapRows(x tensor.Matrix, columns, nsPerRow int, f rowFunc) (tensor.Matrix, place) {
	return mapping{columns: columns, nsPerRow: nsPerRow, row: f}.rows(x)
}

// rows is mapRows.
func (m mapping) rows(x tensor.Matrix) (tensor.Matrix, place) {
	n, _ := x.Dims()
	if is32(x) {
		out := fresh[float32](n, m.columns)
		return out, mapInto(out, x, m)
	}
	out := fresh[float64](n, m.columns)
	return out, mapInto(out, x, m)
}

// fresh is a tensor of which every element will be written.
func fresh[T tensor.Float](n, p int) *tensor.Tensor[T] {
	if p > 0 && n > math.MaxInt/p {
		return tensor.New[T](n, p) // which says what is wrong
	}
	return tensor.FromSlice(kern.Fresh[T](n*p), n, p)
}

// mapInto writes the results to out, which has as many rows as x.
func mapInto[T tensor.Float](out *tensor.Tensor[T], x tensor.Matrix, m mapping) place {
	from := rows.Of(x)
	n, _ := from.Dims()
	if n == 0 {
		return noPlace
	}
	to, wide := any(out).(*tensor.Tensor[float64])
	if m.block != nil && wide && to.Contiguous() {
		return m.blocks(to, from)
	}
	return par.Reduce(n, par.Grain(m.nsPerRow), func(_, lo, hi int) place {
		src, dst := make([]float64, from.Cols()), make([]float64, m.columns)
		for i := lo; i < hi; i++ {
			y := dst
			if wide {
				y = to.Row(i)
			}
			if j := m.row(y, from.Row(i, src)); j >= 0 {
				return place{i, j}
			}
			if !wide {
				narrow(out.Row(i), y)
			}
		}
		return noPlace
	}, earlier)
}

// blocks runs block over the rows.
func (m mapping) blocks(out *tensor.Tensor[float64], from rows.Rows) place {
	const bytes = 1 << 16 // of the rows in a block: what is read stays near until it is used
	size := max(1, bytes/8/max(1, from.Cols()))
	return par.Reduce(from.Len(), max(size, par.Grain(m.nsPerRow)), func(_, lo, hi int) place {
		var buf []float64
		if !from.InBlocks() {
			buf = make([]float64, size*from.Cols())
		}
		for ; lo < hi; lo += size {
			end := min(hi, lo+size)
			if !m.block(out.Data()[lo*m.columns:end*m.columns], from.Block(lo, end, buf)) {
				return m.firstBad(from, lo, end)
			}
		}
		return noPlace
	}, earlier)
}

// firstBad looks for what row does not take.
func (m mapping) firstBad(from rows.Rows, lo, hi int) place {
	src, dst := make([]float64, from.Cols()), make([]float64, m.columns)
	for i := lo; i < hi; i++ {
		if j := m.row(dst, from.Row(i, src)); j >= 0 {
			return place{i, j}
		}
	}
	return noPlace
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
