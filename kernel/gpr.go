package kernel

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// GaussianProcessRegressor takes the targets for values of a Gaussian process with noise, and predicts by its posterior: a mean and a standard deviation for each row.
// The parameters of the covariance that are not Fixed are those of the largest marginal likelihood, found by L-BFGS-B along its gradient, from the given values
// and Restarts random ones.
//
// Weights say how much noise a row has: one of weight w has Noise/w, which is that row w times, each with Noise (a [White] in the covariance does not shrink so); 0 leaves the row out. CSR is
// refused. A step of the search costs rows³ operations and rows² numbers, a prediction rows·columns, its deviation rows².
//
// Rasmussen and Williams: Gaussian Processes for Machine Learning (2006), algorithms 2.1 and 5.1.
type GaussianProcessRegressor struct {
	Kernel    Covariance // nil: SquaredExponential of length 1, fixed
	Noise     float64    // variance of the noise of a row, > 0, in units of Y² (of its variance with Normalize). 0: 1e-10
	Normalize bool       // take targets less their mean, over their standard deviation. False: as they are, about 0
	Restarts  int        // searches from random values, uniform in the logarithms between the bounds. 0: none
	MaxIter   int        // steps of each search. 0: 15000
	Seed      uint64     // of the restarts
}

var _ ml.Fitter[ml.Dataset[float64], *GPRModel] = GaussianProcessRegressor{}

// Fit returns the process. Info.Gap is the largest component of the projected gradient of the log marginal likelihood.
func (c GaussianProcessRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*GPRModel, error) {
	const where = "kernel.GaussianProcessRegressor.Fit"
	if err := positive(where, "Noise", &c.Noise, 1e-10); err != nil {
		return nil, err
	}
	if c.Restarts < 0 {
		return nil, ml.BadConfig(where, "Restarts", c.Restarts, ">= 0")
	}
	if c.MaxIter < 0 {
		return nil, ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 15000")
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	x := rows.Of(d.X)
	if x.Sparse() {
		return nil, refuseSparse(where)
	}
	if c.Kernel == nil {
		c.Kernel = SquaredExponential{Length: []float64{1}, Range: Range{Fixed: true}}
	}
	if err := checkCovariance(where, c.Kernel, x.Cols()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	idx, w := present(x.Len(), d.Weight)
	m := &GPRModel{Fitted: ml.NewFitted(d.Table, nil, c), Rows: tensor.New[float64](len(idx), x.Cols()), Scale: 1, Target: make([]float64, len(idx))}
	noise := make([]float64, len(idx))
	buf := make([]float64, x.Cols())
	for i, r := range idx {
		copy(m.Rows.Row(i), x.Row(r, buf))
		m.Target[i] = d.Y[r]
		noise[i] = c.Noise / w[i]
	}
	if c.Normalize {
		m.normalize(w)
	}
	g := &process{x: m.Rows, y: m.Target, noise: noise, kernel: c.Kernel, ctx: ctx}
	if err := g.search(c, &m.Info); err != nil {
		return nil, err
	}
	if !g.factor() {
		return nil, &ml.Error{Where: where, Field: "Kernel", Found: "a matrix that is not positive definite", Want: "a covariance that is, or more Noise", Kind: ml.ErrData}
	}
	n := len(idx)
	m.Kernel, m.Alpha, m.LogMarginal = g.kernel, g.alpha, g.likelihood()
	m.Factor = tensor.New[float64](n, n)
	g.chol.InverseFactor(m.Factor.Data())
	if err := m.Restore(); err != nil {
		return nil, err
	}
	return m, nil
}

func refuseSparse(where string) error {
	return &ml.Error{Where: where, Field: "X", Found: "a CSR matrix", Want: "a dense one: Gaussian processes here do not take sparse rows", Kind: ml.ErrShape}
}

// process is a fit under way.
type process struct {
	x      *tensor.Tensor[float64]
	y      []float64
	noise  []float64
	kernel Covariance
	chol   *linalg.Cholesky
	alpha  []float64
	ctx    context.Context
}

// factor makes the Cholesky factor of the covariance of the rows, and the weights of the mean.
func (g *process) factor() bool {
	n := len(g.y)
	k := make([]float64, n*n)
	par.For(n, 20*n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := i; j < n; j++ {
				k[i*n+j] = g.kernel.Of(g.x.Row(i), g.x.Row(j), i == j)
			}
			k[i*n+i] += g.noise[i]
		}
	})
	if !linalg.AllFinite(k) {
		return false
	}
	if g.chol = linalg.NewCholesky(k, n); g.chol == nil {
		return false
	}
	g.alpha = append([]float64(nil), g.y...)
	g.chol.Solve(g.alpha)
	return linalg.AllFinite(g.alpha)
}

