package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// ConformalQuantile corrects the interval between two regressors of quantiles until it holds the target of a new row with probability 1 - Miscoverage, if new rows and these are exchangeable: conformalized
// quantile regression, whose intervals are as wide as the noise is where they are.
//
//	selection.ConformalQuantile{Lower: ml.Regress(linear.QuantileRegression{Quantile: 0.05}), Upper: ml.Regress(linear.QuantileRegression{Quantile: 0.95})}
//
// Both learn from the rows that are not kept back; how far targets lie outside of their interval (or, negative, inside) is seen on the others, and both ends are moved by the distance of
// rank ceil((n+1)(1 - Miscoverage)) of those n rows. If both are a FrozenRegressor all rows are kept back: they must be others than their own. Weights count in fits; rows to calibrate on count alike, but for those
// of weight 0. Where ends have crossed, both are at the middle.
//
// Romano, Patterson and Candes: Conformalized quantile regression. NeurIPS (2019).
type ConformalQuantile struct {
	Lower, Upper ml.AnyRegressor // of the quantiles Miscoverage/2 and 1 - Miscoverage/2, for the narrowest intervals; none is an error
	Miscoverage  float64         // the share of new rows that may lie outside; 0: 0.1
	Fraction     float64         // of the rows, kept back; 0: 0.25. Without meaning, and an error, if both are frozen
	Seed         uint64          // of which rows are kept back; 0 is a seed like any other
	Asymmetric   bool            // an end each by its own distances, of half the Miscoverage; false: both alike
}

// ConformalQuantileModel is a fitted ConformalQuantile.
type ConformalQuantileModel struct {
	ml.Fitted
	Lower, Upper ml.Predictor[float64]
	Down, Up     float64 // how far the ends are moved, down and up; negative: inwards
}

// Accepts says that the estimators decide.
func (c ConformalQuantile) Accepts() ml.Accepts {
	return ml.AcceptsOf(c.Lower.Config).And(ml.AcceptsOf(c.Upper.Config))
}

// Fit fits both estimators and finds how far their ends must be moved. Errors: ErrConfig, ErrShape for too few rows to calibrate on, and those of the estimators.
func (c ConformalQuantile) Fit(ctx context.Context, d ml.Dataset[float64]) (*ConformalQuantileModel, error) {
	const where = "selection.ConformalQuantile.Fit"
	if c.Lower.Config == nil || c.Upper.Config == nil {
		return nil, ml.BadConfig(where, "Lower and Upper", "missing", "regressors of two quantiles, such as ml.Regress(linear.QuantileRegression{Quantile: 0.05})")
	}
	of := c.Lower.Config
	if frozen(of) {
		of = c.Upper.Config
	}
	if err := notFrozen(where, of, nil, c.Fraction); err != nil {
		return nil, err
	}
	if err := shares(where, !frozen(of), &c.Miscoverage, &c.Fraction); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	m := &ConformalQuantileModel{Fitted: ml.NewFitted(d.Table, nil, c)}
	d = d.Present()
	train, rest, err := keptBack(where, of, d, c.Fraction, c.Seed)
	if err != nil {
		return nil, err
	}
	if m.Lower, err = c.Lower.Fit(ml.WithTask(ctx, "lower", 0, 2), train); err != nil {
		return nil, err
	}
	if m.Upper, err = c.Upper.Fit(ml.WithTask(ctx, "upper", 1, 2), train); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Lower, m.Upper)
	lo, err := m.Lower.Predict(rest.X)
	if err != nil {
		return nil, err
	}
	hi, err := m.Upper.Predict(rest.X)
	if err != nil {
		return nil, err
	}
	for i, y := range rest.Y {
		lo[i], hi[i] = lo[i]-y, y-hi[i]
		if !c.Asymmetric {
			lo[i] = max(lo[i], hi[i])
			hi[i] = lo[i]
		}
	}
	miss := c.Miscoverage
	if c.Asymmetric {
		miss /= 2
	}
	k, err := conformalRank(where, len(lo), miss)
	if err != nil {
		return nil, err
	}
	if _, err := sortScores(where, lo, hi); err != nil {
		return nil, err
	}
	m.Down, m.Up = lo[k-1], hi[k-1]
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *ConformalQuantileModel) Restore() error {
	const where = "selection.ConformalQuantileModel"
	if m.Lower == nil || m.Upper == nil || !finite(m.Down) || !finite(m.Up) {
		return ml.BadFile(where, "Lower, Upper, Down and Up", fmt.Sprintf("%T, %T, %v and %v", m.Lower, m.Upper, m.Down, m.Up), "two models and finite numbers")
	}
	return ml.CheckInside(where, m.Info.Features, m.Lower, m.Upper)
}

// Predict returns the middle of the interval of each row.
func (m *ConformalQuantileModel) Predict(x tensor.Matrix) ([]float64, error) {
	low, high, err := m.PredictInterval(x)
	if err != nil {
		return nil, err
	}
	for i := range low {
		low[i] = low[i]/2 + high[i]/2
	}
	return low, nil
}

// PredictInterval returns the ends of the interval of each row.
func (m *ConformalQuantileModel) PredictInterval(x tensor.Matrix) (low, high []float64, err error) {
	if err := ml.CheckPredict("selection.ConformalQuantileModel.PredictInterval", &m.Fitted, x); err != nil {
		return nil, nil, err
	}
	if low, err = m.Lower.Predict(x); err != nil {
		return nil, nil, err
	}
	if high, err = m.Upper.Predict(x); err != nil {
		return nil, nil, err
	}
	for i := range low {
		low[i], high[i] = low[i]-m.Down, high[i]+m.Up
		if low[i] > high[i] {
			low[i] = low[i]/2 + high[i]/2
			high[i] = low[i]
		}
	}
	return low, high, nil
}

func init() {
	ml.RegisterConfig[ConformalQuantile]("selection.ConformalQuantile")
	ml.Register[*ConformalQuantileModel]("selection.ConformalQuantileModel")
}
