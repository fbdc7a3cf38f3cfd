//go:build !purego

package kern

func affine(dst, x, shift, scale, offset []float64, low, high float64, stream bool) bool {
	switch {
	case level < AVX2:
		return affineGeneric(dst, x, shift, scale, offset, low, high)
	case level < AVX512 && stream:
		return affineStreamF64AVX2(dst, x, shift, scale, offset, low, high) != 0
	case level < AVX512:
		return affineF64AVX2(dst, x, shift, scale, offset, low, high) != 0
	case stream:
		return affineStreamF64AVX512(dst, x, shift, scale, offset, low, high) != 0
	default:
		return affineF64AVX512(dst, x, shift, scale, offset, low, high) != 0
	}
}

func addDiffs(sum, x, pivot []float64) {
	switch {
	case level < AVX2:
		addDiffsGeneric(sum, x, pivot)
	case level < AVX512:
		addDiffsF64AVX2(sum, x, pivot)
	default:
		addDiffsF64AVX512(sum, x, pivot)
	}
}

func addSquares(rest, squares, x, pivot, mean []float64) {
	switch {
	case level < AVX2:
		addSquaresGeneric(rest, squares, x, pivot, mean)
	case level < AVX512:
		addSquaresF64AVX2(rest, squares, x, pivot, mean)
	default:
		addSquaresF64AVX512(rest, squares, x, pivot, mean)
	}
}

func ranges(low, high, x []float64) bool {
	switch {
	case level < AVX2:
		return rangesGeneric(low, high, x)
	case level < AVX512:
		return rangesF64AVX2(low, high, x) != 0
	default:
		return rangesF64AVX512(low, high, x) != 0
	}
}
