//go:build !purego

package kern

import "unsafe"

func histPacked(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	h, c, v := unsafe.SliceData(hist), unsafe.SliceData(codes), unsafe.SliceData(vals)
	if rows != nil {
		histPackedList(h, c, stride, cols, n, v, &rows[0])
		return
	}
	histPackedRun(h, c, stride, cols, n, v)
}

func histPair(hist []int64, codes []uint8, stride, cols int, rows []int32, n int, vals []int64) {
	h, c, v := unsafe.SliceData(hist), unsafe.SliceData(codes), unsafe.SliceData(vals)
	if rows != nil {
		histPairList(h, c, stride, cols, n, v, &rows[0])
		return
	}
	histPairRun(h, c, stride, cols, n, v)
}

func histWiden(wide, packed []int64, l HistLayout) {
	if level < AVX512 {
		histWidenGeneric(wide, packed, l)
		return
	}
	histWidenAVX512(&wide[0], &packed[0], len(packed)/HistBins, uint64(l.CountBits), uint64(l.HessBits), uint64(l.CountShift))
}

const histJoined = 32 // cells of a block

func histAdd(x, y []int64) {
	n := 0
	if blocks := len(x) / histJoined; level >= AVX512 && blocks > 0 {
		histAddAVX512(&x[0], &y[0], blocks)
		n = blocks * histJoined
	}
	histAddGeneric(x[n:], y[n:])
}

func histSub(x, y []int64) {
	n := 0
	if blocks := len(x) / histJoined; level >= AVX512 && blocks > 0 {
		histSubAVX512(&x[0], &y[0], blocks)
		n = blocks * histJoined
	}
	histSubGeneric(x[n:], y[n:])
}

func histScan(s *HistScanner, cells []int64, bins int, g, h int64) (gain float64, cut int) {
	if level < AVX512 || bins < 1 {
		return histScanGeneric(s, cells, bins, g, h)
	}
	var gains [8]float64
	var cuts [8]int64
	histScanAVX512((*int64)(unsafe.Pointer(s)), &cells[0], bins, g, h, &gains, &cuts)
	gain, at := 0.0, int64(-1)
	for i, v := range gains {
		if v > gain || v == gain && cuts[i] > at {
			gain, at = v, cuts[i]
		}
	}
	return gain, int(at)
}
