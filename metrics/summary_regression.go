package metrics

import (
	"fmt"
	"math"
)

// ReportRegression scores predicted numbers. The errors are those of [CheckValues].
func ReportRegression(y, pred []float64, weight ...float64) (*Report, error) {
	if err := CheckValues("metrics.ReportRegression", y, pred, weight); err != nil {
		return nil, err
	}
	center := meanOf(len(y), weight, func(i int) float64 { return y[i] })
	r := &Report{Title: fmt.Sprintf("Numbers: %s rows, mean %.5g, standard deviation %.5g", amount(totalOf(len(y), weight)), center, math.Sqrt(variance(y, weight)))}
	same := make([]float64, len(y))
	for i := range same {
		same[i] = center
	}
	r.add("R2", R2(y, pred, weight...), "best 1, always the mean: 0")
	r.add("RMSE", RMSE(y, pred, weight...), fmt.Sprintf("always the mean: %.5g", RMSE(y, same, weight...)))
	r.add("MAE", MAE(y, pred, weight...), fmt.Sprintf("always the mean: %.5g", MAE(y, same, weight...)))
	r.add("median absolute error", MedianAE(y, pred, weight...), "half of the errors are smaller")
	r.add("largest error", MaxError(y, pred, weight...), "")
	r.add("mean error", MeanError(y, pred, weight...), "the bias, best 0")
	if v := WAPE(y, pred, weight...); !math.IsNaN(v) {
		r.add("WAPE", v, "sum of absolute errors over that of |y|")
	}
	if v := Spearman(y, pred, weight...); !math.IsNaN(v) {
		r.add("rank correlation", v, "best 1")
	}
	errors := make([]float64, len(y))
	for i := range y {
		errors[i] = pred[i] - y[i]
	}
	head, line := []string{"quantile of the error"}, []string{"prediction - truth"}
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		head, line = append(head, fmt.Sprint(q)), append(line, fmt.Sprintf("%.4g", quantile(errors, weight, q)))
	}
	r.Detail = table([][]string{head, line})
	return r, nil
}
