package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// ROCAUC is the area under the ROC curve of class 1 against class 0: the chance that a row of class 1 has a higher score than
// one of class 0, equal scores counting one half, exactly. Best 1, chance 0.5. score is any number that rises with the belief in class 1:
// a probability, a log-odds, an infinite one. NaN when only one class occurs. O(rows log rows).
func ROCAUC(y []int, score []float64, weight ...float64) float64 {
	if !fits(len(y), len(score), weight) || len(weight) > 0 && CheckRows("", len(y), len(score), weight) != nil {
		return math.NaN()
	}
	return area(y, score, weight)
}

// ROCAUCOvR is the area under the ROC curve for several classes, each against all others by its own column of proba (rows x K).
// Macro is NaN unless each of the K classes has rows and none has all of them; Weighted leaves out classes without rows; Binary is that of class 1 of two, and
// Samples is NaN.
func ROCAUCOvR(y []int, proba tensor.Matrix, average Average, weight ...float64) float64 {
	if CheckProba("metrics.ROCAUCOvR", y, proba, weight) != nil {
		return math.NaN()
	}
	return oneVsRest(y, proba, average, weight, area)
}

// oneVsRest averages a score of two classes over the classes, each against all others. The arguments are sound.
func oneVsRest(y []int, proba tensor.Matrix, average Average, weight []float64, score func(y []int, score, weight []float64) float64) float64 {
	p := rows.Of(proba)
	n, k := p.Dims()
	one, column := make([]int, n), make([]float64, n)
	class := func(c int) float64 {
		p.Col(c, column)
		for i := range y {
			one[i] = 0
			if y[i] == c {
				one[i] = 1
			}
		}
		return score(one, column, weight)
	}
	switch average {
	case Macro, Weighted:
		var scores mean
		for c, share := range shares(y, k, weight) {
			if average == Macro {
				scores.add(class(c), 1)
			} else if share > 0 {
				scores.add(class(c), share)
			}
		}
		return scores.value()
	case Micro:
		return score(pooled(n, k, func(i, j int) int {
			if y[i] == j {
				return 1
			}
			return 0
		}, p, weight))
	case Binary:
		if k == 2 {
			return class(1)
		}
	}
	return math.NaN()
}

// pooled makes one list of all (row, column) pairs.
func pooled(n, k int, is func(i, j int) int, p rows.Rows, weight []float64) (y []int, score, w []float64) {
	buf := make([]float64, k)
	for i := range n {
		if absent(weight, i) {
			continue
		}
		for j, v := range p.Row(i, buf) {
			y, score = append(y, is(i, j)), append(score, v)
			if len(weight) > 0 {
				w = append(w, weight[i])
			}
		}
	}
	return y, score, w
}

// ROCAUCOvO is the mean, over all pairs of classes that have rows, of the area under the ROC curve of one against the other
// among the rows of the two, each pair scored by the column of either class: Hand and Till's M (Machine Learning 45, 2001),
// which does not change with the shares of the classes. Weighted weighs a pair by its share of the rows. Other averages
// give NaN, as does a single class.
func ROCAUCOvO(y []int, proba tensor.Matrix, average Average, weight ...float64) float64 {
	if CheckProba("metrics.ROCAUCOvO", y, proba, weight) != nil || average > Weighted {
		return math.NaN()
	}
	p := rows.Of(proba)
	return pairwise(y, p.Cols(), average, weight, func(a, b int, pair members) float64 {
		own := func(c int) float64 {
			return pair.area(a, b, c, weight, func(row []float64) float64 { return row[c] }, p)
		}
		return (own(a) + own(b)) / 2
	})
}

// AUCMu is the mean over all pairs of classes of the area under the ROC curve of one against the other, each pair scored by the difference of its two columns
// of proba, which need not be probabilities: it is 1 whenever every row's own class has its highest score by argmax (Kleiman and Page, ICML 2019). Pairs
// of classes without rows are left out; a single class gives NaN.
func AUCMu(y []int, score tensor.Matrix, weight ...float64) float64 {
	if checkDecisions("metrics.AUCMu", y, score, weight) != nil {
		return math.NaN()
	}
	p := rows.Of(score)
	return pairwise(y, p.Cols(), Macro, weight, func(a, b int, pair members) float64 {
		return pair.area(a, b, a, weight, func(row []float64) float64 { return row[a] - row[b] }, p)
	})
}

// members are the rows of each class.
type members [][]int

