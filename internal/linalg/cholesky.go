package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
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
	rcond float64
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
	norm := 0.0
	sums := make([]float64, n)
	for i := range n {
		row := a[i*n : (i+1)*n]
		for j := i; j < n; j++ {
			row[j] *= c.scale[i] * c.scale[j]
			sums[j] += math.Abs(row[j])
			if j > i {
				sums[i] += math.Abs(row[j])
			}
		}
		if !AllFinite(row[i:]) {
			return nil
		}
	}
	for _, s := range sums {
		norm = max(norm, s)
	}
	if !factors.Dpotrf(blas.Upper, n, a, n) {
		return nil
	}
	c.rcond = factors.Dpocon(blas.Upper, n, a, n, norm, make([]float64, 3*n), make([]int, n))
	return c
}

// RCond estimates the reciprocal of the condition number of the scaled matrix in the 1-norm.
func (c *Cholesky) RCond() float64 { return c.rcond }

// Solve overwrites b with the solution.
func (c *Cholesky) Solve(b []float64) {
	for j, s := range c.scale {
		b[j] *= s
	}
	kernels.Dtrsv(blas.Upper, blas.Trans, blas.NonUnit, c.n, c.u, c.n, b[:c.n], 1)
	kernels.Dtrsv(blas.Upper, blas.NoTrans, blas.NonUnit, c.n, c.u, c.n, b[:c.n], 1)
	for j, s := range c.scale {
		b[j] *= s
	}
}

// triangleCond estimates the 1-norm condition number of the leading n x n upper triangle.
func triangleCond(r []float64, n, stride int) float64 {
	if n == 0 {
		return 1
	}
	rcond := factors.Dtrcon(lapack.MaxColumnSum, blas.Upper, blas.NonUnit, n, r, stride, make([]float64, 3*n), make([]int, n))
	return 1 / rcond
}

// OuterGram sets the upper triangle of g (rows x rows) to AAᵀ for a compact rows x cols matrix.
func OuterGram(g, a []float64, rows, cols int) {
	kern.Syrk(false, rows, cols, 1, a, cols, 0, g, rows)
}
