//go:build !purego

package kern

import "unsafe"

// tiled reports whether this level has tile kernels.
func tiled() bool { return level >= AVX2 }

// tileRows is the height of a tile, tileColumns its width: two registers.
func tileRows() int {
	if level >= AVX512 {
		return 14
	}
	return 6
}

func tileColumns[T Float]() int {
	n := 8
	if single[T]() {
		n = 16
	}
	if level >= AVX512 {
		n *= 2
	}
	return n
}

// The tile kernels; called at the levels for which tiled holds only. Their operands are slices that reach at least as
// far as the kernel reads.

func gemmDirect[T Float](m, nr, k int, a []T, rsa, csa int, b []T, rsb int, c []T, ldc int, alpha, beta T) {
	strips := (m + tileRows() - 1) / tileRows()
	height := (m + strips - 1) / strips // of strips that differ by little: a low one cannot hide the latency of its additions
	switch {
	case level >= AVX512 && single[T]():
		gemmDirectF32AVX512(m, height, nr, k, unsafe.SliceData(f32(a)), rsa, csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
	case level >= AVX512:
		gemmDirectF64AVX512(m, height, nr, k, unsafe.SliceData(f64(a)), rsa, csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
	case single[T]():
		gemmDirectF32AVX2(m, height, nr, k, unsafe.SliceData(f32(a)), rsa, csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
	default:
		gemmDirectF64AVX2(m, height, nr, k, unsafe.SliceData(f64(a)), rsa, csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
	}
}

func gemmPacked[T Float](m, nr, k int, a, b, c []T, ldc int, alpha, beta T) {
	switch {
	case level >= AVX512 && single[T]():
		gemmPackedF32AVX512(m, nr, k, unsafe.SliceData(f32(a)), unsafe.SliceData(f32(b)), unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
	case level >= AVX512:
		gemmPackedF64AVX512(m, nr, k, unsafe.SliceData(f64(a)), unsafe.SliceData(f64(b)), unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
	case single[T]():
		gemmPackedF32AVX2(m, nr, k, unsafe.SliceData(f32(a)), unsafe.SliceData(f32(b)), unsafe.SliceData(f32(c)), ldc, float32(alpha), float32(beta))
	default:
		gemmPackedF64AVX2(m, nr, k, unsafe.SliceData(f64(a)), unsafe.SliceData(f64(b)), unsafe.SliceData(f64(c)), ldc, float64(alpha), float64(beta))
	}
}

func gemmRow[T Float](k int, a []T, csa int, b []T, rsb int, c []T, alpha, beta T) {
	switch {
	case level >= AVX512 && single[T]():
		gemmRowF32AVX512(k, unsafe.SliceData(f32(a)), csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), float32(alpha), float32(beta))
	case level >= AVX512:
		gemmRowF64AVX512(k, unsafe.SliceData(f64(a)), csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), float64(alpha), float64(beta))
	case single[T]():
		gemmRowF32AVX2(k, unsafe.SliceData(f32(a)), csa, unsafe.SliceData(f32(b)), rsb, unsafe.SliceData(f32(c)), float32(alpha), float32(beta))
	default:
		gemmRowF64AVX2(k, unsafe.SliceData(f64(a)), csa, unsafe.SliceData(f64(b)), rsb, unsafe.SliceData(f64(c)), float64(alpha), float64(beta))
	}
}
