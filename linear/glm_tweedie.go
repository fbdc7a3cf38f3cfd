package linear

import (
	"fmt"
	"math"
)

func (f Tweedie) String() string { return fmt.Sprintf("Tweedie(%g)", f.Power) }

func (f Tweedie) Link() Link {
	if f.Power <= 0 {
		return IdentityLink{}
	}
	return LogLink{}
}

func (f Tweedie) Targets() Range {
	switch {
	case f.Power <= 0:
		return anyNumber
	case f.Power < 2:
		return notNegative
	}
	return positiveNumber
}

func (f Tweedie) Means() Range {
	if f.Power == 0 {
		return anyNumber
	}
	return positiveNumber
}

func (f Tweedie) Variance(mean float64) float64 {
	switch f.Power {
	case 0:
		return 1
	case 1:
		return mean
	case 2:
		return mean * mean
	}
	return math.Pow(mean, f.Power)
}

func (f Tweedie) UnitDispersion() bool { return false }

func (f Tweedie) Deviance(y, mean float64) float64 {
	p := f.Power
	switch p {
	case 0:
		return Gaussian{}.Deviance(y, mean)
	case 1:
		return Poisson{}.Deviance(y, mean)
	case 2:
		return Gamma{}.Deviance(y, mean)
	case 3:
		return InverseGaussian{}.Deviance(y, mean)
	}
	// For p <= 0 a negative y counts as 0 in the first term: it has no power there.
	return 2 * (math.Pow(max(y, 0), 2-p)/((1-p)*(2-p)) - y*math.Pow(mean, 1-p)/(1-p) + math.Pow(mean, 2-p)/(2-p))
}

// LogProb has a closed form for Power 0, 2 and 3, a series between 1 and 2 (Dunn and Smyth, Statistics and Computing 15 (2005)), and
// is NaN for the others; for Power 1 it is that of Poisson counts in units of the dispersion.
func (f Tweedie) LogProb(y, mean, dispersion, precision float64) float64 {
	phi := dispersion / precision
	p := f.Power
	switch {
	case p == 0:
		return Gaussian{}.LogProb(y, mean, phi, 1)
	case p == 1:
		return Poisson{}.LogProb(y/phi, mean/phi, 1, 1)
	case p == 2:
		return Gamma{}.LogProb(y, mean, phi, 1)
	case p == 3:
		return InverseGaussian{}.LogProb(y, mean, phi, 1)
	case p < 1 || p > 2:
		return math.NaN()
	}
	cumulant := math.Pow(mean, 2-p) / (2 - p)
	if y == 0 {
		return -cumulant / phi
	}
	// Where many amounts make up y the terms of the series cancel, and the saddlepoint with its first correction is as good.
	const small, many = 1e-5, 100
	if phi*math.Pow(y, p-2) < small && math.Pow(y, 2-p)*(p-1)/(phi*(2-p)) > many {
		return -math.Log(2*math.Pi*phi*math.Pow(y, p))/2 - f.Deviance(y, mean)/(2*phi) + phi*math.Pow(y, p-2)*p*(p-3)/24
	}
	return tweedieSeries(y, p, phi) - math.Log(y) + (y*math.Pow(mean, 1-p)/(1-p)-cumulant)/phi
}

// tweedieSeries is the log of Σ_j z^j / (j! Γ(ja)), j the number of gamma amounts: the terms about the largest one.
func tweedieSeries(y, p, phi float64) float64 {
	a := (2 - p) / (p - 1)
	logZ := a*(math.Log(y)-math.Log(p-1)) - (1+a)*math.Log(phi) - math.Log(2-p)
	term := func(j float64) float64 { return j*logZ - logGamma(j+1) - logGamma(j*a) }
	peak := max(math.Round(math.Pow(y, 2-p)/(phi*(2-p))), 1)
	top := term(peak)
	sum := 1.0
	const negligible = -40
	// Wide bumps are summed as an integral, in steps of an eighth of their width: the error is far below rounding.
	stride := max(1, math.Floor(math.Sqrt(peak*(p-1))/8), math.Nextafter(peak, math.Inf(1))-peak)
	for j := peak + stride; ; j += stride {
		d := term(j) - top
		if !(d > negligible) {
			break
		}
		sum += math.Exp(d)
	}
	for j := peak - stride; j >= 1; j -= stride {
		d := term(j) - top
		if !(d > negligible) {
			break
		}
		sum += math.Exp(d)
	}
	return top + math.Log(sum*stride)
}
