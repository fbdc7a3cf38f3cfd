package cases

import (
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

func init() {
	Register(Case{Name: "roc_auc_score", Data: "scores1m", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		y, p := d.Codes("y"), d.Values("p")
		return score(len(y), 1e-12, func() float64 { return metrics.ROCAUC(y, p) })
	}})
	Register(Case{Name: "log_loss", Data: "scores1m", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		y, p := d.Codes("y"), d.Values("p")
		proba := tensor.New[float64](len(p), 2) // the peer takes the chance of class 1 alone
		for i, v := range p {
			proba.Row(i)[0], proba.Row(i)[1] = 1-v, v
		}
		return score(len(y), 1e-12, func() float64 { return metrics.LogLoss(y, proba) })
	}})
	// The rest of the metrics of a million rows: of probabilities, of the decisions for at least 0.5, and of the codes taken for numbers.
	for _, c := range []struct {
		name   string
		metric func(y, pred []int, numbers, p []float64) float64
	}{
		{"f1_score", func(y, pred []int, _, _ []float64) float64 { return metrics.F1(y, pred, metrics.Macro) }},
		{"matthews_corrcoef", func(y, pred []int, _, _ []float64) float64 { return metrics.MCC(y, pred) }},
		{"adjusted_rand_score", func(y, pred []int, _, _ []float64) float64 { return metrics.ARI(y, pred) }},
		{"brier_score_loss", func(y, _ []int, _, p []float64) float64 { return metrics.BrierBinary(y, p) }},
		{"average_precision_score", func(y, _ []int, _, p []float64) float64 { return metrics.AveragePrecision(y, p) }},
		{"mean_squared_error", func(_, _ []int, numbers, p []float64) float64 { return metrics.MSE(numbers, p) }},
		{"median_absolute_error", func(_, _ []int, numbers, p []float64) float64 { return metrics.MedianAE(numbers, p) }},
		{"mean_poisson_deviance", func(_, _ []int, numbers, p []float64) float64 { return metrics.PoissonDeviance(numbers, p) }},
		{"mean_pinball_loss", func(_, _ []int, numbers, p []float64) float64 { return metrics.Pinball(numbers, p, 0.9) }},
	} {
		Register(Case{Name: c.name, Data: "scores1m", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
			y, p := d.Codes("y"), d.Values("p")
			pred, numbers := make([]int, len(y)), make([]float64, len(y))
			for i, v := range p {
				if v >= 0.5 {
					pred[i] = 1
				}
				numbers[i] = float64(y[i])
			}
			return score(len(y), 1e-12, func() float64 { return c.metric(y, pred, numbers, p) })
		}})
	}
}

// score measures a function that returns a number: nothing but memory of its own could be passed in.
func score(n int, tol float64, f func() float64) (*Work, error) {
	var v float64
	return &Work{
		Rows: n, Columns: 1,
		Steps: []Step{step("fit", func() error { v = f(); return nil })},
		Score: func() (map[string]float64, error) { return map[string]float64{"value": v}, nil },
		Tol:   map[string]float64{"value": tol},
	}, nil
}
