package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Pinball is the mean loss of predictions of the q-quantile, q in 0..1: q times the error where y lies above, 1-q times where it lies below.
// q = 0.5 is half of MAE. Best 0. NaN for another q.
func Pinball(y, pred []float64, q float64, weight ...float64) float64 {
	if !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	slope := [2]float64{q, q - 1} // above the prediction, and below it
	return meanOfValues(y, pred, weight, loss{
		fill: func(y, pred, out []float64) {
			pred, out = pred[:len(y)], out[:len(y)]
			for i, v := range y {
				d := v - pred[i]
				out[i] = d * slope[math.Float64bits(d)>>63]
				if !(math.Abs(d) <= math.MaxFloat64) {
					out[i] = d // a slope of 0 must not hide it
				}
			}
		},
		sum: func(y, pred, w []float64) (float64, bool) {
			above, ok := kern.SumLoss(kern.ExcessLoss, y, pred, w)
			below, ok2 := kern.SumLoss(kern.ExcessLoss, pred, y, w)
			return float64(q*above) + float64((1-q)*below), ok && ok2 && above+below <= math.MaxFloat64
		},
	})
}

// PinballMany is the mean of Pinball over several quantiles, of which column j of pred (rows x len(q)) predicts q[j]; twice that mean over a fine, even grid approaches the CRPS.
func PinballMany(y []float64, pred tensor.Matrix, q []float64, weight ...float64) float64 {
	if checkMatrix("metrics.PinballMany", y, pred, len(q), weight) != nil || len(q) == 0 {
		return math.NaN()
	}
	p := rows.Of(pred)
	col := make([]float64, p.Len())
	var m mean
	for j, q := range q {
		p.Col(j, col)
		m.add(Pinball(y, col, q, weight...), 1)
	}
	return m.value()
}

// checkMatrix asks that there is one row of the matrix for each of y, of the given width. The numbers are left to the metric.
func checkMatrix(where string, y []float64, m tensor.Matrix, width int, weight []float64) error {
	if fault := rows.Fault(m); fault != "" {
		return ml.BadShape(where, "prediction", fault, "a matrix")
	}
	n, k := m.Dims()
	if err := CheckRows(where, len(y), n, weight); err != nil {
		return err
	}
	if k != width {
		return ml.BadShape(where, "prediction", fmt.Sprintf("%d columns wide", k), fmt.Sprintf("%d columns", width))
	}
	return nil
}

// D2Pinball is the share of the pinball loss of the constant q-quantile of y that pred explains. Best 1. NaN for fewer than two rows; a constant y
// is treated as in [R2].
func D2Pinball(y, pred []float64, q float64, weight ...float64) float64 {
	left := Pinball(y, pred, q, weight...)
	seen, constant := spread(y, weight)
	if math.IsNaN(left) || seen < 2 {
		return math.NaN()
	}
	same := make([]float64, len(y))
	center := quantile(y, weight, q)
	for i := range same {
		same[i] = center
	}
	return explained(left, Pinball(y, same, q, weight...), constant)
}

// D2AbsoluteError is D2Pinball of the median: the share of MAE that pred explains.
func D2AbsoluteError(y, pred []float64, weight ...float64) float64 {
	return D2Pinball(y, pred, 0.5, weight...)
}

// ExpectileLoss is the mean of |q-[y<pred]| times the squared error: the loss of predictions of the q-expectile. q = 0.5 is half of MSE. Best 0. NaN
// for q outside 0..1.
func ExpectileLoss(y, pred []float64, q float64, weight ...float64) float64 {
	if !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	return meanOfValues(y, pred, weight, row(func(y, p float64) float64 {
		d := y - p
		if d >= 0 {
			return q * d * d
		}
		return (1 - q) * d * d
	}))
}

// IntervalScore is the mean Winkler score of intervals that should miss y with the given probability: their width, plus
// 2/miscoverage times how far y lies outside (Gneiting and Raftery, Journal of the American Statistical Association 102, 2007). Best 0. NaN unless
// 0 < miscoverage < 1 and low <= high.
func IntervalScore(y, low, high []float64, miscoverage float64, weight ...float64) float64 {
	if !(miscoverage > 0 && miscoverage < 1) || !intervals("metrics.IntervalScore", y, low, high, weight) {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 {
		return high[i] - low[i] + 2/miscoverage*(max(low[i]-y[i], 0)+max(y[i]-high[i], 0))
	})
}

// Coverage is the share of rows whose y lies in its interval, ends included.
func Coverage(y, low, high []float64, weight ...float64) float64 {
	if !intervals("metrics.Coverage", y, low, high, weight) {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 {
		if low[i] <= y[i] && y[i] <= high[i] {
			return 1
		}
		return 0
	})
}

// MeanWidth is the mean of high-low.
func MeanWidth(low, high []float64, weight ...float64) float64 {
	if !intervals("metrics.MeanWidth", low, low, high, weight) {
		return math.NaN()
	}
	return meanOf(len(low), weight, func(i int) float64 { return high[i] - low[i] })
}

func intervals(where string, y, low, high, weight []float64) bool {
	if CheckValues(where, y, low, weight) != nil || CheckValues(where, low, high, weight) != nil {
		return false
	}
	for i := range y {
		if low[i] > high[i] && !absent(weight, i) {
			return false
		}
	}
	return true
}
