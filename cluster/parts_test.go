package cluster_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

type partsGolden struct {
	X             [][]float64
	Weight, Start []float64
	Batches       map[string]struct{ Centers, Counts []float64 }
	Blobs         [][]float64
	Bisect        map[string]struct {
		Labels  []int
		Inertia float64
	}
	Pam map[string]struct {
		First, Medoids, Labels []int
		Loss, Build            float64
	}
}

func TestUpdatesMatchScikitLearn(t *testing.T) {
	g := golden.Load[partsGolden](t, "testdata/parts.json")
	x := matrix(t, g.X)
	for name, want := range g.Batches {
		m := &cluster.KMeansModel{Centers: tensor.FromSlice(g.Start, 4, 3), Counts: make([]float64, 4)}
		m.Info.Features = 3
		if err := m.Restore(); err != nil {
			t.Fatal(err)
		}
		for lo := 0; lo < 150; lo += 50 {
			d := ml.Table{X: x.Rows(lo, lo+50)}
			if name == "weights" {
				d.Weight = g.Weight[lo : lo+50]
			}
			next, err := m.Update(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			m = next
		}
		golden.Close(t, m.Centers.Data(), want.Centers, 1e-12, 1e-12, name+": centres") // sums in another order
		golden.Close(t, m.Counts, want.Counts, 0, 0, name+": counts")
	}
}

// Mini-batches come near to what all rows give: within a few percent on clusters that lie apart, dense and in CSR, with weights and without.
func TestMiniBatchesComeNear(t *testing.T) {
	r := rng.New(4, 0)
	x := tensor.New[float64](20_000, 6)
	weight := make([]float64, 20_000)
	for i := range weight {
		weight[i] = float64(r.IntN(3))
		for j := range 6 {
			x.Row(i)[j] = r.NormFloat64() + 3*float64((i%10)*(j+1)%7)
		}
	}
	for name, d := range map[string]ml.Table{"plain": {X: x}, "weights": {X: x, Weight: weight}, "CSR": {X: tensor.SparseFrom[float64](x)}} {
		all, err := cluster.KMeans{K: 10, Restarts: 3}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		few, err := cluster.MiniBatchKMeans{K: 10, Restarts: 3, BatchSize: 512, Tol: 1e-9}.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		if few.Info.Status != ml.Converged || few.Inertia > 1.03*all.Inertia {
			t.Errorf("%s: inertia %g of %g, %v", name, few.Inertia, all.Inertia, few.Info.Status)
		}
	}
	// A stream of tables is learned from one after the other.
	m, err := ml.FitStream(ctx, cluster.MiniBatchKMeans{K: 10}, func(yield func(ml.Table, error) bool) {
		for lo := 0; lo < 20_000; lo += 5000 {
			if !yield(ml.Table{X: x.Rows(lo, lo+5000)}, nil) {
				return
			}
		}
	})
	if err != nil || m.Info.Rows != 20_000 {
		t.Errorf("a stream: %v", err)
	}
}

func TestBisectionsMatchScikitLearn(t *testing.T) {
	g := golden.Load[partsGolden](t, "testdata/parts.json")
	x := matrix(t, g.Blobs)
	for how, next := range map[string]cluster.Bisect{"biggest_inertia": cluster.BiggestInertia, "largest_cluster": cluster.LargestCluster} {
		want := g.Bisect[how]
		m, err := cluster.BisectingKMeans{K: 5, Next: next, Restarts: 5}.Fit(ctx, ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		labels, err := m.Predict(x)
		if err != nil || metrics.ARI(want.Labels, labels) != 1 || math.Abs(m.Inertia-want.Inertia) > 1e-9*want.Inertia {
			t.Errorf("%s: inertia %g, want %g, adjusted Rand index %g, %v", how, m.Inertia, want.Inertia, metrics.ARI(want.Labels, labels), err)
		}
		if m.K() != 5 {
			t.Errorf("%d clusters", m.K())
		}
	}
	// The training rows are predicted where they were put, and centres are means of theirs.
	m, err := cluster.BisectingKMeans{K: 9}.Fit(ctx, ml.Table{X: matrix(t, g.X), Weight: g.Weight})
	if err != nil {
		t.Fatal(err)
	}
	labels, _ := m.Predict(matrix(t, g.X))
	sum, mass, inertia := make([]float64, 27), make([]float64, 9), 0.0
	for i, c := range labels {
		mass[c] += g.Weight[i]
		for j, v := range g.X[i] {
			sum[c*3+j] += g.Weight[i] * v
			inertia += g.Weight[i] * (v - m.Centers.At(c, j)) * (v - m.Centers.At(c, j))
		}
	}
	for i := range sum {
		sum[i] /= mass[i/3]
	}
	golden.Close(t, m.Centers.Data(), sum, 1e-10, 1e-10, "centres")
	golden.Close(t, []float64{m.Inertia}, []float64{inertia}, 1e-10, 0, "inertia")
	alike, err := cluster.BisectingKMeans{K: 4}.Fit(ctx, ml.Table{X: tensor.FromSlice([]float64{1, 1, 1, 2, 2, 2}, 6, 1)})
	if err != nil || alike.K() != 2 || alike.Info.Note == "" {
		t.Errorf("two different rows: %d clusters, %v", alike.K(), err)
	}
}

func TestMedoidsMatchFasterPAM(t *testing.T) {
	g := golden.Load[partsGolden](t, "testdata/parts.json")
	x := matrix(t, g.X)
	for name, want := range g.Pam {
		by := map[string]metrics.Distance{"euclidean": nil, "manhattan": metrics.Manhattan{}}[name]
		m, err := cluster.KMedoids{K: 7, Distance: by, Start: want.First}.Fit(ctx, ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(slices.Values(m.Medoids)); !slices.Equal(got, want.Medoids) || math.Abs(m.Loss-want.Loss) > 1e-10*want.Loss {
			t.Errorf("%s: medoids %v of loss %g, want %v of %g", name, got, m.Loss, want.Medoids, want.Loss)
		}
		built, err := cluster.KMedoids{K: 7, Distance: by}.Fit(ctx, ml.Table{X: x})
		if err != nil || built.Loss > want.Build*(1+1e-10) {
			t.Errorf("%s: loss %g, PAM has %g, %v", name, built.Loss, want.Build, err)
		}
		// Given as a matrix, the distances give the same medoids.
		var euclid metrics.Distance = metrics.Euclidean{}
		if by != nil {
			euclid = by
		}
		far, _ := metrics.Distances(x, x, euclid)
		given, err := cluster.KMedoids{K: 7, Precomputed: true, Start: want.First}.Fit(ctx, ml.Table{X: far})
		if err != nil || !slices.Equal(given.Medoids, m.Medoids) || given.Loss != m.Loss {
			t.Errorf("%s: medoids %v from distances, want %v, %v", name, given.Medoids, m.Medoids, err)
		}
		a, _ := m.Predict(x)
		b, err := given.Predict(far)
		if err != nil || !slices.Equal(a, b) || metrics.ARI(a, want.Labels) != 1 {
			t.Errorf("%s: other clusters, %v", name, err)
		}
	}
}

// No single swap of a medoid for another row lowers the loss, by trying all; with weights too.
func TestNoSwapHelps(t *testing.T) {
	g := golden.Load[partsGolden](t, "testdata/parts.json")
	x := matrix(t, g.X[:60])
	weight := slices.Clone(g.Weight[:60])
	weight[5], weight[11] = 0, 0
	far, _ := metrics.Distances(x, x, metrics.Euclidean{})
	loss := func(medoids []int) float64 {
		sum := 0.0
		for i, w := range weight {
			least := math.Inf(1)
			for _, m := range medoids {
				least = min(least, far.At(i, m))
			}
			sum += w * least
		}
		return sum
	}
	for _, c := range []cluster.KMedoids{{K: 1}, {K: 4}, {K: 4, Init: cluster.RandomMedoids, Restarts: 2}, {K: 58}} {
		m, err := c.Fit(ctx, ml.Table{X: x, Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(loss(m.Medoids)-m.Loss) > 1e-10*(1+m.Loss) {
			t.Errorf("loss %g, want %g", m.Loss, loss(m.Medoids))
		}
		for i := range m.Medoids {
			for j := range 60 {
				other := slices.Clone(m.Medoids)
				if other[i] = j; weight[j] > 0 && !slices.Contains(m.Medoids, j) && loss(other) < m.Loss*(1-1e-9) {
					t.Fatalf("K %d: row %d for medoid %d has loss %g, less than %g", c.K, j, m.Medoids[i], loss(other), m.Loss)
				}
			}
		}
	}
}

func TestPartsLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.MiniBatchKMeans{K: 3, BatchSize: 32, MaxIter: 3}, drawn...)
	mltest.Clusterer(t, cluster.BisectingKMeans{K: 3}, drawn...)
	mltest.Clusterer(t, cluster.KMedoids{K: 3})
	if testing.Short() {
		return
	}
	mltest.Clusterer(t, cluster.KMedoids{K: 2, Init: cluster.RandomMedoids, Distance: metrics.Manhattan{}}, drawn...)
}
