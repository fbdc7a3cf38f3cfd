package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// Triangle names the half of a square matrix that counts and how it enters: the other half is neither read nor written.
type Triangle struct {
	Upper bool // the upper half, else the lower
	Trans bool // transposed
	Unit  bool // the diagonal is ones, and not read
}

// SolveTriangular overwrites the n x rhs matrix b with the solution of op(A) X = B for a triangular A of n x n. It halves A until
// the rest is small, so that products do the work. A zero on the diagonal gives Inf or NaN.
func SolveTriangular(t Triangle, n, rhs int, a []float64, lda int, b []float64, ldb int) {
	if n == 0 || rhs == 0 {
		return
	}
	if rhs == 1 {
		t.substituteOne(n, a, lda, b, ldb)
		return
	}
	const small = 32
	if n <= small {
		t.substitute(n, rhs, a, lda, b, ldb)
		return
	}
	h := n / 2
	top, bottom := b, b[h*ldb:]
	lower := a[h*lda+h:]
	if t.Upper != t.Trans { // the last unknowns first
		SolveTriangular(t, n-h, rhs, lower, lda, bottom, ldb)
		kern.Gemm(t.Trans, false, h, rhs, n-h, -1, t.corner(a, lda, h), lda, bottom, ldb, 1, top, ldb)
		SolveTriangular(t, h, rhs, a, lda, top, ldb)
		return
	}
	SolveTriangular(t, h, rhs, a, lda, top, ldb)
	kern.Gemm(t.Trans, false, n-h, rhs, h, -1, t.corner(a, lda, h), lda, top, ldb, 1, bottom, ldb)
	SolveTriangular(t, n-h, rhs, lower, lda, bottom, ldb)
}

// corner is the block beside the two triangles that A is halved into.
func (t Triangle) corner(a []float64, lda, h int) []float64 {
	if t.Upper {
		return a[h:]
	}
	return a[h*lda:]
}

// substitute goes through the unknowns one by one.
func (t Triangle) substitute(n, rhs int, a []float64, lda int, b []float64, ldb int) {
	row, col := lda, 1
	if t.Trans {
		row, col = 1, lda
	}
	one := func(i, from, to int) {
		x := b[i*ldb : i*ldb+rhs]
		for j := from; j < to; j++ {
			kern.Axpy(-a[i*row+j*col], b[j*ldb:j*ldb+rhs], x)
		}
		if !t.Unit {
			d := a[i*lda+i]
			for c := range x {
				x[c] /= d
			}
		}
	}
	if t.Upper != t.Trans {
		for i := n - 1; i >= 0; i-- {
			one(i, i+1, n)
		}
		return
	}
	for i := range n {
		one(i, 0, i)
	}
}

// substituteOne reads A along its rows, whichever way it enters.
func (t Triangle) substituteOne(n int, a []float64, lda int, b []float64, ldb int) {
	x := b[:n]
	if ldb != 1 {
		x = make([]float64, n)
		for i := range x {
			x[i] = b[i*ldb]
		}
	}
	one := func(i, from, to int) { // the unknowns from..to-1 are those that row i ties to unknown i
		row, part := a[i*lda+from:i*lda+to], x[from:to]
		if t.Trans {
			if !t.Unit {
				x[i] /= a[i*lda+i]
			}
			kern.Axpy(-x[i], row, part)
			return
		}
		x[i] -= kern.Dot(row, part)
		if !t.Unit {
			x[i] /= a[i*lda+i]
		}
	}
	for k := range n {
		i := k
		if t.Upper != t.Trans {
			i = n - 1 - k
		}
		if t.Upper {
			one(i, i+1, n)
		} else {
			one(i, 0, i)
		}
	}
	if ldb != 1 {
		for i, v := range x {
			b[i*ldb] = v
		}
	}
}

// InvertTriangular overwrites a triangular matrix with its inverse. A zero on the diagonal gives Inf or NaN.
func InvertTriangular(upper bool, n int, a []float64, lda int) {
	if n == 0 {
		return
	}
	const small = 32
	if n <= small {
		invertSmall(upper, n, a, lda)
		return
	}
	h := n / 2
	first, last := a, a[h*lda+h:]
	if upper { // [A B; 0 D]: the inverse has -A⁻¹ B D⁻¹ for B
		SolveTriangular(Triangle{Upper: true}, h, n-h, first, lda, a[h:], lda)
		InvertTriangular(true, h, first, lda)
		InvertTriangular(true, n-h, last, lda)
		timesTriangle(true, h, n-h, a[h:], last, lda)
		return
	}
	SolveTriangular(Triangle{}, n-h, h, last, lda, a[h*lda:], lda)
	InvertTriangular(false, h, first, lda)
	InvertTriangular(false, n-h, last, lda)
	timesTriangle(false, n-h, h, a[h*lda:], first, lda)
}

// timesTriangle sets the rows x cols block b to -b*t for a triangular t, both with rows lda apart.
func timesTriangle(upper bool, rows, cols int, b, t []float64, lda int) {
	square, old := make([]float64, cols*cols), make([]float64, rows*cols)
	for i := range cols {
		if upper {
			copy(square[i*cols+i:(i+1)*cols], t[i*lda+i:])
		} else {
			copy(square[i*cols:i*cols+i+1], t[i*lda:])
		}
	}
	for i := range rows {
		copy(old[i*cols:(i+1)*cols], b[i*lda:])
	}
	kern.Gemm(false, false, rows, cols, cols, -1, old, cols, square, cols, 0, b, lda)
}

func invertSmall(upper bool, n int, a []float64, lda int) {
	inverse := make([]float64, n*n)
	for i := range n {
		inverse[i*n+i] = 1
	}
	Triangle{Upper: upper}.substitute(n, n, a, lda, inverse, n)
	for i := range n {
		if upper {
			copy(a[i*lda+i:i*lda+n], inverse[i*n+i:])
		} else {
			copy(a[i*lda:i*lda+i+1], inverse[i*n:])
		}
	}
}
