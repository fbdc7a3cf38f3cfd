//go:build !purego

package kern

func sqDiff(dst, x, y []float64) {
	switch {
	case level < AVX2:
		sqDiffGeneric(dst, x, y)
	case level < AVX512:
		sqDiffF64AVX2(dst, x, y)
	default:
		sqDiffF64AVX512(dst, x, y)
	}
}

func absDiff(dst, x, y []float64) {
	switch {
	case level < AVX2:
		absDiffGeneric(dst, x, y)
	case level < AVX512:
		absDiffF64AVX2(dst, x, y)
	default:
		absDiffF64AVX512(dst, x, y)
	}
}

func div(dst, x, y []float64) {
	switch {
	case level < AVX2:
		divGeneric(dst, x, y)
	case level < AVX512:
		divF64AVX2(dst, x, y)
	default:
		divF64AVX512(dst, x, y)
	}
}

func sqrt(dst, x []float64) {
	switch {
	case level < AVX2:
		sqrtGeneric(dst, x)
	case level < AVX512:
		sqrtF64AVX2(dst, x)
	default:
		sqrtF64AVX512(dst, x)
	}
}
