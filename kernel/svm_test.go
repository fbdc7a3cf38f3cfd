package kernel_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// A machine of kernel values computed before is the one of the kernel, and answers alike. 1e-6: both are solved to 1e-9, from values of other roundings.
func TestPrecomputedIsItsKernel(t *testing.T) {
	d, ctx := datasets.Iris(), context.Background()
	k := metrics.RBF{Gamma: 0.3}
	gram, err := metrics.Kernels(d.X, d.X, k)
	if err != nil {
		t.Fatal(err)
	}
	a, err := kernel.SVC{Kernel: k, Tol: 1e-9}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	pre := d
	pre.X, pre.Columns = gram, nil
	b, err := kernel.SVC{Kernel: kernel.Precomputed{}, Tol: 1e-9}.Fit(ctx, pre)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, b.Objective, a.Objective, 1e-6, 1e-6, "objectives")
	golden.Close(t, b.Intercept, a.Intercept, 1e-6, 1e-6, "intercepts")
	sa, err := a.PairScores(d.X)
	if err != nil {
		t.Fatal(err)
	}
	sb, err := b.PairScores(gram)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, sb.Data(), sa.Data(), 1e-6, 1e-6, "scores")
}

// Shrinking, and a cache that forgets, change how fast the optimum is found, not which it is.
func TestShrinkingChangesNothing(t *testing.T) {
	d, ctx := datasets.BreastCancer(), context.Background()
	var want *kernel.SVCModel
	for i, c := range []kernel.SVC{{NoShrinking: true}, {}, {CacheMB: 1}} {
		c.Kernel, c.C, c.Tol = metrics.RBF{Gamma: 1e-4}, 10, 1e-8
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = m
			continue
		}
		golden.Close(t, m.Objective, want.Objective, 1e-8, 1e-8, "objective")
		golden.Close(t, m.Intercept, want.Intercept, 1e-5, 1e-5, "intercept")
		if !slices.Equal(m.Support, want.Support) {
			t.Errorf("%+v: other support vectors", c)
		}
	}
}

// With BreakTies the class is the one of the largest score; without, of equal votes the first.
func TestTiesGoToTheSums(t *testing.T) {
	d, ctx := datasets.Iris(), context.Background()
	m, err := kernel.SVC{BreakTies: true}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := kernel.SVC{}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.New[float64](441, 4)
	for i := range 441 {
		copy(x.Row(i), []float64{4 + float64(i%21)/5, 2 + float64(i/21)/8, 1 + float64(i%21)/4, float64(i/21) / 8})
	}
	scores, err := m.DecisionFunction(x)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := plain.PairScores(x)
	if err != nil {
		t.Fatal(err)
	}
	first, err := plain.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got {
		for _, s := range scores.Row(i) {
			if s > scores.At(i, c) {
				t.Errorf("row %d: class %d of %v", i, c, scores.Row(i))
			}
		}
		votes := [3]int{}
		for q, p := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
			if pairs.At(i, q) > 0 {
				votes[p[1]]++
			} else {
				votes[p[0]]++
			}
		}
		if want := slices.Index(votes[:], max(votes[0], votes[1], votes[2])); first[i] != want {
			t.Errorf("row %d: class %d of votes %v", i, first[i], votes)
		}
	}
}

// Kernel matrices have no negative eigenvalues but for rounding, those of the kernels that promise it; minus-chi-squared is positive only for differences that add up to 0.
func TestKernelsArePositive(t *testing.T) {
	const n = 30
	x := tensor.New[float64](n, 5)
	for i := range n {
		for j := range 5 {
			x.Set(math.Abs(math.Sin(float64(3*i+7*j*j))), i, j)
		}
	}
	for name, k := range map[string]metrics.Kernel{"linear": metrics.LinearKernel{}, "polynomial": metrics.PolynomialKernel{Degree: 3, Coef0: 1}, "gauss": metrics.RBF{Gamma: 2},
		"laplace": metrics.LaplacianKernel{Gamma: 0.7}, "chi": metrics.Chi2Kernel{}, "intersection": metrics.IntersectionKernel{}, "cosine": metrics.CosineKernel{}, "additive": metrics.AdditiveChi2Kernel{}} {
		g, err := metrics.Kernels(x, x, k)
		if err != nil {
			t.Fatal(err)
		}
		a := slices.Clone(g.Data())
		if name == "additive" { // centred
			mean, all := make([]float64, n), 0.0
			for i := range n {
				for j := range n {
					mean[i] += a[i*n+j] / n
				}
				all += mean[i] / n
			}
			for i := range n {
				for j := range n {
					a[i*n+j] += all - mean[i] - mean[j]
				}
			}
		}
		values, _, ok := linalg.EigenSym(a, n, false)
		if !ok || slices.Min(values) < -1e-12*slices.Max(values) {
			t.Errorf("%s: eigenvalues %v", name, values)
		}
	}
	m, err := kernel.SVC{Kernel: metrics.IntersectionKernel{}}.Fit(context.Background(), ml.Data[int](x, []int{0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1}))
	if err != nil || len(m.Support) == 0 {
		t.Error("an intersection kernel in SVC:", err)
	}
}
