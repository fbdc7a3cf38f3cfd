//go:build !purego

package kern

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

func expDiff[T Float](dst, x, m []T) {
	switch {
	case level < AVX2:
		expDiffGeneric(dst, x, m)
	case level < AVX512 && single[T]():
		expDiffF32AVX2(f32(dst), f32(x), f32(m))
	case level < AVX512:
		expDiffF64AVX2(f64(dst), f64(x), f64(m))
	case single[T]():
		expDiffF32AVX512(f32(dst), f32(x), f32(m))
	default:
		expDiffF64AVX512(f64(dst), f64(x), f64(m))
	}
}
