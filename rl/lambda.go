package rl

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// SARSALambda is [SARSA] in which every step changes all values that led to it, the more the later they were met: each keeps a trace that falls by Discount·Lambda with
// every step (Sutton and Barto, "Reinforcement Learning", second edition, section 12.7). Lambda 0 is SARSA; near 1 it is near [MonteCarlo].
//
// A step costs as much as there are traces above 1e-8.
type SARSALambda struct {
	Lambda       float64     // how slowly traces fall, in [0, 1]
	Accumulating bool        // a value that is met again adds 1 to its trace. False: its trace is set to 1, and those of the other actions in that state to 0
	LearningRate float64     // as in QLearning, as all that follow
	Decay        float64     // of the learning rate
	Discount     float64     // 0: 0.99
	Initial      float64     // all values to begin with
	Explore      Exploration // nil: EpsilonGreedy{}
	Steps        int         // of training
	Episodes     int         // of training
	Seed         uint64
}

// QLambda is Watkins's Q(lambda): [QLearning] with the traces of [SARSALambda], which end where an action is taken that is not among the best (Watkins (1989); Sutton and
// Barto, first edition, section 7.6). Fields as in SARSALambda.
type QLambda SARSALambda

var (
	_ ml.Fitter[Maker[int, int], *TableModel] = SARSALambda{}
	_ ml.Fitter[Maker[int, int], *TableModel] = QLambda{}
)

func (c SARSALambda) learning(where string) (learning, error) {
	if !(c.Lambda >= 0 && c.Lambda <= 1) {
		return learning{}, ml.BadConfig(where, "Lambda", c.Lambda, "0..1")
	}
	return learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}, nil
}

func (c SARSALambda) with(l learning) SARSALambda {
	c.LearningRate, c.Discount, c.Explore = l.rate, l.discount, l.explore
	return c
}

// traces are the eligibility of values: those that are not 0 are listed.
type traces struct {
	of     []float64
	listed []int32
	fall   float64 // in a step
}

// leastTrace is where a trace is forgotten.
const leastTrace = 1e-8

func newTraces(n int, fall float64) *traces { return &traces{of: make([]float64, n), fall: fall} }

func (e *traces) set(i int, v float64) {
	if e.of[i] == 0 && v != 0 {
		e.listed = append(e.listed, int32(i))
	}
	e.of[i] = v
}

// learn moves all values by step times their trace, and lets the traces fall.
func (e *traces) learn(values []float64, step float64) {
	kept := e.listed[:0]
	for _, i := range e.listed {
		v := e.of[i]
		if v == 0 {
			continue // it was set to 0 since it was listed
		}
		values[i] += float64(step * v)
		if v *= e.fall; v > leastTrace {
			e.of[i] = v
			kept = append(kept, i)
		} else {
			e.of[i] = 0
		}
	}
	e.listed = kept
}

func (e *traces) forget() {
	for _, i := range e.listed {
		e.of[i] = 0
	}
	e.listed = e.listed[:0]
}

// meet sets the trace of a value that is met.
func (c SARSALambda) meet(e *traces, t *trial, s, a int) {
	pair := s*t.actions + a
	if c.Accumulating {
		e.set(pair, e.of[pair]+1)
		return
	}
	for other := s * t.actions; other < (s+1)*t.actions; other++ {
		if e.of[other] != 0 && other != pair {
			e.of[other] = 0
		}
	}
	e.set(pair, 1)
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c SARSALambda) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.SARSALambda.Fit"
	l, err := c.learning(where)
	if err != nil {
		return nil, err
	}
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	c = c.with(t.learning)
	q, next := t.table(c.Initial), -1
	e := newTraces(len(q), t.discount*c.Lambda)
	for t.more() {
		s := t.begin()
		a := next
		if next = -1; a < 0 {
			a = t.choose(t.row(q, s))
		}
		step := t.step(a)
		target := step.Reward
		if !step.Terminated {
			next = t.choose(t.row(q, step.Obs))
			target += float64(t.discount * q[step.Obs*t.actions+next])
		}
		pair := s*t.actions + a
		c.meet(e, t, s, a)
		e.learn(q, float64(t.rateOf(pair)*(target-q[pair])))
		if t.over {
			next = -1
			e.forget()
		}
	}
	return t.model(c, q)
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c QLambda) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.QLambda.Fit"
	l, err := SARSALambda(c).learning(where)
	if err != nil {
		return nil, err
	}
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	c = QLambda(SARSALambda(c).with(t.learning))
	q := t.table(c.Initial)
	e := newTraces(len(q), t.discount*c.Lambda)
	for t.more() {
		s := t.begin()
		a := t.choose(t.row(q, s))
		if q[s*t.actions+a] < top(t.row(q, s)) {
			e.forget() // what was met before would not have come here
		}
		step := t.step(a)
		target := step.Reward
		if !step.Terminated {
			target += float64(t.discount * top(t.row(q, step.Obs)))
		}
		pair := s*t.actions + a
		SARSALambda(c).meet(e, t, s, a)
		e.learn(q, float64(t.rateOf(pair)*(target-q[pair])))
		if t.over {
			e.forget()
		}
	}
	return t.model(c, q)
}
