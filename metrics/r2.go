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
	type both struct {
		errors sum
		y      scatter
	}
	s := par.Reduce(len(y), chunk, func(_, lo, hi int) (s both) {
		buf := make([]float64, min(block, hi-lo))
		for ; lo < hi; lo += block {
			d := buf[:min(block, hi-lo)]
			part, w := y[lo:lo+len(d)], weightsOf(weight, lo, lo+len(d))
			squares(part, pred[lo:lo+len(d)], d)
			if w != nil {
				weigh(d, w)
			}
			s.errors.add(kern.SumPortable(d))
			s.y = s.y.join(scatterOfBlock(part, w, d))
		}
		return s
	}, func(a, b both) both {
		a.errors.join(b.errors)
		a.y = a.y.join(b.y)
		return a
	})
	residual := s.errors.value() / s.y.n
	seen, constant := spread(y, weight)
	if !(residual >= 0) || seen < 2 || math.IsInf(residual, 0) && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	return explained(residual, s.y.variance(), constant)
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
	errors := scatterOf(len(y), weight, func(lo, hi int, out []float64) {
		pred, out := pred[lo:hi], out[:hi-lo]
		for i, v := range y[lo:hi] {
			out[i] = v - pred[i]
		}
	})
	left := errors.variance()
	if !(left >= 0) || math.IsInf(left, 0) && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	if left <= 1e-20*errors.mean*errors.mean && sameError(y, pred, weight) { // rounding alone
		left = 0
	}
	_, constant := spread(y, weight)
	return explained(left, variance(y, weight), constant)
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
	return scatterOf(len(y), weight, func(lo, hi int, out []float64) { copy(out, y[lo:hi]) }).variance()
}

// A scatter is how many numbers there are, by weight, their mean, and the sum of their squares around it.
type scatter struct{ n, mean, squares float64 }

// scatterOf looks at n numbers once: those of a block around the block's mean, which blocks are then joined by (Chan, Golub and LeVeque, The American Statistician 37, 1983). n is NaN if a weight is negative or NaN.
func scatterOf(n int, weight []float64, fill func(lo, hi int, out []float64)) scatter {
	return par.Reduce(n, chunk, func(_, lo, hi int) (s scatter) {
		buf := make([]float64, 2*min(block, hi-lo))
		for ; lo < hi; lo += block {
			v := buf[:min(block, hi-lo)]
			fill(lo, lo+len(v), v)
			s = s.join(scatterOfBlock(v, weightsOf(weight, lo, lo+len(v)), spare(v)))
		}
		return s
	}, scatter.join)
}

// weightsOf are the weights of rows lo to hi-1, nil without weights.
func weightsOf(weight []float64, lo, hi int) []float64 {
	if len(weight) == 0 {
		return nil
	}
	return weight[lo:hi]
}

// scatterOfBlock is the scatter of few numbers; room is as long. What stands in absent rows does not count.
func scatterOfBlock(v, weight, room []float64) scatter {
	n, total := float64(len(v)), 0.0
	if weight == nil {
		total = kern.SumPortable(v)
	} else {
		copy(room, v)
		if n = kern.SumPortable(weight); !weigh(room, weight) {
			n = math.NaN()
		}
		if n == 0 {
			return scatter{}
		}
		total = kern.SumPortable(room)
	}
	mean := total / n
	for i := range room {
		room[i] = mean
	}
	kern.SqDiff(room, v, room)
	if weight != nil {
		weigh(room, weight)
	}
	return scatter{n, mean, kern.SumPortable(room)}
}

func (s scatter) join(o scatter) scatter {
	switch {
	case s.n == 0:
		return o
	case o.n == 0:
		return s
	}
	n, d := s.n+o.n, o.mean-s.mean
	return scatter{n, s.mean + float64(d*(o.n/n)), s.squares + o.squares + float64(float64(d*d)*(s.n/n*o.n))}
}

func (s scatter) variance() float64 { return s.squares / s.n }

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
