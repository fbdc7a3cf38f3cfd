//go:build purego || !amd64

package kern

func leastTwo(k, n int, x []float32, ld int, least, second []float32, at []int32) {
	leastTwoGeneric(k, n, x, ld, least, second, at)
}
