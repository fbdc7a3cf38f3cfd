package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(Case{Name: "GaussianNB", Data: "logit100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, 90_000), y[:90_000]), x.Rows(90_000, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-90_000)
		var m *bayes.GaussianModel
		return &Work{
			Rows: 90_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = bayes.GaussianNB{}.Fit(context.Background(), train); return }),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				return map[string]float64{"accuracy": metrics.Accuracy(y[90_000:], into)}, err
			},
			Tol: map[string]float64{"accuracy": 1e-4}, // one row of 10 000 whose classes are level to rounding
		}, nil
	}})
}
