package metrics

import "math"

// Average says how the scores of several classes, or labels, become one.
type Average uint8

const (
	// Macro is the plain mean: every class counts the same. The zero value.
	Macro Average = iota
	// Weighted is the mean weighted by how many rows (by weight) each class has.
	Weighted
	// Micro pools all (row, class) pairs before it scores them.
	Micro
	// Binary is the score of class 1 alone, where there are no classes but 0 and 1.
	Binary
	// Samples scores every row by its set of labels and averages over the rows. For multi-label data only.
	Samples
)

// String returns "macro", "weighted", "micro", "binary" or "samples".
func (a Average) String() string {
	switch a {
	case Macro:
		return "macro"
	case Weighted:
		return "weighted"
	case Micro:
		return "micro"
	case Binary:
		return "binary"
	case Samples:
		return "samples"
	}
	return "unknown"
}

// average is the weighted mean of v without its NaN, plain if weight is nil or zero for all that is left.
func average(v, weight []float64) float64 {
	var plain, weighted mean
	for i, x := range v {
		if math.IsNaN(x) {
			continue
		}
		plain.add(x, 1)
		if weight != nil {
			weighted.add(x, weight[i])
		}
	}
	if weight == nil || weighted.weights.value() == 0 {
		return plain.value()
	}
	return weighted.value()
}
