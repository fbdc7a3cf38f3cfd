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
	t := &Thresholds{}
	if err := t.of(y, score, weight, 0); err != nil {
		return nil, err
	}
	return t, nil
}

// of counts at every threshold, behind so many free places of each list.
func (t *Thresholds) of(y []int, score, weight []float64, free int) error {
	const where = "metrics.NewThresholds"
	if err := CheckRows(where, len(y), len(score), weight); err != nil {
		return err
	}
	if len(weight) == 0 {
		if neg, pos, ok := classScores(y, score); ok {
			t.count(neg, pos, free)
			return nil
		}
	}
	if err := checkBinary(where, y, score, weight, "score"); err != nil {
		return err
	}
	t.Threshold, t.TP, t.FP = make([]float64, free), make([]float64, free), make([]float64, free)
	order := sortedBy(score, true)
	var tp, fp sum
	for _, o := range order {
		i := int(o)
		if weight[i] == 0 {
			continue
		}
		if last := len(t.Threshold) - 1; last < free || score[i] != t.Threshold[last] {
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
	return nil
}

// count is of without weights, from the scores of either class in rising order. Every cut writes its thresholds where they belong if no scores are equal, and is moved up if some are.
func (t *Thresholds) count(neg, pos []int64, free int) {
	n := free + len(neg) + len(pos)
	lists := [3][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
	all := cuts(neg, pos)
	size := make([]int, len(all))
	first := func(c int) int { return free + len(neg) - all[c].negHi + len(pos) - all[c].posHi }
	par.ForChunks(len(all), 1, func(c, _, _ int) {
		at := first(c)
		size[c] = all[c].merge(neg, pos, lists[0][at:], lists[1][at:], lists[2][at:])
	})
	end := free
	for c, m := range size {
		at := first(c)
		for _, v := range lists {
			if at > end {
				copy(v[end:], v[at:at+m])
			}
		}
		end += m
	}
	for i, v := range lists {
		if lists[i] = v[:end]; 2*end < n {
			lists[i] = slices.Clone(lists[i]) // the rest of the memory is not kept
		}
	}
	t.Threshold, t.TP, t.FP = lists[0], lists[1], lists[2]
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

// merge writes the distinct scores of a cut, the highest first, and how many scores of either class are at or above each; it returns how many there are.
func (c cut) merge(neg, pos []int64, threshold, tp, fp []float64) int {
	n := c.negHi - c.negLo + c.posHi - c.posLo
	threshold, tp, fp = threshold[:n], tp[:n], fp[:n]
	i, j, at := c.negHi, c.posHi, -1
	last := int64(math.MinInt64) // the word of no score
	put := func(word int64) {
		threshold[at], tp[at], fp[at] = kern.FloatOf(word), float64(len(pos)-j), float64(len(neg)-i)
	}
	for i > c.negLo && j > c.posLo {
		a, b, second, fresh := neg[i-1], pos[j-1], 0, 0
		if b > a { // no branches: what comes next cannot be foreseen
			second = 1
		}
		word := max(a, b)
		if word != last {
			fresh = 1
		}
		i, j, at, last = i-1+second, j-second, at+fresh, word
		put(word)
	}
	rest := func(word int64) {
		if word != last {
			at++
		}
		last = word
		put(word)
	}
	for i > c.negLo {
		i--
		rest(neg[i])
	}
	for j > c.posLo {
		j--
		rest(pos[j])
	}
	return at + 1
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
