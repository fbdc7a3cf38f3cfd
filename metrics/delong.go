package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// placements are, for each row of weight, the share of the other class that it is on the right side of, equal scores counting one half; their mean over either class is the area under the ROC curve.
func placements(y []int, score, weight []float64) (out []float64, area float64, of [2]float64) {
	for i, c := range y {
		if !absent(weight, i) {
			of[c] += w(weight, i)
		}
	}
	out = make([]float64, len(y))
	order := sortedBy(score, false)
	var below [2]sum
	var total sum
	for lo := 0; lo < len(order); {
		hi := lo
		var run [2]sum
		for ; hi < len(order) && (hi == lo || score[order[hi]] == score[order[lo]]); hi++ {
			if i := int(order[hi]); !absent(weight, i) {
				run[y[i]].add(w(weight, i))
			}
		}
		for _, o := range order[lo:hi] {
			i := int(o)
			if absent(weight, i) {
				continue
			}
			if y[i] == 1 {
				out[i] = (below[0].value() + run[0].value()/2) / of[0]
				total.add(w(weight, i) * out[i])
			} else {
				out[i] = (of[1] - below[1].value() - run[1].value()/2) / of[1]
			}
		}
		below[0].join(run[0])
		below[1].join(run[1])
		lo = hi
	}
	return out, total.value() / of[1], of
}

// covariance is that of two areas, from the placements of the same rows.
func covariance(y []int, p, q []float64, areaP, areaQ float64, of [2]float64, weight []float64) float64 {
	var s [2]sum
	for i, c := range y {
		if !absent(weight, i) {
			s[c].add(w(weight, i) * (p[i] - areaP) * (q[i] - areaQ))
		}
	}
	return s[0].value()/(of[0]-1)/of[0] + s[1].value()/(of[1]-1)/of[1]
}

func checkDeLong(where string, y []int, weight []float64, scores ...[]float64) error {
	for _, s := range scores {
		if err := CheckScores(where, y, s, weight); err != nil {
			return err
		}
	}
	var of [2]float64
	for i, c := range y {
		if !absent(weight, i) {
			of[c] += w(weight, i)
		}
	}
	for _, n := range of {
		if n <= 1 {
			return &ml.Error{Where: where, Field: "Y", Found: "with a single row of a class", Want: "at least two of each, by weight", Kind: ml.ErrTarget}
		}
	}
	return nil
}

func checkLevel(where string, level float64) (float64, error) {
	if level == 0 {
		level = 0.95
	}
	if !(level > 0 && level < 1) {
		return 0, ml.BadConfig(where, "level", level, "between 0 and 1, or 0 for 0.95")
	}
	return level, nil
}

// AUCInterval is the area under the ROC curve with its confidence interval by DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988), cut to 0..1. level 0 is 0.95. Weights count as repetitions. The
// errors are those of [CheckScores], ErrTarget for a class of one row, and ErrConfig for a level out of range. O(rows log rows).
func AUCInterval(y []int, score []float64, level float64, weight ...float64) (Interval, error) {
	const where = "metrics.AUCInterval"
	level, err := checkLevel(where, level)
	if err != nil {
		return Interval{}, err
	}
	if err := checkDeLong(where, y, weight, score); err != nil {
		return Interval{}, err
	}
	p, area, of := placements(y, score, weight)
	half := stats.Normal{Sigma: 1}.Quantile(0.5+level/2) * math.Sqrt(covariance(y, p, p, area, area, of, weight))
	return Interval{area, max(area-half, 0), min(area+half, 1)}, nil
}

// CompareAUC compares the areas of two scores of the same rows by DeLong's test, whose statistic is normal. Arguments and errors are those of [AUCInterval]. Scores that order the rows alike have the
// statistic 0 and P 1.
func CompareAUC(y []int, a, b []float64, level float64, weight ...float64) (Comparison, error) {
	const where = "metrics.CompareAUC"
	level, err := checkLevel(where, level)
	if err != nil {
		return Comparison{}, err
	}
	if err := checkDeLong(where, y, weight, a, b); err != nil {
		return Comparison{}, err
	}
	p, areaA, of := placements(y, a, weight)
	q, areaB, _ := placements(y, b, weight)
	for i := range p {
		p[i] -= q[i] // the variance of the difference, without the cancellation of three variances
	}
	d := areaA - areaB
	se := math.Sqrt(covariance(y, p, p, d, d, of, weight))
	unit := stats.Normal{Sigma: 1}
	half := unit.Quantile(0.5+level/2) * se
	c := Comparison{A: areaA, B: areaB, Difference: Interval{d, d - half, d + half}, Test: Test{P: 1}}
	if z := d / se; d != 0 {
		c.Test = Test{Statistic: z, P: 2 * unit.Survival(math.Abs(z))}
	}
	return c, nil
}
