//go:build purego || !amd64

package kern

func rowSizes(size RowSize, dst, x []float64, p int) { rowSizesGeneric(size, dst, x, p) }

func divRows(dst, x, by []float64, p int, _ bool) { divRowsGeneric(dst, x, by, p) }
