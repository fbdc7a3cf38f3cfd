package bandit

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Bagging has several linear models, each of which learns a reward none, one or more times, by chance (with Poisson's distribution of mean 1, the online bootstrap
// of Oza and Russell, AISTATS 2001). Each votes for the arm that it expects most of, or, with a model for each arm, for one
// that it has learned nothing of, and an arm is drawn by its share of the votes: Thompson sampling with
// the bootstrap as the posterior (Eckles and Kaptein, 2014; "bag" in Agarwal et al., "Taming the monster", and Vowpal Wabbit). An arm without a vote has the
// probability 0: set Options.MinProb where the log shall tell of every arm.
type Bagging struct {
	Models int // 1 to 1000; 0: 10
	Design
}

type bagging struct{ linear }

func (c Bagging) start() (learner, error) {
	const where = "bandit.Bagging"
	if c.Models == 0 {
		c.Models = 10
	}
	if err := inRange(where, "Models", float64(c.Models), 1, 1000); err != nil {
		return nil, err
	}
	l, err := c.linear(where, c.Models)
	return &bagging{l}, err
}

func (l *bagging) probs(s *scratch, q *query) {
	s.q, s.r = grow(s.q, q.n), grow(s.r, q.n)
	clear(s.p)
	for bag := range l.bags {
		l.means(s.q, s, q, bag)
		if !l.Shared {
			for i, arm := range q.arms {
				if l.arm[arm][bag].n[1] == 0 {
					s.q[i] = math.Inf(1)
				}
			}
		}
		best(s.r, s.q)
		for i, v := range s.r {
			s.p[i] += v
		}
	}
	for i := range s.p {
		s.p[i] /= float64(l.bags)
	}
}

func (l *bagging) update(o *outcome) {
	models := l.models(o.arm)
	for bag := range models {
		models[bag].learn(o.row, poisson1(unit(rng.Key(o.key, 3, uint64(bag)))), o.reward, l.L2, l.Decay, l.u)
	}
}

// poisson1 turns a number of 0..1 into one that is Poisson with mean 1.
func poisson1(u float64) float64 {
	p := 1 / math.E
	k := 0.0
	for u >= p && k < 20 {
		u -= p
		k++
		p /= k
	}
	return k
}
