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

func addNarrowRows(dst, a []float64, rows []float32, stride int, at []int32) {
	const vectors = 8
	if level < AVX2 {
		addNarrowRowsGeneric(dst, a, rows, stride, at)
		return
	}
	lanes := 4
	if level >= AVX512 {
		lanes = 8
	}
	whole := len(dst) / lanes * lanes
	for j := 0; j < whole; j += lanes * vectors {
		n := min(vectors, (whole-j)/lanes)
		if level < AVX512 {
			addNarrowRowsF64AVX2(&dst[j], n, a, &rows[j], 4*stride, &at[0])
		} else {
			addNarrowRowsF64AVX512(&dst[j], n, a, &rows[j], 4*stride, &at[0])
		}
	}
	if whole < len(dst) {
		addNarrowRowsFused(dst[whole:], a, rows[whole:], stride, at)
	}
}
