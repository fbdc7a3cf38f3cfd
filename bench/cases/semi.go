package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/semi"
)

func init() {
	// A label for every five-hundredth row, which spreads over a graph of 50 000 rows.
	Register(Case{Name: "LabelSpreading-knn", Data: "db50k8", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		few := make([]int, len(y))
		for i := range few {
			few[i] = ml.None
			if i%500 == 0 {
				few[i] = y[i]
			}
		}
		var m *semi.PropagationModel
		return &Work{
			Rows: x.Shape()[0], Columns: x.Shape()[1],
			Steps: []Step{step("fit", func() (err error) {
				m, err = semi.LabelSpreading{Neighbors: 7, MaxIter: 30}.Fit(context.Background(), ml.Data(x, few))
				return
			})},
			Score: func() (map[string]float64, error) {
				reached := 0
				for _, c := range m.Label {
					if c != ml.None {
						reached++
					}
				}
				return map[string]float64{"accuracy": metrics.Accuracy(y, codesOrFirst(m.Label)), "reached": float64(reached)}, nil
			},
			Tol: map[string]float64{"accuracy": 1e-3, "reached": 0},
		}, nil
	}})
}

// codesOrFirst gives rows that no label reaches the first class, as scikit-learn does.
func codesOrFirst(label []int) []int {
	out := make([]int, len(label))
	for i, c := range label {
		out[i] = max(c, 0)
	}
	return out
}
