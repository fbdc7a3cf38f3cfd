package tensor

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// MatMul returns the matrix product of a (r x k) and b (k x c), a new r x c Tensor. Sums are kept in T. The result has the
// same bytes for any GOMAXPROCS on one level of CPU, and each of its rows the same as if it had been computed alone. It panics with a
// [*ShapeError] unless both have rank 2 and the inner axes are equal. O(r k c).
func MatMul[T Float](a, b *Tensor[T]) *Tensor[T] {
	if len(a.shape) != 2 || len(b.shape) != 2 || a.cols != b.rows {
		badShape("MatMul", "want matrices with equal inner axes", a.shape, b.shape)
	}
	c := New[T](a.rows, b.cols)
	kern.Gemm(false, false, a.rows, b.cols, a.cols, 1, a.data, a.stride, b.data, b.stride, 0, c.data, c.stride)
	return c
}

// Gemm computes c = alpha*op(a)*op(b) + beta*c in place, where op transposes its matrix if the flag before is set, without
// a copy of it. With beta 0 what c held does not matter, even if it is NaN. c may be a view, but shares no memory with a or
// b. It panics with a [*ShapeError] if it does or the shapes do not fit. Determinism as of [MatMul], but that a
// single row times a transposed matrix may differ in its last bits from the same row among others.
func Gemm[T Float](transA, transB bool, alpha T, a, b *Tensor[T], beta T, c *Tensor[T]) {
	if len(a.shape) != 2 || len(b.shape) != 2 || len(c.shape) != 2 {
		badShape("Gemm", "want matrices", a.shape, b.shape, c.shape)
	}
	rows, depth := flip(transA, a)
	inner, cols := flip(transB, b)
	if depth != inner || rows != c.rows || cols != c.cols {
		badShape("Gemm", fmt.Sprintf("a %dx%d and a %dx%d factor do not make a %dx%d product", rows, depth, inner, cols, c.rows, c.cols),
			a.shape, b.shape, c.shape)
	}
	if share(c, a) || share(c, b) {
		badShape("Gemm", "the result shares memory with a factor", a.shape, b.shape, c.shape)
	}
	kern.Gemm(transA, transB, rows, cols, depth, alpha, a.data, a.stride, b.data, b.stride, beta, c.data, c.stride)
}

func flip[T Float](trans bool, m *Tensor[T]) (rows, cols int) {
	if trans {
		return m.cols, m.rows
	}
	return m.rows, m.cols
}

// Dot returns the sum of x[i]*y[i], kept in T, in an order that depends on the length and the level of
// CPU. It panics with a [*ShapeError] if the lengths differ.
func Dot[T Float](x, y []T) T {
	if len(x) != len(y) {
		badShape("Dot", "the lengths differ", []int{len(x)}, []int{len(y)})
	}
	return kern.Dot(x, y)
}

// MatVec returns the product of a matrix (r x c) and a vector of c elements: [Dot] with each row. It panics with a
// [*ShapeError] if the shapes do not fit.
func MatVec[T Float](a *Tensor[T], x []T) []T {
	if len(a.shape) != 2 || a.cols != len(x) {
		badShape("MatVec", "want a matrix as wide as the vector is long", a.shape, []int{len(x)})
	}
	out := make([]T, a.rows)
	kern.Gemv(false, a.rows, a.cols, 1, a.data, a.stride, x, 0, out)
	return out
}
