package bandit

import "math"

// KLUCB takes the arm with the largest q that satisfies n·kl(mean, q) <= ln t + C ln ln t, with the relative entropy kl of two coins (Garivier and Cappé, "The
// KL-UCB algorithm for bounded stochastic bandits and beyond", COLT 2011). For rewards of 0 or 1 it meets the lower bound of Lai and Robbins; they
// may be anything between.
type KLUCB struct {
	C float64 // >= 0; 0: as the authors advise for use, 3 for their theorem
}

type klUCB struct {
	counts
	KLUCB
}

func (c KLUCB) start() (learner, error) {
	if err := inRange("bandit.KLUCB", "C", c.C, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &klUCB{counts{limits: true}, c}, nil
}

func (l *klUCB) probs(s *scratch, q *query) {
	level := s.log(max(l.candidatePulls(q), 1))
	if l.C > 0 && level > 1 {
		level += float64(l.C * s.log(level))
	}
	l.byIndex(s, q, func(a []float64) float64 { return s.klUpper(a[total]/a[pulls], level/a[pulls]) })
}

// klUpper is the largest q with kl(p, q) <= level. kl is convex in q and rises from p on, so Newton's steps from above come down to the root; where one leaves the
// bracket, it is halved.
func (s *one) klUpper(p, level float64) float64 {
	p = min(max(p, 0), 1)
	lo, hi := p, min(1, p+math.Sqrt(level/2)) // Pinsker's inequality
	if level <= 0 || p == 1 {
		return p
	}
	rest := s.entropy(p)
	q := hi
	if hi == 1 {
		q = (lo + hi) / 2
	}
	for range 60 {
		over := rest - float64(p*s.log(q)) - float64((1-p)*s.log(1-q)) - level
		if over > 0 {
			hi = q
		} else {
			lo = q
		}
		next := q - over*(q*(1-q))/(q-p)
		if !(next > lo && next < hi) {
			next = (lo + hi) / 2
		}
		if math.Abs(next-q) <= 1e-13 {
			return next
		}
		q = next
	}
	return q
}

// entropy is p ln p + (1-p) ln(1-p).
func (s *one) entropy(p float64) float64 {
	h := 0.0
	if p > 0 {
		h += float64(p * s.log(p))
	}
	if p < 1 {
		h += float64((1 - p) * s.log(1-p))
	}
	return h
}
