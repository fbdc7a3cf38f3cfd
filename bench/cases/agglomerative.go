package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(Case{Name: "AgglomerativeClustering-ward", Data: "agg5k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x, y := d.Float("X"), d.Codes("y")
		var m *cluster.AgglomerativeModel
		return &Work{
			Rows: x.Shape()[0], Columns: x.Shape()[1],
			Steps: []Step{step("fit", func() (err error) {
				m, err = cluster.Agglomerative{K: 20}.Fit(context.Background(), ml.Table{X: x})
				return
			}).floor("scikit-learn", 0.2)},
			Score: func() (map[string]float64, error) {
				return map[string]float64{"ari": metrics.ARI(y, m.Labels)}, nil
			},
			Tol: map[string]float64{"ari": 1e-9},
		}, nil
	}})
}
