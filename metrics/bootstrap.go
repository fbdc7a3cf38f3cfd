package metrics

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// An Interval is a score with its confidence interval.
type Interval struct{ Value, Low, High float64 }

// String is such as "0.8123 [0.7912, 0.8331]".
func (i Interval) String() string { return fmt.Sprintf("%.4f [%.4f, %.4f]", i.Value, i.Low, i.High) }

// Resampling says how bootstrap samples become an interval.
type Resampling uint8

const (
	// BCa corrects for bias and for a spread that changes with the score (Efron, Journal of the American Statistical Association 82, 1987). The zero value.
	BCa Resampling = iota
	// Percentile takes the quantiles of the resampled scores.
	Percentile
	// Basic mirrors them at the score.
	Basic
)

// Bootstrap makes confidence intervals of any score by drawing rows with replacement. A row brings its weight along; rows of weight 0 are never drawn. The same seed gives the same interval on any number of cores.
type Bootstrap struct {
	Resamples int        // 0: 1000
	Level     float64    // of confidence, in (0, 1); 0: 0.95
	Method    Resampling // 0: BCa
	Group     []int      // of each row: whole groups are drawn, as rows of one patient should be; nil: rows are drawn
	Seed      uint64
}

func (b Bootstrap) sound(where string, n int) (Bootstrap, error) {
	if b.Resamples == 0 {
		b.Resamples = 1000
	}
	if b.Level == 0 {
		b.Level = 0.95
	}
	switch {
	case b.Resamples < 2 || b.Resamples > maxBins:
		return b, ml.BadConfig(where, "Resamples", b.Resamples, fmt.Sprintf("2 to %d, or 0 for 1000", maxBins))
	case !(b.Level > 0 && b.Level < 1):
		return b, ml.BadConfig(where, "Level", b.Level, "between 0 and 1, or 0 for 0.95")
	case b.Method > Basic:
		return b, ml.BadConfig(where, "Method", b.Method, "BCa, Percentile or Basic")
	case b.Group != nil && len(b.Group) != n:
		return b, ml.BadShape(where, "Group", fmt.Sprintf("a list of %d", len(b.Group)), fmt.Sprintf("%d, one for each row", n))
	}
	return b, nil
}

// units are the rows that are drawn together, without those of weight 0.
func (b Bootstrap) units(n int, weight []float64) [][]int {
	var units [][]int
	at := map[int]int{}
	for i := range n {
		if absent(weight, i) {
			continue
		}
		if b.Group == nil {
			units = append(units, []int{i})
			continue
		}
		u, ok := at[b.Group[i]]
		if !ok {
			u = len(units)
			at[b.Group[i]] = u
			units = append(units, nil)
		}
		units[u] = append(units[u], i)
	}
	return units
}

// Of is the interval of a score of n rows that takes their weights; it is called from several goroutines:
//
//	metrics.Bootstrap{}.Of(len(y), func(w []float64) float64 { return metrics.ROCAUC(y, score, w...) })
//
// Resamples whose score is NaN are left out; if that is more than half of them, or the score itself is NaN, the error is ErrTarget. Bad fields give ErrConfig or ErrShape, bad weights what [CheckRows] gives. BCa takes one more score for each row, or for each of 1000
// parts of more rows. Where BCa is not defined, since all resampled scores lie on one side, the interval is that of percentiles. O(rows · resamples) scores.
func (b Bootstrap) Of(n int, score func(weight []float64) float64, weight ...float64) (Interval, error) {
	const where = "metrics.Bootstrap"
	b, err := b.sound(where, n)
	if err != nil {
		return Interval{}, err
	}
	if err := CheckRows(where, n, n, weight); err != nil {
		return Interval{}, err
	}
	units := b.units(n, weight)
	own := make([]float64, n)
	for i := range own {
		own[i] = w(weight, i)
	}
	out := Interval{Value: score(own)}
	drawn := b.draw(n, units, own, score)
	if math.IsNaN(out.Value) || len(drawn) < b.Resamples/2 {
		return Interval{}, &ml.Error{Where: where, Field: "score", Found: fmt.Sprintf("undefined in %d of %d resamples", b.Resamples-len(drawn), b.Resamples), Want: "more rows, and of other targets", Kind: ml.ErrTarget}
	}
	tail := (1 - b.Level) / 2
	low, high := tail, 1-tail
	if b.Method == BCa {
		low, high = corrected(out.Value, drawn, jackknife(n, units, own, score), b.Level)
	}
	s := stats.NewSample(drawn, nil)
	out.Low, out.High = s.Quantile(low, stats.Linear), s.Quantile(high, stats.Linear)
	if b.Method == Basic {
		out.Low, out.High = 2*out.Value-out.High, 2*out.Value-out.Low
	}
	return out, nil
}

