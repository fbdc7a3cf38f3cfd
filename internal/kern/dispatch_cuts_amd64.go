//go:build !purego

package kern

import (
	"math"
	"unsafe"
)

func (c *Cutter) best(n int, total, ones, least uint32) (score float64, code uint32) {
	if level < AVX512 {
		return c.bestGeneric(n, total, ones, least)
	}
	end := (n + 15) &^ 15
	switch { // the kernel knows 1, 2, 3, 4, 6 and 8 vectors
	case n > 96:
		end = 128
	case n > 64:
		end = 96
	}
	for i := n; i < end; i++ {
		c.Codes[i] = math.MaxUint32
	}
	return cutPairsAVX512(n, &c.Codes[0], &c.Pairs[0], &c.sums[0], &c.scores[0], float64(total), float64(ones), float64(least))
}

func gatherRange(dst, src []float64, at []int32) (low, high float64) {
	if level < AVX512 {
		return gatherRangeGeneric(dst, src, at)
	}
	if len(at) <= sweep {
		return gatherRangeAVX512(len(at), unsafe.SliceData(src), &at[0], &dst[0])
	}
	low, high = math.Inf(1), math.Inf(-1)
	for i := 0; i < len(at); i += sweep {
		l, h := gatherRangeAVX512(min(sweep, len(at)-i), unsafe.SliceData(src), &at[i], &dst[i])
		low, high = min(low, l), max(high, h)
	}
	return low, high
}

func sumBelow(x []float64, t float64, v []uint64, bits []uint8) (count int, sum uint64) {
	if level < AVX512 {
		return sumBelowGeneric(x, t, v, bits)
	}
	if len(x) <= sweep && len(x) > 0 {
		return sumBelowAVX512(len(x), &x[0], t, &v[0], &bits[0])
	}
	for i := 0; i < len(x); i += sweep {
		c, s := sumBelowAVX512(min(sweep, len(x)-i), &x[i], t, &v[i], &bits[i/8])
		count += c
		sum += s
	}
	return count, sum
}

func partBits(rows []int32, pairs []uint64, bits []uint8, spareRows []int32, sparePairs []uint64) int {
	if level < AVX512 {
		return partBitsGeneric(rows, pairs, bits, spareRows, sparePairs)
	}
	a := 0
	for i := 0; i < len(rows); i += sweep {
		b := i - a
		a += partBitsAVX512(min(sweep, len(rows)-i), &bits[i/8], &rows[i], &pairs[i], &rows[a], &pairs[a], &spareRows[b], &sparePairs[b])
	}
	return a
}
