package rl

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// ValueIteration finds the best policy of an MDP: it sets the value of every state to that of its best action by the values so far, over and over, up the states and
// down again, using new values at once (Bellman, "Dynamic Programming" (1957); Sutton and Barto, "Reinforcement Learning", second edition, section 4.4). It suits most
// models; where the discount is near 1 and episodes are long, [PolicyIteration] needs fewer and longer steps.
//
// With Discount 1 the values are those of the best policy if every policy that does not end loses without bound, or if no reward is negative. A sweep costs as much as
// there are outcomes. Nothing is random.
type ValueIteration struct {
	Discount float64 // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	MaxIter  int     // sweeps at the most. 0: 100000
	Tol      float64 // ends when no value can be off by more (with Discount 1 by an estimate, from how the changes shrink). 0: 1e-10
}

var _ ml.Fitter[*MDP, *TableModel] = ValueIteration{}

// Fit returns the best policy. Info.Gap is what Tol speaks of.
func (c ValueIteration) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where = "rl.ValueIteration.Fit"
	if err := checkPlanner(where, &c.Discount, &c.Tol, &c.MaxIter, 100_000); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	v := make([]float64, m.States)
	b := bounds{discount: c.Discount}
	info, err := iterate(ctx, "sweep", c.MaxIter, c.Tol, func(i int) float64 { return b.of(t.sweep(v, i%2 == 1)) })
	if err != nil {
		return nil, err
	}
	return t.model(c, v, info), nil
}
