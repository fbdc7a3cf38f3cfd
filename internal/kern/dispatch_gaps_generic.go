//go:build purego || !amd64

package kern

func gapTile(g Gap, m, nr, k int, x []float64, ldx int, panel, c []float64, ldc int, onto bool) {
	gapTileGeneric(g, m, nr, k, x, ldx, panel, c, ldc, onto)
}
