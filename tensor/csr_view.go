package tensor

import (
	"fmt"
	"math"
	"slices"
)

// Rows returns the view lo <= i < hi of the rows; it shares memory. It panics with a [*ShapeError] if the range is not within
// the rows.
func (a *CSR[T]) Rows(lo, hi int) *CSR[T] {
	rows, _ := a.Dims()
	if lo < 0 || hi < lo || hi > rows {
		badShape("CSR.Rows", fmt.Sprintf("range %d:%d is not within the rows", lo, hi), a.shape())
	}
	if rows == 0 {
		return a
	}
	return &CSR[T]{cols: a.cols, indptr: a.indptr[lo : hi+1 : hi+1], indices: a.indices, values: a.values}
}

// Cols returns columns lo <= j < hi as a new matrix: the columns of a CSR do not lie together, so unlike [Tensor.Cols] this is
// a copy. It panics with a [*ShapeError] if the range is not within the columns.
func (a *CSR[T]) Cols(lo, hi int) *CSR[T] {
	if lo < 0 || hi < lo || hi > a.cols {
		badShape("CSR.Cols", fmt.Sprintf("range %d:%d is not within the columns", lo, hi), a.shape())
	}
	rows, _ := a.Dims()
	out := NewCSRZeros[T](rows, hi-lo)
	for i := range rows {
		js, vs := a.RowNZ(i)
		from, _ := slices.BinarySearch(js, int32(lo))
		for p := from; p < len(js) && int(js[p]) < hi; p++ {
			out.indices = append(out.indices, js[p]-int32(lo))
			out.values = append(out.values, vs[p])
		}
		out.indptr[i+1] = len(out.indices)
	}
	return out
}

// Take returns a new matrix whose row k is row idx[k]; a row may be taken any number of times. It panics with a
// [*ShapeError] if an index is out of range.
func (a *CSR[T]) Take(idx []int) *CSR[T] {
	rows, _ := a.Dims()
	out := NewCSRZeros[T](len(idx), a.cols)
	for k, i := range idx {
		if uint(i) >= uint(rows) {
			a.badIndex("Take", i)
		}
		out.indptr[k+1] = out.indptr[k] + a.indptr[i+1] - a.indptr[i]
	}
	n := out.indptr[len(idx)]
	out.indices, out.values = make([]int32, 0, n), make([]T, 0, n)
	for _, i := range idx {
		js, vs := a.RowNZ(i)
		out.indices = append(out.indices, js...)
		out.values = append(out.values, vs...)
	}
	return out
}

// TakeCols returns a new matrix whose column k is column idx[k]; a column may be taken any number of times and in any order.
// It panics with a [*ShapeError] if an index is out of range. O(cols + entries of the result).
func (a *CSR[T]) TakeCols(idx []int) *CSR[T] {
	t := a.Transpose()
	for _, j := range idx {
		if uint(j) >= uint(a.cols) {
			a.badIndex("TakeCols", j)
		}
	}
	return t.Take(idx).Transpose()
}

// VStack puts matrices of equal width under each other in a new matrix. No matrices give shape (0, 0). It panics with a
// [*ShapeError] if the widths differ.
func VStack[T Float](parts ...*CSR[T]) *CSR[T] {
	if len(parts) == 0 {
		return NewCSRZeros[T](0, 0)
	}
	rows, n := 0, 0
	for _, p := range parts {
		if p.cols != parts[0].cols {
			badShape("VStack", "the numbers of columns differ", parts[0].shape(), p.shape())
		}
		r, _ := p.Dims()
		rows += r
		n += p.NNZ()
	}
	out := &CSR[T]{cols: parts[0].cols, indptr: make([]int, 1, rows+1), indices: make([]int32, 0, n), values: make([]T, 0, n)}
	for _, p := range parts {
		base := len(out.indices)
		indptr, indices, values := p.Arrays()
		for _, q := range indptr[1:] {
			out.indptr = append(out.indptr, base+q)
		}
		out.indices = append(out.indices, indices...)
		out.values = append(out.values, values...)
	}
	return out
}

// HStack puts matrices of equal height beside each other in a new matrix. No matrices give shape (0, 0). It panics with a
// [*ShapeError] if the heights differ or there are 2^31 columns or more.
func HStack[T Float](parts ...*CSR[T]) *CSR[T] {
	if len(parts) == 0 {
		return NewCSRZeros[T](0, 0)
	}
	rows, _ := parts[0].Dims()
	cols, n := 0, 0
	for _, p := range parts {
		if r, _ := p.Dims(); r != rows {
			badShape("HStack", "the numbers of rows differ", parts[0].shape(), p.shape())
		}
		if cols > math.MaxInt32-p.cols {
			badShape("HStack", "want fewer than 2^31 columns", parts[0].shape(), p.shape())
		}
		cols += p.cols
		n += p.NNZ()
	}
	out := NewCSRZeros[T](rows, cols)
	out.indices, out.values = make([]int32, 0, n), make([]T, 0, n)
	for i := range rows {
		base := int32(0)
		for _, p := range parts {
			js, vs := p.RowNZ(i)
			for _, j := range js {
				out.indices = append(out.indices, base+j)
			}
			out.values = append(out.values, vs...)
			base += int32(p.cols)
		}
		out.indptr[i+1] = len(out.indices)
	}
	return out
}
