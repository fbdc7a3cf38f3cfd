package kernel

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
)

// KernelRidge is ridge regression in the space of a kernel: it minimises Σ w_i·(y_i - f(x_i))² + Alpha·|f|², without an intercept, by one Cholesky
// factorisation of the kernel matrix: rows³/3 operations and rows² numbers. Every row becomes a support vector. Sparse rows stay sparse. The kernel should be positive semidefinite.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. Nothing is random. The coefficients are scikit-learn's KernelRidge's.
type KernelRidge struct {
	Alpha  float64        // the penalty, > 0. 0: 1
	Kernel metrics.Kernel // nil: metrics.LinearKernel. Also [Precomputed], and kernels of your own
}

var _ ml.Fitter[ml.Dataset[float64], *SVRModel] = KernelRidge{}

// Fit returns the model, whose Intercept, Epsilon, Objective and Violation are 0.
func (c KernelRidge) Fit(ctx context.Context, d ml.Dataset[float64]) (*SVRModel, error) {
	const where = "kernel.KernelRidge.Fit"
	if err := positive(where, "Alpha", &c.Alpha, 1); err != nil {
		return nil, err
	}
	if c.Kernel == nil {
		c.Kernel = metrics.LinearKernel{}
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	x := rows.Of(d.X)
	kernel, err := resolveKernel(where, c.Kernel, presentRows(d.X, d.Weight), d.Weight, d.Weight)
	if err != nil {
		return nil, err
	}
	idx, w := present(x.Len(), d.Weight)
	n := len(idx)
	gram := make([]float64, n*n)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	newWideColumns(kernel, x, idx).fill(gram, n, all, 0, n)
	if err := checkGram(where, gram); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	root, coef := make([]float64, n), make([]float64, n)
	for i, r := range idx {
		root[i] = math.Sqrt(w[i])
		coef[i] = root[i] * d.Y[r]
	}
	for i := range n {
		for j := i; j < n; j++ {
			gram[i*n+j] *= root[i] * root[j]
		}
		gram[i*n+i] += c.Alpha
	}
	f := linalg.NewCholesky(gram, n)
	if f == nil {
		return nil, &ml.Error{Where: where, Field: "Kernel", Found: "a matrix that is not positive definite", Want: "a positive semidefinite kernel, or a larger Alpha", Kind: ml.ErrData}
	}
	f.Solve(coef)
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &SVRModel{Fitted: ml.NewFitted(d.Table, nil, c)}
	m.Info.Status = ml.Converged
	var support []int
	for i, r := range idx {
		support, m.Dual = append(support, r), append(m.Dual, root[i]*coef[i])
	}
	m.Expansion = newExpansion(kernel, x, d.X, support)
	if err := m.ready(where); err != nil {
		return nil, err
	}
	return m, nil
}
