package metrics

import (
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// sortedBy is the order of rising numbers, or falling: equal ones stay in place, NaN are last.
func sortedBy(v []float64, falling bool) []int32 {
	order := make([]int32, len(v))
	new(kern.Sorter[float64]).ArgSort(order, v, falling)
	return order
}

// sortedWith is the order of rising numbers, and the numbers in that order. NaN are at either end.
func sortedWith(v []float64) (order []int64, sorted []float64) {
	keys, order := ordered(v), make([]int64, len(v))
	for i := range order {
		order[i] = int64(i)
	}
	kern.SortWordPairs(keys, order)
	sorted = make([]float64, len(v))
	kern.FloatsOf(sorted, keys)
	return order, sorted
}

// ordered is the numbers as integers of the same order, -0 as 0.
func ordered(v []float64) []int64 {
	keys := make([]int64, len(v))
	par.For(len(v), 1, func(lo, hi int) {
		buf := make([]float64, min(block, hi-lo))
		for ; lo < hi; lo += block {
			part := buf[:min(block, hi-lo)]
			for i := range part {
				part[i] = v[lo+i] + 0 // -0 becomes 0
			}
			kern.OrderWords(keys[lo:lo+len(part)], part)
		}
	})
	return keys
}

// rising is the numbers in rising order. None is NaN.
func rising(v []float64) []float64 {
	words, out := make([]int64, len(v)), make([]float64, len(v))
	kern.OrderWords(words, v)
	kern.SortWords(words)
	kern.FloatsOf(out, words)
	return out
}

// medianOfSizes is the median of numbers that are not negative, none of them NaN. It may lose them.
func medianOfSizes(v []float64) float64 {
	low, high := kern.NthSize(v, (len(v)-1)/2)
	if len(v)%2 == 1 {
		return low
	}
	return low/2 + high/2
}
