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
