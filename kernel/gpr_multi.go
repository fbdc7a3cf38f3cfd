package kernel

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// GaussianProcessRegressorMulti is [GaussianProcessRegressor] for several targets: independent processes of one covariance, whose parameters are those of the largest sum of log marginal
// likelihoods. Each target has its own mean and scale with Normalize.
type GaussianProcessRegressorMulti GaussianProcessRegressor

var _ ml.Fitter[ml.Dataset[[]float64], *GPRMultiModel] = GaussianProcessRegressorMulti{}

// Fit returns the processes. Info.Gap is as GaussianProcessRegressor's.
func (c GaussianProcessRegressorMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*GPRMultiModel, error) {
	const where = "kernel.GaussianProcessRegressorMulti.Fit"
	one := GaussianProcessRegressor(c)
	if err := one.resolve(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	y := make([][]float64, len(d.Y[0]))
	for t := range y {
		for _, row := range d.Y {
			y[t] = append(y[t], row[t])
		}
	}
	m := &GPRMultiModel{Fitted: ml.NewFitted(d.Table, nil, nil)}
	f, err := one.fit(ctx, where, d.Table, y, &m.Info)
	if err != nil {
		return nil, err
	}
	one.Kernel = f.asked
	m.Config = GaussianProcessRegressorMulti(one)
	m.Kernel, m.Rows, m.Mean, m.Scale, m.LogMarginal, m.Factor = f.kernel, f.rows, f.mean, f.scale, f.likelihood(), f.inverseFactor()
	m.Alpha = tensor.New[float64](len(y), f.n)
	for t, a := range f.alpha {
		copy(m.Alpha.Row(t), a)
	}
	if err := m.Restore(); err != nil {
		return nil, err
	}
	return m, nil
}

// GPRMultiModel is a fitted [GaussianProcessRegressorMulti].
type GPRMultiModel struct {
	ml.Fitted
	Kernel      Covariance              // with the parameters learned
	Rows        *tensor.Tensor[float64] // training rows
	Alpha       *tensor.Tensor[float64] // targets x training rows: the mean of target t is Σ Alpha_ti·K(Rows_i, x)
	Factor      *tensor.Tensor[float64] // as in GPRModel
	Mean, Scale []float64               // of each target; 0 and 1 without Normalize
	LogMarginal float64                 // sum of the log marginal likelihoods

	post *posterior
}

var (
	_ ml.Predictor[[]float64] = (*GPRMultiModel)(nil)
	_ ml.Into[[]float64]      = (*GPRMultiModel)(nil)
)

// Restore checks a model that was read from a file.
func (m *GPRMultiModel) Restore() error {
	const where = "kernel.GPRMultiModel"
	if m.Alpha == nil || m.Alpha.Rank() != 2 || len(m.Mean) == 0 || len(m.Scale) != len(m.Mean) || m.Alpha.Shape()[0] != len(m.Mean) {
		return &ml.Error{Where: where, Field: "Alpha, Mean and Scale", Found: "shapes that do not fit", Want: "one row and number for each target", Kind: ml.ErrFormat}
	}
	var err error
	m.post, err = newPosterior(where, m.Kernel, m.Rows, m.Factor, m.Alpha.Shape()[1], m.Info.Features)
	return err
}

// Predict returns the posterior means of each row of x, which must be finite and dense.
func (m *GPRMultiModel) Predict(x tensor.Matrix) ([][]float64, error) {
	if err := ml.CheckPredict("kernel.GPRMultiModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, k := make([][]float64, n), len(m.Mean)
	flat := make([]float64, n*k)
	for i := range out {
		out[i] = flat[i*k : (i+1)*k : (i+1)*k]
	}
	if err := m.PredictInto(out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x; those of another length than the targets are replaced.
func (m *GPRMultiModel) PredictInto(dst [][]float64, x tensor.Matrix) error {
	const where = "kernel.GPRMultiModel.PredictInto"
	if err := checkDense(where, &m.Fitted, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	for i := range dst {
		if len(dst[i]) != len(m.Mean) {
			dst[i] = make([]float64, len(m.Mean))
		}
	}
	if few(len(dst)) {
		a := askers.Get().(*asking)
		a.row, a.k = grow(a.row, r.Cols()), grow(a.k, m.post.n)
		for i, to := range dst {
			m.means(to, a.k, r.Row(i, a.row))
		}
		askers.Put(a)
		return nil
	}
	par.For(len(dst), (5+len(m.Mean))*m.post.n, func(lo, hi int) {
		row, k := make([]float64, r.Cols()), make([]float64, m.post.n)
		for i := lo; i < hi; i++ {
			m.means(dst[i], k, r.Row(i, row))
		}
	})
	return nil
}

func (m *GPRMultiModel) means(dst, k, x []float64) {
	m.post.against(m.Kernel, k, x)
	for t := range dst {
		dst[t] = float64(kern.Dot(k, m.Alpha.Row(t))*m.Scale[t]) + m.Mean[t]
	}
}

// PredictDeviation returns the posterior means and standard deviations of each row, in units of each target, as GPRModel's does.
func (m *GPRMultiModel) PredictDeviation(x tensor.Matrix) (mean, deviation [][]float64, err error) {
	if mean, err = m.Predict(x); err != nil {
		return nil, nil, err
	}
	deviation = make([][]float64, len(mean))
	m.post.each(rows.Of(x), func(i int, _ []float64, variance float64) {
		for _, s := range m.Scale {
			deviation[i] = append(deviation[i], math.Sqrt(variance)*s)
		}
	})
	return mean, deviation, nil
}
