package kernel

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// GaussianProcessClassifier takes the log odds of two classes for a Gaussian process, and its posterior for the Gaussian about the most likely values: Laplace's approximation.
// The parameters of the covariance that are not Fixed are those of the largest approximate marginal likelihood, found as [GaussianProcessRegressor] finds them. Probabilities are the
// mean of the logistic function under the posterior, by the error functions of Williams and Barber.
//
// More than two classes are a process for each class against the rest, whose probabilities are divided by their sum, or with OneVsOne one for each pair, of which a class has the mean of its probabilities.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows (a [White] in the covariance is still one draw for the row). CSR is refused. A step of the search costs some
// five times rows³ operations for each Newton step and rows² numbers; a prediction rows² for each process.
//
// Rasmussen and Williams: Gaussian Processes for Machine Learning (2006), algorithms 3.1, 3.2 and 5.1; Williams and Barber: Bayesian classification with Gaussian processes. IEEE PAMI 20 (1998).
type GaussianProcessClassifier struct {
	Kernel    Covariance // nil: SquaredExponential of length 1, fixed
	OneVsOne  bool       // a process for each pair of classes. False: for each class against the rest
	Restarts  int        // searches from random values, uniform in the logarithms between the bounds. 0: none
	MaxIter   int        // steps of each search. 0: 15000
	MaxNewton int        // steps towards the most likely values, for each covariance. 0: 100
	Seed      uint64     // of the restarts
}

var _ ml.Fitter[ml.Dataset[int], *GPCModel] = GaussianProcessClassifier{}

// Fit returns the classifier. Info.Gap is the largest component of the projected gradient of the log marginal likelihood over the processes.
func (c GaussianProcessClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*GPCModel, error) {
	const where = "kernel.GaussianProcessClassifier.Fit"
	if c.MaxNewton < 0 {
		return nil, ml.BadConfig(where, "MaxNewton", c.MaxNewton, ">= 1, or 0 for 100")
	}
	if c.MaxNewton == 0 {
		c.MaxNewton = 100
	}
	search := climber{c.Restarts, c.MaxIter, c.Seed}
	if err := search.check(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	x := rows.Of(d.X)
	if x.Sparse() {
		return nil, refuseSparse(where)
	}
	c.Kernel = covarianceOr(c.Kernel)
	if err := checkCovariance(where, c.Kernel, x.Cols()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	idx, w := present(x.Len(), d.Weight)
	m := &GPCModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), Width: max(d.K(), 2)}
	of := map[int]bool{}
	for _, i := range idx {
		of[d.Y[i]] = true
	}
	for k := range d.K() {
		if of[k] {
			m.Seen = append(m.Seen, k)
		}
	}
	if len(m.Seen) < 2 {
		return nil, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("%d class with rows", len(m.Seen)), Want: "at least two", Kind: ml.ErrTarget}
	}
	m.Info.Status = ml.Converged
	for q, p := range m.problems(c.OneVsOne) {
		l := &laplace{ctx: ctx, most: c.MaxNewton}
		var some []int
		for k, i := range idx {
			if positive := d.Y[i] == p[0]; positive || p[1] < 0 || d.Y[i] == p[1] {
				some = append(some, i)
				y := 0.0
				if positive {
					y = 1
				}
				l.y, l.w = append(l.y, y), append(l.w, w[k])
			}
		}
		l.lot = newLot(copyRows(x, some))
		info := ml.Info{}
		best, err := search.climb(ml.WithTask(ctx, "process", q, len(m.problems(c.OneVsOne))), c.Kernel, x.Cols(), &info, l.at, nil)
		if err != nil {
			return nil, err
		}
		if !l.mode(best) {
			if err := ml.Done(ctx); err != nil {
				return nil, err
			}
			return nil, notPositive(where)
		}
		factor := tensor.New[float64](l.n, l.n)
		l.chol.InverseFactor(factor.Data())
		m.Processes = append(m.Processes, GPCProcess{Kernel: best, Rows: l.rows, Residual: l.residual, Root: l.root, Factor: factor, LogMarginal: l.value})
		m.Info.Status, m.Info.Gap, m.Info.Iterations = worse(m.Info.Status, info.Status), max(m.Info.Gap, info.Gap), m.Info.Iterations+info.Iterations
	}
	if err := m.Restore(); err != nil {
		return nil, err
	}
	return m, nil
}

