package kernel

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Parameter is a positive number of a [Covariance] that a fit may change, and its bounds.
type Parameter struct {
	Value, Low, High float64
	Fixed            bool
}

// Covariance is the covariance function of a Gaussian process. A type of your own works where the built-in ones do; it must be safe for several goroutines.
type Covariance interface {
	Parameters(columns int) []Parameter              // for rows of so many columns
	With(values []float64) Covariance                // the same with other values of all parameters
	Of(x, y []float64, same bool) float64            // of two rows; same: x and y are the same row, noise included
	Gradient(dst, x, y []float64, same bool) float64 // the same, and its derivatives by the logarithms of the parameters
}

// Range bounds a parameter while it is learned. The zero value is 1e-5 to 1e5.
type Range struct {
	Low, High float64
	Fixed     bool // keep the value
}

func (r Range) parameter(v float64) Parameter {
	if r.Low == 0 && r.High == 0 {
		r.Low, r.High = 1e-5, 1e5
	}
	return Parameter{Value: v, Low: r.Low, High: r.High, Fixed: r.Fixed}
}

func or1(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}

// lengths are those of all columns.
func lengths(l []float64, range_ Range) []Parameter {
	if len(l) == 0 {
		return []Parameter{range_.parameter(1)}
	}
	out := make([]Parameter, len(l))
	for i, v := range l {
		out[i] = range_.parameter(v)
	}
	return out
}

// scaled is the squared distance in units of the lengths, one for all columns or one for each.
func scaled(l, x, y []float64) float64 {
	s := 0.0
	switch len(l) {
	case 0:
		for i, v := range x {
			d := v - y[i]
			s += float64(d * d)
		}
	case 1:
		for i, v := range x {
			d := (v - y[i]) / l[0]
			s += float64(d * d)
		}
	default:
		for i, v := range x {
			d := (v - y[i]) / l[i]
			s += float64(d * d)
		}
	}
	return s
}

// spread writes factor times the derivative of half the negative squared distance by the logarithm of each length.
func spread(dst, l, x, y []float64, squared, factor float64) {
	if len(l) <= 1 {
		dst[0] = factor * squared
		return
	}
	for i, v := range x {
		d := (v - y[i]) / l[i]
		dst[i] = factor * float64(d*d)
	}
}

// SquaredExponential is exp(-|x-y|²/2) with each column in units of its Length, the Gaussian kernel.
type SquaredExponential struct {
	Length []float64 // one for all columns, or one for each: automatic relevance determination. nil: 1
	Range  Range     // of each Length
}

// Parameters implements Covariance.
func (k SquaredExponential) Parameters(int) []Parameter { return lengths(k.Length, k.Range) }

// With implements Covariance.
func (k SquaredExponential) With(v []float64) Covariance {
	k.Length = slices.Clone(v)
	return k
}

// Of implements Covariance.
func (k SquaredExponential) Of(x, y []float64, _ bool) float64 {
	return math.Exp(-scaled(k.Length, x, y) / 2)
}

// Gradient implements Covariance.
func (k SquaredExponential) Gradient(dst, x, y []float64, _ bool) float64 {
	s := scaled(k.Length, x, y)
	v := math.Exp(-s / 2)
	spread(dst, k.Length, x, y, s, v)
	return v
}

// Matern is the Matérn covariance of smoothness Nu: processes that are continuous (1/2), once (3/2) or twice (5/2) differentiable.
type Matern struct {
	Length []float64 // as in SquaredExponential. nil: 1
	Nu     float64   // 0.5, 1.5 or 2.5. 0: 1.5
	Range  Range     // of each Length
}

// Parameters implements Covariance.
func (k Matern) Parameters(int) []Parameter { return lengths(k.Length, k.Range) }

// With implements Covariance.
func (k Matern) With(v []float64) Covariance {
	k.Length = slices.Clone(v)
	return k
}

// Of implements Covariance.
func (k Matern) Of(x, y []float64, _ bool) float64 {
	v, _ := k.valueAt(scaled(k.Length, x, y))
	return v
}

// valueAt is the covariance, and what the squares of the differences are multiplied with in its derivatives.
func (k Matern) valueAt(s float64) (v, factor float64) {
	d := math.Sqrt(s)
	switch k.Nu {
	case 0.5:
		v = math.Exp(-d)
		if d > 0 {
			factor = v / d
		}
	case 2.5:
		t := math.Sqrt(5) * d
		e := math.Exp(-t)
		return (1 + t + float64(t*t)/3) * e, 5.0 / 3 * (t + 1) * e
	default:
		t := math.Sqrt(3) * d
		e := math.Exp(-t)
		return (1 + t) * e, 3 * e
	}
	return
}

// Gradient implements Covariance.
func (k Matern) Gradient(dst, x, y []float64, _ bool) float64 {
	s := scaled(k.Length, x, y)
	v, factor := k.valueAt(s)
	spread(dst, k.Length, x, y, s, factor)
	return v
}

