package linear

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Family is the distribution of a target of a [GLM] about its mean μ, an exponential dispersion model (Jørgensen, "The Theory of
// Dispersion Models" (1997)). Gaussian, Binomial, Poisson, Gamma, InverseGaussian, Tweedie and NegativeBinomial are built in; a type
// of your own works as well, and ml.Register lets it be saved.
type Family interface {
	String() string                // the name in tables
	Link() Link                    // the one taken where the config names none
	Targets() Range                // what a target can be
	Means() Range                  // what a mean can be
	Variance(mean float64) float64 // V(μ): the variance of a target of dispersion and precision 1
	// Deviance is 2∫ (y-t)/V(t) dt from μ to y: twice the loss of log-likelihood of dispersion 1 against μ = y.
	Deviance(y, mean float64) float64
	// LogProb is the log density of y; precision divides the dispersion. For Binomial, precision is the number of trials and y the share
	// of successes. NaN where no density is known.
	LogProb(y, mean, dispersion, precision float64) float64
	// UnitDispersion says that the dispersion is 1, and not estimated.
	UnitDispersion() bool
}

// Range is an interval of numbers. Ends are in it unless open; infinite ones never are.
type Range struct {
	Low, High         float64
	LowOpen, HighOpen bool
}

// Contains reports whether v lies in r. NaN and the infinities never do.
func (r Range) Contains(v float64) bool {
	switch {
	case math.IsNaN(v - v), v < r.Low, v > r.High, v == r.Low && r.LowOpen, v == r.High && r.HighOpen:
		return false
	}
	return true
}

// String is the range in words: "> 0", "0 to 1".
func (r Range) String() string {
	low, high := !math.IsInf(r.Low, -1), !math.IsInf(r.High, 1)
	switch {
	case low && high:
		text := fmt.Sprintf("%g to %g", r.Low, r.High)
		if r.LowOpen || r.HighOpen {
			text += ", ends excluded"
		}
		return text
	case low && r.LowOpen:
		return fmt.Sprintf("> %g", r.Low)
	case low:
		return fmt.Sprintf(">= %g", r.Low)
	case high && r.HighOpen:
		return fmt.Sprintf("< %g", r.High)
	case high:
		return fmt.Sprintf("<= %g", r.High)
	}
	return "a finite number"
}

var (
	anyNumber      = Range{Low: math.Inf(-1), High: math.Inf(1)}
	notNegative    = Range{High: math.Inf(1)}
	positiveNumber = Range{High: math.Inf(1), LowOpen: true}
)

type (
	// Gaussian is the normal distribution, of constant variance. Its link is the identity.
	Gaussian struct{}
	// Binomial is the share of successes among Precision trials, of one trial unless the config names a column of them: targets are
	// 0 to 1, 0 or 1 for single trials. Its link is the logit.
	Binomial struct{}
	// Poisson is for counts, the variance of which is their mean. Its link is the log.
	Poisson struct{}
	// Gamma is for positive amounts, the standard deviation of which is proportional to the mean. Its link is the inverse; the
	// log is often the better choice.
	Gamma struct{}
	// InverseGaussian is for positive amounts of long tail: the variance grows with the cube of the mean. Its link is the inverse square.
	InverseGaussian struct{}
	// Tweedie has the variance dispersion·μ^Power: 0 is Gaussian, 1 like Poisson, 2 Gamma, 3 InverseGaussian, and between 1 and 2 lies the
	// sum of a Poisson number of gamma amounts, so that targets may be 0: claims of a policy. Its link is the log, the identity for Power 0 and below.
	Tweedie struct {
		Power float64 // not between 0 and 1. 0: constant variance
	}
	// NegativeBinomial is for counts that vary more than Poisson ones: their variance is μ + Overdispersion·μ². Its link is the log.
	NegativeBinomial struct {
		Overdispersion float64 // statsmodels' alpha, 1/theta of R's glm.nb; >= 0. 0: estimated from the data by maximum likelihood
	}
)

// vectorDeviance sums deviances of many rows at once: Σ weight·deviance. ratio is scratch.
type vectorDeviance interface {
	deviances(y, mean, weight, ratio []float64) float64
}

func (Gaussian) String() string                   { return "Gaussian" }
func (Gaussian) Link() Link                       { return IdentityLink{} }
func (Gaussian) Targets() Range                   { return anyNumber }
func (Gaussian) Means() Range                     { return anyNumber }
func (Gaussian) Variance(float64) float64         { return 1 }
func (Gaussian) Deviance(y, mean float64) float64 { return (y - mean) * (y - mean) }
func (Gaussian) UnitDispersion() bool             { return false }
func (Gaussian) LogProb(y, mean, dispersion, precision float64) float64 {
	v := dispersion / precision
	return -0.5 * ((y-mean)*(y-mean)/v + math.Log(2*math.Pi*v))
}

func (Binomial) String() string                { return "binomial" }
func (Binomial) Link() Link                    { return LogitLink{} }
func (Binomial) Targets() Range                { return Range{Low: 0, High: 1} }
func (Binomial) Means() Range                  { return Range{Low: 0, High: 1, LowOpen: true, HighOpen: true} }
func (Binomial) Variance(mean float64) float64 { return mean * (1 - mean) }
func (Binomial) Deviance(y, mean float64) float64 {
	return 2 * (timesLog(y, mean) + timesLog(1-y, 1-mean))
}
func (Binomial) UnitDispersion() bool { return true }
func (Binomial) LogProb(y, mean, dispersion, precision float64) float64 {
	k := y * precision
	choose := logGamma(precision+1) - logGamma(k+1) - logGamma(precision-k+1)
	return (choose + xLog(k, mean) + xLog(precision-k, 1-mean)) / dispersion
}

func (Poisson) String() string                { return "Poisson" }
func (Poisson) Link() Link                    { return LogLink{} }
func (Poisson) Targets() Range                { return notNegative }
func (Poisson) Means() Range                  { return positiveNumber }
func (Poisson) Variance(mean float64) float64 { return mean }
func (Poisson) Deviance(y, mean float64) float64 {
	return 2 * (timesLog(y, mean) - (y - mean))
}
func (Poisson) UnitDispersion() bool { return true }
func (Poisson) LogProb(y, mean, dispersion, precision float64) float64 {
	return precision / dispersion * (xLog(y, mean) - mean - logGamma(y+1))
}

func (Poisson) deviances(y, mean, weight, ratio []float64) float64 {
	for i, v := range y {
		ratio[i] = 1
		if v > 0 {
			ratio[i] = v / mean[i]
		}
	}
	kern.Log(ratio, ratio)
	sum := 0.0
	for i, v := range y {
		sum += weight[i] * (v*ratio[i] - (v - mean[i]))
	}
	return 2 * sum
}

func (Gamma) String() string                { return "gamma" }
func (Gamma) Link() Link                    { return InverseLink{} }
func (Gamma) Targets() Range                { return positiveNumber }
func (Gamma) Means() Range                  { return positiveNumber }
func (Gamma) Variance(mean float64) float64 { return mean * mean }
func (Gamma) Deviance(y, mean float64) float64 {
	return 2 * ((y-mean)/mean - math.Log(y/mean))
}
func (Gamma) UnitDispersion() bool { return false }
func (Gamma) LogProb(y, mean, dispersion, precision float64) float64 {
	shape := precision / dispersion
	return shape*math.Log(shape*y/mean) - shape*y/mean - math.Log(y) - logGamma(shape)
}

func (Gamma) deviances(y, mean, weight, ratio []float64) float64 {
	for i, v := range y {
		ratio[i] = v / mean[i]
	}
	kern.Log(ratio, ratio)
	sum := 0.0
	for i, v := range y {
		sum += weight[i] * ((v-mean[i])/mean[i] - ratio[i])
	}
	return 2 * sum
}

func (InverseGaussian) String() string                { return "inverse Gaussian" }
func (InverseGaussian) Link() Link                    { return InverseSquareLink{} }
func (InverseGaussian) Targets() Range                { return positiveNumber }
func (InverseGaussian) Means() Range                  { return positiveNumber }
func (InverseGaussian) Variance(mean float64) float64 { return mean * mean * mean }
func (InverseGaussian) Deviance(y, mean float64) float64 {
	return (y - mean) / mean * (y - mean) / mean / y
}
func (InverseGaussian) UnitDispersion() bool { return false }
func (f InverseGaussian) LogProb(y, mean, dispersion, precision float64) float64 {
	v := dispersion / precision
	return -0.5 * (f.Deviance(y, mean)/v + math.Log(2*math.Pi*v) + 3*math.Log(y))
}

func (f NegativeBinomial) String() string {
	if f.Overdispersion == 0 {
		return "negative binomial"
	}
	return fmt.Sprintf("negative binomial(%.4g)", f.Overdispersion)
}
func (NegativeBinomial) Link() Link     { return LogLink{} }
func (NegativeBinomial) Targets() Range { return notNegative }
func (NegativeBinomial) Means() Range   { return positiveNumber }
func (f NegativeBinomial) Variance(mean float64) float64 {
	return mean + f.Overdispersion*mean*mean
}
func (f NegativeBinomial) Deviance(y, mean float64) float64 {
	a := f.Overdispersion
	if a == 0 {
		return Poisson{}.Deviance(y, mean)
	}
	return 2 * (timesLog(y, mean) - (y+1/a)*math.Log1p(a*(y-mean)/(1+a*mean)))
}
func (NegativeBinomial) UnitDispersion() bool { return true }
func (f NegativeBinomial) LogProb(y, mean, dispersion, precision float64) float64 {
	a := f.Overdispersion
	if a == 0 {
		return Poisson{}.LogProb(y, mean, dispersion, precision)
	}
	r := 1 / a
	return precision / dispersion * (logRising(r, y) - logGamma(y+1) + xLog(y, a*mean) - (y+r)*math.Log1p(a*mean))
}

// timesLog is y·log(y/μ), 0 for y = 0.
func timesLog(y, mean float64) float64 {
	if y == 0 {
		return 0
	}
	return y * math.Log(y/mean)
}

// xLog is x·log y, 0 for x = 0.
func xLog(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(y)
}

func logGamma(x float64) float64 {
	if k := int(x); x >= 1 && x < float64(len(logFactorials)) && float64(k) == x {
		return logFactorials[k-1]
	}
	v, _ := math.Lgamma(x)
	return v
}

// logFactorials are those of the counts that come most.
var logFactorials = func() (out [256]float64) {
	for k := range out {
		out[k], _ = math.Lgamma(float64(k + 1))
	}
	return out
}()

// logRising is log Γ(r+y) - log Γ(r), for large r without the cancellation.
func logRising(r, y float64) float64 {
	const long = 1 << 12
	if y == math.Trunc(y) && y <= long && r > 16*y {
		sum := 0.0
		for k := 0.0; k < y; k++ {
			sum += math.Log(r + k)
		}
		return sum
	}
	return logGamma(r+y) - logGamma(r)
}
