package kern

import (
	"math"
	mathbits "math/bits"
	"slices"
	"unsafe"
)

// Sorter orders numbers. It keeps its memory between calls: 16 bytes a number. The zero value is ready; it is for
// one goroutine at a time.
type Sorter[T Float] struct {
	words               []int64 // of float64: keys, and where they were
	narrow, narrowOther []entry
}

// An entry is a float32 as an unsigned integer of the same order, and where it was.
type entry struct {
	key uint32
	at  int32
}

// ArgSort writes the indices of x in rising order of their numbers, or falling, to dst. Equal numbers, -0 and 0 among them, keep their
// order in x, and NaN come last, either way. The lengths must agree, and be below 2^31. The time is proportional to len(x) for float32, and nearly so for float64, on all cores.
func (s *Sorter[T]) ArgSort(dst []int32, x []T, falling bool) {
	same("ArgSort: dst and x", len(dst), len(x))
	reads(x)
	if single[T]() {
		s.narrow, s.narrowOther = sized(s.narrow, len(x)), sized(s.narrowOther, len(x))
		for i, v := range f32(x) {
			s.narrow[i] = entry{key32(v, falling), int32(i)}
		}
		for i, e := range radix(s.narrow, s.narrowOther) {
			dst[i] = e.at
		}
		return
	}
	n := len(x)
	s.words = sized(s.words, 2*n)
	keys, at := s.words[:n], s.words[n:]
	for i, v := range f64(x) {
		keys[i], at[i] = key64(v, falling), int64(i)
	}
	SortWordPairs(keys, at)
	for k, i := range at {
		dst[k] = int32(i)
	}
}

func sized[E any](s []E, n int) []E { return slices.Grow(s[:0], n)[:n] }

// key64 is a word of the same order, below the largest one, which only NaN come near.
func key64(v float64, falling bool) int64 {
	if v != v {
		return math.MaxInt64 - 1
	}
	b := int64(math.Float64bits(v + 0)) // -0 becomes 0
	b ^= int64(uint64(b>>63) >> 1)
	if falling {
		b = ^b
	}
	return b
}

// key32 flips the sign bit and, of negative numbers, all others too.
func key32(v float32, falling bool) uint32 {
	if v != v {
		return ^uint32(0)
	}
	v += 0
	b := *(*uint32)(unsafe.Pointer(&v))
	b ^= uint32(int32(b)>>31) | 1<<31
	if falling {
		b = ^b
	}
	return b
}

// radix sorts a by key, stably, with b for scratch, and returns the one that holds the result. Digits that all keys share cost nothing.
func radix(a, b []entry) []entry {
	const few = 256 // are sorted by comparing them
	if len(a) <= few {
		slices.SortFunc(a, func(x, y entry) int {
			if x.key < y.key || x.key == y.key && x.at < y.at {
				return -1
			}
			return 1
		})
		return a
	}
	var differ uint32
	for _, e := range a {
		differ |= e.key ^ a[0].key
	}
	const digit, mask = 11, 1<<11 - 1 // the counters stay in the first-level cache
	var count [1 << digit]int32
	for shift := mathbits.TrailingZeros32(differ); shift < 32 && differ>>shift != 0; shift += digit {
		if differ>>shift&mask == 0 {
			continue
		}
		clear(count[:])
		for _, e := range a {
			count[e.key>>shift&mask]++
		}
		at := int32(0)
		for i, n := range count {
			count[i] = at
			at += n
		}
		for _, e := range a {
			to := &count[e.key>>shift&mask]
			b[*to] = e
			*to++
		}
		a, b = b, a
	}
	return a
}
