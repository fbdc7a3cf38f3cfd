//go:build !purego

package kern

func rowSizes(size RowSize, dst, x []float64, p int) {
	switch {
	case level < AVX2:
		rowSizesGeneric(size, dst, x, p)
	case size == RowSquares:
		rowSquaresF64AVX2(dst, x, p)
	case size == RowSums:
		rowSumsF64AVX2(dst, x, p)
	default:
		rowMaximaF64AVX2(dst, x, p)
	}
}

func divRows(dst, x, by []float64, p int, stream bool) {
	switch {
	case level < AVX2:
		divRowsGeneric(dst, x, by, p)
	case stream:
		divRowsStreamF64AVX2(dst, x, by, p)
	default:
		divRowsF64AVX2(dst, x, by, p)
	}
}
