package cases

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
)

func init() {
	for _, c := range []struct {
		name, data string
		vs         []string
		how        neighbors.Algorithm
		floor      float64
	}{
		{"KNeighbors-brute", "knn50k", []string{"scikit-learn", "scikit-learn-intelex"}, neighbors.Brute, 0.2},
		{"KNeighbors-kdtree", "knn50k", []string{"scikit-learn"}, neighbors.Auto, 0.1}, // the peer's trees against what we choose
		{"KNeighbors-3d", "knn50k3", []string{"scikit-learn"}, neighbors.KDTree, 1. / 3},
	} {
		Register(Case{Name: c.name, Data: c.data, Vs: c.vs, Make: func(d *Data) (*Work, error) {
			x, y := d.Float("X"), d.Codes("y")
			train, test := ml.Data[int](x.Rows(0, 50_000), y[:50_000]), x.Rows(50_000, x.Shape()[0])
			row, into := rowsInTurn(test), make([]int, len(y)-50_000)
			var m *neighbors.ClassifierModel
			return &Work{
				Rows: 50_000, Columns: x.Shape()[1],
				Steps: []Step{
					step("fit", func() (err error) {
						m, err = neighbors.KNeighborsClassifier{Neighbors: 10, Algorithm: c.how}.Fit(context.Background(), train)
						return
					}),
					step("predict", func() error { _, err := m.Predict(test); return err }).floor("scikit-learn", c.floor),
					stepInto("predict", func() error { return m.PredictInto(into, test) }).floor("scikit-learn", c.floor),
					step("row", func() error { _, err := m.PredictRow(row()); return err }),
				},
				Score: func() (map[string]float64, error) {
					err := m.PredictInto(into, test)
					return map[string]float64{"accuracy": metrics.Accuracy(y[50_000:], into)}, err
				},
			}, nil
		}})
	}
	Register(Case{Name: "HNSW", Data: "hnsw50k", Vs: []string{"hnswlib", "usearch"}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		train, test := x.Rows(0, 50_000), x.Rows(50_000, x.Shape()[0])
		row, narrow := rowsInTurn(test), make([]float32, x.Shape()[1])
		var ix *neighbors.HNSWIndex
		var found neighbors.Neighbors
		return &Work{
			Rows: 50_000, Columns: x.Shape()[1],
			Steps: []Step{
				step("fit", func() (err error) {
					ix, err = neighbors.HNSW{}.Fit(context.Background(), ml.Table{X: train}) // Connections 16, Build 200, Width 64
					return
				}),
				step("predict", func() error { _, err := ix.Nearest(test, 10); return err }),
				step("row", func() (err error) {
					for j, v := range row() {
						narrow[j] = float32(v)
					}
					found, err = ix.NearestRow(found, narrow, neighbors.Query{K: 10})
					return
				}),
			},
			Score: func() (map[string]float64, error) {
				exact, err := neighbors.NearestNeighbors{}.Fit(context.Background(), ml.Table{X: train})
				if err != nil {
					return nil, err
				}
				want, err := exact.Nearest(test, 10)
				if err != nil {
					return nil, err
				}
				got, err := ix.Nearest(test, 10)
				hits := 0
				for i, w := range want {
					for _, at := range got[i].Index {
						if slices.Contains(w.Index, at) {
							hits++
						}
					}
				}
				return map[string]float64{"recall10": float64(hits) / float64(10*len(want))}, err
			},
			Tol: map[string]float64{"recall10": 0.005},
		}, nil
	}})
	for name, c := range map[string]ml.Fitter[ml.Table, *cluster.KMeansModel]{
		"KMeans":                  cluster.KMeans{K: 64},
		"KMeans-random-init-20it": cluster.KMeans{K: 64, Init: cluster.RandomRows, MaxIter: 20, Tol: 1e-300},
		"MiniBatchKMeans":         cluster.MiniBatchKMeans{K: 64},
	} {
		vs := []string{"scikit-learn"}
		if name == "KMeans" {
			vs = append(vs, "scikit-learn-intelex")
		}
		Register(Case{Name: name, Data: "km100k", Vs: vs, Make: func(d *Data) (*Work, error) {
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
