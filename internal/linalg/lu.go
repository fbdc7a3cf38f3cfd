package linalg

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// LU is the factorisation P A = L U of a square matrix with partial pivoting: the columns are halved recursively (Toledo, SIAM J.
// Matrix Anal. Appl. 18 (1997)), so that products do the work.
type LU struct {
	n     int
	lu    []float64 // L below the diagonal, its ones not stored, and U
	pivot []int     // row i was exchanged with row pivot[i]
	norm  float64   // the largest column sum of A
	ok    bool
}

// NewLU factors the compact n x n matrix a, and overwrites it. Singular reports whether it broke down.
func NewLU(a []float64, n int) *LU {
	f := &LU{n: n, lu: a, pivot: make([]int, n)}
	sums := make([]float64, n)
	for i := range n {
		for j, v := range a[i*n : (i+1)*n] {
			sums[j] += math.Abs(v)
		}
	}
	for _, s := range sums {
		f.norm = max(f.norm, s)
	}
	f.ok = factorLU(n, n, a, n, f.pivot) && !math.IsNaN(f.norm-f.norm) && AllFinite(a[:n*n])
	return f
}

// factorLU factors an m x n matrix, m >= n or not, and is false if a pivot is zero or not a number.
func factorLU(m, n int, a []float64, lda int, pivot []int) bool {
	const small = 8
	if n <= small {
		return eliminate(m, n, a, lda, pivot)
	}
	h := min(m, n) / 2
	ok := factorLU(m, h, a, lda, pivot[:h])
	right, below := a[h:], a[h*lda+h:]
	exchange(right, lda, n-h, pivot[:h])
	SolveTriangular(Triangle{Unit: true}, h, n-h, a, lda, right, lda)
	kern.Gemm(false, false, m-h, n-h, h, -1, a[h*lda:], lda, right, lda, 1, below, lda)
	k := min(m-h, n-h)
	ok = factorLU(m-h, n-h, below, lda, pivot[h:h+k]) && ok
	exchange(a[h*lda:], lda, h, pivot[h:h+k])
	for i := h; i < h+k; i++ {
		pivot[i] += h
	}
	return ok
}

// eliminate is the factorisation of few columns.
func eliminate(m, n int, a []float64, lda int, pivot []int) bool {
	ok := true
	for j := range min(m, n) {
		best, largest := j, math.Abs(a[j*lda+j])
		for i := j + 1; i < m; i++ {
			if v := math.Abs(a[i*lda+j]); v > largest {
				best, largest = i, v
			}
		}
		pivot[j] = best
		if !(largest > 0) {
			ok = false
			continue
		}
		swapRows(a, lda, n, j, best)
		top := a[j*lda : j*lda+n]
		d := top[j]
		for i := j + 1; i < m; i++ {
			row := a[i*lda : i*lda+n]
			row[j] /= d
			l := row[j]
			for c := j + 1; c < n; c++ {
				row[c] -= l * top[c]
			}
		}
	}
	return ok
}

// exchange swaps rows of cols columns as pivot says.
func exchange(a []float64, lda, cols int, pivot []int) {
	for i, p := range pivot {
		swapRows(a, lda, cols, i, p)
	}
}

func swapRows(a []float64, lda, cols, i, j int) {
	if i == j {
		return
	}
	x, y := a[i*lda:i*lda+cols], a[j*lda:j*lda+cols]
	for c := range x {
		x[c], y[c] = y[c], x[c]
	}
}

// Singular reports whether a pivot was zero or something was not finite: then nothing can be solved.
func (f *LU) Singular() bool { return !f.ok }

// RCond estimates the reciprocal of the condition number in the 1-norm from a few solves; 0 if singular.
func (f *LU) RCond() float64 {
	switch {
	case f.n == 0:
		return 1
	case !f.ok:
		return 0
	}
	return reciprocal(f.norm, inverseNorm(f.n, func(trans bool, x []float64) { f.Solve(trans, 1, x, 1) }))
}

// LogDet returns the logarithm of the absolute determinant and its sign; -Inf and 0 for a singular matrix.
func (f *LU) LogDet() (logAbs, sign float64) {
	sign = 1
	for i := range f.n {
		d := f.lu[i*f.n+i]
		if d == 0 {
			return math.Inf(-1), 0
		}
		if (d < 0) != (f.pivot[i] != i) {
			sign = -sign
		}
		logAbs += math.Log(math.Abs(d))
	}
	return logAbs, sign
}

// Solve overwrites the n x rhs matrix b, rows ldb apart, with the solution of A X = B, or of AᵀX = B.
func (f *LU) Solve(trans bool, rhs int, b []float64, ldb int) {
	if !trans {
		exchange(b, ldb, rhs, f.pivot)
		SolveTriangular(Triangle{Unit: true}, f.n, rhs, f.lu, f.n, b, ldb)
		SolveTriangular(Triangle{Upper: true}, f.n, rhs, f.lu, f.n, b, ldb)
		return
	}
	SolveTriangular(Triangle{Upper: true, Trans: true}, f.n, rhs, f.lu, f.n, b, ldb)
	SolveTriangular(Triangle{Trans: true, Unit: true}, f.n, rhs, f.lu, f.n, b, ldb)
	for i := f.n - 1; i >= 0; i-- {
		swapRows(b, ldb, rhs, i, f.pivot[i])
	}
}

// Inverse writes the inverse to dst, compact n x n.
func (f *LU) Inverse(dst []float64) {
	clear(dst[:f.n*f.n])
	for i := range f.n {
		dst[i*f.n+i] = 1
	}
	f.Solve(false, f.n, dst, f.n)
}
