//go:build !purego

package kern

import "unsafe"

// dots computes the first rows of dst, as many as fill tiles, and returns their number.
func dots[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) int {
	switch {
	case level < AVX2:
		return 0
	case level < AVX512:
		m &^= 1
	default:
		m &^= 3
	}
	switch {
	case m == 0:
	case level < AVX512 && single[T]():
		dotsF32AVX2(m, n, d, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(y)), ldy, unsafe.SliceData(f32(dst)), ldd)
	case level < AVX512:
		dotsF64AVX2(m, n, d, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(y)), ldy, unsafe.SliceData(f64(dst)), ldd)
	case single[T]():
		dotsF32AVX512(m, n, d, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(y)), ldy, unsafe.SliceData(f32(dst)), ldd)
	default:
		dotsF64AVX512(m, n, d, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(y)), ldy, unsafe.SliceData(f64(dst)), ldd)
	}
	return m
}
