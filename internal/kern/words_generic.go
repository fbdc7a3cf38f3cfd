package kern

import (
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

func nthWordGeneric(x []int64, k int) (at, next int64) {
	v := unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
	NthElement(v, k)
	if at = x[k]; k+1 == len(x) {
		return at, at
	}
	return at, slices.Min(x[k+1:])
}
