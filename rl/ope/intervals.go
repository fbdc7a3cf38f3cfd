package ope

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// Interval is a way to say how sure an estimate is: [Normal], [Bootstrap] or [Bernstein].
type Interval interface {
	// span is the interval of the difference of two series, each end with the probability tail beyond it; minus may be nil.
	span(plus, minus *series, w *weighing, tail float64) (lo, hi float64, err error)
	level() float64
}

// Normal intervals are those of a mean of many rounds: value ± quantile·standard error; for [SNIPS] that of the ratio by the delta method.
type Normal struct {
	Level float64 // probability to cover, both sides; 0: 0.95
}

// Bootstrap intervals lie between quantiles of the values of logs that are drawn from this one, round by round with replacement (Efron, 1979).
type Bootstrap struct {
	Level     float64 // as Normal's; 0: 0.95
	Resamples int     // 100 to 1e6; 0: 2000
	Seed      uint64
}

// Bernstein intervals hold for any number of rounds, not only for many: the empirical Bernstein bound of Maurer and Pontil (COLT 2009), as in high-confidence off-policy
// evaluation (Thomas, Theocharous and Ghavamzadeh, AAAI 2015). They are wide, and need what cannot be known from the rewards that were
// seen: bounds of the rewards and of the weights. They are for [IPS]; with its Clip, the lower bound still holds if no reward is negative.
type Bernstein struct {
	Level                float64 // as Normal's; 0: 0.95
	RewardMin, RewardMax float64 // both 0: 0 and 1
	MaxWeight            float64 // the largest weight there can be, such as 1/MinProb; 0: from the Probs of the rounds, which must be there
}

func or(v, zero float64) float64 {
	if v == 0 {
		return zero
	}
	return v
}

func (c Normal) level() float64    { return or(c.Level, 0.95) }
func (c Bootstrap) level() float64 { return or(c.Level, 0.95) }
func (c Bernstein) level() float64 { return or(c.Level, 0.95) }

// value of the series.
func (s *series) value() float64 {
	if s == nil {
		return 0
	}
	num, den := 0.0, float64(len(s.num))
	for _, v := range s.num {
		num += v
	}
	if s.den != nil {
		den = 0
		for _, v := range s.den {
			den += v
		}
		if den == 0 {
			return 0
		}
	}
	return num / den
}

// influence adds by to dst how the value depends on each round: what is above the value, for a mean.
func (s *series) influence(dst []float64, by float64) {
	if s == nil {
		return
	}
	value, scale := s.value(), 1.0
	if s.den != nil {
		scale, _ = moments(s.den)
		if scale == 0 {
			return
		}
	}
	for i, v := range s.num {
		d := 1.0
		if s.den != nil {
			d = s.den[i]
		}
		dst[i] += float64(by * (v - float64(value*d)) / scale)
	}
}

// stdErr is the standard error of the difference of two series.
func stdErr(plus, minus *series) float64 {
	d := make([]float64, len(plus.num))
	plus.influence(d, 1)
	minus.influence(d, -1)
	_, variance := moments(d)
	return math.Sqrt(variance / float64(len(d)))
}

func (c Normal) span(plus, minus *series, _ *weighing, tail float64) (lo, hi float64, err error) {
	value := plus.value() - minus.value()
	half := stats.Normal{Sigma: 1}.Quantile(1-tail) * stdErr(plus, minus)
	return value - half, value + half, nil
}

func (c Bootstrap) span(plus, minus *series, _ *weighing, tail float64) (lo, hi float64, err error) {
	if c.Resamples == 0 {
		c.Resamples = 2000
	}
	if c.Resamples < 100 || c.Resamples > 1e6 {
		return 0, 0, ml.BadConfig("ope.Bootstrap", "Resamples", c.Resamples, "100 to 1e6")
	}
	n := len(plus.num)
	values := make([]float64, c.Resamples)
	for k := range values {
		r := rng.New(c.Seed, uint64(k))
		var num, den [2]float64
		for range n {
			i := r.Uint64N(uint64(n))
			for side, s := range [2]*series{plus, minus} {
				switch {
				case s == nil:
				case s.den != nil:
					num[side] += s.num[i]
					den[side] += s.den[i]
				default:
					num[side] += s.num[i]
					den[side]++
				}
			}
		}
		for side, sign := range [2]float64{1, -1} {
			if den[side] > 0 {
				values[k] += sign * num[side] / den[side]
			}
		}
	}
	slices.Sort(values)
	sample := stats.NewSample(values, nil)
	return sample.Quantile(tail, stats.Linear), sample.Quantile(1-tail, stats.Linear), nil
}

func (c Bernstein) span(plus, minus *series, w *weighing, tail float64) (lo, hi float64, err error) {
	const where = "ope.Bernstein"
	if c.RewardMin == 0 && c.RewardMax == 0 {
		c.RewardMax = 1
	}
	if !(c.RewardMin < c.RewardMax && c.RewardMax-c.RewardMin <= math.MaxFloat64) {
		return 0, 0, ml.BadConfig(where, "RewardMin, RewardMax", fmt.Sprintf("%g, %g", c.RewardMin, c.RewardMax), "the first below the second")
	}
	for i := range w.rounds {
		if r := w.rounds[i].Reward; r < c.RewardMin || r > c.RewardMax {
			return 0, 0, &ml.Error{Where: where, Field: fmt.Sprintf("round %d: Reward", i), Found: fmt.Sprint(r), Want: fmt.Sprintf("%g to %g", c.RewardMin, c.RewardMax), Kind: ml.ErrTarget}
		}
	}
	weight := c.MaxWeight
	if !(weight >= 0) {
		return 0, 0, ml.BadConfig(where, "MaxWeight", weight, ">= 0")
	}
	if weight == 0 {
		if weight, err = w.largest(where); err != nil {
			return 0, 0, err
		}
	}
	for i, v := range w.weight {
		if v > weight*(1+1e-9) {
			return 0, 0, &ml.Error{Where: where, Field: "MaxWeight", Found: fmt.Sprint(weight), Want: fmt.Sprintf("at least %g, the weight of round %d", v, i), Kind: ml.ErrConfig}
		}
	}
	a, b := 0.0, 0.0
	n := len(plus.num)
	d := make([]float64, n)
	for side, s := range [2]*series{plus, minus} {
		if s == nil {
			continue
		}
		if s.bounds == nil {
			return 0, 0, &ml.Error{Where: where, Field: "the estimator", Found: "without bounds", Want: "ope.IPS", Kind: ml.ErrConfig}
		}
		from, to := s.bounds(c.RewardMin, c.RewardMax, weight)
		for i, v := range s.num {
			if side == 0 {
				d[i] += v
			} else {
				d[i] -= v
			}
		}
		if side == 0 {
			a, b = a+from, b+to
		} else {
			a, b = a-to, b-from
		}
	}
	mean, variance := moments(d)
	log := math.Log(2 / tail)
	half := math.Sqrt(2*variance*log/float64(n)) + 7*(b-a)*log/(3*float64(n-1))
	return mean - half, mean + half, nil
}

// largest is the largest weight that any choice of the rounds could have had.
func (w *weighing) largest(where string) (float64, error) {
	top := 0.0
	for i := range w.rounds {
		r := &w.rounds[i]
		if r.Probs == nil {
			return 0, ml.BadConfig(where, "MaxWeight", "0, and there are rounds without Probs", "a bound of the weights")
		}
		for a, p := range w.target[i] {
			if p > 0 && r.Probs[a] > 0 {
				top = max(top, p/r.Probs[a])
			}
		}
	}
	return top, nil
}
