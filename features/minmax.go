package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// MinMaxScaler brings every column to a range, by default 0 to 1: the smallest training value goes to Low, the greatest to High.
//
// Missing values (NaN) are left out of the fit and stay missing. Of the weights it only matters whether they are 0. A constant column goes
// to Low, and a column without any value is treated as one of zeros. Later values outside of the training range go outside of Low and High, unless
// Clip is set. CSR would become dense: use MaxAbsScaler. Categorical columns are an error. Storage and width are kept; one pass over the rows.
type MinMaxScaler struct {
	Low  float64 // of the result; Low and High both zero: 0 and 1
	High float64 // of the result, > Low
	Clip bool    // true: later values stay between Low and High
}

// MaxAbsScaler divides every column by its greatest absolute value, so that it lies in -1..1 and 0 stays 0: the scaler for CSR.
//
// Missing values (NaN) are left out of the fit and stay missing. Of the weights it only matters whether they are 0. Columns of zeros, or without
// any value, are divided by 1. Categorical columns are an error. Storage and width are kept; one pass over the rows, or over the stored values.
type MaxAbsScaler struct {
	Clip bool // true: later values stay in -1..1
}

// RangeModel is a fitted MinMaxScaler or MaxAbsScaler.
type RangeModel struct {
	ml.Fitted
	Min  []float64 // of each column's values; 0 for a column without any
	Max  []float64
	Seen []float64 // total weight of the values of each column, missing ones left out

	affine affine
}

// Accepts says that it takes missing values.
func (MinMaxScaler) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Accepts says that it takes missing values.
func (MaxAbsScaler) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

func (c MinMaxScaler) bounds() (low, high float64) {
	if c.Low == 0 && c.High == 0 {
		return 0, 1
	}
	return c.Low, c.High
}

const whyMinMax = ": the smallest value, not 0, goes to Low; or MaxAbsScaler, which keeps zeros"

// Fit finds the range of each column of t.
func (c MinMaxScaler) Fit(ctx context.Context, t ml.Table) (*RangeModel, error) {
	const where = "features.MinMaxScaler.Fit"
	if low, high := c.bounds(); !(low < high) || !finite(high-low) {
		return nil, ml.BadConfig(where, "Low", c.Low, fmt.Sprintf("a finite number < High, which is %v", c.High))
	}
	return fitRange(ctx, where, c, t)
}

// Fit finds the greatest absolute value of each column of t.
func (c MaxAbsScaler) Fit(ctx context.Context, t ml.Table) (*RangeModel, error) {
	return fitRange(ctx, "features.MaxAbsScaler.Fit", c, t)
}

func fitRange(ctx context.Context, where string, config any, t ml.Table) (*RangeModel, error) {
	if err := checkRange(where, config, t); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &RangeModel{Fitted: ml.NewFitted(t, nil, config)}
	return m.count(where, t, newExtremes(m.Info.Features))
}

func checkRange(where string, config any, t ml.Table) error {
	if err := checkUnread(where, t); err != nil {
		return err
	}
	if _, moves := config.(MinMaxScaler); moves && isSparse(t.X) {
		return denseOnly(where, whyMinMax)
	}
	return nil
}

// count makes m the model of the extremes so far and those of t.
func (m *RangeModel) count(where string, t ml.Table, e extremes) (*RangeModel, error) {
	e = e.add(columnExtremes(t.X, t.Weight))
	if !e.finite() {
		return nil, ml.CheckFinite(where, &m.Fitted, t.X, true)
	}
	for j, w := range e.weight {
		if w == 0 {
			e.low[j], e.high[j] = 0, 0
		}
	}
	m.Min, m.Max, m.Seen = e.low, e.high, e.weight
	return ready(m)
}

// extremes are those that count found.
func (m *RangeModel) extremes() extremes {
	e := newExtremes(len(m.Min))
	for j, w := range m.Seen {
		if w > 0 {
			e.low[j], e.high[j], e.weight[j] = m.Min[j], m.Max[j], w
		}
	}
	return e
}

// Restore checks a model that was read from a file and derives the rest.
func (m *RangeModel) Restore() error {
	const where = "features.RangeModel"
	p := m.Info.Features
	if err := checkArrays(where, p, map[string][]float64{"Min": m.Min, "Max": m.Max, "Seen": m.Seen}); err != nil {
		return err
	}
	m.affine = newAffine(p)
	switch c := m.Config.(type) {
	case MinMaxScaler:
		low, high := c.bounds()
		for j := range p {
			if m.Min[j] > m.Max[j] {
				return ml.BadFile(where, fmt.Sprintf("Min[%d]", j), fmt.Sprint(m.Min[j]), "at most Max")
			}
			m.affine.shift[j], m.affine.offset[j] = m.Min[j], low
			m.affine.scale[j] = orOne(m.Max[j]-m.Min[j]) / (high - low)
			if !finite(m.affine.scale[j]) || m.affine.scale[j] == 0 {
				return tooLarge(where, m.Columns, j)
			}
		}
		if c.Clip {
			m.affine.low, m.affine.high = low, high
		}
	case MaxAbsScaler:
		for j := range p {
			m.affine.scale[j] = orOne(max(math.Abs(m.Min[j]), math.Abs(m.Max[j])))
		}
		if c.Clip {
			m.affine.low, m.affine.high = -1, 1
		}
	default:
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.MinMaxScaler or a features.MaxAbsScaler")
	}
	return nil
}

// orOne is what a spread of 0 is replaced by.
func orOne(spread float64) float64 {
	if spread == 0 {
		return 1
	}
	return spread
}

func (m *RangeModel) moves() bool {
	_, moves := m.Config.(MinMaxScaler)
	return moves
}

// Transform scales the rows of x. Missing values stay missing; Inf is an error.
func (m *RangeModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.affine.transform("features.RangeModel.Transform", &m.Fitted, x, m.moves(), whyMinMax)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *RangeModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.affine.transformInto("features.RangeModel.TransformInto", &m.Fitted, dst, x)
}

// Inverse brings scaled rows back to the original units. What Clip cut off stays lost.
func (m *RangeModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.affine.inverse("features.RangeModel.Inverse", &m.Fitted, x, m.moves(), whyMinMax)
}

// TransformRow scales one row into dst, which is as long, without allocating.
func (m *RangeModel) TransformRow(dst, x []float64) error {
	return transformRow("features.RangeModel.TransformRow", &m.Fitted, dst, x, len(m.Min), m.affine.row)
}

// Out describes the columns: the same as in training.
func (m *RangeModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

// Update returns the model of the rows seen so far and those of t together: the same, to the bit, as a fit to all of them at once if the weights are whole numbers.
func (m *RangeModel) Update(ctx context.Context, t ml.Table) (*RangeModel, error) {
	const where = "features.RangeModel.Update"
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	if err := checkRange(where, m.Config, t); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	next := &RangeModel{Fitted: m.Fitted}
	next.Info.Rows += t.Rows()
	return next.count(where, t, m.extremes())
}

func init() {
	ml.RegisterConfig[MinMaxScaler]("features.MinMaxScaler")
	ml.RegisterConfig[MaxAbsScaler]("features.MaxAbsScaler")
	ml.Register[*RangeModel]("features.RangeModel")
}
