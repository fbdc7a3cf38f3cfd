package tensor

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Reshape returns the same elements, in row-major order, under another shape. One axis may be -1: it becomes what the others
// leave. As with [Tensor.Data], memory is shared if the Tensor is contiguous; of a strided view the result is a copy. It
// panics with a [*ShapeError] if the number of elements differs.
func (t *Tensor[T]) Reshape(shape ...int) *Tensor[T] {
	shape = slices.Clone(shape)
	if a := slices.Index(shape, -1); a >= 0 {
		rest, ok := product(slices.Concat(shape[:a], shape[a+1:]))
		if !ok || rest == 0 || t.Len()%rest != 0 {
			badShape("Reshape", "the axis -1 cannot be inferred", t.shape, shape)
		}
		shape[a] = t.Len() / rest
	}
	if n, ok := product(shape); !ok || n != t.Len() {
		badShape("Reshape", fmt.Sprintf("%d elements cannot take that shape", t.Len()), t.shape, shape)
	}
	return wrap("Reshape", t.Data(), shape)
}

// Transpose returns a copy with the axes in reverse order; of a matrix, its transpose. A product with a transposed matrix
// does not need it: [Gemm] takes the transpose as a flag.
func (t *Tensor[T]) Transpose() *Tensor[T] {
	if len(t.shape) == 2 {
		return t.transpose2()
	}
	axes := make([]int, len(t.shape))
	for a := range axes {
		axes[a] = len(axes) - 1 - a
	}
	return t.Permute(axes...)
}

// transpose2 goes block by block, so that the cache lines of one block of the source and of the target stay in the first
// cache until all their elements have moved.
func (t *Tensor[T]) transpose2() *Tensor[T] {
	const block = 32
	out := New[T](t.cols, t.rows)
	for i0 := 0; i0 < t.rows; i0 += block {
		i1 := min(i0+block, t.rows)
		for j0 := 0; j0 < t.cols; j0 += block {
			j1 := min(j0+block, t.cols)
			for i := i0; i < i1; i++ {
				for j, v := range t.data[i*t.stride+j0 : i*t.stride+j1] {
					out.data[(j0+j)*t.rows+i] = v
				}
			}
		}
	}
	return out
}

// Permute returns a copy whose axis k is axis axes[k] of t. It panics with a [*ShapeError] if axes is not a permutation of
// 0..Rank-1.
func (t *Tensor[T]) Permute(axes ...int) *Tensor[T] {
	seen := make([]bool, len(t.shape))
	for _, a := range axes {
		if uint(a) >= uint(len(seen)) || seen[a] || len(axes) != len(seen) {
			badShape("Permute", fmt.Sprintf("axes %v are not a permutation", slices.Clone(axes)), t.shape)
		}
		seen[a] = true
	}
	if len(axes) != len(seen) {
		badShape("Permute", fmt.Sprintf("axes %v are not a permutation", slices.Clone(axes)), t.shape)
	}
	if len(axes) < 2 {
		return t.Clone()
	}
	last := len(axes) - 1
	// step[a]: how far apart neighbours along axis a of t lie in data.
	step := make([]int, len(axes))
	step[last] = 1
	for a, s := last-1, t.stride; a >= 0; a-- {
		step[a] = s
		s *= t.shape[a]
	}
	shape := make([]int, len(axes))
	for k, a := range axes {
		shape[k] = t.shape[a]
	}
	out := New[T](shape...)
	at := make([]int, len(axes)) // place in out's leading axes
	for r := 0; r < out.rows && out.cols > 0; r++ {
		from := 0
		for k := range last {
			from += at[k] * step[axes[k]]
		}
		row, s := out.Row(r), step[axes[last]]
		for j := range row {
			row[j] = t.data[from+j*s]
		}
		advance(at[:last], shape[:last])
	}
	return out
}

// advance counts at, an index into shape, up by one in row-major order; after the last it starts again.
func advance(at, shape []int) {
	for a := len(at) - 1; a >= 0; a-- {
		at[a]++
		if at[a] < shape[a] {
			return
		}
		at[a] = 0
	}
}

