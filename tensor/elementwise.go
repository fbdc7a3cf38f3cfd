package tensor

import (
	"fmt"
	"slices"
	"unsafe"
)

// The binary operations broadcast as NumPy's do. Shapes are aligned at the last axis, missing leading axes count as 1, and an
// axis of length 1 is repeated: a (c) vector is added to every row of an (r, c) matrix, an (r, 1) column to every column, a
// scalar to every element. The result is a new Tensor; shapes that do not fit panic with a *ShapeError.

// Add returns t + u, broadcast.
func (t *Tensor[T]) Add(u *Tensor[T]) *Tensor[T] { return broadcast("Add", t, u, addRow) }

// Sub returns t - u, broadcast.
func (t *Tensor[T]) Sub(u *Tensor[T]) *Tensor[T] { return broadcast("Sub", t, u, subRow) }

// Mul returns the product t * u element by element, broadcast; [MatMul] is the matrix product.
func (t *Tensor[T]) Mul(u *Tensor[T]) *Tensor[T] { return broadcast("Mul", t, u, mulRow) }

// Div returns t / u element by element, broadcast. Division by zero gives an infinity or NaN.
func (t *Tensor[T]) Div(u *Tensor[T]) *Tensor[T] { return broadcast("Div", t, u, divRow) }

// Zip returns f(x, y) for the elements of t and u, broadcast. f is called once for each element of the result.
func (t *Tensor[T]) Zip(u *Tensor[T], f func(x, y T) T) *Tensor[T] {
	return broadcast("Zip", t, u, func(dst, x, y []T) {
		for i := range dst {
			dst[i] = f(x[i], y[i])
		}
	})
}

// AddInPlace adds u, broadcast to t's shape, to t.
func (t *Tensor[T]) AddInPlace(u *Tensor[T]) { t.inPlace("AddInPlace", u, addRow) }

// SubInPlace subtracts u, broadcast to t's shape, from t.
func (t *Tensor[T]) SubInPlace(u *Tensor[T]) { t.inPlace("SubInPlace", u, subRow) }

// MulInPlace multiplies t by u, broadcast to t's shape, element by element.
func (t *Tensor[T]) MulInPlace(u *Tensor[T]) { t.inPlace("MulInPlace", u, mulRow) }

// DivInPlace divides t by u, broadcast to t's shape, element by element.
func (t *Tensor[T]) DivInPlace(u *Tensor[T]) { t.inPlace("DivInPlace", u, divRow) }

// AddScalar returns t + v.
func (t *Tensor[T]) AddScalar(v T) *Tensor[T] { return t.Add(Scalar(v)) }

// SubScalar returns t - v.
func (t *Tensor[T]) SubScalar(v T) *Tensor[T] { return t.Sub(Scalar(v)) }

// MulScalar returns t * v.
func (t *Tensor[T]) MulScalar(v T) *Tensor[T] { return t.Mul(Scalar(v)) }

// DivScalar returns t / v.
func (t *Tensor[T]) DivScalar(v T) *Tensor[T] { return t.Div(Scalar(v)) }

// Map returns f of every element in a new Tensor. f is called in row-major order.
func (t *Tensor[T]) Map(f func(T) T) *Tensor[T] {
	out := t.Clone()
	out.Apply(f)
	return out
}

// Apply replaces every element by f of it, in row-major order.
func (t *Tensor[T]) Apply(f func(T) T) {
	for i := range t.rows {
		row := t.Row(i)
		for j, v := range row {
			row[j] = f(v)
		}
	}
}

