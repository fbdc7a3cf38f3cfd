package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// overRows is the mean over the rows of a score of its labels and their scores (rows x labels).
func overRows(where string, y [][]int, score tensor.Matrix, weight []float64, one func(y []int, score []float64) float64) float64 {
	if checkLabelScores(where, y, score, weight) != nil {
		return math.NaN()
	}
	s := rows.Of(score)
	buf := make([]float64, s.Cols())
	return meanOf(len(y), weight, func(i int) float64 { return one(y[i], s.Row(i, buf)) })
}

// LRAP is the label ranking average precision: for each label that a row has, the share of such labels among those with at least its score, averaged over the labels and rows. Best 1. A row with no
// label or all of them counts 1. O(rows · labels²).
func LRAP(y [][]int, score tensor.Matrix, weight ...float64) float64 {
	return overRows("metrics.LRAP", y, score, weight, func(y []int, score []float64) float64 {
		var m mean
		for j, has := range y {
			if has == 0 {
				continue
			}
			above, own := 0.0, 0.0
			for l, v := range score {
				if v >= score[j] {
					above++
					own += float64(y[l])
				}
			}
			m.add(own/above, 1)
		}
		if n := m.weights.value(); n == 0 || n == float64(len(y)) {
			return 1
		}
		return m.value()
	})
}

// CoverageError is how far down the ranking one must go to find all labels of a row, on average: the number of labels with at least the lowest score of its own. Best is the mean number of labels. A row
// without labels counts 0.
func CoverageError(y [][]int, score tensor.Matrix, weight ...float64) float64 {
	return overRows("metrics.CoverageError", y, score, weight, func(y []int, score []float64) float64 {
		least, depth := math.Inf(1), 0.0
		none := true
		for j, has := range y {
			if has == 1 {
				least, none = min(least, score[j]), false
			}
		}
		for _, v := range score {
			if v >= least && !none {
				depth++
			}
		}
		return depth
	})
}

// RankingLoss is the share of pairs of a label that a row has and one that it has not whose scores are in the wrong order or equal, averaged over the rows. Best 0. A row with no label or
// all of them counts 0. O(rows · labels²).
func RankingLoss(y [][]int, score tensor.Matrix, weight ...float64) float64 {
	return overRows("metrics.RankingLoss", y, score, weight, func(y []int, score []float64) float64 {
		wrong, pairs := 0.0, 0.0
		for j, has := range y {
			for l, other := range y {
				if has == 1 && other == 0 {
					pairs++
					if score[j] <= score[l] {
						wrong++
					}
				}
			}
		}
		return ratio(wrong, pairs, 0)
	})
}
