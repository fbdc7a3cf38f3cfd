package rl

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// DoubleQLearning is [QLearning] with two tables, one of which says which action is best and the other what it is worth: the largest of noisy values is too large in the
// mean, and this is not (van Hasselt, NeurIPS 2010; Sutton and Barto, "Reinforcement Learning", second edition, section 6.7). A coin says which table learns from a step.
// The model's Q is the mean of both. Fields as in QLearning.
type DoubleQLearning QLearning

var _ ml.Fitter[Maker[int, int], *TableModel] = DoubleQLearning{}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c DoubleQLearning) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	t, err := newTrial(ctx, "rl.DoubleQLearning.Fit", m, QLearning(c).learning())
	if err != nil {
		return nil, err
	}
	learns, judges := t.table(c.Initial), t.table(c.Initial)
	both := make([]float64, t.actions)
	for t.more() {
		s := t.begin()
		one, two := t.row(learns, s), t.row(judges, s)
		for a := range both {
			both[a] = one[a] + two[a]
		}
		a := t.choose(both)
		step := t.step(a)
		if t.r.Uint64()>>63 == 1 {
			learns, judges = judges, learns
		}
		target := step.Reward
		if !step.Terminated {
			best := anyBest(t.row(learns, step.Obs), t.r)
			target += float64(t.discount * judges[step.Obs*t.actions+best])
		}
		pair := s*t.actions + a
		learns[pair] += float64(t.rateOf(pair) * (target - learns[pair]))
	}
	for i, v := range judges {
		learns[i] = (learns[i] + v) / 2
	}
	return t.model(DoubleQLearning(QLearning(c).with(t.learning)), learns)
}
