package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// R2 is the coefficient of determination: 1 minus the squared error over that of predicting the mean of y. Best 1; 0 is the
// mean's own score, and there is no worst. If y is constant it is 1 for a perfect prediction and 0 for any other, as
// scikit-learn's force_finite has it (but what is constant is decided by comparing the values, not by a rounded variance). It is
// NaN for a single row, whatever its weight. Hydrologists call it the Nash-Sutcliffe efficiency.
func R2(y, pred []float64, weight ...float64) float64 {
	if !fits(len(y), len(pred), weight) {
		return math.NaN()
	}
	s := scatterOf(y, pred, weight, kern.ResidualMoments)
	residual := s.yy/s.n + float64(s.y*s.y)
	seen, constant := spread(y, weight)
	if !(residual >= 0) || seen < 2 || math.IsInf(residual, 0) && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	return explained(residual, s.xx/s.n, constant)
}

// AdjustedR2 is R2 with the mean squares in place of the means: 1 - (1-R2)(n-1)/(n-features-1), where n is the number of rows
// by weight. NaN unless n > features+1.
func AdjustedR2(y, pred []float64, features int, weight ...float64) float64 {
	n := totalOf(len(y), weight)
	left := n - float64(features) - 1
	if features < 0 || left <= 0 {
		return math.NaN()
	}
	return 1 - (1-R2(y, pred, weight...))*(n-1)/left
}

// ExplainedVariance is 1 minus the variance of the errors over that of y: R2 that forgives a constant bias. Best 1. A constant y is treated as in R2.
func ExplainedVariance(y, pred []float64, weight ...float64) float64 {
	if !fits(len(y), len(pred), weight) {
		return math.NaN()
	}
	s := scatterOf(y, pred, weight, kern.ResidualMoments)
	left := s.yy / s.n
	if !(left >= 0) || math.IsInf(left, 0) && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	if left <= 1e-20*s.y*s.y && sameError(y, pred, weight) { // rounding alone
		left = 0
	}
	_, constant := spread(y, weight)
	return explained(left, s.xx/s.n, constant)
}

// sameError says whether the errors of all rows that are not absent are equal.
func sameError(y, pred, weight []float64) bool {
	first := math.NaN()
	for i, v := range y {
		if absent(weight, i) {
			continue
		}
		if d := v - pred[i]; first != first {
			first = d
		} else if d != first {
			return false
		}
	}
	return true
}

// explained is 1 - left/total. Nothing left is 1, and nothing to explain that is not explained is 0.
func explained(left, total float64, constant bool) float64 {
	switch {
	case math.IsNaN(left) || math.IsNaN(total):
		return math.NaN()
	case left == 0:
		return 1
	case constant || total == 0:
		return 0
	}
	return 1 - left/total
}

// variance is the weighted mean square of y around its mean.
func variance(y, weight []float64) float64 {
	s := scatterOf(y, y, weight, kern.PairMoments)
	return s.xx / s.n
}

// A scatter is how many rows of two numbers there are, by weight, the means of the numbers, and the sums of their products around them.
type scatter struct{ n, x, y, xx, yy, xy float64 }

// scatterOf looks at the rows once: those of a block around the means of the block before, or its own where these are far off. Blocks are then joined (Chan, Golub and LeVeque, The American
// Statistician 37, 1983). n is NaN if a weight is negative or NaN. What stands in absent rows does not count.
func scatterOf(x, y, weight []float64, sums func(x, y, w []float64, a, b float64) kern.Moments) scatter {
	return par.Reduce(len(x), chunk, func(_, lo, hi int) (s scatter) {
		var last scatter
		for ; lo < hi; lo += block {
			end := min(lo+block, hi)
			w := weightsOf(weight, lo, end)
			n := sumOfWeights(end-lo, w)
			if n == 0 {
				continue
			}
			around := func(a, b float64) (part scatter, near bool) {
				m := sums(x[lo:end], y[lo:end], w, a, b)
				u, v := m.U/n, m.V/n
				part = scatter{n, a + u, b + v, m.UU - float64(m.U*u), m.VV - float64(m.V*v), m.UV - float64(m.U*v)}
				return part, m.UU <= 2*part.xx && m.VV <= 2*part.yy && m.UU <= math.MaxFloat64 && m.VV <= math.MaxFloat64
			}
			part, near := around(last.x, last.y)
			if !near {
				part, _ = around(part.x, part.y)
			}
			part.xx, part.yy = max(part.xx, 0), max(part.yy, 0)
			s, last = s.join(part), part
		}
		return s
	}, scatter.join)
}

func (s scatter) join(o scatter) scatter {
	switch {
	case s.n == 0:
		return o
	case o.n == 0:
		return s
	}
	n, dx, dy, both := s.n+o.n, o.x-s.x, o.y-s.y, s.n/(s.n+o.n)*o.n
	return scatter{n, s.x + float64(dx*(o.n/n)), s.y + float64(dy*(o.n/n)),
		s.xx + o.xx + float64(float64(dx*dx)*both), s.yy + o.yy + float64(float64(dy*dy)*both), s.xy + o.xy + float64(float64(dx*dy)*both)}
}

// spread counts the rows that are not absent, to 2, and says whether y is the same in all of them.
func spread(y, weight []float64) (seen int, constant bool) {
	first := 0.0
	for i, v := range y {
		switch {
		case absent(weight, i):
		case seen == 0:
			first, seen = v, 1
		case v != first:
			return 2, false
		default:
			seen = 2
		}
	}
	return seen, true
}

// KGE is the Kling-Gupta efficiency, 1 minus the distance of (correlation, ratio of the standard deviations, ratio of the means) from (1, 1, 1)
// (Gupta et al., Journal of Hydrology 377, 2009). Best 1. NaN if y or pred is constant or y has the mean 0.
func KGE(y, pred []float64, weight ...float64) float64 {
	if CheckValues("metrics.KGE", y, pred, weight) != nil {
		return math.NaN()
	}
	my, mp := meanOf(len(y), weight, func(i int) float64 { return y[i] }), meanOf(len(y), weight, func(i int) float64 { return pred[i] })
	r, a, b := Pearson(y, pred, weight...), math.Sqrt(variance(pred, weight)/variance(y, weight)), mp/my
	if my == 0 {
		return math.NaN()
	}
	return 1 - math.Sqrt((r-1)*(r-1)+(a-1)*(a-1)+(b-1)*(b-1))
}

// R2Outputs is R2 over all outputs of multi-output data, each weighted by its variance. It is NaN for fewer than two rows; if every output is constant it is the
// plain mean of the outputs' R2.
func R2Outputs(y, pred [][]float64, weight ...float64) float64 {
	return varianceWeighted(R2, y, pred, weight)
}

// ExplainedVarianceOutputs is ExplainedVariance over all outputs of multi-output data, each weighted by its variance.
func ExplainedVarianceOutputs(y, pred [][]float64, weight ...float64) float64 {
	return varianceWeighted(ExplainedVariance, y, pred, weight)
}

func varianceWeighted(metric func(y, pred []float64, weight ...float64) float64, y, pred [][]float64, weight []float64) float64 {
	ys, ps, err := columns("metrics", y, pred, weight)
	if err != nil {
		return math.NaN()
	}
	var m, plain mean
	for j := range ys {
		v, share := metric(ys[j], ps[j], weight...), variance(ys[j], weight)
		if _, constant := spread(ys[j], weight); constant {
			share = 0
		}
		m.add(v, share)
		plain.add(v, 1)
	}
	if m.weights.value() == 0 {
		return plain.value()
	}
	return m.value()
}
