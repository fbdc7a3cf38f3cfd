package bandit

import "math"

// SquareCB turns a regression into probabilities: an arm expected to give less than the best one by a gap gets 1/(K + γ·gap), and the best one the rest (Foster and
// Rakhlin, "Beyond UCB: optimal and efficient contextual bandits with regression oracles", ICML 2020, after Abe and Long, 1999). γ is
// Scale·(rewards seen + 1)^Power. Every arm has a probability above 0.
type SquareCB struct {
	Scale float64 // > 0; 0: 10
	Power float64 // 0 to 1; 0: 0.5
	Design
}

type squareCB struct {
	linear
	scale, power float64
}

func (c SquareCB) start() (learner, error) {
	const where = "bandit.SquareCB"
	c.Scale, c.Power = or(c.Scale, 10), or(c.Power, 0.5)
	if err := inRange(where, "Scale", c.Scale, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	if err := inRange(where, "Power", c.Power, 0, 1); err != nil {
		return nil, err
	}
	l, err := c.linear(where, 1)
	return &squareCB{l, c.Scale, c.Power}, err
}

// seen is the number of rewards that a policy's models have learned from.
func (l *linear) seen() float64 {
	if l.Shared {
		return l.common[0].n[1]
	}
	n := 0.0
	for _, a := range l.arm {
		n += a[0].n[1]
	}
	return n
}

func (l *squareCB) probs(s *scratch, q *query) {
	s.q = grow(s.q, q.n)
	l.means(s.q, s, q, 0)
	top := 0
	for i, v := range s.q {
		if v > s.q[top] {
			top = i
		}
	}
	gamma, rest := l.scale*s.power(l.seen()+1, l.power), 1.0
	for i, v := range s.q {
		if i != top {
			s.p[i] = 1 / (float64(q.n) + float64(gamma*(s.q[top]-v)))
			rest -= s.p[i]
		}
	}
	s.p[top] = rest
}

// LinEpsilonGreedy takes the arm that linear models expect most of, and with probability Epsilon any.
type LinEpsilonGreedy struct {
	Epsilon float64 // probability of exploring, 0 to 1; 0: 0.1
	Decay   float64 // after t rewards, Epsilon/(1+Decay·t) is left; 0: it stays. (Models forget by Design.Decay.)
	Design  Design
}

type linEpsilonGreedy struct {
	linear
	epsilon, decay float64
}

func (c LinEpsilonGreedy) start() (learner, error) {
	const where = "bandit.LinEpsilonGreedy"
	c.Epsilon = or(c.Epsilon, 0.1)
	if err := inRange(where, "Epsilon", c.Epsilon, 0, 1); err != nil {
		return nil, err
	}
	if err := inRange(where, "Decay", c.Decay, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	l, err := c.Design.linear(where, 1)
	return &linEpsilonGreedy{l, c.Epsilon, c.Decay}, err
}

func (l *linEpsilonGreedy) probs(s *scratch, q *query) {
	s.q = grow(s.q, q.n)
	l.means(s.q, s, q, 0)
	best(s.p, s.q)
	settle(s.p, l.epsilon/(1+float64(l.decay*l.seen()))/float64(q.n))
}
