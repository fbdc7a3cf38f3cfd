package cluster_test

import (
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

type dbscanCase struct {
	X        [][]float64
	Weight   []float64
	Eps, Min float64
	Labels   []int
}

// What a model predicts for its training rows is scikit-learn's labels. (No row has the weight 0: it is absent here, and can be a core row there.)
func TestDBSCANMatchesScikitLearn(t *testing.T) {
	for name, g := range golden.Load[struct{ Cases map[string]dbscanCase }](t, "testdata/dbscan.json").Cases {
		for _, how := range []neighbors.Algorithm{neighbors.Auto, neighbors.Brute, neighbors.KDTree, neighbors.BallTree} {
			d := ml.Table{X: matrix(t, g.X)}
			if len(g.Weight) > 0 {
				d.Weight = g.Weight
			}
			c := cluster.DBSCAN{Eps: g.Eps, MinSamples: g.Min, Algorithm: how}
			if name == "manhattan" {
				c.Distance = metrics.Manhattan{}
			}
			m, err := c.Fit(ctx, d)
			if err != nil {
				t.Fatal(name, err)
			}
			labels, err := m.Predict(d.X)
			if err != nil {
				t.Fatal(name, err)
			}
			if !slices.Equal(labels, g.Labels) || !slices.Equal(m.Labels, g.Labels) {
				t.Errorf("%s, %v: %v, want %v", name, how, labels, g.Labels)
			}
		}
	}
}

func BenchmarkDBSCAN(b *testing.B) {
	r := rng.New(1, 0)
	x := tensor.New[float64](50000, 2)
	for i := range 50000 {
		x.Row(i)[0], x.Row(i)[1] = float64(i%20)+r.NormFloat64()/4, float64(i%7)+r.NormFloat64()/4
	}
	for b.Loop() {
		if _, err := (cluster.DBSCAN{Eps: 0.05, MinSamples: 10}).Fit(ctx, ml.Table{X: x}); err != nil {
			b.Fatal(err)
		}
	}
}
