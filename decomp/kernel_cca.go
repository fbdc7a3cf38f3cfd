package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// KernelCCA is [CCA] in the spaces of two kernels, one of the columns of X and one of the targets, where what bends may be straight (Hardoon, Szedmak and Shawe-Taylor, Neural Computation 16, 2004). There nearly everything correlates with everything, so it
// is regularised: the variance of a score, by which a covariance is divided to give a correlation, is that of its rows and the penalty times the square of its length in the space of the kernel.
//
// The scores' variances, the penalties counted, are 1. Of each pair the training row whose score of X has the largest size has a positive one. Pairs without a correlation above 1e-12 are left out. A row of weight k counts as k rows. Nothing is random. CSR is taken as
// [KernelPCA] does. It takes rows² numbers for each side and O(rows³).
type KernelCCA struct {
	Components int            // no more than rows. 0: 2. Fewer if there are not as many
	XKernel    metrics.Kernel // nil: metrics.LinearKernel. Also kernel.Precomputed, where X has the kernel's values with all training rows, and kernels of your own
	YKernel    metrics.Kernel // the same of the targets
	Penalty    float64        // > 0, as a share of the variance in the space of the kernel. 0: 0.01
}

var _ ml.Fitter[ml.Dataset[[]float64], *KernelCCAModel] = KernelCCA{}

// KernelCCAModel is a fitted [KernelCCA].
type KernelCCAModel struct {
	ml.Fitted
	Correlations []float64       // of the pairs, regularised, falling
	X, Y         *KernelPCAModel // what maps rows and targets to their scores: components that correlate instead of those that vary most, whose Eigenvalues are the sums of the scores' squares
}

func (c KernelCCA) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 0")
	case !(c.Penalty >= 0 && c.Penalty <= math.MaxFloat64):
		return ml.BadConfig(where, "Penalty", c.Penalty, "a finite number > 0, or 0 for 0.01")
	}
	return nil
}

// kernelSide is one side: its kernel's components, the scores of the rows times the roots of their weights, and each component's variance with the penalty, times the rows.
type kernelSide struct {
	m      *KernelPCAModel
	n, k   int
	scores []float64 // n x k
	room   []float64
}

func newKernelSide(ctx context.Context, where string, c KernelPCA, penalty float64, t ml.Table) (*kernelSide, error) {
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	m, s, g, err := c.start(ctx, where, t)
	if err != nil {
		return nil, err
	}
	b := &kernelSide{m: m, n: s.n, k: len(m.Dual)}
	b.scores, b.room = make([]float64, b.n*b.k), make([]float64, b.k)
	m.projection().rowsOf(b.scores, g, b.n)
	for i := range b.n {
		root := math.Sqrt(s.weight(i))
		for a := range b.k {
			b.scores[i*b.k+a] *= root
		}
	}
	whole := 0.0
	for _, v := range m.Eigenvalues {
		whole += v
	}
	for a, v := range m.Eigenvalues {
		b.room[a] = v + float64(penalty*whole)
	}
	return b, nil
}

// take puts combinations of the components, rows of weights, in their place.
func (b *kernelSide) take(weights [][]float64) {
	m := b.m
	dual, shift, squares := make([][]float64, len(weights)), make([]float64, len(weights)), make([]float64, len(weights))
	for a, w := range weights {
		dual[a] = make([]float64, b.n)
		for i, v := range w {
			linalg.Axpy(v, m.Dual[i], dual[a])
			shift[a] += float64(v * m.Shift[i])
			squares[a] += float64(float64(v*v) * m.Eigenvalues[i])
		}
	}
	m.Dual, m.Shift, m.Eigenvalues = dual, shift, squares
}

