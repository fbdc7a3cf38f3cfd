package decomp

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Covariance is that of the model: the components with their variances, and the noise in all other directions (Tipping and Bishop, JRSS B 61, 1999).
func (m *PCAModel) Covariance() *tensor.Tensor[float64] {
	p := m.Info.Features
	out := tensor.New[float64](p, p)
	c := out.Data()
	for k, row := range m.Components {
		extra := max(m.Variance[k]-m.Noise, 0)
		for i, v := range row {
			for j, w := range row {
				c[i*p+j] += float64(extra * v * w)
			}
		}
	}
	for i := range p {
		c[i*p+i] += m.Noise
	}
	return out
}

// Precision is the inverse of Covariance. Without noise it exists only if all directions vary.
func (m *PCAModel) Precision() (*tensor.Tensor[float64], error) {
	p := m.Info.Features
	f := linalg.NewCholesky(append([]float64(nil), m.Covariance().Data()...), p)
	if f == nil {
		return nil, &ml.Error{Where: "decomp.PCAModel.Precision", Field: "the covariance", Found: "singular", Want: "fewer components than columns, so that there is noise, or columns that vary", Kind: ml.ErrConfig}
	}
	out := tensor.New[float64](p, p)
	column := make([]float64, p)
	for j := range p {
		clear(column)
		column[j] = 1
		f.Solve(column)
		for i, v := range column {
			out.Data()[i*p+j] = v
		}
	}
	return out, nil
}

// LogLikelihoods are the logarithms of the density of each row under the normal distribution with the model's mean and Covariance.
func (m *PCAModel) LogLikelihoods(x tensor.Matrix) ([]float64, error) {
	const where = "decomp.PCAModel.LogLikelihoods"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	if m.Noise == 0 && len(m.Components) < m.Info.Features || m.Noise == 0 && m.Variance[len(m.Variance)-1] == 0 {
		return nil, &ml.Error{Where: where, Field: "the covariance", Found: "singular", Want: "fewer components than rows and columns, so that there is noise, or columns that vary", Kind: ml.ErrConfig}
	}
	// The precision is that of the noise, less what the components do not need of it.
	p, from := m.Info.Features, rows.Of(x)
	constant := float64(p) * math.Log(2*math.Pi)
	noise := m.Noise
	less := make([]float64, len(m.Components))
	for k, v := range m.Variance {
		v = max(v, noise)
		constant += math.Log(v)
		if noise > 0 {
			less[k] = 1/noise - 1/v
		} else {
			less[k] = -1 / v
		}
	}
	constant += float64(float64(p-len(m.Components)) * math.Log(max(noise, math.SmallestNonzeroFloat64)))
	plain := newProjection(m.Components, p, m.Mean)
	out, buf, at := make([]float64, from.Len()), make([]float64, p), make([]float64, len(m.Components))
	for i := range out {
		row := from.Row(i, buf)
		plain.row(at, row)
		sum := 0.0
		if noise > 0 {
			for j, v := range row {
				sum += float64((v - m.Mean[j]) * (v - m.Mean[j]))
			}
			sum /= noise
		}
		for k, v := range at {
			sum -= float64(less[k] * v * v)
		}
		out[i] = -0.5 * (constant + sum)
	}
	return out, nil
}

// LogLikelihood is the mean of LogLikelihoods.
func (m *PCAModel) LogLikelihood(x tensor.Matrix) (float64, error) {
	l, err := m.LogLikelihoods(x)
	return average(l), err
}

// average is the mean, 0 of none.
func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(max(len(x), 1))
}
