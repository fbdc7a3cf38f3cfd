package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// AveragePrecision is the mean precision at the scores of the rows of class 1, the area under the steps of the precision-recall curve; equal scores count as one
// threshold. Best 1; chance is the share of class 1. 0 if there is no row of class 1.
func AveragePrecision(y []int, score []float64, weight ...float64) float64 {
	if len(weight) == 0 {
		return evenPrecision(y, score)
	}
	t, err := NewThresholds(y, score, weight...)
	if err != nil {
		return math.NaN()
	}
	return t.averagePrecision()
}

// evenPrecision is AveragePrecision without weights, for which no threshold is written down.
func evenPrecision(y []int, score []float64) float64 {
	if !fits(len(y), len(score), nil) {
		return math.NaN()
	}
	neg, pos, ok := classScores(y, score)
	if !ok {
		return math.NaN()
	}
	stretches := cuts(neg, pos)
	total := par.Reduce(len(stretches), 1, func(c, _, _ int) sum {
		var s sum
		before := float64(len(pos) - stretches[c].posHi)
		stretches[c].runs(neg, pos, func(_ int64, tp, fp int) {
			if t := float64(tp); t > before {
				s.add((t - before) * (t / float64(tp+fp)))
				before = t
			}
		})
		return s
	}, func(a, b sum) sum { a.join(b); return a })
	return ratio(total.value(), float64(len(pos)), 0)
}

func (t *Thresholds) averagePrecision() float64 {
	var s sum
	before := 0.0
	for i, tp := range t.TP {
		if tp > before {
			s.add((tp - before) * (tp / (tp + t.FP[i])))
		}
		before = tp
	}
	return ratio(s.value(), t.P, 0)
}

func averagePrecision(y []int, score, weight []float64) float64 {
	return AveragePrecision(y, score, weight...)
}

// AveragePrecisionOvR is AveragePrecision of several classes, each against all others by its own column of proba (rows x K). In Macro a class without rows counts 0. Samples
// gives NaN.
func AveragePrecisionOvR(y []int, proba tensor.Matrix, average Average, weight ...float64) float64 {
	if CheckProba("metrics.AveragePrecisionOvR", y, proba, weight) != nil {
		return math.NaN()
	}
	return oneVsRest(y, proba, average, weight, averagePrecision)
}

// AveragePrecisionLabels is AveragePrecision of multi-label data: see [ROCAUCLabels] for the arguments. A label, or with Samples a row, without a 1 counts 0.
func AveragePrecisionLabels(y [][]int, score tensor.Matrix, average Average, weight ...float64) float64 {
	return overLabels("metrics.AveragePrecisionLabels", y, score, average, weight, averagePrecision)
}

// checkLabelScores asks for rows of zeros and ones with a score for each label, none of them NaN.
func checkLabelScores(where string, y [][]int, score tensor.Matrix, weight []float64) error {
	if fault := rows.Fault(score); fault != "" {
		return ml.BadShape(where, "score", fault, "a matrix of rows x labels")
	}
	p := rows.Of(score)
	if err := CheckRows(where, len(y), p.Len(), weight); err != nil {
		return err
	}
	width, err := checkLabels(where, y, y, weight)
	if err != nil {
		return err
	}
	return finiteScores(where, p, width, weight)
}
