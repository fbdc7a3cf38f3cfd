package kern

import "math"

// Sorter orders numbers. It keeps its memory between calls: 16 bytes a number. The zero value is ready; it is for
// one goroutine at a time.
type Sorter[T Float] struct {
	words []int64 // keys, and where they were
}

// ArgSort writes the indices of x in rising order of their numbers, or falling, to dst. Equal numbers, -0 and 0 among them, keep their
// order in x, and NaN come last, either way. The lengths must agree, and be below 2^31. O(n log n), on all cores.
func (s *Sorter[T]) ArgSort(dst []int32, x []T, falling bool) {
	same("ArgSort: dst and x", len(dst), len(x))
	reads(x)
	n := len(x)
	if len(s.words) < 2*n {
		s.words = make([]int64, 2*n)
	}
	keys, at := s.words[:n], s.words[n:2*n]
	for i, v := range x {
		keys[i], at[i] = sortKey(float64(v), falling), int64(i)
	}
	SortWordPairs(keys, at)
	for k, i := range at {
		dst[k] = int32(i)
	}
}

// sortKey is a word of the same order, below the largest one, which only NaN come near.
func sortKey(v float64, falling bool) int64 {
	if v != v {
		return math.MaxInt64 - 1
	}
	b := wordOf(v + 0) // -0 becomes 0
	if falling {
		b = ^b
	}
	return b
}
