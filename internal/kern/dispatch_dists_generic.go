//go:build purego || !amd64

package kern

// Architectures without assembly for distances many to many.

func panelWidth[T Float]() int { return panelWidthGeneric }

func packPanel[T Float](dst []T, n, d, width int, y []T, ldy int) {
	packPanelGeneric(dst, n, d, width, y, ldy)
}

func sqDistTile[T Float](m, nr, k int, x []T, ldx int, panel, c []T, ldc int, onto bool) {
	sqDistTileGeneric(m, nr, k, x, ldx, panel, c, ldc, onto)
}

func sqDistRow[T Float](k int, x, panels []T, apart int, c []T, onto bool) {
	sqDistRowGeneric(k, x, panels, apart, c, onto)
}
