package bandit

import "math"

// EpsilonGreedy takes the arm with the best mean reward, and with probability Epsilon any arm (Sutton and Barto, Reinforcement Learning, 2nd ed., 2.2).
// Arms without a reward yet are taken first.
type EpsilonGreedy struct {
	Epsilon  float64 // probability of exploring, 0 to 1; 0: 0.1. Greedy alone is a Decay that ends it
	Decay    float64 // after t rewards, Epsilon/(1+Decay·t) is left; 0: it stays
	Discount float64 // all past rewards lose 1-Discount of their weight with each new one; 0: 1, none
}

type epsilonGreedy struct {
	counts
	EpsilonGreedy
}

func (c EpsilonGreedy) start() (learner, error) {
	const where = "bandit.EpsilonGreedy"
	c.Epsilon, c.Discount = or(c.Epsilon, 0.1), or(c.Discount, 1)
	for _, err := range []error{inRange(where, "Epsilon", c.Epsilon, 0, 1), inRange(where, "Decay", c.Decay, 0, math.MaxFloat64), inRange(where, "Discount", c.Discount, 1e-6, 1)} {
		if err != nil {
			return nil, err
		}
	}
	return &epsilonGreedy{counts{keep: c.Discount}, c}, nil
}

func (l *epsilonGreedy) probs(s *scratch, q *query) {
	l.byIndex(s, q, func(a []float64) float64 { return a[total] / a[pulls] })
	settle(s.p, l.Epsilon/(1+float64(l.Decay*l.common[steps]))/float64(q.n))
}
