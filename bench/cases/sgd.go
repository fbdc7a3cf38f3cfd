package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(Case{Name: "SGDClassifier", Data: "logit100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, 90_000), y[:90_000]), x.Rows(90_000, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-90_000)
		var m *linear.SGDModel
		return &Work{
			Rows: 90_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) {
					m, err = linear.SGDClassifier{Loss: linear.LogLoss{}}.Fit(context.Background(), train)
					return
				}).floor("scikit-learn", 0.2),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				return map[string]float64{"accuracy": metrics.Accuracy(y[90_000:], into), "epochs": float64(m.Info.Iterations)}, err
			},
			// Both end somewhere near the minimum, each with its own order of the rows: 0.780 at the minimum, 0.769 there.
			Tol: map[string]float64{"accuracy": 0.02, "epochs": 0.5},
		}, nil
	}})
}

func init() {
	Register(Case{Name: "LinearSVC", Data: "logit100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		train, test := ml.Data[int](x.Rows(0, 90_000), y[:90_000]), x.Rows(90_000, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-90_000)
		var m *linear.MarginModel
		return &Work{
			Rows: 90_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) {
					m, err = linear.LinearSVC{}.Fit(context.Background(), train)
					return
				}).floor("scikit-learn", 0.2),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				return map[string]float64{"accuracy": metrics.Accuracy(y[90_000:], into), "iters": float64(m.Info.Iterations)}, err
			},
			// One row in a thousand: the peer stops at a relative gradient of 1e-4. Steps are of another method.
			Tol: map[string]float64{"accuracy": 1e-3, "iters": 10},
		}, nil
	}})
}
