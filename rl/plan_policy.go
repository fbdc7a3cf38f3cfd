package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// PolicyIteration finds the best policy of an MDP: it evaluates a policy exactly, takes in every state the action that is best by those values, and begins again until
// nothing is better (Howard, "Dynamic Programming and Markov Processes" (1960)). It takes few steps, each of which costs a [PolicyEvaluation].
//
// It starts from a policy that ends wherever one can, so Discount 1 works as for [ValueIteration]. Nothing is random.
type PolicyIteration struct {
	Discount float64 // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	MaxIter  int     // policies at the most. 0: 1000
}

// ModifiedPolicyIteration is PolicyIteration that does not evaluate each policy exactly, but sweeps a few times over the values of the one before (Puterman and Shin,
// Management Science 24 (1978)): much cheaper steps for large models. All else is as in [ValueIteration], which it is with a single sweep.
type ModifiedPolicyIteration struct {
	Discount float64 // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	Sweeps   int     // of evaluation after each improvement. 0: 10
	MaxIter  int     // improvements at the most. 0: 100000
	Tol      float64 // as in ValueIteration. 0: 1e-10
}

var (
	_ ml.Fitter[*MDP, *TableModel] = PolicyIteration{}
	_ ml.Fitter[*MDP, *TableModel] = ModifiedPolicyIteration{}
)

// Fit returns the best policy, with its exact values. Info.Gap is the most that an action promises above the value of its state.
func (c PolicyIteration) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where = "rl.PolicyIteration.Fit"
	if err := checkPlanner(where, &c.Discount, nil, &c.MaxIter, 1000); err != nil {
		return nil, err
	}
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	best := t.ending()
	var v []float64
	var inner error
	info, err := iterate(ctx, "policy", c.MaxIter, 0, func(int) float64 {
		if v, inner = t.evaluate(ctx, t.always(best)); inner != nil {
			return 0
		}
		return t.improve(best, v)
	})
	switch {
	case err != nil:
		return nil, err
	case inner != nil:
		return nil, inner
	}
	if err := checkValues(where, v); err != nil {
		return nil, err
	}
	return t.modelOf(c, v, t.worths(v), best, info), nil
}

// ending is a policy that may end from every state from which that is possible.
func (t *plan) ending() []int {
	good, best := make([]bool, len(t.reward)), make([]int, t.States)
	for s := range best {
		for a := t.Actions - 1; a >= 0; a-- {
			if good[s*t.Actions+a] = t.allowed(s*t.Actions + a); good[s*t.Actions+a] {
				best[s] = a
			}
		}
	}
	t.toEnds(good, func(s, a int) { best[s] = a })
	return best
}

// improve takes in every state the best action by the values, unless the one that it has is as good to rounding: changing between equals need not end, and could lead
// round in circles. It returns the largest gain.
func (t *plan) improve(best []int, v []float64) float64 {
	gain := 0.0
	for s := range best {
		if t.isEnd(s) {
			continue
		}
		now := t.worth(s*t.Actions+best[s], v)
		top, at := now, best[s]
		for a := range t.Actions {
			if x := t.worth(s*t.Actions+a, v); x > top {
				top, at = x, a
			}
		}
		if top > now+float64(1e-12*max(1, math.Abs(now))) {
			best[s] = at
			gain = max(gain, top-now)
		}
	}
	return gain
}

// Fit returns the best policy. Info.Gap is what Tol speaks of.
func (c ModifiedPolicyIteration) Fit(ctx context.Context, m *MDP) (*TableModel, error) {
	const where = "rl.ModifiedPolicyIteration.Fit"
	if err := checkPlanner(where, &c.Discount, &c.Tol, &c.MaxIter, 100_000); err != nil {
		return nil, err
	}
	if c.Sweeps < 0 {
		return nil, ml.BadConfig(where, "Sweeps", c.Sweeps, ">= 1, or 0 for 10")
	}
	setDefault(&c.Sweeps, 10)
	t, err := newPlan(where, m, c.Discount)
	if err != nil {
		return nil, err
	}
	v, pairs := make([]float64, m.States), make([]int, m.States)
	b := bounds{discount: c.Discount}
	info, err := iterate(ctx, "improvement", c.MaxIter, c.Tol, func(int) float64 {
		change := 0.0
		for s := range v {
			if t.isEnd(s) {
				continue
			}
			top := math.Inf(-1)
			for pair := s * t.Actions; pair < (s+1)*t.Actions; pair++ {
				if x := t.worth(pair, v); x > top {
					top, pairs[s] = x, pair
				}
			}
			change = max(change, math.Abs(top-v[s]))
			v[s] = top
		}
		for i := 1; i < c.Sweeps; i++ {
			for k := range v {
				s := k
				if i%2 == 1 {
					s = len(v) - 1 - k
				}
				if !t.isEnd(s) {
					v[s] = t.worth(pairs[s], v)
				}
			}
		}
		return b.of(change)
	})
	if err != nil {
		return nil, err
	}
	return t.model(c, v, info), nil
}
