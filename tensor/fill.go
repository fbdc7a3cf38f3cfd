package tensor

import (
	"fmt"
	"math"
)

// Scalar returns a Tensor of rank 0 that holds v.
func Scalar[T Float](v T) *Tensor[T] { return FromSlice([]T{v}) }

// Full returns a Tensor whose elements are all v.
func Full[T Float](v T, shape ...int) *Tensor[T] {
	t := New[T](shape...)
	t.Fill(v)
	return t
}

// Ones returns a Tensor of ones.
func Ones[T Float](shape ...int) *Tensor[T] { return Full[T](1, shape...) }

// Eye returns the n x n identity matrix.
func Eye[T Float](n int) *Tensor[T] {
	t := New[T](n, n)
	for i := range n {
		t.data[i*n+i] = 1
	}
	return t
}

// Arange returns the vector start, start+step, start+2*step, ... of the values before stop, each computed as
// start + k*step. It is empty if stop does not lie in the direction of step. It panics with a [*ShapeError] if step is 0, or
// the number of elements is not finite.
func Arange[T Float](start, stop, step T) *Tensor[T] {
	n := math.Ceil((float64(stop) - float64(start)) / float64(step))
	if step == 0 || math.IsNaN(n) || n >= float64(math.MaxInt)/16 {
		badShape("Arange", fmt.Sprintf("no vector goes from %v to %v by %v", start, stop, step))
	}
	t := New[T](int(max(n, 0)))
	for k := range t.data {
		t.data[k] = T(float64(start) + float64(float64(k)*float64(step)))
	}
	return t
}

// Linspace returns n equally spaced values from lo to hi, both included and exact; for n = 1, lo.
func Linspace[T Float](lo, hi T, n int) *Tensor[T] {
	t := New[T](n)
	for k := range t.data {
		f := float64(k) / float64(max(n-1, 1))
		t.data[k] = T(float64(float64(lo)*(1-f)) + float64(float64(hi)*f))
	}
	if n > 1 {
		t.data[n-1] = hi
	}
	return t
}

// Fill sets every element to v.
func (t *Tensor[T]) Fill(v T) {
	for i := range t.rows {
		row := t.Row(i)
		for j := range row {
			row[j] = v
		}
	}
}

// Copy copies src, broadcast to t's shape, to t. It panics with a [*ShapeError] if it does not broadcast to it.
func (t *Tensor[T]) Copy(src *Tensor[T]) {
	t.inPlace("Copy", src, func(dst, _, y []T) { copy(dst, y) })
}
