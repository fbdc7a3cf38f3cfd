package linear

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// Interval is a prediction with its uncertainty.
type Interval struct {
	Mean               float64 // the prediction
	StdErr             float64 // of the mean of Y at these columns
	Lower, Upper       float64 // confidence interval of that mean
	NewLower, NewUpper float64 // prediction interval: of one new observation, its noise included
}

// PredictInterval returns an interval for each row of x, which must be finite. Prediction intervals suppose noise of variance
// Sigma², whatever the Covariance.
func (m *OLSResults) PredictInterval(x tensor.Matrix) ([]Interval, error) {
	const where = "linear.OLSResults.PredictInterval"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	mean := make([]float64, n)
	if err := m.predict(where, mean, x); err != nil {
		return nil, err
	}
	out := make([]Interval, n)
	s := newSource(x)
	buf, z := s.rowScratch(), make([]float64, s.cols)
	spread := make([]float64, s.cols+1)
	shift := make([]float64, s.cols)
	kern.Scal(-1, shift, m.Center)
	lead, wide := 0, m.critical()
	if m.intercept() {
		lead = 1
	}
	root, terms := m.Root.Data(), s.cols+lead
	for i := range out {
		kern.Add(z, s.row(i, buf), shift)
		v := spread[:terms]
		clear(v)
		if lead == 1 {
			copy(v, root[:terms])
		}
		linalg.AddMulTrans(v, root[lead*terms:], s.cols, terms, terms, z)
		se := linalg.Norm(v)
		all := math.Hypot(se, m.Sigma)
		out[i] = Interval{Mean: mean[i], StdErr: se, Lower: mean[i] - wide*se, Upper: mean[i] + wide*se, NewLower: mean[i] - wide*all, NewUpper: mean[i] + wide*all}
	}
	return out, nil
}

// Studentized returns the externally studentised residuals: over the standard errors that a fit without the row finds. Under
// normal noise they are Student's t of DFResidual-1 degrees of freedom; beyond about 3 a row deserves a look. NaN where Standardized is.
func (m *OLSResults) Studentized() []float64 {
	out := make([]float64, len(m.Standardized))
	for i, r := range m.Standardized {
		out[i] = r * math.Sqrt((m.DFResidual-1)/max(m.DFResidual-r*r, 0))
	}
	return out
}

// CooksDistance returns how far all predictions move when the row is left out, in units of their standard errors (Cook, Technometrics
// 19 (1977)). Beyond about 1, or well above the others, a row deserves a look. NaN where Standardized is.
func (m *OLSResults) CooksDistance() []float64 {
	out := make([]float64, len(m.Standardized))
	k := m.Observations - m.DFResidual
	for i, r := range m.Standardized {
		out[i] = r * r * m.Leverage[i] / (1 - m.Leverage[i]) / k
	}
	return out
}

// DFFITS returns how far the prediction of the row itself moves when it is left out, in units of its standard error. NaN where
// Standardized is.
func (m *OLSResults) DFFITS() []float64 {
	out := m.Studentized()
	for i, h := range m.Leverage {
		out[i] *= math.Sqrt(h / (1 - h))
	}
	return out
}
