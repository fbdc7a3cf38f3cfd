package rl

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
)

// Exploration chooses actions by their values while a learner learns. A type of your own works too; register it (ml.Register) to save models that hold it.
type Exploration interface {
	// Choose draws an action. q are the values, -Inf for actions that cannot be taken, at least one being finite; progress is the share of the training that is done.
	Choose(q []float64, progress float64, r *rand.Rand) int
	// Probabilities writes the chance that Choose gives to each action.
	Probabilities(dst, q []float64, progress float64)
}

// EpsilonGreedy takes the best action, any one of them if several are equally good, but with a probability that falls linearly during the training an action
// at random. The best ones share in that draw as well.
type EpsilonGreedy struct {
	Start float64 // the probability at the beginning, in [0, 1]. 0: that of End
	End   float64 // the probability later, in [0, 1]. 0: 0.1, unless Start is given
	Fall  float64 // the share of the training in which it falls from Start to End, in (0, 1]. 0: 1
}

// Greedy takes the best action, any one of them if several are equally good: no exploration, which optimistic initial values can stand in for.
type Greedy struct{}

// Softmax takes an action with a probability proportional to exp(value/temperature), the temperature falling linearly during the training (Boltzmann exploration).
type Softmax struct {
	Start float64 // the temperature at the beginning, >= 0. 0: that of End
	End   float64 // the temperature later, > 0. 0: 0.1
	Fall  float64 // the share of the training in which it falls, in (0, 1]. 0: 1
}

// falling is a schedule: from start to end within a share of the training.
func falling(start, end, fall, progress float64) float64 {
	if fall == 0 {
		fall = 1
	}
	if progress >= fall {
		return end
	}
	return start + float64((end-start)*(progress/fall))
}

func (e EpsilonGreedy) at(progress float64) float64 {
	switch {
	case e.Start == 0 && e.End == 0:
		return 0.1
	case e.Start == 0:
		return e.End
	}
	return falling(e.Start, e.End, e.Fall, progress)
}

// check is for learners: explorations of this package know their ranges.
func (e EpsilonGreedy) check(where string) error {
	if !(e.Start >= 0 && e.Start <= 1 && e.End >= 0 && e.End <= 1 && e.Fall >= 0 && e.Fall <= 1) {
		return ml.BadConfig(where, "Explore", e, "Start, End and Fall in 0..1")
	}
	return nil
}

func (e Softmax) check(where string) error {
	if !(e.Start >= 0 && e.Start <= math.MaxFloat64 && e.End >= 0 && e.End <= math.MaxFloat64 && e.Fall >= 0 && e.Fall <= 1) {
		return ml.BadConfig(where, "Explore", e, "temperatures >= 0, Fall in 0..1")
	}
	return nil
}

// Choose draws an action.
func (e EpsilonGreedy) Choose(q []float64, progress float64, r *rand.Rand) int {
	if eps := e.at(progress); eps > 0 {
		// One word is enough for both draws: its upper 32 bits decide whether to explore, its lower ones the action.
		if w := r.Uint64(); float64(w>>32) < eps*(1<<32) {
			a := int(uint64(uint32(w)) * uint64(len(q)) >> 32)
			for q[a] == math.Inf(-1) {
				a = r.IntN(len(q))
			}
			return a
		}
	}
	return anyBest(q, r)
}

// anyBest is one of the largest values, drawn if there are several.
func anyBest(q []float64, r *rand.Rand) int {
	at, ties := 0, 1
	for i := 1; i < len(q); i++ {
		switch v := q[i]; {
		case v > q[at]:
			at, ties = i, 1
		case v == q[at]:
			ties++
		}
	}
	if ties == 1 {
		return at
	}
	k := r.IntN(ties)
	for i := at; ; i++ {
		if q[i] == q[at] {
			if k == 0 {
				return i
			}
			k--
		}
	}
}

// Probabilities writes the chance of each action: the best ones share what is not explored.
func (e EpsilonGreedy) Probabilities(dst, q []float64, progress float64) {
	eps := e.at(progress)
	best, ties, valid := math.Inf(-1), 0, 0
	for _, v := range q {
		if v > best {
			best, ties = v, 0
		}
		if v == best {
			ties++
		}
		if v > math.Inf(-1) {
			valid++
		}
	}
	for a, v := range q {
		dst[a] = 0
		if v > math.Inf(-1) {
			dst[a] = eps / float64(valid)
		}
		if v == best {
			dst[a] += (1 - eps) / float64(ties)
		}
	}
}

// Choose draws one of the best actions.
func (Greedy) Choose(q []float64, _ float64, r *rand.Rand) int { return anyBest(q, r) }

// Probabilities shares between the best actions.
func (Greedy) Probabilities(dst, q []float64, _ float64) {
	best := q[argmax(q)]
	ties := 0.0
	for _, v := range q {
		if v == best {
			ties++
		}
	}
	for a, v := range q {
		dst[a] = 0
		if v == best {
			dst[a] = 1 / ties
		}
	}
}

func (e Softmax) at(progress float64) float64 {
	if e.End == 0 {
		e.End = 0.1
	}
	if e.Start == 0 {
		return e.End
	}
	return falling(e.Start, e.End, e.Fall, progress)
}

// Choose draws an action.
func (e Softmax) Choose(q []float64, progress float64, r *rand.Rand) int {
	best, t := q[argmax(q)], e.at(progress)
	sum := 0.0
	for _, v := range q {
		sum += kern.ExpOne((v - best) / t)
	}
	u := float64(r.Float64() * sum)
	last := 0
	for a, v := range q {
		if v == math.Inf(-1) {
			continue
		}
		if u -= kern.ExpOne((v - best) / t); u < 0 {
			return a
		}
		last = a
	}
	return last
}

// Probabilities writes the chance of each action.
func (e Softmax) Probabilities(dst, q []float64, progress float64) {
	best, t := q[argmax(q)], e.at(progress)
	sum := 0.0
	for a, v := range q {
		dst[a] = kern.ExpOne((v - best) / t)
		sum += dst[a]
	}
	for a := range dst {
		dst[a] /= sum
	}
}
