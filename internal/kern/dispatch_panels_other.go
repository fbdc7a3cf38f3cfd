//go:build purego || !amd64

package kern

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

func windows(m, nr, lines, run int, a []float32, lda, step int, b []float32, wide int, c []float32, ldc int, bias []float32, relu bool) {
	windowsGeneric(m, nr, lines, run, a, lda, step, b, wide, c, ldc, bias, relu)
}
