package ml

import (
	"fmt"
	"math"
)

// ClassWeight says how much the rows of each class count in a fit, beyond their own weights: the weight of a row is multiplied by
// that of its class. The zero value leaves the rows as they are. At most one field may be set.
type ClassWeight struct {
	Balanced bool      // classes count equally: class c weighs W / (classes seen · W_c), where W_c is the weight of its rows and W of all
	PerClass []float64 // the weight of each class code, >= 0; 0 leaves a class out. nil: 1 for each
}

// Weights returns the weight of every row: its own (nil: 1) times that of its class, out of k classes. It returns weight itself
// if there is nothing to do. Rows whose class is None keep their own. where names the caller in the error.
func (w ClassWeight) Weights(where string, y []int, weight []float64, k int) ([]float64, error) {
	if !w.Balanced && w.PerClass == nil {
		return weight, nil
	}
	per, err := w.perClass(where, y, weight, k)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(y))
	total := 0.0
	for i, c := range y {
		out[i] = 1
		if weight != nil {
			out[i] = weight[i]
		}
		if c != None {
			out[i] *= per[c]
		}
		total += out[i]
	}
	if total == 0 {
		return nil, BadConfig(where, "ClassWeight", "zero for every class that has rows", "at least one > 0")
	}
	return out, nil
}

func (w ClassWeight) perClass(where string, y []int, weight []float64, k int) ([]float64, error) {
	if !w.Balanced {
		if len(w.PerClass) != k {
			return nil, BadConfig(where, "ClassWeight.PerClass", fmt.Sprintf("a list of %d", len(w.PerClass)), fmt.Sprintf("%d, one for each class", k))
		}
		for c, v := range w.PerClass {
			if !(v >= 0) || math.IsInf(v, 0) {
				return nil, BadConfig(where, fmt.Sprintf("ClassWeight.PerClass[%d]", c), v, "a finite number >= 0")
			}
		}
		return w.PerClass, nil
	}
	if w.PerClass != nil {
		return nil, BadConfig(where, "ClassWeight", "both Balanced and PerClass", "one of them")
	}
	return balanced(y, weight, k), nil
}

// balanced is scikit-learn's formula on weighted counts: classes without weight get 0 and do not count as seen.
func balanced(y []int, weight []float64, k int) []float64 {
	counts := make([]float64, k)
	total, seen := 0.0, 0
	for i, c := range y {
		if c == None {
			continue
		}
		v := 1.0
		if weight != nil {
			v = weight[i]
		}
		if counts[c] == 0 && v > 0 {
			seen++
		}
		counts[c] += v
		total += v
	}
	for c, v := range counts {
		if v > 0 {
			counts[c] = total / (float64(seen) * v)
		}
	}
	return counts
}
