package tensor

import "fmt"

// Row returns the i-th run along the last axis without a copy: row i of a matrix, the whole of a vector (i = 0), and row i of
// the matrix that a Tensor of higher rank becomes when all its leading axes are counted as one. It panics with a
// [*ShapeError] if i is out of range. Appending to the slice never writes into the Tensor.
func (t *Tensor[T]) Row(i int) []T {
	if uint(i) >= uint(t.rows) {
		t.badIndex("Row", i)
	}
	lo := i * t.stride
	hi := lo + t.cols
	return t.data[lo:hi:hi]
}

// Rows returns the view lo <= i < hi of the first axis; it shares memory. It panics with a [*ShapeError] for a scalar or a
// range that is not within the axis.
func (t *Tensor[T]) Rows(lo, hi int) *Tensor[T] {
	t.checkRange("Rows", 0, lo, hi)
	if len(t.shape) == 1 {
		return t.Cols(lo, hi)
	}
	v := *t
	v.shape = t.Shape()
	v.shape[0] = hi - lo
	each := 1
	for _, d := range t.shape[1 : len(t.shape)-1] {
		each *= d
	}
	v.rows = (hi - lo) * each
	v.data = window(t.data, lo*each*t.stride, v.rows, v.cols, v.stride)
	return &v
}

// Cols returns the view lo <= j < hi of the last axis; it shares memory, and is strided unless there is only one row. It
// panics with a [*ShapeError] for a scalar or a range that is not within the axis.
func (t *Tensor[T]) Cols(lo, hi int) *Tensor[T] {
	last := len(t.shape) - 1
	t.checkRange("Cols", last, lo, hi)
	v := *t
	v.shape = t.Shape()
	v.shape[last] = hi - lo
	v.cols = hi - lo
	if v.cols == 0 {
		v.stride = 0 // no data is left for a row to start in
	}
	v.data = window(t.data, lo, v.rows, v.cols, v.stride)
	return &v
}

// Slab returns the view with the first axis fixed at i: one rank less, sharing memory. It panics with a [*ShapeError] for
// ranks below 2 or i out of range.
func (t *Tensor[T]) Slab(i int) *Tensor[T] {
	if len(t.shape) < 2 {
		badShape("Slab", "rank must be at least 2", t.shape)
	}
	if uint(i) >= uint(t.shape[0]) {
		t.badIndex("Slab", i)
	}
	v := t.Rows(i, i+1)
	v.shape = v.shape[1:]
	return v
}

func (t *Tensor[T]) checkRange(op string, axis, lo, hi int) {
	if len(t.shape) == 0 {
		badShape(op, "a scalar has no axis", t.shape)
	}
	if lo < 0 || hi < lo || hi > t.shape[axis] {
		badShape(op, fmt.Sprintf("range %d:%d is not within axis %d", lo, hi, axis), t.shape)
	}
}

// window cuts data down to what rows x cols elements from offset on can reach, so that an index error in a view is a panic
// and not a silent read of its parent.
func window[T Float](data []T, offset, rows, cols, stride int) []T {
	if rows == 0 || cols == 0 {
		return nil
	}
	end := offset + (rows-1)*stride + cols
	return data[offset:end:end]
}
