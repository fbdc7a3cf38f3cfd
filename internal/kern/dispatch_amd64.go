//go:build !purego

package kern

import (
	"math"
	"unsafe"
)

// Each kernel picks its code by an if-chain on the level: a function variable would push its callers' stack buffers to
// the heap.

func dot[T Float](x, y []T) T {
	if level >= AVX2 {
		if single[T]() {
			return T(dotF32AVX2(f32(x), f32(y)))
		}
		return T(dotF64AVX2(f64(x), f64(y)))
	}
	return dotGeneric(x, y)
}

func sqDist[T Float](x, y []T) T {
	if level >= AVX2 {
		if single[T]() {
			return T(sqDistF32AVX2(f32(x), f32(y)))
		}
		return T(sqDistF64AVX2(f64(x), f64(y)))
	}
	return sqDistGeneric(x, y)
}

func sum[T Float](x []T) T {
	if level >= AVX2 {
		if single[T]() {
			return T(sumF32AVX2(f32(x)))
		}
		return T(sumF64AVX2(f64(x)))
	}
	return sumGeneric(x)
}

func sumSq[T Float](x []T) T {
	if level >= AVX2 {
		if single[T]() {
			return T(sumSqF32AVX2(f32(x)))
		}
		return T(sumSqF64AVX2(f64(x)))
	}
	return sumSqGeneric(x)
}

func dotRows[T Float](dst, x, rows []T, stride int) {
	switch {
	case level < AVX2:
		dotRowsGeneric(dst, x, rows, stride)
	case single[T]():
		dotRowsF32AVX2(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	default:
		dotRowsF64AVX2(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	}
}

func sqDistRows[T Float](dst, x, rows []T, stride int) {
	switch {
	case level < AVX2:
		sqDistRowsGeneric(dst, x, rows, stride)
	case single[T]():
		sqDistRowsF32AVX2(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	default:
		sqDistRowsF64AVX2(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	}
}

func axpy[T Float](a T, x, y []T) {
	switch {
	case level < AVX2:
		axpyGeneric(a, x, y)
	case single[T]():
		axpyF32AVX2(float32(a), f32(x), f32(y))
	default:
		axpyF64AVX2(float64(a), f64(x), f64(y))
	}
}

func scal[T Float](a T, dst, x []T) {
	switch {
	case level < AVX2:
		scalGeneric(a, dst, x)
	case single[T]():
		scalF32AVX2(float32(a), f32(dst), f32(x))
	default:
		scalF64AVX2(float64(a), f64(dst), f64(x))
	}
}

func add[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		addGeneric(dst, x, y)
	case single[T]():
		addF32AVX2(f32(dst), f32(x), f32(y))
	default:
		addF64AVX2(f64(dst), f64(x), f64(y))
	}
}

func mul[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		mulGeneric(dst, x, y)
	case single[T]():
		mulF32AVX2(f32(dst), f32(x), f32(y))
	default:
		mulF64AVX2(f64(dst), f64(x), f64(y))
	}
}

func fma[T Float](dst, x, y, z []T) {
	switch {
	case level < AVX2:
		fmaGeneric(dst, x, y, z)
	case single[T]():
		fmaF32AVX2(f32(dst), f32(x), f32(y), f32(z))
	default:
		fmaF64AVX2(f64(dst), f64(x), f64(y), f64(z))
	}
}

func minOf[T Float](x []T) T {
	switch {
	case level < AVX2 || len(x) < 8:
		return minGeneric(x)
	case single[T]():
		return T(minF32AVX2(f32(x), 0))
	default:
		return T(minF64AVX2(f64(x), 0))
	}
}

func maxOf[T Float](x []T) T {
	switch {
	case level < AVX2 || len(x) < 8:
		return maxGeneric(x)
	case single[T]():
		return T(minF32AVX2(f32(x), float32(math.Copysign(0, -1))))
	default:
		return T(minF64AVX2(f64(x), math.Copysign(0, -1)))
	}
}

// find returns a start from which indexGeneric finds the first v or NaN of x soon.
func find[T Float](x []T, v T) int {
	switch {
	case level < AVX2:
		return 0
	case single[T]():
		return findF32AVX2(f32(x), float32(v))
	default:
		return findF64AVX2(f64(x), float64(v))
	}
}

// tiled reports whether this level has tile kernels.
func tiled() bool { return level >= AVX2 }

// The tile kernels; called at the levels for which tiled holds only. Their operands are slices that reach at least as
// far as the kernel reads.

func gemmDirect[T Float](m, nr, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	if single[T]() {
		gemmDirectF32AVX2(m, nr, k, unsafe.SliceData(f32(a)), rsa, csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
		return
	}
	gemmDirectF64AVX2(m, nr, k, unsafe.SliceData(f64(a)), rsa, csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
}

func gemmPacked[T Float](m, nr, k int, a, b, c []T, ldc int, alpha, beta T) {
	if single[T]() {
		gemmPackedF32AVX2(m, nr, k, unsafe.SliceData(f32(a)), unsafe.SliceData(f32(b)), unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
		return
	}
	gemmPackedF64AVX2(m, nr, k, unsafe.SliceData(f64(a)), unsafe.SliceData(f64(b)), unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
}

func gemmRow[T Float](k int, a []T, csa int, b []T, rsb int, c []T, alpha, beta T) {
	if single[T]() {
		gemmRowF32AVX2(k, unsafe.SliceData(f32(a)), csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), float32(alpha), float32(beta))
		return
	}
	gemmRowF64AVX2(k, unsafe.SliceData(f64(a)), csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), float64(alpha), float64(beta))
}

func exp[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		expGeneric(dst, x)
	case single[T]():
		expF32AVX2(f32(dst), f32(x))
	default:
		expF64AVX2(f64(dst), f64(x))
	}
}

func log[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		logGeneric(dst, x)
	case single[T]():
		logF32AVX2(f32(dst), f32(x))
	default:
		logF64AVX2(f64(dst), f64(x))
	}
}

func log1p[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		log1pGeneric(dst, x)
	case single[T]():
		log1pF32AVX2(f32(dst), f32(x))
	default:
		log1pF64AVX2(f64(dst), f64(x))
	}
}

func sigmoid[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		sigmoidGeneric(dst, x)
	case single[T]():
		sigmoidF32AVX2(f32(dst), f32(x))
	default:
		sigmoidF64AVX2(f64(dst), f64(x))
	}
}

func tanh[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		tanhGeneric(dst, x)
	case single[T]():
		tanhF32AVX2(f32(dst), f32(x))
	default:
		tanhF64AVX2(f64(dst), f64(x))
	}
}

func expShift[T Float](dst, x []T, m T) T {
	switch {
	case level < AVX2:
		return expShiftGeneric(dst, x, m)
	case single[T]():
		return T(expShiftF32AVX2(f32(dst), f32(x), float32(m)))
	default:
		return T(expShiftF64AVX2(f64(dst), f64(x), float64(m)))
	}
}

func expSum[T Float](x []T, m T) T {
	switch {
	case level < AVX2:
		return expSumGeneric(x, m)
	case single[T]():
		return T(expSumF32AVX2(f32(x), float32(m)))
	default:
		return T(expSumF64AVX2(f64(x), float64(m)))
	}
}
