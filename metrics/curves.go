package metrics

import (
	"math"
	"sort"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// ROCCurve is the true positive rate against the false positive rate, from (0, 0) at the threshold +Inf to (1, 1).
type ROCCurve struct{ FPR, TPR, Threshold []float64 }

// ROC is the curve whose area is [ROCAUC]; ErrTarget unless both classes occur.
func (t *Thresholds) ROC() (*ROCCurve, error) {
	return (&Thresholds{headed(t.Threshold), headed(t.TP), headed(t.FP), t.P, t.N}).roc()
}

// ROC is the curve of class 1 against class 0 at every distinct score; the errors are those of [NewThresholds], and ErrTarget unless both
// classes occur.
func ROC(y []int, score []float64, weight ...float64) (*ROCCurve, error) {
	t := &Thresholds{}
	if err := t.of(y, score, weight, 1); err != nil {
		return nil, err
	}
	return t.roc()
}

// headed is a copy behind a free place.
func headed(v []float64) []float64 { return append(make([]float64, 1, len(v)+1), v...) }

// roc makes the lists, whose first place is free, into the curve.
func (t *Thresholds) roc() (*ROCCurve, error) {
	if err := t.both("metrics.ROC"); err != nil {
		return nil, err
	}
	t.Threshold[0] = math.Inf(1)
	return &ROCCurve{shareOf(t.FP, t.N), shareOf(t.TP, t.P), t.Threshold}, nil
}

// shareOf divides numbers by their total, in place.
func shareOf(v []float64, total float64) []float64 {
	par.For(len(v), 1, func(lo, hi int) {
		by := make([]float64, min(block, hi-lo))
		for i := range by {
			by[i] = total
		}
		for ; lo < hi; lo += block {
			part := v[lo:min(lo+block, hi)]
			kern.Div(part, part, by[:len(part)])
		}
	})
	return v
}

// AUC is the area under the curve.
func (c *ROCCurve) AUC() float64 {
	var s sum
	for i := 1; i < len(c.FPR); i++ {
		s.add((c.FPR[i] - c.FPR[i-1]) * (c.TPR[i] + c.TPR[i-1]) / 2)
	}
	return s.value()
}

// KS is the largest distance of the curve above the diagonal, the Kolmogorov-Smirnov statistic of credit scoring, and its threshold, the highest of equal ones.
func (c *ROCCurve) KS() (distance, threshold float64) {
	distance, threshold = math.Inf(-1), math.NaN()
	for i := range c.FPR {
		if d := c.TPR[i] - c.FPR[i]; d > distance {
			distance, threshold = d, c.Threshold[i]
		}
	}
	return distance, threshold
}

// Corners is the curve without the points between two equal steps, which changes no picture of it. Its first two points and its last one stay.
func (c *ROCCurve) Corners() *ROCCurve {
	out := &ROCCurve{}
	n := len(c.FPR)
	for i := range n {
		if i > 1 && i < n-1 && even(c.FPR, i) && even(c.TPR, i) {
			continue
		}
		out.FPR, out.TPR, out.Threshold = append(out.FPR, c.FPR[i]), append(out.TPR, c.TPR[i]), append(out.Threshold, c.Threshold[i])
	}
	return out
}

// even says that the steps to and from point i are the same, up to rounding.
func even(v []float64, i int) bool {
	return math.Abs((v[i+1]-v[i])-(v[i]-v[i-1])) <= 1e-14
}

// PRCurve is precision against recall, from recall 0 at the threshold +Inf, where precision is 1 by convention, to the lowest score. (scikit-learn
// has it the other way round.)
type PRCurve struct{ Precision, Recall, Threshold []float64 }

// PR is the precision-recall curve. Without rows of class 1 recall is 1 at every threshold.
func (t *Thresholds) PR() *PRCurve {
	return (&Thresholds{headed(t.Threshold), headed(t.TP), headed(t.FP), t.P, t.N}).pr()
}

// PR is the precision-recall curve of class 1 at every distinct score; the errors are those of [NewThresholds].
func PR(y []int, score []float64, weight ...float64) (*PRCurve, error) {
	t := &Thresholds{}
	if err := t.of(y, score, weight, 1); err != nil {
		return nil, err
	}
	return t.pr(), nil
}

// pr makes the lists, whose first place is free, into the curve.
func (t *Thresholds) pr() *PRCurve {
	par.For(len(t.TP), 2, func(lo, hi int) {
		for i, tp := range t.TP[lo:hi] {
			t.FP[lo+i] = ratio(tp, tp+t.FP[lo+i], 0)
		}
	})
	if t.P > 0 {
		shareOf(t.TP, t.P)
	} else {
		for i := range t.TP {
			t.TP[i] = 1
		}
	}
	t.FP[0], t.TP[0], t.Threshold[0] = 1, 0, math.Inf(1)
	return &PRCurve{t.FP, t.TP, t.Threshold}
}

// AveragePrecision is the area under the curve's steps: precision, each time weighted by the recall it adds.
func (c *PRCurve) AveragePrecision() float64 {
	var s sum
	for i := 1; i < len(c.Recall); i++ {
		s.add((c.Recall[i] - c.Recall[i-1]) * c.Precision[i])
	}
	return s.value()
}

// DETCurve is the false negative rate against the false positive rate, the trade-off of the two errors, by rising false positives. (scikit-learn has it the other way
// round.)
type DETCurve struct{ FPR, FNR, Threshold []float64 }

// DET is the detection error trade-off, from the last threshold without false positives, +Inf if there is no finite one, to the first without false negatives. ErrTarget unless both
// classes occur.
func (t *Thresholds) DET() (*DETCurve, error) {
	return (&Thresholds{headed(t.Threshold), headed(t.TP), headed(t.FP), t.P, t.N}).det()
}

// DET is the curve of the two error rates at every distinct score; the errors are those of [NewThresholds], and ErrTarget unless both classes occur.
func DET(y []int, score []float64, weight ...float64) (*DETCurve, error) {
	t := &Thresholds{}
	if err := t.of(y, score, weight, 1); err != nil {
		return nil, err
	}
	return t.det()
}

// det makes the lists, whose first place is free, into the curve.
func (t *Thresholds) det() (*DETCurve, error) {
	if err := t.both("metrics.DET"); err != nil {
		return nil, err
	}
	t.Threshold[0] = math.Inf(1)
	first := sort.Search(len(t.FP), func(i int) bool { return t.FP[i] > 0 }) - 1
	end := sort.Search(len(t.TP), func(i int) bool { return t.TP[i] == t.P }) + 1
	first = min(first, end-1)
	fp, tp := t.FP[first:end], t.TP[first:end]
	par.For(len(tp), 1, func(lo, hi int) {
		for i, v := range tp[lo:hi] {
			tp[lo+i] = t.P - v
		}
	})
	return &DETCurve{shareOf(fp, t.N), shareOf(tp, t.P), t.Threshold[first:end]}, nil
}

// EqualErrorRate is the error at which both rates are the same, between points of the curve by a straight line.
func (c *DETCurve) EqualErrorRate() float64 {
	for i := range c.FPR {
		d := c.FPR[i] - c.FNR[i]
		if d < 0 {
			continue
		}
		if i == 0 {
			return c.FPR[0]
		}
		before := c.FNR[i-1] - c.FPR[i-1]
		return c.FPR[i-1] + (c.FPR[i]-c.FPR[i-1])*before/(before+d)
	}
	return c.FPR[len(c.FPR)-1]
}

// GainCurve is what acting on the best-scored share of the rows catches. It begins at share 0, where lift is that of the first threshold.
type GainCurve struct {
	Share     []float64 // of all rows, at or above Threshold
	Gain      []float64 // share of the rows of class 1 that are among them: cumulative gain
	Lift      []float64 // Gain/Share: how many times more of class 1 than in a random share
	Threshold []float64
}

// Gains is the cumulative gain and lift at every threshold. ErrTarget if there is no row of class 1.
func (t *Thresholds) Gains() (*GainCurve, error) {
	if t.P == 0 {
		return nil, missingClass("metrics.Gains", 1)
	}
	c := &GainCurve{Share: []float64{0}, Gain: []float64{0}, Lift: []float64{0}, Threshold: []float64{math.Inf(1)}}
	for i, at := range t.Threshold {
		share, gain := (t.TP[i]+t.FP[i])/(t.P+t.N), t.TP[i]/t.P
		c.Share, c.Gain, c.Threshold = append(c.Share, share), append(c.Gain, gain), append(c.Threshold, at)
		c.Lift = append(c.Lift, gain/share)
	}
	c.Lift[0] = c.Lift[1]
	return c, nil
}

// Gains is the cumulative gain and lift of class 1; the errors are those of [NewThresholds], and ErrTarget if there is no row of class 1.
func Gains(y []int, score []float64, weight ...float64) (*GainCurve, error) {
	t, err := NewThresholds(y, score, weight...)
	if err != nil {
		return nil, err
	}
	return t.Gains()
}

// At is the gain of acting on the given share of the rows, 0 to 1: on a straight line between thresholds, which is what choosing at random among equal scores
// gives on average.
func (c *GainCurve) At(share float64) float64 {
	for i := 1; i < len(c.Share); i++ {
		if share <= c.Share[i] {
			return c.Gain[i-1] + (c.Gain[i]-c.Gain[i-1])*(share-c.Share[i-1])/(c.Share[i]-c.Share[i-1])
		}
	}
	return 1
}
