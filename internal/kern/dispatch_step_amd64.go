//go:build !purego

package kern

func axpyDots(n int, a float64, x, y, z, u, ahead *float64) (yz, uz float64) {
	switch {
	case level < AVX2:
		return axpyDotsGeneric(n, a, x, y, z, u)
	case level < AVX512:
		return axpyDotsF64AVX2(n, a, x, y, z, u, ahead)
	default:
		return axpyDotsF64AVX512(n, a, x, y, z, u, ahead)
	}
}
