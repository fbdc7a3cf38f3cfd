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
		p := policy{young: draw(rng, 0.2), urban: draw(rng, 0.4), power: 0.5 + 1.5*rng.Float64(), bonus: float64(rng.IntN(11)), years: 1}
		if rng.Float64() < 0.4 { // began or ended within the year
			p.years = float64(1+rng.IntN(11)) / 12
		}
		p.claims = poisson(rng, p.years*p.mean(trueFrequency))
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

// frequencies has a row for each policy: claims, and the years they came from as an exposure.
func frequencies(policies []policy) ml.Dataset[float64] {
	return table(policies, "years", func(p policy) (last, y float64) { return p.years, p.claims })
}

// severities has a row for each policy with claims: the mean paid for one, and how many it is the mean of as a precision.
func severities(policies []policy) ml.Dataset[float64] {
	var hit []policy
	for _, p := range policies {
		if p.claims > 0 {
			hit = append(hit, p)
		}
	}
	return table(hit, "claims", func(p policy) (last, y float64) { return p.claims, p.paid / p.claims })
}

// table is a data set of the factors and one more column.
func table(policies []policy, name string, row func(policy) (last, y float64)) ml.Dataset[float64] {
	k := len(factors)
	x, y := tensor.New[float64](len(policies), k+1), make([]float64, len(policies))
	for i, p := range policies {
		for j, v := range p.factors() {
			x.Set(v, i, j)
		}
		last, target := row(p)
		x.Set(last, i, k)
		y[i] = target
	}
	d := ml.Data(x, y)
	d.Columns = append(append([]ml.Column(nil), factors...), ml.Column{Name: name})
	return d
}
