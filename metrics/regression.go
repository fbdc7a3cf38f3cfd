package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
)

func squares(y, pred, out []float64) { kern.SqDiff(out[:len(y)], y, pred) }

func distances(y, pred, out []float64) { kern.AbsDiff(out[:len(y)], y, pred) }

var (
	squaredLoss  = summed(kern.SquaredLoss, squares)
	absoluteLoss = summed(kern.AbsoluteLoss, distances)
)

// MSE is the mean squared error, in squared units of y. Best 0.
func MSE(y, pred []float64, weight ...float64) float64 {
	return meanOfValues(y, pred, weight, squaredLoss)
}

// RMSE is the root of the mean squared error, in the units of y. Best 0.
func RMSE(y, pred []float64, weight ...float64) float64 { return math.Sqrt(MSE(y, pred, weight...)) }

// MAE is the mean absolute error, in the units of y. Best 0.
func MAE(y, pred []float64, weight ...float64) float64 {
	return meanOfValues(y, pred, weight, absoluteLoss)
}

// MSLE is the mean squared error of log(1+y), which forgives large errors of large numbers. Best 0. NaN if a number is -1 or less.
func MSLE(y, pred []float64, weight ...float64) float64 {
	return meanOfValues(y, pred, weight, summed(kern.SquaredLogLoss, func(y, pred, out []float64) {
		out = out[:len(y)]
		logs := spare(out)
		kern.Log1pPortable(out, y)
		kern.Log1pPortable(logs, pred)
		for i, v := range logs {
			d := out[i] - v
			out[i] = float64(d * d)
			if y[i] <= -1 || pred[i] <= -1 {
				out[i] = math.NaN()
			}
		}
	}))
}

// RMSLE is the root of MSLE.
func RMSLE(y, pred []float64, weight ...float64) float64 { return math.Sqrt(MSLE(y, pred, weight...)) }

// MAPE is the mean of |y-pred|/|y|: a share, not a percentage. Best 0. A y nearer to 0 than 2^-52 counts as 2^-52, so that rows of y = 0
// make the score huge and not infinite.
func MAPE(y, pred []float64, weight ...float64) float64 {
	return meanOfValues(y, pred, weight, summed(kern.RelativeLoss, func(y, pred, out []float64) {
		for i, v := range y {
			out[i] = math.Abs(v-pred[i]) / max(math.Abs(v), 0x1p-52)
		}
	}))
}

// SMAPE is the symmetric form, the mean of 2|y-pred|/(|y|+|pred|), from 0 to 2; two zeros count 0.
func SMAPE(y, pred []float64, weight ...float64) float64 {
	return meanOfValues(y, pred, weight, row(func(y, p float64) float64 {
		d := math.Abs(y - p)
		if d == 0 {
			return 0
		}
		return 2 * (d / (math.Abs(y) + math.Abs(p)))
	}))
}

// WAPE is the sum of |y-pred| over the sum of |y|: the error as a share of the volume. Best 0. NaN if every y is 0.
func WAPE(y, pred []float64, weight ...float64) float64 {
	volume := meanOfValues(y, pred, weight, row(func(y, p float64) float64 { return math.Abs(y) + 0*p }))
	if volume == 0 {
		return math.NaN()
	}
	return MAE(y, pred, weight...) / volume
}

// MASE is MAE over that of the naive forecast on the training series, whose prediction is the value a season before: period steps, 1 for the last
// value (Hyndman and Koehler, International Journal of Forecasting 22, 2006). Below 1: better than naive. NaN if train is not
// longer than the period, is not finite, or never changes over it.
func MASE(y, pred, train []float64, period int, weight ...float64) float64 {
	return MAE(y, pred, weight...) / naive(train, period, absoluteLoss)
}

// RMSSE is the root of the mean squared error over that of the naive forecast on the training series, as in [MASE].
func RMSSE(y, pred, train []float64, period int, weight ...float64) float64 {
	return math.Sqrt(MSE(y, pred, weight...) / naive(train, period, squaredLoss))
}

func naive(train []float64, period int, l loss) float64 {
	if period < 1 || len(train) <= period {
		return math.NaN()
	}
	v := meanOfValues(train[period:], train[:len(train)-period], nil, l)
	if v == 0 {
		return math.NaN()
	}
	return v
}

// quantile is the weighted q-quantile of numbers by the inverse of their distribution, averaged where it jumps.
func quantile(v, weight []float64, q float64) float64 {
	if len(weight) == 0 {
		weight = nil
	}
	return stats.NewSample(v, weight).Quantile(q, stats.AveragedInvertedCDF)
}

// MaxError is the largest absolute error, in the units of y. Best 0. Of the weights it matters only which are 0.
func MaxError(y, pred []float64, weight ...float64) float64 {
	if !fits(len(y), len(pred), weight) || len(weight) > 0 && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	type largest struct {
		size   float64
		finite bool
	}
	worst := par.Reduce(len(y), chunk, func(_, lo, hi int) largest {
		if w := weightsOf(weight, lo, hi); w != nil {
			return largest{largestPresent(y[lo:hi], pred[lo:hi], w), true}
		}
		size, finite := kern.LargestDiff(y[lo:hi], pred[lo:hi])
		return largest{size, finite}
	}, func(a, b largest) largest { return largest{max(a.size, b.size), a.finite && b.finite} })
	if !worst.finite && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	return worst.size
}

// largestPresent is the largest distance in a row whose weight is not 0.
func largestPresent(y, pred, weight []float64) float64 {
	most := 0.0
	for i, w := range weight {
		if w != 0 {
			most = max(most, math.Abs(y[i]-pred[i]))
		}
	}
	return most
}

// MeanError is the mean of pred-y, the bias, in the units of y. Best 0.
func MeanError(y, pred []float64, weight ...float64) float64 {
	return meanOfValues(y, pred, weight, row(func(y, p float64) float64 { return p - y }))
}

// Outputs is a metric of numbers for each output of multi-output data, y and pred being rows of equal width. The error is that of the
// shapes; that of an output is NaN, as the metric's own.
func Outputs(metric func(y, pred []float64, weight ...float64) float64, y, pred [][]float64, weight ...float64) ([]float64, error) {
	ys, ps, err := columns("metrics.Outputs", y, pred, weight)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(ys))
	for j := range ys {
		out[j] = metric(ys[j], ps[j], weight...)
	}
	return out, nil
}

// MeanOutputs is the plain mean of a metric over the outputs of multi-output data: MeanOutputs(metrics.RMSE, y, pred). NaN
// where [Outputs] gives an error.
func MeanOutputs(metric func(y, pred []float64, weight ...float64) float64, y, pred [][]float64, weight ...float64) float64 {
	v, err := Outputs(metric, y, pred, weight...)
	if err != nil {
		return math.NaN()
	}
	var m mean
	for _, x := range v {
		m.add(x, 1)
	}
	return m.value()
}

// columns turns rows of outputs into one list for each output.
func columns(where string, y, pred [][]float64, weight []float64) (ys, ps [][]float64, err error) {
	if err := CheckRows(where, len(y), len(pred), weight); err != nil {
		return nil, nil, err
	}
	width := len(y[0])
	if width == 0 {
		return nil, nil, ml.BadShape(where, "Y[0]", "empty", "at least one output")
	}
	if ys, err = column(where, "Y", y, width); err != nil {
		return nil, nil, err
	}
	ps, err = column(where, "prediction", pred, width)
	return ys, ps, err
}