// draw is the scores of the resamples that have one.
func (b Bootstrap) draw(n int, units [][]int, own []float64, score func(weight []float64) float64) []float64 {
	out := make([]float64, b.Resamples)
	_ = par.Do(context.Background(), b.Resamples, func(_ context.Context, k int) error {
		r, weight := rng.New(b.Seed, uint64(k)), make([]float64, n)
		for range units {
			for _, i := range units[r.IntN(len(units))] {
				weight[i] += own[i]
			}
		}
		out[k] = score(weight)
		return nil
	})
	return slices.DeleteFunc(out, math.IsNaN)
}

// jackknife is the scores without one unit each, or without one of 1000 parts of them.
func jackknife(n int, units [][]int, own []float64, score func(weight []float64) float64) []float64 {
	parts := min(len(units), 1000)
	out := make([]float64, parts)
	if len(units) < 2 {
		return nil
	}
	_ = par.Do(context.Background(), parts, func(_ context.Context, k int) error {
		weight := slices.Clone(own)
		for u := k; u < len(units); u += parts {
			for _, i := range units[u] {
				weight[i] = 0
			}
		}
		out[k] = score(weight)
		return nil
	})
	return slices.DeleteFunc(out, math.IsNaN)
}

// corrected is the two quantiles of the resampled scores that BCa takes.
func corrected(value float64, drawn, left []float64, level float64) (low, high float64) {
	tail := (1 - level) / 2
	below := 0.0
	for _, v := range drawn {
		switch {
		case v < value:
			below++
		case v == value:
			below += 0.5
		}
	}
	unit := stats.Normal{Sigma: 1}
	bias := unit.Quantile(below / float64(len(drawn)))
	if math.IsInf(bias, 0) {
		return tail, 1 - tail
	}
	var center mean
	for _, v := range left {
		center.add(v, 1)
	}
	var two, three sum
	for _, v := range left {
		d := center.value() - v
		two.add(d * d)
		three.add(d * d * d)
	}
	bend := 0.0
	if two.value() > 0 {
		bend = three.value() / (6 * math.Pow(two.value(), 1.5))
	}
	at := func(z float64) float64 { return unit.CDF(bias + (bias+z)/(1-bend*(bias+z))) }
	z := unit.Quantile(1 - tail)
	return at(-z), at(z)
}

// WithCI is the interval of any metric of the truth and what was predicted:
//
//	metrics.WithCI(metrics.ROCAUC, y, score, metrics.Bootstrap{})
//
// The errors are those of [Bootstrap.Of], and ErrShape for different lengths.
func WithCI[Y, P any](metric func(y []Y, pred []P, weight ...float64) float64, y []Y, pred []P, b Bootstrap, weight ...float64) (Interval, error) {
	if len(y) != len(pred) {
		return Interval{}, CheckRows("metrics.WithCI", len(y), len(pred), weight)
	}
	return b.Of(len(y), func(w []float64) float64 { return metric(y, pred, w...) }, weight...)
}

// A Comparison is how much two models differ on the same rows.
type Comparison struct {
	A, B       float64  // their scores
	Difference Interval // A-B
	Test       Test     // of no difference, two-sided
}

// Compare draws both scores from the same resamples, so that what makes rows hard for both cancels. The test's P is twice the share of resampled differences on the wrong side of 0, its statistic the difference over the resampled ones' standard
// deviation. Arguments and errors are those of [Bootstrap.Of].
func (b Bootstrap) Compare(n int, scoreA, scoreB func(weight []float64) float64, weight ...float64) (Comparison, error) {
	difference := func(w []float64) float64 { return scoreA(w) - scoreB(w) }
	i, err := b.Of(n, difference, weight...)
	if err != nil {
		return Comparison{}, err
	}
	if b, err = b.sound("metrics.Bootstrap", n); err != nil {
		return Comparison{}, err
	}
	own := make([]float64, n)
	for i := range own {
		own[i] = w(weight, i)
	}
	drawn := b.draw(n, b.units(n, weight), own, difference)
	below, above := 1.0, 1.0
	for _, v := range drawn {
		if v <= 0 {
			below++
		}
		if v >= 0 {
			above++
		}
	}
	return Comparison{A: scoreA(own), B: scoreB(own), Difference: i, Test: Test{Statistic: i.Value / deviation(drawn), P: min(1, 2*min(below, above)/float64(len(drawn)+1))}}, nil
}

// deviation is the standard deviation of numbers, with the divisor n-1.
func deviation(v []float64) float64 {
	var m mean
	for _, x := range v {
		m.add(x, 1)
	}
	var s sum
	for _, x := range v {
		s.add((x - m.value()) * (x - m.value()))
	}
	return math.Sqrt(s.value() / float64(len(v)-1))
}
