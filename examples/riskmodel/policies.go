package main

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// policy is one line of a motor insurer's book: what is known of the car and its driver, for how long the policy ran, and its claims.
type policy struct {
	young, urban float64 // 1 if so
	power        float64 // of the engine, in units of 100 hp
	bonus        float64 // years without a claim, up to 10
	district     float64 // log of how often claims come where the car is kept, over the country's mean, by the statistics of all insurers
	years        float64 // the policy ran, up to 1
	claims       float64
	paid         float64 // for all claims together
}

var factors = []ml.Column{{Name: "young"}, {Name: "urban"}, {Name: "power"}, {Name: "bonus"}}

// The truth that the models have to find, on the log scale: the intercept, then one coefficient for each factor.
var (
	trueFrequency = []float64{-1.6, 0.6, 0.4, 0.3, -0.08}
	trueSeverity  = []float64{7.0, 0.25, -0.15, 0.4, 0}
)

// districts are how often claims come there, as multiples of the country's mean. One book is too small to tell them; they are published.
var districts = []float64{0.75, 0.9, 1, 1.15, 1.4}

// severityShape is that of the gamma distribution of a claim: the dispersion is 1/severityShape.
const severityShape = 2

func (p policy) factors() []float64 { return []float64{p.young, p.urban, p.power, p.bonus} }

func (p policy) mean(coef []float64) float64 {
	score := coef[0]
	for j, v := range p.factors() {
		score += coef[j+1] * v
	}
	return math.Exp(score)
}

// book draws n policies.
func book(n int, seed uint64) []policy {
	rng := rand.New(rand.NewPCG(seed, 0))
	policies := make([]policy, n)
	for i := range policies {
		p := policy{young: draw(rng, 0.2), urban: draw(rng, 0.4), power: 0.5 + 1.5*rng.Float64(), bonus: float64(rng.IntN(11)), years: 1,
			district: math.Log(districts[i%len(districts)])}
		if rng.Float64() < 0.4 { // began or ended within the year
			p.years = float64(1+rng.IntN(11)) / 12
		}
		p.claims = poisson(rng, p.years*math.Exp(p.district)*p.mean(trueFrequency))
		amount := p.mean(trueSeverity) / severityShape
		for range int(p.claims) * severityShape { // a gamma variable of whole shape is a sum of exponential ones
			p.paid += amount * rng.ExpFloat64()
		}
		policies[i] = p
	}
	return policies
}

func draw(rng *rand.Rand, share float64) float64 {
	if rng.Float64() < share {
		return 1
	}
	return 0
}

// poisson counts how many exponential waiting times end before the mean.
func poisson(rng *rand.Rand, mean float64) float64 {
	count := 0.0
	for t := rng.ExpFloat64(); t < mean; t += rng.ExpFloat64() {
		count++
	}
	return count
}

// role is a column that is no factor but has a meaning of its own in a model.
type role struct {
	name  string
	value func(policy) float64
}

var (
	years    = role{"years", func(p policy) float64 { return p.years }}
	oneYear  = role{"years", func(policy) float64 { return 1 }}
	district = role{"district", func(p policy) float64 { return p.district }}
	claims   = role{"claims", func(p policy) float64 { return p.claims }}
	oneClaim = role{"claims", func(policy) float64 { return 1 }}
)

// frequencies has a row for each policy: claims, the years they came from as an exposure, and what is known of the district as an offset.
func frequencies(policies []policy) ml.Dataset[float64] {
	return table(policies, func(p policy) float64 { return p.claims }, years, district)
}

// severities has a row for each policy with claims: the mean paid for one, and how many it is the mean of as a precision.
func severities(policies []policy) ml.Dataset[float64] {
	var hit []policy
	for _, p := range policies {
		if p.claims > 0 {
			hit = append(hit, p)
		}
	}
	return table(hit, func(p policy) float64 { return p.paid / p.claims }, claims)
}

// table is a data set of the factors and the roles behind them.
func table(policies []policy, target func(policy) float64, roles ...role) ml.Dataset[float64] {
	k := len(factors)
	x, y := tensor.New[float64](len(policies), k+len(roles)), make([]float64, len(policies))
	for i, p := range policies {
		for j, v := range p.factors() {
			x.Set(v, i, j)
		}
		for j, r := range roles {
			x.Set(r.value(p), i, k+j)
		}
		y[i] = target(p)
	}
	d := ml.Data(x, y)
	d.Columns = append([]ml.Column(nil), factors...)
	for _, r := range roles {
		d.Columns = append(d.Columns, ml.Column{Name: r.name})
	}
	return d
}
