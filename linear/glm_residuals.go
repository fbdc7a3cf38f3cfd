package linear

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// Residual names what is left of a target, given its mean.
type Residual uint8

const (
	// DevianceResidual is the root of the row's share of the deviance, with the sign of y-μ. The zero value.
	DevianceResidual Residual = iota
	// PearsonResidual is y-μ over the root of V(μ), times the root of the precision.
	PearsonResidual
	// WorkingResidual is y-μ in units of the score: (y-μ)/(dμ/dη).
	WorkingResidual
	// ResponseResidual is y-μ.
	ResponseResidual
	// AnscombeResidual is (A(y)-A(μ))/V(μ)^(1/6), with A the integral of V^(-1/3), times the root of the precision: the scale on which
	// the family is closest to normal (McCullagh and Nelder, section 2.4.2).
	AnscombeResidual
	// StandardizedResidual is the deviance residual over its standard error, the root of Dispersion·(1 - leverage): R's rstandard.
	// It and those below exist for the rows fitted to only, and are NaN for rows of weight 0 or leverage 1.
	StandardizedResidual
	// StandardizedPearsonResidual is the Pearson residual over that standard error: statsmodels' resid_studentized.
	StandardizedPearsonResidual
	// StudentizedResidual is the root of the deviance that leaving the row out saves, to first order (Williams, Applied Statistics 36
	// (1987)); where the dispersion was estimated, over the root of what it would be then: R's rstudent.
	StudentizedResidual
	residuals
)

// Residuals returns those of the rows of d. Rows may be others than were fitted to, but for kinds that need the leverage, of which
// [GLMModel.Leverage] says more. They are those of one observation: row weights do not matter.
func (m *GLMModel) Residuals(kind Residual, d ml.Dataset[float64]) ([]float64, error) {
	const where = "linear.GLMModel.Residuals"
	if kind >= residuals {
		return nil, ml.BadConfig(where, "kind", kind, "one of the constants")
	}
	if kind >= StandardizedResidual {
		return m.standardized(where, kind, d)
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	out, err := m.all(where, d.X, false)
	if err != nil {
		return nil, err
	}
	targets := m.Family.Targets()
	for i, score := range out {
		y, each := d.Y[i], 1.0
		if !targets.Contains(y) {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(y),
				Want: fmt.Sprintf("%s, as the %s family has it", targets, m.Family), Kind: ml.ErrTarget}
		}
		if j := m.role.precision; j >= 0 {
			if each = d.X.At(i, j); each < 0 {
				return nil, badRole(where, m.Columns, i, j, each, ">= 0, as a precision")
			}
		}
		out[i] = m.residual(kind, y, score, each)
	}
	return out, nil
}

// residual is one that does not need the leverage.
func (m *GLMModel) residual(kind Residual, y, score, precision float64) float64 {
	mean := m.Link.Mean(score)
	switch kind {
	case DevianceResidual:
		return math.Copysign(math.Sqrt(max(precision*m.Family.Deviance(y, mean), 0)), y-mean)
	case PearsonResidual:
		return (y - mean) * math.Sqrt(precision/m.Family.Variance(mean))
	case WorkingResidual:
		return (y - mean) / m.Link.Slope(score)
	case AnscombeResidual:
		return math.Sqrt(precision) * anscombe(m.Family, y, mean) / math.Pow(m.Family.Variance(mean), 1.0/6)
	}
	return y - mean
}

// anscombe is the integral of V^(-1/3) from the mean to y.
func anscombe(f Family, y, mean float64) float64 {
	power := math.NaN()
	switch f := f.(type) {
	case Gaussian:
		power = 0
	case Poisson:
		power = 1
	case Gamma:
		power = 2
	case InverseGaussian:
		power = 3
	case Tweedie:
		power = f.Power
	case NegativeBinomial:
		if f.Overdispersion == 0 {
			power = 1
			break
		}
		// With t = u³ the integrand has no pole at 0.
		return integral(math.Cbrt(mean), math.Cbrt(y), func(u float64) float64 { return 3 * u / math.Cbrt(1+f.Overdispersion*u*u*u) })
	case Binomial:
		const a = 2.0 / 3
		all := math.Exp(2*logGamma(a) - logGamma(2*a))
		beta := stats.Beta{A: a, B: a}
		return all * (beta.CDF(y) - beta.CDF(mean))
	}
	switch {
	case math.IsNaN(power):
		return integral(mean, y, func(t float64) float64 { return 1 / math.Cbrt(f.Variance(t)) })
	case power == 3:
		return math.Log(y / mean)
	}
	rest := 1 - power/3
	if power <= 0 { // negative targets are possible
		return (signedPower(y, rest) - signedPower(mean, rest)) / rest
	}
	return (math.Pow(y, rest) - math.Pow(mean, rest)) / rest
}

func signedPower(v, power float64) float64 { return math.Copysign(math.Pow(math.Abs(v), power), v) }

// integral of f from a to b by the tanh-sinh rule, which poles at the ends do not trouble (Takahasi and Mori, Publ. RIMS 9 (1974)).
func integral(a, b float64, f func(float64) float64) float64 {
	const step, last = 1.0 / 16, 3.6
	half, sum := (b-a)/2, 0.0
	if half == 0 {
		return 0
	}
	for k := 0; float64(k)*step <= last; k++ {
		t := float64(k) * step
		u := math.Pi / 2 * math.Sinh(t)
		gap := 2 / (1 + math.Exp(2*u)) // of the place to the end, in units of half
		weight := math.Pi / 2 * math.Cosh(t) / (math.Cosh(u) * math.Cosh(u))
		values := f(a + half*gap)
		if k > 0 {
			values += f(b - half*gap)
		}
		if math.IsNaN(values - values) {
			break // an end to rounding
		}
		sum += weight * values
	}
	return sum * half * step
}
