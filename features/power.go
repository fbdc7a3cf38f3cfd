package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/optim"
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

// grow is ((e^l)^lambda - 1) / lambda, and l where lambda is 0.
func grow(l, lambda float64) float64 {
	if lambda == 0 {
		return l
	}
	return math.Expm1(lambda*l) / lambda
}

// shrink undoes grow; NaN where no l gives y.
func shrink(y, lambda float64) float64 {
	if lambda == 0 {
		return y
	}
	return math.Log1p(y*lambda) / lambda
}

func (p power) apply(x float64) float64 {
	switch {
	case p.boxCox:
		return grow(math.Log(x), p.lambda)
	case x >= 0:
		return grow(math.Log1p(x), p.lambda)
	}
	return -grow(math.Log1p(-x), 2-p.lambda)
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

// A likelihood is that of one column's numbers under a normal distribution of their transforms, as a function of an exponent: lambda, or 2 - lambda for a column of
// negative numbers. Unless signs are mixed, the logs are measured from their mean: the transform of x over its geometric mean is as normal as that of x, and its likelihood has
// the same best exponent, but no digits are lost to the distance from 0, and the term of the Jacobian is gone.
type likelihood struct {
	values []float64
	logs   []float64 // log x for Box-Cox, else log(1 + |x|); less their mean unless signs are mixed
	minus  []bool    // x < 0; nil unless signs are mixed
	weight []float64 // nil: 1 each
	total  float64
	slope  float64    // weighted mean of the logs with the sign of x, if signs are mixed
	mirror bool       // the exponent is 2 - lambda
	bounds [2]float64 // of the exponent
	spread float64    // greatest less least log with its sign
	most   float64    // greatest absolute log
}

// Beyond these exponents of e a square of the transform overflows, or it keeps less than half of its digits beside the 1 that is subtracted.
const mostGrowth, mostDecay = 300, 18

func newLikelihood(t tally, boxCox bool) *likelihood {
	l := &likelihood{values: t.values, logs: make([]float64, len(t.values)), weight: t.weight, total: t.total, bounds: [2]float64{-mostGrowth, mostGrowth}}
	minus, negative := make([]bool, len(t.values)), 0
	for i, v := range t.values {
		switch {
		case boxCox:
			l.logs[i] = math.Log(v)
		default:
			l.logs[i] = math.Log1p(math.Abs(v))
		}
		if !boxCox && v < 0 {
			minus[i] = true
			negative++
		}
	}
	if negative > 0 && negative < len(minus) {
		l.minus = minus
	}
	l.mirror = negative > 0 && l.minus == nil
	low, high := math.Inf(1), math.Inf(-1)
	for i, log := range l.logs {
		if l.minus != nil && minus[i] {
			log = -log
		}
		low, high = min(low, log), max(high, log)
		l.slope += weightOf(t.weight, i) * log
	}
	l.slope /= t.total
	l.spread = high - low
	if l.most = max(math.Abs(low), math.Abs(high)); l.most > 0 {
		l.bounds = [2]float64{-mostGrowth / l.most, mostGrowth / l.most}
	}
	switch {
	case l.minus != nil:
		l.bounds[1] += 2 // for 2 - lambda of the negative ones
	case low > 0:
		l.bounds[0] = max(l.bounds[0], -mostDecay/low)
	case high < 0:
		l.bounds[1] = min(l.bounds[1], -mostDecay/high)
	}
	if l.minus == nil {
		for i := range l.logs {
			l.logs[i] -= l.slope
		}
		l.slope = 0
	}
	return l
}

// constant reports whether no exponent changes anything.
func (l *likelihood) constant() bool {
	return !(l.spread > 4*0x1p-52*l.most)
}

// transformed yields the transforms under an exponent and their derivatives by it, with their weights. A constant may be missing in the transforms.
func (l *likelihood) transformed(exponent float64, yield func(y, dy, w float64)) {
	for i, log := range l.logs {
		e, sign := exponent, 1.0
		if l.minus != nil && l.minus[i] {
			e, sign = 2-exponent, -1
		}
		z := e * log
		y := log
		if e != 0 {
			y = math.Expm1(z) / e
		}
		dy := (log*math.Exp(z) - y) / e
		if math.Abs(z) < 1e-2 { // the closed form of the derivative cancels
			dy = log * log * (1./2 + z*(1./3+z*(1./8+z*(1./30+z*(1./144+z*(1./840+z/5760))))))
		}
		yield(sign*y, dy, weightOf(l.weight, i)) // for x < 0 both signs turn: that of the transform and that of the exponent's derivative
	}
}

// minusLog is minus the log-likelihood for each unit of weight, but for a constant.
func (l *likelihood) minusLog(exponent float64) float64 {
	mean := 0.0
	l.transformed(exponent, func(y, _, w float64) { mean += w * y })
	mean /= l.total
	variance := 0.0
	l.transformed(exponent, func(y, _, w float64) { variance += w * (y - mean) * (y - mean) })
	return math.Log(variance/l.total)/2 - (exponent-1)*l.slope
}

// gradient is the derivative of minusLog.
func (l *likelihood) gradient(exponent float64) float64 {
	mean := 0.0
	l.transformed(exponent, func(y, _, w float64) { mean += w * y })
	mean /= l.total
	variance, cross := 0.0, 0.0
	l.transformed(exponent, func(y, dy, w float64) {
		variance += w * (y - mean) * (y - mean)
		cross += w * (y - mean) * dy
	})
	return cross/variance - l.slope
}

// best is the lambda of the greatest likelihood: Brent's minimum, which a function's values cannot tell to more than half of the digits, made
// exact as a zero of the gradient beside it.
func (l *likelihood) best() float64 {
	lo, hi, ok := optim.Bracket(l.minusLog, -2, 2)
	if !ok {
		lo, hi = l.bounds[0], l.bounds[1]
	}
	lo, hi = max(lo, l.bounds[0]), min(hi, l.bounds[1])
	if !(lo < hi) {
		lo, hi = l.bounds[0], l.bounds[1]
	}
	exponent, _ := optim.Minimum(l.minusLog, lo, hi, 1e-6)
	for step := 1e-4; step <= 0.1; step *= 10 {
		from, to := max(exponent-step, l.bounds[0]), min(exponent+step, l.bounds[1])
		if exact, ok := optim.Root(l.gradient, from, to, 1e-13); ok {
			exponent = exact
			break
		}
	}
	if l.mirror {
		return 2 - exponent
	}
	return exponent
}

// moments are the mean and the standard deviation of the numbers under p.
func (l *likelihood) moments(p power) (mean, deviation float64) {
	for i, v := range l.values {
		mean += weightOf(l.weight, i) * p.apply(v)
	}
	mean /= l.total
	squares, rest := 0.0, 0.0
	for i, v := range l.values {
		d := p.apply(v) - mean
		rest += weightOf(l.weight, i) * d
		squares += weightOf(l.weight, i) * d * d
	}
	rest /= l.total
	variance := squares/l.total - rest*rest
	mean += rest
	if constant(variance, mean, l.total) {
		return mean, 1
	}
	return mean, math.Sqrt(variance)
}

// Restore checks a model that was read from a file and derives the rest.
func (m *PowerModel) Restore() error {
	const where = "features.PowerModel"
	c, is := m.Config.(PowerTransformer)
	if !is {
		return badFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.PowerTransformer")
	}
	p := m.Info.Features
	if err := checkArrays(where, p, map[string][]float64{"Lambda": m.Lambda, "Mean": m.Mean, "Scale": m.Scale}); err != nil {
		return err
	}
	m.curves = make([]power, p)
	for j := range p {
		if !(m.Scale[j] > 0) {
			return badFile(where, fmt.Sprintf("Scale[%d]", j), fmt.Sprint(m.Scale[j]), "> 0")
		}
		m.curves[j] = power{m.Lambda[j], c.BoxCox}
	}
	return nil
}

func (m *PowerModel) row(dst, src []float64) int {
	for j, v := range src {
		if v == v {
			if v = (m.curves[j].apply(v) - m.Mean[j]) / m.Scale[j]; !finite(v) {
				return j
			}
		}
		dst[j] = v
	}
	return -1
}

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
	return m.apply("features.PowerModel.Transform", x, m.row, func(j int, v float64) float64 { return m.curves[j].apply(v) })
}

// Inverse brings transformed rows back. A number that no original has, beyond the bound that a lambda sets, is an error that names its place.
func (m *PowerModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.apply("features.PowerModel.Inverse", x, m.inverseRow, func(j int, v float64) float64 { return m.curves[j].invert(v) })
}

func (m *PowerModel) apply(where string, x tensor.Matrix, row rowFunc, stored func(j int, v float64) float64) (tensor.Matrix, error) {
	if !m.Config.(PowerTransformer).keepsZeros() {
		stored = nil
	}
	return m.mapping(row).transform(where, &m.Fitted, x, stored, whyPower)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *PowerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.mapping(m.row).transformInto("features.PowerModel.TransformInto", &m.Fitted, dst, x)
}

func (m *PowerModel) mapping(row rowFunc) mapping {
	return mapping{columns: len(m.curves), nsPerRow: 40 * len(m.curves), row: row}
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
