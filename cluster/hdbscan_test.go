package cluster_test

import (
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
)

type hdbscanCase struct {
	Size, Samples, Epsilon, Most             float64
	Labels, Predicted                        []int
	Strength, Outlier, Persistence, Sureness []float64
}

func (g hdbscanCase) config(name string) cluster.HDBSCAN {
	c := cluster.HDBSCAN{MinClusterSize: g.Size, MinSamples: g.Samples, Epsilon: g.Epsilon, MaxClusterSize: g.Most}
	switch name {
	case "leaf", "leaf-epsilon":
		c.Selection = cluster.Leaves
	case "manhattan":
		c.Distance = metrics.Manhattan{}
	}
	return c
}

// Labels, strengths, GLOSH scores, persistences and predictions are package hdbscan's. 1e-9: its densities are inverses, ours distances.
func TestHDBSCANMatchesPackageHdbscan(t *testing.T) {
	g := golden.Load[struct {
		X, New [][]float64
		Cases  map[string]hdbscanCase
	}](t, "testdata/hdbscan.json")
	for name, want := range g.Cases {
		for _, how := range []neighbors.Algorithm{neighbors.Auto, neighbors.Brute, neighbors.BallTree} {
			c := want.config(name)
			c.Algorithm = how
			m, err := c.Fit(ctx, ml.Table{X: matrix(t, g.X)})
			if err != nil {
				t.Fatal(name, err)
			}
			if !slices.Equal(m.Labels, want.Labels) {
				t.Errorf("%s, %v: labels %v, want %v", name, how, m.Labels, want.Labels)
				continue
			}
			golden.Close(t, m.Strength, want.Strength, 1e-9, 0, name+": strength")
			golden.Close(t, m.Outlier, want.Outlier, 1e-9, 1e-12, name+": outlier scores")
			golden.Close(t, m.Persistence, want.Persistence, 1e-9, 0, name+": persistence")
			codes, strength, err := m.PredictStrength(matrix(t, g.New))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(codes, want.Predicted) {
				t.Errorf("%s, %v: predicted %v, want %v", name, how, codes, want.Predicted)
			}
			golden.Close(t, strength, want.Sureness, 1e-9, 0, name+": predicted strength")
		}
	}
}