// laplace is the fit of one process under way.
type laplace struct {
	*lot
	y, w []float64 // y is 0 or 1
	most int
	ctx  context.Context

	k, b           []float64 // n x n: the covariance, whole; room
	inverse, cross []float64 // n x n: room of the gradient
	f, a, pi       []float64
	root           []float64 // of the curvature of the likelihood
	residual       []float64
	chol           *linalg.Cholesky // of I + root·K·root
	value          float64
}

// mode takes Newton's steps to the most likely values until the likelihood rises by less than 1e-10. What it keeps is of the values before the last step, as in the algorithm of the book.
func (l *laplace) mode(kernel Covariance) bool {
	n := l.n
	if l.k == nil {
		l.k, l.b = make([]float64, n*n), make([]float64, n*n)
		l.f, l.pi, l.root, l.residual = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		l.measure(kernel)
	}
	l.matrix(kernel, l.k)
	if !linalg.AllFinite(l.k) {
		return false
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			l.k[j*n+i] = l.k[i*n+j]
		}
	}
	clear(l.f)
	l.value = math.Inf(-1)
	rhs, solved := make([]float64, n), make([]float64, n)
	for range l.most {
		if l.ctx.Err() != nil {
			return false
		}
		kern.Sigmoid(l.pi, l.f)
		for i, p := range l.pi {
			curve := l.w[i] * p * (1 - p)
			l.root[i] = math.Sqrt(curve)
			l.residual[i] = l.w[i] * (l.y[i] - p)
			rhs[i] = float64(curve*l.f[i]) + l.residual[i]
		}
		for i := range n {
			row := l.b[i*n+i : (i+1)*n]
			kern.Scal(l.root[i], row, l.k[i*n+i:(i+1)*n])
			kern.Mul(row, row, l.root[i:])
			row[0]++
		}
		if l.chol = linalg.NewCholesky(l.b, n); l.chol == nil {
			return false
		}
		kern.Gemv(false, n, n, 1, l.k, n, rhs, 0, solved)
		kern.Mul(solved, solved, l.root)
		l.chol.Solve(solved)
		l.a = slices.Clone(rhs)
		for i, v := range solved {
			l.a[i] -= float64(l.root[i] * v)
		}
		kern.Gemv(false, n, n, 1, l.k, n, l.a, 0, l.f)
		value := -linalg.Dot(l.a, l.f)/2 - l.chol.LogDet()/2
		for i, f := range l.f {
			if l.y[i] == 1 {
				f = -f
			}
			// log(1 + exp(f)), which does not overflow
			value -= l.w[i] * (max(f, 0) + math.Log1p(math.Exp(-math.Abs(f))))
		}
		rise := value - l.value
		if math.IsNaN(value) {
			return false
		}
		if rise < 1e-10 {
			break
		}
		l.value = value
	}
	return true
}

// at is the log marginal likelihood of a covariance, and its gradient: half of the trace of (a·aᵀ - R)·dK, and what it changes by way of the mode.
func (l *laplace) at(kernel Covariance, grad []float64) (float64, bool) {
	if !l.mode(kernel) {
		return 0, false
	}
	n := l.n
	if l.inverse == nil {
		l.inverse, l.cross = make([]float64, n*n), make([]float64, n*n)
	}
	// R = root·B⁻¹·root = P·Pᵀ, with which K·R·K has the diagonal that is wanted
	l.chol.InverseFactor(l.cross)
	for i, s := range l.root {
		row := l.cross[i*n : (i+1)*n]
		kern.Scal(s, row, row)
	}
	kern.Gemm(false, true, n, n, n, 1, l.cross, n, l.cross, n, 0, l.inverse, n)
	kern.Gemm(false, false, n, n, n, 1, l.k, n, l.cross, n, 0, l.b, n)
	third, u := make([]float64, n), make([]float64, n)
	for i, p := range l.pi {
		own := l.b[i*n : (i+1)*n]
		third[i] = -(l.k[i*n+i] - linalg.Dot(own, own)) / 2 * (l.w[i] * p * (1 - p) * (1 - 2*p))
	}
	kern.Gemv(false, n, n, 1, l.k, n, third, 0, u)
	back := make([]float64, n)
	kern.Gemv(false, n, n, 1, l.inverse, n, u, 0, back)
	for i := range u {
		u[i] = third[i] - back[i]
	}
	t := l.residual
	copy(grad, l.slope(kernel, len(grad), func(dst []float64, i int) {
		kern.Scal(-1, dst, l.inverse[i*n+i:(i+1)*n])
		kern.Axpy(l.a[i], l.a[i:], dst)
		kern.Axpy(u[i], t[i:], dst)
		kern.Axpy(t[i], u[i:], dst)
		dst[0] /= 2
	}))
	return l.value, linalg.AllFinite(grad)
}

