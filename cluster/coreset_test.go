package cluster_test

import (
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// unlikeGroups are groups of very different sizes, and weights.
func unlikeGroups(n int) ml.Table {
	r := rng.New(9, 0)
	t := ml.Table{X: tensor.New[float64](n, 3), Weight: make([]float64, n)}
	for i := range n {
		row := t.X.(*tensor.Tensor[float64]).Row(i)
		for j := range row {
			row[j] = r.NormFloat64()
		}
		switch {
		case i%100 == 0:
			row[0] += 40
		case i%5 == 0:
			row[1] -= 12
		}
		t.Weight[i] = float64(r.IntN(4))
	}
	return t
}

func inertia(t *testing.T, d ml.Table, centres [][]float64) float64 {
	t.Helper()
	n, _ := d.X.Dims()
	sum := 0.0
	for i := range n {
		least := math.Inf(1)
		for _, c := range centres {
			v := 0.0
			for j, x := range c {
				v += (d.X.At(i, j) - x) * (d.X.At(i, j) - x)
			}
			least = min(least, v)
		}
		w := 1.0
		if d.Weight != nil {
			w = d.Weight[i]
		}
		sum += w * least
	}
	return sum
}

// What few rows cost is on average what all do, for centres good and bad, and their weight that of all. By the mean the spread of 200 rows about it is some percent, so that 60
// draws lie within a few of it.
func TestCoresetsAreUnbiased(t *testing.T) {
	d := unlikeGroups(3000)
	var parts []ml.Table
	for lo := 0; lo < 3000; lo += 500 {
		parts = append(parts, ml.Table{X: d.X.(*tensor.Tensor[float64]).Rows(lo, lo+500), Weight: d.Weight[lo : lo+500]})
	}
	centres := [][][]float64{{{0, 0, 0}}, {{0, 0, 0}, {40, 0, 0}, {0, -12, 0}}, {{3, 3, 3}, {20, -4, 1}}}
	sparse := d
	sparse.X = tensor.SparseFrom[float64](d.X)
	for name, draw := range map[string]func(seed uint64) (ml.Table, error){
		"by the mean": func(seed uint64) (ml.Table, error) { return cluster.Coreset{Size: 200, Seed: seed}.Resample(ctx, d) },
		"by centres": func(seed uint64) (ml.Table, error) {
			return cluster.Coreset{Size: 200, K: 3, Seed: seed}.Resample(ctx, d)
		},
		"of CSR": func(seed uint64) (ml.Table, error) {
			return cluster.Coreset{Size: 200, Seed: seed}.Resample(ctx, sparse)
		},
		"of a stream": func(seed uint64) (ml.Table, error) {
			return cluster.Coreset{Size: 200, Seed: seed}.Stream(ctx, func(yield func(ml.Table, error) bool) {
				for _, p := range parts {
					if !yield(p, nil) {
						return
					}
				}
			})
		},
	} {
		draws := 60.0
		if testing.Short() { // under emulation: the plainest way alone
			if name != "by the mean" {
				continue
			}
		}
		sums, weight := make([]float64, len(centres)), 0.0
		for seed := range uint64(draws) {
			few, err := draw(seed)
			if err != nil {
				t.Fatal(name, err)
			}
			if n, _ := few.X.Dims(); n > 200 || n < 50 || len(few.Weight) != n {
				t.Fatal(name, n)
			}
			for i, c := range centres {
				sums[i] += inertia(t, few, c) / draws
			}
			for _, w := range few.Weight {
				if !(w > 0) {
					t.Fatal(name, "weight", w)
				}
				weight += w / draws
			}
		}
		all := 0.0
		for _, w := range d.Weight {
			all += w
		}
		if math.Abs(weight/all-1) > 0.06 {
			t.Errorf("%s: weight %g, want %g", name, weight, all)
		}
		for i, c := range centres {
			if want := inertia(t, d, c); math.Abs(sums[i]/want-1) > 0.06 {
				t.Errorf("%s: centres %d cost %g, want %g", name, i, sums[i], want)
			}
		}
	}
}

// Clusters of a tenth of the rows are nearly as good as those of all.
func TestClustersOfACoreset(t *testing.T) {
	d := unlikeGroups(6000)
	all, err := cluster.KMeans{K: 5, Restarts: 3}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := ml.Pipe(ml.Stages{ml.Resample(cluster.Coreset{Size: 600, K: 5})}, cluster.KMeans{K: 5, Restarts: 3}).Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	var centres [][]float64
	for c := range 5 {
		centres = append(centres, chain.Final.Centers.Row(c))
	}
	if got := inertia(t, d, centres); got > 1.1*all.Inertia {
		t.Errorf("inertia %g, of all %g", got, all.Inertia)
	}
}

func TestCoresetsAreChecked(t *testing.T) {
	d := unlikeGroups(50)
	if _, err := (cluster.Coreset{Size: -1}).Resample(ctx, d); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if _, err := (cluster.Coreset{}).Stream(ctx, func(func(ml.Table, error) bool) {}); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
	few, err := cluster.Coreset{Size: 50}.Resample(ctx, ml.Table{X: d.X})
	if n, _ := few.X.Dims(); err != nil || n != 50 || few.Weight != nil {
		t.Error(n, err)
	}
	huge := tensor.FromSlice([]float64{1e200, -1e200, 0, 1}, 4, 1)
	if _, err := (cluster.Coreset{Size: 2}).Resample(ctx, ml.Table{X: huge}); !errors.Is(err, ml.ErrNotFinite) {
		t.Error(err)
	}
	same := tensor.New[float64](300, 2)
	for _, k := range []int{0, 4} {
		few, err := cluster.Coreset{Size: 20, K: k}.Resample(ctx, ml.Table{X: same})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, w := range few.Weight {
			sum += w
		}
		if math.Abs(sum-300) > 1e-9 {
			t.Error(k, sum)
		}
	}
}
