package metrics

import "math"

// MSE is the mean squared error, in squared units of y. Best 0.
func MSE(y, pred []float64, weight ...float64) float64 {
	if CheckValues("metrics.MSE", y, pred, weight) != nil {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 { d := y[i] - pred[i]; return d * d })
}

// RMSE is the root of the mean squared error, in the units of y. Best 0.
func RMSE(y, pred []float64, weight ...float64) float64 { return math.Sqrt(MSE(y, pred, weight...)) }

// MAE is the mean absolute error, in the units of y. Best 0.
func MAE(y, pred []float64, weight ...float64) float64 {
	if CheckValues("metrics.MAE", y, pred, weight) != nil {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 { return math.Abs(y[i] - pred[i]) })
}

// R2 is the coefficient of determination: 1 minus the squared error over that of predicting the mean of y. Best 1; 0 is the
// mean's own score, and there is no worst. If y is constant it is 1 for a perfect prediction and 0 for any other, as
// scikit-learn's force_finite has it (but what is constant is decided by comparing the values, not by a rounded variance). It is
// NaN for a single row, whatever its weight.
func R2(y, pred []float64, weight ...float64) float64 {
	if CheckValues("metrics.R2", y, pred, weight) != nil {
		return math.NaN()
	}
	center := meanOf(len(y), weight, func(i int) float64 { return y[i] })
	var residual, total sum
	seen, first, constant := 0, 0.0, true
	for i, v := range y {
		if absent(weight, i) {
			continue
		}
		if seen == 0 {
			first = v
		}
		seen++
		constant = constant && v == first
		residual.add(w(weight, i) * (v - pred[i]) * (v - pred[i]))
		total.add(w(weight, i) * (v - center) * (v - center))
	}
	switch {
	case seen < 2:
		return math.NaN()
	case residual.value() == 0:
		return 1
	case constant || total.value() == 0:
		return 0
	}
	return 1 - residual.value()/total.value()
}
