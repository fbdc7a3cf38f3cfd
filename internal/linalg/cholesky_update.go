package linalg

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Update makes c the factorisation of A + xxᵀ by plane rotations, in O(n²). It is false, and c as it was, if that would overflow.
// The scaling stays that of the first matrix. x is not changed.
func (c *Cholesky) Update(x []float64) bool {
	z := c.scaled(x)
	if length := kern.Dot(z, z); math.IsNaN(length - length) {
		return false
	}
	for i := range c.n {
		row, rest := c.u[i*c.n+i:(i+1)*c.n], z[i:]
		r := math.Hypot(row[0], rest[0])
		rotate(row[0]/r, rest[0]/r, row, rest)
	}
	c.estimateNorm()
	return true
}

// Downdate makes c the factorisation of A - xxᵀ, in O(n²), by the rotations that would undo Update (LINPACK's way; Stewart, J. Inst.
// Math. Appl. 23 (1979)). It is false, and c as it was, if A - xxᵀ is not positive definite to working precision: if its determinant
// is no more than n rounding units of that of A. x is not changed.
func (c *Cholesky) Downdate(x []float64) bool {
	p := c.scaled(x)
	SolveTriangular(Triangle{Upper: true, Trans: true}, c.n, 1, c.u, c.n, p, 1)
	length := math.Sqrt(kern.Dot(p, p))
	left := (1 - length) * (1 + length)
	if !(left > float64(c.n)*0x1p-52) {
		return false
	}
	r, removed := math.Sqrt(left), make([]float64, c.n)
	for i := c.n - 1; i >= 0; i-- {
		next := math.Hypot(r, p[i])
		rotate(r/next, -p[i]/next, c.u[i*c.n+i:(i+1)*c.n], removed[i:])
		r = next
	}
	c.estimateNorm()
	return true
}

// scaled is S x.
func (c *Cholesky) scaled(x []float64) []float64 {
	z := make([]float64, c.n)
	kern.Mul(z, x, c.scale)
	return z
}

// rotate sets u to cos·u + sin·z and z to cos·z - sin·u.
func rotate(cos, sin float64, u, z []float64) {
	z = z[:len(u)]
	for j, v := range u {
		u[j] = cos*v + sin*z[j]
		z[j] = cos*z[j] - sin*v
	}
}

// estimateNorm renews the norm that RCond needs: the matrix itself is no longer there, but its products are.
func (c *Cholesky) estimateNorm() {
	if c.n == 0 {
		return
	}
	c.norm = inverseNorm(c.n, func(_ bool, x []float64) {
		for i := range c.n { // U x, from the first row on, needs no copy
			x[i] = kern.Dot(c.u[i*c.n+i:(i+1)*c.n], x[i:])
		}
		for i := c.n - 1; i >= 0; i-- { // and so does Uᵀ x from the last
			row, v := c.u[i*c.n+i:(i+1)*c.n], x[i]
			x[i] = v * row[0]
			kern.Axpy(v, row[1:], x[i+1:])
		}
	})
}
