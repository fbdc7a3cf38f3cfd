package metrics

import (
	"cmp"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Average says how the scores of several classes become one.
type Average uint8

const (
	// Macro is the plain mean: every class counts the same. The zero value.
	Macro Average = iota
	// Weighted is the mean weighted by how many rows (by weight) each class has.
	Weighted
	// Micro pools all (row, class) pairs before it scores them.
	Micro
)

// String returns "macro", "weighted" or "micro".
func (a Average) String() string {
	switch a {
	case Macro:
		return "macro"
	case Weighted:
		return "weighted"
	case Micro:
		return "micro"
	}
	return "unknown"
}

// ROCAUC is the area under the ROC curve of class 1 against class 0: the chance that a row of class 1 has a higher score than
// one of class 0, equal scores counting one half, exactly. Best 1, chance 0.5. score is any number that rises with the belief in class 1:
// a probability, a log-odds, an infinite one. NaN when only one class occurs.
func ROCAUC(y []int, score []float64, weight ...float64) float64 {
	if CheckScores("metrics.ROCAUC", y, score, weight) != nil {
		return math.NaN()
	}
	r := make(ranking, 0, len(y))
	for i, c := range y {
		if !absent(weight, i) {
			r = append(r, ranked{score[i], w(weight, i), c == 1})
		}
	}
	return r.area()
}

// ROCAUCOvR is the area under the ROC curve for several classes, each against all others by its own column of proba (rows x K).
// Macro is NaN unless each of the K classes has rows and none has all of them; Weighted leaves out classes without rows.
func ROCAUCOvR(y []int, proba tensor.Matrix, average Average, weight ...float64) float64 {
	if CheckProba("metrics.ROCAUCOvR", y, proba, weight) != nil {
		return math.NaN()
	}
	p := rows.Of(proba)
	column := make([]float64, p.Len())
	r := make(ranking, 0, p.Len())
	var scores mean
	for k := range p.Cols() {
		p.Col(k, column)
		if average != Micro {
			r = r[:0]
		}
		var prevalence sum
		for i, c := range y {
			if absent(weight, i) {
				continue
			}
			r = append(r, ranked{column[i], w(weight, i), c == k})
			if c == k {
				prevalence.add(w(weight, i))
			}
		}
		switch {
		case average == Macro:
			scores.add(r.area(), 1)
		case average == Weighted && prevalence.value() > 0:
			scores.add(r.area(), prevalence.value())
		}
	}
	switch average {
	case Macro, Weighted:
		return scores.value()
	case Micro:
		return r.area()
	}
	return math.NaN()
}

// ROCAUCOvO is the mean, over all pairs of classes that have rows, of the area under the ROC curve of one against the other
// among the rows of the two, each pair scored by the column of either class: Hand and Till's M (Machine Learning 45, 2001),
// which does not change with the shares of the classes. Weighted weighs a pair by its share of the rows. There is no Micro:
// it gives NaN, as does a single class.
func ROCAUCOvO(y []int, proba tensor.Matrix, average Average, weight ...float64) float64 {
	if CheckProba("metrics.ROCAUCOvO", y, proba, weight) != nil || (average != Macro && average != Weighted) {
		return math.NaN()
	}
	_, k := proba.Dims()
	members := make([][]int, k)
	for i, c := range y {
		if !absent(weight, i) {
			members[c] = append(members[c], i)
		}
	}
	var scores mean
	for a := range k {
		for b := a + 1; b < k; b++ {
			if len(members[a]) == 0 || len(members[b]) == 0 {
				continue
			}
			pair := (pairArea(proba, members[a], members[b], a, weight) + pairArea(proba, members[b], members[a], b, weight)) / 2
			share := 1.0
			if average == Weighted {
				var s sum
				for _, i := range slices.Concat(members[a], members[b]) {
					s.add(w(weight, i))
				}
				share = s.value()
			}
			scores.add(pair, share)
		}
	}
	return scores.value()
}

// pairArea ranks the rows of two classes by one column; pos are the rows of that column's class.
func pairArea(proba tensor.Matrix, pos, neg []int, column int, weight []float64) float64 {
	r := make(ranking, 0, len(pos)+len(neg))
	for _, i := range pos {
		r = append(r, ranked{proba.At(i, column), w(weight, i), true})
	}
	for _, i := range neg {
		r = append(r, ranked{proba.At(i, column), w(weight, i), false})
	}
	return r.area()
}

type ranked struct {
	score, weight float64
	positive      bool
}

type ranking []ranked

// area sorts the rows by score. Each run of equal scores contributes its positive weight times the negative weight below it and
// half the negative weight beside it. NaN if either class is missing.
func (r ranking) area() float64 {
	slices.SortFunc(r, func(a, b ranked) int { return cmp.Compare(a.score, b.score) })
	var above, negatives, positives sum
	for lo := 0; lo < len(r); {
		var pos, neg sum
		hi := lo
		for ; hi < len(r) && r[hi].score == r[lo].score; hi++ {
			if r[hi].positive {
				pos.add(r[hi].weight)
			} else {
				neg.add(r[hi].weight)
			}
		}
		above.add(pos.value() * (negatives.value() + neg.value()/2))
		positives.add(pos.value())
		negatives.add(neg.value())
		lo = hi
	}
	return above.value() / (positives.value() * negatives.value())
}
