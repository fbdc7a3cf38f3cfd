package linalg

import "github.com/gopherwood-ml/ml/internal/kern"

// Products of Householder reflections H = H1 H2 ... Hk as blocks I - V T Vᵀ, with a unit lower trapezoidal V and an upper
// triangular T (Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10 (1989)).

// block is k reflections of m rows.
type block struct {
	m, k int
	v    []float64 // m x k, compact, its zeros and ones written out
	t    []float64 // k x k, compact, zeros below
}

// unitLower writes out the reflections that a factorisation left below the diagonal of an m x k panel.
func unitLower(m, k int, a []float64, lda int) []float64 {
	v := make([]float64, m*k)
	for i := range m {
		if i < k {
			copy(v[i*k:i*k+i], a[i*lda:i*lda+i])
			v[i*k+i] = 1
		} else {
			copy(v[i*k:(i+1)*k], a[i*lda:i*lda+k])
		}
	}
	return v
}

// apply overwrites the m x n matrix c with H c, or Hᵀ c.
func (b block) apply(trans bool, n int, c []float64, ldc int) {
	if n == 0 || b.k == 0 {
		return
	}
	w, tw := make([]float64, b.k*n), make([]float64, b.k*n)
	kern.Gemm(true, false, b.k, n, b.m, 1, b.v, b.k, c, ldc, 0, w, n)
	kern.Gemm(trans, false, b.k, n, b.k, 1, b.t, b.k, w, n, 0, tw, n)
	kern.Gemm(false, false, b.m, n, b.k, -1, b.v, b.k, tw, n, 1, c, ldc)
}

// reflect makes the reflection that takes the column of m numbers, stride apart, to a multiple of the first unit vector: the first
// element becomes that multiple, the others v without its leading 1.
func reflect(m int, x []float64, stride int) (tau float64) {
	if m <= 1 {
		return 0
	}
	x[0], tau = factors.Dlarfg(m, x[0], x[stride:], stride)
	return tau
}

// reflectPanel factors an m x n panel, m >= n, halving its columns (Elmroth and Gustavson, IBM J. Res. Dev. 44 (2000)): R stays
// above, the reflections below, as a block.
func reflectPanel(m, n int, a []float64, lda int) block {
	const small = 8
	if n <= small {
		return reflectColumns(m, n, a, lda)
	}
	h := n / 2
	left := reflectPanel(m, h, a, lda)
	left.apply(true, n-h, a[h:], lda)
	right := reflectPanel(m-h, n-h, a[h*lda+h:], lda)
	b := block{m: m, k: n, v: unitLower(m, n, a, lda), t: make([]float64, n*n)}
	for i := range h {
		copy(b.t[i*n:i*n+h], left.t[i*h:(i+1)*h])
	}
	for i := range n - h {
		copy(b.t[(h+i)*n+h:(h+i+1)*n], right.t[i*(n-h):(i+1)*(n-h)])
	}
	joinBlocks(b, h)
	return b
}

// joinBlocks fills the corner of T between the first h reflections and the others: -T1 (V1ᵀV2) T2.
func joinBlocks(b block, h int) {
	k, r := b.k, b.k-h
	if h == 0 || r == 0 {
		return
	}
	w, tw := make([]float64, h*r), make([]float64, h*r)
	kern.Gemm(true, false, h, r, b.m-h, 1, b.v[h*k:], k, b.v[h*k+h:], k, 0, w, r)
	kern.Gemm(false, false, h, r, h, -1, b.t, k, w, r, 0, tw, r)
	kern.Gemm(false, false, h, r, r, 1, tw, r, b.t[h*k+h:], k, 0, b.t[h:], k)
}

// reflectColumns factors few columns one by one.
func reflectColumns(m, n int, a []float64, lda int) block {
	b := block{m: m, k: n, t: make([]float64, n*n)}
	var sums [8]float64
	for j := range n {
		tau := reflect(m-j, a[j*lda+j:], lda)
		b.t[j*n+j] = tau
		if tau == 0 || j == n-1 {
			continue
		}
		w := sums[:n-j-1]
		copy(w, a[j*lda+j+1:])
		for i := j + 1; i < m; i++ {
			row := a[i*lda+j : i*lda+n]
			v, rest := row[0], row[1:]
			for c, x := range rest {
				w[c] += v * x
			}
		}
		for c := range w {
			w[c] *= tau
			a[j*lda+j+1+c] -= w[c]
		}
		for i := j + 1; i < m; i++ {
			row := a[i*lda+j : i*lda+n]
			v, rest := row[0], row[1:]
			for c, x := range w {
				rest[c] -= v * x
			}
		}
	}
	b.v = unitLower(m, n, a, lda)
	b.fillT()
	return b
}

// fillT fills T above its diagonal, which holds the scalars of the reflections: column j is -tau T (Vᵀv).
func (b block) fillT() {
	k := b.k
	vv := make([]float64, k*k)
	kern.Syrk(true, k, b.m, 1, b.v, k, 0, vv, k)
	for j := 1; j < k; j++ {
		tau := b.t[j*k+j]
		for r := range j {
			s := 0.0
			for c := r; c < j; c++ {
				s += b.t[r*k+c] * vv[c*k+j]
			}
			b.t[r*k+j] = -tau * s
		}
	}
}

// applyReflections overwrites the m x n matrix c with Qᵀc, or with Q c, for the reflections that a factorisation of m rows left below
// the diagonal of a.
func applyReflections(trans bool, m int, a []float64, lda int, tau []float64, n int, c []float64, ldc int) {
	blocks := (len(tau) + blockWidth - 1) / blockWidth
	for i := range blocks {
		if !trans {
			i = blocks - 1 - i
		}
		j := i * blockWidth
		k := min(blockWidth, len(tau)-j)
		b := block{m: m - j, k: k, v: unitLower(m-j, k, a[j*lda+j:], lda), t: make([]float64, k*k)}
		for l := range k {
			b.t[l*k+l] = tau[j+l]
		}
		b.fillT()
		b.apply(trans, n, c[j*ldc:], ldc)
	}
}

// blockWidth is the number of columns factored between two updates of the rest.
const blockWidth = 48

// factorQR overwrites the m x n matrix a with R above the diagonal and reflections below, and applies them to the extra columns that
// follow. visit, if any, gets every block with its first row and column.
func factorQR(m, n, extra int, a []float64, lda int, visit func(j int, b block)) {
	k := min(m, n)
	for j := 0; j < k; j += blockWidth {
		w := min(blockWidth, k-j)
		b := reflectPanel(m-j, w, a[j*lda+j:], lda)
		b.apply(true, n+extra-j-w, a[j*lda+j+w:], lda)
		if visit != nil {
			visit(j, b)
		}
	}
}
