package kernel

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// GaussianProcessRegressor takes the targets for values of a Gaussian process with noise, and predicts by its posterior: a mean and a standard deviation for each row.
// The parameters of the covariance that are not Fixed are those of the largest marginal likelihood, found by L-BFGS-B along its gradient, from the given values
// and Restarts random ones. From 1000 rows on a search begins with every fourth row, and goes on with all from there, if that is better than where it began.
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
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	m := &GPRModel{Fitted: ml.NewFitted(d.Table, nil, nil)}
	f, err := c.fit(ctx, where, d.Table, [][]float64{d.Y}, &m.Info)
	if err != nil {
		return nil, err
	}
	c.Kernel = f.asked
	m.Config = c
	m.Kernel, m.Rows, m.Target, m.Alpha, m.Mean, m.Scale, m.LogMarginal = f.kernel, f.rows, f.y[0], f.alpha[0], f.mean[0], f.scale[0], f.likelihood()
	m.Factor = f.inverseFactor()
	if err := m.Restore(); err != nil {
		return nil, err
	}
	return m, nil
}

// resolve fills in the defaults that do not depend on the data.
func (c *GaussianProcessRegressor) resolve(where string) error {
	if err := positive(where, "Noise", &c.Noise, 1e-10); err != nil {
		return err
	}
	return climber{c.Restarts, c.MaxIter, c.Seed}.check(where)
}

// fit learns the parameters that the outputs share.
func (c GaussianProcessRegressor) fit(ctx context.Context, where string, t ml.Table, y [][]float64, info *ml.Info) (*process, error) {
	x := rows.Of(t.X)
	if x.Sparse() {
		return nil, refuseSparse(where)
	}
	kernel := covarianceOr(c.Kernel)
	if err := checkCovariance(where, kernel, x.Cols()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	idx, w := present(x.Len(), t.Weight)
	g := &process{lot: newLot(copyRows(x, idx)), noise: make([]float64, len(idx)), asked: kernel, ctx: ctx}
	for i := range idx {
		g.noise[i] = c.Noise / w[i]
	}
	for _, all := range y {
		own, mean, scale := make([]float64, len(idx)), 0.0, 1.0
		for i, r := range idx {
			own[i] = all[r]
		}
		if c.Normalize {
			mean, scale = normalize(own, w)
		}
		g.y, g.mean, g.scale = append(g.y, own), append(g.mean, mean), append(g.scale, scale)
	}
	best, err := climber{c.Restarts, c.MaxIter, c.Seed}.climb(ctx, kernel, x.Cols(), info, g.at, g.rough())
	if err != nil {
		return nil, err
	}
	if g.kernel = best; !g.factor() {
		return nil, notPositive(where)
	}
	return g, nil
}

func notPositive(where string) error {
	return &ml.Error{Where: where, Field: "Kernel", Found: "a matrix that is not positive definite", Want: "a covariance that is, or more Noise", Kind: ml.ErrData}
}

// covarianceOr is the covariance of a config that names none.
func covarianceOr(k Covariance) Covariance {
	if k == nil {
		return SquaredExponential{Length: []float64{1}, Range: Range{Fixed: true}}
	}
	return k
}

func refuseSparse(where string) error {
	return &ml.Error{Where: where, Field: "X", Found: "a CSR matrix", Want: "a dense one: Gaussian processes here do not take sparse rows", Kind: ml.ErrShape}
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

	post *posterior
}

var (
	_ ml.Predictor[float64]    = (*GPRModel)(nil)
	_ ml.RowPredictor[float64] = (*GPRModel)(nil)
	_ ml.Into[float64]         = (*GPRModel)(nil)
)

// normalize takes numbers less their weighted mean, over their weighted standard deviation (1 if that is 0).
func normalize(y, w []float64) (mean, scale float64) {
	total, sum := 0.0, 0.0
	for i, v := range y {
		total += w[i]
		sum += float64(w[i] * v)
	}
	mean = sum / total
	s := 0.0
	for i, v := range y {
		s += float64(w[i] * (v - mean) * (v - mean))
	}
	if scale = math.Sqrt(s / total); !(scale > 0) {
		scale = 1
	}
	for i, v := range y {
		y[i] = (v - mean) / scale
	}
	return mean, scale
}

// Restore checks a model that was read from a file.
func (m *GPRModel) Restore() error {
	const where = "kernel.GPRModel"
	if len(m.Target) != len(m.Alpha) {
		return &ml.Error{Where: where, Field: "Target", Found: fmt.Sprintf("%d long", len(m.Target)), Want: fmt.Sprintf("%d rows", len(m.Alpha)), Kind: ml.ErrFormat}
	}
	var err error
	m.post, err = newPosterior(where, m.Kernel, m.Rows, m.Factor, len(m.Alpha), m.Info.Features)
	return err
}

func (m *GPRModel) check(where string, x tensor.Matrix) error { return checkDense(where, &m.Fitted, x) }

// mean is of one row; k is room for its covariances.
func (m *GPRModel) mean(k, x []float64) float64 {
	m.post.against(m.Kernel, k, x)
	return float64(kern.Dot(k, m.Alpha)*m.Scale) + m.Mean
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
		a.row, a.k = grow(a.row, r.Cols()), grow(a.k, len(m.Alpha))
		for i := range dst {
			dst[i] = m.mean(a.k, r.Row(i, a.row))
		}
		askers.Put(a)
		return nil
	}
	par.For(len(dst), 5*len(m.Alpha), func(lo, hi int) {
		buf, k := make([]float64, r.Cols()), make([]float64, len(m.Alpha))
		for i := lo; i < hi; i++ {
			dst[i] = m.mean(k, r.Row(i, buf))
		}
	})
	return nil
}

// PredictRow returns the posterior mean of a single row without allocating.
func (m *GPRModel) PredictRow(x []float64) (float64, error) {
	if err := checkAskedRow("kernel.GPRModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := askers.Get().(*asking)
	a.k = grow(a.k, len(m.Alpha))
	v := m.mean(a.k, x)
	askers.Put(a)
	return v, nil
}

// PredictDeviation returns the posterior mean and standard deviation of each row, in units of Y; a [White] part of the covariance counts as part of what is predicted, Noise does not.
func (m *GPRModel) PredictDeviation(x tensor.Matrix) (mean, deviation []float64, err error) {
	if mean, err = m.Predict(x); err != nil {
		return nil, nil, err
	}
	deviation = make([]float64, len(mean))
	m.post.each(rows.Of(x), func(i int, _ []float64, variance float64) { deviation[i] = math.Sqrt(variance) * m.Scale })
	return mean, deviation, nil
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