// Concat joins tensors along an axis that they already have, in a new Tensor; all other axes must be equal. It panics with a
// [*ShapeError] if they are not, or if there is nothing to join.
func Concat[T Float](axis int, parts ...*Tensor[T]) *Tensor[T] {
	if len(parts) == 0 {
		badShape("Concat", "nothing to join")
	}
	first := parts[0].shape
	if uint(axis) >= uint(len(first)) {
		badShape("Concat", fmt.Sprintf("there is no axis %d", axis), first)
	}
	shape := slices.Clone(first)
	for _, p := range parts[1:] {
		if len(p.shape) != len(first) || !slices.Equal(p.shape[:axis], first[:axis]) || !slices.Equal(p.shape[axis+1:], first[axis+1:]) {
			badShape("Concat", fmt.Sprintf("axes other than %d differ", axis), first, p.shape)
		}
		shape[axis] += p.shape[axis]
	}
	out := New[T](shape...)
	if axis == len(shape)-1 {
		for i := range out.rows {
			row := out.Row(i)
			for _, p := range parts {
				row = row[copy(row, p.Row(i)):]
			}
		}
		return out
	}
	outer, to := count("Concat", shape[:axis]), 0
	for o := range outer {
		for _, p := range parts {
			each := p.rows / outer
			for i := range each {
				copy(out.Row(to), p.Row(o*each+i))
				to++
			}
		}
	}
	return out
}

// Stack joins tensors of equal shape along a new axis, in a new Tensor: axis 0 makes matrices out of rows, axis 1 out of
// columns. It panics with a [*ShapeError] if the shapes differ, there is nothing to stack or the axis is not in 0..Rank.
func Stack[T Float](axis int, parts ...*Tensor[T]) *Tensor[T] {
	if len(parts) == 0 {
		badShape("Stack", "nothing to stack")
	}
	first := parts[0].shape
	if uint(axis) > uint(len(first)) {
		badShape("Stack", fmt.Sprintf("there is no place for axis %d", axis), first)
	}
	wide := make([]*Tensor[T], len(parts))
	for k, p := range parts {
		if !slices.Equal(p.shape, first) {
			badShape("Stack", "the shapes differ", first, p.shape)
		}
		wide[k] = p.Reshape(slices.Insert(p.Shape(), axis, 1)...)
	}
	return Concat(axis, wide...)
}

// Take returns a new Tensor whose slice k along the first axis is slice idx[k] of t: of a matrix, a gather of rows. A slice
// may be taken any number of times. It panics with a [*ShapeError] for a scalar or an index that is out of range.
func (t *Tensor[T]) Take(idx []int) *Tensor[T] {
	if len(t.shape) == 0 {
		badShape("Take", "a scalar has no axis", t.shape)
	}
	for _, i := range idx {
		if uint(i) >= uint(t.shape[0]) {
			t.badIndex("Take", i)
		}
	}
	if len(t.shape) == 1 {
		return t.TakeCols(idx)
	}
	shape := t.Shape()
	shape[0] = len(idx)
	if len(idx) == 0 {
		return New[T](shape...)
	}
	each := t.rows / t.shape[0]
	size := each * t.cols
	if size > 0 && len(idx) > math.MaxInt/8/size {
		return New[T](shape...) // which says what is wrong
	}
	out := FromSlice(kern.LargePages(kern.Fresh[T](len(idx)*size)), shape...)
	const ahead = 12 // rows: in random order the processor does not know what comes
	par.ForChunks(len(idx), par.Grain(30+size/4), func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			if next := k + ahead; next < hi && each == 1 {
				kern.Prefetch(t.Row(idx[next]))
			}
			for r := range each {
				copy(out.Row(k*each+r), t.Row(idx[k]*each+r))
			}
		}
	})
	return out
}

// TakeCols returns a new Tensor whose element k along the last axis is element idx[k] of t: of a matrix, a gather of columns.
// It panics with a [*ShapeError] for a scalar or an index that is out of range.
func (t *Tensor[T]) TakeCols(idx []int) *Tensor[T] {
	if len(t.shape) == 0 {
		badShape("TakeCols", "a scalar has no axis", t.shape)
	}
	for _, j := range idx {
		if uint(j) >= uint(t.cols) {
			t.badIndex("TakeCols", j)
		}
	}
	shape := t.Shape()
	shape[len(shape)-1] = len(idx)
	out := New[T](shape...)
	for i := range t.rows {
		from, to := t.Row(i), out.Row(i)
		for k, j := range idx {
			to[k] = from[j]
		}
	}
	return out
}
