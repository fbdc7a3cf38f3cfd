//go:build !purego

package kern

func descend(n, k, at int, x, b []float64, stride int, gram, inverse, met []float64) {
	switch {
	case level < AVX2:
		descendGeneric(n, k, at, x, b, stride, gram, inverse, met)
	case level < AVX512:
		descendF64AVX2(n, k, &x[0], &x[at*stride], &b[at*stride], 8*stride, &gram[at*k], &inverse[at], &met[0])
	default:
		descendF64AVX512(n, k, &x[0], &x[at*stride], &b[at*stride], 8*stride, &gram[at*k], &inverse[at], &met[0])
	}
}
