package rl

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// TD learns what each state is worth under a policy that is given, from steps: after a step from s to s' with reward r, V(s) moves towards r + Discount·V(s') (TD(0);
// Sutton, Machine Learning 3 (1988); Sutton and Barto, "Reinforcement Learning", second edition, section 6.1). With Lambda, all states that led there move along, the
// more the later they were met (section 12.2).
type TD struct {
	Policy       []float64 // the probability of each action in each state, States x Actions, row-major. nil: all that can be taken are equally likely
	Lambda       float64   // how slowly the traces of states fall, in [0, 1]. 0: TD(0), no traces
	Replacing    bool      // a state that is met again has its trace set to 1. False: 1 is added
	LearningRate float64   // how far a value moves, in (0, 2]. 0: 0.1
	Decay        float64   // the n-th change of a value is by LearningRate/n^Decay. 0: LearningRate stays
	Discount     float64   // of the reward a step later, in (0, 1]. 0: 0.99. 1: none
	Initial      float64   // all values to begin with
	Steps        int       // of training. 0: 100000, or no limit if there is one of Episodes
	Episodes     int       // of training. 0: no limit
	Seed         uint64
}

// NStepTD is [TD] that waits for the rewards of N steps before it goes on with a value (Sutton and Barto, section 7.1): between TD(0) and [MonteCarloPrediction].
type NStepTD struct {
	Policy       []float64 // as in TD, as all but N
	N            int       // steps. 0: 4; 1 is TD(0)
	LearningRate float64   // 0: 0.1
	Decay        float64   // of the learning rate
	Discount     float64   // 0: 0.99
	Initial      float64   // all values to begin with
	Steps        int       // of training
	Episodes     int       // of training
	Seed         uint64
}

// MonteCarloPrediction learns what each state is worth under a policy that is given, from the returns of whole episodes (Sutton and Barto, section 5.1). An episode that a
// time limit cuts off counts with what it had until then.
type MonteCarloPrediction struct {
	Policy       []float64 // as in TD
	EveryVisit   bool      // learn from every time that a state was met in an episode. False: from the first time only
	LearningRate float64   // as in TD. 0: values are the means of the returns
	Discount     float64   // as in TD, as all that follow. 0: 0.99
	Initial      float64   // all values to begin with; the mean forgets it
	Steps        int       // of training
	Episodes     int       // of training
	Seed         uint64
}

var (
	_ ml.Fitter[Maker[int, int], *TableModel] = TD{}
	_ ml.Fitter[Maker[int, int], *TableModel] = NStepTD{}
	_ ml.Fitter[Maker[int, int], *TableModel] = MonteCarloPrediction{}
)

// follower is the trial of a policy that is given.
type follower struct {
	*trial
	policy []float64 // nil: uniform over what can be taken
	valid  []float64 // States x Actions: 0, or -Inf for what cannot be taken
	v      []float64
}

func follow(ctx context.Context, where string, m Maker[int, int], policy []float64, l learning) (*follower, error) {
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	f := &follower{trial: t, policy: policy, valid: t.table(0), v: make([]float64, t.states)}
	for s := range f.v {
		f.v[s] = l.initial
	}
	if policy == nil {
		return f, nil
	}
	if len(policy) != len(f.valid) {
		return nil, ml.BadConfig(where, "Policy", fmt.Sprintf("%d probabilities", len(policy)), fmt.Sprintf("%d, one for each state and action", len(f.valid)))
	}
	for i, p := range policy {
		if !(p >= 0 && p <= 1+1e-9) {
			return nil, ml.BadConfig(where, "Policy", fmt.Sprintf("%v for action %d in state %d", p, i%t.actions, i/t.actions), "0..1")
		}
	}
	return f, nil
}

// act draws the policy's action in a state.
func (f *follower) act(s int) int {
	if f.policy == nil {
		if f.actions == 1 {
			return 0
		}
		for {
			if a := f.r.IntN(f.actions); f.valid[s*f.actions+a] == 0 {
				return a
			}
		}
	}
	row := f.row(f.policy, s)
	u, last := f.r.Float64(), -1
	for a, p := range row {
		if p > 0 {
			if last = a; u < p {
				return a
			}
			u -= p
		}
	}
	if last < 0 || u > 1e-6 {
		f.fail(ml.BadConfig(f.where, "Policy", fmt.Sprintf("%v in state %d", row, s), "probabilities that sum to 1"))
		return 0
	}
	return last
}

