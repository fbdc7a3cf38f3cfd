package bandit

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/stats"
)

// BayesUCB takes the arm whose success rate has the largest quantile at 1 - 1/(t (ln T)^C), the rates having Beta distributions as in [ThompsonBeta] (Kaufmann,
// Cappé and Garivier, "On Bayesian upper confidence bounds for bandit problems", AISTATS 2012). For rewards of 0 or 1 it meets the lower bound of
// Lai and Robbins. Rewards are within 0 and 1.
type BayesUCB struct {
	PriorA  float64 // > 0; 0: 1
	PriorB  float64 // > 0; 0: 1
	C       float64 // >= 0; 0: as the authors advise for use, 5 for their theorem
	Horizon float64 // T, for C > 0; 0: t
}

type bayesUCB struct {
	counts
	BayesUCB
}

func (c BayesUCB) start() (learner, error) {
	const where = "bandit.BayesUCB"
	c.PriorA, c.PriorB = or(c.PriorA, 1), or(c.PriorB, 1)
	for _, err := range []error{inRange(where, "PriorA", c.PriorA, 0.01, 1e9), inRange(where, "PriorB", c.PriorB, 0.01, 1e9),
		inRange(where, "C", c.C, 0, math.MaxFloat64), inRange(where, "Horizon", c.Horizon, 0, math.MaxFloat64)} {
		if err != nil {
			return nil, err
		}
	}
	return &bayesUCB{counts{limits: true}, c}, nil
}

func (l *bayesUCB) probs(s *scratch, q *query) {
	t := l.candidatePulls(q) + 1
	below := 1 / t
	if logs := s.log(or(l.Horizon, t)); l.C > 0 && logs > 1 {
		below /= s.exp(float64(l.C * s.log(logs)))
	}
	s.q = grow(s.q, q.n)
	for i, arm := range q.arms {
		// the upper quantile from the other side, where the small probability keeps its digits
		a, b := l.posterior(arm, l.PriorA, l.PriorB)
		s.q[i] = 1 - stats.Beta{A: b, B: a}.Quantile(below)
	}
	best(s.p, s.q)
}