// Fit finds the pairs of the rows of d.
func (c KernelCCA) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*KernelCCAModel, error) {
	const where = "decomp.KernelCCA.Fit"
	if err := cmp.Or(d.Check(where, ml.Accepts{}), c.resolve(where), ml.Done(ctx)); err != nil {
		return nil, err
	}
	c.Penalty = cmp.Or(c.Penalty, 0.01)
	x, err := newKernelSide(ctx, where, KernelPCA{Kernel: c.XKernel, Solver: FullSolver}, c.Penalty, d.Table)
	if err != nil {
		return nil, err
	}
	if c.Components > x.n {
		return nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("at most %d, the rows", x.n))
	}
	targets := tensor.New[float64](len(d.Y), len(d.Y[0]))
	for i, row := range d.Y {
		copy(targets.Row(i), row)
	}
	y, err := newKernelSide(ctx, where, KernelPCA{Kernel: c.YKernel, Solver: FullSolver}, c.Penalty, ml.Table{X: targets, Weight: d.Weight})
	if err != nil {
		if e, ok := err.(*ml.Error); ok && e.Field == "X" {
			e.Field = "Y"
		}
		return nil, err
	}
	m := &KernelCCAModel{Fitted: ml.NewFitted(d.Table, nil, c), X: x.m, Y: y.m}
	if err := m.pair(where, cmp.Or(c.Components, 2), newSample(d.Table).total, x, y); err != nil {
		return nil, err
	}
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// pair finds the pairs as singular vectors of the products of both sides' scores, each divided by the root of its room.
func (m *KernelCCAModel) pair(where string, k int, total float64, x, y *kernelSide) error {
	cross := make([]float64, x.k*y.k)
	kern.Gemm(true, false, x.k, y.k, x.n, 1, x.scores, x.k, y.scores, y.k, 0, cross, y.k)
	for a := range x.k {
		for b := range y.k {
			cross[a*y.k+b] /= math.Sqrt(x.room[a]) * math.Sqrt(y.room[b])
		}
	}
	s, ok := linalg.NewSVD(cross, x.k, y.k, linalg.ThinVectors)
	if !ok {
		return tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	width := min(x.k, y.k)
	var u, v [][]float64
	for a := range min(k, width) {
		if !(s.Values[a] > 1e-12) {
			break
		}
		m.Correlations = append(m.Correlations, s.Values[a])
		wx, wy := make([]float64, x.k), make([]float64, y.k)
		for i := range wx {
			wx[i] = s.U[i*width+a] * math.Sqrt(total/x.room[i])
		}
		for i := range wy {
			wy[i] = s.V[i*width+a] * math.Sqrt(total/y.room[i])
		}
		score := make([]float64, x.n)
		linalg.MulVec(score, x.scores, x.n, x.k, x.k, wx)
		if fixSign(score) {
			negate(wx)
			negate(wy)
		}
		u, v = append(u, wx), append(v, wy)
	}
	if len(u) == 0 {
		return &ml.Error{Where: where, Field: "Y", Found: "targets that nothing in X goes together with", Want: "targets that depend on X", Kind: ml.ErrData}
	}
	x.take(u)
	y.take(v)
	return nil
}

// Restore checks a model that was read from a file and makes it ready.
func (m *KernelCCAModel) Restore() error {
	const where = "decomp.KernelCCAModel"
	c, ok := m.Config.(KernelCCA)
	if !ok || m.X == nil || m.Y == nil {
		return unsound(where, "Config, X and Y", fmt.Sprintf("%T", m.Config), "a decomp.KernelCCA, and both sides")
	}
	if err := cmp.Or(c.resolve(where), m.X.Restore(), m.Y.Restore(), checkNumbers(where, "Correlations", m.Correlations, len(m.X.Dual))); err != nil {
		return err
	}
	if len(m.Y.Dual) != len(m.X.Dual) || m.X.Info.Features != m.Info.Features {
		return unsound(where, "X and Y", fmt.Sprintf("%d and %d components of %d columns", len(m.X.Dual), len(m.Y.Dual), m.X.Info.Features), "as many of each, of the model's columns")
	}
	return nil
}

// Transform maps rows to their scores, rows x components, by kernel values with all training rows: O(training rows · (columns + components)) a row.
func (m *KernelCCAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	out, err := m.X.Transform(x)
	if err != nil {
		return nil, relocate("decomp.KernelCCAModel.Transform", err)
	}
	return out, nil
}

// TransformTargets maps rows of targets to their scores, rows x components.
func (m *KernelCCAModel) TransformTargets(y tensor.Matrix) (tensor.Matrix, error) {
	out, err := m.Y.Transform(y)
	if err != nil {
		return nil, relocate("decomp.KernelCCAModel.TransformTargets", err)
	}
	return out, nil
}

// Out names the scores: kcca0, kcca1, ..., each made of all columns.
func (m *KernelCCAModel) Out() []ml.Column {
	return embeddingColumns("kcca", len(m.Correlations), m.Info.Features)
}
