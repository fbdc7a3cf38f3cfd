package metrics

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// area is the area under the ROC curve by its definition: the share of pairs of a positive and a negative row in the right order, ties counting one half. NaN if
// either class is missing, a code is neither 0 nor 1, or a score is NaN. Without weights the scores of the two classes are sorted apart, and all counts are whole.
func area(y []int, score, weight []float64) float64 {
	if len(weight) > 0 {
		return sortedArea(y, score, weight)
	}
	neg, pos, ok := classScores(y, score)
	if !ok || len(neg) == 0 || len(pos) == 0 {
		return math.NaN()
	}
	return float64(mergedPairs(pos, neg)) / 2 / float64(len(pos)) / float64(len(neg))
}

// classScores are the scores of class 0 and of class 1, each in rising order, as integers of the same order. Not ok if a code is another or a score is NaN.
func classScores(y []int, score []float64) (neg, pos []int64, ok bool) {
	n := len(y)
	words := make([]int64, n)
	zeros, ok := kern.SplitClasses(words, y, score)
	if !ok {
		return nil, nil, false
	}
	neg, pos = words[:zeros], words[zeros:]
	par.ForChunks(2, 1, func(c, _, _ int) { kern.SortWords([2][]int64{neg, pos}[c]) })
	return neg, pos, true
}

// mergedPairs counts two for each pair in the right order and one for each tie.
func mergedPairs(pos, neg []int64) uint64 {
	return par.Reduce(len(pos), chunk, func(_, lo, hi int) uint64 {
		below, _ := slices.BinarySearch(neg, pos[lo])
		through := below
		pairs := uint64(0)
		for _, a := range pos[lo:hi] {
			for below < len(neg) && neg[below] < a {
				below++
			}
			for through = max(through, below); through < len(neg) && neg[through] == a; {
				through++
			}
			pairs += uint64(below + through)
		}
		return pairs
	}, func(a, b uint64) uint64 { return a + b })
}

// sortedArea goes through the rows by rising score: a run of equal scores has its positive weight times the negative weight below it and half of that beside it.
func sortedArea(y []int, score, weight []float64) float64 {
	for i, c := range y {
		if !absent(weight, i) && (uint(c) > 1 || math.IsNaN(score[i])) {
			return math.NaN()
		}
	}
	order := sortedBy(score, false)
	var above, negatives, positives sum
	for lo := 0; lo < len(order); {
		var pos, neg sum
		first := score[order[lo]]
		hi := lo
		for ; hi < len(order) && (score[order[hi]] == first || first != first); hi++ {
			i := int(order[hi])
			switch {
			case absent(weight, i):
			case y[i] == 1:
				pos.add(w(weight, i))
			default:
				neg.add(w(weight, i))
			}
		}
		above.add(pos.value() * (negatives.value() + neg.value()/2))
		positives.add(pos.value())
		negatives.add(neg.value())
		lo = hi
	}
	return above.value() / (positives.value() * negatives.value())
}
