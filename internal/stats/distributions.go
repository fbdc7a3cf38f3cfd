package stats

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Distribution is one of the named distributions of a number. Survival is 1 - CDF without its cancellation: small tails keep their digits.
type Distribution interface {
	LogProb(x float64) float64  // log of the density, or of the probability of a whole number
	CDF(x float64) float64      // probability of at most x
	Survival(x float64) float64 // probability of more than x
	Quantile(p float64) float64 // the least x with CDF(x) >= p; NaN for p outside 0..1
	Rand(r *rand.Rand) float64  // a draw
}

// Normal has the mean Mu and the standard deviation Sigma.
type Normal struct{ Mu, Sigma float64 }

func (d Normal) z(x float64) float64 { return (x - d.Mu) / d.Sigma }

func (d Normal) LogProb(x float64) float64 {
	z := d.z(x)
	return -0.5*z*z - math.Log(d.Sigma) - 0.5*math.Log(2*math.Pi)
}
func (d Normal) CDF(x float64) float64      { return 0.5 * math.Erfc(-d.z(x)/math.Sqrt2) }
func (d Normal) Survival(x float64) float64 { return 0.5 * math.Erfc(d.z(x)/math.Sqrt2) }
func (d Normal) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return d.Mu + d.Sigma*mathext.NormalQuantile(p)
}
func (d Normal) Rand(r *rand.Rand) float64 { return d.Mu + d.Sigma*r.NormFloat64() }

// LogCDF is the logarithm of CDF, without underflow.
func (d Normal) LogCDF(x float64) float64 {
	z := d.z(x)
	if z > -10 {
		if z > 1 {
			return math.Log1p(-d.Survival(x))
		}
		return math.Log(d.CDF(x))
	}
	// the asymptotic series of Mills' ratio; at -10 the term left out is below 1e-16
	s, term, zz := 1.0, 1.0, z*z
	for k := 1.0; k <= 30; k++ {
		next := -term * (2*k - 1) / zz
		if math.Abs(next) >= math.Abs(term) {
			break
		}
		term = next
		s += term
	}
	return -0.5*zz - math.Log(-z) - 0.5*math.Log(2*math.Pi) + math.Log(s)
}

// StudentT has Nu degrees of freedom.
type StudentT struct{ Nu float64 }

func (d StudentT) LogProb(x float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: d.Nu}.LogProb(x)
}
func (d StudentT) CDF(x float64) float64 { return d.Survival(-x) }
func (d StudentT) Survival(x float64) float64 {
	if math.IsInf(d.Nu, 1) {
		return Normal{0, 1}.Survival(x)
	}
	half, xx := 0.0, x*x
	if xx < 1 { // either form loses nothing on its side
		half = 0.5 - 0.5*betaLower(0.5, d.Nu/2, xx/(d.Nu+xx))
	} else {
		half = 0.5 * betaLower(d.Nu/2, 0.5, 1/(1+xx/d.Nu))
	}
	if x < 0 {
		return 1 - half
	}
	return half
}
func (d StudentT) Quantile(p float64) float64 {
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p > 0.5:
		return -d.Quantile(1 - p)
	case p == 0:
		return math.Inf(-1)
	case p == 0.5:
		return 0
	}
	const nearlyNormal = 1000
	if d.Nu > nearlyNormal {
		z := Normal{0, 1}.Quantile(p)
		return polish(d, z+z*(z*z+1)/(4*d.Nu), p)
	}
	b := mathext.InvRegIncBeta(d.Nu/2, 0.5, 2*p)
	return polish(d, -math.Sqrt(d.Nu*(1/b-1)), p)
}
func (d StudentT) Rand(r *rand.Rand) float64 {
	return r.NormFloat64() / math.Sqrt(ChiSquared{d.Nu}.Rand(r)/d.Nu)
}

// polish improves a quantile by Newton steps on the logarithm of the smaller tail.
func polish(d Distribution, x, p float64) float64 {
	for range 3 {
		c := d.CDF(x)
		density := math.Exp(d.LogProb(x))
		step := 0.0
		if p <= 0.5 {
			step = c * math.Log(c/p) / density
		} else {
			s := d.Survival(x)
			step = -s * math.Log(s/(1-p)) / density
		}
		next := x - step
		if math.IsNaN(next-next) || next == x || x > 0 && next <= 0 {
			break
		}
		x = next
	}
	return x
}

