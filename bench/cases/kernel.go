package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
)

// The support vector machine of issue 15: five times as fast to fit, twenty times as fast to predict.
func init() {
	Register(Case{Name: "SVC-rbf", Data: "svm10k", Vs: []string{sklearn}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, 10_000), y[:10_000]), x.Rows(10_000, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-10_000)
		var m *kernel.SVCModel
		return &Work{
			Rows: 10_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = kernel.SVC{}.Fit(context.Background(), train); return }).floor(sklearn, 0.2),
				step("predict", func() error { _, err := m.Predict(test); return err }).floor(sklearn, 0.05),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				vectors := 0
				for _, n := range m.Count {
					vectors += n
				}
				return map[string]float64{"accuracy": metrics.Accuracy(y[10_000:], into), "n_sv": float64(vectors)}, err
			},
			Tol: map[string]float64{"accuracy": 1e-3, "n_sv": 0.01}, // rows on the margin within Tol fall either way
		}, nil
	}})
}
