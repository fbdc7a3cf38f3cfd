package bandit

import "math"

// Gradient has a preference for each arm and takes arms by the softmax of these; rewards above the mean of all so far raise the preference of their arm
// and lower that of the others (Sutton and Barto, 2nd ed., 2.8): stochastic gradient ascent on the expected reward.
type Gradient struct {
	LearningRate float64 // > 0; 0: 0.1
	NoBaseline   bool    // compare rewards with 0 instead of their mean
}

type gradient struct {
	counts
	Gradient
}

func (c Gradient) start() (learner, error) {
	c.LearningRate = or(c.LearningRate, 0.1)
	if err := inRange("bandit.Gradient", "LearningRate", c.LearningRate, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &gradient{Gradient: c}, nil
}

func (l *gradient) probs(s *scratch, q *query) {
	for i, a := range q.arms {
		s.p[i] = l.arm[a][score]
	}
	softmaxOf(s.p)
}

// row keeps the probabilities that the arms had, by their numbers: the gradient is taken where the decision was.
func (l *gradient) row(dst []float64, s *scratch, q *query, _ int) []float64 {
	at := len(dst)
	for range l.arm {
		dst = append(dst, 0)
	}
	for i, a := range q.arms {
		dst[at+a] = s.p[i]
	}
	return dst
}

func (l *gradient) joined(arm int) { l.joinBest(arm) }

func (l *gradient) update(u *outcome) {
	step := u.reward
	if !l.NoBaseline && l.common[0] > 0 {
		step -= l.common[1] / l.common[0]
	} else if !l.NoBaseline {
		step = 0 // the first reward is its own mean
	}
	step *= l.LearningRate
	for a, p := range u.row { // an arm that was added since did not stand for choice
		if a == u.arm {
			l.arm[a][score] += float64(step * (1 - p))
		} else {
			l.arm[a][score] -= float64(step * p)
		}
	}
	l.counts.update(u)
}
