package linalg

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// PivotedCholesky is the factorisation PᵀA P = UᵀU of a symmetric positive semidefinite matrix with complete pivoting: the
// largest remaining diagonal element comes next, the first of equals, until none is above a tolerance. U has rank rows, its
// diagonal positive and falling.
type PivotedCholesky struct {
	n, rank   int
	u         []float64
	pivot     []int
	remainder float64
}

// NewPivotedCholesky factors the matrix whose upper triangle is in a (n x n), and destroys a. A negative tol stands for n rounding
// units of the largest diagonal element. It is nil if a number is not finite, or overflows.
func NewPivotedCholesky(a []float64, n int, tol float64) *PivotedCholesky {
	c := &PivotedCholesky{n: n, u: a, pivot: make([]int, n)}
	largest := 0.0
	for i := range n {
		c.pivot[i] = i
		largest = max(largest, a[i*n+i])
		if !AllFinite(a[i*n+i : (i+1)*n]) {
			return nil
		}
	}
	if tol < 0 {
		tol = float64(n) * 0x1p-52 * largest
	}
	const width = 32
	for more := true; more && c.rank < n; {
		more = c.block(min(width, n-c.rank), tol)
	}
	for i := range n {
		row := a[i*n+i : (i+1)*n]
		if !AllFinite(row) {
			return nil
		}
		if i >= c.rank {
			c.remainder = max(c.remainder, MaxAbs(row))
		}
	}
	return c
}

// block factors up to width rows, each brought up to date when its turn comes, and takes them out of the rest with one product. It
// is false when the tolerance is met.
func (c *PivotedCholesky) block(width int, tol float64) (more bool) {
	n, first := c.n, c.rank
	left := make([]float64, n) // of the diagonal
	for i := first; i < n; i++ {
		left[i] = c.u[i*n+i]
	}
	above := make([]float64, width)
	more = true
	for c.rank < first+width {
		j, best := c.rank, c.rank
		for i := j + 1; i < n; i++ {
			if left[i] > left[best] {
				best = i
			}
		}
		if !(left[best] > tol) || !(left[best] > 0) {
			more = false
			break
		}
		c.swap(j, best)
		left[j], left[best] = left[best], left[j]
		done := j - first
		for k := range done {
			above[k] = c.u[(first+k)*n+j]
		}
		d, row := math.Sqrt(left[j]), c.u[j*n+j+1:(j+1)*n]
		c.u[j*n+j] = d
		for k, v := range above[:done] {
			kern.Axpy(-v, c.u[(first+k)*n+j+1:(first+k+1)*n], row)
		}
		for i := range row {
			row[i] /= d
			left[j+1+i] -= row[i] * row[i]
		}
		c.rank++
	}
	if done, next := c.rank-first, c.rank; done > 0 && next < n {
		kern.Syrk(true, n-next, done, -1, c.u[first*n+next:], n, 1, c.u[next*n+next:], n)
	}
	return more
}

// swap exchanges rows and columns p <= q of the matrix, of which there is the upper half.
func (c *PivotedCholesky) swap(p, q int) {
	if p == q {
		return
	}
	n, a := c.n, c.u
	for i := range p {
		a[i*n+p], a[i*n+q] = a[i*n+q], a[i*n+p]
	}
	a[p*n+p], a[q*n+q] = a[q*n+q], a[p*n+p]
	for i := p + 1; i < q; i++ {
		a[p*n+i], a[i*n+q] = a[i*n+q], a[p*n+i]
	}
	for j := q + 1; j < n; j++ {
		a[p*n+j], a[q*n+j] = a[q*n+j], a[p*n+j]
	}
	c.pivot[p], c.pivot[q] = c.pivot[q], c.pivot[p]
}

// Rank is the number of rows of U.
func (c *PivotedCholesky) Rank() int { return c.rank }

// Pivot says which row and column of A came i-th. The slice is the factorisation's own.
func (c *PivotedCholesky) Pivot() []int { return c.pivot }

// Remainder is the largest absolute element of A that the factors leave out. Well above the tolerance, it says that A was not semidefinite.
func (c *PivotedCholesky) Remainder() float64 { return c.remainder }

// Factor writes F, rank x n, with FᵀF = A in A's own order.
func (c *PivotedCholesky) Factor(dst []float64) {
	clear(dst[:c.rank*c.n])
	for i := range c.rank {
		for j := i; j < c.n; j++ {
			dst[i*c.n+c.pivot[j]] = c.u[i*c.n+j]
		}
	}
}

// Solve overwrites the n x rhs matrix b, rows ldb apart, with solutions of A X = B that are zero but for the first rank pivots. Where
// B is not in the range of A, they solve the equations of those pivots only.
func (c *PivotedCholesky) Solve(rhs int, b []float64, ldb int) {
	x := make([]float64, c.rank*rhs)
	for i, p := range c.pivot[:c.rank] {
		copy(x[i*rhs:(i+1)*rhs], b[p*ldb:])
	}
	SolveTriangular(Triangle{Upper: true, Trans: true}, c.rank, rhs, c.u, c.n, x, rhs)
	SolveTriangular(Triangle{Upper: true}, c.rank, rhs, c.u, c.n, x, rhs)
	for i, p := range c.pivot {
		row := b[p*ldb : p*ldb+rhs]
		clear(row)
		if i < c.rank {
			copy(row, x[i*rhs:])
		}
	}
}
