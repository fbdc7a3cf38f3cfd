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

// sortedWith is sortedBy, and the numbers in that order.
func sortedWith(v []float64, falling bool) (order []int32, sorted []float64) {
	order, sorted = sortedBy(v, falling), make([]float64, len(v))
	par.For(len(v), 4, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			sorted[k] = v[order[k]]
		}
	})
	return order, sorted
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
