//go:build purego || !amd64

package kern

func histPacked(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	histPackedGeneric(hist, codes, stride, cols, rows, n, vals)
}

func histPair(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	histPairGeneric(hist, codes, stride, cols, rows, n, vals)
}

func histWiden(wide, packed []int64, l HistLayout) { histWidenGeneric(wide, packed, l) }

func histAdd(x, y []int64) { histAddGeneric(x, y) }

func histSub(x, y []int64) { histSubGeneric(x, y) }

func histScan(s *HistScanner, cells []int64, bins int, g, h int64) (gain float64, cut int) {
	return histScanGeneric(s, cells, bins, g, h)
}
