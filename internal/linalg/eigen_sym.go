package linalg

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// EigenSym returns the eigenvalues of a symmetric matrix, rising, and, if vectors are wanted, orthonormal eigenvectors in the columns of
// an n x n matrix, each with its largest element (the first of equals) positive. It reads the upper half of a, compact n x n, and
// overwrites all of it. It is false if a number is not finite or the iteration did not end.
//
// The matrix is reduced to a tridiagonal one, which is halved recursively (divide and conquer: Gu and Eisenstat, SIAM J. Matrix Anal.
// Appl. 16 (1995)). Errors are those of a matrix that differs from a by rounding. The cost is about 4/3·n³ operations for the values,
// and up to 4·n³ with vectors; memory is 4·n² numbers.
func EigenSym(a []float64, n int, vectors bool) (values, z []float64, ok bool) {
	if vectors {
		return EigenSymLargest(a, n, n)
	}
	return EigenSymLargest(a, n, 0)
}

// EigenSymLargest is EigenSym with the vectors of the count largest values only, n x count, in the same order. They have the bits that EigenSym gives them if count is not 1. Turning them back from the
// tridiagonal matrix takes 2·n²·count operations instead of 2·n³.
func EigenSymLargest(a []float64, n, count int) (values, z []float64, ok bool) {
	if n == 0 {
		return nil, nil, true
	}
	for i := range n {
		for j := range i {
			a[i*n+j] = a[j*n+i]
		}
	}
	largest := MaxAbs(a[:n*n])
	if !AllFinite(a[:n*n]) {
		return nil, nil, false
	}
	scale := exponent(largest)
	scaleBy(a[:n*n], -scale)
	d, e, blocks, first := tridiagonal(n, a, n, count > 0)
	if count == 0 {
		if !factors.Dsterf(n, d, e) {
			return nil, nil, false
		}
		scaleBy(d, scale)
		return d, nil, true
	}
	z = make([]float64, n*n)
	if !divide(n, d, e, z, n) {
		return nil, nil, false
	}
	if count < n {
		few := make([]float64, n*count)
		for i := range n {
			copy(few[i*count:(i+1)*count], z[(i+1)*n-count:])
		}
		z = few
	}
	for i := len(blocks) - 1; i >= 0; i-- {
		blocks[i].apply(false, count, z[first[i]*count:], count)
	}
	fixSigns(z, n, count)
	scaleBy(d, scale)
	return d, z, true
}

// exponent is that of the power of two at or below x, 0 for 0.
func exponent(x float64) int {
	if x == 0 {
		return 0
	}
	_, e := math.Frexp(x)
	return e - 1
}

// scaleBy multiplies x by a power of two, in two steps where that is no float64.
func scaleBy(x []float64, exponent int) {
	half := exponent / 2
	kern.Scal(math.Ldexp(1, half), x, x)
	kern.Scal(math.Ldexp(1, exponent-half), x, x)
}

// fixSigns makes the largest element of every column of the rows x cols matrix z positive.
func fixSigns(z []float64, rows, cols int) {
	for _, j := range negativeColumns(z, rows, cols) {
		negateColumn(z, rows, cols, j)
	}
}

// negativeColumns are the columns whose largest element, the first of equals, is negative.
func negativeColumns(z []float64, rows, cols int) (list []int) {
	top := make([]float64, cols)
	for i := range rows {
		for j, v := range z[i*cols : (i+1)*cols] {
			if math.Abs(v) > math.Abs(top[j]) {
				top[j] = v
			}
		}
	}
	for j, v := range top {
		if v < 0 {
			list = append(list, j)
		}
	}
	return list
}

func negateColumn(z []float64, rows, cols, j int) {
	for i := range rows {
		z[i*cols+j] = -z[i*cols+j]
	}
}

// divide solves the tridiagonal problem: d becomes the eigenvalues, rising, z, which is zero at first, the eigenvectors; e is destroyed.
func divide(n int, d, e, z []float64, ldz int) bool {
	const small = 32
	if n <= small {
		own := make([]float64, n*n)
		for i := range n {
			own[i*n+i] = 1
		}
		if !factors.Dsteqr(lapackVectors, n, d, e, own, n, make([]float64, max(1, 2*n-2))) {
			return false
		}
		for i := range n {
			copy(z[i*ldz:i*ldz+n], own[i*n:(i+1)*n])
		}
		return true
	}
	h := n / 2
	rho := e[h-1]
	d[h-1] -= math.Abs(rho)
	d[h] -= math.Abs(rho)
	if !divide(h, d[:h], e[:h-1], z, ldz) || !divide(n-h, d[h:], e[h:], z[h*ldz+h:], ldz) {
		return false
	}
	return conquer(n, h, rho, d, z, ldz)
}

// conquer joins the solutions of two halves: the eigenproblem of D + rho·uuᵀ, in the basis of their eigenvectors.
func conquer(n, h int, rho float64, d, z []float64, ldz int) bool {
	u := make([]float64, n)
	copy(u, z[(h-1)*ldz:(h-1)*ldz+h])
	copy(u[h:], z[h*ldz+h:h*ldz+n])
	if rho < 0 {
		kern.Scal(-1, u[h:], u[h:])
	}
	kern.Scal(math.Sqrt2/2, u, u)
	rho = 2 * math.Abs(rho)
	const eps = 0x1p-53
	f := deflation{d: d, u: u, rotate: func(i, j int, c, s float64) { rotateColumns(z, ldz, n, i, j, c, s) }}
	f.run(sortedBy(d), 8*eps*max(MaxAbs(d), MaxAbs(u)), rho, func(column int) half { return halfOf(column, h) })
	k := len(f.kept)
	values := make([]float64, n)
	s := make([]float64, k*k) // eigenvectors of the inner problem, in rows
	if k > 0 {
		p := secularProblem{poles: pick(d, f.kept), weights: pick(u, f.kept), rho: rho}
		if !p.solve(values[:k], s) {
			return false
		}
		inverseWeights(p.exact, s, k)
	}
	copy(values[k:], pick(d, f.deflated))
	replaceColumns(n, h, z, ldz, f.kept, f.deflated, f.halves, s)
	arrange(n, values, d, z, ldz)
	return AllFinite(s)
}

// inverseWeights turns the differences in each row of s into the eigenvector, weights over differences.
func inverseWeights(weights, s []float64, k int) {
	par.For(k, 4*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := s[i*k : (i+1)*k]
			for j, x := range weights {
				row[j] = x / row[j]
			}
			kern.Scal(1/Norm(row), row, row)
		}
	})
}

func pick(x []float64, at []int) []float64 {
	out := make([]float64, len(at))
	for i, a := range at {
		out[i] = x[a]
	}
	return out
}
