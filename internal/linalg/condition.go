package linalg

import "math"

// inverseNorm estimates the 1-norm of the inverse of an n x n matrix from a few solves, by Hager's method as Higham made it
// (ACM Trans. Math. Softw. 14 (1988)): a lower bound that is rarely off by more than a factor of three. solve overwrites x with the
// solution of A x = x, or of Aᵀ x = x. It is +Inf if something is not finite.
func inverseNorm(n int, solve func(trans bool, x []float64)) float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 / float64(n)
	}
	solve(false, x)
	best := sumAbs(x)
	signs, last := make([]float64, n), -1
	for range 5 {
		for i, v := range x {
			signs[i] = math.Copysign(1, v)
		}
		solve(true, signs)
		at := 0
		for i, v := range signs {
			if math.Abs(v) > math.Abs(signs[at]) {
				at = i
			}
		}
		if at == last {
			break
		}
		last = at
		clear(x)
		x[at] = 1
		solve(false, x)
		now := sumAbs(x)
		if !(now > best) {
			best = max(best, now) // NaN stays
			break
		}
		best = now
	}
	for i := range x { // a vector that the search is unlikely to have been blind to
		x[i] = 1 + float64(i)/float64(max(n-1, 1))
		if i%2 == 1 {
			x[i] = -x[i]
		}
	}
	solve(false, x)
	best = max(best, 2*sumAbs(x)/float64(3*n))
	if math.IsNaN(best) {
		return math.Inf(1)
	}
	return best
}

func sumAbs(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += math.Abs(v)
	}
	return s
}

// reciprocal is 1/(norm·inverse), 0 for a singular matrix.
func reciprocal(norm, inverse float64) float64 {
	if norm == 0 || math.IsInf(inverse, 1) {
		return 0
	}
	return 1 / norm / inverse
}

// triangleCond estimates the condition number of the leading n x n upper triangle in the 1-norm.
func triangleCond(r []float64, n, stride int) float64 {
	if n == 0 {
		return 1
	}
	norm := 0.0
	sums := make([]float64, n)
	for i := range n {
		for j, v := range r[i*stride+i : i*stride+n] {
			sums[i+j] += math.Abs(v)
		}
	}
	for _, s := range sums {
		norm = max(norm, s)
	}
	return 1 / reciprocal(norm, inverseNorm(n, func(trans bool, x []float64) {
		SolveTriangular(Triangle{Upper: true, Trans: trans}, n, 1, r, stride, x, 1)
	}))
}
