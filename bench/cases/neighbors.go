package cases

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
)

func init() {
	for name, how := range map[string]neighbors.Algorithm{"KNeighbors-brute": neighbors.Brute, "KNeighbors-kdtree": neighbors.Auto} { // the peer's trees against what we choose
		Register(Case{Name: name, Data: "knn50k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
			x, y := d.Float("X"), d.Codes("y")
			train, test := ml.Data[int](x.Rows(0, 50_000), y[:50_000]), x.Rows(50_000, x.Shape()[0])
			row, into := rowsInTurn(test), make([]int, len(y)-50_000)
			var m *neighbors.ClassifierModel
			return &Work{
				Rows: 50_000, Columns: x.Shape()[1],
				Steps: []Step{
					step("fit", func() (err error) {
						m, err = neighbors.KNeighborsClassifier{Neighbors: 10, Algorithm: how}.Fit(context.Background(), train)
						return
					}),
					step("predict", func() error { _, err := m.Predict(test); return err }),
					stepInto("predict", func() error { return m.PredictInto(into, test) }),
					step("row", func() error { _, err := m.PredictRow(row()); return err }),
				},
				Score: func() (map[string]float64, error) {
					err := m.PredictInto(into, test)
					return map[string]float64{"accuracy": metrics.Accuracy(y[50_000:], into)}, err
				},
			}, nil
		}})
	}
	for name, c := range map[string]ml.Fitter[ml.Table, *cluster.KMeansModel]{
		"KMeans":                  cluster.KMeans{K: 64},
		"KMeans-random-init-20it": cluster.KMeans{K: 64, Init: cluster.RandomRows, MaxIter: 20, Tol: 1e-300},
		"MiniBatchKMeans":         cluster.MiniBatchKMeans{K: 64},
	} {
		Register(Case{Name: name, Data: "km100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
			x := d.Float("X")
			row, into := rowsInTurn(x), make([]int, x.Shape()[0])
			var m *cluster.KMeansModel
			return &Work{
				Rows: x.Shape()[0], Columns: x.Shape()[1],
				Steps: []Step{
					step("fit", func() (err error) { m, err = c.Fit(context.Background(), ml.Table{X: x}); return }).floor("scikit-learn", floors[name]),
					step("predict", func() error { _, err := m.Predict(x); return err }),
					stepInto("predict", func() error { return m.PredictInto(into, x) }),
					step("row", func() error { _, err := m.PredictRow(row()); return err }),
				},
				Score: func() (map[string]float64, error) {
					return map[string]float64{"inertia": m.Inertia, "iters": float64(m.Info.Iterations)}, nil
				},
				Tol: map[string]float64{"inertia": 0.1 * m0, "iters": 300}, // other first centres, another local optimum
			}, nil
		}})
	}
}

// floors are what the issue asks of k-means, and for the others that what was reached is not lost.
var floors = map[string]float64{"KMeans": 1.0 / 3, "KMeans-random-init-20it": 0.6, "MiniBatchKMeans": 0.5}

// m0 is about the inertia that both reach.
const m0 = 3.2e7
