package rows

import (
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// place is a number of a matrix; row is -1 for none.
type place struct {
	row, col int
	v        float64
}

// Finite reports whether v is neither Inf nor NaN, of which the difference from themselves is NaN.
func Finite[T tensor.Float](v T) bool { return v-v == 0 }

// AllFinite is CheckFinite of a list.
func AllFinite(v []float64) bool {
	if par.Small(len(v), 1) {
		return bad(0, nil, v, false).row < 0
	}
	return par.Reduce(len(v), par.Grain(1), func(_, lo, hi int) bool { return bad(0, nil, v[lo:hi], false).row < 0 }, func(a, b bool) bool { return a && b })
}

// CheckFinite looks for the first number, in row order, that is Inf, or NaN unless missing values are allowed. ok means
// that there is none. It reads every stored number once, on all cores if the matrix is large. A matrix with a Fault is ok.
func CheckFinite(m tensor.Matrix, missing bool) (row, col int, v float64, ok bool) {
	r := Of(m)
	perRow := r.cols
	if r.Sparse() && r.rows > 0 {
		perRow = r.NNZ()/r.rows + 1
	} else if r.other != nil {
		perRow *= 4
	}
	var first place
	if par.Small(r.rows, perRow) { // without the closures, which are allocated
		first = r.badInRows(0, r.rows, missing)
	} else {
		first = r.badOnCores(perRow, missing)
	}
	if first.row < 0 {
		return 0, 0, 0, true
	}
	return first.row, first.col, first.v, false
}

// badOnCores is badInRows of all rows, on all cores.
func (r Rows) badOnCores(perRow int, missing bool) place {
	return par.Reduce(r.rows, par.Grain(perRow), func(_, lo, hi int) place {
		return r.badInRows(lo, hi, missing)
	}, func(a, b place) place {
		if a.row >= 0 {
			return a
		}
		return b
	})
}

func (r Rows) badInRows(lo, hi int, missing bool) place {
	const numbers = 1 << 13 // in one sum: a call for each of many short rows would take longer than the additions
	if r.InBlocks() && r.cols > 0 && r.cols < numbers {
		for per := numbers / r.cols; lo < hi; lo += per {
			if sum := kern.Sum(r.Block(lo, min(hi, lo+per), nil)); Finite(sum) {
				continue
			}
			for i := lo; i < min(hi, lo+per); i++ { // or finite numbers have too large a sum
				if p := r.badInRow(i, missing); p.row >= 0 {
					return p
				}
			}
		}
		return place{row: -1}
	}
	for i := lo; i < hi; i++ {
		if p := r.badInRow(i, missing); p.row >= 0 {
			return p
		}
	}
	return place{row: -1}
}

// NNZ is the number of stored entries of a sparse matrix.
func (r Rows) NNZ() int {
	if r.csr != nil {
		return r.csr.NNZ()
	}
	return r.csr32.NNZ()
}

func (r Rows) badInRow(i int, missing bool) place {
	switch {
	case r.wide != nil:
		return bad(i, nil, r.wide.Row(i), missing)
	case r.view != nil:
		return bad(i, nil, r.view.RawRowView(i)[:r.cols], missing)
	case r.narrow != nil:
		return bad(i, nil, r.narrow.Row(i), missing)
	case r.csr != nil:
		cols, vals := r.csr.RowNZ(i)
		return bad(i, cols, vals, missing)
	case r.csr32 != nil:
		cols, vals := r.csr32.RowNZ(i)
		return bad(i, cols, vals, missing)
	}
	for j := range r.cols {
		if v := r.other.At(i, j); !Finite(v) && !(missing && v != v) {
			return place{i, j, v}
		}
	}
	return place{row: -1}
}

// bad finds the first non-finite value of a row. cols are the columns of vals, nil for 0, 1, 2...
func bad[T tensor.Float](i int, cols []int32, vals []T, missing bool) place {
	if sum := kern.Sum(vals); Finite(sum) { // which Inf and NaN would have made one of them
		return place{row: -1}
	}
	for j, v := range vals {
		if !Finite(v) && !(missing && v != v) {
			if cols != nil {
				j = int(cols[j])
			}
			return place{i, j, float64(v)}
		}
	}
	return place{row: -1}
}
