package rl

import (
	"context"

	"github.com/gopherwood-ml/ml"
)

// QLearning learns what each action is worth if the best ones follow, whatever it does itself meanwhile (Watkins and Dayan, Machine Learning 8 (1992); Sutton and Barto,
// "Reinforcement Learning", second edition, section 6.5). After a step from s by a to s' with reward r, Q(s,a) moves towards r + Discount·max Q(s',·).
//
// Observations and actions of the environment must be codes 0..N-1 (wrap others in DiscretizeObs). Actions that the environment masks ([Masker]) are never taken nor
// valued. A time limit (Truncated) is no end: what would have come counts. What is random: the exploration, and the seeds of the episodes, both from Seed. A step costs
// the count of actions.
type QLearning struct {
	LearningRate float64     // how far a value moves towards what was seen, in (0, 2]. 0: 0.1
	Decay        float64     // the n-th change of a value is by LearningRate/n^Decay, 0..1; above 0.5 values settle for certain. 0: LearningRate stays
	Discount     float64     // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	Initial      float64     // all values to begin with; above what can be had, they make it try everything
	Explore      Exploration // how actions are chosen. nil: EpsilonGreedy{}, at random with probability 0.1
	Steps        int         // of training. 0: 100000, or no limit if there is one of Episodes
	Episodes     int         // of training. 0: no limit
	Seed         uint64
}

var _ ml.Fitter[Maker[int, int], *TableModel] = QLearning{}

func (c QLearning) learning() learning {
	return learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
}

// with takes over the defaults.
func (c QLearning) with(l learning) QLearning {
	c.LearningRate, c.Discount, c.Explore = l.rate, l.discount, l.explore
	return c
}

// Fit returns the values and the policy that is best by them. Info.Iterations counts the steps, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c QLearning) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	t, err := newTrial(ctx, "rl.QLearning.Fit", m, c.learning())
	if err != nil {
		return nil, err
	}
	q := t.table(c.Initial)
	for t.more() {
		s := t.begin()
		a := t.choose(t.row(q, s))
		step := t.step(a)
		target := step.Reward
		if !step.Terminated {
			target += float64(t.discount * top(t.row(q, step.Obs)))
		}
		pair := s*t.actions + a
		q[pair] += float64(t.rateOf(pair) * (target - q[pair]))
	}
	return t.model(c.with(t.learning), q)
}
