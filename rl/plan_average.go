package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// AverageReward finds the policy with the highest mean reward of a step in the long run, for models that go on for ever; where an episode ends, the next one starts.
// Gain of the model is that mean, V says how much better than it a state is (its bias, 0 in the first state that has actions). The method is relative value iteration (White (1963); Puterman,
// "Markov Decision Processes", section 8.5), with a lazy step now and then, so that cycles do no harm. Every policy must come to the same states in the end, wherever it
// starts (a unichain model). A sweep costs as much as there are outcomes. Nothing is random.
type AverageReward struct {
	MaxIter int     // sweeps at the most. 0: 1000000
	Tol     float64 // ends when the gain is known so well. 0: 1e-10
}

var _ ml.Fitter[*MDP, *TableModel] = AverageReward{}

// Fit returns the best policy. Info.Gap is what Tol speaks of.
func (c AverageReward) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where, lazy = "rl.AverageReward.Fit", 0.1
	discount := 1.0
	if err := checkPlanner(where, &discount, &c.Tol, &c.MaxIter, 1_000_000); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m.endless(), 1)
	if err != nil {
		return nil, err
	}
	v, next := make([]float64, t.States), make([]float64, t.States)
	zero, gain := 0, 0.0 // the state whose bias is 0
	for t.isEnd(zero) {
		zero++
	}
	info, err := iterate(ctx, "sweep", c.MaxIter, c.Tol, func(int) float64 {
		low, high := math.Inf(1), math.Inf(-1)
		for s := range v {
			if t.isEnd(s) {
				continue
			}
			x := t.best(s, v)
			d := x - v[s]
			low, high = min(low, d), max(high, d)
			next[s] = float64(lazy*v[s]) + float64((1-lazy)*x)
		}
		gain = (low + high) / 2
		for s := range v {
			if !t.isEnd(s) {
				v[s] = next[s] - next[zero]
			}
		}
		return high - low
	})
	if err != nil {
		return nil, err
	}
	q := t.worths(v)
	best := make([]int, m.States)
	for s := range best {
		best[s] = argmax(q[s*m.Actions : (s+1)*m.Actions])
	}
	for i := range q {
		q[i] -= gain
	}
	out := &TableModel{States: m.States, Actions: m.Actions, V: v, Q: q, Best: best, Gain: gain}
	out.Config, out.Info = c, info
	return out, nil
}

// endless is the model in which a new episode follows an old one: where an outcome ends one, the state of the next start follows.
func (m *MDP) endless() *MDP {
	if m.check("") != nil {
		return m // what is wrong is said by who uses it
	}
	return Tabulate(m.States, m.Actions, func(s, a int) []Outcome {
		var of []Outcome
		for _, o := range m.Of(s, a) {
			if !o.Terminated {
				of = append(of, o)
				continue
			}
			for to := range m.States {
				if p := m.start(to); p > 0 {
					of = append(of, Outcome{P: o.P * p, Next: to, Reward: o.Reward})
				}
			}
		}
		return of
	})
}
