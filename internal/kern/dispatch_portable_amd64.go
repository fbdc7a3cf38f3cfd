//go:build !purego

package kern

func expPortable[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		expPortableGeneric(dst, x)
	case level < AVX512 && single[T]():
		expPortableF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		expPortableF64AVX2(f64(dst), f64(x))
	case single[T]():
		expPortableF32AVX512(f32(dst), f32(x))
	default:
		expPortableF64AVX512(f64(dst), f64(x))
	}
}

func expm1Portable[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		expm1PortableGeneric(dst, x)
	case level < AVX512 && single[T]():
		expm1PortableF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		expm1PortableF64AVX2(f64(dst), f64(x))
	case single[T]():
		expm1PortableF32AVX512(f32(dst), f32(x))
	default:
		expm1PortableF64AVX512(f64(dst), f64(x))
	}
}

func logPortable[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		logPortableGeneric(dst, x)
	case level < AVX512 && single[T]():
		logPortableF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		logPortableF64AVX2(f64(dst), f64(x))
	case single[T]():
		logPortableF32AVX512(f32(dst), f32(x))
	default:
		logPortableF64AVX512(f64(dst), f64(x))
	}
}

func log1pPortable[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		log1pPortableGeneric(dst, x)
	case level < AVX512 && single[T]():
		log1pPortableF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		log1pPortableF64AVX2(f64(dst), f64(x))
	case single[T]():
		log1pPortableF32AVX512(f32(dst), f32(x))
	default:
		log1pPortableF64AVX512(f64(dst), f64(x))
	}
}

func sigmoidPortable[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		sigmoidPortableGeneric(dst, x)
	case level < AVX512 && single[T]():
		sigmoidPortableF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		sigmoidPortableF64AVX2(f64(dst), f64(x))
	case single[T]():
		sigmoidPortableF32AVX512(f32(dst), f32(x))
	default:
		sigmoidPortableF64AVX512(f64(dst), f64(x))
	}
}

func sumPortable[T Float](x []T) T {
	switch {
	case level < AVX2:
		return sumPortableGeneric(x)
	case level < AVX512 && single[T]():
		return T(sumPortableF32AVX2(f32(x)))
	case level < AVX512:
		return T(sumPortableF64AVX2(f64(x)))
	case single[T]():
		return T(sumPortableF32AVX512(f32(x)))
	default:
		return T(sumPortableF64AVX512(f64(x)))
	}
}

func dotPortable[T Float](x, y []T) T {
	switch {
	case level < AVX2:
		return dotPortableGeneric(x, y)
	case level < AVX512 && single[T]():
		return T(dotPortableF32AVX2(f32(x), f32(y)))
	case level < AVX512:
		return T(dotPortableF64AVX2(f64(x), f64(y)))
	case single[T]():
		return T(dotPortableF32AVX512(f32(x), f32(y)))
	default:
		return T(dotPortableF64AVX512(f64(x), f64(y)))
	}
}
