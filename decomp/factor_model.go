package decomp

import (
	"cmp"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// FactorAnalysisModel is a fitted FactorAnalysis. Info.Loss is the negative log-likelihood of all training rows after each iteration, Info.Gap what the last one gained.
type FactorAnalysisModel struct {
	ml.Fitted
	Mean        []float64   // of each column
	Components  [][]float64 // factors x columns: the loadings, in units of the column
	Noise       []float64   // of each column: its uniqueness, the variance that no factor explains
	Correlation [][]float64 // of the factors with each other, after Promax and Oblimin; nil: none
	Heywood     []int       // columns whose noise is next to none, at most half a percent of their variance, where R's factanal has its bound

	plain *projection      // centred rows over the noise, times loadings
	inner *linalg.Cholesky // of the precision of the factors, given a row
	p     *projection      // to the factors expected
	logs  float64          // the logarithm of the covariance's determinant
}

// Restore checks a model that was read from a file and makes it ready.
func (m *FactorAnalysisModel) Restore() error {
	const where = "decomp.FactorAnalysisModel"
	c, ok := m.Config.(FactorAnalysis)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.FactorAnalysis")
	}
	k, p := len(m.Components), m.Info.Features
	if k == 0 || m.Correlation != nil && len(m.Correlation) != k {
		return unsound(where, "Components and Correlation", fmt.Sprintf("%d and %d rows", k, len(m.Correlation)), "a row for each factor")
	}
	if err := cmp.Or(c.resolve(where), checkNumbers(where, "Mean", m.Mean, p), checkRows(where, "Components", m.Components, p), checkScale(where, "Noise", m.Noise, p), checkRows(where, "Correlation", m.Correlation, k)); err != nil {
		return err
	}
	for _, j := range m.Heywood {
		if j < 0 || j >= p {
			return unsound(where, "Heywood", fmt.Sprint(j), "columns")
		}
	}
	shrunk := make([][]float64, k)
	for a, row := range m.Components {
		shrunk[a] = make([]float64, p)
		for j, v := range row {
			shrunk[a][j] = v / m.Noise[j]
		}
	}
	inner := make([]float64, k*k)
	for a := range k {
		for b := range k {
			inner[a*k+b] = linalg.Dot(shrunk[a], m.Components[b])
		}
	}
	m.logs = 0
	for _, v := range m.Noise {
		m.logs += math.Log(v)
	}
	if m.Correlation == nil {
		for a := range k {
			inner[a*k+a]++
		}
	} else {
		f := linalg.NewCholesky(flatRows(m.Correlation), k)
		if f == nil {
			return unsound(where, "Correlation", "a matrix that is not positive definite", "correlations")
		}
		m.logs += f.LogDet()
		inverse := make([]float64, k*k)
		f.Inverse(inverse)
		for i, v := range inverse {
			inner[i] += v
		}
	}
	if m.inner = linalg.NewCholesky(inner, k); m.inner == nil || !linalg.AllFinite(inner) {
		return unsound(where, "Components and Noise", "loadings and noise without a finite inverse", "others")
	}
	m.logs += m.inner.LogDet()
	m.plain = newProjection(shrunk, p, m.Mean)
	expected := make([][]float64, k)
	for a := range expected {
		expected[a] = make([]float64, p)
	}
	column := make([]float64, k)
	for j := range p {
		for a := range k {
			column[a] = shrunk[a][j]
		}
		m.inner.Solve(column)
		for a, v := range column {
			expected[a][j] = v
		}
	}
	m.p = newProjection(expected, p, m.Mean)
	if !rows.AllFinite(m.p.w) || !rows.AllFinite(m.p.shift) || !rows.AllFinite(m.plain.shift) {
		return unsound(where, "Mean, Components and Noise", "numbers whose products are not finite", "smaller ones")
	}
	return nil
}

func (m *FactorAnalysisModel) project() *projection { return m.p }
func (m *FactorAnalysisModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows to the factors to be expected of each, rows x factors.
func (m *FactorAnalysisModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.FactorAnalysisModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *FactorAnalysisModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.FactorAnalysisModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *FactorAnalysisModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.FactorAnalysisModel.TransformRow", dst, x)
}

// Out names the factors: factor0, factor1, ..., each made of all columns.
func (m *FactorAnalysisModel) Out() []ml.Column {
	return embeddingColumns("factor", len(m.Components), m.Info.Features)
}

// Inverse maps factors to the rows to be expected of them: loadings times factors, plus the means.
func (m *FactorAnalysisModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.FactorAnalysisModel.Inverse", x, m.Components, m.Mean, nil)
}

// Covariance is that of the model: what the factors share out, and the noise.
func (m *FactorAnalysisModel) Covariance() *tensor.Tensor[float64] {
	p := m.Info.Features
	out := tensor.New[float64](p, p)
	c := out.Data()
	for a, row := range m.Components {
		for b, other := range m.Components {
			factor := 0.0
			switch {
			case m.Correlation != nil:
				factor = m.Correlation[a][b]
			case a == b:
				factor = 1
			default:
				continue
			}
			for i, v := range row {
				linalg.Axpy(factor*v, other, c[i*p:(i+1)*p])
			}
		}
	}
	for j, v := range m.Noise {
		c[j*p+j] += v
	}
	return out
}

// Precision is the inverse of Covariance.
func (m *FactorAnalysisModel) Precision() *tensor.Tensor[float64] {
	p, k := m.Info.Features, len(m.Components)
	out := tensor.New[float64](p, p)
	c, column := out.Data(), make([]float64, k)
	for j := range p {
		copy(column, m.plain.w[j*k:(j+1)*k])
		m.inner.Solve(column)
		for i := range p {
			c[i*p+j] = -linalg.Dot(m.plain.w[i*k:(i+1)*k], column)
		}
		c[j*p+j] += 1 / m.Noise[j]
	}
	return out
}

// LogLikelihoods are the logarithms of the density of each row under the normal distribution with the model's mean and Covariance.
func (m *FactorAnalysisModel) LogLikelihoods(x tensor.Matrix) ([]float64, error) {
	if err := askable(m, "decomp.FactorAnalysisModel.LogLikelihoods", x); err != nil {
		return nil, err
	}
	p, k, from := m.Info.Features, len(m.Components), rows.Of(x)
	out, buf, at, solved := make([]float64, from.Len()), make([]float64, p), make([]float64, k), make([]float64, k)
	for i := range out {
		row := from.Row(i, buf)
		m.plain.row(at, row)
		copy(solved, at)
		m.inner.Solve(solved)
		sum := -linalg.Dot(at, solved)
		for j, v := range row {
			sum += (v - m.Mean[j]) * (v - m.Mean[j]) / m.Noise[j]
		}
		out[i] = -0.5 * (float64(float64(p)*math.Log(2*math.Pi)) + m.logs + sum)
	}
	return out, nil
}

// LogLikelihood is the mean of LogLikelihoods.
func (m *FactorAnalysisModel) LogLikelihood(x tensor.Matrix) (float64, error) {
	l, err := m.LogLikelihoods(x)
	return average(l), err
}
