package bandit

import "math"

// EXP3 assumes nothing of where rewards come from: an adversary may choose them (Auer, Cesa-Bianchi, Freund and Schapire, "The nonstochastic multiarmed bandit
// problem", SIAM J. Comput. 32 (2002)). Arms are taken by the softmax of their estimated gains, Σ reward/propensity, times a rate, mixed with the uniform
// choice. Rewards are within 0 and 1. With rate sqrt(2 ln K/(T K)) the expected regret is at most sqrt(2 T K ln K).
type EXP3 struct {
	LearningRate float64 // > 0; 0: sqrt(ln K/(K (t+1))) after t rewards, which needs no horizon
	Explore      float64 // 0 to 1, the share of the uniform choice; 0: none, which is enough for expected regret
}

// EXP3IX is EXP3 whose estimates are kept small by adding to the propensity, half the rate by default: regret is low with high probability, not only in the mean
// (Neu, "Explore no more: improved high-probability regret bounds for non-stochastic bandits", NeurIPS 2015).
type EXP3IX struct {
	LearningRate float64 // > 0; 0: sqrt(2 ln K/(K (t+1))) after t rewards
	Implicit     float64 // >= 0, what is added to the propensity; 0: half of the rate
}

// exp3 keeps the estimated losses Σ (1-reward)/propensity of each arm, negated: bounded from above, weights of gains could run away.
type exp3 struct {
	counts
	rate, explore, implicit, scale float64
	ix                             bool
	own                            one
}

func (c EXP3) start() (learner, error) {
	if err := inRange("bandit.EXP3", "LearningRate", c.LearningRate, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	if err := inRange("bandit.EXP3", "Explore", c.Explore, 0, 1); err != nil {
		return nil, err
	}
	return &exp3{counts: counts{limits: true}, rate: c.LearningRate, explore: c.Explore, scale: 1}, nil
}

func (c EXP3IX) start() (learner, error) {
	if err := inRange("bandit.EXP3IX", "LearningRate", c.LearningRate, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	if err := inRange("bandit.EXP3IX", "Implicit", c.Implicit, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &exp3{counts: counts{limits: true}, rate: c.LearningRate, implicit: c.Implicit, scale: 2, ix: true}, nil
}

func (l *exp3) rateFor(s *one, arms float64) float64 {
	if l.rate > 0 {
		return l.rate
	}
	if arms < 2 {
		return 1
	}
	return math.Sqrt(l.scale * s.log(arms) / (arms * (l.common[0] + 1)))
}

func (l *exp3) probs(s *scratch, q *query) {
	rate := l.rateFor(&s.one, float64(q.n))
	for i, a := range q.arms {
		s.p[i] = rate * l.arm[a][score]
	}
	softmaxOf(s.p)
	settle(s.p, l.explore/float64(q.n))
}

// row keeps the number of candidates, on which the rate depends.
func (l *exp3) row(dst []float64, _ *scratch, q *query, _ int) []float64 {
	return append(dst, float64(q.n))
}

// joined lets a new arm start with the best record there is: 0 would be the record of one that never lost anything, and get all traffic.
func (l *exp3) joined(arm int) { l.joinBest(arm) }

func (l *exp3) update(u *outcome) {
	p := u.propensity
	if l.ix {
		p += or(l.implicit, l.rateFor(&l.own, u.row[0])/2)
	}
	l.arm[u.arm][score] -= (1 - u.reward) / p
	l.counts.update(u)
}
