package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// PowerTransformer makes columns more normal by a power of each: the Yeo-Johnson transform for numbers of either sign, or the Box-Cox transform for
// positive ones. The exponent lambda of each column is the one under which normal data of unknown mean and variance would most likely have
// given the column, among those that leave half of float64's digits to the transforms. Afterwards each column is brought to mean 0 and standard deviation 1.
//
//	Box-Cox:     (x^lambda - 1) / lambda, or log x where lambda is 0
//	Yeo-Johnson: ((1+x)^lambda - 1) / lambda for x >= 0, and -((1-x)^(2-lambda) - 1) / (2-lambda) for x < 0
//
// Missing values (NaN) are left out of the fit and stay missing. A row of weight k is k rows. Columns of one value, or none, get lambda 1. Box-Cox of a number
// that is not positive is an error, in Fit and later. CSR stays CSR with Yeo-Johnson and NoStandardize, under which 0 stays 0.
// Categorical columns are an error. A fit takes about 30 passes over each column.
//
// Yeo and Johnson: A new family of power transformations to improve normality or symmetry. Biometrika 87 (2000).
type PowerTransformer struct {
	BoxCox        bool // true: Box-Cox; false: Yeo-Johnson
	NoStandardize bool // true: the plain transform; false: then scaled to mean 0 and standard deviation 1
}

// PowerModel is a fitted PowerTransformer.
type PowerModel struct {
	ml.Fitted
	Lambda []float64 // of each column
	Mean   []float64 // of each transformed column; zeros with NoStandardize
	Scale  []float64 // what each transformed column is divided by; ones with NoStandardize

	curves []power
	powers powers
}

// Accepts says that it takes missing values.
func (PowerTransformer) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

const whyPower = ", or PowerTransformer{NoStandardize: true}: zeros would not stay zeros"

func (c PowerTransformer) keepsZeros() bool { return !c.BoxCox && c.NoStandardize }

// Fit finds the exponent of each column of t.
func (c PowerTransformer) Fit(ctx context.Context, t ml.Table) (*PowerModel, error) {
	const where = "features.PowerTransformer.Fit"
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) && !c.keepsZeros() {
		return nil, denseOnly(where, whyPower)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	n, p := t.X.Dims()
	m := &PowerModel{Fitted: ml.NewFitted(t, nil, c), Lambda: make([]float64, p), Mean: make([]float64, p), Scale: make([]float64, p)}
	if c.BoxCox {
		for j, v := range columnExtremes(t.X, t.Weight).low {
			if v <= 0 {
				return nil, notPositive(where, t, n, j)
			}
		}
	}
	eachTally(t.X, t.Weight, func(int) bool { return true }, func(j int, t tally) {
		m.Lambda[j], m.Scale[j] = 1, 1
		l := newLikelihood(t, c.BoxCox)
		defer l.giveBack()
		if l.constant() {
			if !c.NoStandardize && len(t.values) > 0 {
				m.Mean[j] = power{1, c.BoxCox}.apply(t.values[0])
			}
			return
		}
		m.Lambda[j] = l.best()
		if !c.NoStandardize {
			m.Mean[j], m.Scale[j] = l.moments(power{m.Lambda[j], c.BoxCox})
		}
	})
	for j := range p {
		if !finite(m.Lambda[j]) || !finite(m.Mean[j]) || !finite(m.Scale[j]) {
			return nil, tooLarge(where, t.Columns, j)
		}
	}
	return ready(m)
}

// notPositive is the error of the first number of column j that Box-Cox is not defined for.
func notPositive(where string, t ml.Table, n, j int) error {
	for i := range n {
		if v := t.X.At(i, j); v <= 0 && weightOf(t.Weight, i) > 0 {
			e := ml.NotFinite(where, t.Columns, i, j, v)
			e.Want = "a number > 0, as Box-Cox needs; or Yeo-Johnson, PowerTransformer{}"
			return e
		}
	}
	panic("features: no number as small as the smallest")
}