// RationalQuadratic is (1 + |x-y|²/(2·Mixture·Length²))^-Mixture, Gaussian kernels of many lengths together.
type RationalQuadratic struct {
	Mixture      float64 // 0: 1
	Length       float64 // 0: 1
	MixtureRange Range
	Range        Range // of Length
}

// Parameters implements Covariance.
func (k RationalQuadratic) Parameters(int) []Parameter {
	return []Parameter{k.MixtureRange.parameter(or1(k.Mixture)), k.Range.parameter(or1(k.Length))}
}

// With implements Covariance.
func (k RationalQuadratic) With(v []float64) Covariance {
	k.Mixture, k.Length = v[0], v[1]
	return k
}

// Of implements Covariance.
func (k RationalQuadratic) Of(x, y []float64, _ bool) float64 {
	l, a := or1(k.Length), or1(k.Mixture)
	return math.Pow(1+scaled(nil, x, y)/(2*a*l*l), -a)
}

// Gradient implements Covariance.
func (k RationalQuadratic) Gradient(dst, x, y []float64, _ bool) float64 {
	l, a, s := or1(k.Length), or1(k.Mixture), scaled(nil, x, y)
	base := 1 + s/(2*a*l*l)
	v := math.Pow(base, -a)
	dst[0] = v * (-a*math.Log(base) + s/(2*l*l*base))
	dst[1] = s * v / (l * l * base)
	return v
}

// ExpSineSquared is exp(-2·(sin(π|x-y|/Period)/Length)²): processes that repeat.
type ExpSineSquared struct {
	Length      float64 // 0: 1
	Period      float64 // 0: 1
	Range       Range   // of Length
	PeriodRange Range
}

// Parameters implements Covariance.
func (k ExpSineSquared) Parameters(int) []Parameter {
	return []Parameter{k.Range.parameter(or1(k.Length)), k.PeriodRange.parameter(or1(k.Period))}
}

// With implements Covariance.
func (k ExpSineSquared) With(v []float64) Covariance {
	k.Length, k.Period = v[0], v[1]
	return k
}

// Of implements Covariance.
func (k ExpSineSquared) Of(x, y []float64, _ bool) float64 {
	s := math.Sin(math.Pi*math.Sqrt(scaled(nil, x, y))/or1(k.Period)) / or1(k.Length)
	return math.Exp(-2 * s * s)
}

// Gradient implements Covariance.
func (k ExpSineSquared) Gradient(dst, x, y []float64, _ bool) float64 {
	l := or1(k.Length)
	angle := math.Pi * math.Sqrt(scaled(nil, x, y)) / or1(k.Period)
	sin, cos := math.Sincos(angle)
	v := math.Exp(-2 * (sin / l) * (sin / l))
	dst[0] = 4 / (l * l) * sin * sin * v
	dst[1] = 4 * angle / (l * l) * cos * sin * v
	return v
}

// DotProduct is Sigma² + <x, y>: straight lines with an uncertain level.
type DotProduct struct {
	Sigma float64 // 0: 1
	Range Range   // of Sigma
}

// Parameters implements Covariance.
func (k DotProduct) Parameters(int) []Parameter { return []Parameter{k.Range.parameter(or1(k.Sigma))} }

// With implements Covariance.
func (k DotProduct) With(v []float64) Covariance {
	k.Sigma = v[0]
	return k
}

// Of implements Covariance.
func (k DotProduct) Of(x, y []float64, _ bool) float64 {
	s := or1(k.Sigma)
	s *= s
	for i, v := range x {
		s += float64(v * y[i])
	}
	return s
}

// Gradient implements Covariance.
func (k DotProduct) Gradient(dst, x, y []float64, same bool) float64 {
	s := or1(k.Sigma)
	dst[0] = 2 * s * s
	return k.Of(x, y, same)
}

// White is noise of variance Noise, of each row by itself.
type White struct {
	Noise float64 // 0: 1
	Range Range   // of Noise
}

// Parameters implements Covariance.
func (k White) Parameters(int) []Parameter { return []Parameter{k.Range.parameter(or1(k.Noise))} }

// With implements Covariance.
func (k White) With(v []float64) Covariance {
	k.Noise = v[0]
	return k
}

// Of implements Covariance.
func (k White) Of(_, _ []float64, same bool) float64 {
	if same {
		return or1(k.Noise)
	}
	return 0
}

// Gradient implements Covariance.
func (k White) Gradient(dst, x, y []float64, same bool) float64 {
	dst[0] = k.Of(x, y, same)
	return dst[0]
}

// Constant is Value for all rows: alone a level, in a Product a variance.
type Constant struct {
	Value float64 // 0: 1
	Range Range   // of Value
}

// Parameters implements Covariance.
func (k Constant) Parameters(int) []Parameter { return []Parameter{k.Range.parameter(or1(k.Value))} }

// With implements Covariance.
func (k Constant) With(v []float64) Covariance {
	k.Value = v[0]
	return k
}

// Of implements Covariance.
func (k Constant) Of(_, _ []float64, _ bool) float64 { return or1(k.Value) }

