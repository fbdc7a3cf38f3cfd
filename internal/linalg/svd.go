package linalg

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// An SVD is the decomposition A = U diag(Values) Vᵀ of an m x n matrix with k = min(m, n) singular values.
type SVD struct {
	Values []float64 // falling
	U      []float64 // m x k, orthonormal columns; m x m if the whole factor was asked for
	V      []float64 // n x k, or n x n
}

// Factors says which singular vectors are wanted.
type Factors uint8

const (
	NoVectors Factors = iota
	ThinVectors
	AllVectors
)

// NewSVD decomposes the compact m x n matrix a, and overwrites it. The largest element of every column of U (the first of equals) is
// positive, as scikit-learn's svd_flip has it. It is false if a number is not finite or the iteration did not end.
//
// A tall or wide matrix goes through QR first. The rest is reduced to a bidiagonal matrix, which is halved recursively (divide and
// conquer: Gu and Eisenstat, SIAM J. Matrix Anal. Appl. 16 (1995)). Errors are those of a matrix that differs from a by rounding: the
// smallest values may have no digits right. The cost is about 8/3·n³ operations for the values of a square matrix, up to four times
// that with vectors.
func NewSVD(a []float64, m, n int, want Factors) (s SVD, ok bool) {
	if m < n {
		t := make([]float64, m*n)
		for i := range m {
			for j := range n {
				t[j*m+i] = a[i*n+j]
			}
		}
		s, ok = tallSVD(t, n, m, want)
		s.U, s.V = s.V, s.U
	} else {
		s, ok = tallSVD(a, m, n, want)
	}
	if ok && want != NoVectors {
		s.fixSigns(m, n, want)
	}
	return s, ok
}

func (s *SVD) fixSigns(m, n int, want Factors) {
	k := min(m, n)
	cu, cv := k, k
	if want == AllVectors {
		cu, cv = m, n
	}
	for _, j := range negativeColumns(s.U, m, cu) {
		negateColumn(s.U, m, cu, j)
		if j < k {
			negateColumn(s.V, n, cv, j)
		}
	}
}

// tallSVD is NewSVD for m >= n.
func tallSVD(a []float64, m, n int, want Factors) (s SVD, ok bool) {
	if !AllFinite(a[:m*n]) {
		return s, false
	}
	if n == 0 {
		if want == AllVectors {
			s.U = make([]float64, m*m)
			for i := range m {
				s.U[i*m+i] = 1
			}
		}
		return s, true
	}
	scale := exponent(MaxAbs(a[:m*n]))
	scaleBy(a[:m*n], -scale)
	s.Values, ok = make([]float64, n), true
	width := n // of U
	if want == AllVectors {
		width = m
	}
	if want != NoVectors {
		s.U, s.V = make([]float64, m*width), make([]float64, n*n)
		for i := n; i < width; i++ {
			s.U[i*width+i] = 1
		}
	}
	if 5*m >= 8*n && m > n { // tall: the rest of Q never meets the reduction
		q := NewFullQR(a, m, n)
		r := make([]float64, n*n)
		q.R(r)
		ok = squareSVD(r, n, n, s.Values, s.U, width, s.V, want)
		if ok && want != NoVectors {
			q.Apply(false, width, s.U, width)
		}
	} else {
		ok = squareSVD(a, m, n, s.Values, s.U, width, s.V, want)
	}
	scaleBy(s.Values, scale)
	return s, ok
}

// squareSVD is the decomposition without QR: U's leading n x n block is zero at first, the rest as it is to be multiplied.
func squareSVD(a []float64, m, n int, values, u []float64, ldu int, v []float64, want Factors) bool {
	d, e, q, p, first := bidiagonal(m, n, a, n, want != NoVectors)
	if want == NoVectors {
		if !factors.Dbdsqr(blas.Upper, n, 0, 0, 0, d, e, nil, 1, nil, 1, nil, 1, make([]float64, 4*n)) {
			return false
		}
		copy(values, d)
		return true
	}
	if !bidivide(n, 0, d, e, u, ldu, v, n) {
		return false
	}
	slices.Reverse(d) // they rise
	copy(values, d)
	reverseColumns(u, n, ldu, n)
	reverseColumns(v, n, n, n)
	for i := len(q) - 1; i >= 0; i-- {
		q[i].apply(false, ldu, u[first[i]*ldu:], ldu)
		if p[i].k > 0 {
			p[i].apply(false, n, v[(first[i]+1)*n:], n)
		}
	}
	return true
}

func reverseColumns(z []float64, rows, ldz, cols int) {
	for i := range rows {
		slices.Reverse(z[i*ldz : i*ldz+cols])
	}
}

// Rank is the number of singular values above tol times the largest.
func (s SVD) Rank(tol float64) int {
	r := 0
	for r < len(s.Values) && s.Values[r] > tol*s.Values[0] {
		r++
	}
	return r
}

// PseudoInverse writes the n x m Moore-Penrose inverse to dst, of thin factors of an m x n matrix, with singular values up to tol times
// the largest taken for zero.
func (s SVD) PseudoInverse(m, n int, tol float64, dst []float64) {
	k, r := len(s.Values), s.Rank(tol)
	v := slices.Clone(s.V)
	for i := range n {
		for j := range k {
			if j < r {
				v[i*k+j] /= s.Values[j]
			} else {
				v[i*k+j] = 0
			}
		}
	}
	kern.Gemm(false, true, n, m, k, 1, v, k, s.U, k, 0, dst, m)
}

