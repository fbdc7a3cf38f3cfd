package linear

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// Link ties the mean μ of a [GLM] to the linear score η. LogLink, LogitLink, ProbitLink, CloglogLink, IdentityLink, InverseLink,
// InverseSquareLink and PowerLink are built in; a type of your own works as well, and ml.Register lets it be saved.
// Values outside a domain give NaN or ±Inf, from which the fit keeps away.
type Link interface {
	String() string              // the name in tables
	Score(mean float64) float64  // η = g(μ)
	Mean(score float64) float64  // μ = g⁻¹(η)
	Slope(score float64) float64 // dμ/dη
}

type (
	// LogLink is η = log μ: effects multiply the mean by exp(Coef).
	LogLink struct{}
	// LogitLink is η = log(μ/(1-μ)): effects multiply the odds by exp(Coef).
	LogitLink struct{}
	// ProbitLink is the quantile of the standard normal distribution at μ.
	ProbitLink struct{}
	// CloglogLink is η = log(-log(1-μ)): discrete hazards; μ is the probability that a Poisson count of log mean η is not 0.
	CloglogLink struct{}
	// IdentityLink is η = μ: effects add up.
	IdentityLink struct{}
	// InverseLink is η = 1/μ.
	InverseLink struct{}
	// InverseSquareLink is η = 1/μ².
	InverseSquareLink struct{}
	// PowerLink is η = μ^Power, for μ > 0.
	PowerLink struct {
		Power float64 // 0 is an error: use LogLink
	}
)

// vectorLink gives means and slopes of many scores at once.
type vectorLink interface {
	means(mean, slope, score []float64)
}

// linkMeans writes the means of scores, which may be in the same place. It needs scratch as long, and does not allocate.
func linkMeans(l Link, mean, scratch, score []float64) {
	switch l := l.(type) { // a call through the interface would move short slices to the heap
	case LogLink:
		l.means(mean, scratch, score)
	case LogitLink:
		l.means(mean, scratch, score)
	default:
		for i, v := range score {
			mean[i] = l.Mean(v)
		}
	}
}

// The means of log, logit, probit and complementary log-log links are kept off the ends of their range, which they reach by rounding.
const (
	leastMean  = 1e-300
	leastShare = 0x1p-52
)

func (LogLink) String() string             { return "log" }
func (LogLink) Score(mean float64) float64 { return math.Log(mean) }
func (LogLink) Mean(score float64) float64 { return max(math.Exp(score), leastMean) }
func (l LogLink) Slope(score float64) float64 {
	return l.Mean(score)
}

func (LogLink) means(mean, slope, score []float64) {
	kern.Exp(mean, score)
	for i, m := range mean {
		if m < leastMean {
			m = leastMean
			mean[i] = m
		}
		slope[i] = m
	}
}

func (LogitLink) String() string             { return "logit" }
func (LogitLink) Score(mean float64) float64 { return math.Log(mean / (1 - mean)) }
func (LogitLink) Mean(score float64) float64 {
	e := math.Exp(-math.Abs(score))
	if score < 0 {
		return share(e / (1 + e))
	}
	return share(1 / (1 + e))
}
func (LogitLink) Slope(score float64) float64 {
	e := math.Exp(-math.Abs(score))
	return e / ((1 + e) * (1 + e))
}

func (LogitLink) means(mean, slope, score []float64) {
	for i, v := range score {
		slope[i] = -math.Abs(v)
	}
	kern.Exp(slope, slope)
	for i, e := range slope {
		p := 1 / (1 + e)
		slope[i] = e * p * p
		if score[i] < 0 {
			p *= e
		}
		mean[i] = share(p)
	}
}

// share keeps a probability within what the variance of one can be computed from. NaN stays.
func share(p float64) float64 {
	if p < leastMean {
		return leastMean
	}
	if p > 1-leastShare {
		return 1 - leastShare
	}
	return p
}

var standardNormal = stats.Normal{Sigma: 1}

func (ProbitLink) String() string             { return "probit" }
func (ProbitLink) Score(mean float64) float64 { return standardNormal.Quantile(mean) }
func (ProbitLink) Mean(score float64) float64 { return share(standardNormal.CDF(score)) }
func (ProbitLink) Slope(score float64) float64 {
	return math.Exp(-score*score/2) / math.Sqrt(2*math.Pi)
}

func (CloglogLink) String() string             { return "cloglog" }
func (CloglogLink) Score(mean float64) float64 { return math.Log(-math.Log1p(-mean)) }
func (CloglogLink) Mean(score float64) float64 { return share(-math.Expm1(-math.Exp(score))) }
func (CloglogLink) Slope(score float64) float64 {
	return math.Exp(score - math.Exp(score))
}

func (IdentityLink) String() string             { return "identity" }
func (IdentityLink) Score(mean float64) float64 { return mean }
func (IdentityLink) Mean(score float64) float64 { return score }
func (IdentityLink) Slope(float64) float64      { return 1 }

func (InverseLink) String() string              { return "inverse" }
func (InverseLink) Score(mean float64) float64  { return 1 / mean }
func (InverseLink) Mean(score float64) float64  { return 1 / score }
func (InverseLink) Slope(score float64) float64 { return -1 / (score * score) }

func (InverseSquareLink) String() string              { return "inverse square" }
func (InverseSquareLink) Score(mean float64) float64  { return 1 / (mean * mean) }
func (InverseSquareLink) Mean(score float64) float64  { return 1 / math.Sqrt(score) }
func (InverseSquareLink) Slope(score float64) float64 { return -0.5 / (score * math.Sqrt(score)) }

func (l PowerLink) String() string              { return fmt.Sprintf("power(%g)", l.Power) }
func (l PowerLink) Score(mean float64) float64  { return positivePower(mean, l.Power) }
func (l PowerLink) Mean(score float64) float64  { return positivePower(score, 1/l.Power) }
func (l PowerLink) Slope(score float64) float64 { return positivePower(score, 1/l.Power-1) / l.Power }

// positivePower is NaN for what has no power in general.
func positivePower(x, power float64) float64 {
	if x < 0 {
		return math.NaN()
	}
	return math.Pow(x, power)
}
