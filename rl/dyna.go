package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// DynaQ is [QLearning] that also learns from memory: it counts what every action has led to, and after each step it repeats Planning actions that it remembers, with an
// outcome drawn from those counts (Sutton (1990); Sutton and Barto, "Reinforcement Learning", second edition, section 8.2). It needs far fewer steps in the world.
//
// With Bonus it is Dyna-Q+: what was not tried for n steps seems to bring Bonus·√n more in memory, and in states that were met also what was never tried, which then seems
// to lead back to where it started; so it notices when the world changes for the better. A step costs Planning + 1 times that of QLearning; the memory is that of all
// outcomes that were seen.
type DynaQ struct {
	Planning     int         // remembered actions after each step. 0: 10
	Bonus        float64     // >= 0. 0: none
	LearningRate float64     // as in QLearning, as all that follow
	Decay        float64     // of the learning rate
	Discount     float64     // 0: 0.99
	Initial      float64     // all values to begin with
	Explore      Exploration // nil: EpsilonGreedy{}
	Steps        int         // of training, in the world
	Episodes     int         // of training
	Seed         uint64
}

// PrioritizedSweeping learns a model of the world from counts, like [DynaQ], and backs up what changes most: the actions whose value is off by more than Threshold wait
// in order of how much, and after each step it sets Planning of them to their mean by the counts, and looks at what leads there (Moore and Atkeson, Machine Learning 13
// (1993); Sutton and Barto, section 8.4). There is no learning rate.
type PrioritizedSweeping struct {
	Planning  int         // backups after each step. 0: 10
	Threshold float64     // values that are off by no more are left, > 0. 0: 1e-5
	Discount  float64     // as in QLearning, as all that follow. 0: 0.99
	Initial   float64     // all values to begin with
	Explore   Exploration // nil: EpsilonGreedy{}
	Steps     int         // of training, in the world
	Episodes  int         // of training
	Seed      uint64
}

var (
	_ ml.Fitter[Maker[int, int], *TableModel] = DynaQ{}
	_ ml.Fitter[Maker[int, int], *TableModel] = PrioritizedSweeping{}
)

// memory is what actions have led to.
type memory struct {
	of   [][]remembered // of each pair
	seen []int          // pairs that were taken, in the order of their first time
}

type remembered struct {
	next       int
	reward     float64
	terminated bool
	count      float64
}

func newMemory(pairs int) *memory { return &memory{of: make([][]remembered, pairs)} }

// note counts an outcome and tells whether it is a new one.
func (m *memory) note(pair int, s Step[int]) bool {
	if m.of[pair] == nil {
		m.seen = append(m.seen, pair)
	}
	for i := range m.of[pair] {
		if o := &m.of[pair][i]; o.next == s.Obs && o.reward == s.Reward && o.terminated == s.Terminated {
			o.count++
			return false
		}
	}
	m.of[pair] = append(m.of[pair], remembered{s.Obs, s.Reward, s.Terminated, 1})
	return true
}

// total is how often a pair was taken.
func total(of []remembered) float64 {
	n := 0.0
	for _, o := range of {
		n += o.count
	}
	return n
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c DynaQ) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.DynaQ.Fit"
	switch {
	case c.Planning < 0:
		return nil, ml.BadConfig(where, "Planning", c.Planning, ">= 1, or 0 for 10")
	case !(c.Bonus >= 0 && c.Bonus <= math.MaxFloat64):
		return nil, ml.BadConfig(where, "Bonus", c.Bonus, ">= 0; 0 means none")
	}
	setDefault(&c.Planning, 10)
	l := learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	q := t.table(c.Initial)
	known := newMemory(len(q))
	last := make([]int, len(q)) // the step at which a pair was taken last
	met := make([]bool, t.states)
	learn := func(pair int, s Step[int]) {
		target := s.Reward
		if !s.Terminated {
			target += float64(t.discount * top(t.row(q, s.Obs)))
		}
		q[pair] += float64(t.rateOf(pair) * (target - q[pair]))
	}
	for t.more() {
		s := t.begin()
		if c.Bonus > 0 && !met[s] {
			// What was never tried seems to change nothing.
			met[s] = true
			for pair := s * t.actions; pair < (s+1)*t.actions; pair++ {
				if known.of[pair] == nil && !math.IsInf(q[pair], -1) {
					known.of[pair] = []remembered{{next: s, count: 1}}
					known.seen = append(known.seen, pair)
				}
			}
		}
		pair := s*t.actions + t.choose(t.row(q, s))
		step := t.step(pair % t.actions)
		if t.err != nil {
			break
		}
		learn(pair, step)
		if c.Bonus > 0 && last[pair] == 0 {
			known.of[pair] = known.of[pair][:0] // the guess has served
		}
		known.note(pair, step)
		last[pair] = t.steps
		for range c.Planning {
			pair := known.seen[t.r.IntN(len(known.seen))]
			of := known.of[pair]
			o := &of[0]
			if len(of) > 1 {
				u := float64(t.r.Float64() * total(of))
				for i := range of {
					o = &of[i]
					if u -= o.count; u < 0 {
						break
					}
				}
			}
			reward := o.reward
			if c.Bonus > 0 {
				reward += float64(c.Bonus * math.Sqrt(float64(t.steps-last[pair])))
			}
			learn(pair, Step[int]{Obs: o.next, Reward: reward, Terminated: o.terminated})
		}
	}
	c.LearningRate, c.Discount, c.Explore = t.rate, t.discount, t.explore
	return t.model(c, q)
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c PrioritizedSweeping) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.PrioritizedSweeping.Fit"
	switch {
	case c.Planning < 0:
		return nil, ml.BadConfig(where, "Planning", c.Planning, ">= 1, or 0 for 10")
	case !(c.Threshold >= 0 && c.Threshold <= math.MaxFloat64):
		return nil, ml.BadConfig(where, "Threshold", c.Threshold, "> 0, or 0 for 1e-5")
	}
	setDefault(&c.Planning, 10)
	setDefault(&c.Threshold, 1e-5)
	l := learning{discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	q := t.table(c.Initial)
	known, before, queue := newMemory(len(q)), make([][]int, t.states), newRanking(len(q))
	mean := func(pair int) float64 {
		sum := 0.0
		for _, o := range known.of[pair] {
			v := o.reward
			if !o.terminated {
				v += float64(t.discount * top(t.row(q, o.next)))
			}
			sum += float64(o.count * v)
		}
		return sum / total(known.of[pair])
	}
	rank := func(pair int) { queue.set(pair, math.Abs(mean(pair)-q[pair])) }
	for t.more() {
		s := t.begin()
		pair := s*t.actions + t.choose(t.row(q, s))
		step := t.step(pair % t.actions)
		if t.err != nil {
			break
		}
		if known.note(pair, step) && !step.Terminated {
			before[step.Obs] = append(before[step.Obs], pair)
		}
		rank(pair)
		for i := 0; i < c.Planning && queue.largest() > c.Threshold; i++ {
			pair := queue.first()
			q[pair] = mean(pair)
			rank(pair)
			for _, p := range before[pair/t.actions] {
				rank(p)
			}
		}
	}
	c.Discount, c.Explore = t.discount, t.explore
	return t.model(c, q)
}
