package treegrow

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// sorter finds the rising order of numbers. It keeps its memory between calls.
type sorter struct {
	a, b  []uint64
	order []uint32
}

// sort returns the indices of values in rising order, equal ones and -0 and 0 by index, the missing ones last, and how many are present.
// The slice is good until the next call.
func (s *sorter) sort(values []float64) (order []uint32, present int) {
	n := len(values)
	s.a, s.b = slices.Grow(s.a[:0], n)[:n], slices.Grow(s.b[:0], n)[:n]
	s.order = slices.Grow(s.order[:0], n)[:n]
	lowest, highest := uint64(math.MaxUint64), uint64(0)
	last := n
	for i := n - 1; i >= 0; i-- {
		if v := values[i]; v != v {
			last--
			s.order[last] = uint32(i)
			continue
		}
		k := key(values[i])
		lowest, highest = min(lowest, k), max(highest, k)
	}
	present = last
	if present == 0 {
		return s.order, 0
	}
	// 32 bits below the span of the keys tell most numbers apart; what they leave equal is put right afterwards.
	shift := uint(max(bits.Len64(highest-lowest)-32, 0))
	k := 0
	for i, v := range values {
		if v == v {
			s.a[k] = (key(v)-lowest)>>shift<<32 | uint64(i)
			k++
		}
	}
	sorted := radix(s.a[:present], s.b[:present], 32+max(bits.Len64((highest-lowest)>>shift), 1))
	for i, e := range sorted {
		s.order[i] = uint32(e)
	}
	if shift > 0 {
		s.settle(sorted, values)
	}
	return s.order, present
}

// settle sorts the runs of equal keys by all of their bits.
func (s *sorter) settle(sorted []uint64, values []float64) {
	for lo := 0; lo < len(sorted); {
		hi, even := lo+1, true
		for hi < len(sorted) && sorted[hi]>>32 == sorted[lo]>>32 {
			even = even && values[s.order[hi]] == values[s.order[hi-1]]
			hi++
		}
		if !even {
			slices.SortFunc(s.order[lo:hi], func(i, j uint32) int {
				return cmp.Or(cmp.Compare(values[i], values[j]), cmp.Compare(i, j))
			})
		}
		lo = hi
	}
}

// key maps numbers to whole numbers of the same order.
func key(v float64) uint64 {
	b := math.Float64bits(v + 0) // -0 becomes 0
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// radix sorts a by its bits from 32 up to top, stably; b is scratch. It returns the one that holds the result.
func radix(a, b []uint64, top int) []uint64 {
	const few = 64
	if len(a) <= few {
		slices.Sort(a) // the low bits are indices in rising order
		return a
	}
	const digit, mask = 11, 1<<11 - 1
	var count [1 << digit]int32
	for at := 32; at < top; at += digit {
		clear(count[:])
		for _, e := range a {
			count[e>>at&mask]++
		}
		sum := int32(0)
		for i, c := range count {
			count[i] = sum
			sum += c
		}
		for _, e := range a {
			to := &count[e>>at&mask]
			b[*to] = e
			*to++
		}
		a, b = b, a
	}
	return a
}
