package features

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// RobustScaler subtracts the median of each column and divides by the distance between two of its quantiles, by default the quartiles, so that a few
// outliers change little: z = (x - median) / (q75 - q25).
//
// Quantiles are those of NumPy's default, interpolated between the values; a row of weight k is k rows. Missing values (NaN) are left out of the
// fit and stay missing. Columns whose quantiles agree are divided by 1 instead. CSR needs NoMedian, as centring would store every zero; what is not stored counts as
// zeros. Categorical columns are an error. Storage and width are kept. A fit takes O(rows) for each column, and sorts it, O(rows log rows), if there are weights.
type RobustScaler struct {
	NoMedian     bool    // false: subtract the median
	NoScale      bool    // false: divide by the distance of the quantiles
	Low          float64 // the lower quantile, in 0..1; Low and High both zero: 0.25 and 0.75
	High         float64 // the upper quantile, in 0..1 and > Low
	UnitVariance bool    // true: the scale is also divided by the same distance of a standard normal, so that normal columns get variance 1
}

// RobustModel is a fitted RobustScaler.
type RobustModel struct {
	ml.Fitted
	Center []float64 // median of each column; 0 with NoMedian, or without any value
	Scale  []float64 // what each column is divided by, > 0

	affine affine
}

// Accepts says that it takes missing values.
func (RobustScaler) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

func (c RobustScaler) quantiles() (low, high float64) {
	if c.Low == 0 && c.High == 0 {
		return 0.25, 0.75
	}
	return c.Low, c.High
}

const whyRobust = ", or RobustScaler{NoMedian: true}: centring would store every zero"

// Fit finds the quantiles of each column of t.
func (c RobustScaler) Fit(ctx context.Context, t ml.Table) (*RobustModel, error) {
	const where = "features.RobustScaler.Fit"
	low, high := c.quantiles()
	switch {
	case !(low >= 0 && low < high && high <= 1):
		return nil, ml.BadConfig(where, "Low and High", fmt.Sprintf("%v and %v", c.Low, c.High), "0 <= Low < High <= 1")
	case c.UnitVariance && (low == 0 || high == 1):
		return nil, ml.BadConfig(where, "UnitVariance", "true with the quantiles 0 or 1, which are infinite for a normal", "Low > 0 and High < 1")
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) && !c.NoMedian {
		return nil, denseOnly(where, whyRobust)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	m := &RobustModel{Fitted: ml.NewFitted(t, nil, c), Center: make([]float64, p), Scale: make([]float64, p)}
	unit := 1.0
	if c.UnitVariance {
		unit = normalQuantile(high) - normalQuantile(low)
	}
	eachTally(t.X, t.Weight, func(int) bool { return true }, func(j int, t tally) {
		m.Scale[j] = 1 / unit
		if len(t.values) == 0 {
			return
		}
		s := t.sampleAt(stats.Linear, []float64{low, 0.5, high})
		if !c.NoMedian {
			m.Center[j] = s.Quantile(0.5, stats.Linear)
		}
		if spread := s.Quantile(high, stats.Linear) - s.Quantile(low, stats.Linear); !c.NoScale && spread > 10*0x1p-52 { // scikit-learn's bound for a constant
			m.Scale[j] = spread / unit
		}
	})
	for j, v := range m.Scale {
		if !finite(v) {
			return nil, tooLarge(where, t.Columns, j)
		}
	}
	return ready(m)
}

func normalQuantile(q float64) float64 { return stats.Normal{Mu: 0, Sigma: 1}.Quantile(q) }

// Restore checks a model that was read from a file and derives the rest.
func (m *RobustModel) Restore() error {
	const where = "features.RobustModel"
	if _, is := m.Config.(RobustScaler); !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.RobustScaler")
	}
	p := m.Info.Features
	if err := checkArrays(where, p, map[string][]float64{"Center": m.Center, "Scale": m.Scale}); err != nil {
		return err
	}
	for j, v := range m.Scale {
		if !(v > 0) {
			return ml.BadFile(where, fmt.Sprintf("Scale[%d]", j), fmt.Sprint(v), "> 0")
		}
	}
	m.affine = newAffine(p)
	m.affine.shift, m.affine.scale = m.Center, m.Scale
	return nil
}

// Transform scales the rows of x. Missing values stay missing; Inf is an error.
func (m *RobustModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.affine.transform("features.RobustModel.Transform", &m.Fitted, x, !m.Config.(RobustScaler).NoMedian, whyRobust)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *RobustModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.affine.transformInto("features.RobustModel.TransformInto", &m.Fitted, dst, x)
}

// Inverse brings scaled rows back to the original units.
func (m *RobustModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.affine.inverse("features.RobustModel.Inverse", &m.Fitted, x, !m.Config.(RobustScaler).NoMedian, whyRobust)
}

// TransformRow scales one row into dst, which is as long, without allocating.
func (m *RobustModel) TransformRow(dst, x []float64) error {
	return transformRow("features.RobustModel.TransformRow", &m.Fitted, dst, x, len(m.Scale), m.affine.row)
}

// Out describes the columns: the same as in training.
func (m *RobustModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

func init() {
	ml.RegisterConfig[RobustScaler]("features.RobustScaler")
	ml.Register[*RobustModel]("features.RobustModel")
}
