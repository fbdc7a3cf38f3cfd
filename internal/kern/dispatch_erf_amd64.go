//go:build !purego

package kern

func erf[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		erfGeneric(dst, x)
	case level < AVX512 && single[T]():
		erfF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		erfF64AVX2(f64(dst), f64(x))
	case single[T]():
		erfF32AVX512(f32(dst), f32(x))
	default:
		erfF64AVX512(f64(dst), f64(x))
	}
}

func gelu[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		geluGeneric(dst, x)
	case level < AVX512 && single[T]():
		geluF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		geluF64AVX2(f64(dst), f64(x))
	case single[T]():
		geluF32AVX512(f32(dst), f32(x))
	default:
		geluF64AVX512(f64(dst), f64(x))
	}
}

func geluTanh[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		geluTanhGeneric(dst, x)
	case level < AVX512 && single[T]():
		geluTanhF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		geluTanhF64AVX2(f64(dst), f64(x))
	case single[T]():
		geluTanhF32AVX512(f32(dst), f32(x))
	default:
		geluTanhF64AVX512(f64(dst), f64(x))
	}
}
