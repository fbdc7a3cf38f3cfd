//go:build purego || !amd64

package kern

func quantize(dst []uint8, x []float32, inv float32, zero int32) {
	quantizeGeneric(dst, x, inv, zero)
}

func dequantize(dst []float32, sums, whole []int32, zero int32, by float32, scale, bias []float32, relu bool) {
	dequantizeGeneric(dst, sums, whole, zero, by, scale, bias, relu)
}

// vnniNow reports whether products of bytes go by VNNI: no.
func vnniNow() bool { return false }

func windowsOctets(w *Windows, nr, quads int, a []uint8, b []int8, c []int32, ldc, nextC int) {
	panic("kern: no kernel of windows of bytes")
}
