//go:build !purego

package kern

import "unsafe"

func orderBits(dst, x []int64) {
	n := 0
	if level >= AVX512 {
		n = len(x) &^ 7
		orderBitsAVX512(n/8, unsafe.SliceData(x), unsafe.SliceData(dst))
	}
	orderBitsGeneric(dst[n:], x[n:])
}

// splitClasses deals all but a few of the scores and says how many.
func splitClasses(dst []int64, class []int, score []float64) (m, zeros int, ok bool) {
	m = dealt(len(dst))
	if level < AVX512 || m == 0 {
		return 0, 0, true
	}
	zeros, bad := splitClassesAVX512(len(dst), m, (*int64)(unsafe.Pointer(unsafe.SliceData(class))), (*int64)(unsafe.Pointer(unsafe.SliceData(score))), unsafe.SliceData(dst))
	return m, zeros, bad == 0
}

func sortWords(x, scratch []int64) {
	if level < AVX512 {
		sortWordsGeneric(x, scratch)
		return
	}
	quick(vectorParts{}, span{from: x, to: scratch, here: true, patience: patienceOf(len(x))})
}

func sortWordPairs(x, with, scratch, withScratch []int64) {
	if level < AVX512 {
		sortWordPairsGeneric(x, with, scratch, withScratch)
		return
	}
	quick(vectorParts{}, span{x, scratch, with, withScratch, true, patienceOf(len(x))})
	orderRuns(vectorParts{}, x, with, withScratch)
}

func nthWord(x []int64, k int) (at, next int64) {
	if level < AVX512 {
		return nthWordGeneric(x, k)
	}
	room, l := scratch[float64](len(x))
	at, next = nth(vectorParts{}, span{from: x, to: words(room), patience: patienceOf(len(x))}, k)
	release(l)
	return at, next
}

// vectorParts are quicksort's parts in AVX-512.
type vectorParts struct{}

// dealt is how many of n numbers the assembly deals: at least 16 places stay free between the two ends.
func dealt(n int) int {
	if n < 16 {
		return 0
	}
	return (n - 8) &^ 7
}

func (vectorParts) part(from, to, with, withTo []int64, pivot int64) int {
	n := len(from)
	m := dealt(n)
	var left int
	if with == nil {
		left = partitionAVX512(n, m, pivot, unsafe.SliceData(from), unsafe.SliceData(to))
	} else {
		left = partitionPairsAVX512(n, m, pivot, unsafe.SliceData(from), unsafe.SliceData(to), unsafe.SliceData(with), unsafe.SliceData(withTo))
	}
	right := n - (m - left)
	for i := m; i < n; i++ {
		v, is := from[i], 0
		if v < pivot {
			is = 1
		}
		to[left], to[right-1] = v, v
		if with != nil {
			withTo[left], withTo[right-1] = with[i], with[i]
		}
		left += is
		right -= 1 - is
	}
	return left
}

func (vectorParts) block(from, to, with, withTo []int64) {
	if with == nil {
		sortBlockAVX512(len(from), unsafe.SliceData(from), unsafe.SliceData(to))
		return
	}
	sortBlockPairsAVX512(len(from), unsafe.SliceData(from), unsafe.SliceData(to), unsafe.SliceData(with), unsafe.SliceData(withTo))
}
