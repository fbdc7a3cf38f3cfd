package cluster_test

import (
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
)

type opticsCase struct {
	Samples, Eps, Xi, At       float64
	Size                       int
	Labels, Order, Before, Cut []int
	Reach, Core                []float64
	Valleys                    [][]int
}

// The walk, the plot, and the clusters by slopes and by radius are scikit-learn's. 1e-13: it rounds distances to 15 decimals.
func TestOPTICSMatchesScikitLearn(t *testing.T) {
	g := golden.Load[struct {
		X     [][]float64
		Cases map[string]opticsCase
	}](t, "testdata/optics.json")
	d := ml.Table{X: matrix(t, g.X)}
	for name, want := range g.Cases {
		c := cluster.OPTICS{MinSamples: want.Samples, MaxEps: want.Eps, Xi: want.Xi, MinClusterSize: want.Size, Uncorrected: name == "uncorrected"}
		if name == "manhattan" {
			c.Distance = metrics.Manhattan{}
		}
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(m.Order, want.Order) || !slices.Equal(m.Before, want.Before) {
			t.Errorf("%s: another walk: %v, want %v", name, m.Order, want.Order)
			continue
		}
		golden.Close(t, m.Reach, want.Reach, 1e-13, 1e-14, name+": reachabilities")
		golden.Close(t, m.Core, want.Core, 1e-13, 1e-14, name+": core distances")
		if !slices.EqualFunc(m.Valleys, want.Valleys, slices.Equal) {
			t.Errorf("%s: valleys %v, want %v", name, m.Valleys, want.Valleys)
		}
		if !slices.Equal(m.Labels, want.Labels) {
			t.Errorf("%s: labels %v, want %v", name, m.Labels, want.Labels)
		}
		if cut := m.CutEps(want.At); !slices.Equal(cut, want.Cut) {
			t.Errorf("%s: cut %v, want %v", name, cut, want.Cut)
		}
		c.Eps = want.At
		if m, err = c.Fit(ctx, d); err != nil || !slices.Equal(m.Labels, want.Cut) {
			t.Errorf("%s: cut at fit %v, want %v, %v", name, m.Labels, want.Cut, err)
		}
		if core := m.CutXi(want.Xi, max(want.Size, int(want.Samples))); !slices.Equal(core, want.Labels) {
			t.Errorf("%s: by slopes afterwards %v, want %v", name, core, want.Labels)
		}
	}
}

// With Eps the core rows are clustered as by DBSCAN, and predicted so; border rows that come first may be noise.
func TestOPTICSIsDBSCANOfCoreRows(t *testing.T) {
	g := golden.Load[struct{ X [][]float64 }](t, "testdata/optics.json")
	d := ml.Table{X: matrix(t, g.X)}
	o, err := cluster.OPTICS{MinSamples: 6, Eps: 0.5}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := cluster.DBSCAN{MinSamples: 6, Eps: 0.5}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	predicted, err := o.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	name := map[int]int{ml.None: ml.None}
	for i, core := range o.Core {
		if core > 0.5 {
			continue
		}
		if k, ok := name[m.Labels[i]]; ok && k != o.Labels[i] || predicted[i] != o.Labels[i] {
			t.Errorf("row %d: %d, predicted %d, by DBSCAN %d", i, o.Labels[i], predicted[i], m.Labels[i])
		}
		name[m.Labels[i]] = o.Labels[i]
	}
}
