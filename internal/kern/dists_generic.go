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
		s0, s1, s2, s3, s4, s5, s6, s7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7] // in registers
		y := panel
		for _, v := range x[i*ldx:][:k] {
			p := (*[panelWidthGeneric]T)(y)
			d0, d1, d2, d3 := v-p[0], v-p[1], v-p[2], v-p[3]
			s0 += d0 * d0
			s1 += d1 * d1
			s2 += d2 * d2
			s3 += d3 * d3
			d4, d5, d6, d7 := v-p[4], v-p[5], v-p[6], v-p[7]
			s4 += d4 * d4
			s5 += d5 * d5
			s6 += d6 * d6
			s7 += d7 * d7
			y = y[panelWidthGeneric:]
		}
		s = [panelWidthGeneric]T{s0, s1, s2, s3, s4, s5, s6, s7}
		copy(c[i*ldc:i*ldc+nr], s[:])
	}
}

// sqDistRowGeneric is sqDistTileGeneric for one row and four whole panels that are apart elements apart.
func sqDistRowGeneric[T Float](k int, x, panels []T, apart int, c []T, onto bool) {
	for q := range 4 {
		sqDistTileGeneric(1, panelWidthGeneric, k, x, 0, panels[q*apart:], c[q*panelWidthGeneric:], 0, onto)
	}
}