func (f *follower) model(config any) (*TableModel, error) {
	if f.err != nil {
		return nil, f.err
	}
	for s, v := range f.v {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return nil, f.diverged(s)
		}
	}
	m := &TableModel{States: f.states, Actions: f.actions, V: f.v, Returns: f.returns}
	m.Config, m.Info = config, f.info()
	return m, nil
}

// Fit returns a model with V alone. Info is as after QLearning.
func (c TD) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.TD.Fit"
	if !(c.Lambda >= 0 && c.Lambda <= 1) {
		return nil, ml.BadConfig(where, "Lambda", c.Lambda, "0..1")
	}
	f, err := follow(ctx, where, m, c.Policy, learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed})
	if err != nil {
		return nil, err
	}
	e := newTraces(f.states, f.discount*c.Lambda)
	for f.more() {
		s := f.begin()
		step := f.step(f.act(s))
		target := step.Reward
		if !step.Terminated {
			target += float64(f.discount * f.v[step.Obs])
		}
		if c.Replacing {
			e.set(s, 1)
		} else {
			e.set(s, e.of[s]+1)
		}
		e.learn(f.v, float64(f.rateOf(s)*(target-f.v[s])))
		if f.over {
			e.forget()
		}
	}
	c.Policy, c.LearningRate, c.Discount = append([]float64(nil), c.Policy...), f.rate, f.trial.discount
	return f.model(c)
}

// Fit returns a model with V alone. Info is as after QLearning.
func (c NStepTD) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.NStepTD.Fit"
	if c.N < 0 || c.N > 1<<20 {
		return nil, ml.BadConfig(where, "N", c.N, "1..1048576, or 0 for 4")
	}
	setDefault(&c.N, 4)
	f, err := follow(ctx, where, m, c.Policy, learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed})
	if err != nil {
		return nil, err
	}
	var w window
	settle := func(after float64) {
		s, target := w.settle(f.discount, after)
		f.v[s] += float64(f.rateOf(s) * (target - f.v[s]))
	}
	for f.more() {
		s := f.begin()
		step := f.step(f.act(s))
		w.push(moment{s, step.Reward, step.Obs})
		after := 0.0
		if !step.Terminated {
			after = f.v[step.Obs]
		}
		switch {
		case f.over || f.err != nil:
			for len(w.waiting()) > 0 {
				settle(after)
			}
		case len(w.waiting()) == c.N:
			settle(after)
		}
	}
	c.Policy, c.LearningRate, c.Discount = append([]float64(nil), c.Policy...), f.rate, f.trial.discount
	return f.model(c)
}

// Fit returns a model with V alone. Info is as after QLearning.
func (c MonteCarloPrediction) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	l := learning{rate: c.LearningRate, discount: c.Discount, initial: c.Initial, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
	if c.LearningRate == 0 {
		l.rate, l.decay = 1, 1
	}
	f, err := follow(ctx, "rl.MonteCarloPrediction.Fit", m, c.Policy, l)
	if err != nil {
		return nil, err
	}
	first := make([]int, f.states) // the place in the path at which a state was met first, from 1
	var path []moment
	for f.more() {
		s := f.begin()
		step := f.step(f.act(s))
		path = append(path, moment{pair: s, reward: step.Reward})
		if first[s] == 0 {
			first[s] = len(path)
		}
		if !f.over {
			continue
		}
		back := 0.0
		for i := len(path) - 1; i >= 0; i-- {
			back = path[i].reward + float64(f.discount*back)
			if s := path[i].pair; c.EveryVisit || first[s] == i+1 {
				f.v[s] += float64(f.rateOf(s) * (back - f.v[s]))
			}
		}
		for _, m := range path {
			first[m.pair] = 0
		}
		path = path[:0]
	}
	c.Policy, c.Discount = append([]float64(nil), c.Policy...), f.trial.discount
	return f.model(c)
}