func (g *process) likelihood() float64 {
	return -linalg.Dot(g.y, g.alpha)/2 - g.chol.LogDet()/2 - float64(len(g.y))/2*math.Log(2*math.Pi)
}

// gradient is that of the log marginal likelihood by the logarithms of all parameters: half the trace of (alpha·alphaᵀ - K⁻¹)·dK.
func (g *process) gradient(count int) []float64 {
	n := len(g.y)
	inverse := make([]float64, n*n)
	g.chol.Inverse(inverse)
	return par.Reduce(n, 16, func(_, lo, hi int) []float64 {
		sum, dk := make([]float64, count), make([]float64, count)
		for i := lo; i < hi; i++ {
			for j := i; j < n; j++ {
				g.kernel.Gradient(dk, g.x.Row(i), g.x.Row(j), i == j)
				w := float64(g.alpha[i]*g.alpha[j]) - inverse[i*n+j]
				if i == j {
					w /= 2
				}
				for t, v := range dk {
					sum[t] += float64(w * v)
				}
			}
		}
		return sum
	}, func(a, b []float64) []float64 {
		for t, v := range b {
			a[t] += v
		}
		return a
	})
}

// search leaves the best parameters in kernel.
func (g *process) search(c GaussianProcessRegressor, info *ml.Info) error {
	parameters := c.Kernel.Parameters(g.x.Shape()[1])
	var free []int
	var low, high, start []float64
	for i, p := range parameters {
		if !p.Fixed {
			free = append(free, i)
			low, high, start = append(low, math.Log(p.Low)), append(high, math.Log(p.High)), append(start, math.Log(p.Value))
		}
	}
	info.Status = ml.Converged
	if len(free) == 0 {
		return nil
	}
	values := make([]float64, len(parameters))
	set := func(logs []float64) {
		for i, p := range parameters {
			values[i] = p.Value
		}
		for k, i := range free {
			values[i] = math.Exp(logs[k])
		}
		g.kernel = c.Kernel.With(values)
	}
	track := ml.Track(g.ctx, "step", c.MaxIter)
	steps := 0
	best, most := append([]float64(nil), start...), math.Inf(-1)
	for restart := range c.Restarts + 1 {
		at := append([]float64(nil), start...)
		if restart > 0 {
			r := rng.New(c.Seed, uint64(restart))
			for k := range at {
				at[k] = low[k] + float64(r.Float64()*(high[k]-low[k]))
			}
		}
		stopped := false
		result, err := optim.LBFGSB{Lower: low, Upper: high, MaxIter: c.MaxIter,
			Observe: func(_ int, f, _ float64) (bool, error) {
				steps++
				var err error
				stopped, err = track.Step(steps, ml.Loss{Train: f})
				return stopped, err
			},
			Eval: func(at, grad []float64) float64 {
				set(at)
				if g.ctx.Err() != nil || !g.factor() {
					clear(grad)
					return math.Inf(1)
				}
				all := g.gradient(len(parameters))
				for k, i := range free {
					grad[k] = -all[i]
				}
				return -g.likelihood()
			}}.Minimize(at)
		if err == nil {
			err = ml.Done(g.ctx)
		}
		if err != nil {
			return err
		}
		if -result.F > most {
			best, most = at, -result.F
			info.Gap = result.Gap
		}
		if stopped {
			info.Status = ml.Stopped
			break
		}
		if result.Iterations >= c.MaxIter && c.MaxIter > 0 {
			info.Status = ml.MaxIter
		}
	}
	info.Iterations = steps
	set(best)
	return nil
}

// GPRModel is a fitted [GaussianProcessRegressor].
type GPRModel struct {
	ml.Fitted
	Kernel      Covariance              // with the parameters learned
	Rows        *tensor.Tensor[float64] // training rows
	Target      []float64               // their targets, normalised if asked for
	Alpha       []float64               // of the mean: Σ Alpha_i·K(Rows_i, x)
	Factor      *tensor.Tensor[float64] // upper triangular P with P·Pᵀ the inverse of the covariance of the training rows
	Mean, Scale float64                 // of the targets; 0 and 1 without Normalize
	LogMarginal float64                 // log marginal likelihood of Target
}

var (
	_ ml.Predictor[float64]    = (*GPRModel)(nil)
	_ ml.RowPredictor[float64] = (*GPRModel)(nil)
	_ ml.Into[float64]         = (*GPRModel)(nil)
)

// normalize takes the targets less their weighted mean, over their weighted standard deviation.
func (m *GPRModel) normalize(w []float64) {
	total, sum := 0.0, 0.0
	for i, y := range m.Target {
		total += w[i]
		sum += float64(w[i] * y)
	}
	m.Mean = sum / total
	s := 0.0
	for i, y := range m.Target {
		s += float64(w[i] * (y - m.Mean) * (y - m.Mean))
	}
	if m.Scale = math.Sqrt(s / total); !(m.Scale > 0) {
		m.Scale = 1
	}
	for i, y := range m.Target {
		m.Target[i] = (y - m.Mean) / m.Scale
	}
}

