//go:build !purego

package kern

import (
	"math"
	"unsafe"
)

// Each kernel picks its code by an if-chain on the level: a function variable would push its callers' stack buffers to
// the heap.

func dot[T Float](x, y []T) T {
	switch {
	case level < AVX2:
		return dotGeneric(x, y)
	case level < AVX512 && single[T]():
		return T(dotF32AVX2(f32(x), f32(y)))
	case level < AVX512:
		return T(dotF64AVX2(f64(x), f64(y)))
	case single[T]():
		return T(dotF32AVX512(f32(x), f32(y)))
	default:
		return T(dotF64AVX512(f64(x), f64(y)))
	}
}

func sqDist[T Float](x, y []T) T {
	switch {
	case level < AVX2:
		return sqDistGeneric(x, y)
	case level < AVX512 && single[T]():
		return T(sqDistF32AVX2(f32(x), f32(y)))
	case level < AVX512:
		return T(sqDistF64AVX2(f64(x), f64(y)))
	case single[T]():
		return T(sqDistF32AVX512(f32(x), f32(y)))
	default:
		return T(sqDistF64AVX512(f64(x), f64(y)))
	}
}

func sum[T Float](x []T) T {
	switch {
	case level < AVX2:
		return sumGeneric(x)
	case level < AVX512 && single[T]():
		return T(sumF32AVX2(f32(x)))
	case level < AVX512:
		return T(sumF64AVX2(f64(x)))
	case single[T]():
		return T(sumF32AVX512(f32(x)))
	default:
		return T(sumF64AVX512(f64(x)))
	}
}

func sumSq[T Float](x []T) T {
	switch {
	case level < AVX2:
		return sumSqGeneric(x)
	case level < AVX512 && single[T]():
		return T(sumSqF32AVX2(f32(x)))
	case level < AVX512:
		return T(sumSqF64AVX2(f64(x)))
	case single[T]():
		return T(sumSqF32AVX512(f32(x)))
	default:
		return T(sumSqF64AVX512(f64(x)))
	}
}

func dotRows[T Float](dst, x, rows []T, stride int) {
	switch {
	case level < AVX2:
		dotRowsGeneric(dst, x, rows, stride)
	case level < AVX512 && single[T]():
		dotRowsF32AVX2(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	case level < AVX512:
		dotRowsF64AVX2(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	case single[T]():
		dotRowsF32AVX512(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	default:
		dotRowsF64AVX512(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	}
}

func sqDistRows[T Float](dst, x, rows []T, stride int) {
	switch {
	case level < AVX2:
		sqDistRowsGeneric(dst, x, rows, stride)
	case level < AVX512 && single[T]():
		sqDistRowsF32AVX2(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	case level < AVX512:
		sqDistRowsF64AVX2(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	case single[T]():
		sqDistRowsF32AVX512(f32(dst), f32(x), unsafe.SliceData(f32(rows)), stride)
	default:
		sqDistRowsF64AVX512(f64(dst), f64(x), unsafe.SliceData(f64(rows)), stride)
	}
}

func axpy[T Float](a T, x, y []T) {
	switch {
	case level < AVX2:
		axpyGeneric(a, x, y)
	case level < AVX512 && single[T]():
		axpyF32AVX2(float32(a), f32(x), f32(y))
	case level < AVX512:
		axpyF64AVX2(float64(a), f64(x), f64(y))
	case single[T]():
		axpyF32AVX512(float32(a), f32(x), f32(y))
	default:
		axpyF64AVX512(float64(a), f64(x), f64(y))
	}
}

func scal[T Float](a T, dst, x []T) {
	switch {
	case level < AVX2:
		scalGeneric(a, dst, x)
	case level < AVX512 && single[T]():
		scalF32AVX2(float32(a), f32(dst), f32(x))
	case level < AVX512:
		scalF64AVX2(float64(a), f64(dst), f64(x))
	case single[T]():
		scalF32AVX512(float32(a), f32(dst), f32(x))
	default:
		scalF64AVX512(float64(a), f64(dst), f64(x))
	}
}

func add[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		addGeneric(dst, x, y)
	case level < AVX512 && single[T]():
		addF32AVX2(f32(dst), f32(x), f32(y))
	case level < AVX512:
		addF64AVX2(f64(dst), f64(x), f64(y))
	case single[T]():
		addF32AVX512(f32(dst), f32(x), f32(y))
	default:
		addF64AVX512(f64(dst), f64(x), f64(y))
	}
}

func mul[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		mulGeneric(dst, x, y)
	case level < AVX512 && single[T]():
		mulF32AVX2(f32(dst), f32(x), f32(y))
	case level < AVX512:
		mulF64AVX2(f64(dst), f64(x), f64(y))
	case single[T]():
		mulF32AVX512(f32(dst), f32(x), f32(y))
	default:
		mulF64AVX512(f64(dst), f64(x), f64(y))
	}
}

func fma[T Float](dst, x, y, z []T) {
	switch {
	case level < AVX2:
		fmaGeneric(dst, x, y, z)
	case level < AVX512 && single[T]():
		fmaF32AVX2(f32(dst), f32(x), f32(y), f32(z))
	case level < AVX512:
		fmaF64AVX2(f64(dst), f64(x), f64(y), f64(z))
	case single[T]():
		fmaF32AVX512(f32(dst), f32(x), f32(y), f32(z))
	default:
		fmaF64AVX512(f64(dst), f64(x), f64(y), f64(z))
	}
}

func minOf[T Float](x []T) T {
	switch {
	case level < AVX2:
		return minGeneric(x)
	case level < AVX512 && len(x) < 8: // less than a register
		return minGeneric(x)
	case level < AVX512 && single[T]():
		return T(minF32AVX2(f32(x), 0))
	case level < AVX512:
		return T(minF64AVX2(f64(x), 0))
	case single[T]():
		return T(minF32AVX512(f32(x), 0))
	default:
		return T(minF64AVX512(f64(x), 0))
	}
}

// maxOf is the minimum of what has the other sign.
func maxOf[T Float](x []T) T {
	switch {
	case level < AVX2:
		return maxGeneric(x)
	case level < AVX512 && len(x) < 8: // less than a register
		return maxGeneric(x)
	case level < AVX512 && single[T]():
		return T(minF32AVX2(f32(x), float32(negativeZero)))
	case level < AVX512:
		return T(minF64AVX2(f64(x), negativeZero))
	case single[T]():
		return T(minF32AVX512(f32(x), float32(negativeZero)))
	default:
		return T(minF64AVX512(f64(x), negativeZero))
	}
}

var negativeZero = math.Copysign(0, -1)

// find returns a start from which indexGeneric finds the first v or NaN of x soon.
func find[T Float](x []T, v T) int {
	switch {
	case level < AVX2:
		return 0
	case level < AVX512 && single[T]():
		return findF32AVX2(f32(x), float32(v))
	case level < AVX512:
		return findF64AVX2(f64(x), float64(v))
	case single[T]():
		return findF32AVX512(f32(x), float32(v))
	default:
		return findF64AVX512(f64(x), float64(v))
	}
}
