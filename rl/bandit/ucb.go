package bandit

import "math"

// UCB1 takes the arm with the largest mean + Explore·sqrt(2 ln t / n), n of the t rewards being the arm's (Auer, Cesa-Bianchi and Fischer, "Finite-time
// analysis of the multiarmed bandit problem", Machine Learning 47 (2002)). Its expected regret is at most 8 Σ ln T/Δ + (1 + π²/3) Σ Δ, the gaps Δ being those
// of the worse arms to the best. Rewards are within 0 and 1 (see Options.RewardMin).
type UCB1 struct {
	Explore float64 // > 0, the factor of the confidence width; 0: 1
}

type ucb1 struct {
	counts
	UCB1
}

func (c UCB1) start() (learner, error) {
	c.Explore = or(c.Explore, 1)
	if err := inRange("bandit.UCB1", "Explore", c.Explore, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &ucb1{counts{limits: true}, c}, nil
}

func (l *ucb1) probs(s *scratch, q *query) {
	log := s.log(max(l.candidatePulls(q), 1))
	l.byIndex(s, q, func(a []float64) float64 {
		return a[total]/a[pulls] + float64(l.Explore*math.Sqrt(2*log/a[pulls]))
	})
}

// UCBTuned is UCB1 with widths that take the arm's variance into account: sqrt(ln t / n · min(1/4, variance + sqrt(2 ln t / n))) (UCB1-Tuned in the
// article of [UCB1]). It has no proven bound, and is usually much better.
type UCBTuned struct {
	Explore float64 // > 0, the factor of the confidence width; 0: 1
}

type ucbTuned struct {
	counts
	UCBTuned
}

func (c UCBTuned) start() (learner, error) {
	c.Explore = or(c.Explore, 1)
	if err := inRange("bandit.UCBTuned", "Explore", c.Explore, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &ucbTuned{counts{limits: true}, c}, nil
}

func (l *ucbTuned) probs(s *scratch, q *query) {
	log := s.log(max(l.candidatePulls(q), 1))
	l.byIndex(s, q, func(a []float64) float64 {
		n, mean := a[pulls], a[total]/a[pulls]
		variance := max(a[squares]/n-float64(mean*mean), 0) + math.Sqrt(2*log/n)
		return mean + float64(l.Explore*math.Sqrt(float64(log/n*min(0.25, variance))))
	})
}
