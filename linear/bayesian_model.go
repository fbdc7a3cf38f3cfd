package linear

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// BayesianModel is a linear model with a normal posterior for its coefficients, from [BayesianRidge] or [ARDRegression]. It predicts
// like the RegressionModel that it holds, by the posterior mean.
//
// The posterior covariance is Σ_m Spread_m d_m d_mᵀ for the orthonormal columns d_m of Directions, and Rest times the projection onto what
// is orthogonal to all of them.
type BayesianModel struct {
	RegressionModel
	NoisePrecision float64                 // 1/variance of the noise
	Precision      []float64               // of the prior of the coefficients: one for all of BayesianRidge; one for each column of ARDRegression, +Inf where pruned
	Center         []float64               // weighted mean of each column; zeros without intercept
	Posterior      bool                    // the posterior covariance was kept: PredictStd and Covariance need it
	Active         []int                   // the columns that were not pruned, rising
	Directions     *tensor.Tensor[float64] // active columns x directions; nil if there are none
	Spread         []float64               // posterior variance along each direction
	Rest           float64                 // posterior variance of the active columns along anything else
}

var (
	_ ml.Predictor[float64]    = (*BayesianModel)(nil)
	_ ml.RowPredictor[float64] = (*BayesianModel)(nil)
)

// largestPosterior is how many numbers Directions may have: 32 MB.
const largestPosterior = 1 << 22

const noPosterior = "the posterior covariance is too large to keep: there is no PredictStd"

// PredictStd returns the mean and the standard deviation of the predictive distribution for each row of x, which must be finite: the
// noise and the uncertainty of the coefficients, about the centre of the training rows. That of the intercept is left out, as in
// scikit-learn. errors.ErrUnsupported if the posterior covariance was not kept.
func (m *BayesianModel) PredictStd(x tensor.Matrix) (mean, std []float64, err error) {
	const where = "linear.BayesianModel.PredictStd"
	if !m.Posterior {
		return nil, nil, fmt.Errorf("%s: %s: %w", where, noPosterior, errors.ErrUnsupported)
	}
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, nil, err
	}
	n, _ := x.Dims()
	mean, std = make([]float64, n), make([]float64, n)
	if err := m.predict(where, mean, x); err != nil {
		return nil, nil, err
	}
	s := newSource(x)
	buf := s.rowScratch()
	z, along := make([]float64, len(m.Active)), make([]float64, len(m.Spread))
	for i := range n {
		m.centered(z, s.row(i, buf))
		std[i] = math.Sqrt(1/m.NoisePrecision + m.variance(z, along))
	}
	return mean, std, nil
}

// centered writes the active columns of a row, centred.
func (m *BayesianModel) centered(z, x []float64) {
	for a, j := range m.Active {
		z[a] = x[j] - m.Center[j]
	}
}

// variance is zᵀΣz.
func (m *BayesianModel) variance(z, along []float64) float64 {
	if len(along) == 0 {
		return m.Rest * linalg.Dot(z, z)
	}
	clear(along)
	linalg.AddMulTrans(along, m.Directions.Data(), len(z), len(along), len(along), z)
	sum, outside := 0.0, linalg.Dot(z, z)
	for a, v := range along {
		sum += m.Spread[a] * v * v
		outside -= v * v
	}
	return sum + m.Rest*max(outside, 0)
}

// Covariance returns the posterior covariance of the coefficients, columns x columns; zeros for pruned columns. errors.ErrUnsupported if
// it was not kept.
func (m *BayesianModel) Covariance() (*tensor.Tensor[float64], error) {
	if !m.Posterior {
		return nil, fmt.Errorf("linear.BayesianModel.Covariance: %s: %w", noPosterior, errors.ErrUnsupported)
	}
	p := len(m.Coef)
	out := tensor.New[float64](p, p)
	for a, j := range m.Active {
		dst := out.Row(j)
		for b, i := range m.Active {
			v := 0.0
			if a == b {
				v = m.Rest
			}
			for d, s := range m.Spread {
				v += (s - m.Rest) * m.Directions.At(a, d) * m.Directions.At(b, d)
			}
			dst[i] = v
		}
	}
	return out, nil
}

// Restore checks a model that was read from a file.
func (m *BayesianModel) Restore() error {
	const kind = "linear.BayesianModel"
	p := m.Info.Features
	ok := len(m.Coef) == p && len(m.Center) == p && (len(m.Precision) == 1 || len(m.Precision) == p) && m.NoisePrecision > 0 && m.Rest >= 0
	for a, j := range m.Active {
		ok = ok && j >= 0 && j < p && (a == 0 || m.Active[a-1] < j)
	}
	ok = ok && (len(m.Spread) == 0 && m.Directions == nil || isMatrix(m.Directions, len(m.Active), len(m.Spread)))
	return checkShape(kind, &m.Fitted, ok)
}