// GPCProcess is the process of a class against others.
type GPCProcess struct {
	Kernel      Covariance              // with the parameters learned
	Rows        *tensor.Tensor[float64] // training rows
	Residual    []float64               // weight times (1 or 0 less probability): the mean of the log odds is Σ Residual_i·K(Rows_i, x)
	Root        []float64               // roots of the curvature of the likelihood
	Factor      *tensor.Tensor[float64] // upper triangular P with P·Pᵀ the inverse of I + Root·K·Root
	LogMarginal float64                 // Laplace's approximation of the log marginal likelihood
}

// GPCModel is a fitted [GaussianProcessClassifier].
type GPCModel struct {
	ml.Fitted
	Width     int          // classes
	Seen      []int        // codes of those with training rows, rising
	Processes []GPCProcess // of two classes one, for the higher code; else of each class seen, or of each pair (0, 1), (0, 2), ..., (1, 2), ... for the higher

	posts []*posterior
	pairs [][2]int
}

var (
	_ ml.Classifier        = (*GPCModel)(nil)
	_ ml.RowPredictor[int] = (*GPCModel)(nil)
	_ ml.RowProba          = (*GPCModel)(nil)
)

// problems are the classes that each process is for and against, -1 for all others.
func (m *GPCModel) problems(pairs bool) [][2]int {
	if len(m.Seen) == 2 {
		return [][2]int{{m.Seen[1], m.Seen[0]}}
	}
	var out [][2]int
	for a, c := range m.Seen {
		if !pairs {
			out = append(out, [2]int{c, -1})
			continue
		}
		for _, d := range m.Seen[a+1:] {
			out = append(out, [2]int{d, c})
		}
	}
	return out
}

// Restore checks a model that was read from a file.
func (m *GPCModel) Restore() error {
	const where = "kernel.GPCModel"
	bad := &ml.Error{Where: where, Field: "Seen and Processes", Found: "classes and processes that do not fit", Want: "one process for each class or pair", Kind: ml.ErrFormat}
	if len(m.Seen) < 2 || m.Width < len(m.Seen) || m.Width > math.MaxInt32 || m.Classes != nil && len(m.Classes) != m.Width {
		return bad
	}
	for a, c := range m.Seen {
		if c < 0 || c >= m.Width || a > 0 && c <= m.Seen[a-1] {
			return bad
		}
	}
	config, _ := m.Config.(GaussianProcessClassifier)
	m.pairs, m.posts = m.problems(config.OneVsOne), nil
	if len(m.Processes) != len(m.pairs) {
		return bad
	}
	for _, p := range m.Processes {
		if len(p.Root) != len(p.Residual) {
			return bad
		}
		post, err := newPosterior(where, p.Kernel, p.Rows, p.Factor, len(p.Residual), m.Info.Features)
		if err != nil {
			return err
		}
		post.root = p.Root
		m.posts = append(m.posts, post)
	}
	return nil
}

// The logistic function is nearly ½·Σ weight·erf(rate·f) + ½·Σ weight, after Williams and Barber, whose mean under a Gaussian has a closed form.
var (
	logisticRates   = [...]float64{0.41, 0.4, 0.37, 0.44, 0.39}
	logisticWeights = [...]float64{-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654}
)

// meanLogistic is that of a Gaussian number.
func meanLogistic(mean, variance float64) float64 {
	s := 0.0
	for i, r := range logisticRates {
		s += float64(logisticWeights[i]*math.Erf(r*mean/math.Sqrt(1+2*variance*r*r))/2) + logisticWeights[i]/2
	}
	return min(max(s, 0), 1)
}

// odds hands the mean and variance of the log odds of every process for every row of x to use.
func (m *GPCModel) odds(x rows.Rows, use func(q, i int, mean, variance float64)) {
	for q, p := range m.posts {
		means := make([]float64, x.Len())
		par.For(x.Len(), 5*p.n, func(lo, hi int) {
			row, k := make([]float64, x.Cols()), make([]float64, p.n)
			for i := lo; i < hi; i++ {
				means[i] = m.mean(q, k, x.Row(i, row))
			}
		})
		p.each(x, func(i int, _ []float64, variance float64) { use(q, i, means[i], variance) })
	}
}

