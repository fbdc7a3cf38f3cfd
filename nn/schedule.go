package nn

import "math"

// Schedule scales the learning rate as training goes on. It is plain data: its value follows from the step alone, so a run that
// resumes in the middle has it right.
type Schedule interface {
	// Factor is what the learning rate is multiplied by in a step, from 0, of total (0 where the end is not known).
	Factor(step, total int) float64
}

// StepDecay multiplies by Gamma every Every steps.
type StepDecay struct {
	Every int     // 0: 1
	Gamma float64 // 0: 0.1
}

// Factor is Gamma^(step/Every).
func (s StepDecay) Factor(step, _ int) float64 {
	return math.Pow(orElse(s.Gamma, .1), float64(step/max(s.Every, 1)))
}

// Milestones multiplies by Gamma at each of the steps At.
type Milestones struct {
	At    []int
	Gamma float64 // 0: 0.1
}

// Factor is Gamma to the number of steps passed.
func (s Milestones) Factor(step, _ int) float64 {
	passed := 0
	for _, at := range s.At {
		if step >= at {
			passed++
		}
	}
	return math.Pow(orElse(s.Gamma, .1), float64(passed))
}

// Exponential multiplies by Gamma every step.
type Exponential struct{ Gamma float64 } // 0 is 0: nothing moves after the first step

// Factor is Gamma^step.
func (s Exponential) Factor(step, _ int) float64 { return math.Pow(s.Gamma, float64(step)) }

// Polynomial falls from 1 to 0 as (1 - step/total)^Power.
type Polynomial struct {
	Power float64 // 0: 1, a straight line
	Steps int     // 0: the whole training
}

// Factor is the power of what is left.
func (s Polynomial) Factor(step, total int) float64 {
	return math.Pow(1-part(step, s.Steps, total), orOne(s.Power))
}

// part is how much of a length is over, up to 1.
func part(step, steps, total int) float64 {
	if steps == 0 {
		steps = total
	}
	if steps <= 0 {
		return 0
	}
	return min(float64(step)/float64(steps), 1)
}

// Cosine falls from 1 to Least along half a cosine (Loshchilov and Hutter, ICLR 2017). With Period it starts anew after that many
// steps, then after Period Growth, Period Growth² and so on.
type Cosine struct {
	Least  float64
	Steps  int     // without a period: the length. 0: the whole training
	Period int     // the first period. 0: no restarts
	Growth float64 // 1 or more; below 1, 0 too: 1
}

// Factor is the height of the cosine.
func (s Cosine) Factor(step, total int) float64 {
	p := part(step, s.Steps, total)
	if s.Period > 0 {
		at, length := float64(step), float64(s.Period)
		for at >= length {
			at -= length
			length *= max(s.Growth, 1)
		}
		p = at / length
	}
	return s.Least + float64((1-s.Least)*(1+math.Cos(math.Pi*p))/2)
}

// OneCycle rises from 1/Start to 1 along half a cosine and falls to 1/(Start End) along another (Smith and Topin, 2018), as PyTorch's
// OneCycleLR does: the learning rate of the optimiser is the largest.
type OneCycle struct {
	Rise  float64 // the share of the training that rises. 0: 0.3
	Start float64 // 0: 25
	End   float64 // 0: 10000
	Steps int     // 0: the whole training
}

// Factor is the height of the cycle.
func (s OneCycle) Factor(step, total int) float64 {
	n := float64(s.Steps)
	if n == 0 {
		n = float64(total)
	}
	start, end := 1/orElse(s.Start, 25), 1/(orElse(s.Start, 25)*orElse(s.End, 1e4))
	top := float64(orElse(s.Rise, .3)*n) - 1
	between := func(a, b, p float64) float64 { return b + float64((a-b)/2*(1+math.Cos(math.Pi*p))) }
	switch at := float64(step); {
	case n <= 0:
		return 1
	case at <= top:
		return between(start, 1, at/top)
	default:
		return between(1, end, min((at-top)/(n-1-top), 1))
	}
}

// WarmUp rises in a straight line from From to 1 over Steps steps, then does what Then says, which counts from 0 there.
type WarmUp struct {
	Steps int
	From  float64  // 0: one step's share
	Then  Schedule // nil: 1
}

// Factor rises, then follows.
func (s WarmUp) Factor(step, total int) float64 {
	if step < s.Steps {
		from := orElse(s.From, 1/float64(s.Steps))
		return from + (1-from)*float64(step)/float64(s.Steps)
	}
	if s.Then == nil {
		return 1
	}
	return s.Then.Factor(step-s.Steps, max(total-s.Steps, 0))
}
