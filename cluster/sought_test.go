package cluster_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// holes are two thick rings and some rows between, with many zeros and coordinates on a grid.
func holes(n, d int) (*tensor.Tensor[float64], []float64) {
	r := rng.New(5, 0)
	x, w := tensor.New[float64](n, d), make([]float64, n)
	for i := range n {
		row := x.Row(i)
		for j := range row {
			if r.IntN(3) > 0 {
				row[j] = float64(i%3) + math.Round(8*r.NormFloat64())/16
			}
		}
		w[i] = float64(r.IntN(4))
	}
	return x, w
}

// What a row's neighbours are does not depend on how rows are stored, or on who computes their distances.
func TestDensityOfRowsInEveryForm(t *testing.T) {
	const n, d = 160, 5
	x, w := holes(n, d)
	other, _ := holes(40, d)
	for i := range 40 {
		other.Row(i)[i%d] += 0.25
	}
	for _, by := range []metrics.Distance{nil, metrics.Manhattan{}, metrics.Chebyshev{}, metrics.Canberra{}} {
		if _, also := by.(metrics.Canberra); testing.Short() && by != nil && !also {
			continue
		}
		how := by
		if by == nil {
			how = metrics.Euclidean{}
		}
		all, err := metrics.Distances(x, x, how)
		if err != nil {
			t.Fatal(err)
		}
		across, err := metrics.Distances(other, x, how)
		if err != nil {
			t.Fatal(err)
		}
		// Pairwise distances may be rounded otherwise than those of a search; the ones here are far from every radius.
		dense := ml.Table{X: x, Weight: w}
		graph, err := neighbors.NearestNeighbors{Distance: by}.Fit(ctx, ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		near, err := graph.RadiusGraph(1.3001, neighbors.Lengths)
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]ml.Table{"CSR": {X: tensor.SparseFrom[float64](x), Weight: w}, "CSR of float32": {X: tensor.SparseFrom[float32](x), Weight: w}, "distances": {X: all, Weight: w}, "a graph": {X: near, Weight: w}}
		for name, table := range tables {
			given := name == "distances" || name == "a graph"
			own, queries := by, tensor.Matrix(other)
			if given {
				own, queries = nil, across
			}
			for _, min := range []float64{3, 9} {
				want, err := cluster.DBSCAN{Eps: 1.3001, MinSamples: min, Distance: by}.Fit(ctx, dense)
				if err != nil {
					t.Fatal(err)
				}
				got, err := cluster.DBSCAN{Eps: 1.3001, MinSamples: min, Distance: own, Precomputed: given}.Fit(ctx, table)
				if err != nil {
					t.Fatal(name, err)
				}
				if want.K < 1 || !slices.Equal(got.Labels, want.Labels) || !slices.Equal(got.Code, want.Code) {
					t.Fatalf("%T, %s: labels %v, want %v", by, name, got.Labels, want.Labels)
				}
				same(t, got, want, queries, other)
				for _, c := range []cluster.OPTICS{{MinSamples: min}, {MinSamples: min, MaxEps: 1.3001}, {MinSamples: min, MaxEps: 1.3001, Eps: 1.3001}} {
					if name == "a graph" && c.MaxEps == 0 {
						continue
					}
					c.Distance = by
					want, err := c.Fit(ctx, dense)
					if err != nil {
						t.Fatal(err)
					}
					c.Distance, c.Precomputed = own, given
					got, err := c.Fit(ctx, table)
					if err != nil {
						t.Fatal(name, err)
					}
					if given { // the last bits are those of the caller's distances
						if !slices.Equal(got.Labels, want.Labels) {
							t.Fatalf("%T, %s, %+v: labels %v, want %v", by, name, c, got.Labels, want.Labels)
						}
					} else if !slices.Equal(got.Reach, want.Reach) || !slices.Equal(got.Order, want.Order) || !slices.Equal(got.Core, want.Core) {
						t.Fatalf("%T, %s, %+v: another walk", by, name, c)
					}
					same(t, got, want, queries, other)
				}
			}
		}
	}
}

// same compares what two models answer, the first one read back from a file.
func same[M ml.Predictor[int]](t *testing.T, got, want M, queries, x tensor.Matrix) {
	t.Helper()
	var file bytes.Buffer
	if err := ml.Save(&file, got); err != nil {
		t.Fatal(err)
	}
	again, err := ml.Load[M](&file)
	if err != nil {
		t.Fatal(err)
	}
	a, err := again.Predict(queries)
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a, b) {
		t.Fatalf("predicts %v, want %v", a, b)
	}
}

func TestGivenDistancesAreChecked(t *testing.T) {
	square := tensor.FromSlice([]float64{0, 1, 1, 0}, 2, 2)
	for name, c := range map[string]struct {
		x    tensor.Matrix
		c    cluster.DBSCAN
		kind error
	}{
		"not square":  {tensor.New[float64](2, 3), cluster.DBSCAN{}, ml.ErrShape},
		"negative":    {tensor.FromSlice([]float64{0, -1, 1, 0}, 2, 2), cluster.DBSCAN{}, ml.ErrData},
		"a distance":  {square, cluster.DBSCAN{Distance: metrics.Manhattan{}}, ml.ErrConfig},
		"a ball tree": {square, cluster.DBSCAN{Algorithm: neighbors.BallTree}, ml.ErrConfig},
	} {
		c.c.Precomputed = true
		if _, err := c.c.Fit(ctx, ml.Table{X: c.x}); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
		o := cluster.OPTICS{Precomputed: true, Distance: c.c.Distance, Algorithm: c.c.Algorithm}
		if _, err := o.Fit(ctx, ml.Table{X: c.x}); !errors.Is(err, c.kind) {
			t.Errorf("OPTICS, %s: %v, want %v", name, err, c.kind)
		}
	}
	m, err := cluster.DBSCAN{Precomputed: true}.Fit(ctx, ml.Table{X: square})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.PredictRow([]float64{-1, 0}); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
}
