package rl

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// NStepSARSA is [SARSA] that waits for the rewards of N steps before it goes on with a value: Q(s,a) moves towards r1 + Discount·r2 + ... + Discount^N·Q(sN,aN) (Sutton
// and Barto, "Reinforcement Learning", second edition, section 7.2). News travel N states back at once.
type NStepSARSA struct {
	N            int         // steps. 0: 4; 1 is SARSA
	LearningRate float64     // as in QLearning, as all that follow
	Decay        float64     // of the learning rate
	Discount     float64     // 0: 0.99
	Initial      float64     // all values to begin with
	Explore      Exploration // nil: EpsilonGreedy{}
	Steps        int         // of training
	Episodes     int         // of training
	Seed         uint64
}

// TreeBackup learns the values of the best policy, like [QLearning], from the rewards of N steps: of each state on the way, the actions that were not taken count with
// the values that they have, and the one that was taken goes on only as long as the best policy would have taken it as well (Precup et al., ICML 2000; Sutton and
// Barto, section 7.5). Of equally good actions the best policy takes each with the same probability. Fields as in [NStepSARSA]; N = 1 is QLearning.
type TreeBackup NStepSARSA

var (
	_ ml.Fitter[Maker[int, int], *TableModel] = NStepSARSA{}
	_ ml.Fitter[Maker[int, int], *TableModel] = TreeBackup{}
)

func (c NStepSARSA) learning(where string) (learning, error) {
	if c.N < 0 || c.N > 1<<20 {
		return learning{}, ml.BadConfig(where, "N", c.N, "1..1048576, or 0 for 4")
	}
	return learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}, nil
}

func (c NStepSARSA) with(l learning) NStepSARSA {
	setDefault(&c.N, 4)
	c.LearningRate, c.Discount, c.Explore = l.rate, l.discount, l.explore
	return c
}

// moment is a step that waits for what comes of it.
type moment struct {
	pair   int
	reward float64
	next   int // the state that followed
}

// window is the last steps of an episode, the oldest first.
type window struct {
	of   []moment
	from int
}

func (w *window) push(m moment) { w.of = append(w.of, m) }
func (w *window) waiting() []moment {
	return w.of[w.from:]
}

// pop drops the oldest; the room is used again when half of it is free.
func (w *window) pop() {
	if w.from++; w.from*2 >= len(w.of) {
		w.of = w.of[:copy(w.of, w.of[w.from:])]
		w.from = 0
	}
}

// settle drops the oldest step, and gives its pair and what came of it: the rewards since, and then a value.
func (w *window) settle(discount, after float64) (pair int, target float64) {
	waiting := w.waiting()
	target = after
	for i := len(waiting) - 1; i >= 0; i-- {
		target = waiting[i].reward + float64(discount*target)
	}
	pair = waiting[0].pair
	w.pop()
	return pair, target
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c NStepSARSA) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.NStepSARSA.Fit"
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
	var w window
	settle := func(after float64) {
		pair, target := w.settle(t.discount, after)
		q[pair] += float64(t.rateOf(pair) * (target - q[pair]))
	}
	for t.more() {
		s := t.begin()
		a := next
		if next = -1; a < 0 {
			a = t.choose(t.row(q, s))
		}
		step := t.step(a)
		w.push(moment{s*t.actions + a, step.Reward, step.Obs})
		after := 0.0
		if !step.Terminated {
			next = t.choose(t.row(q, step.Obs))
			after = q[step.Obs*t.actions+next]
		}
		switch {
		case t.over || t.err != nil:
			for next = -1; len(w.waiting()) > 0; {
				settle(after)
			}
		case len(w.waiting()) == c.N:
			settle(after)
		}
	}
	return t.model(c, q)
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c TreeBackup) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.TreeBackup.Fit"
	l, err := NStepSARSA(c).learning(where)
	if err != nil {
		return nil, err
	}
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	c = TreeBackup(NStepSARSA(c).with(t.learning))
	q, p := t.table(c.Initial), make([]float64, t.actions)
	var w window
	settle := func(terminated bool) {
		waiting := w.waiting()
		last := waiting[len(waiting)-1]
		target := last.reward
		if !terminated {
			target += float64(t.discount * top(t.row(q, last.next)))
		}
		for i := len(waiting) - 2; i >= 0; i-- {
			// The state after step i, in which step i+1 was taken: its best value, with what came of the step in the place of that action's.
			row, taken := t.row(q, waiting[i].next), waiting[i+1].pair%t.actions
			Greedy{}.Probabilities(p, row, 1)
			mean := expected(p, row)
			if p[taken] > 0 {
				mean += float64(p[taken] * (target - row[taken]))
			}
			target = waiting[i].reward + float64(t.discount*mean)
		}
		pair := waiting[0].pair
		q[pair] += float64(t.rateOf(pair) * (target - q[pair]))
		w.pop()
	}
	for t.more() {
		s := t.begin()
		a := t.choose(t.row(q, s))
		step := t.step(a)
		w.push(moment{s*t.actions + a, step.Reward, step.Obs})
		switch {
		case t.over || t.err != nil:
			for len(w.waiting()) > 0 {
				settle(step.Terminated)
			}
		case len(w.waiting()) == c.N:
			settle(false)
		}
	}
	return t.model(c, q)
}