// hyper are the gamma priors of the precisions of the noise and of the coefficients, and when to stop.
type hyper struct {
	noiseShape, noiseRate, coefShape, coefRate float64
	tol                                        float64
	maxIter                                    int
}

// resolve checks the hyperparameters and fills in the defaults.
func (h *hyper) resolve(where string) error {
	for _, f := range []struct {
		name  string
		value *float64
	}{{"NoiseShape", &h.noiseShape}, {"NoiseRate", &h.noiseRate}, {"CoefShape", &h.coefShape}, {"CoefRate", &h.coefRate}} {
		if !(*f.value >= 0) || math.IsInf(*f.value, 1) {
			return ml.BadConfig(where, f.name, *f.value, "> 0 and finite; 0 means the default")
		}
		if *f.value == 0 {
			*f.value = 1e-6
		}
	}
	if err := checkIterative(where, h.tol, h.maxIter); err != nil {
		return err
	}
	if h.tol == 0 {
		h.tol = 1e-6
	}
	if h.maxIter == 0 {
		h.maxIter = 300
	}
	return nil
}

// evidenceFit is what the two methods share: the loop that raises the evidence.
type evidenceFit interface {
	step(where string) (evidence, change float64, err error) // one update of the precisions and of the coefficients for them
}

// maximise runs the steps until the change is no more than tol.
func (h hyper) maximise(ctx context.Context, where string, f evidenceFit) (ml.Info, error) {
	info := ml.Info{Status: ml.MaxIter}
	track := ml.Track(ctx, "iteration", h.maxIter)
	for k := 1; k <= h.maxIter; k++ {
		if err := ml.Done(ctx); err != nil {
			return info, err
		}
		evidence, change, err := f.step(where)
		if err == nil && math.IsNaN(evidence-evidence) {
			err = tooLarge(where)
		}
		if err != nil {
			return info, err
		}
		info.Iterations, info.Gap = k, change
		info.Loss = append(info.Loss, -evidence)
		stop, err := track.Step(k, ml.Loss{Train: -evidence})
		if err != nil {
			return info, err
		}
		if stop {
			info.Status = ml.Stopped
			return info, nil
		}
		if change <= h.tol {
			info.Status = ml.Converged
			return info, nil
		}
	}
	return info, nil
}

// checkPrecision refuses a precision of the noise that weights in total leave no room for, or that overflowed.
func checkPrecision(where string, noise, total, effective float64) error {
	switch {
	case total < effective:
		return &ml.Error{Where: where, Field: "Weight", Found: fmt.Sprintf("%g in total", total),
			Want: fmt.Sprintf("more than the %.3g coefficients that the data determine: weights count as repetitions of rows", effective), Kind: ml.ErrWeight}
	case !(noise > 0) || math.IsInf(noise, 1):
		return tooLarge(where)
	}
	return nil
}

// upTo lists 0..n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// startPrecision is one over the variance of the target.
func (d *design) startPrecision() float64 {
	const eps = 0x1p-52
	squares := 0.0
	for i, y := range d.targets[0] {
		squares += d.w(i) * (y - d.offset[0]) * (y - d.offset[0])
	}
	mean := 0.0
	if !d.fitted { // the variance is about the mean all the same
		sum := 0.0
		for i, y := range d.targets[0] {
			sum += d.w(i) * y
		}
		mean = sum / d.total
	}
	return 1 / (squares/d.total - mean*mean + eps)
}

// triangleWithTarget is the triangle of the columns at work with the target as the last one, work+1 square.
func (d *design) triangleWithTarget(ctx context.Context, work []int) ([]float64, error) {
	k, fill := d.cols+1, d.centered
	if work != nil {
		k = len(work) + 1
		place := d.places(work)
		fill = func(dst []float64, i int, buf *scratch) bool {
			dst[len(work)] = math.Sqrt(d.w(i)) * (d.targets[0][i] - d.offset[0])
			return d.picked(dst, i, buf, work, place)
		}
	}
	q, err := d.factor(ctx, k, 0, fill)
	if err != nil {
		return nil, err
	}
	r := make([]float64, k*k)
	_, rt := q.Triangle()
	copy(r, rt)
	return r, nil
}
