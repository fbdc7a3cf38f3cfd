package decomp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// KernelPCA is [PCA] in the space of a kernel, where what bends in the columns may be straight (Schölkopf, Smola and Müller, Neural Computation 10, 1998): it decomposes the kernel's values between all training rows, centred in that space, and maps rows to
// the components by their kernel values with the training rows, which the model keeps.
//
// Of each component the training row whose share has the largest size has a positive one. Components without an eigenvalue above 1e-12 of the largest are left out; those below 0, of kernels that are not positive semidefinite, too, which Info.Note says. A row of weight k
// counts as k rows. CSR rows are kept as they are, and only their nonzeros are multiplied for the linear, polynomial, sigmoid, cosine and Gaussian kernels; for others they are made dense a few at a time. It takes rows² numbers; O(rows² · columns) for the kernel values; O(rows³) for FullSolver, O(rows² · Components) for each pass of the others, whose start is random, by Seed.
type KernelPCA struct {
	Components int            // 0: all that there are
	Kernel     metrics.Kernel // nil: metrics.LinearKernel. Also kernel.Precomputed, where X has the kernel's values with all training rows, and kernels of your own
	Solver     Solver         // FullSolver, LanczosSolver or RandomizedSolver. 0: LanczosSolver for fewer than 10 Components of more than 200 rows, else FullSolver
	Oversample int            // of RandomizedSolver: random vectors beyond Components. 0: 10
	Iterations int            // of RandomizedSolver: power iterations. 0: 7 for few components, else 4
	Invert     bool           // learn Inverse too, by ridge regression of the columns on the components with the same kernel: O(rows³), and a number for each row and column
	Alpha      float64        // the penalty of that regression, > 0. 0: 1
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *KernelPCAModel] = KernelPCA{}

// KernelPCAModel is a fitted KernelPCA.
type KernelPCAModel struct {
	ml.Fitted
	Kernel      metrics.Kernel          // with its defaults filled in
	Eigenvalues []float64               // of the centred kernel matrix, falling
	Dual        [][]float64             // components x training rows: what kernel values are multiplied by
	Shift       []float64               // what is added to each component
	Rows        *tensor.Tensor[float64] // the training rows of positive weight; nil if they were sparse, or Precomputed
	Sparse      *tensor.CSR[float64]
	Support     []int                   // which rows of the table those are
	Scores      *tensor.Tensor[float64] // their components, rows x components, if Invert was set; else nil
	Preimage    *tensor.Tensor[float64] // rows x columns: what kernel values of components are multiplied by to give rows, if Invert was set; else nil

	p *projection
}

func (c *KernelPCA) resolve(where string) error {
	_, given := c.Kernel.(kernel.Precomputed)
	switch {
	case c.Components < 0 || c.Oversample < 0 || c.Iterations < 0:
		return ml.BadConfig(where, "Components, Oversample and Iterations", fmt.Sprint(c.Components, c.Oversample, c.Iterations), ">= 0")
	case c.Solver == CovarianceSolver || c.Solver > LanczosSolver:
		return ml.BadConfig(where, "Solver", c.Solver, "FullSolver, LanczosSolver or RandomizedSolver")
	case !(c.Alpha >= 0 && c.Alpha <= math.MaxFloat64):
		return ml.BadConfig(where, "Alpha", c.Alpha, "> 0, or 0 for 1")
	case c.Invert && given:
		return ml.BadConfig(where, "Invert", true, "false with kernel.Precomputed, which knows no rows")
	}
	c.Alpha = cmp.Or(c.Alpha, 1)
	return nil
}

// withGamma fills in a scale that depends on the columns, since the regression of Inverse uses the kernel on the components.
func withGamma(k metrics.Kernel, columns int) metrics.Kernel {
	gamma := 1 / float64(columns)
	switch c := k.(type) {
	case nil:
		return metrics.LinearKernel{}
	case metrics.RBF:
		c.Gamma = cmp.Or(c.Gamma, gamma)
		return c
	case metrics.LaplacianKernel:
		c.Gamma = cmp.Or(c.Gamma, gamma)
		return c
	case metrics.PolynomialKernel:
		c.Gamma = cmp.Or(c.Gamma, gamma)
		return c
	case metrics.SigmoidKernel:
		c.Gamma = cmp.Or(c.Gamma, gamma)
		return c
	}
	return k
}

