package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// FourierFeatures replaces each column by sines and cosines of its first harmonics: sin(2 pi k x / Period) and cos(2 pi k x / Period) for k = 1..Terms. A linear model of
// them is a smooth curve that repeats: of the hour of a day, the day of a year, an angle.
//
// Each column becomes 2 Terms columns. With the zero Period, that of a column is the range of its training values; one value alone, or none, has the period 1. Missing
// values (NaN) are left out of the fit, and are zero in every column of the result. CSR is an error: the cosine of 0 is 1. Categorical columns are an error. Weights do not matter but for rows of weight 0. Width is kept.
type FourierFeatures struct {
	Period float64 // of every column, > 0; zero: the range of each column's training values
	Terms  int     // harmonics; zero: 3
}

// FourierModel is a fitted FourierFeatures.
type FourierModel struct {
	ml.Fitted
	Period []float64 // of each column

	terms int
}

// Accepts says that it takes missing values.
func (FourierFeatures) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

const whyFourier = ": the cosine of 0 is 1"

func (c FourierFeatures) check(where string) error {
	switch {
	case !(c.Period >= 0) || math.IsInf(c.Period, 0):
		return ml.BadConfig(where, "Period", c.Period, "a finite number > 0, or 0 for the range of each column")
	case c.Terms < 0 || c.Terms > 1<<16:
		return ml.BadConfig(where, "Terms", c.Terms, "0 for 3, or 1..65536")
	}
	return nil
}

// Fit finds the period of each column of t.
func (c FourierFeatures) Fit(ctx context.Context, t ml.Table) (*FourierModel, error) {
	const where = "features.FourierFeatures.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyFourier)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	m := &FourierModel{Fitted: ml.NewFitted(t, nil, c), Period: make([]float64, p)}
	e := columnExtremes(t.X, t.Weight)
	for j := range m.Period {
		switch {
		case c.Period > 0:
			m.Period[j] = c.Period
		case e.weight[j] > 0 && e.high[j] > e.low[j]:
			if m.Period[j] = e.high[j] - e.low[j]; !finite(m.Period[j]) {
				return nil, tooLarge(where, t.Columns, j)
			}
		default:
			m.Period[j] = 1
		}
	}
	return ready(m)
}

// Restore checks a model that was read from a file.
func (m *FourierModel) Restore() error {
	const where = "features.FourierModel"
	c, is := m.Config.(FourierFeatures)
	if !is || c.check(where) != nil {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.FourierFeatures within its bounds")
	}
	p := m.Info.Features
	if len(m.Period) != p || m.Columns != nil && len(m.Columns) != p {
		return ml.BadFile(where, "Period", lengthOf(len(m.Period)), lengthOf(p))
	}
	for j, v := range m.Period {
		if !(v > 0) || math.IsInf(v, 0) {
			return ml.BadFile(where, fmt.Sprintf("Period[%d]", j), fmt.Sprint(v), "a finite number > 0")
		}
	}
	m.terms = orDefault(c.Terms, 3)
	return nil
}

func (m *FourierModel) row(dst, src []float64) int {
	for j, v := range src {
		part := dst[2*m.terms*j : 2*m.terms*(j+1)]
		if math.IsInf(v, 0) {
			return j
		}
		if v != v {
			clear(part)
			continue
		}
		turn := math.Mod(v, m.Period[j]) / m.Period[j] // exact but for the division: large numbers lose nothing
		for k := range m.terms {
			sin, cos := math.Sincos(2 * math.Pi * math.Mod(float64(k+1)*turn, 1))
			part[2*k], part[2*k+1] = sin, cos
		}
	}
	return -1
}

// Transform writes the sines and cosines of each number of x. Inf is an error.
func (m *FourierModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	width := 2 * m.terms * len(m.Period)
	return transform("features.FourierModel.Transform", &m.Fitted, x, width, 20*width, m.row, nil, whyFourier)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *FourierModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return mapping{columns: 2 * m.terms * len(m.Period), nsPerRow: 40 * m.terms * len(m.Period), row: m.row}.transformInto("features.FourierModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow writes the sines and cosines of one row; dst has len(Out()) elements.
func (m *FourierModel) TransformRow(dst, x []float64) error {
	return transformRow("features.FourierModel.TransformRow", &m.Fitted, dst, x, 2*m.terms*len(m.Period), m.row)
}

// Out describes the columns: "hour_sin_1", "hour_cos_1", "hour_sin_2", ...
func (m *FourierModel) Out() []ml.Column {
	var out []ml.Column
	for j := range m.Period {
		for k := range m.terms {
			for _, f := range []string{"sin", "cos"} {
				out = append(out, ml.Column{Name: fmt.Sprintf("%s_%s_%d", ml.ColumnName(m.Columns, j), f, k+1), From: []int{j}})
			}
		}
	}
	return out
}

func init() {
	ml.RegisterConfig[FourierFeatures]("features.FourierFeatures")
	ml.Register[*FourierModel]("features.FourierModel")
}