// Restore checks a model that was read from a file.
func (m *GPRModel) Restore() error {
	const where = "kernel.GPRModel"
	n := len(m.Alpha)
	fits := func(t *tensor.Tensor[float64], r, c int) bool {
		return t != nil && len(t.Shape()) == 2 && t.Shape()[0] == r && t.Shape()[1] == c
	}
	if n == 0 || len(m.Target) != n || !fits(m.Rows, n, m.Info.Features) || !fits(m.Factor, n, n) {
		return &ml.Error{Where: where, Field: "Rows, Target, Alpha and Factor", Found: "shapes that do not fit", Want: fmt.Sprintf("%d rows", n), Kind: ml.ErrFormat}
	}
	if m.Kernel == nil {
		return &ml.Error{Where: where, Field: "Kernel", Found: "nil", Want: "a Covariance", Kind: ml.ErrFormat}
	}
	return checkCovariance(where, m.Kernel, m.Info.Features)
}

func (m *GPRModel) check(where string, x tensor.Matrix) error {
	if err := checkAsked(where, &m.Fitted, x); err != nil {
		return err
	}
	if rows.Of(x).Sparse() {
		return refuseSparse(where)
	}
	return nil
}

func (m *GPRModel) mean(x []float64) float64 {
	s := 0.0
	for i, a := range m.Alpha {
		s += float64(a * m.Kernel.Of(x, m.Rows.Row(i), false))
	}
	return float64(s*m.Scale) + m.Mean
}

// Predict returns the posterior mean of each row of x, which must be finite and dense.
func (m *GPRModel) Predict(x tensor.Matrix) ([]float64, error) {
	return predictNumbers("kernel.GPRModel.Predict", &m.Fitted, x, m.PredictInto)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *GPRModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "kernel.GPRModel.PredictInto"
	if err := m.check(where, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	if few(len(dst)) {
		a := askers.Get().(*asking)
		a.row = grow(a.row, r.Cols())
		for i := range dst {
			dst[i] = m.mean(r.Row(i, a.row))
		}
		askers.Put(a)
		return nil
	}
	par.For(len(dst), 20*len(m.Alpha), func(lo, hi int) {
		buf := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			dst[i] = m.mean(r.Row(i, buf))
		}
	})
	return nil
}

// PredictRow returns the posterior mean of a single row without allocating.
func (m *GPRModel) PredictRow(x []float64) (float64, error) {
	if err := checkAskedRow("kernel.GPRModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	return m.mean(x), nil
}

// PredictDeviation returns the posterior mean and standard deviation of each row, in units of Y; a [White] part of the covariance counts as part of what is predicted, Noise does not.
func (m *GPRModel) PredictDeviation(x tensor.Matrix) (mean, deviation []float64, err error) {
	if mean, err = m.Predict(x); err != nil {
		return nil, nil, err
	}
	r := rows.Of(x)
	deviation = make([]float64, len(mean))
	n := len(m.Alpha)
	par.For(len(mean), n*n/4, func(lo, hi int) {
		buf, half := make([]float64, r.Cols()), make([]float64, n)
		for i := lo; i < hi; i++ {
			row := r.Row(i, buf)
			m.project(half, row)
			v := m.Kernel.Of(row, row, true) - linalg.Dot(half, half)
			deviation[i] = math.Sqrt(max(v, 0)) * m.Scale
		}
	})
	return mean, deviation, nil
}

// project writes Pᵀ times the covariances of a row with the training rows.
func (m *GPRModel) project(dst, x []float64) {
	clear(dst)
	for i := range m.Alpha {
		linalg.Axpy(m.Kernel.Of(x, m.Rows.Row(i), false), m.Factor.Row(i)[i:], dst[i:])
	}
}

// LeaveOneOut returns for every training row the mean and standard deviation that the process without it predicts for its target, with the parameters as they are, in units of
// Y (Rasmussen and Williams 5.12). Noise is part of the deviation.
func (m *GPRModel) LeaveOneOut() (mean, deviation []float64) {
	mean, deviation = make([]float64, len(m.Alpha)), make([]float64, len(m.Alpha))
	for i, a := range m.Alpha {
		own := linalg.Dot(m.Factor.Row(i)[i:], m.Factor.Row(i)[i:])
		mean[i] = float64((m.Target[i]-a/own)*m.Scale) + m.Mean
		deviation[i] = m.Scale / math.Sqrt(own)
	}
	return mean, deviation
}