// Fit finds the components of the rows of t.
func (c KernelPCA) Fit(ctx context.Context, t ml.Table) (*KernelPCAModel, error) {
	const where = "decomp.KernelPCA.Fit"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), c.resolve(where), ml.Done(ctx)); err != nil {
		return nil, err
	}
	m, s, g, err := c.start(ctx, where, t)
	if err != nil {
		return nil, err
	}
	if c.Invert {
		if err := m.learnInverse(where, c, s, g); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// start is the model of a table but for Inverse, with the kernel values that it comes from.
func (c KernelPCA) start(ctx context.Context, where string, t ml.Table) (*KernelPCAModel, *sample, []float64, error) {
	s := newSample(t)
	if s.n < 2 {
		return nil, nil, nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	if c.Components > s.n {
		return nil, nil, nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("at most %d, the rows", s.n))
	}
	m := &KernelPCAModel{Fitted: ml.NewFitted(t, nil, c), Kernel: withGamma(c.Kernel, s.p)}
	for i := range s.n {
		m.Support = append(m.Support, s.at(i))
	}
	g, err := m.gram(where, t, s)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, nil, nil, err
	}
	if err := m.decompose(where, c, s, g); err != nil {
		return nil, nil, nil, err
	}
	return m, s, g, nil
}

// gram keeps the training rows and returns their kernel values.
func (m *KernelPCAModel) gram(where string, t ml.Table, s *sample) ([]float64, error) {
	n := s.n
	if _, given := m.Kernel.(kernel.Precomputed); given {
		if s.x.Len() != s.p {
			return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", s.x.Len(), s.p), "a square matrix of kernel values for Precomputed")
		}
		g, buf := make([]float64, n*n), make([]float64, s.p)
		for i := range n {
			row := s.x.Row(s.at(i), buf)
			for j := range n {
				g[i*n+j] = row[s.at(j)]
			}
		}
		if err := checkSymmetric(where, g, m.Support, 1e-8*linalg.MaxAbs(g)); err != nil {
			return nil, err
		}
		return g, nil
	}
	var x tensor.Matrix
	if s.x.Sparse() {
		m.Sparse = tensor.SparseFrom[float64](rows.Select(t.X, m.Support))
		if ofProducts(m.Kernel) {
			if _, err := metrics.Kernels(tensor.New[float64](1, 1), nil, m.Kernel); err != nil { // of its fields
				return nil, relocate(where, err)
			}
			g, y := make([]float64, n*n), rows.Of(m.Sparse)
			sparseKernels(g, m.Kernel, y, 0, n, y)
			if !linalg.AllFinite(g) {
				return nil, unkernel(where)
			}
			return g, nil
		}
		x = m.Sparse
	} else {
		m.Rows, _ = kept(t)
		x = m.Rows
	}
	g, err := metrics.Kernels(x, nil, m.Kernel)
	if err != nil {
		return nil, relocate(where, err)
	}
	if !linalg.AllFinite(g.Data()) {
		return nil, unkernel(where)
	}
	return g.Data(), nil
}

// relocate says of what metrics.Kernels refuses who asked.
func relocate(where string, err error) error {
	if e, ok := err.(*ml.Error); ok {
		other := *e
		other.Where = where
		return &other
	}
	return err
}

// unkernel is the error of a kernel that is not finite for finite rows.
func unkernel(where string) error {
	return &ml.Error{Where: where, Field: "Kernel", Found: "values that are not finite", Want: "finite values for finite rows; scale the columns", Kind: ml.ErrNotFinite}
}

