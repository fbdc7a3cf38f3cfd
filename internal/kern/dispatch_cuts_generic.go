//go:build purego || !amd64

package kern

func (c *Cutter) best(n int, total, ones, least uint32) (score float64, code uint32) {
	return c.bestGeneric(n, total, ones, least)
}

func gatherRange(dst, src []float64, at []int32) (low, high float64) {
	return gatherRangeGeneric(dst, src, at)
}

func sumBelow(x []float64, t float64, v []uint64, bits []uint8) (count int, sum uint64) {
	return sumBelowGeneric(x, t, v, bits)
}

func partBits(rows []int32, pairs []uint64, bits []uint8, spareRows []int32, sparePairs []uint64) int {
	return partBitsGeneric(rows, pairs, bits, spareRows, sparePairs)
}
