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
	if len(weight) == 0 && fits(len(y), len(pred), nil) {
		return evenR2(y, pred)
	}
	residual := MSE(y, pred, weight...)
	seen, constant := spread(y, weight)
	if math.IsNaN(residual) || seen < 2 {
		return math.NaN()
	}
	return explained(residual, variance(y, weight), constant)
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
	if len(weight) == 0 && fits(len(y), len(pred), nil) {
		return evenlyExplained(y, pred)
	}
	bias := MeanError(y, pred, weight...)
	if math.IsNaN(bias) || math.IsInf(bias, 0) {
		return math.NaN()
	}
	left := meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		for i := lo; i < hi; i++ {
			d := y[i] - pred[i] + bias
			out[i-lo] = float64(d * d)
		}
	})
	errors := make([]float64, len(y))
	for i := range y {
		errors[i] = y[i] - pred[i]
	}
	if _, same := spread(errors, weight); same {
		left = 0
	}
	_, constant := spread(y, weight)
	return explained(left, variance(y, weight), constant)
}

// evenlyExplained is ExplainedVariance without weights.
func evenlyExplained(y, pred []float64) float64 {
	errors := scatterOf(len(y), func(lo, hi int, out []float64) {
		pred, out := pred[lo:hi], out[:hi-lo]
		for i, v := range y[lo:hi] {
			out[i] = v - pred[i]
		}
	})
	if !(math.Abs(errors.squares) <= math.MaxFloat64) && CheckValues("", y, pred, nil) != nil {
		return math.NaN()
	}
	if errors.squares <= 1e-20*errors.n*errors.mean*errors.mean { // rounding alone, perhaps
		same := true
		for i, v := range y {
			same = same && v-pred[i] == y[0]-pred[0]
		}
		if same {
			errors.squares = 0
		}
	}
	_, constant := spread(y, nil)
	return explained(errors.variance(), variance(y, nil), constant)
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
	if len(weight) == 0 {
		return scatterOf(len(y), func(lo, hi int, out []float64) { copy(out, y[lo:hi]) }).variance()
	}
	center := meanLoss(len(y), weight, func(lo, hi int, out []float64) { copy(out, y[lo:hi]) })
	return meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		out = out[:hi-lo]
		for i, v := range y[lo:hi] {
			d := v - center
			out[i] = float64(d * d)
		}
	})
}

// A scatter is how many numbers there are, their mean, and the sum of their squares around it.
type scatter struct{ n, mean, squares float64 }

// scatterOf looks at n numbers once: those of a block around the block's mean, which blocks are then joined by (Chan, Golub and LeVeque, The American Statistician 37, 1983).
func scatterOf(n int, fill func(lo, hi int, out []float64)) scatter {
	return par.Reduce(n, chunk, func(_, lo, hi int) (s scatter) {
		buf := make([]float64, 2*min(block, hi-lo))
		for ; lo < hi; lo += block {
			v := buf[:min(block, hi-lo)]
			fill(lo, lo+len(v), v)
			s = s.join(scatterOfBlock(v, spare(v)))
		}
		return s
	}, scatter.join)
}

// scatterOfBlock is the scatter of few numbers; room is as long.
func scatterOfBlock(v, room []float64) scatter {
	mean := kern.SumPortable(v) / float64(len(v))
	for i := range room {
		room[i] = mean
	}
	kern.SqDiff(room, v, room)
	return scatter{float64(len(v)), mean, kern.SumPortable(room)}
}

func (s scatter) join(o scatter) scatter {
	if s.n == 0 {
		return o
	}
	n, d := s.n+o.n, o.mean-s.mean
	return scatter{n, s.mean + float64(d*(o.n/n)), s.squares + o.squares + float64(float64(d*d)*(s.n/n*o.n))}
}

func (s scatter) variance() float64 { return s.squares / s.n }

// evenR2 is R2 without weights: one look at the rows for the errors and for the scatter of y.
func evenR2(y, pred []float64) float64 {
	type both struct {
		errors sum
		y      scatter
	}
	s := par.Reduce(len(y), chunk, func(_, lo, hi int) (s both) {
		buf := make([]float64, min(block, hi-lo))
		for ; lo < hi; lo += block {
			d := buf[:min(block, hi-lo)]
			part := y[lo : lo+len(d)]
			kern.SqDiff(d, part, pred[lo:lo+len(d)])
			s.errors.add(kern.SumPortable(d))
			s.y = s.y.join(scatterOfBlock(part, d))
		}
		return s
	}, func(a, b both) both {
		a.errors.join(b.errors)
		a.y = a.y.join(b.y)
		return a
	})
	residual := s.errors.value() / s.y.n
	seen, constant := spread(y, nil)
	if math.IsNaN(residual) || seen < 2 || math.IsInf(residual, 0) && CheckValues("", y, pred, nil) != nil {
		return math.NaN()
	}
	return explained(residual, s.y.variance(), constant)
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
