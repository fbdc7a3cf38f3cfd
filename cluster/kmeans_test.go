package cluster_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

type kmeansCase struct {
	X, Start, Centers [][]float64
	Weight            []float64
	Labels            []int
	Inertia           float64
}

func matrix(t testing.TB, x [][]float64) *tensor.Tensor[float64] {
	t.Helper()
	m, err := tensor.FromRows(x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Sums are made in another order than scikit-learn's, so the last digits differ.
func TestKMeansMatchesScikitLearn(t *testing.T) {
	for name, g := range golden.Load[struct{ Cases map[string]kmeansCase }](t, "testdata/kmeans.json").Cases {
		for how := cluster.Hamerly; how <= cluster.Yinyang; how++ {
			d := ml.Table{X: matrix(t, g.X)}
			if name == "sparse" {
				d.X = tensor.SparseFrom[float64](d.X)
			}
			if len(g.Weight) > 0 {
				d.Weight = g.Weight
			}
			c := cluster.KMeans{K: len(g.Start), Start: matrix(t, g.Start), Algorithm: how}
			switch name {
			case "to the end":
				c.Tol = 1e-300
			case "two iterations":
				c.MaxIter = 2
			}
			m, err := c.Fit(ctx, d)
			if err != nil {
				t.Fatal(name, err)
			}
			golden.Close(t, m.Centers.Data(), slices.Concat(g.Centers...), 1e-11, 1e-11, name)
			if math.Abs(m.Inertia-g.Inertia) > 1e-11*g.Inertia {
				t.Errorf("%s: inertia %g, want %g", name, m.Inertia, g.Inertia)
			}
			labels, err := m.Predict(d.X)
			if err != nil || !slices.Equal(labels, g.Labels) {
				t.Errorf("%s: labels %v, want %v, %v", name, labels, g.Labels, err)
			}
		}
	}
}

// Whatever the algorithm and the numbers, fits are the same to the bit, since what single precision cannot tell is decided in double.
func TestKMeansAlgorithmsAgree(t *testing.T) {
	r := rng.New(3, 0)
	for name, number := range map[string]func(i, j int) float64{
		"normal":  func(i, j int) float64 { return r.NormFloat64() },
		"grid":    func(i, j int) float64 { return float64(r.IntN(5)) },
		"far off": func(i, j int) float64 { return 1e7 + r.NormFloat64() },
		"blobs":   func(i, j int) float64 { return float64(i%7*j) + r.NormFloat64()/4 },
		"large":   func(i, j int) float64 { return 1e160 * r.NormFloat64() },
	} {
		x := tensor.New[float64](700, 5)
		for i := range 700 {
			for j := range 5 {
				x.Row(i)[j] = number(i, j)
			}
		}
		if name == "large" { // squares overflow: an error, not a wrong answer
			if _, err := (cluster.KMeans{K: 3}).Fit(ctx, ml.Table{X: x}); err == nil {
				t.Error("squares that overflow go unnoticed")
			}
			continue
		}
		var saved []string
		for how := cluster.Hamerly; how <= cluster.Yinyang; how++ {
			m, err := cluster.KMeans{K: 23, Algorithm: how, Seed: 4}.Fit(ctx, ml.Table{X: x})
			if err != nil {
				t.Fatal(name, err)
			}
			c := m.Config.(cluster.KMeans)
			c.Algorithm = 0
			m.Config = c
			var b strings.Builder
			if err := ml.Save(&b, m); err != nil {
				t.Fatal(err)
			}
			saved = append(saved, b.String())
			// Every row is at its nearest centre, by all distances.
			labels, _ := m.Predict(x)
			nearest, _, err := metrics.Nearest(x, m.Centers, metrics.Euclidean{})
			if err != nil || name != "grid" && !slices.Equal(labels, nearest) {
				t.Errorf("%s: not the nearest centres, %v", name, err)
			}
			away, err := m.Transform(x)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for i, c := range labels {
				sum += away.At(i, c) * away.At(i, c)
			}
			if math.Abs(sum-m.Inertia) > 1e-9*sum {
				t.Errorf("%s: inertia %g, want %g", name, m.Inertia, sum)
			}
		}
		for how, s := range saved {
			if s != saved[0] {
				t.Errorf("%s: algorithm %d fits otherwise than Hamerly's", name, how)
			}
		}
	}
}

func TestPlantedClustersAreFound(t *testing.T) {
	iris := datasets.Iris()
	m, err := cluster.KMeans{K: 3, Restarts: 10}.Fit(ctx, iris.Table)
	if err != nil {
		t.Fatal(err)
	}
	// 78.85144 is the known optimum of three means on iris.
	if math.Abs(m.Inertia-78.851441426146) > 1e-9 {
		t.Errorf("inertia %.12g", m.Inertia)
	}
	labels, _ := m.Predict(iris.X)
	if ari := metrics.ARI(iris.Y, labels); math.Abs(ari-0.7302) > 1e-4 {
		t.Errorf("adjusted Rand index %g", ari)
	}
}

// k-means‖ begins no worse than k-means++ does, on clusters that lie apart: each is found, dense, in CSR and with weights.
func TestScalableStart(t *testing.T) {
	r := rng.New(6, 0)
	x, weight := tensor.New[float64](3000, 4), make([]float64, 3000)
	for i := range 3000 {
		weight[i] = float64(1 + r.IntN(3))
		for j := range 4 {
			x.Row(i)[j] = float64(50*(i%12*(j+3)%13)) + r.NormFloat64()
		}
	}
	for name, d := range map[string]ml.Table{"dense": {X: x}, "weights": {X: x, Weight: weight}, "CSR": {X: tensor.SparseFrom[float64](x)}} {
		m, err := cluster.KMeans{K: 12, Init: cluster.Scalable, MaxIter: 3}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if most := 2.2 * 4 * 3000; m.Inertia > most { // weights are 2 on average
			t.Errorf("%s: inertia %g, want at most %g", name, m.Inertia, most)
		}
	}
	if m, err := (cluster.KMeans{K: 5, Init: cluster.Scalable}).Fit(ctx, ml.Table{X: tensor.Ones[float64](9, 2)}); err != nil || m.Inertia != 0 {
		t.Errorf("rows that are all alike: %v", err)
	}
}

func TestWeightsAreRowsRepeated(t *testing.T) {
	r := rng.New(8, 0)
	x := tensor.New[float64](60, 3)
	rng.Normal(r, x.Data(), 0, 1)
	weight, again := make([]float64, 60), [][]float64{}
	for i := range weight {
		weight[i] = float64(r.IntN(4))
		for range int(weight[i]) {
			again = append(again, x.Row(i))
		}
	}
	start := tensor.FromSlice(slices.Clone(x.Data()[:12]), 4, 3)
	a, err := cluster.KMeans{K: 4, Start: start}.Fit(ctx, ml.Table{X: x, Weight: weight})
	if err != nil {
		t.Fatal(err)
	}
	b, err := cluster.KMeans{K: 4, Start: start}.Fit(ctx, ml.Table{X: matrix(t, again)})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, a.Centers.Data(), b.Centers.Data(), 1e-12, 1e-12, "centres")
}

func BenchmarkKMeans(b *testing.B) {
	r := rng.New(1, 0)
	x := tensor.New[float64](100000, 32)
	for i := range 100000 {
		for j := range x.Row(i) {
			x.Row(i)[j] = 3*float64((i%64*(j+3))%11) + 3*r.NormFloat64()
		}
	}
	for _, how := range []cluster.KMeansAlgorithm{cluster.Hamerly, cluster.Lloyd} {
		b.Run([]string{"Hamerly", "Lloyd"}[how], func(b *testing.B) {
			for b.Loop() {
				m, err := cluster.KMeans{K: 64, Algorithm: how}.Fit(ctx, ml.Table{X: x})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(m.Info.Iterations), "iterations")
			}
		})
	}
}
