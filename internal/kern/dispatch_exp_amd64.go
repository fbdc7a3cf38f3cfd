//go:build !purego

package kern

import "unsafe"

func exp[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		expGeneric(dst, x)
	case level < AVX512 && single[T]():
		expF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		expF64AVX2(f64(dst), f64(x))
	case single[T]():
		expF32AVX512(f32(dst), f32(x))
	default:
		expF64AVX512(f64(dst), f64(x))
	}
}

func log[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		logGeneric(dst, x)
	case level < AVX512 && single[T]():
		logF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		logF64AVX2(f64(dst), f64(x))
	case single[T]():
		logF32AVX512(f32(dst), f32(x))
	default:
		logF64AVX512(f64(dst), f64(x))
	}
}

func log1p[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		log1pGeneric(dst, x)
	case level < AVX512 && single[T]():
		log1pF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		log1pF64AVX2(f64(dst), f64(x))
	case single[T]():
		log1pF32AVX512(f32(dst), f32(x))
	default:
		log1pF64AVX512(f64(dst), f64(x))
	}
}

func sigmoid[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		sigmoidGeneric(dst, x)
	case level < AVX512 && single[T]():
		sigmoidF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		sigmoidF64AVX2(f64(dst), f64(x))
	case single[T]():
		sigmoidF32AVX512(f32(dst), f32(x))
	default:
		sigmoidF64AVX512(f64(dst), f64(x))
	}
}

func tanh[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		tanhGeneric(dst, x)
	case level < AVX512 && single[T]():
		tanhF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		tanhF64AVX2(f64(dst), f64(x))
	case single[T]():
		tanhF32AVX512(f32(dst), f32(x))
	default:
		tanhF64AVX512(f64(dst), f64(x))
	}
}

func expShift[T Float](dst, x []T, m T) T {
	switch {
	case level < AVX2:
		return expShiftGeneric(dst, x, m)
	case level < AVX512 && single[T]():
		return T(expShiftF32AVX2(f32(dst), f32(x), float32(m)))
	case level < AVX512:
		return T(expShiftF64AVX2(f64(dst), f64(x), float64(m)))
	case single[T]():
		return T(expShiftF32AVX512(f32(dst), f32(x), float32(m)))
	default:
		return T(expShiftF64AVX512(f64(dst), f64(x), float64(m)))
	}
}

func expSum[T Float](x []T, m T) T {
	switch {
	case level < AVX2:
		return expSumGeneric(x, m)
	case level < AVX512 && single[T]():
		return T(expSumF32AVX2(f32(x), float32(m)))
	case level < AVX512:
		return T(expSumF64AVX2(f64(x), float64(m)))
	case single[T]():
		return T(expSumF32AVX512(f32(x), float32(m)))
	default:
		return T(expSumF64AVX512(f64(x), float64(m)))
	}
}

func softmaxRows[T Float](m, n int, x []T, ldx int, dst []T, ldd int) {
	switch {
	case level < AVX2:
		softmaxRowsGeneric(m, n, x, ldx, dst, ldd)
	case level < AVX512 && single[T]():
		softmaxRowsF32AVX2(m, n, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(dst)), ldd)
	case level < AVX512:
		softmaxRowsF64AVX2(m, n, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(dst)), ldd)
	case single[T]():
		softmaxRowsF32AVX512(m, n, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(dst)), ldd)
	default:
		softmaxRowsF64AVX512(m, n, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(dst)), ldd)
	}
}

func expSumRows[T Float](m, n int, x []T, ldx int, most, total []T) {
	switch {
	case level < AVX2:
		expSumRowsGeneric(m, n, x, ldx, most, total)
	case level < AVX512 && single[T]():
		expSumRowsF32AVX2(m, n, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(most)), unsafe.SliceData(f32(total)))
	case level < AVX512:
		expSumRowsF64AVX2(m, n, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(most)), unsafe.SliceData(f64(total)))
	case single[T]():
		expSumRowsF32AVX512(m, n, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(most)), unsafe.SliceData(f32(total)))
	default:
		expSumRowsF64AVX512(m, n, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(most)), unsafe.SliceData(f64(total)))
	}
}
