//go:build !purego

package kern

func sqDistsAt(dst, x, rows []float32, at []int32) {
	switch {
	case level < AVX2:
		sqDistsAtGeneric(dst, x, rows, at)
	case level < AVX512:
		sqDistsAtF32AVX2(&dst[0], &x[0], 4*len(x), &rows[0], at)
	default:
		sqDistsAtF32AVX512(&dst[0], &x[0], 4*len(x), &rows[0], at)
	}
}

func dotsAt(dst, x, rows []float32, at []int32) {
	switch {
	case level < AVX2:
		dotsAtGeneric(dst, x, rows, at)
	case level < AVX512:
		dotsAtF32AVX2(&dst[0], &x[0], 4*len(x), &rows[0], at)
	default:
		dotsAtF32AVX512(&dst[0], &x[0], 4*len(x), &rows[0], at)
	}
}
