package bandit

import "math"

// DiscountedUCB is UCB for rewards that drift: each new reward makes all older ones count Discount times as much, and the width is
// 2·Explore·sqrt(0.5 ln(t)/n) with the discounted counts n of the arm and t of all (Garivier and Moulines, "On upper-confidence bound policies for switching
// bandit problems", ALT 2011, with their ξ = 0.5). Rewards are within 0 and 1.
type DiscountedUCB struct {
	Discount float64 // above 0, below 1; 0: 0.99. Half-lives of h rewards are 0.5^(1/h)
	Explore  float64 // > 0, the factor of the confidence width; 0: 1
}

type discountedUCB struct {
	counts
	DiscountedUCB
}

func (c DiscountedUCB) start() (learner, error) {
	const where = "bandit.DiscountedUCB"
	c.Discount, c.Explore = or(c.Discount, 0.99), or(c.Explore, 1)
	if err := inRange(where, "Discount", c.Discount, 1e-6, 1-1e-12); err != nil {
		return nil, err
	}
	if err := inRange(where, "Explore", c.Explore, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &discountedUCB{counts{limits: true, keep: c.Discount}, c}, nil
}

func (l *discountedUCB) probs(s *scratch, q *query) {
	log := s.log(max(l.candidatePulls(q), 1))
	l.byIndex(s, q, func(a []float64) float64 {
		if a[pulls] < 1e-9 { // forgotten
			return math.Inf(1)
		}
		return a[total]/a[pulls] + float64(2*l.Explore*math.Sqrt(0.5*log/a[pulls]))
	})
}
