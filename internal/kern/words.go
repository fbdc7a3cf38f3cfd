package kern

import (
	"math"
	mathbits "math/bits"
	"slices"
	"unsafe"

	"github.com/gopherwood-ml/ml/internal/par"
)

// OrderWords writes floats as integers of the same order: -0 lies below 0, and NaN of either sign at the ends. FloatsOf is its inverse. dst and x may be the same memory.
func OrderWords(dst []int64, x []float64) {
	same("OrderWords: dst and x", len(dst), len(x))
	reads(x)
	writes(dst)
	orderBits(dst, words(x))
}

// FloatsOf turns the integers of OrderWords back.
func FloatsOf(dst []float64, x []int64) {
	same("FloatsOf: dst and x", len(dst), len(x))
	reads(x)
	writes(dst)
	orderBits(words(dst), x)
}

func words(x []float64) []int64 {
	return unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

// flip turns the bits of a float into an integer of the same order, and back.
func flip(b int64) int64 { return b ^ int64(uint64(b>>63)>>1) }

func wordOf(v float64) int64 { return flip(int64(math.Float64bits(v))) }

// WordOf is the integer of OrderWords for one float, with 0 for -0.
func WordOf(v float64) int64 { return wordOf(v + 0) }

// FloatOf turns one integer of OrderWords back.
func FloatOf(word int64) float64 { return math.Float64frombits(uint64(flip(word))) }

func orderBitsGeneric(dst, x []int64) {
	dst = dst[:len(x)]
	for i, b := range x {
		dst[i] = flip(b)
	}
}

// SplitClasses writes the scores of class 0 to the beginning of dst and those of class 1 behind them, as OrderWords has them but with -0 as 0, in any order. It returns how many are of class 0; not ok if a
// score is NaN or a class another. The lengths must agree.
func SplitClasses(dst []int64, class []int, score []float64) (zeros int, ok bool) {
	same("SplitClasses: dst and class", len(dst), len(class))
	same("SplitClasses: dst and score", len(dst), len(score))
	reads(class)
	reads(score)
	writes(dst)
	m, zeros, ok := splitClasses(dst, class, score)
	left, right := zeros, len(dst)-(m-zeros)
	bad := uint(0)
	for i, c := range class[m:] {
		v := score[m+i] + 0
		if v != v {
			ok = false
		}
		b := wordOf(v)
		bad |= uint(c)
		dst[left], dst[right-1] = b, b
		left += 1 - c&1
		right -= c & 1
	}
	return left, ok && bad <= 1
}

// SortWords sorts integers in rising order, on all cores.
func SortWords(x []int64) {
	reads(x)
	writes(x)
	s, l := scratch[float64](len(x))
	sortWords(x, words(s))
	release(l)
}

// SortWordPairs sorts integers below the largest one in rising order, carrying a second integer along, by which equal ones are ordered; on all cores.
func SortWordPairs(x, with []int64) {
	same("SortWordPairs: x and with", len(x), len(with))
	writes(x)
	writes(with)
	n := len(x)
	s, l := scratch[float64](2 * n)
	sortWordPairs(x, with, words(s[:n]), words(s[n:]))
	release(l)
}

// NthSize returns the number that sorting would put at x[k], and the one behind it (the same at the end), of numbers that are not negative nor NaN. It reorders and may lose
// them. The time is proportional to their count.
func NthSize(x []float64, k int) (at, next float64) {
	if k < 0 || k >= len(x) {
		mismatch("NthSize: k and x", k, len(x))
	}
	writes(x)
	v, w := nthWord(words(x), k) // they are words of the same order as they are
	return math.Float64frombits(uint64(v)), math.Float64frombits(uint64(w))
}

// A parter holds the parts of quicksort that the processor has: the numbers lie in from, those that they carry, if any, in with.
type parter interface {
	// part deals the numbers to both ends of to, those below the pivot to the left, and returns how many these are.
	part(from, to, with, withTo []int64, pivot int64) int
	// block sorts 1 to blockWords numbers, from may be to.
	block(from, to, with, withTo []int64)
}

const blockWords = 64

// A span is numbers to sort, in from; they end there (here) or in to.
type span struct {
	from, to, with, withTo []int64
	here                   bool
	patience               int // partitions until radix sort takes over
}

// quick sorts a span. Where the parts shrink too slowly, radix sort takes over: no input takes more than O(n log n).
func quick(p parter, s span) {
	for {
		n := len(s.from)
		switch {
		case n == 0:
			return
		case n <= blockWords && s.here:
			p.block(s.from, s.from, s.with, s.with)
			return
		case n <= blockWords:
			p.block(s.from, s.to, s.with, s.withTo)
			return
		case s.patience == 0:
			radixWords(s.from, s.to, s.with, s.withTo, s.here)
			return
		}
		pivot := wordPivot(s.from)
		below, equal := p.part(s.from, s.to, s.with, s.withTo, pivot), false
		if below == 0 { // the pivot is the least
			if below = n; pivot != math.MaxInt64 {
				below = p.part(s.from, s.to, s.with, s.withTo, pivot+1)
			}
			equal = true
		}
		low, high := s.dealt(0, below), s.dealt(below, n)
		const shared = 1 << 15
		switch {
		case equal && s.here:
			copy(low.to, low.from)
			copy(low.withTo, low.with)
		case equal:
		case n >= shared:
			both(p, low, high)
			return
		default:
			quick(p, low)
		}
		s = high
	}
}

// nth is quick where only number k in order, and the next one, are of interest.
func nth(p parter, s span, k int) (at, next int64) {
	var above []int64 // what lies above all of the span, if it is the nearest
	for len(s.from) > blockWords {
		n := len(s.from)
		if s.patience == 0 {
			slices.Sort(s.from)
			break
		}
		pivot := wordPivot(s.from)
		below, equal := p.part(s.from, s.to, nil, nil, pivot), false
		if below == 0 {
			if below, equal = n, true; pivot != math.MaxInt64 {
				below = p.part(s.from, s.to, nil, nil, pivot+1)
			}
		}
		high := s.dealt(below, n)
		switch {
		case k >= below:
			s, k = high, k-below
			continue
		case below < n:
			above = high.from
		}
		if equal {
			if k+1 < below || above == nil {
				return pivot, pivot
			}
			return pivot, slices.Min(above)
		}
		s = s.dealt(0, below)
	}
	if len(s.from) <= blockWords {
		p.block(s.from, s.from, nil, nil)
	}
	switch at = s.from[k]; {
	case k+1 < len(s.from):
		return at, s.from[k+1]
	case above != nil:
		return at, slices.Min(above)
	}
	return at, at
}

func both(p parter, low, high span) {
	par.ForChunks(2, 1, func(c, _, _ int) { quick(p, [2]span{low, high}[c]) })
}

// dealt is a part of a span after it was dealt.
func (s span) dealt(lo, hi int) span {
	return span{s.to[lo:hi], s.from[lo:hi], part(s.withTo, lo, hi), part(s.with, lo, hi), !s.here, s.patience - 1}
}

// part is a part of a list that need not be there.
func part[T any](v []T, lo, hi int) []T {
	if v == nil {
		return nil
	}
	return v[lo:hi]
}

func patienceOf(n int) int { return 2*mathbits.Len(uint(n)) + 8 }

// wordPivot is the median of some of the numbers.
func wordPivot(x []int64) int64 {
	three := func(a, b, c int64) int64 { return max(min(a, b), min(max(a, b), c)) }
	nine := func(at, step int) int64 {
		var m [3]int64
		for i := range m {
			m[i] = three(x[at], x[at+step], x[at+2*step])
			at += 3 * step
		}
		return three(m[0], m[1], m[2])
	}
	n := len(x)
	switch {
	case n < 1<<12:
		step := n / 9
		return nine(step/2, step)
	case n < 1<<14:
		step := n / 27
		return three(nine(step/2, step), nine(step/2+9*step, step), nine(step/2+18*step, step))
	}
	var sample [255]int64
	for i := range sample {
		sample[i] = x[(2*i+1)*(n/(2*len(sample)))]
	}
	slices.Sort(sample[:])
	return sample[len(sample)/2]
}

// orderRuns puts the companions of equal numbers into order.
func orderRuns(p parter, x, with, withScratch []int64) {
	for lo := 0; lo < len(x); {
		hi := lo + 1
		for hi < len(x) && x[hi] == x[lo] {
			hi++
		}
		if hi > lo+1 {
			quick(p, span{from: with[lo:hi], to: withScratch[lo:hi], here: true, patience: patienceOf(hi - lo)})
		}
		lo = hi
	}
}

// radixWords sorts by digits of 11 bits, from the lowest, stably; those that all numbers share cost nothing. The numbers end in from (here) or in to.
func radixWords(from, to, with, withTo []int64, here bool) {
	const digit, mask = 11, 1<<11 - 1
	differ := int64(0)
	for _, v := range from {
		differ |= v ^ from[0]
	}
	const sign = math.MinInt64 // sorts the other way round
	swapped := false
	var count [1 << digit]int32
	for shift := 0; shift < 64; shift += digit {
		if uint64(differ)>>shift&mask == 0 {
			continue
		}
		clear(count[:])
		for _, v := range from {
			count[uint64(v^sign)>>shift&mask]++
		}
		at := int32(0)
		for i, n := range count {
			count[i] = at
			at += n
		}
		for i, v := range from {
			c := &count[uint64(v^sign)>>shift&mask]
			to[*c] = v
			if with != nil {
				withTo[*c] = with[i]
			}
			*c++
		}
		from, to, with, withTo, swapped = to, from, withTo, with, !swapped
	}
	if swapped == here {
		copy(to, from)
		copy(withTo, with)
	}
}