// ChiSquared has K degrees of freedom.
type ChiSquared struct{ K float64 }

func (d ChiSquared) gamma() Gamma               { return Gamma{Shape: d.K / 2, Rate: 0.5} }
func (d ChiSquared) LogProb(x float64) float64  { return d.gamma().LogProb(x) }
func (d ChiSquared) CDF(x float64) float64      { return d.gamma().CDF(x) }
func (d ChiSquared) Survival(x float64) float64 { return d.gamma().Survival(x) }
func (d ChiSquared) Quantile(p float64) float64 { return d.gamma().Quantile(p) }
func (d ChiSquared) Rand(r *rand.Rand) float64  { return d.gamma().Rand(r) }

// Gamma has the mean Shape/Rate.
type Gamma struct{ Shape, Rate float64 }

func (d Gamma) LogProb(x float64) float64 {
	return distuv.Gamma{Alpha: d.Shape, Beta: d.Rate}.LogProb(x)
}
func (d Gamma) CDF(x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case math.IsInf(x, 1):
		return 1
	}
	return gammaLower(d.Shape, x*d.Rate)
}
func (d Gamma) Survival(x float64) float64 {
	switch {
	case x <= 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	}
	return gammaUpper(d.Shape, x*d.Rate)
}
func (d Gamma) Quantile(p float64) float64 {
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p == 0:
		return 0
	case p == 1:
		return math.Inf(1)
	}
	// the first term of the series of the CDF, which is above it, is p here
	log, _ := math.Lgamma(d.Shape + 1)
	if low := math.Exp((math.Log(p) + log) / d.Shape); p < 1e-8 || low < 1e-12 { // gonum's inverse loses its way there
		return d.above(low, p)
	}
	return polish(d, mathext.GammaIncRegInv(d.Shape, p)/d.Rate, p)
}

// above is the quantile of p, which is not below low, by halving on a logarithmic scale.
func (d Gamma) above(low, p float64) float64 {
	if low == 0 {
		return 0
	}
	high := low
	for gammaLower(d.Shape, high) < p {
		low, high = high, 2*high
	}
	for range 60 {
		middle := math.Sqrt(low) * math.Sqrt(high)
		if gammaLower(d.Shape, middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return high / d.Rate
}

func (d Gamma) Rand(r *rand.Rand) float64 {
	return distuv.Gamma{Alpha: d.Shape, Beta: d.Rate, Src: r}.Rand()
}

// F has D1 and D2 degrees of freedom.
type F struct{ D1, D2 float64 }

func (d F) LogProb(x float64) float64 { return distuv.F{D1: d.D1, D2: d.D2}.LogProb(x) }
func (d F) CDF(x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case math.IsInf(x, 1):
		return 1
	}
	return betaLower(d.D1/2, d.D2/2, d.D1*x/(d.D1*x+d.D2))
}
func (d F) Survival(x float64) float64 {
	if x <= 0 {
		return 1
	}
	return betaLower(d.D2/2, d.D1/2, d.D2/(d.D1*x+d.D2))
}
func (d F) Quantile(p float64) float64 {
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p == 1:
		return math.Inf(1)
	}
	b := mathext.InvRegIncBeta(d.D1/2, d.D2/2, p)
	return polish(d, d.D2*b/(d.D1*(1-b)), p)
}
func (d F) Rand(r *rand.Rand) float64 {
	return ChiSquared{d.D1}.Rand(r) / d.D1 / (ChiSquared{d.D2}.Rand(r) / d.D2)
}

// Beta lives between 0 and 1.
type Beta struct{ A, B float64 }

func (d Beta) LogProb(x float64) float64 { return distuv.Beta{Alpha: d.A, Beta: d.B}.LogProb(x) }
func (d Beta) CDF(x float64) float64     { return betaLower(d.A, d.B, min(max(x, 0), 1)) }
func (d Beta) Survival(x float64) float64 {
	x = min(max(x, 0), 1)
	return betaUpper(d.A, d.B, x)
}
func (d Beta) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return mathext.InvRegIncBeta(d.A, d.B, p)
}
func (d Beta) Rand(r *rand.Rand) float64 {
	x, y := Gamma{d.A, 1}.Rand(r), Gamma{d.B, 1}.Rand(r)
	return x / (x + y)
}

