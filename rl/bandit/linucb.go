package bandit

import "math"

// LinUCB takes the arm with the largest θ·x + Explore·sqrt(xᵀ A⁻¹ x), the end of a confidence interval for its expected reward that is linear in the row x
// of the request (Li, Chu, Langford and Schapire, "A contextual-bandit approach to personalized news article recommendation", WWW 2010, algorithm 1; their α is Explore).
// With Design.Shared it is the form with one model for all arms (Chu, Li, Reyzin and Schapire, AISTATS 2011). A decision costs O(K p²) for p columns, an
// update O(p²).
type LinUCB struct {
	Explore float64 // > 0, how many standard errors to hope for; 0: 1
	Design
}

type linUCB struct {
	linear
	explore float64
}

func (c LinUCB) start() (learner, error) {
	const where = "bandit.LinUCB"
	c.Explore = or(c.Explore, 1)
	if err := inRange(where, "Explore", c.Explore, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	l, err := c.linear(where, 1)
	return &linUCB{l, c.Explore}, err
}

func (l *linUCB) probs(s *scratch, q *query) {
	s.q, s.r = grow(s.q, q.n), grow(s.r, q.n)
	l.moments(s.q, s.r, s, q)
	for i, v := range s.r {
		s.q[i] += float64(l.explore * math.Sqrt(v))
	}
	best(s.p, s.q)
}