// A power is one column's transform.
type power struct {
	lambda float64
	boxCox bool
}

// shrink undoes the transform of e^l, ((e^l)^lambda - 1) / lambda; NaN where no l gives y.
func shrink(y, lambda float64) float64 {
	if lambda == 0 {
		return y
	}
	return math.Log1p(y*lambda) / lambda
}

func (p power) apply(x float64) float64 {
	c := newPowers([]float64{p.lambda}, nil, nil, p.boxCox)
	row := [1]float64{x}
	if c.run(row[:], row[:]) >= 0 {
		return math.NaN()
	}
	return row[0]
}

func (p power) invert(y float64) float64 {
	switch {
	case p.boxCox:
		return math.Exp(shrink(y, p.lambda))
	case y >= 0:
		return math.Expm1(shrink(y, p.lambda))
	}
	return -math.Expm1(shrink(-y, 2-p.lambda))
}

// Restore checks a model that was read from a file and derives the rest.
func (m *PowerModel) Restore() error {
	const where = "features.PowerModel"
	c, is := m.Config.(PowerTransformer)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.PowerTransformer")
	}
	p := m.Info.Features
	if err := checkArrays(where, p, map[string][]float64{"Lambda": m.Lambda, "Mean": m.Mean, "Scale": m.Scale}); err != nil {
		return err
	}
	m.curves, m.powers = make([]power, p), newPowers(m.Lambda, m.Mean, m.Scale, c.BoxCox)
	for j := range p {
		if !(m.Scale[j] > 0) {
			return ml.BadFile(where, fmt.Sprintf("Scale[%d]", j), fmt.Sprint(m.Scale[j]), "> 0")
		}
		m.curves[j] = power{m.Lambda[j], c.BoxCox}
	}
	return nil
}

func (m *PowerModel) row(dst, src []float64) int { return m.powers.run(dst, src) }

func (m *PowerModel) inverseRow(dst, src []float64) int {
	for j, v := range src {
		if v == v {
			if v = m.curves[j].invert(v*m.Scale[j] + m.Mean[j]); !finite(v) {
				return j
			}
		}
		dst[j] = v
	}
	return -1
}

// Transform transforms the rows of x. Missing values stay missing; a number without a transform, such as 0 with Box-Cox, is an error.
func (m *PowerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	stored := func(j int, v float64) float64 { return m.curves[j].apply(v) }
	return m.apply("features.PowerModel.Transform", x, m.forward(), stored)
}

// Inverse brings transformed rows back. A number that no original has, beyond the bound that a lambda sets, is an error that names its place.
func (m *PowerModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("features.PowerModel.Inverse", x, mapping{columns: len(m.curves), nsPerRow: 40 * len(m.curves), row: m.inverseRow}, func(j int, v float64) float64 { return m.curves[j].invert(v) })
}

func (m *PowerModel) apply(where string, x tensor.Matrix, by mapping, stored func(j int, v float64) float64) (tensor.Matrix, error) {
	if !m.Config.(PowerTransformer).keepsZeros() {
		stored = nil
	}
	return by.transform(where, &m.Fitted, x, stored, whyPower)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *PowerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.forward().transformInto("features.PowerModel.TransformInto", &m.Fitted, dst, x)
}

func (m *PowerModel) forward() mapping {
	return mapping{len(m.curves), 6 * len(m.curves), m.row, func(dst, src []float64) bool { return m.powers.run(dst, src) < 0 }}
}

// TransformRow transforms one row; dst is as long.
func (m *PowerModel) TransformRow(dst, x []float64) error {
	return transformRow("features.PowerModel.TransformRow", &m.Fitted, dst, x, len(m.curves), m.row)
}

// Out describes the columns: the same as in training.
func (m *PowerModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

func init() {
	ml.RegisterConfig[PowerTransformer]("features.PowerTransformer")
	ml.Register[*PowerModel]("features.PowerModel")
}
