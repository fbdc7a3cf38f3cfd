package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
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
	t := &Thresholds{}
	if len(weight) == 0 {
		if neg, pos, ok := classScores(y, score); ok {
			t.count(neg, pos)
			return t, nil
		}
	}
	if err := checkBinary(where, y, score, weight, "score"); err != nil {
		return nil, err
	}
	order := sortedBy(score, true)
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

// count is NewThresholds without weights, from the scores of either class in rising order. The thresholds of every cut are counted first, so that each knows how many lie before it.
func (t *Thresholds) count(neg, pos []int64) {
	all := cuts(neg, pos)
	first := make([]int, len(all)+1)
	par.ForChunks(len(all), 1, func(c, _, _ int) {
		n := 0
		all[c].runs(neg, pos, func(int64, int, int) { n++ })
		first[c+1] = n
	})
	for c := range all {
		first[c+1] += first[c]
	}
	m := first[len(all)]
	t.Threshold, t.TP, t.FP = make([]float64, m), make([]float64, m), make([]float64, m)
	par.ForChunks(len(all), 1, func(c, _, _ int) {
		at := first[c]
		all[c].runs(neg, pos, func(word int64, tp, fp int) {
			t.Threshold[at], t.TP[at], t.FP[at] = kern.FloatOf(word), float64(tp), float64(fp)
			at++
		})
	})
	t.P, t.N = float64(len(pos)), float64(len(neg))
}

// A cut is a stretch of both lists of scores, the highest first: no score is on both sides of its ends.
type cut struct{ negLo, negHi, posLo, posHi int }

// cuts are the stretches, from the highest scores on.
func cuts(neg, pos []int64) []cut {
	long, short := neg, pos
	if len(long) < len(short) {
		long, short = short, long
	}
	var out []cut
	hiLong, hiShort := len(long), len(short)
	for hiLong > 0 || hiShort > 0 {
		lo := max(hiLong-chunk, 0)
		loShort := 0
		if lo > 0 {
			at := long[lo]
			lo, _ = slices.BinarySearch(long, at)
			loShort, _ = slices.BinarySearch(short, at)
		}
		c := cut{lo, hiLong, loShort, hiShort}
		if len(neg) < len(pos) {
			c = cut{loShort, hiShort, lo, hiLong}
		}
		out = append(out, c)
		hiLong, hiShort = lo, loShort
	}
	return out
}

// runs calls f for each distinct score of a cut, the highest first, with how many scores of either class are at or above it.
func (c cut) runs(neg, pos []int64, f func(word int64, tp, fp int)) {
	i, j := c.negHi, c.posHi
	for i > c.negLo || j > c.posLo {
		word := int64(math.MinInt64)
		if i > c.negLo {
			word = neg[i-1]
		}
		if j > c.posLo {
			word = max(word, pos[j-1])
		}
		for i > c.negLo && neg[i-1] == word {
			i--
		}
		for j > c.posLo && pos[j-1] == word {
			j--
		}
		f(word, len(pos)-j, len(neg)-i)
	}
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
