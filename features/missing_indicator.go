package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// MissingIndicator makes a column of zeros and ones for each column that has missing values in training, or for all: 1 where the value is missing. Beside an
// imputer, in a part of Columns, it keeps what the imputer takes away.
//
// Rows of weight 0 do not count. A value missing in a column that has no indicator passes unseen. CSR gives CSR, of which only a stored NaN is missing; width is kept. One pass.
type MissingIndicator struct {
	All bool // true: for every column; false: for those with missing values in training
}

// IndicatorModel is a fitted MissingIndicator.
type IndicatorModel struct {
	ml.Fitted
	Indicator []int // the columns
}

// Accepts says that it takes missing values and categorical columns.
func (MissingIndicator) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit finds the columns of t with missing values. None at all is an error, unless All is set.
func (c MissingIndicator) Fit(ctx context.Context, t ml.Table) (*IndicatorModel, error) {
	const where = "features.MissingIndicator.Fit"
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &IndicatorModel{Fitted: ml.NewFitted(t, nil, c)}
	if c.All {
		_, p := t.X.Dims()
		for j := range p {
			m.Indicator = append(m.Indicator, j)
		}
		return ready(m)
	}
	if m.Indicator = columnsWithMissing(t); len(m.Indicator) == 0 {
		return nil, &ml.Error{Where: where, Field: "X", Found: "without a missing value", Want: "at least one; or MissingIndicator{All: true}", Kind: ml.ErrConfig}
	}
	return ready(m)
}

// Restore checks a model that was read from a file.
func (m *IndicatorModel) Restore() error {
	const where = "features.IndicatorModel"
	if _, is := m.Config.(MissingIndicator); !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.MissingIndicator")
	}
	_, err := withIndicators(where, m.Columns, m.Info.Features, m.Indicator)
	return err
}

func (m *IndicatorModel) row(dst, src []float64) int {
	for j, v := range src {
		if math.IsInf(v, 0) {
			return j
		}
	}
	indicate(dst, src, m.Indicator)
	return -1
}

// Transform says which values of x are missing. Inf is an error.
func (m *IndicatorModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.IndicatorModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if !isSparse(x) {
		return transform(where, &m.Fitted, x, len(m.Indicator), m.Info.Features, m.row, nil, "")
	}
	place := make(map[int]int, len(m.Indicator))
	for k, j := range m.Indicator {
		place[j] = k
	}
	out, bad := buildSparse(x, len(m.Indicator), alike(func(js []int32, vs []float64, put func(j int, v float64)) int {
		for k, j := range js {
			if math.IsInf(vs[k], 0) {
				return int(j)
			}
			if at, has := place[int(j)]; has && vs[k] != vs[k] {
				put(at, 1)
			}
		}
		return -1
	}))
	if bad != noPlace {
		return nil, badNumber(where, m.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *IndicatorModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return mapping{columns: len(m.Indicator), nsPerRow: m.Info.Features, row: m.row}.transformInto("features.IndicatorModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow says which values of one row are missing; dst has len(Out()) elements.
func (m *IndicatorModel) TransformRow(dst, x []float64) error {
	return transformRow("features.IndicatorModel.TransformRow", &m.Fitted, dst, x, len(m.Indicator), m.row)
}

// Out describes the indicators: "missingindicator_age".
func (m *IndicatorModel) Out() []ml.Column {
	p := m.Info.Features
	out, err := withIndicators("features.IndicatorModel", m.Columns, p, m.Indicator)
	if err != nil {
		panic(err) // Restore has found none
	}
	return out[p:]
}

func init() {
	ml.RegisterConfig[MissingIndicator]("features.MissingIndicator")
	ml.Register[*IndicatorModel]("features.IndicatorModel")
}
