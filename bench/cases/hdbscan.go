package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/metrics"
)

func init() {
	Register(Case{Name: "HDBSCAN", Data: "hdb20k8", Vs: []string{"hdbscan", "fast-hdbscan", "scikit-learn"}, Make: hdbscan})
	Register(Case{Name: "HDBSCAN-approximate", Data: "hdb20k8", Vs: []string{"hdbscan"}, Make: hdbscan}) // the peer's default, whose spanning tree is not the shortest
}

func hdbscan(d *Data) (*Work, error) {
	x, y := d.Float("X"), d.Codes("y")
	var m *cluster.HDBSCANModel
	return &Work{
		Rows: x.Shape()[0], Columns: x.Shape()[1],
		Steps: []Step{step("fit", func() (err error) {
			m, err = cluster.HDBSCAN{MinClusterSize: 25, MinSamples: 10}.Fit(context.Background(), ml.Table{X: x})
			return
		}).floor("hdbscan", 1.0/3).floor("fast-hdbscan", 1)},
		Score: func() (map[string]float64, error) {
			return map[string]float64{"ari": metrics.ARI(y, m.Labels)}, nil
		},
		Tol: map[string]float64{"ari": 0.01}, // merges at equal heights are one here
	}, nil
}