func addRow[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func subRow[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func mulRow[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func divRow[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

// broadcast applies a kernel over rows of equal length to two tensors and returns the result.
func broadcast[T Float](op string, t, u *Tensor[T], kernel func(dst, x, y []T)) *Tensor[T] {
	shape := make([]int, max(len(t.shape), len(u.shape)))
	for k := 1; k <= len(shape); k++ { // k-th axis from the end
		a, b := axisFromEnd(t.shape, k), axisFromEnd(u.shape, k)
		switch {
		case a == b || b == 1:
			shape[len(shape)-k] = a
		case a == 1:
			shape[len(shape)-k] = b
		default:
			badShape(op, fmt.Sprintf("axes of %d and %d do not broadcast", a, b), t.shape, u.shape)
		}
	}
	out := New[T](shape...)
	combine(out, t, u, kernel)
	return out
}

// axisFromEnd is the length of the k-th axis from the end, 1 if there is none.
func axisFromEnd(shape []int, k int) int {
	if k > len(shape) {
		return 1
	}
	return shape[len(shape)-k]
}

func (t *Tensor[T]) inPlace(op string, u *Tensor[T], kernel func(dst, x, y []T)) {
	for k := 1; k <= max(len(t.shape), len(u.shape)); k++ {
		if b := axisFromEnd(u.shape, k); b != 1 && b != axisFromEnd(t.shape, k) || k > len(t.shape) {
			badShape(op, "the second does not broadcast to the first", t.shape, u.shape)
		}
	}
	if share(t, u) && !(slices.Equal(t.shape, u.shape) && t.stride == u.stride && &t.data[0] == &u.data[0]) {
		u = u.Clone() // else writes to t would change what is still to be read of u
	}
	combine(t, t, u, kernel)
}

// overlap reports whether two slices share memory.
func overlap[T Float](a, b []T) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	size := unsafe.Sizeof(a[0])
	lo, hi := uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&b[0]))
	return lo < hi+uintptr(len(b))*size && hi < lo+uintptr(len(a))*size
}

// share reports whether two tensors have elements in common. Of tensors which lie in one another's memory with different
// strides it is not worked out, but taken for granted.
func share[T Float](a, b *Tensor[T]) bool {
	if !overlap(a.data, b.data) {
		return false
	}
	if a.stride != b.stride {
		return true
	}
	// Two column ranges of one parent: b's columns begin d after a's, and wrap around at the stride.
	d := (int(uintptr(unsafe.Pointer(&b.data[0]))) - int(uintptr(unsafe.Pointer(&a.data[0])))) / int(unsafe.Sizeof(a.data[0])) % a.stride
	if d < 0 {
		d += a.stride
	}
	return d < a.cols || d+b.cols > a.stride
}

// combine runs the kernel over the rows of out; t and u broadcast to its shape.
func combine[T Float](out, t, u *Tensor[T], kernel func(dst, x, y []T)) {
	if out.Contiguous() && t.Contiguous() && u.Contiguous() && t.Len() == out.Len() && u.Len() == out.Len() {
		kernel(out.Data(), t.Data(), u.Data())
		return
	}
	if out.Len() == 0 {
		return
	}
	lead := out.shape[:len(out.shape)-1]
	x, y := newRepeat(t, out), newRepeat(u, out)
	at := make([]int, len(lead))
	for i := range out.rows {
		kernel(out.Row(i), x.row(at), y.row(at))
		advance(at, lead)
	}
}

// repeat reads a tensor as if it had been repeated to a larger shape.
type repeat[T Float] struct {
	t     *Tensor[T]
	step  []int // rows of t to go forward for one step along each leading axis of the larger shape; 0 where t repeats
	wide  []T   // a row of length 1, repeated; nil if rows already have the larger length
	valid int   // which row of t wide holds; -1: none
}

func newRepeat[T Float](t, out *Tensor[T]) *repeat[T] {
	r := &repeat[T]{t: t, step: make([]int, len(out.shape)-1), valid: -1}
	for k, s := 2, 1; k <= len(t.shape); k++ {
		if d := axisFromEnd(t.shape, k); d != 1 {
			r.step[len(out.shape)-k] = s
			s *= d
		}
	}
	if t.cols != out.cols {
		r.wide = make([]T, out.cols)
	}
	return r
}

// row is the row at a place in the leading axes of the larger shape.
func (r *repeat[T]) row(at []int) []T {
	i := 0
	for a, p := range at {
		i += p * r.step[a]
	}
	if r.wide == nil {
		return r.t.Row(i)
	}
	if r.valid != i {
		r.valid = i
		v := r.t.Row(i)[0]
		for j := range r.wide {
			r.wide[j] = v
		}
	}
	return r.wide
}
