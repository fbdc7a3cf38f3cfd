package linalg

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Lanczos finds eigenvalues at one end of the spectrum of a symmetric operator, and their vectors, by the Lanczos method with thick restarts
// (Wu and Simon, SIAM J. Matrix Anal. Appl. 22 (2000)) and full reorthogonalisation. A run from one vector can miss copies of an
// eigenvalue that is repeated; so what was found is set aside and the rest is searched for more, until nothing turns up.
type Lanczos struct {
	Count    int     // eigenvalues wanted
	Smallest bool    // at the lower end, rising; else at the upper, falling
	Tol      float64 // residuals at most this times the largest value seen. 0: 1e-10
	MaxIter  int     // restarts at the most. 0: 300
	Basis    int     // vectors kept. 0: 2·Count + 20; never more than the dimension
	Seed     uint64  // of the start vector
}

// Solve takes the n x n operator as dst = A x. Vectors are the columns of an n x Count matrix, with NewSVD's signs. Result.Gap is the largest
// residual over the largest value; Result.Iterations counts products.
func (o Lanczos) Solve(n int, mul func(dst, x []float64)) (values, vectors []float64, result Result) {
	if o.Tol == 0 {
		o.Tol = 1e-10
	}
	if o.MaxIter == 0 {
		o.MaxIter = 300
	}
	if o.Basis == 0 {
		o.Basis = 2*o.Count + 20
	}
	k := min(o.Count, n)
	if k == 0 {
		return nil, nil, Result{Done: true}
	}
	found, rows, result := o.run(n, k, mul, nil, 0)
	for checked := 0; result.Done && checked < k && len(found)+checked < n && len(found) > 0; checked++ {
		more, row, r := o.run(n, 1, mul, rows, result.scale)
		result.Iterations += r.Iterations
		if !r.Done {
			result.Done = false
			break
		}
		if !o.before(more[0], found[k-1]+o.sign()*o.Tol*r.scale) {
			break // nothing was missed
		}
		found, rows = append(found, more[0]), append(rows, row...)
		order := sortedBy(found)
		if !o.Smallest {
			slices.Reverse(order)
		}
		kept := make([]float64, 0, k*n)
		for _, i := range order[:k] {
			kept = append(kept, rows[i*n:(i+1)*n]...)
		}
		found, rows = pick(found, order[:k]), kept
	}
	if len(found) < k {
		return nil, nil, result
	}
	vectors = make([]float64, n*k)
	for i := range k {
		for r := range n {
			vectors[r*k+i] = rows[i*n+r]
		}
	}
	fixSigns(vectors, n, k)
	return found, vectors, result
}

// sign is 1 where larger values come first.
func (o Lanczos) sign() float64 {
	if o.Smallest {
		return -1
	}
	return 1
}

// before reports whether x comes before y.
func (o Lanczos) before(x, y float64) bool { return o.sign()*x > o.sign()*y }

// run finds k values, in the order wanted, and their vectors, in rows, of the operator on what is orthogonal to the locked rows. scale is
// at least how large the operator is.
func (o Lanczos) run(n, k int, mul func(dst, x []float64), locked []float64, scale float64) (values, rows []float64, result Result) {
	room := n - len(locked)/n
	m := min(max(o.Basis, k+2), room)
	b := &krylov{n: n, m: m, mul: mul, locked: locked, v: make([]float64, (m+1)*n), h: make([]float64, m*m), random: rng.New(o.Seed, uint64(len(locked)/n))}
	b.fresh(0)
	kept := 0
	for restart := 0; ; restart++ {
		if !b.extend(kept) {
			return nil, nil, result // not finite
		}
		result.Iterations += m - kept
		theta, s, ok := EigenSym(append([]float64(nil), b.h...), m, true)
		if !ok {
			return nil, nil, result
		}
		order := make([]int, m) // wanted first
		for i := range order {
			order[i] = m - 1 - i
			if o.Smallest {
				order[i] = i
			}
		}
		scale = max(scale, math.Abs(theta[0]), math.Abs(theta[m-1]))
		result.scale, result.Gap = scale, 0
		for _, i := range order[:k] {
			if scale > 0 {
				result.Gap = max(result.Gap, math.Abs(b.beta*s[(m-1)*m+i])/scale)
			}
		}
		result.Done = result.Gap <= o.Tol || m == room
		if result.Done || restart == o.MaxIter {
			return pick(theta, order[:k]), b.ritz(s, order[:k]), result
		}
		kept = k + (m-k)/3
		copy(b.v, b.ritz(s, order[:kept]))
		copy(b.v[kept*n:(kept+1)*n], b.v[m*n:])
		clear(b.h)
		for i, c := range order[:kept] {
			b.h[i*m+i] = theta[c]
		}
	}
}

// krylov is an orthonormal basis, in rows, and the operator in it.
type krylov struct {
	n, m   int
	mul    func(dst, x []float64)
	locked []float64 // rows that the basis stays orthogonal to
	v      []float64 // m+1 rows; the last is the direction of the residual
	h      []float64 // m x m, upper half
	beta   float64   // length of the residual
	random *rand.Rand
}

// fresh makes row i a random vector orthogonal to those before it.
func (b *krylov) fresh(i int) {
	w := b.v[i*b.n : (i+1)*b.n]
	rng.Normal(b.random, w, 0, 1)
	for range 2 {
		b.orthogonalize(w, i, nil)
	}
	normalize(w)
}

// orthogonalize takes the first i basis vectors out of w and adds what it took to coef.
func (b *krylov) orthogonalize(w []float64, i int, coef []float64) {
	if l := len(b.locked) / b.n; l > 0 {
		c := make([]float64, l)
		kern.Gemv(false, l, b.n, 1, b.locked, b.n, w, 0, c)
		kern.Gemv(true, l, b.n, -1, b.locked, b.n, c, 1, w)
	}
	if i == 0 {
		return
	}
	c := make([]float64, i)
	kern.Gemv(false, i, b.n, 1, b.v, b.n, w, 0, c)
	kern.Gemv(true, i, b.n, -1, b.v, b.n, c, 1, w)
	for j, x := range c {
		if coef != nil {
			coef[j] += x
		}
	}
}

// extend fills the basis from vector i on, which is there.
func (b *krylov) extend(i int) bool {
	coef := make([]float64, b.m)
	for ; i < b.m; i++ {
		w := b.v[(i+1)*b.n : (i+2)*b.n]
		b.mul(w, b.v[i*b.n:(i+1)*b.n])
		if !AllFinite(w) {
			return false
		}
		size := Norm(w)
		clear(coef)
		b.orthogonalize(w, i+1, coef)
		b.orthogonalize(w, i+1, coef)
		for j := range i + 1 {
			b.h[j*b.m+i] = coef[j]
		}
		b.beta = normalize(w)
		const eps = 0x1p-52
		if b.beta <= eps*float64(b.n)*size || size == 0 { // the basis spans an invariant subspace: go on in another
			b.beta = 0
			if i+1 < b.m {
				b.fresh(i + 1)
			}
		}
	}
	return true
}

// ritz are the vectors whose coordinates are the given columns of s, in rows.
func (b *krylov) ritz(s []float64, columns []int) []float64 {
	t := make([]float64, len(columns)*b.m)
	for i, c := range columns {
		for j := range b.m {
			t[i*b.m+j] = s[j*b.m+c]
		}
	}
	return product(false, false, len(columns), b.n, b.m, t, b.v)
}
