package rl

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// SARSA learns what each action is worth if it goes on to explore as it does (Rummery and Niranjan (1994); Sutton and Barto, "Reinforcement Learning", second edition,
// section 6.4): Q(s,a) moves towards r + Discount·Q(s',a') with the action a' that it takes next. So it keeps away from where exploring is costly. Fields as in
// [QLearning].
type SARSA QLearning

// ExpectedSARSA is SARSA that moves towards r + Discount·Σ p(a')·Q(s',a') over the probabilities of its exploration: the same in the mean, with less noise, so larger
// learning rates do (van Seijen et al., ADPRL 2009; Sutton and Barto, section 6.6). Fields as in [QLearning].
type ExpectedSARSA QLearning

var (
	_ ml.Fitter[Maker[int, int], *TableModel] = SARSA{}
	_ ml.Fitter[Maker[int, int], *TableModel] = ExpectedSARSA{}
)

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c SARSA) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	t, err := newTrial(ctx, "rl.SARSA.Fit", m, QLearning(c).learning())
	if err != nil {
		return nil, err
	}
	q := t.table(c.Initial)
	next := -1 // the action that is taken next; -1: not chosen yet
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
		if t.over {
			next = -1
		}
		pair := s*t.actions + a
		q[pair] += float64(t.rateOf(pair) * (target - q[pair]))
	}
	return t.model(SARSA(QLearning(c).with(t.learning)), q)
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c ExpectedSARSA) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	t, err := newTrial(ctx, "rl.ExpectedSARSA.Fit", m, QLearning(c).learning())
	if err != nil {
		return nil, err
	}
	q, p := t.table(c.Initial), make([]float64, t.actions)
	for t.more() {
		s := t.begin()
		a := t.choose(t.row(q, s))
		step := t.step(a)
		target := step.Reward
		if !step.Terminated {
			row := t.row(q, step.Obs)
			t.explore.Probabilities(p, row, t.progress())
			target += float64(t.discount * expected(p, row))
		}
		pair := s*t.actions + a
		q[pair] += float64(t.rateOf(pair) * (target - q[pair]))
	}
	return t.model(ExpectedSARSA(QLearning(c).with(t.learning)), q)
}
