package decomp

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestKernelPCAKeepsTheLaws(t *testing.T) {
	small := mltest.Rows(few(300))
	about := mltest.Waive(mltest.Inverse, "a ridge regression gives rows about where they were")
	mltest.Transformer(t, KernelPCA{Components: 2, Kernel: metrics.RBF{Gamma: .2}, Invert: true}, small, about, mltest.Waive(mltest.SparseMemory, "what Inverse multiplies with is a number for each row and column"))
	if testing.Short() {
		return
	}
	mltest.Transformer(t, KernelPCA{Components: 2}, small)
	mltest.Transformer(t, KernelPCA{Components: 1, Kernel: metrics.PolynomialKernel{Degree: 2, Coef0: 1}, Solver: LanczosSolver}, small)
	mltest.Transformer(t, KernelPCA{Components: 2, Kernel: metrics.RBF{}, Solver: RandomizedSolver, Iterations: 30}, small)
}

func TestKernelPCAIsScikitLearns(t *testing.T) {
	g := golden.Load[struct {
		X, New [][]float64
		Cases  map[string]struct {
			Eigenvalues                   []float64
			Transformed, Trained, Inverse [][]float64
		}
		All []float64
	}](t, "testdata/kernelpca.json")
	ctx, dense, fresh := context.Background(), matrix(t, g.X), matrix(t, g.New)
	sizes := func(x *tensor.Tensor[float64]) *tensor.Tensor[float64] {
		out := tensor.FromMatrix[float64](x)
		for i, v := range out.Data() {
			out.Data()[i] = math.Abs(v)
		}
		return out
	}
	kernels := map[string]metrics.Kernel{"linear": nil, "rbf": metrics.RBF{}, "rbf gamma": metrics.RBF{Gamma: .3}, "poly": metrics.PolynomialKernel{Degree: 2, Coef0: 1}, "cubic": metrics.PolynomialKernel{Gamma: .2, Coef0: .5},
		"sigmoid": metrics.SigmoidKernel{Gamma: .01, Coef0: .1}, "cosine": metrics.CosineKernel{}, "laplacian": metrics.LaplacianKernel{}, "chi2": metrics.Chi2Kernel{}, "precomputed": kernel.Precomputed{}}
	for name, want := range g.Cases {
		for _, solver := range []Solver{FullSolver, LanczosSolver, RandomizedSolver} {
			for _, storage := range []string{"dense", "sparse"} {
				k, ok := kernels[name]
				if !ok {
					t.Fatal(name)
				}
				c, what := KernelPCA{Components: 3, Kernel: k, Solver: solver, Iterations: 40, Alpha: .5, Invert: len(want.Inverse) > 0}, name+", "+solver.String()+", "+storage
				x, q := dense, fresh
				switch name {
				case "chi2":
					x, q = sizes(dense), sizes(fresh)
				case "precomputed":
					var err, err2 error
					x, err = metrics.Kernels(dense, nil, metrics.RBF{Gamma: .3})
					q, err2 = metrics.Kernels(fresh, dense, metrics.RBF{Gamma: .3})
					if err != nil || err2 != nil {
						t.Fatal(err, err2)
					}
				}
				var from tensor.Matrix = x
				if storage == "sparse" {
					from = tensor.SparseFrom[float64](x)
				}
				m, err := c.Fit(ctx, ml.Table{X: from})
				if err != nil {
					t.Fatal(what, err)
				}
				wantNumbers(t, what+": eigenvalues", m.Eigenvalues, want.Eigenvalues)
				z, err := m.Transform(q)
				if err != nil {
					t.Fatal(what, err)
				}
				signs := closeUpToSigns(t, z, want.Transformed, nil, 1e-8, what+": new rows")
				if trained, err := m.Transform(from); err != nil {
					t.Fatal(what, err)
				} else {
					closeUpToSigns(t, trained, want.Trained, signs, 1e-8, what+": rows")
				}
				if c.Invert {
					back, err := m.Inverse(z)
					if err != nil {
						t.Fatal(what, err)
					}
					wantRows(t, what+": inverse", rowsOf(back), want.Inverse)
				}
			}
		}
	}
	m, err := KernelPCA{}.Fit(ctx, ml.Table{X: dense})
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, "all eigenvalues", m.Eigenvalues, g.All)
}

// With the linear kernel it is PCA, and weights are copies.
func TestKernelPCAWeightsAreCopies(t *testing.T) {
	x, weight, copies := tensor.New[float64](25, 4), make([]float64, 25), [][]float64(nil)
	rng.Normal(rng.New(4, 4), x.Data(), 1, 2)
	for i := range weight {
		weight[i] = float64(i % 3)
		for range i % 3 {
			copies = append(copies, x.Row(i))
		}
	}
	for _, k := range []metrics.Kernel{nil, metrics.RBF{}} {
		c := KernelPCA{Components: 3, Kernel: k, Invert: true}
		a, err := c.Fit(context.Background(), ml.Table{X: x, Weight: weight})
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Fit(context.Background(), ml.Table{X: matrix(t, copies)})
		if err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, "eigenvalues", a.Eigenvalues, b.Eigenvalues)
		za, err := a.Transform(x)
		if err != nil {
			t.Fatal(err)
		}
		zb, err := b.Transform(x)
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, "components", rowsOf(za), rowsOf(zb))
		if za, err = a.Inverse(za); err != nil {
			t.Fatal(err)
		}
		if zb, err = b.Inverse(zb); err != nil {
			t.Fatal(err)
		}
		wantRows(t, "rows", rowsOf(za), rowsOf(zb))
	}
}

func TestKernelPCARefuses(t *testing.T) {
	x := tensor.New[float64](6, 3)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	ctx := context.Background()
	for _, c := range []KernelPCA{{Components: 7}, {Components: -1}, {Solver: CovarianceSolver}, {Alpha: -1}, {Kernel: kernel.Precomputed{}, Invert: true}, {Kernel: metrics.PolynomialKernel{Degree: -1}}} {
		if _, err := c.Fit(ctx, ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := (KernelPCA{Kernel: kernel.Precomputed{}}).Fit(ctx, ml.Table{X: x}); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	square := tensor.New[float64](3, 3)
	copy(square.Data(), []float64{1, 2, 3, 4, 5, 6, 7, 8, 9})
	if _, err := (KernelPCA{Kernel: kernel.Precomputed{}}).Fit(ctx, ml.Table{X: square}); !errors.Is(err, ml.ErrData) {
		t.Error(err)
	}
	m, err := KernelPCA{}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Inverse(tensor.New[float64](1, len(m.Dual))); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if _, ok := ml.As[ml.Inverter](m); ok {
		t.Error("a model without an inverse claims one")
	}
}
