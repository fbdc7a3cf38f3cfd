//go:build !purego

package kern

import "unsafe"

// Each kernel picks its code by an if-chain on the level: a function variable would push its callers' stack buffers to
// the heap.

func dot[T Float](x, y []T) T {
	if level >= NEON {
		if single[T]() {
			return T(dotF32NEON(f32(x), f32(y)))
		}
		return T(dotF64NEON(f64(x), f64(y)))
	}
	return dotGeneric(x, y)
}

func sqDist[T Float](x, y []T) T {
	if level >= NEON {
		if single[T]() {
			return T(sqDistF32NEON(f32(x), f32(y)))
		}
		return T(sqDistF64NEON(f64(x), f64(y)))
	}
	return sqDistGeneric(x, y)
}

func sum[T Float](x []T) T {
	if level >= NEON {
		if single[T]() {
			return T(sumF32NEON(f32(x)))
		}
		return T(sumF64NEON(f64(x)))
	}
	return sumGeneric(x)
}

func sumSq[T Float](x []T) T {
	if level >= NEON {
		if single[T]() {
			return T(sumSqF32NEON(f32(x)))
		}
		return T(sumSqF64NEON(f64(x)))
	}
	return sumSqGeneric(x)
}

func dotRows[T Float](dst, x, rows []T, stride int) {
	switch {
	case level < NEON:
		dotRowsGeneric(dst, x, rows, stride)
	case single[T]():
		dotRowsF32NEON(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	default:
		dotRowsF64NEON(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	}
}

func sqDistRows[T Float](dst, x, rows []T, stride int) {
	switch {
	case level < NEON:
		sqDistRowsGeneric(dst, x, rows, stride)
	case single[T]():
		sqDistRowsF32NEON(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	default:
		sqDistRowsF64NEON(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	}
}

func axpy[T Float](a T, x, y []T) {
	switch {
	case level < NEON:
		axpyGeneric(a, x, y)
	case single[T]():
		axpyF32NEON(float32(a), f32(x), f32(y))
	default:
		axpyF64NEON(float64(a), f64(x), f64(y))
	}
}

func scal[T Float](a T, dst, x []T) {
	switch {
	case level < NEON:
		scalGeneric(a, dst, x)
	case single[T]():
		scalF32NEON(float32(a), f32(dst), f32(x))
	default:
		scalF64NEON(float64(a), f64(dst), f64(x))
	}
}

func add[T Float](dst, x, y []T) {
	switch {
	case level < NEON:
		addGeneric(dst, x, y)
	case single[T]():
		addF32NEON(f32(dst), f32(x), f32(y))
	default:
		addF64NEON(f64(dst), f64(x), f64(y))
	}
}

func mul[T Float](dst, x, y []T) {
	switch {
	case level < NEON:
		mulGeneric(dst, x, y)
	case single[T]():
		mulF32NEON(f32(dst), f32(x), f32(y))
	default:
		mulF64NEON(f64(dst), f64(x), f64(y))
	}
}

func fma[T Float](dst, x, y, z []T) {
	switch {
	case level < NEON:
		fmaGeneric(dst, x, y, z)
	case single[T]():
		fmaF32NEON(f32(dst), f32(x), f32(y), f32(z))
	default:
		fmaF64NEON(f64(dst), f64(x), f64(y), f64(z))
	}
}

func minOf[T Float](x []T) T {
	switch {
	case level < NEON || len(x) < 4:
		return minGeneric(x)
	case single[T]():
		return T(minF32NEON(f32(x)))
	default:
		return T(minF64NEON(f64(x)))
	}
}

func maxOf[T Float](x []T) T {
	switch {
	case level < NEON || len(x) < 4:
		return maxGeneric(x)
	case single[T]():
		return T(maxF32NEON(f32(x)))
	default:
		return T(maxF64NEON(f64(x)))
	}
}

// find returns a start from which indexGeneric finds the first v or NaN of x soon.
func find[T Float](x []T, v T) int {
	switch {
	case level < NEON:
		return 0
	case single[T]():
		return findF32NEON(f32(x), float32(v))
	default:
		return findF64NEON(f64(x), float64(v))
	}
}

// tiled reports whether this level has tile kernels.
func tiled() bool { return level >= NEON }

// tileHeight is the height of a tile, tileColumns its width: 64 bytes.
const tileHeight = 6

func tileRows() int { return tileHeight }

func tileColumns[T Float]() int {
	if single[T]() {
		return 16
	}
	return 8
}

// The tile kernel; called at the levels for which tiled holds only.

func gemmDirect[T Float](m, nr, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	if nr < tileColumns[T]() {
		gemmNarrow(m, nr, k, a, rsa, csa, b, rsb, c, ldc, alpha, beta)
		return
	}
	for i := 0; i < m; i += tileHeight {
		gemmTile(min(tileHeight, m-i), k, a[i*rsa:], rsa, csa, b, rsb, c[i*ldc:], ldc, alpha, beta)
	}
}

// gemmPacked: a strip of A is k columns of six elements, B's rows are filled up to 64 bytes.
func gemmPacked[T Float](m, nr, k int, a, b, c []T, ldc int, alpha, beta T) {
	wide := tileColumns[T]()
	for i := 0; i < m; i += tileHeight {
		rows := min(tileHeight, m-i)
		if nr < wide {
			gemmCut(rows, nr, k, a[i*k:], 1, tileHeight, b, wide, c[i*ldc:], ldc, alpha, beta)
		} else {
			gemmTile(rows, k, a[i*k:], 1, tileHeight, b, wide, c[i*ldc:], ldc, alpha, beta)
		}
	}
}

// gemmNarrow is gemmDirect for fewer columns than a tile has: B's rows are filled up first.
func gemmNarrow[T Float](m, nr, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	wide := tileColumns[T]()
	full, l := scratch[T](k * wide)
	defer release(l)
	clear(full)
	for p := range k {
		copy(full[p*wide:p*wide+nr], b[p*rsb:])
	}
	for i := 0; i < m; i += tileHeight {
		gemmCut(min(tileHeight, m-i), nr, k, a[i*rsa:], rsa, csa, full, wide, c[i*ldc:], ldc, alpha, beta)
	}
}

// gemmCut computes a whole tile beside C and copies nr of its columns, so that an element's bits do not depend on the
// tile it is in.
func gemmCut[T Float](rows, nr, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	var tile [tileHeight * 16]T
	wide := tileColumns[T]()
	if beta != 0 {
		for r := range rows {
			copy(tile[r*wide:r*wide+nr], c[r*ldc:])
		}
	}
	gemmTile(rows, k, a, rsa, csa, b, rsb, tile[:], wide, alpha, beta)
	for r := range rows {
		copy(c[r*ldc:r*ldc+nr], tile[r*wide:])
	}
}

func gemmTile[T Float](rows, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	if single[T]() {
		gemmTileF32NEON(rows, k, unsafe.SliceData(f32(a)), rsa, csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
		return
	}
	gemmTileF64NEON(rows, k, unsafe.SliceData(f64(a)), rsa, csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
}

func gemmRow[T Float](k int, a []T, csa int, b []T, rsb int, c []T, alpha, beta T) {
	if single[T]() {
		gemmRowF32NEON(k, unsafe.SliceData(f32(a)), csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), float32(alpha), float32(beta))
		return
	}
	gemmRowF64NEON(k, unsafe.SliceData(f64(a)), csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), float64(alpha), float64(beta))
}
