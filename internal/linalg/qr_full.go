package linalg

// FullQR is the factorisation A = Q R of a matrix by Householder reflections, with Q kept as its reflections. Elements of R's
// diagonal have the sign opposite to that of the element they were made of, as LAPACK's have.
type FullQR struct {
	m, n   int
	a      []float64
	blocks []block
	first  []int // row and column each block starts at
}

// NewFullQR factors the compact m x n matrix a, and overwrites it. Numbers that are not finite end in factors that are not.
func NewFullQR(a []float64, m, n int) *FullQR {
	q := &FullQR{m: m, n: n, a: a}
	factorQR(m, n, 0, a, n, func(j int, b block) {
		q.blocks, q.first = append(q.blocks, b), append(q.first, j)
	})
	return q
}

// R writes the min(m, n) x n upper triangle to dst, zeros below.
func (q *FullQR) R(dst []float64) {
	for i := range min(q.m, q.n) {
		row := dst[i*q.n : (i+1)*q.n]
		clear(row[:i])
		copy(row[i:], q.a[i*q.n+i:(i+1)*q.n])
	}
}

// Apply overwrites the m x cols matrix c, rows ldc apart, with Q c, or Qᵀ c.
func (q *FullQR) Apply(trans bool, cols int, c []float64, ldc int) {
	for i := range q.blocks {
		if !trans {
			i = len(q.blocks) - 1 - i
		}
		q.blocks[i].apply(trans, cols, c[q.first[i]*ldc:], ldc)
	}
}

// Q writes the first cols columns of Q to dst, m x cols: min(m, n) for the thin factor, m for the whole.
func (q *FullQR) Q(cols int, dst []float64) {
	clear(dst[:q.m*cols])
	for i := range min(q.m, cols) {
		dst[i*cols+i] = 1
	}
	for i := len(q.blocks) - 1; i >= 0; i-- { // columns before a block's first are still those of the identity
		if j := q.first[i]; j < cols {
			q.blocks[i].apply(false, cols-j, dst[j*cols+j:], cols)
		}
	}
}

// Solve overwrites the m x rhs matrix b with the least-squares solutions of A X = B in its first n rows, for m >= n and full rank;
// the rest of Qᵀb stays below, whose squares sum to those of the residuals.
func (q *FullQR) Solve(rhs int, b []float64, ldb int) {
	q.Apply(true, rhs, b, ldb)
	SolveTriangular(Triangle{Upper: true}, q.n, rhs, q.a, q.n, b, ldb)
}
