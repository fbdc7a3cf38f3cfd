//go:build purego || !amd64

package kern

// ReadsWindows reports whether Windows has a kernel at this level: no.
func ReadsWindows() bool { return false }

// rowPanels is called at the levels with tiles only: the tile kernel, one row high.
func rowPanels(panels int, a, b []float32, panel int, c []float32, old bool) {
	beta, wide := float32(0), tileColumns[float32]()
	if old {
		beta = 1
	}
	for q := range panels {
		gemmDirect(1, wide, len(a), a, len(a), 1, b[q*panel:], wide, c[q*wide:(q+1)*wide], wide, 1, beta)
	}
}

func windows(w *Windows, nr int, a, b []float32, wide int, c []float32, ldc, nextC int, bias []float32, relu bool) {
	windowsGeneric(w, nr, a, b, wide, c, ldc, nextC, bias, relu)
}

func largestOfFour(dst, x, y []float32, n, c int) { largestOfFourGeneric(dst, x, y, n, c) }
