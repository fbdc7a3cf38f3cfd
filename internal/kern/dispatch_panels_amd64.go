//go:build !purego

package kern

import "unsafe"

// ReadsWindows reports whether Windows has a kernel at this level; where it has none, copies of windows and Gemm are faster.
func ReadsWindows() bool { return level >= AVX2 }

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

func windows(w *Windows, nr int, a, b []float32, wide int, c []float32, ldc, nextC int, bias []float32, relu bool) {
	if level < AVX2 {
		windowsGeneric(w, nr, a, b, wide, c, ldc, nextC, bias, relu)
		return
	}
	strips := (w.Rows + tileRows() - 1) / tileRows()
	height, cut := (w.Rows+strips-1)/strips, 0
	if relu {
		cut = 1
	}
	x, v, y, s := unsafe.SliceData(a), unsafe.SliceData(b), unsafe.SliceData(c), unsafe.SliceData(bias)
	if level >= AVX512 {
		windowsF32AVX512(w.Blocks, w.Rows, height, nr, w.Lines, w.Run, x, w.Step, w.Gap-w.Run, w.Next, v, y, ldc, nextC, s, cut)
		return
	}
	windowsF32AVX2(w.Blocks, w.Rows, height, nr, w.Lines, w.Run, x, w.Step, w.Gap-w.Run, w.Next, v, y, ldc, nextC, s, cut)
}

func largestOfFour(dst, x, y []float32, n, c int) {
	d, a, b := unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(y)
	switch {
	case level < AVX2:
		largestOfFourGeneric(dst, x, y, n, c)
	case level < AVX512:
		largestOfFourF32AVX2(d, a, b, n, c)
	default:
		largestOfFourF32AVX512(d, a, b, n, c)
	}
}
