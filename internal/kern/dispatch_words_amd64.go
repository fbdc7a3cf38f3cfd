//go:build !purego

package kern

import (
	"math"
	"unsafe"
)

func orderBits(dst, x []int64) {
	n := 0
	for ; level >= AVX512 && len(x)-n >= 8; n += min(sweep, (len(x)-n)&^7) {
		orderBitsAVX512(min(sweep, (len(x)-n)&^7)/8, unsafe.SliceData(x[n:]), unsafe.SliceData(dst[n:]))
	}
	orderBitsGeneric(dst[n:], x[n:])
}

// splitClasses deals all but a few of the scores and says how many.
func splitClasses(dst []int64, class []int, score []float64) (m, zeros int, ok bool) {
	if level < AVX512 {
		return 0, 0, true
	}
	ok = true
	m, zeros = eachDeal(len(dst), func(i, left, free, step int) int {
		n, bad := splitClassesAVX512(free, step, (*int64)(unsafe.Pointer(&class[i])), (*int64)(unsafe.Pointer(&score[i])), &dst[left])
		ok = ok && bad == 0
		return n
	})
	return m, zeros, ok
}

// eachDeal deals all but a few of n numbers in calls that are not long, and returns how many, and how many went to the left. deal gets the first number, the left end, the places between the ends and
// how many to deal; at least 16 places stay free.
func eachDeal(n int, deal func(i, left, free, step int) int) (m, left int) {
	if n >= 16 {
		m = (n - 8) &^ 7
	}
	right := n
	for i := 0; i < m; {
		step := min(sweep, m-i)
		below := deal(i, left, right-left, step)
		left += below
		right -= step - below
		i += step
	}
	return m, left
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

func inversions(x, room []int64) uint64 {
	if level < AVX512 {
		return mergeInversions(x, room)
	}
	return quickInversions(vectorInverter{}, x, room, patienceOf(len(x)))
}

// vectorInverter is stable quicksort's parts in AVX-512.
type vectorInverter struct{}

func (vectorInverter) part(x, high []int64, pivot int64) (below int, passed uint64) {
	m := len(x) &^ 7
	for i := 0; i < m; {
		step := min(sweep, m-i)
		n, crossed := stablePartAVX512(step, i-below, pivot, &x[i], &x[below], &high[i-below])
		below += n
		passed += uint64(crossed)
		i += step
	}
	for i := m; i < len(x); i++ {
		v := x[i]
		if v < pivot {
			passed += uint64(i - below)
			x[below] = v
			below++
		} else {
			high[i-below] = v
		}
	}
	return below, passed
}

func (vectorInverter) block(x []int64) (pairs uint64) {
	var all [blockWords + 8]int64 // what is behind x is no less
	for i := copy(all[:], x); i < len(all); i++ {
		all[i] = math.MaxInt64
	}
	var out [8]int64
	countFallingAVX512(len(x), &all[0], &out[0])
	for _, n := range out {
		pairs += uint64(n)
	}
	sortBlockAVX512(len(x), &x[0], &x[0])
	return pairs
}

// vectorParts are quicksort's parts in AVX-512.
type vectorParts struct{}

func (vectorParts) part(from, to, with, withTo []int64, pivot int64) int {
	n := len(from)
	m, left := eachDeal(n, func(i, left, free, step int) int {
		if with == nil {
			return partitionAVX512(free, step, pivot, &from[i], &to[left])
		}
		return partitionPairsAVX512(free, step, pivot, &from[i], &to[left], &with[i], &withTo[left])
	})
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
