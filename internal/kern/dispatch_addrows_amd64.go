//go:build !purego

package kern

func addRows(dst, a, rows []float64, stride int, at []int32) {
	const vectors = 8
	switch {
	case level < AVX2:
		addRowsEach(dst, a, rows, stride, at, axpyGeneric[float64])
	case level < AVX512:
		for j := 0; j < len(dst); j += 4 * vectors {
			addRowsF64AVX2(&dst[j], min(4*vectors, len(dst)-j), a, &rows[j], 8*stride, &at[0])
		}
	default:
		for j := 0; j < len(dst); j += 8 * vectors {
			addRowsF64AVX512(&dst[j], min(8*vectors, len(dst)-j), a, &rows[j], 8*stride, &at[0])
		}
	}
}