// Binomial counts the successes of N trials of probability P.
type Binomial struct{ N, P float64 }

func (d Binomial) LogProb(x float64) float64 { return distuv.Binomial{N: d.N, P: d.P}.LogProb(x) }
func (d Binomial) CDF(x float64) float64 {
	switch x = math.Floor(x); {
	case x < 0:
		return 0
	case x >= d.N:
		return 1
	}
	return betaUpper(x+1, d.N-x, d.P)
}
func (d Binomial) Survival(x float64) float64 {
	switch x = math.Floor(x); {
	case x < 0:
		return 1
	case x >= d.N:
		return 0
	}
	return betaLower(x+1, d.N-x, d.P)
}
func (d Binomial) Quantile(p float64) float64 { return discrete(d, p, d.N*d.P, d.N) }
func (d Binomial) Rand(r *rand.Rand) float64 {
	return distuv.Binomial{N: d.N, P: d.P, Src: r}.Rand()
}

// Poisson counts events of the mean Lambda.
type Poisson struct{ Lambda float64 }

func (d Poisson) LogProb(x float64) float64 { return distuv.Poisson{Lambda: d.Lambda}.LogProb(x) }
func (d Poisson) CDF(x float64) float64 {
	switch {
	case x < 0:
		return 0
	case math.IsInf(x, 1):
		return 1
	}
	return gammaUpper(math.Floor(x)+1, d.Lambda)
}
func (d Poisson) Survival(x float64) float64 {
	switch {
	case x < 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	}
	return gammaLower(math.Floor(x)+1, d.Lambda)
}
func (d Poisson) Quantile(p float64) float64 { return discrete(d, p, d.Lambda, math.Inf(1)) }
func (d Poisson) Rand(r *rand.Rand) float64 {
	return distuv.Poisson{Lambda: d.Lambda, Src: r}.Rand()
}

// NegativeBinomial counts the failures before the R-th success of trials of probability P; R need not be whole.
type NegativeBinomial struct{ R, P float64 }

func (d NegativeBinomial) LogProb(x float64) float64 {
	if x < 0 || x != math.Floor(x) {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(x + d.R)
	b, _ := math.Lgamma(d.R)
	c, _ := math.Lgamma(x + 1)
	log := a - b - c + d.R*math.Log(d.P)
	if x > 0 {
		log += x * math.Log1p(-d.P)
	}
	return log
}
func (d NegativeBinomial) CDF(x float64) float64 {
	switch {
	case x < 0:
		return 0
	case math.IsInf(x, 1):
		return 1
	}
	return betaLower(d.R, math.Floor(x)+1, d.P)
}
func (d NegativeBinomial) Survival(x float64) float64 {
	switch {
	case x < 0:
		return 1
	case math.IsInf(x, 1):
		return 0
	}
	return betaUpper(d.R, math.Floor(x)+1, d.P)
}
func (d NegativeBinomial) Quantile(p float64) float64 {
	return discrete(d, p, d.R*(1-d.P)/d.P, math.Inf(1))
}
func (d NegativeBinomial) Rand(r *rand.Rand) float64 {
	return Poisson{Gamma{Shape: d.R, Rate: d.P / (1 - d.P)}.Rand(r)}.Rand(r)
}

// discrete finds the least whole number whose CDF reaches p, from a guess, by doubling and halving.
func discrete(d Distribution, p, guess, top float64) float64 {
	reached := func(x float64) bool {
		if p > 0.5 {
			return d.Survival(x) <= 1-p
		}
		return d.CDF(x) >= p
	}
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p == 1:
		return top
	case reached(0):
		return 0
	}
	lo, hi := 0.0, max(1, math.Floor(guess))
	for !reached(hi) {
		lo, hi = hi, min(2*hi, top)
	}
	for hi-lo > 1 {
		mid := math.Floor(lo + (hi-lo)/2)
		if reached(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
