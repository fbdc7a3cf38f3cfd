package cluster_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

type birchMeanShift struct {
	X     [][]float64
	Birch map[string]struct {
		K         int
		Threshold float64
		Branching int
		Labels    []int
		Centers   [][]float64
	}
	Shift map[string]struct {
		Bandwidth, Least float64
		Centers          [][]float64
		Labels           []int
	}
	Estimate []float64
}

// Small clusters and labels are scikit-learn's. 1e-9: it keeps sums and sums of squares, which cancel.
func TestBIRCHMatchesScikitLearn(t *testing.T) {
	g := golden.Load[birchMeanShift](t, "testdata/birch_meanshift.json")
	d := ml.Table{X: matrix(t, g.X)}
	for name, want := range g.Birch {
		m, err := cluster.BIRCH{K: want.K, Small: want.K == 0, Threshold: want.Threshold, Branching: want.Branching}.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		var centers [][]float64
		for k := range m.Code {
			centers = append(centers, m.Centers.Row(k))
		}
		slices.SortFunc(centers, func(a, b []float64) int { return cmp.Or(cmp.Compare(a[1], b[1]), cmp.Compare(a[0], b[0])) })
		golden.Close(t, slices.Concat(centers...), slices.Concat(want.Centers...), 1e-9, 1e-12, name+": centres")
		labels, err := m.Predict(d.X)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(firsts(labels), want.Labels) {
			t.Errorf("%s: labels %v, want %v", name, firsts(labels), want.Labels)
		}
	}
}

// firsts numbers clusters by their first rows.
func firsts(labels []int) []int {
	name := map[int]int{ml.None: ml.None}
	out := make([]int, len(labels))
	for i, k := range labels {
		if _, ok := name[k]; !ok {
			name[k] = len(name) - 1
		}
		out[i] = name[k]
	}
	return out
}

// A model that reads on keeps what it has read: weights, means and deviations of all rows add up.
func TestBIRCHReadsOn(t *testing.T) {
	g := golden.Load[birchMeanShift](t, "testdata/birch_meanshift.json")
	x := matrix(t, g.X)
	m, err := cluster.BIRCH{}.Fit(ctx, ml.Table{X: x.Rows(0, 50)})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = m.Update(ctx, ml.Table{X: x.Rows(50, len(g.X))}); err != nil {
		t.Fatal(err)
	}
	weight, sum := 0.0, make([]float64, 2)
	for k, w := range m.Weights {
		weight += w
		for j, v := range m.Centers.Row(k) {
			sum[j] += w * v
		}
	}
	want := make([]float64, 2)
	for _, row := range g.X {
		for j, v := range row {
			want[j] += v
		}
	}
	golden.Close(t, append(sum, weight), append(want, float64(len(g.X))), 1e-12, 1e-10, "sums") // means are added up step by step
	if m.Info.Rows != len(g.X) {
		t.Errorf("%d rows", m.Info.Rows)
	}
}

func TestBIRCHLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.BIRCH{},
		mltest.Waive(mltest.RowOrder, "small clusters grow in the order of the rows"),
		mltest.Waive(mltest.RepeatedRows, "rows that come together are measured together"))
}

// Centres and labels are scikit-learn's. 1e-12: means of a few dozen rows in another order.
func TestMeanShiftMatchesScikitLearn(t *testing.T) {
	g := golden.Load[birchMeanShift](t, "testdata/birch_meanshift.json")
	d := ml.Table{X: matrix(t, g.X)}
	for i, q := range []float64{0.3, 0.1} {
		b, err := cluster.Bandwidth(d.X, q)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, []float64{b}, g.Estimate[i:i+1], 1e-12, 0, "bandwidth")
	}
	for name, want := range g.Shift {
		m, err := cluster.MeanShift{Bandwidth: want.Bandwidth, Binned: name == "binned" || name == "full", Noise: name == "noise", MinBin: want.Least}.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		golden.Close(t, m.Centers.Data(), slices.Concat(want.Centers...), 1e-12, 1e-12, name+": centres")
		labels, err := m.Predict(d.X)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(labels, want.Labels) {
			t.Errorf("%s: labels %v, want %v", name, labels, want.Labels)
		}
	}
	if _, err := cluster.Bandwidth(tensor.New[float64](2, 1), 2); err == nil {
		t.Error("a share of 2")
	}
}

func TestMeanShiftLaws(t *testing.T) {
	mltest.Clusterer(t, cluster.MeanShift{}, mltest.Rows(120))
	if testing.Short() { // the other config differs in where climbs begin
		return
	}
	mltest.Clusterer(t, cluster.MeanShift{Bandwidth: 3, Binned: true, Noise: true}, mltest.Rows(120))
}
