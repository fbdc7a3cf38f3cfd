//go:build purego || !amd64

package kern

func addRows(dst, a, rows []float64, stride int, at []int32) {
	addRowsEach(dst, a, rows, stride, at, axpy[float64])
}
