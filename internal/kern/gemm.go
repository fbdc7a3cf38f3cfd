package kern

import "github.com/gopherwood-ml/ml/internal/par"

// Gemm sets C to alpha*op(A)*op(B) + beta*C. op(A) is m x k, op(B) k x n, C m x n, all row-major with rows lda, ldb and
// ldc elements apart; op is the transpose where transA or transB says so, so that A is then stored as k x m, B as n x k.
// Rows of A may overlap: lda may be less than they are long.
// With beta 0, C is not read (a NaN there is gone); with alpha 0 or k 0, A and B are not read. C may overlap neither A
// nor B.
//
// Products worth it run on several cores. Bits depend on the shape, the operands and the level only. Moreover, for
// products with n > 1, and with m > 1 where B is transposed, an element of C has the same bits whatever m and n are,
// so that rows may be computed together or one at a time: along k every element is summed in order, in blocks
// that depend on k alone. The remaining shapes are dot products of contiguous rows (DotRows).
func Gemm[T Float](transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMatrix("Gemm: C", m, n, c, ldc)
	writesRows(c, m, n, ldc)
	if k <= 0 || alpha == 0 {
		scaleRows(m, n, beta, c, ldc)
		return
	}
	g := product[T]{m: m, n: n, k: k, alpha: alpha, beta: beta,
		a: a, rsa: lda, csa: 1, b: b, rsb: ldb, csb: 1, c: c, ldc: ldc}
	if transA {
		g.rsa, g.csa = 1, lda
		checkOverlapping("Gemm: A transposed", k, m, a, lda)
		readsRows(a, k, m, lda)
	} else {
		checkOverlapping("Gemm: A", m, k, a, lda)
		readsRows(a, m, k, lda)
	}
	if transB {
		g.rsb, g.csb = 1, ldb
		checkMatrix("Gemm: B transposed", n, k, b, ldb)
		readsRows(b, n, k, ldb)
	} else {
		checkMatrix("Gemm: B", k, n, b, ldb)
		readsRows(b, k, n, ldb)
	}
	g.run()
}

// Gemv sets y to alpha*op(A)*x + beta*y for a row-major A of m x n with rows lda apart; op is the transpose where trans
// says so, and x and y are as long as that asks for. With beta 0, y is not read. y may overlap neither A nor x.
func Gemv[T Float](trans bool, m, n int, alpha T, a []T, lda int, x []T, beta T, y []T) {
	rows, cols := m, n
	if trans {
		rows, cols = n, m
	}
	same("Gemv: x and A", len(x), cols)
	same("Gemv: y and A", len(y), rows)
	if trans { // as a row times A, which reads A along its rows
		Gemm(false, false, 1, rows, cols, alpha, x, cols, a, lda, beta, y, rows)
		return
	}
	Gemm(false, true, 1, rows, cols, alpha, x, cols, a, lda, beta, y, rows)
}

func checkMatrix[T Float](what string, rows, cols int, x []T, stride int) {
	if stride < cols && rows > 0 && cols > 0 {
		mismatch(what+": its rows", cols, stride)
	}
	checkOverlapping(what, rows, cols, x, stride)
}

// checkOverlapping is for matrices that are only read, whose rows may overlap.
func checkOverlapping[T Float](what string, rows, cols int, x []T, stride int) {
	if rows > 0 && cols > 0 && (stride < 0 || (rows-1)*stride+cols > len(x)) {
		mismatch(what, (rows-1)*stride+cols, len(x))
	}
}

// product is one call of Gemm with strides in place of flags: element (i, p) of op(A) is a[i*rsa+p*csa].
type product[T Float] struct {
	m, n, k     int
	alpha, beta T
	a           []T
	rsa, csa    int
	b           []T
	rsb, csb    int
	c           []T
	ldc         int
}

func (g *product[T]) run() {
	switch {
	case g.n == 1:
		g.vector()
	case g.m == 1 && g.csb != 1:
		g.swap().vector()
	case !tiled():
		g.plain()
	case g.m == 1:
		g.row()
	default:
		g.tiles()
	}
}

// swap is the transposed product: C' = op(B)' * op(A)'. Its C is a row of elements ldc apart and must be a vector.
func (g *product[T]) swap() *product[T] {
	return &product[T]{m: g.n, n: 1, k: g.k, alpha: g.alpha, beta: g.beta,
		a: g.b, rsa: g.csb, csa: g.rsb, b: g.a, rsb: g.csa, csb: g.rsa, c: g.c, ldc: 1}
}

// worth guesses the time of some floating-point operations, for deciding whether other cores are worth waking.
func (g *product[T]) worth(flops int) (ns int) {
	switch {
	case level >= AVX512:
		return flops / 128
	case tiled():
		return flops / 64
	}
	return flops / 2
}

// scaleRows multiplies C by beta; with beta 0 it clears it.
func scaleRows[T Float](m, n int, beta T, c []T, ldc int) {
	if beta == 1 {
		return
	}
	if par.Small(m, max(1, n/8)) || par.Alone() {
		for i := range m {
			scaleRow(beta, c[i*ldc:i*ldc+n])
		}
		return
	}
	par.For(m, max(1, n/8), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			scaleRow(beta, c[i*ldc:i*ldc+n])
		}
	})
}

func scaleRow[T Float](beta T, row []T) {
	if beta == 0 {
		clear(row)
		return
	}
	Scal(beta, row, row)
}
