package tensor

import (
	"math"
	"slices"
)

// Equal reports whether both have the same shape and the same elements; a NaN equals a NaN, and 0 equals -0.
func (t *Tensor[T]) Equal(u *Tensor[T]) bool {
	return t.match(u, func(x, y float64) bool { return x == y || x != x && y != y })
}

// AllClose reports whether both have the same shape and each element x of t is within atol + rtol*|y| of its counterpart y in
// u. Infinities must be equal; a NaN matches a NaN only.
func (t *Tensor[T]) AllClose(u *Tensor[T], rtol, atol float64) bool {
	return t.match(u, func(x, y float64) bool { return near(x, y, rtol, atol) })
}

func near(x, y, rtol, atol float64) bool {
	if x == y || x != x && y != y {
		return true
	}
	return !math.IsInf(x, 0) && !math.IsInf(y, 0) && math.Abs(x-y) <= atol+rtol*math.Abs(y)
}

func (t *Tensor[T]) match(u *Tensor[T], same func(x, y float64) bool) bool {
	if !slices.Equal(t.shape, u.shape) {
		return false
	}
	for i := range t.rows {
		x, y := t.Row(i), u.Row(i)
		for j := range x {
			if !same(float64(x[j]), float64(y[j])) {
				return false
			}
		}
	}
	return true
}

// Equal reports whether both are the same matrix, as [Tensor.Equal] does; a stored zero equals an absent one.
func (a *CSR[T]) Equal(b *CSR[T]) bool {
	return a.match(b, func(x, y float64) bool { return x == y || x != x && y != y })
}

// AllClose reports whether both are nearly the same matrix, as [Tensor.AllClose] does; an absent element is 0.
func (a *CSR[T]) AllClose(b *CSR[T], rtol, atol float64) bool {
	return a.match(b, func(x, y float64) bool { return near(x, y, rtol, atol) })
}

// match walks the entries of both rows in the order of their columns.
func (a *CSR[T]) match(b *CSR[T], same func(x, y float64) bool) bool {
	if !slices.Equal(a.shape(), b.shape()) {
		return false
	}
	rows, _ := a.Dims()
	for i := range rows {
		js, xs := a.RowNZ(i)
		ks, ys := b.RowNZ(i)
		for p, q := 0, 0; p < len(js) || q < len(ks); {
			var x, y float64
			first := q == len(ks) || p < len(js) && js[p] <= ks[q]
			second := p == len(js) || q < len(ks) && ks[q] <= js[p]
			if first {
				x = float64(xs[p])
				p++
			}
			if second {
				y = float64(ys[q])
				q++
			}
			if !same(x, y) {
				return false
			}
		}
	}
	return true
}
