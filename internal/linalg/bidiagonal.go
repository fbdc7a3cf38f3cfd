package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// bidiagonal reduces an m x n matrix, m >= n, to an upper bidiagonal B = QᵀAP by Householder reflections (Dongarra, Sorensen and
// Hammarling (1989)): half the work is matrices times vectors, half a product. a is overwritten. d is the diagonal of B, e what is above it. The
// blocks of Q start at row first[i], those of P at column first[i]+1.
func bidiagonal(m, n int, a []float64, lda int, keep bool) (d, e []float64, q, p []block, first []int) {
	d, e = make([]float64, n), make([]float64, max(n-1, 0))
	for j := 0; j < n; j += blockWidth {
		k := min(blockWidth, n-j)
		left, right := bidiagonalColumns(m-j, n-j, k, a[j*lda+j:], lda, d[j:], e[min(j, len(e)):])
		if keep {
			left.fillT()
			right.fillT()
			q, p, first = append(q, left), append(p, right), append(first, j)
		}
	}
	return d, e, q, p, first
}

// bidiagonalColumns reduces the first k rows and columns of an m x n matrix and updates the rest.
func bidiagonalColumns(m, n, k int, a []float64, lda int, d, e []float64) (left, right block) {
	left = block{m: m, k: k, v: make([]float64, m*k), t: make([]float64, k*k)}
	v, x := left.v, make([]float64, m*k)               // A - V·yᵀ - x·u, with V and x in columns,
	y, u := make([]float64, k*n), make([]float64, k*n) // y and u in rows
	kr := min(k, n-1)                                  // reflections of rows
	col, row := make([]float64, m), make([]float64, n) // at work
	s, ax := make([]float64, k), make([]float64, m)
	tauRow := make([]float64, k)
	for c := range k {
		// column c, brought up to date
		for l := range c {
			s[l] = y[l*n+c]
		}
		for i := c; i < m; i++ {
			w := a[i*lda+c]
			if c > 0 {
				w -= kern.Dot(v[i*k:i*k+c], s[:c])
			}
			col[i] = w
		}
		for l := range c {
			s[l] = u[l*n+c]
		}
		for i := c; i < m && c > 0; i++ {
			col[i] -= kern.Dot(x[i*k:i*k+c], s[:c])
		}
		vc := col[c:m]
		tau := reflect(len(vc), vc, 1)
		d[c] = vc[0]
		left.t[c*k+c] = tau
		vc[0] = 1
		for i, w := range vc {
			v[(c+i)*k+c] = w
		}
		if c+1 >= n {
			break
		}
		// y = tau (A - ...)ᵀ v
		yc := y[c*n+c+1 : (c+1)*n]
		kern.Gemv(true, m-c, n-c-1, 1, a[c*lda+c+1:], lda, vc, 0, yc)
		if c > 0 {
			kern.Gemv(true, m-c, c, 1, v[c*k:], k, vc, 0, s[:c])
			kern.Gemv(true, c, n-c-1, -1, y[c+1:], n, s[:c], 1, yc)
			kern.Gemv(true, m-c, c, 1, x[c*k:], k, vc, 0, s[:c])
			kern.Gemv(true, c, n-c-1, -1, u[c+1:], n, s[:c], 1, yc)
		}
		kern.Scal(tau, yc, yc)
		// row c, brought up to date
		rc := row[:n-c-1]
		copy(rc, a[c*lda+c+1:c*lda+n])
		kern.Gemv(true, c+1, n-c-1, -1, y[c+1:], n, v[c*k:c*k+c+1], 1, rc)
		if c > 0 {
			kern.Gemv(true, c, n-c-1, -1, u[c+1:], n, x[c*k:c*k+c], 1, rc)
		}
		tau = reflect(len(rc), rc, 1)
		e[c] = rc[0]
		tauRow[c] = tau
		rc[0] = 1
		copy(u[c*n+c+1:(c+1)*n], rc)
		if c+1 >= m {
			continue
		}
		// x = tau (A - ...) u
		xc := ax[:m-c-1]
		kern.Gemv(false, m-c-1, n-c-1, 1, a[(c+1)*lda+c+1:], lda, rc, 0, xc)
		kern.Gemv(false, c+1, n-c-1, 1, y[c+1:], n, rc, 0, s[:c+1])
		kern.Gemv(false, m-c-1, c+1, -1, v[(c+1)*k:], k, s[:c+1], 1, xc)
		if c > 0 {
			kern.Gemv(false, c, n-c-1, 1, u[c+1:], n, rc, 0, s[:c])
			kern.Gemv(false, m-c-1, c, -1, x[(c+1)*k:], k, s[:c], 1, xc)
		}
		for i, w := range xc {
			x[(c+1+i)*k+c] = tau * w
		}
	}
	right = block{m: n - 1, k: kr, v: make([]float64, max(n-1, 0)*kr), t: make([]float64, kr*kr)}
	for c := range kr {
		right.t[c*kr+c] = tauRow[c]
		for i := c; i < n-1; i++ {
			right.v[i*kr+c] = u[c*n+i+1]
		}
	}
	if k < n {
		vx, yu := make([]float64, (m-k)*2*k), make([]float64, 2*k*(n-k))
		for i := range m - k {
			copy(vx[2*i*k:], v[(k+i)*k:(k+i+1)*k])
			copy(vx[(2*i+1)*k:], x[(k+i)*k:(k+i+1)*k])
		}
		for c := range k {
			copy(yu[c*(n-k):], y[c*n+k:(c+1)*n])
			copy(yu[(k+c)*(n-k):], u[c*n+k:(c+1)*n])
		}
		kern.Gemm(false, false, m-k, n-k, 2*k, -1, vx, 2*k, yu, n-k, 1, a[k*lda+k:], lda)
	}
	return left, right
}
