//go:build !purego

package kern

import "unsafe"

// rowPanels is called at the levels with tiles only.
func rowPanels(panels int, a, b []float32, panel int, c []float32, old bool) {
	more := 0
	if old {
		more = 1
	}
	x, w, y := unsafe.SliceData(a), unsafe.SliceData(b), unsafe.SliceData(c)
	if level >= AVX512 {
		rowPanelsF32AVX512(panels, len(a), x, w, panel, y, more)
		return
	}
	rowPanelsF32AVX2(panels, len(a), x, w, panel, y, more)
}

func windows(m, nr, lines, run int, a []float32, lda, step int, b []float32, wide int, c []float32, ldc int, bias []float32, relu bool) {
	if level < AVX2 {
		windowsGeneric(m, nr, lines, run, a, lda, step, b, wide, c, ldc, bias, relu)
		return
	}
	strips := (m + tileRows() - 1) / tileRows()
	height, cut := (m+strips-1)/strips, 0
	if relu {
		cut = 1
	}
	x, w, y, s := unsafe.SliceData(a), unsafe.SliceData(b), unsafe.SliceData(c), unsafe.SliceData(bias)
	if level >= AVX512 {
		windowsF32AVX512(m, height, nr, lines, run, x, lda, step-run, w, y, ldc, s, cut)
		return
	}
	windowsF32AVX2(m, height, nr, lines, run, x, lda, step-run, w, y, ldc, s, cut)
}
