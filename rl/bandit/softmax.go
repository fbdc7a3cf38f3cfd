package bandit

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Softmax takes an arm with a probability proportional to exp(mean reward / temperature): Boltzmann exploration. Arms without a reward yet count as if
// theirs had been the best.
type Softmax struct {
	Temperature float64 // > 0; 0: 0.1
	Decay       float64 // after t rewards, the temperature is Temperature/(1+Decay·t); 0: it stays
}

type softmax struct {
	counts
	Softmax
}

func (c Softmax) start() (learner, error) {
	const where = "bandit.Softmax"
	c.Temperature = or(c.Temperature, 0.1)
	if err := inRange(where, "Temperature", c.Temperature, 1e-12, math.MaxFloat64); err != nil {
		return nil, err
	}
	if err := inRange(where, "Decay", c.Decay, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &softmax{Softmax: c}, nil
}

func (l *softmax) probs(s *scratch, q *query) {
	temperature := max(l.Temperature/(1+float64(l.Decay*l.common[steps])), 1e-12)
	top := math.Inf(-1)
	for _, a := range q.arms {
		if l.arm[a][pulls] > 0 {
			top = max(top, l.mean(a))
		}
	}
	if math.IsInf(top, -1) {
		uniform(s.p)
		return
	}
	for i, a := range q.arms {
		s.p[i] = 0
		if l.arm[a][pulls] > 0 {
			s.p[i] = (l.mean(a) - top) / temperature
		}
	}
	kern.ExpPortable(s.p, s.p)
}

// softmaxOf turns scores into probabilities in proportion to their exponentials.
func softmaxOf(p []float64) {
	top := p[0]
	for _, v := range p {
		top = max(top, v)
	}
	for i := range p {
		p[i] -= top
	}
	kern.ExpPortable(p, p)
}
