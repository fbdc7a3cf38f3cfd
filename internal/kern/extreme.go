package kern

import "math"

// Min returns the least of x, as Go's min orders: NaN if x holds one, -0 below +0. The Min of nothing is +Inf.
func Min[T Float](x []T) T { return extreme(x, false) }

// Max returns the greatest of x, as Go's max orders: NaN if x holds one, +0 above -0. The Max of nothing is -Inf.
func Max[T Float](x []T) T { return extreme(x, true) }

// ArgMin returns the index of the first least element of x, or of the first NaN if there is one, or -1 for no
// elements. Zeros of either sign are equal.
func ArgMin[T Float](x []T) int { return index(x, Min(x)) }

// ArgMax returns the index of the first greatest element of x, or of the first NaN if there is one, or -1 for no
// elements. Zeros of either sign are equal.
func ArgMax[T Float](x []T) int { return index(x, Max(x)) }

// extreme is the minimum of x, or the maximum: the negated minimum of the negated elements.
func extreme[T Float](x []T, greatest bool) T {
	best := T(math.Inf(1))
	if greatest {
		best = -best
	}
	for len(x) > 0 {
		n := min(len(x), sweep)
		v := extremeCall(x[:n], greatest)
		if greatest {
			best = max(best, v)
		} else {
			best = min(best, v)
		}
		x = x[n:]
	}
	return best
}

// index returns where v or a NaN is first in x, or -1.
func index[T Float](x []T, v T) int {
	for at := 0; at < len(x); {
		n := min(len(x)-at, sweep)
		if i := indexCall(x[at:at+n], v); i >= 0 {
			return at + i
		}
		at += n
	}
	return -1
}

//go:noinline
func extremeCall[T Float](x []T, greatest bool) T {
	reads(x)
	if greatest {
		return maxOf(x)
	}
	return minOf(x)
}

//go:noinline
func indexCall[T Float](x []T, v T) int {
	reads(x)
	start := find(x, v)
	i := indexGeneric(x[start:], v)
	if i < 0 {
		return -1
	}
	return start + i
}
