package metrics

import (
	"math"

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
	words, out := make([]int64, 2*len(v)), make([]float64, len(v))
	x := words[:len(v)]
	kern.OrderWords(x, v)
	kern.SortWords(x, words[len(v):])
	kern.FloatsOf(out, x)
	return out
}

// medianOfSizes is the median of numbers that are not negative, none of them NaN. It may reorder them.
func medianOfSizes(v []float64) float64 {
	n := len(v)
	mid := kern.NthSize(v, (n-1)/2)
	if n%2 == 1 {
		return mid
	}
	notAbove, next := 0, math.Inf(1)
	for _, x := range v {
		above := x
		if x <= mid {
			notAbove++
			above = math.Inf(1)
		}
		next = min(next, above)
	}
	if notAbove > n/2 {
		next = mid
	}
	return mid/2 + next/2
}
