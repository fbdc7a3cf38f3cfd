package linalg

import (
	"math"

	lapackgonum "gonum.org/v1/gonum/lapack/gonum"

	"github.com/gopherwood-ml/ml/internal/kern"
)

var factors lapackgonum.Implementation

// AddGram adds the upper triangle of AᵀA to g (cols x cols) for a rows x cols block whose rows lie stride apart.
func AddGram(g, a []float64, rows, cols, stride int) {
	kern.Syrk(true, cols, rows, 1, a, stride, 1, g, cols)
}

// Cholesky solves systems with a symmetric positive definite matrix, scaled to a unit diagonal first, so that the units
// of the variables do not matter.
type Cholesky struct {
	n     int
	u     []float64 // upper factor of S A S
	scale []float64 // S
	norm  float64   // the largest column sum of S A S
}

// NewCholesky factors the matrix whose upper triangle is in a (n x n), and destroys a. It is nil if the matrix is not
// positive definite to working precision.
func NewCholesky(a []float64, n int) *Cholesky {
	c := &Cholesky{n: n, u: a, scale: make([]float64, n)}
	for j := range n {
		d := a[j*n+j]
		if !(d > 0) || math.IsInf(d, 0) {
			return nil
		}
		c.scale[j] = 1 / math.Sqrt(d)
	}
	sums := make([]float64, n)
	for i := range n {
		row := a[i*n+i : (i+1)*n]
		kern.Mul(row, row, c.scale[i:])
		kern.Scal(c.scale[i], row, row)
		own := 0.0
		for j, v := range row[1:] {
			v = math.Abs(v)
			own += v
			sums[i+1+j] += v
		}
		sums[i] += math.Abs(row[0]) + own
	}
	for _, s := range sums {
		c.norm = max(c.norm, s) // NaN stays
	}
	if math.IsNaN(c.norm-c.norm) || !factorCholesky(n, a, n) {
		return nil
	}
	return c
}

// factorCholesky overwrites the upper half of a symmetric matrix with U of A = UᵀU, and is false if A is not positive definite. It
// halves A until the rest is small, so that products do the work.
func factorCholesky(n int, a []float64, lda int) bool {
	const small = 32
	if n > small {
		h := n / 2
		right, below := a[h:], a[h*lda+h:]
		if !factorCholesky(h, a, lda) {
			return false
		}
		SolveTriangular(Triangle{Upper: true, Trans: true}, h, n-h, a, lda, right, lda)
		kern.Syrk(true, n-h, h, -1, right, lda, 1, below, lda)
		return factorCholesky(n-h, below, lda)
	}
	for j := range n {
		top := a[j*lda+j : j*lda+n]
		d := math.Sqrt(top[0])
		if !(d > 0) || math.IsInf(d, 1) {
			return false
		}
		top[0] = d
		for c := range top[1:] {
			top[1+c] /= d
		}
		for i := j + 1; i < n; i++ {
			kern.Axpy(-top[i-j], top[i-j:], a[i*lda+i:i*lda+n])
		}
	}
	return true
}

// SolveMany overwrites the n x rhs matrix b, rows ldb apart, with the solutions for its columns.
func (c *Cholesky) SolveMany(rhs int, b []float64, ldb int) {
	for i, s := range c.scale {
		row := b[i*ldb : i*ldb+rhs]
		kern.Scal(s, row, row)
	}
	c.solveScaled(rhs, b, ldb)
	for i, s := range c.scale {
		row := b[i*ldb : i*ldb+rhs]
		kern.Scal(s, row, row)
	}
}

// solveScaled is SolveMany for S A S.
func (c *Cholesky) solveScaled(rhs int, b []float64, ldb int) {
	SolveTriangular(Triangle{Upper: true, Trans: true}, c.n, rhs, c.u, c.n, b, ldb)
	SolveTriangular(Triangle{Upper: true}, c.n, rhs, c.u, c.n, b, ldb)
}

// Inverse writes the inverse to dst, compact n x n, both halves.
func (c *Cholesky) Inverse(dst []float64) {
	n := c.n
	upper := make([]float64, n*n)
	c.InverseUpper(upper, dst)
	for i := range n {
		for j := i; j < n; j++ {
			v := upper[i*n+j]
			dst[i*n+j], dst[j*n+i] = v, v
		}
	}
}

// InverseUpper writes the upper half of the inverse to dst, compact n x n, whose lower half it leaves with no meaning. room, as long as dst, is overwritten.
func (c *Cholesky) InverseUpper(dst, room []float64) {
	n := c.n
	c.invertFactor(room)
	const wide = 256
	if n <= 2*wide {
		kern.Syrk(false, n, n, 1, room, n, 0, dst, n)
	}
	for lo := 0; n > 2*wide && lo < n; lo += wide { // below its diagonal the factor is zero: a third of the work is left
		hi := min(lo+wide, n)
		kern.Gemm(false, true, hi, hi-lo, n-lo, 1, room[lo:], n, room[lo*n+lo:], n, 0, dst[lo:], n)
	}
	for i, s := range c.scale {
		row := dst[i*n+i : (i+1)*n]
		kern.Scal(s, row, row)
		kern.Mul(row, row, c.scale[i:])
	}
}

// InverseFactor writes an upper triangular P with P·Pᵀ the inverse to dst, compact n x n, zeros below.
func (c *Cholesky) InverseFactor(dst []float64) {
	c.invertFactor(dst)
	for i, s := range c.scale {
		row := dst[i*c.n : (i+1)*c.n]
		kern.Scal(s, row, row)
	}
}

// invertFactor writes the inverse of the factor of S A S.
func (c *Cholesky) invertFactor(dst []float64) {
	n := c.n
	clear(dst[:n*n])
	for i := range n {
		copy(dst[i*n+i:(i+1)*n], c.u[i*n+i:(i+1)*n])
	}
	InvertTriangular(true, n, dst, n)
}

// LogDet is the logarithm of the determinant.
func (c *Cholesky) LogDet() float64 {
	sum := 0.0
	for i, s := range c.scale {
		sum += math.Log(c.u[i*c.n+i]) - math.Log(s)
	}
	return 2 * sum
}

// RCond estimates the reciprocal of the condition number of the scaled matrix in the 1-norm, from a few solves.
func (c *Cholesky) RCond() float64 {
	if c.n == 0 {
		return 1
	}
	return reciprocal(c.norm, inverseNorm(c.n, func(_ bool, x []float64) { c.solveScaled(1, x, 1) }))
}

// Solve overwrites b with the solution.
func (c *Cholesky) Solve(b []float64) { c.SolveMany(1, b[:c.n], 1) }

// OuterGram sets the upper triangle of g (rows x rows) to AAᵀ for a compact rows x cols matrix.
func OuterGram(g, a []float64, rows, cols int) {
	kern.Syrk(false, rows, cols, 1, a, cols, 0, g, rows)
}
