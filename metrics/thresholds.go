package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Thresholds counts class 1 against class 0 at every threshold that matters: the distinct scores, falling, where a row is predicted as 1 from Threshold[i] on. All curves
// of two classes are made of it.
type Thresholds struct {
	Threshold []float64
	TP, FP    []float64 // by weight, rising
	P, N      float64   // rows of class 1, and of class 0
}

// NewThresholds sorts the rows by score. Codes must be 0 or 1 (ErrTarget); a score may be infinite but not NaN (ErrNotFinite); one class alone is no error here. O(rows log rows).
func NewThresholds(y []int, score []float64, weight ...float64) (*Thresholds, error) {
	const where = "metrics.NewThresholds"
	if err := CheckRows(where, len(y), len(score), weight); err != nil {
		return nil, err
	}
	if err := checkBinary(where, y, score, weight, "score"); err != nil {
		return nil, err
	}
	order, falling := sortedWith(score, true)
	t := &Thresholds{}
	if len(weight) == 0 {
		t.count(y, falling, order)
		return t, nil
	}
	var tp, fp sum
	for _, o := range order {
		i := int(o)
		if weight[i] == 0 {
			continue
		}
		if last := len(t.Threshold) - 1; last < 0 || score[i] != t.Threshold[last] {
			t.Threshold, t.TP, t.FP = append(t.Threshold, score[i]), append(t.TP, 0), append(t.FP, 0)
		}
		if y[i] == 1 {
			tp.add(weight[i])
		} else {
			fp.add(weight[i])
		}
		last := len(t.Threshold) - 1
		t.TP[last], t.FP[last] = tp.value(), fp.value()
	}
	t.P, t.N = tp.value(), fp.value()
	return t, nil
}

// count is NewThresholds without weights, for rows in the order of their scores. Chunks of them are counted first, so that each knows what lies before it.
func (t *Thresholds) count(y []int, score []float64, order []int32) {
	n := len(score)
	last := func(k int) bool { return k == n-1 || score[k] != score[k+1] } // of its run of equal scores
	chunks := par.Chunks(n, chunk)
	positive := make([]uint8, n)
	before, runs := make([]int, chunks+1), make([]int, chunks+1)
	par.ForChunks(n, chunk, func(c, lo, hi int) {
		positives, ends := 0, 0
		for k := lo; k < hi; k++ {
			is := y[order[k]]
			positive[k] = uint8(is)
			positives += is
			if last(k) {
				ends++
			}
		}
		before[c+1], runs[c+1] = positives, ends
	})
	for c := range chunks {
		before[c+1] += before[c]
		runs[c+1] += runs[c]
	}
	m := runs[chunks]
	t.Threshold, t.TP, t.FP = make([]float64, m), make([]float64, m), make([]float64, m)
	par.ForChunks(n, chunk, func(c, lo, hi int) {
		positives, at := before[c], runs[c]
		for k := lo; k < hi; k++ {
			positives += int(positive[k])
			if last(k) {
				t.Threshold[at], t.TP[at], t.FP[at] = score[k], float64(positives), float64(k+1-positives)
				at++
			}
		}
	})
	t.P, t.N = float64(before[chunks]), float64(n-before[chunks])
}

// checkBinary asks for codes 0 and 1 and numbers that are not NaN, in rows of weight. Lengths fit.
func checkBinary(where string, y []int, score, weight []float64, name string) error {
	for i, c := range y {
		switch {
		case absent(weight, i):
		case uint(c) > 1:
			return badCode(where, i, c, 2)
		case math.IsNaN(score[i]):
			return &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d]", name, i), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
		}
	}
	return nil
}

// Len is the number of thresholds.
func (t *Thresholds) Len() int { return len(t.Threshold) }

// Counts is the confusion at threshold i.
func (t *Thresholds) Counts(i int) Counts {
	return Counts{TP: t.TP[i], FP: t.FP[i], FN: t.P - t.TP[i], TN: t.N - t.FP[i]}
}

// Each is a score of the counts at every threshold:
//
//	t.Each(func(c metrics.Counts) float64 { return c.F(1, 0) })
func (t *Thresholds) Each(score func(Counts) float64) []float64 {
	out := make([]float64, t.Len())
	for i := range out {
		out[i] = score(t.Counts(i))
	}
	return out
}

// Best is the threshold with the highest score of its counts, and that score; of equal ones the highest threshold. Predicting no row as 1 has the threshold +Inf. NaN scores do not count.
func (t *Thresholds) Best(score func(Counts) float64) (threshold, best float64) {
	threshold, best = math.Inf(1), score(Counts{FN: t.P, TN: t.N})
	for i, at := range t.Threshold {
		if v := score(t.Counts(i)); v > best || math.IsNaN(best) {
			threshold, best = at, v
		}
	}
	return threshold, best
}

// both is an error unless there are rows of both classes.
func (t *Thresholds) both(where string) error {
	switch {
	case t.P == 0:
		return missingClass(where, 1)
	case t.N == 0:
		return missingClass(where, 0)
	}
	return nil
}
