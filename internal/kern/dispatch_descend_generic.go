//go:build purego || !amd64

package kern

func descend(n, k, at int, x, b []float64, stride int, gram, inverse, met []float64) {
	descendGeneric(n, k, at, x, b, stride, gram, inverse, met)
}
