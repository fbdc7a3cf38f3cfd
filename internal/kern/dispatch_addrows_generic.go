//go:build purego || !amd64

package kern

func addRows(dst, a, rows []float64, stride int, at []int32) {
	addRowsEach(dst, a, rows, stride, at, axpy[float64])
}

func addNarrowRows(dst, a []float64, rows []float32, stride int, at []int32) {
	addNarrowRowsGeneric(dst, a, rows, stride, at)
}