// decompose centres kernel values by weight, which it leaves in g, and finds their eigenvectors.
func (m *KernelPCAModel) decompose(where string, c KernelPCA, s *sample, g []float64) error {
	n := s.n
	mirrorUpper(g, n)
	means, grand := make([]float64, n), 0.0
	for i := range n {
		for j, v := range g[i*n : (i+1)*n] {
			means[i] += float64(s.weight(j) * v)
		}
		means[i] /= s.total
		grand += float64(s.weight(i) * means[i])
	}
	grand /= s.total
	root := make([]float64, n)
	for i := range n {
		root[i] = math.Sqrt(s.weight(i))
	}
	centred := make([]float64, n*n)
	for i := range n {
		for j := range n {
			centred[i*n+j] = root[i] * root[j] * (g[i*n+j] - means[i] - means[j] + grand)
		}
	}
	mirrorUpper(centred, n)
	values, vectors, ok := c.spectrum(n, centred)
	if !ok {
		return tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	if linalg.MaxAbs(values) == 0 || !(values[0] > 0) {
		return &ml.Error{Where: where, Field: "X", Found: "rows that the kernel does not tell apart", Want: "rows that vary", Kind: ml.ErrData}
	}
	if last := values[len(values)-1]; last < -1e-5*values[0] {
		m.Info.Note = fmt.Sprintf("the kernel is not positive semidefinite: an eigenvalue is %.3g, the largest %.3g", last, values[0])
	}
	for a, v := range values {
		if a == cmp.Or(c.Components, n) || !(v > 1e-12*values[0]) {
			break
		}
		share := vectors[a]
		for i := range share { // that of each of the row's copies
			share[i] /= root[i]
		}
		fixSign(share)
		dual, shift, whole := make([]float64, n), 0.0, 0.0
		for i, v := range share {
			dual[i] = s.weight(i) * v / math.Sqrt(values[a])
			whole += dual[i]
		}
		for i, v := range dual {
			shift -= float64(v * (means[i] - grand))
			dual[i] -= whole * s.weight(i) / s.total
		}
		m.Eigenvalues, m.Dual, m.Shift = append(m.Eigenvalues, v), append(m.Dual, dual), append(m.Shift, shift)
	}
	return nil
}

// spectrum finds eigenvalues, falling, and vectors in rows.
func (c *KernelPCA) spectrum(n int, g []float64) (values []float64, vectors [][]float64, ok bool) {
	k := cmp.Or(c.Components, n)
	solver := c.Solver
	if solver == AutoSolver {
		solver = FullSolver
		if n > 200 && k < 10 {
			solver = LanczosSolver
		}
	}
	column := func(z []float64, width, at int) {
		v := make([]float64, n)
		for i := range v {
			v[i] = z[i*width+at]
		}
		vectors = append(vectors, v)
	}
	switch solver {
	case LanczosSolver:
		found, z, r := linalg.Lanczos{Count: k, Tol: 1e-12, Seed: c.Seed}.Solve(n, func(dst, x []float64) { linalg.MulVec(dst, g, n, n, n, x) })
		for a := range found {
			column(z, len(found), a)
		}
		return found, vectors, r.Done
	case RandomizedSolver:
		d, ok := linalg.RandomizedSVD{Rank: k, Oversample: c.Oversample, Iterations: c.Iterations, Seed: c.Seed}.Solve(linalg.Dense{Rows: n, Cols: n, Stride: n, Data: g})
		if !ok {
			return nil, nil, false
		}
		for a, v := range d.Values {
			along := 0.0 // left and right vectors have opposite signs where the eigenvalue is below 0
			for i := range n {
				along += float64(d.U[i*k+a] * d.V[i*k+a])
			}
			if along > 0 {
				values = append(values, v)
				column(d.U, k, a)
			}
		}
		return append(values, 0)[:max(len(values), 1)], vectors, true
	}
	rising, z, ok := linalg.EigenSym(g, n, true)
	if !ok {
		return nil, nil, false
	}
	for a := range n {
		values = append(values, rising[n-1-a])
		column(z, n, n-1-a)
	}
	return values, vectors, true
}

// learnInverse regresses the rows on their components.
func (m *KernelPCAModel) learnInverse(where string, c KernelPCA, s *sample, g []float64) error {
	n, k := s.n, len(m.Dual)
	m.Scores, m.Preimage = tensor.New[float64](n, k), tensor.New[float64](n, s.p)
	m.p = m.projection()
	m.p.rowsOf(m.Scores.Data(), g, n)
	values, err := metrics.Kernels(m.Scores, nil, m.Kernel)
	if err != nil {
		return relocate(where, err)
	}
	ridge := values.Data()
	mirrorUpper(ridge, n)
	for i := range n {
		ridge[i*n+i] += c.Alpha / s.weight(i)
		copy(m.Preimage.Row(i), s.x.Row(s.at(i), m.Preimage.Row(i)))
	}
	if !linalg.AllFinite(ridge) {
		return unkernel(where)
	}
	f := linalg.NewCholesky(ridge, n)
	if f == nil {
		return &ml.Error{Where: where, Field: "Kernel", Found: "a matrix that is not positive definite", Want: "a positive semidefinite kernel, or a larger Alpha", Kind: ml.ErrData}
	}
	f.SolveMany(s.p, m.Preimage.Data(), s.p)
	return nil
}

func (m *KernelPCAModel) projection() *projection {
	p := newProjection(m.Dual, len(m.Support), nil)
	p.shift = make([]float64, len(m.Shift))
	for a, v := range m.Shift {
		p.shift[a] = -v
	}
	return p
}

// Restore checks a model that was read from a file and makes it ready.
func (m *KernelPCAModel) Restore() error {
	const where = "decomp.KernelPCAModel"
	c, ok := m.Config.(KernelPCA)
	if !ok || m.Kernel == nil {
		return unsound(where, "Config and Kernel", fmt.Sprintf("%T and %T", m.Config, m.Kernel), "a decomp.KernelPCA and a kernel")
	}
	k, n, p := len(m.Dual), len(m.Support), m.Info.Features
	if k == 0 || n == 0 {
		return unsound(where, "Dual and Support", fmt.Sprintf("%d components of %d rows", k, n), "one or more")
	}
	if err := cmp.Or(c.resolve(where), checkNumbers(where, "Eigenvalues", m.Eigenvalues, k), checkRows(where, "Dual", m.Dual, n), checkNumbers(where, "Shift", m.Shift, k)); err != nil {
		return err
	}
	_, given := m.Kernel.(kernel.Precomputed)
	for _, i := range m.Support {
		if i < 0 || given && i >= p {
			return unsound(where, "Support", fmt.Sprint(i), "rows of the table")
		}
	}
	switch {
	case given && m.Rows == nil && m.Sparse == nil:
	case !given && m.Sparse == nil:
		if err := checkTensor(where, "Rows", m.Rows, n, p); err != nil {
			return err
		}
	case !given && m.Rows == nil:
		if r, cols := m.Sparse.Dims(); r != n || cols != p {
			return unsound(where, "Sparse", fmt.Sprintf("%d x %d", r, cols), fmt.Sprintf("%d x %d", n, p))
		}
		if _, _, _, ok := rows.CheckFinite(m.Sparse, false); !ok {
			return unsound(where, "Sparse", "a number that is not finite", "finite numbers")
		}
	default:
		return unsound(where, "Rows and Sparse", "both, or rows of a precomputed kernel", "one of them, none if the kernel is precomputed")
	}
	if c.Invert {
		if err := checkTensor(where, "Scores", m.Scores, n, k); err != nil {
			return err
		}
		if err := checkTensor(where, "Preimage", m.Preimage, n, p); err != nil {
			return err
		}
	} else if m.Scores != nil || m.Preimage != nil {
		return unsound(where, "Scores and Preimage", "there", "none without Invert")
	}
	m.p = m.projection()
	return nil
}

// values calls f with kernel values of a few rows of x with all rows of y, at a time. A row has the same values whether it comes alone or with others.
func (m *KernelPCAModel) values(where string, x rows.Rows, y tensor.Matrix, f func(lo, hi int, values []float64)) error {
	n, p := y.Dims()
	step := min(max(2, min(1<<21/n, 1<<20/p)), max(x.Len(), 2))
	if right := rows.Of(y); right.Sparse() && ofProducts(m.Kernel) {
		out := make([]float64, step*n)
		for lo := 0; lo < x.Len(); lo += step {
			hi := min(lo+step, x.Len())
			sparseKernels(out, m.Kernel, x, lo, hi, right)
			f(lo, hi, out[:(hi-lo)*n])
		}
		return nil
	}
	buf := make([]float64, step*p)
	for lo := 0; lo < x.Len(); lo += step {
		hi := min(lo+step, x.Len())
		block := x.Block(lo, hi, buf)
		if hi-lo == 1 { // products of one row with many go another way than those of two
			block = append(append(make([]float64, 0, 2*p), block...), block...)
		}
		v, err := metrics.Kernels(tensor.FromSlice(block, max(hi-lo, 2), p), y, m.Kernel)
		if err != nil {
			return relocate(where, err)
		}
		f(lo, hi, v.Data()[:(hi-lo)*n])
	}
	return nil
}

// Transform maps rows to their components, rows x components, by kernel values with all training rows: O(training rows · (columns + components)) a row.
func (m *KernelPCAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "decomp.KernelPCAModel.Transform"
	if err := cmp.Or(ml.CheckPredict(where, &m.Fitted, x)); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	from, k := rows.Of(x), len(m.Dual)
	out := tensor.New[float64](from.Len(), k)
	if _, given := m.Kernel.(kernel.Precomputed); given {
		buf, row := make([]float64, from.Cols()), make([]float64, len(m.Support))
		for i := range from.Len() {
			values := from.Row(i, buf)
			for a, j := range m.Support {
				row[a] = values[j]
			}
			m.p.row(out.Row(i), row)
		}
		return out, finiteOut(where, out)
	}
	var y tensor.Matrix = m.Rows
	if m.Sparse != nil {
		y = m.Sparse
	}
	if err := m.values(where, from, y, func(lo, hi int, values []float64) { m.p.rowsOf(out.Data()[lo*k:hi*k], values, hi-lo) }); err != nil {
		return nil, err
	}
	return out, finiteOut(where, out)
}

// Can says that there is no Inverse unless Invert was set.
func (m *KernelPCAModel) Can(ability any) ml.Verdict {
	if _, inverse := ability.(*ml.Inverter); inverse && m.Preimage == nil {
		return ml.Lacks
	}
	return ml.Undecided
}

// Out names the components: kpca0, kpca1, ..., each made of all columns.
func (m *KernelPCAModel) Out() []ml.Column {
	return embeddingColumns("kpca", len(m.Dual), m.Info.Features)
}

// Inverse maps components to rows whose components are about those: the ridge regression's prediction (Bakır, Weston and Schölkopf, NIPS 2003). Without Invert in the config it is [errors.ErrUnsupported].
func (m *KernelPCAModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "decomp.KernelPCAModel.Inverse"
	if err := narrow(where, x, len(m.Dual)); err != nil {
		return nil, err
	}
	if m.Preimage == nil {
		return nil, fmt.Errorf("%s: the config's Invert is false: %w", where, errors.ErrUnsupported)
	}
	from, p, n := rows.Of(x), m.Info.Features, len(m.Support)
	out := tensor.New[float64](from.Len(), p)
	w := &projection{p: n, k: p, w: m.Preimage.Data()}
	if err := m.values(where, from, m.Scores, func(lo, hi int, values []float64) { w.rowsOf(out.Data()[lo*p:hi*p], values, hi-lo) }); err != nil {
		return nil, err
	}
	return out, finiteOut(where, out)
}
