package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tree"
)

func init() {
	Register(Case{Name: "DecisionTree", Data: "tree100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		const rows = 100_000
		train, test := ml.Data[int](x.Rows(0, rows), y[:rows]), x.Rows(rows, x.Shape()[0])
		row, into := rowsInTurn(test), make([]int, len(y)-rows)
		var m *tree.ClassificationModel
		return &Work{
			Rows: rows, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) { m, err = tree.DecisionTreeClassifier{}.Fit(context.Background(), train); return }).floor("scikit-learn", 0.2),
				step("predict", func() error { _, err := m.Predict(test); return err }),
				stepInto("predict", func() error { return m.PredictInto(into, test) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				err := m.PredictInto(into, test)
				return map[string]float64{"accuracy": metrics.Accuracy(y[rows:], into)}, err
			},
			Tol: map[string]float64{"accuracy": 0.01}, // equally good splits of small nodes are chosen at random there
		}, nil
	}})
}
