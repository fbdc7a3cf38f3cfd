//go:build !purego

package kern

func leastTwo(k, n int, x []float32, ld int, least, second []float32, at []int32) {
	whole := 0
	switch {
	case k == 0 || level < AVX2:
	case level < AVX512:
		if whole = n &^ 15; whole > 0 {
			leastTwoF32AVX2(k, whole, &x[0], ld, &least[0], &second[0], &at[0])
		}
	default:
		if whole = n &^ 31; whole > 0 {
			leastTwoF32AVX512(k, whole, &x[0], ld, &least[0], &second[0], &at[0])
		}
	}
	if whole < n {
		leastTwoGeneric(k, n-whole, x[min(whole, len(x)):], ld, least[whole:], second[whole:], at[whole:])
	}
}