// Gradient implements Covariance.
func (k Constant) Gradient(dst, _, _ []float64, _ bool) float64 {
	dst[0] = or1(k.Value)
	return dst[0]
}

// Sum is A + B.
type Sum struct{ A, B Covariance }

// Product is A·B.
type Product struct{ A, B Covariance }

// Power is A to the power of Exponent, which is not learned.
type Power struct {
	A        Covariance
	Exponent float64 // > 0. 0: 1
}

// Parameters implements Covariance.
func (k Sum) Parameters(p int) []Parameter { return append(k.A.Parameters(p), k.B.Parameters(p)...) }

// Parameters implements Covariance.
func (k Product) Parameters(p int) []Parameter {
	return append(k.A.Parameters(p), k.B.Parameters(p)...)
}

// Parameters implements Covariance.
func (k Power) Parameters(p int) []Parameter { return k.A.Parameters(p) }

// With implements Covariance.
func (k Sum) With(v []float64) Covariance {
	n := len(k.A.Parameters(0))
	return Sum{k.A.With(v[:n]), k.B.With(v[n:])}
}

// With implements Covariance.
func (k Product) With(v []float64) Covariance {
	n := len(k.A.Parameters(0))
	return Product{k.A.With(v[:n]), k.B.With(v[n:])}
}

// With implements Covariance.
func (k Power) With(v []float64) Covariance { return Power{k.A.With(v), k.Exponent} }

// Of implements Covariance.
func (k Sum) Of(x, y []float64, same bool) float64 { return k.A.Of(x, y, same) + k.B.Of(x, y, same) }

// Of implements Covariance.
func (k Product) Of(x, y []float64, same bool) float64 {
	return float64(k.A.Of(x, y, same) * k.B.Of(x, y, same))
}

// Of implements Covariance.
func (k Power) Of(x, y []float64, same bool) float64 {
	return math.Pow(k.A.Of(x, y, same), or1(k.Exponent))
}

// Gradient implements Covariance.
func (k Sum) Gradient(dst, x, y []float64, same bool) float64 {
	n := len(dst) - len(k.B.Parameters(len(x)))
	return k.A.Gradient(dst[:n], x, y, same) + k.B.Gradient(dst[n:], x, y, same)
}

// Gradient implements Covariance.
func (k Product) Gradient(dst, x, y []float64, same bool) float64 {
	n := len(dst) - len(k.B.Parameters(len(x)))
	a, b := k.A.Gradient(dst[:n], x, y, same), k.B.Gradient(dst[n:], x, y, same)
	for i := range dst {
		if i < n {
			dst[i] *= b
		} else {
			dst[i] *= a
		}
	}
	return float64(a * b)
}

// Gradient implements Covariance.
func (k Power) Gradient(dst, x, y []float64, same bool) float64 {
	v, e := k.A.Gradient(dst, x, y, same), or1(k.Exponent)
	f := e * math.Pow(v, e-1)
	for i := range dst {
		dst[i] *= f
	}
	return math.Pow(v, e)
}

// checkCovariance refuses fields out of their ranges.
func checkCovariance(where string, k Covariance, columns int) error {
	bad := func(field string, found any, want string) error {
		return ml.BadConfig(where, "Kernel."+field, found, want)
	}
	switch c := k.(type) {
	case nil:
		return bad("part", "nil", "a Covariance")
	case Sum:
		if err := checkCovariance(where, c.A, columns); err != nil {
			return err
		}
		return checkCovariance(where, c.B, columns)
	case Product:
		if err := checkCovariance(where, c.A, columns); err != nil {
			return err
		}
		return checkCovariance(where, c.B, columns)
	case Power:
		if !(c.Exponent >= 0 && c.Exponent <= math.MaxFloat64) {
			return bad("Exponent", c.Exponent, "> 0 and finite, or 0 for 1")
		}
		return checkCovariance(where, c.A, columns)
	case SquaredExponential:
		if len(c.Length) > 1 && len(c.Length) != columns {
			return bad("Length", fmt.Sprintf("%d long", len(c.Length)), fmt.Sprintf("none, one or %d, one for each column", columns))
		}
	case Matern:
		if len(c.Length) > 1 && len(c.Length) != columns {
			return bad("Length", fmt.Sprintf("%d long", len(c.Length)), fmt.Sprintf("none, one or %d, one for each column", columns))
		}
		if c.Nu != 0 && c.Nu != 0.5 && c.Nu != 1.5 && c.Nu != 2.5 {
			return bad("Nu", c.Nu, "0.5, 1.5 or 2.5, or 0 for 1.5")
		}
	}
	for i, p := range k.Parameters(columns) {
		if !(p.Value > 0 && p.Value <= math.MaxFloat64) || !p.Fixed && !(p.Low > 0 && p.High >= p.Low && p.High <= math.MaxFloat64) {
			return bad(fmt.Sprintf("parameter %d", i), p.Value, "a value above 0, and bounds above 0 in order")
		}
	}
	return nil
}