// LogOdds returns the posterior mean and variance of the log odds of every process, rows x processes, in their order.
func (m *GPCModel) LogOdds(x tensor.Matrix) (mean, variance *tensor.Tensor[float64], err error) {
	if err := checkDense("kernel.GPCModel.LogOdds", &m.Fitted, x); err != nil {
		return nil, nil, err
	}
	r := rows.Of(x)
	mean, variance = tensor.New[float64](r.Len(), len(m.posts)), tensor.New[float64](r.Len(), len(m.posts))
	m.odds(r, func(q, i int, f, v float64) {
		mean.Set(f, i, q)
		variance.Set(v, i, q)
	})
	return mean, variance, nil
}

func (m *GPCModel) mean(q int, k, x []float64) float64 {
	p := m.posts[q]
	p.against(p.kernel, k, x)
	return kern.Dot(k, m.Processes[q].Residual)
}

// PredictProba returns rows x K probabilities. x must be finite and dense.
func (m *GPCModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := checkDense("kernel.GPCModel.PredictProba", &m.Fitted, x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := tensor.New[float64](r.Len(), m.Width)
	m.odds(r, func(q, i int, mean, variance float64) {
		m.add(out.Row(i), q, mean, variance)
	})
	for i := range r.Len() {
		m.share(out.Row(i))
	}
	return out, nil
}

// Predict returns the class code of each row of x: the most probable one, of equal ones the first; of two classes the second if its mean log odds are above 0.
func (m *GPCModel) Predict(x tensor.Matrix) ([]int, error) {
	if err := checkDense("kernel.GPCModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := make([]int, r.Len())
	if len(m.Seen) == 2 {
		par.For(len(out), 5*m.posts[0].n, func(lo, hi int) {
			row, k := make([]float64, r.Cols()), make([]float64, m.posts[0].n)
			for i := lo; i < hi; i++ {
				out[i] = m.binary(m.mean(0, k, r.Row(i, row)))
			}
		})
		return out, nil
	}
	p, err := m.PredictProba(x)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = kern.ArgMax(p.Row(i))
	}
	return out, nil
}

func (m *GPCModel) binary(odds float64) int {
	if odds > 0 {
		return m.Seen[1]
	}
	return m.Seen[0]
}

// PredictRow returns the class code of a single row without allocating.
func (m *GPCModel) PredictRow(x []float64) (int, error) {
	if err := checkAskedRow("kernel.GPCModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := askers.Get().(*asking)
	c := 0
	if len(m.Seen) == 2 {
		a.k = grow(a.k, m.posts[0].n)
		c = m.binary(m.mean(0, a.k, x))
	} else {
		a.row = grow(a.row, m.Width)
		m.row(a.row, a, x)
		c = kern.ArgMax(a.row)
	}
	askers.Put(a)
	return c, nil
}

// ProbaRow writes the probabilities of a single row to dst, one for each class, without allocating.
func (m *GPCModel) ProbaRow(dst, x []float64) error {
	const where = "kernel.GPCModel.ProbaRow"
	if err := checkAskedRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.Width {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(m.Width))
	}
	a := askers.Get().(*asking)
	m.row(dst, a, x)
	askers.Put(a)
	return nil
}

// row does for one row what PredictProba does for many, with products of the same size, so that the bits are the same.
func (m *GPCModel) row(dst []float64, a *asking, x []float64) {
	clear(dst)
	for q, p := range m.posts {
		a.k, a.room = grow(a.k, 2*p.n), grow(a.room, 2*p.n)
		mean := m.mean(q, a.k[:p.n], x)
		clear(a.k[p.n:])
		m.add(dst, q, mean, p.variance(a.k, a.room, x))
	}
	m.share(dst)
}

// add counts what one process says.
func (m *GPCModel) add(dst []float64, q int, mean, variance float64) {
	p, classes := meanLogistic(mean, variance), m.pairs[q]
	dst[classes[0]] += p
	if classes[1] >= 0 {
		dst[classes[1]] += 1 - p
	}
}

// share makes the sum 1.
func (m *GPCModel) share(dst []float64) {
	sum := 0.0
	for _, p := range dst {
		sum += p
	}
	for _, c := range m.Seen {
		if sum > 0 {
			dst[c] /= sum
		} else {
			dst[c] = 1 / float64(len(m.Seen))
		}
	}
}
