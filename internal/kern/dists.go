package kern

import "github.com/gopherwood-ml/ml/internal/par"

// SqDists sets dst[i*ldd+j] to the squared Euclidean distance of row i of x (m rows of d, ldx apart) and row j of y (n
// rows of d, ldy apart): many against many. Each has the bits SqDistRows gives it; the differences are taken first, so
// that nothing cancels, unlike in |x|**2 - 2*x*y + |y|**2 by Gemm, which is faster for large d and loses digits for near
// points. Work worth it runs on several cores. dst may overlap neither x nor y.
func SqDists[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMatrix("SqDists: x", m, d, x, ldx)
	checkMatrix("SqDists: y", n, d, y, ldy)
	checkMatrix("SqDists: dst", m, n, dst, ldd)
	per := max(1, n*d/8+n/4)
	if par.Small(m, per) {
		sqDistBlock(0, m, n, d, x, ldx, y, ldy, dst, ldd)
		return
	}
	par.For(m, per, func(lo, hi int) { sqDistBlock(lo, hi, n, d, x, ldx, y, ldy, dst, ldd) })
}

// sqDistBlock computes rows lo to hi of dst, for as many rows of y at a time as the second-level cache holds.
func sqDistBlock[T Float](lo, hi, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) {
	block := max(4, inCache[T]()/2/max(d, 1)&^3)
	for j := 0; j < n; j += block {
		w := min(block, n-j)
		rows := y[min(j*ldy, len(y)):]
		for i := lo; i < hi; i++ {
			SqDistRows(dst[i*ldd+j:i*ldd+j+w], x[i*ldx:i*ldx+d], rows, ldy)
		}
	}
}
