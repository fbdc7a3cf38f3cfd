package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// tridiagonal reduces a symmetric matrix to T = QᵀAQ by Householder reflections (Dongarra, Sorensen and Hammarling, J. Comput. Appl.
// Math. 27 (1989)): half the work is a matrix times a vector, half a product. a holds both halves and is overwritten. d is the diagonal
// of T, e what is beside it; block i of the reflections starts at row first[i]. The reflections are kept if Q is wanted.
func tridiagonal(n int, a []float64, lda int, keep bool) (d, e []float64, blocks []block, first []int) {
	d, e = make([]float64, n), make([]float64, max(n-1, 0))
	for j := 0; j < n; j += blockWidth {
		k := min(blockWidth, n-1-j)
		if k <= 0 { // the last element alone
			d[j] = a[j*lda+j]
			break
		}
		b := reduceColumns(n-j, k, a[j*lda+j:], lda, d[j:], e[j:])
		if keep {
			b.fillT()
			blocks, first = append(blocks, b), append(first, j+1)
		}
		if j+k == n-1 {
			d[n-1] = a[(n-1)*lda+n-1]
		}
	}
	return d, e, blocks, first
}

// reduceColumns reduces the first k columns of an n x n matrix and updates the rest. The block's V begins at row 1 of the matrix.
func reduceColumns(n, k int, a []float64, lda int, d, e []float64) block {
	m := n - 1
	b := block{m: m, k: k, v: make([]float64, m*k), t: make([]float64, k*k)}
	w := make([]float64, m*k)                          // W of A - V Wᵀ - W Vᵀ, row by row like V
	col, sum := make([]float64, n), make([]float64, k) // the column at work
	v, av := make([]float64, m), make([]float64, m)    // its reflection, and A times that
	for c := range k {
		for i := c; i < n; i++ { // column c, brought up to date
			x := a[i*lda+c]
			if i > 0 && c > 0 {
				x -= kern.Dot(b.v[(i-1)*k:(i-1)*k+c], w[(c-1)*k:(c-1)*k+c]) + kern.Dot(w[(i-1)*k:(i-1)*k+c], b.v[(c-1)*k:(c-1)*k+c])
			}
			col[i] = x
		}
		d[c] = col[c]
		x := col[c+1 : n]
		tau := reflect(len(x), x, 1)
		e[c] = x[0]
		b.t[c*k+c] = tau
		x[0] = 1
		for i, vi := range x {
			b.v[(c+i)*k+c] = vi
		}
		if tau == 0 {
			continue
		}
		rest := m - c
		vc, avc := v[:rest], av[:rest]
		copy(vc, x)
		kern.Gemv(false, rest, rest, 1, a[(c+1)*lda+c+1:], lda, vc, 0, avc)
		if c > 0 {
			old, oldW := b.v[c*k:], w[c*k:]
			kern.Gemv(true, rest, c, 1, oldW, k, vc, 0, sum[:c])
			kern.Gemv(false, rest, c, -1, old, k, sum[:c], 1, avc)
			kern.Gemv(true, rest, c, 1, old, k, vc, 0, sum[:c])
			kern.Gemv(false, rest, c, -1, oldW, k, sum[:c], 1, avc)
		}
		half := -0.5 * tau * tau * kern.Dot(avc, vc)
		for i, y := range avc {
			w[(c+i)*k+c] = tau*y + half*vc[i]
		}
	}
	rest := n - k
	if rest > 0 {
		p, q := make([]float64, rest*2*k), make([]float64, rest*2*k)
		for i := range rest {
			vi, wi := b.v[(k-1+i)*k:(k+i)*k], w[(k-1+i)*k:(k+i)*k]
			copy(p[2*i*k:], vi)
			copy(p[(2*i+1)*k:], wi)
			copy(q[2*i*k:], wi)
			copy(q[(2*i+1)*k:], vi)
		}
		kern.Gemm(false, true, rest, rest, 2*k, -1, p, 2*k, q, 2*k, 1, a[k*lda+k:], lda)
	}
	return b
}