// bidivide decomposes an upper bidiagonal matrix of n rows and n+extra columns: d becomes the singular values, rising; u (n x n) and v (n+extra
// square), zero at first, the singular vectors, v's last column the one that the matrix takes to zero if extra is 1. e is destroyed.
func bidivide(n, extra int, d, e, u []float64, ldu int, v []float64, ldv int) bool {
	const small = 24
	if n <= small {
		return bidiagonalSmall(n, extra, d, e, u, ldu, v, ldv)
	}
	// row h is taken out: what is above it has h rows and h+1 columns
	h := (n - 1) / 2
	low := n - h - 1
	alpha, beta := d[h], e[h]
	if !bidivide(h, 1, d[:h], e[:h], u, ldu, v, ldv) ||
		!bidivide(low, extra, d[h+1:], e[h+1:], u[(h+1)*ldu+h+1:], ldu, v[(h+1)*ldv+h+1:], ldv) {
		return false
	}
	return biconquer(n, extra, h, alpha, beta, d, u, ldu, v, ldv)
}

// bidiagonalSmall leaves a few rows to LAPACK.
func bidiagonalSmall(n, extra int, d, e, u []float64, ldu int, v []float64, ldv int) bool {
	w := n + extra
	a, uu, vt := make([]float64, n*w), make([]float64, n*n), make([]float64, w*w)
	for i := range n {
		a[i*w+i] = d[i]
		if i+1 < w {
			a[i*w+i+1] = e[i]
		}
	}
	ask := make([]float64, 1)
	factors.Dgesvd(lapack.SVDAll, lapack.SVDAll, n, w, a, w, d, uu, n, vt, w, ask, -1)
	work := make([]float64, int(ask[0]))
	if !factors.Dgesvd(lapack.SVDAll, lapack.SVDAll, n, w, a, w, d, uu, n, vt, w, work, len(work)) {
		return false
	}
	slices.Reverse(d[:n])
	for i := range n {
		for j := range n {
			u[i*ldu+j] = uu[i*n+n-1-j]
		}
	}
	for i := range w {
		for j := range n {
			v[i*ldv+j] = vt[(n-1-j)*w+i]
		}
		if extra == 1 {
			v[i*ldv+n] = vt[n*w+i]
		}
	}
	return true
}

// biconquer joins the solutions above and below row h, which holds alpha and beta: in the basis of their singular vectors the matrix is
// diag(d), with d[h] = 0, but for row h, which is z.
func biconquer(n, extra, h int, alpha, beta float64, d, u []float64, ldu int, v []float64, ldv int) bool {
	w := n + extra
	z := make([]float64, n)
	for j := range h + 1 {
		z[j] = alpha * v[h*ldv+j]
	}
	for j := h + 1; j < n; j++ {
		z[j] = beta * v[(h+1)*ldv+j]
	}
	if extra == 1 { // the two vectors taken to zero become one that is and one that is not
		rotateOut(z, h, beta*v[(h+1)*ldv+n], n, v, ldv, w)
	}
	d[h], u[h*ldu+h] = 0, 1
	const eps = 0x1p-53
	tol := 8 * eps * max(MaxAbs(d[:n]), MaxAbs(z), 1) // the whole matrix is scaled to size 1: smaller parts are rounding
	order := slices.DeleteFunc(sortedBy(d[:n]), func(j int) bool { return j == h })
	f := deflation{d: d, u: z, rotate: func(i, j int, c, s float64) {
		rotateColumns(u, ldu, n, i, j, c, s)
		rotateColumns(v, ldv, w, i, j, c, s)
	}}
	f.run(order, tol, 1, func(column int) half { return halfOf(column, h) })
	kept := append([]int{h}, f.kept...)
	k := len(kept)
	values := make([]float64, n)
	left, right := make([]float64, k*k), make([]float64, k*k) // singular vectors of the inner problem, in rows
	if k == 1 {
		values[0], left[0], right[0] = math.Abs(z[h]), math.Copysign(1, z[h]), 1
	} else if !innerVectors(pick(d, kept), pick(z, kept), tol, values[:k], left, right) {
		return false
	}
	copy(values[k:], pick(d, f.deflated))
	f.halves[h] = lowerHalf // of u: its one element is in row h
	replaceColumns(n, h, u, ldu, kept, f.deflated, f.halves, left)
	f.halves[h] = bothHalves
	replaceColumns(w, h+1, v, ldv, kept, f.deflated, f.halves, right)
	sorted := make([]float64, n)
	arrange(n, values, sorted, u, ldu)
	arrange(w, values, sorted, v, ldv)
	copy(d, sorted)
	return AllFinite(right) && AllFinite(left)
}

// innerVectors solves diag(poles) with the row of weights in place of its first, which is zero.
func innerVectors(poles, weights []float64, tol float64, values, left, right []float64) bool {
	k := len(poles)
	p := secularProblem{poles: poles, weights: weights, rho: 1, squared: true}
	if math.Abs(weights[0]) <= tol {
		weights[0] = math.Copysign(tol, weights[0])
	}
	poles[1] = max(poles[1], tol/2)
	if !p.solve(values, right) {
		return false
	}
	par.For(k, 4*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			l, r := left[i*k:(i+1)*k], right[i*k:(i+1)*k]
			l[0] = -1
			for j := 1; j < k; j++ {
				l[j] = poles[j] * (p.exact[j] / r[j])
			}
			kern.Scal(1/Norm(l), l, l)
		}
	})
	inverseWeights(p.exact, right, k)
	return true
}

// rotateOut turns columns h and n of v so that z has nothing of the latter.
func rotateOut(z []float64, h int, zn float64, n int, v []float64, ldv, rows int) {
	length := math.Hypot(z[h], zn)
	if length == 0 {
		return
	}
	rotateColumns(v, ldv, rows, h, n, z[h]/length, zn/length)
	z[h] = length
}
