package cluster_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

type spectralGolden struct {
	Sets  map[string][][]float64
	Cases map[string]struct {
		Data        string
		K           int
		Gamma       float64
		Neighbors   int
		Sparse      bool
		Labels      map[string][]int
		Eigenvalues []float64
	}
}

// Labels are scikit-learn's and eigenvalues those of a dense solver. 1e-9: Lanczos ends at residuals of 1e-10.
func TestSpectralMatchesScikitLearn(t *testing.T) {
	g := golden.Load[spectralGolden](t, "testdata/spectral.json")
	for name, want := range g.Cases {
		for assign, how := range map[string]cluster.SpectralLabels{"kmeans": cluster.ByKMeans, "cluster_qr": cluster.ByQR, "discretize": cluster.ByRotation} {
			c := cluster.Spectral{K: want.K, Gamma: want.Gamma, Neighbors: want.Neighbors, Labels: how}
			if want.Sparse {
				c.Affinity = cluster.NearestNeighbors
			}
			x := matrix(t, g.Sets[want.Data])
			m, err := c.Fit(ctx, ml.Table{X: x})
			if err != nil {
				t.Fatal(name, err)
			}
			golden.Close(t, m.Eigenvalues, want.Eigenvalues, 0, 1e-9, name+": eigenvalues")
			if !slices.Equal(m.Labels, want.Labels[assign]) {
				t.Errorf("%s, %s: %v, want %v", name, assign, m.Labels, want.Labels[assign])
			}
			predicted, err := m.Predict(x)
			if err != nil {
				t.Fatal(err)
			}
			other := 0
			for i, k := range predicted {
				if k != m.Labels[i] {
					other++
				}
			}
			if other > len(predicted)/50 {
				t.Errorf("%s, %s: %d of %d training rows are predicted otherwise", name, assign, other, len(predicted))
			}
		}
	}
}

// Affinities that are given, dense or sparse, are those of rows; parts that nothing joins come apart; asymmetric and negative ones are refused.
func TestSpectralOfPrecomputedAffinities(t *testing.T) {
	g := golden.Load[spectralGolden](t, "testdata/spectral.json")
	want := g.Cases["blobs"]
	x := g.Sets["blobs"]
	a := tensor.New[float64](len(x), len(x))
	for i := range x {
		for j := range x {
			square := 0.0
			for k, v := range x[i] {
				square += (v - x[j][k]) * (v - x[j][k])
			}
			a.Row(i)[j] = math.Exp(-square)
		}
	}
	for _, m := range []tensor.Matrix{a, tensor.SparseFrom[float64](a)} {
		s, err := cluster.Spectral{K: 3, Affinity: cluster.Precomputed}.Fit(ctx, ml.Table{X: m})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.Labels, want.Labels["kmeans"]) {
			t.Errorf("%T: %v", m, s.Labels)
		}
		if _, err := s.Predict(m); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%T: %v", m, err)
		}
	}
	apart := tensor.FromSlice([]float64{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3, 0}, 5, 5)
	for _, how := range []cluster.SpectralLabels{cluster.ByKMeans, cluster.ByQR, cluster.ByRotation} {
		s, err := cluster.Spectral{K: 2, Affinity: cluster.Precomputed, Labels: how}.Fit(ctx, ml.Table{X: apart})
		if err != nil || !slices.Equal(s.Labels, []int{0, 0, 1, 1, 1}) {
			t.Errorf("%v: %v, %v", how, s, err)
		}
	}
	for _, bad := range []*tensor.Tensor[float64]{
		tensor.FromSlice([]float64{0, 1, 2, 0}, 2, 2), tensor.FromSlice([]float64{0, -1, -1, 0}, 2, 2), tensor.New[float64](2, 3),
	} {
		if _, err := (cluster.Spectral{K: 2, Affinity: cluster.Precomputed}).Fit(ctx, ml.Table{X: bad}); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestSpectralLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.Spectral{K: 3, Gamma: 0.1, Labels: cluster.ByQR}, mltest.Rows(200))
	if testing.Short() { // the others differ in their graphs
		return
	}
	mltest.Clusterer(t, cluster.Spectral{K: 3, Affinity: cluster.NearestNeighbors}, append(drawn, mltest.Rows(200))...)
	mltest.Clusterer(t, cluster.Spectral{K: 3, Affinity: cluster.SelfTuning, Labels: cluster.ByRotation}, append(drawn, mltest.Rows(200))...)
}
