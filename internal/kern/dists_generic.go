package kern

// panelWidthGeneric is the number of points in a panel where there is no assembly.
const panelWidthGeneric = 8

// packPanelGeneric writes coordinate k of point i to dst[k*width+i], and zeros for points from n on.
func packPanelGeneric[T Float](dst []T, n, d, width int, y []T, ldy int) {
	if n < width {
		clear(dst)
	}
	for i := range n {
		for k, v := range y[i*ldy : i*ldy+d] {
			dst[k*width+i] = v
		}
	}
}

// sqDistTileGeneric adds to c, or to zero unless onto, the squared differences of k coordinates of m rows of x and the
// first nr points of a panel.
func sqDistTileGeneric[T Float](m, nr, k int, x []T, ldx int, panel, c []T, ldc int, onto bool) {
	for i := range m {
		var s [panelWidthGeneric]T
		if onto {
			copy(s[:nr], c[i*ldc:])
		}
		for p := range k {
			v, y := x[i*ldx+p], (*[panelWidthGeneric]T)(panel[p*panelWidthGeneric:])
			for j := range s {
				d := v - y[j]
				s[j] += d * d
			}
		}
		copy(c[i*ldc:i*ldc+nr], s[:])
	}
}

// sqDistRowGeneric is sqDistTileGeneric for one row and four whole panels that are apart elements apart.
func sqDistRowGeneric[T Float](k int, x, panels []T, apart int, c []T, onto bool) {
	for q := range 4 {
		sqDistTileGeneric(1, panelWidthGeneric, k, x, 0, panels[q*apart:], c[q*panelWidthGeneric:], 0, onto)
	}
}
