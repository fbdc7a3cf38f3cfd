package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
)

func init() {
	Register(Case{Name: "GaussianMixture", Data: "gmm50k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		row, into := rowsInTurn(x), make([]int, x.Shape()[0])
		var m *cluster.MixtureModel
		return &Work{
			Rows: x.Shape()[0], Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) {
					m, err = cluster.GaussianMixture{K: 8}.Fit(context.Background(), ml.Table{X: x})
					return
				}).floor("scikit-learn", 1.0/3),
				step("predict", func() error { _, err := m.Predict(x); return err }),
				stepInto("predict", func() error { return m.PredictInto(into, x) }),
				step("row", func() error { _, err := m.PredictRow(row()); return err }),
			},
			Score: func() (map[string]float64, error) {
				return map[string]float64{"lower_bound": m.LowerBound, "iters": float64(m.Info.Iterations)}, nil
			},
			Tol: map[string]float64{"lower_bound": 0.01, "iters": 20}, // other first centres
		}, nil
	}})
}
