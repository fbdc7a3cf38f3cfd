package kern

// Dots sets dst[i*ldd+j] to the dot product of row i of x and row j of y: m and n rows of d elements, ldx and ldy apart. A
// product has the bits DotRows gives it, so rows may come together or one at a time, which those of Gemm may not where B is
// transposed; for few or short rows it is faster as well, having nothing to pack. It runs on the caller's goroutine. dst
// may overlap neither x nor y.
func Dots[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMatrix("Dots: x", m, d, x, ldx)
	checkMatrix("Dots: y", n, d, y, ldy)
	checkMatrix("Dots: dst", m, n, dst, ldd)
	if d > sweep {
		longDots(m, n, d, x, ldx, y, ldy, dst, ldd)
		return
	}
	const work = 1 << 18 // products of a call: some ten microseconds
	down := min(m, max(dotsRows, work/(n*max(d, 1))&^(dotsRows-1)))
	across := min(n, max(4, work/(down*max(d, 1))&^3))
	for i := 0; i < m; i += down {
		for j := 0; j < n; j += across {
			dotsCall(min(down, m-i), min(across, n-j), d, x[i*ldx:], ldx, y[j*ldy:], ldy, dst[i*ldd+j:], ldd)
		}
	}
}

// dotsRows is the number of rows that the tallest tile of any level takes together.
const dotsRows = 4

// longDots adds up the products of the parts of long rows, as longDotRows does.
func longDots[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) {
	const rows, cols = 4, 16
	var part [rows * cols]T
	for i := 0; i < m; i += rows {
		for j := 0; j < n; j += cols {
			a, b := min(rows, m-i), min(cols, n-j)
			var total [rows * cols]float64
			for at := 0; at < d; at += sweep {
				dotsCall(a, b, min(sweep, d-at), x[i*ldx+at:], ldx, y[j*ldy+at:], ldy, part[:], cols)
				for q, v := range part {
					total[q] += float64(v)
				}
			}
			for r := range a {
				for c := range b {
					dst[(i+r)*ldd+j+c] = T(total[r*cols+c])
				}
			}
		}
	}
}

//go:noinline
func dotsCall[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) {
	readsRows(x, m, d, ldx)
	readsRows(y, n, d, ldy)
	writesRows(dst, m, n, ldd)
	whole := dots(m, n, d, x, ldx, y, ldy, dst, ldd)
	for i := whole; i < m; i++ { // the rows that fill no tile
		dotRows(dst[i*ldd:i*ldd+n], x[i*ldx:i*ldx+d], y[:(n-1)*ldy+d], ldy)
	}
}