func pairwise(y []int, k int, average Average, weight []float64, score func(a, b int, m members) float64) float64 {
	m := make(members, k)
	for i, c := range y {
		if !absent(weight, i) {
			m[c] = append(m[c], i)
		}
	}
	share := shares(y, k, weight)
	var scores mean
	for a := range k {
		for b := a + 1; b < k; b++ {
			switch {
			case len(m[a]) == 0 || len(m[b]) == 0:
			case average == Weighted:
				scores.add(score(a, b, m), share[a]+share[b])
			default:
				scores.add(score(a, b, m), 1)
			}
		}
	}
	return scores.value()
}

// area is that of class positive, which is a or b, among the rows of a and b.
func (m members) area(a, b, positive int, weight []float64, score func(row []float64) float64, p rows.Rows) float64 {
	n := len(m[a]) + len(m[b])
	y, s := make([]int, 0, n), make([]float64, 0, n)
	var ws []float64
	buf := make([]float64, p.Cols())
	for _, c := range []int{a, b} {
		is := 0
		if c == positive {
			is = 1
		}
		for _, i := range m[c] {
			y, s = append(y, is), append(s, score(p.Row(i, buf)))
			if len(weight) > 0 {
				ws = append(ws, weight[i])
			}
		}
	}
	return area(y, s, ws)
}

// ROCAUCLabels is the area under the ROC curve of multi-label data: y holds 0 or 1 for each label, score (rows x labels) any number that rises with the belief
// in it. Macro and Weighted average over the labels, Samples over the rows, Micro pools all pairs. NaN where an area in it is: a label, or with Samples a row,
// that is all 0 or all 1; Weighted leaves out labels that no row has, and is NaN, not scikit-learn's 0, where that leaves none. Binary gives NaN.
func ROCAUCLabels(y [][]int, score tensor.Matrix, average Average, weight ...float64) float64 {
	return overLabels("metrics.ROCAUCLabels", y, score, average, weight, area)
}

// overLabels averages a score of two classes over labels.
func overLabels(where string, y [][]int, score tensor.Matrix, average Average, weight []float64, one func(y []int, score, weight []float64) float64) float64 {
	if checkLabelScores(where, y, score, weight) != nil {
		return math.NaN()
	}
	p := rows.Of(score)
	n, k := p.Dims()
	switch average {
	case Macro, Weighted:
		codes, column := make([]int, n), make([]float64, n)
		var scores mean
		for j := range k {
			p.Col(j, column)
			for i := range y {
				codes[i] = 0
				if !absent(weight, i) {
					codes[i] = y[i][j]
				}
			}
			support := meanOf(n, weight, func(i int) float64 { return float64(codes[i]) })
			switch {
			case average == Macro:
				scores.add(one(codes, column, weight), 1)
			case support > 0:
				scores.add(one(codes, column, weight), support)
			}
		}
		if scores.weights.value() == 0 {
			return one(codes, column, weight) // no row has any label: what the score is of the last stands for all
		}
		return scores.value()
	case Micro:
		return one(pooled(n, k, func(i, j int) int { return y[i][j] }, p, weight))
	case Samples:
		buf := make([]float64, k)
		return meanOf(n, weight, func(i int) float64 { return one(y[i], p.Row(i, buf), nil) })
	}
	return math.NaN()
}

// PartialAUC is the area under the ROC curve up to the false positive rate maxFPR in (0, 1], scaled so that chance is 0.5 and the best is 1 (McClish, Medical
// Decision Making 9, 1989). For 1 it is [ROCAUC]. NaN for another maxFPR.
func PartialAUC(y []int, score []float64, maxFPR float64, weight ...float64) float64 {
	if maxFPR == 1 {
		return ROCAUC(y, score, weight...)
	}
	t, err := NewThresholds(y, score, weight...)
	if err != nil || !(maxFPR > 0 && maxFPR < 1) {
		return math.NaN()
	}
	c, err := t.ROC()
	if err != nil {
		return math.NaN()
	}
	var below sum
	for i := 1; i < len(c.FPR); i++ {
		x0, y0, x1, y1 := c.FPR[i-1], c.TPR[i-1], c.FPR[i], c.TPR[i]
		if x1 > maxFPR {
			below.add((maxFPR - x0) * (y0 + (y0 + (y1-y0)*((maxFPR-x0)/(x1-x0)))) / 2)
			break
		}
		below.add((x1 - x0) * (y0 + y1) / 2)
	}
	least, most := maxFPR*maxFPR/2, maxFPR
	return 0.5 * (1 + (below.value()-least)/(most-least))
}
