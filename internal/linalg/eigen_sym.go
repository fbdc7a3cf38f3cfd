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
	scale := powerOfTwo(largest)
	kern.Scal(1/scale, a[:n*n], a[:n*n])
	d, e, blocks, first := tridiagonal(n, a, n, vectors)
	if !vectors {
		if !factors.Dsterf(n, d, e) {
			return nil, nil, false
		}
		kern.Scal(scale, d, d)
		return d, nil, true
	}
	z = make([]float64, n*n)
	if !divide(n, d, e, z, n) {
		return nil, nil, false
	}
	for i := len(blocks) - 1; i >= 0; i-- {
		blocks[i].apply(false, n, z[first[i]*n:], n)
	}
	fixSigns(z, n, n)
	kern.Scal(scale, d, d)
	return d, z, true
}

// powerOfTwo is the one at or below x, 1 for 0.
func powerOfTwo(x float64) float64 {
	if x == 0 {
		return 1
	}
	_, exp := math.Frexp(x)
	return math.Ldexp(1, min(max(exp-1, -1000), 1000))
}

// fixSigns makes the largest element of every column of the rows x cols matrix z positive.
func fixSigns(z []float64, rows, cols int) {
	for _, j := range negativeColumns(z, rows, cols) {
		for i := range rows {
			z[i*cols+j] = -z[i*cols+j]
		}
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

	order := sortedBy(d)
	f := deflation{d: d, u: u, rotate: func(i, j int, c, s float64) { rotateColumns(z, ldz, n, i, j, c, s) }}
	f.run(order, func() float64 { // what is no larger than the rounding of the larger of both
		const eps = 0x1p-53
		return 8 * eps * max(MaxAbs(d), MaxAbs(u))
	}(), rho, func(i int) half { return halfOf(i, h) })
	k := len(f.kept)
	values := make([]float64, n)
	s := make([]float64, k*k) // eigenvectors of the inner problem, in rows
	if k > 0 {
		poles, w := make([]float64, k), make([]float64, k)
		for i, c := range f.kept {
			poles[i], w[i] = d[c], u[c]
		}
		if !secularVectors(poles, w, rho, values[:k], s) {
			return false
		}
	}
	for i, c := range f.deflated {
		values[k+i] = d[c]
	}
	f.multiply(n, h, z, ldz, s)
	arrange(n, values, d, z, ldz)
	return true
}

// secularVectors solves the inner problem diag(poles) + rho·wwᵀ, poles rising and apart: values, rising, and eigenvectors, in rows.
func secularVectors(poles, w []float64, rho float64, values, s []float64) bool {
	k := len(poles)
	if k == 1 {
		values[0], s[0] = poles[0]+rho*w[0]*w[0], 1
		return true
	}
	squares := make([]float64, k)
	for i, v := range w {
		squares[i] = v * v
	}
	ok := par.Reduce(k, par.Grain(16*k), func(_, lo, hi int) bool {
		good := true
		for i := lo; i < hi; i++ { // row i: poles - value i
			v, found := secularRoot(i, poles, squares, rho, s[i*k:(i+1)*k])
			values[i] = v
			good = good && found
		}
		return good
	}, func(a, b bool) bool { return a && b })
	if !ok {
		return false
	}
	// The weights for which these values are exact (Löwner's formula): with them the vectors are orthogonal.
	exact := make([]float64, k)
	par.For(k, 4*k, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			v := -s[j*k+j]
			for i := range k {
				if i != j {
					v *= s[i*k+j] / (poles[j] - poles[i])
				}
			}
			exact[j] = math.Copysign(math.Sqrt(math.Abs(v)), w[j])
		}
	})
	par.For(k, 4*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := s[i*k : (i+1)*k]
			for j, x := range exact {
				row[j] = x / row[j]
			}
			kern.Scal(1/Norm(row), row, row)
		}
	})
	return AllFinite(s)
}

// secularRoot finds root i of 1 + rho·Σ squares_j/(poles_j - x), which lies above pole i and below the next, or rho·Σ squares above the
// last. It writes the poles minus the root, which are accurate however close they come: the root is found as a distance from the
// nearer pole. Steps are those of Bunch, Nielsen and Sorensen (Numer. Math. 31 (1978)), inside a bracket.
func secularRoot(i int, poles, squares []float64, rho float64, diff []float64) (root float64, ok bool) {
	k := len(poles)
	last := i == k-1
	// the two poles that matter most, and the bracket
	left, right := i, i+1
	width := 0.0
	if last {
		left, right = k-2, k-1
		for _, v := range squares {
			width += v
		}
		width *= rho
	} else {
		width = poles[right] - poles[left]
	}
	origin := i
	lo, hi := 0.0, width
	if !last {
		for j, p := range poles {
			diff[j] = p - poles[i]
		}
		if secular(squares, rho, diff, width/2, i).f < 0 { // the root is in the upper half
			origin, lo, hi = i+1, -width/2, 0
		} else {
			hi = width / 2
		}
	}
	for j, p := range poles {
		diff[j] = p - poles[origin]
	}
	x := lo + (hi-lo)/2
	split := i
	if last {
		split = k - 2
	}
	for range 100 {
		v := secular(squares, rho, diff, x, split)
		if v.f <= 0 {
			lo = x
		}
		if v.f >= 0 {
			hi = x
		}
		const eps = 0x1p-53
		if math.Abs(v.f) <= eps*v.bound || !(hi-lo > 2*eps*math.Max(math.Abs(lo), math.Abs(hi))) {
			break
		}
		dl, dr := diff[left]-x, diff[right]-x
		r := dl * dl * v.below
		s := dr * dr * v.above
		c := v.f - dl*v.below - dr*v.above
		a := c*(dl+dr) + r + s
		b := dl * dr * v.f
		root := math.Sqrt(math.Abs(a*a - 4*b*c))
		step := 0.0
		switch {
		case last && a >= 0:
			step = (a + root) / (2 * c)
		case last:
			step = 2 * b / (a - root)
		case a <= 0:
			step = (a - root) / (2 * c)
		default:
			step = 2 * b / (a + root)
		}
		next := x + step
		if !(next > lo && next < hi) || v.f*step >= 0 {
			next = lo + (hi-lo)/2
		}
		if next == x {
			break
		}
		x = next
	}
	for j := range diff {
		diff[j] -= x
		if diff[j] == 0 {
			return 0, false
		}
	}
	return poles[origin] + x, !math.IsNaN(x)
}

// A secularValue is the secular function at a point.
type secularValue struct {
	f            float64
	below, above float64 // derivatives of the parts of the poles up to split, and of those after it
	bound        float64 // of the rounding errors in f, in units of rounding
}

func secular(squares []float64, rho float64, diff []float64, x float64, split int) secularValue {
	var v secularValue
	sum, size := 0.0, 0.0
	for j, q := range squares[:split+1] {
		t := 1 / (diff[j] - x)
		p := q * t
		sum += p
		size += math.Abs(p)
		v.below += p * t
	}
	for j, q := range squares[split+1:] {
		t := 1 / (diff[split+1+j] - x)
		p := q * t
		sum += p
		size += math.Abs(p)
		v.above += p * t
	}
	v.f = 1 + rho*sum
	v.below *= rho
	v.above *= rho
	v.bound = 8*rho*size + 1 + math.Abs(x)*(v.below+v.above)
	return v
}
