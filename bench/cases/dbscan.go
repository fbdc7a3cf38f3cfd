package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	for name, c := range map[string]struct {
		data string
		eps  float64
	}{"DBSCAN-2d": {"db50k2", 0.15}, "DBSCAN-8d": {"db50k8", 1.2}} {
		Register(Case{Name: name, Data: c.data, Vs: []string{"scikit-learn", "scikit-learn-intelex"}, Make: func(d *Data) (*Work, error) {
			x, y := d.Float("X"), d.Codes("y")
			var m *cluster.DBSCANModel
			return &Work{
				Rows: x.Shape()[0], Columns: x.Shape()[1],
				Steps: []Step{step("fit", func() (err error) {
					m, err = cluster.DBSCAN{Eps: c.eps, MinSamples: 10}.Fit(context.Background(), ml.Table{X: x})
					return
				}).floor("scikit-learn", 0.1)},
				Score: func() (map[string]float64, error) {
					return map[string]float64{"ari": metrics.ARI(y, m.Labels)}, nil
				},
				Tol: map[string]float64{"ari": 1e-9},
			}, nil
		}})
	}
}
