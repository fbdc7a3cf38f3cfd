package features

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// medianOf returns the median of values without NaN, of which there is at least one. It reorders them, in O(n).
func medianOf(values []float64) float64 {
	half := len(values) / 2
	upper := kern.NthElement(values, half)
	if len(values)%2 == 1 {
		return upper
	}
	return middle(slices.Max(values[:half]), upper)
}
