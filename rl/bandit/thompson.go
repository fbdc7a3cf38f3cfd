package bandit

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// ThompsonBeta takes each arm with the probability that it is the best one, the arms' success rates having Beta distributions: Beta(PriorA, PriorB) at
// first, successes and failures added (Thompson, Biometrika 25 (1933); Agrawal and Goyal, "Analysis of Thompson sampling", COLT 2012). For rewards of 0 or 1 it
// meets the lower bound of Lai and Robbins. A reward between counts as that much of a success and the rest of a failure.
//
// The probabilities are integrated numerically (to 1e-6) and the arm is drawn from them. So the propensity is exactly what was drawn with; sampling a rate
// from each distribution and taking the largest would choose alike but not know it.
type ThompsonBeta struct {
	PriorA   float64 // > 0; 0: 1
	PriorB   float64 // > 0; 0: 1
	Discount float64 // all past rewards lose 1-Discount of their weight with each new one, so that it keeps up with change; 0: 1, none
}

type thompsonBeta struct {
	counts
	ThompsonBeta
}

func (c ThompsonBeta) start() (learner, error) {
	const where = "bandit.ThompsonBeta"
	c.PriorA, c.PriorB, c.Discount = or(c.PriorA, 1), or(c.PriorB, 1), or(c.Discount, 1)
	for _, err := range []error{inRange(where, "PriorA", c.PriorA, 0.01, 1e9), inRange(where, "PriorB", c.PriorB, 0.01, 1e9), inRange(where, "Discount", c.Discount, 1e-6, 1)} {
		if err != nil {
			return nil, err
		}
	}
	return &thompsonBeta{counts{limits: true, keep: c.Discount}, c}, nil
}

// posterior is the Beta distribution of an arm.
func (c *counts) posterior(arm int, a, b float64) (float64, float64) {
	t := c.arm[arm]
	return a + max(t[total], 0), b + max(t[pulls]-t[total], 0)
}

func (l *thompsonBeta) probs(s *scratch, q *query) {
	g := &s.integral
	g.shapes = g.shapes[:0]
	for _, arm := range q.arms {
		g.shapes = append(g.shapes, g.betaShape(l.posterior(arm, l.PriorA, l.PriorB)))
	}
	g.largest(s.p, true)
}

// ThompsonGaussian takes each arm with the probability that its mean reward is the largest, for rewards that are normal around it with the standard deviation
// Noise; the means have the prior N(PriorMean, PriorSD²). As for [ThompsonBeta], the arm is drawn from the integrated probabilities.
type ThompsonGaussian struct {
	Noise     float64 // > 0; 0: 1
	PriorMean float64
	PriorSD   float64 // > 0; 0: 1e3·Noise, almost flat
	Discount  float64 // as ThompsonBeta's; 0: 1, none
}

type thompsonGaussian struct {
	counts
	ThompsonGaussian
}

func (c ThompsonGaussian) start() (learner, error) {
	const where = "bandit.ThompsonGaussian"
	c.Noise, c.Discount = or(c.Noise, 1), or(c.Discount, 1)
	c.PriorSD = or(c.PriorSD, 1e3*c.Noise)
	if !finite(c.PriorMean) {
		return nil, &ml.Error{Where: where, Field: "PriorMean", Found: fmt.Sprint(c.PriorMean), Want: "a finite number", Kind: ml.ErrConfig}
	}
	for _, err := range []error{inRange(where, "Noise", c.Noise, 1e-9, 1e150), inRange(where, "PriorSD", c.PriorSD, 1e-9, 1e150), inRange(where, "Discount", c.Discount, 1e-6, 1)} {
		if err != nil {
			return nil, err
		}
	}
	return &thompsonGaussian{counts{keep: c.Discount}, c}, nil
}

func (l *thompsonGaussian) probs(s *scratch, q *query) {
	g := &s.integral
	g.shapes = g.shapes[:0]
	ratio := l.Noise / l.PriorSD
	prior := float64(ratio * ratio) // the prior is worth so many rewards
	for _, arm := range q.arms {
		n := l.arm[arm][pulls] + prior
		mean := (l.arm[arm][total] + float64(prior*l.PriorMean)) / n
		g.shapes = append(g.shapes, normalShape(mean, l.Noise/math.Sqrt(n)))
	}
	g.largest(s.p, false)
}
