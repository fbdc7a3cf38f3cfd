//go:build !purego

package kern

import "unsafe"

// panelWidth is two registers.
func panelWidth[T Float]() int {
	switch {
	case level < AVX2:
		return panelWidthGeneric
	case level < AVX512:
		return 64 / size[T]()
	default:
		return 128 / size[T]()
	}
}

// packPanel lets the assembly transpose as many points as a register holds, and plain Go what fills none.
func packPanel[T Float](dst []T, n, d, width int, y []T, ldy int) {
	if level < AVX2 || n < width/2 {
		packPanelGeneric(dst, n, d, width, y, ldy)
		return
	}
	packHalf(dst, d, y, ldy)
	switch {
	case n == width:
		packHalf(dst[width/2:], d, y[width/2*ldy:], ldy)
		return
	case n > width/2:
		for i := width / 2; i < n; i++ {
			for k, v := range y[i*ldy : i*ldy+d] {
				dst[k*width+i] = v
			}
		}
	}
	for k := range d {
		clear(dst[k*width+n : (k+1)*width])
	}
}

func packHalf[T Float](dst []T, d int, y []T, ldy int) {
	switch {
	case level < AVX512 && single[T]():
		packPointsF32AVX2(d, unsafe.SliceData(f32(y)), ldy, unsafe.SliceData(f32(dst)))
	case level < AVX512:
		packPointsF64AVX2(d, unsafe.SliceData(f64(y)), ldy, unsafe.SliceData(f64(dst)))
	case single[T]():
		packPointsF32AVX512(d, unsafe.SliceData(f32(y)), ldy, unsafe.SliceData(f32(dst)))
	default:
		packPointsF64AVX512(d, unsafe.SliceData(f64(y)), ldy, unsafe.SliceData(f64(dst)))
	}
}

func sqDistTile[T Float](m, nr, k int, x []T, ldx int, panel, c []T, ldc int, onto bool) {
	add := 0
	if onto {
		add = 1
	}
	switch {
	case level < AVX2:
		sqDistTileGeneric(m, nr, k, x, ldx, panel, c, ldc, onto)
	case level < AVX512 && single[T]():
		sqDistTileF32AVX2(m, nr, k, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(panel)), unsafe.SliceData(f32(c)), ldc, add)
	case level < AVX512:
		sqDistTileF64AVX2(m, nr, k, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(panel)), unsafe.SliceData(f64(c)), ldc, add)
	case single[T]():
		sqDistTileF32AVX512(m, nr, k, unsafe.SliceData(f32(x)), ldx, unsafe.SliceData(f32(panel)), unsafe.SliceData(f32(c)), ldc, add)
	default:
		sqDistTileF64AVX512(m, nr, k, unsafe.SliceData(f64(x)), ldx, unsafe.SliceData(f64(panel)), unsafe.SliceData(f64(c)), ldc, add)
	}
}

func sqDistRow[T Float](k int, x, panels []T, apart int, c []T, onto bool) {
	add := 0
	if onto {
		add = 1
	}
	switch {
	case level < AVX2:
		sqDistRowGeneric(k, x, panels, apart, c, onto)
	case level < AVX512 && single[T]():
		sqDistRowF32AVX2(k, unsafe.SliceData(f32(x)), unsafe.SliceData(f32(panels)), apart, unsafe.SliceData(f32(c)), add)
	case level < AVX512:
		sqDistRowF64AVX2(k, unsafe.SliceData(f64(x)), unsafe.SliceData(f64(panels)), apart, unsafe.SliceData(f64(c)), add)
	case single[T]():
		sqDistRowF32AVX512(k, unsafe.SliceData(f32(x)), unsafe.SliceData(f32(panels)), apart, unsafe.SliceData(f32(c)), add)
	default:
		sqDistRowF64AVX512(k, unsafe.SliceData(f64(x)), unsafe.SliceData(f64(panels)), apart, unsafe.SliceData(f64(c)), add)
	}
}
