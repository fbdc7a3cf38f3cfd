package kern

import (
	"math"
	"slices"
	"unsafe"
)

func sortWordsGeneric(x, scratch []int64) {
	if len(x) <= 4*blockWords {
		slices.Sort(x)
		return
	}
	radixWords(x, scratch, nil, nil, true)
}

// sortWordPairsGeneric sorts stably by digits, first by the companions unless these rise already.
func sortWordPairsGeneric(x, with, scratch, withScratch []int64) {
	if !slices.IsSorted(with) {
		radixWords(with, withScratch, x, scratch, true)
	}
	radixWords(x, scratch, with, withScratch, true)
}

// sortAlone sorts without scratch.
func sortAlone(x []int64) {
	if len(x) > 1 {
		slices.Sort(x)
	}
}

func nthWordGeneric(x []int64, k int) int64 {
	return int64(math.Float64bits(NthElement(unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), len(x)), k)))
}
