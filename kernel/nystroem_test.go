package kernel_test

import (
	"context"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestNystroemLaws(t *testing.T) {
	mltest.Transformer(t, kernel.Nystroem{Components: 8}, mltest.Rows(500),
		mltest.Waive(mltest.RepeatedRows, "rows are drawn by their position, and of k equal ones several may be"), mltest.Waive(mltest.RowOrder, "rows are drawn by their position"))
}

func TestRBFSamplerLaws(t *testing.T) {
	mltest.Transformer(t, kernel.RBFSampler{Components: 8}, mltest.Rows(500))
}

// With all rows drawn the products are the kernel's values; with fewer, the worst error falls as more are.
func TestNystroemNearsItsKernel(t *testing.T) {
	d := datasets.Iris()
	k := metrics.RBF{Gamma: 0.2}
	want, err := metrics.Kernels(d.X, d.X, k)
	if err != nil {
		t.Fatal(err)
	}
	before := math.Inf(1)
	for _, c := range []int{5, 20, 150} {
		m, err := kernel.Nystroem{Kernel: k, Components: c, Seed: 3}.Fit(context.Background(), d.Table)
		if err != nil {
			t.Fatal(err)
		}
		worst := worstProduct(t, m, d.Table, want)
		if !(worst < before) {
			t.Errorf("%d rows: off by %g, fewer by %g", c, worst, before)
		}
		before = worst
	}
	if before > 1e-5 { // values below 1e-12 count as that, as scikit-learn's do
		t.Errorf("all rows: off by %g", before)
	}
}

// The error of a mean of bounded numbers falls with the root of their count: five standard errors of 4000 are 0.08.
func TestRBFSamplerNearsItsKernel(t *testing.T) {
	d := datasets.Iris()
	want, err := metrics.Kernels(d.X, d.X, metrics.RBF{Gamma: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	m, err := kernel.RBFSampler{Gamma: 0.2, Components: 4000}.Fit(context.Background(), d.Table)
	if err != nil {
		t.Fatal(err)
	}
	if worst := worstProduct(t, m, d.Table, want); worst > 0.08 {
		t.Errorf("off by %g", worst)
	}
}

func worstProduct(t *testing.T, m ml.Transformer, d ml.Table, want interface{ At(i, j int) float64 }) float64 {
	t.Helper()
	z, err := m.Transform(d.X)
	if err != nil {
		t.Fatal(err)
	}
	got, err := metrics.Kernels(z, z, metrics.LinearKernel{})
	if err != nil {
		t.Fatal(err)
	}
	n, _ := z.Dims()
	worst := 0.0
	for i := range n {
		for j := range n {
			worst = max(worst, math.Abs(got.At(i, j)-want.At(i, j)))
		}
	}
	return worst
}
