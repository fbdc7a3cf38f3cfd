package linalg

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// factorPivoted is QR with column pivoting (Businger and Golub), blocked as Quintana-Ortí, Sun and Bischof do (SIAM J. Sci. Comput. 19
// (1998)): column i of the result was column pivot[i]. Each time the longest remaining column comes next, the first of equals; its
// length is downdated, and computed anew where that loses digits. R stays above the diagonal, the reflections below.
func factorPivoted(m, n int, a []float64, lda int, pivot []int) (tau []float64) {
	k := min(m, n)
	p := &pivoting{m: m, n: n, a: a, lda: lda, pivot: pivot, tau: make([]float64, k), now: make([]float64, n), exact: make([]float64, n)}
	for j := range n {
		pivot[j] = j
		p.now[j] = kernels.Dnrm2(m, a[j:], lda)
		p.exact[j] = p.now[j]
	}
	for j := 0; j < k; {
		j = p.block(j, min(32, k-j))
	}
	return p.tau
}

type pivoting struct {
	m, n       int
	a          []float64
	lda        int
	pivot      []int
	tau        []float64
	now, exact []float64 // lengths of what is left of the columns: downdated, and when last computed
}

// block factors up to width columns from j, whose effect on the later ones is gathered in f, width x n, and applied at the end: a product.
func (p *pivoting) block(j0, width int) (next int) {
	m, n, lda := p.m, p.n, p.lda
	f := make([]float64, width*n)
	v, vv := make([]float64, m), make([]float64, width)
	stale := []int{}
	done := 0
	for done < width && len(stale) == 0 {
		j := j0 + done // row and column
		p.bring(j, f, done)
		if done > 0 { // what the block's reflections do to this column
			for l := range done {
				vv[l] = f[l*n+j]
			}
			for i := j; i < m; i++ {
				p.a[i*lda+j] -= kern.Dot(p.a[i*lda+j0:i*lda+j], vv[:done])
			}
		}
		tau := reflect(m-j, p.a[j*lda+j:], lda)
		p.tau[j] = tau
		diagonal := p.a[j*lda+j]
		p.a[j*lda+j] = 1
		for i := j; i < m; i++ {
			v[i-j] = p.a[i*lda+j]
		}
		row := f[done*n : (done+1)*n]
		if j+1 < n {
			kern.Gemv(true, m-j, n-j-1, tau, p.a[j*lda+j+1:], lda, v[:m-j], 0, row[j+1:])
		}
		if done > 0 {
			kern.Gemv(true, m-j, done, -tau, p.a[j*lda+j0:], lda, v[:m-j], 0, vv[:done])
			for l := range done {
				kern.Axpy(vv[l], f[l*n+j+1:(l+1)*n], row[j+1:])
			}
		}
		for l := range done + 1 { // the pivot row is final
			kern.Axpy(-p.a[j*lda+j0+l], f[l*n+j+1:(l+1)*n], p.a[j*lda+j+1:j*lda+n])
		}
		p.a[j*lda+j] = diagonal
		stale = p.downdate(j)
		done++
	}
	next = j0 + done
	if next < m && next < n {
		kern.Gemm(false, false, m-next, n-next, done, -1, p.a[next*lda+j0:], lda, f[next:], n, 1, p.a[next*lda+next:], lda)
	}
	for _, c := range stale {
		p.now[c] = 0
		if next < m {
			p.now[c] = kernels.Dnrm2(m-next, p.a[next*lda+c:], lda)
		}
		p.exact[c] = p.now[c]
	}
	return next
}

// bring exchanges column j with the longest of those left.
func (p *pivoting) bring(j int, f []float64, done int) {
	best := j
	for c := j + 1; c < p.n; c++ {
		if p.now[c] > p.now[best] {
			best = c
		}
	}
	if best == j {
		return
	}
	for i := range p.m {
		row := p.a[i*p.lda:]
		row[j], row[best] = row[best], row[j]
	}
	for l := range done {
		row := f[l*p.n:]
		row[j], row[best] = row[best], row[j]
	}
	p.pivot[j], p.pivot[best] = p.pivot[best], p.pivot[j]
	p.now[best], p.exact[best] = p.now[j], p.exact[j]
}

// downdate takes row j out of the lengths of the columns to its right, and returns those whose length has lost its digits (Drmač and
// Bujanović, ACM Trans. Math. Softw. 35 (2008)).
func (p *pivoting) downdate(j int) (stale []int) {
	const lost = 1.5e-8 // sqrt of the rounding unit
	for c := j + 1; c < p.n; c++ {
		if p.now[c] == 0 {
			continue
		}
		part := math.Abs(p.a[j*p.lda+c]) / p.now[c]
		left := max(0, (1-part)*(1+part))
		ratio := p.now[c] / p.exact[c]
		if left*ratio*ratio <= lost {
			stale = append(stale, c)
		} else {
			p.now[c] *= math.Sqrt(left)
		}
	}
	return stale
}
