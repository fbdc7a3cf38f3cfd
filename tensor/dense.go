package tensor

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Float is the element type of everything in this package.
type Float interface{ float32 | float64 }

// Matrix is what estimators accept: rows are observations, columns are variables. [*Tensor] of rank 2, [*CSR] and gonum's
// *mat.Dense satisfy it. At panics if i or j is out of range.
type Matrix interface {
	Dims() (rows, cols int)
	At(i, j int) float64
}

// Tensor is a dense array of any rank, row-major. The last axis is contiguous; all leading axes together count rows of that
// axis, and consecutive rows lie a fixed stride apart. So a range of rows or of columns is a view that shares memory, and a
// transpose is a copy. The zero Tensor is not usable: build one with [New], [FromSlice] or [FromRows].
//
// Any number of goroutines may read a Tensor at once; writes need the caller's own order, as with a slice.
type Tensor[T Float] struct {
	shape  []int
	rows   int // product of all axes but the last; 1 for ranks 0 and 1
	cols   int // length of the last axis; 1 for rank 0
	stride int // distance in data between the starts of consecutive rows, >= cols
	data   []T // ends with the last element of the last row
}

// New returns a Tensor of zeros. New() is a scalar (rank 0, one element). It panics with a [*ShapeError] if an axis is
// negative or the number of elements overflows.
func New[T Float](shape ...int) *Tensor[T] {
	return wrap("New", kern.LargePages(make([]T, count("New", shape))), shape)
}

// FromSlice returns a Tensor that keeps data, without a copy: a later write to either shows in the other. It panics with a
// [*ShapeError] if len(data) is not the product of the shape.
func FromSlice[T Float](data []T, shape ...int) *Tensor[T] {
	if n := count("FromSlice", shape); n != len(data) {
		badShape("FromSlice", fmt.Sprintf("the shape holds %d elements, the slice %d", n, len(data)), shape)
	}
	return wrap("FromSlice", data, shape)
}

// FromRows copies rows of equal length into a new rank-2 Tensor. Ragged rows give a [*ShapeError] that names the first row
// whose length differs from the first's. No rows give a Tensor of shape (0, 0).
func FromRows[T Float](rows [][]T) (*Tensor[T], error) {
	if len(rows) == 0 {
		return New[T](0, 0), nil
	}
	cols := len(rows[0])
	t := New[T](len(rows), cols)
	for i, r := range rows {
		if len(r) != cols {
			return nil, &ShapeError{Op: "FromRows", Detail: fmt.Sprintf("row %d has %d columns, row 0 has %d", i, len(r), cols)}
		}
		copy(t.data[i*cols:], r)
	}
	return t, nil
}

// count is the number of elements of a shape; it panics if the shape is impossible.
func count(op string, shape []int) int {
	n, ok := product(shape)
	if !ok {
		badShape(op, "axes must be >= 0 and their product must fit an int", shape)
	}
	return n
}

// product multiplies the axes. It is false for a negative axis and when the product, or the product of the axes that are
// not zero, overflows.
func product(shape []int) (n int, ok bool) {
	n = 1
	zero := false
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, false
		case d == 0:
			zero = true
		case n > math.MaxInt/d:
			return 0, false
		default:
			n *= d
		}
	}
	if zero {
		n = 0
	}
	return n, true
}

// wrap puts a shape, which it copies, over contiguous data of the right length.
func wrap[T Float](op string, data []T, shape []int) *Tensor[T] {
	t := &Tensor[T]{shape: slices.Clone(shape), rows: 1, cols: 1, data: data[:len(data):len(data)]}
	if n := len(shape); n > 0 {
		t.rows, t.cols = count(op, shape[:n-1]), shape[n-1]
	}
	t.stride = t.cols
	return t
}

// Shape returns a copy of the length of each axis.
func (t *Tensor[T]) Shape() []int { return slices.Clone(t.shape) }

// AppendShape appends the length of every axis to dst and returns it: Shape for those who must not allocate.
func (t *Tensor[T]) AppendShape(dst []int) []int { return append(dst, t.shape...) }

// Rank is the number of axes; 0 for a scalar.
func (t *Tensor[T]) Rank() int { return len(t.shape) }

// Len is the number of elements, the product of the shape.
func (t *Tensor[T]) Len() int { return t.rows * t.cols }

// Dims returns the two axes of a matrix. It panics with a [*ShapeError] if the rank is not 2.
func (t *Tensor[T]) Dims() (rows, cols int) {
	if len(t.shape) != 2 {
		badShape("Dims", "rank must be 2", t.shape)
	}
	return t.rows, t.cols
}

// At returns element (i, j) of a matrix as a float64. It panics with a [*ShapeError] if the rank is not 2 or the index is
// out of range. Code that reads many elements is much faster over [Tensor.Row].
func (t *Tensor[T]) At(i, j int) float64 {
	if len(t.shape) != 2 || uint(i) >= uint(t.rows) || uint(j) >= uint(t.cols) {
		t.badIndex("At", i, j)
	}
	return float64(t.data[i*t.stride+j])
}

// Get returns one element; there is one index for each axis. It panics with a [*ShapeError] if an index is out of range or
// their number is not the rank.
func (t *Tensor[T]) Get(idx ...int) T { return t.data[t.offset("Get", idx)] }

// Set stores one element; there is one index for each axis. It panics with a [*ShapeError] if an index is out of range or
// their number is not the rank.
func (t *Tensor[T]) Set(v T, idx ...int) { t.data[t.offset("Set", idx)] = v }

// offset is the place of one element in data.
func (t *Tensor[T]) offset(op string, idx []int) int {
	if len(idx) != len(t.shape) {
		t.badIndex(op, idx...)
	}
	if len(idx) == 0 {
		return 0
	}
	row := 0
	for a, i := range idx {
		if uint(i) >= uint(t.shape[a]) {
			t.badIndex(op, idx...)
		}
		if a < len(idx)-1 {
			row = row*t.shape[a] + i
		} else {
			return row*t.stride + i
		}
	}
	panic("unreachable")
}

func (t *Tensor[T]) badIndex(op string, idx ...int) {
	badShape(op, fmt.Sprintf("index %v is out of range", slices.Clone(idx)), t.shape)
}

// Stride is the distance, in elements, between the starts of consecutive rows of the last axis.
func (t *Tensor[T]) Stride() int { return t.stride }

// Contiguous reports whether the elements lie next to each other in memory, so that [Tensor.Data] shares them.
func (t *Tensor[T]) Contiguous() bool { return t.stride == t.cols || t.rows <= 1 || t.cols == 0 }

// Data returns the elements in row-major order. If the Tensor is [Tensor.Contiguous] (every Tensor but a view made by
// [Tensor.Cols], or a row range of one) the slice shares memory with it, so that
//
//	mat.NewDense(r, c, t.Data())
//
// is a zero-copy bridge to gonum. Of a strided view it is a compact copy, and writes to it do not reach the Tensor.
func (t *Tensor[T]) Data() []T {
	if t.Contiguous() {
		n := t.Len()
		return t.data[:n:n]
	}
	out := make([]T, 0, t.Len())
	for i := range t.rows {
		out = append(out, t.Row(i)...)
	}
	return out
}

// Clone returns a compact copy that shares nothing.
func (t *Tensor[T]) Clone() *Tensor[T] {
	data := t.Data()
	if t.Contiguous() {
		data = slices.Clone(data)
	}
	return wrap("Clone", data, t.shape)
}
