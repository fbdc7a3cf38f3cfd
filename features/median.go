package features

import (
	"math/bits"
	"slices"
)

// medianOf returns the median of values without NaN, of which there is at least one. It reorders them, in O(n).
func medianOf(values []float64) float64 {
	half := len(values) / 2
	upper := nth(values, half)
	if len(values)%2 == 1 {
		return upper
	}
	return middle(slices.Max(values[:half]), upper)
}

// nth brings the value that would stand at k if the values were sorted to k, with none greater before it and none less behind
// it. It is Hoare's quickselect, which sorts what is left when its luck runs out.
func nth(values []float64, k int) float64 {
	for luck := 2 * bits.Len(uint(len(values))); len(values) > 16 && luck > 0; luck-- {
		lo, hi := split(values)
		switch {
		case k <= hi:
			values = values[:hi+1]
		case k >= lo:
			values, k = values[lo:], k-lo
		default:
			return values[k]
		}
	}
	slices.Sort(values)
	return values[k]
}

// split divides values around the middle one of three: none greater than it up to hi, none less from lo on, and equal ones
// between.
func split(values []float64) (lo, hi int) {
	hi = len(values) - 1
	a, b, c := values[0], values[len(values)/2], values[hi]
	pivot := max(min(a, b), min(max(a, b), c))
	for lo <= hi {
		for values[lo] < pivot {
			lo++
		}
		for values[hi] > pivot {
			hi--
		}
		if lo <= hi {
			values[lo], values[hi] = values[hi], values[lo]
			lo++
			hi--
		}
	}
	return lo, hi
}
