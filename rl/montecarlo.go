package rl

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// MonteCarlo learns from whole episodes: after each, the value of every action that was taken moves towards the return that followed it (Sutton and Barto,
// "Reinforcement Learning", second edition, sections 5.3 and 5.4). It needs no value to learn another one from, so it does not mind if observations hide something;
// but it learns nothing within an episode. An episode that a time limit cuts off counts with what it had until then.
type MonteCarlo struct {
	EveryVisit      bool        // learn from every time that an action was taken in a state in an episode. False: from the first time only
	ExploringStarts bool        // start episodes in a state and with an action drawn from all that can be (the environment must be a Starter), then do what is best. False: start as the environment does, and explore
	LearningRate    float64     // as in QLearning. 0: values are the means of the returns
	Decay           float64     // of the learning rate, as in QLearning; with LearningRate 0 it must be 0
	Discount        float64     // as in QLearning, as all that follow. 0: 0.99
	Initial         float64     // all values to begin with; the mean forgets it
	Explore         Exploration // nil: EpsilonGreedy{}. With ExploringStarts it must be nil
	Steps           int         // of training
	Episodes        int         // of training
	Seed            uint64
}

// MonteCarloOffPolicy learns the values of the best policy from episodes that explore, weighting each return by how much likelier the best policy would have come by it
// than the exploring one (weighted importance sampling; Sutton and Barto, section 5.7). It learns from the ends of episodes alone, from the last action on that is not
// the best, so it is slow where episodes are long. Values are weighted means of returns.
type MonteCarloOffPolicy struct {
	Discount float64     // as in QLearning, as all that follow. 0: 0.99
	Initial  float64     // all values to begin with; the mean forgets it
	Explore  Exploration // nil: EpsilonGreedy{}
	Steps    int         // of training
	Episodes int         // of training
	Seed     uint64
}

var (
	_ ml.Fitter[Maker[int, int], *TableModel] = MonteCarlo{}
	_ ml.Fitter[Maker[int, int], *TableModel] = MonteCarloOffPolicy{}
)

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c MonteCarlo) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	const where = "rl.MonteCarlo.Fit"
	l := learning{rate: c.LearningRate, decay: c.Decay, discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
	switch {
	case c.ExploringStarts && c.Explore != nil:
		return nil, ml.BadConfig(where, "Explore", c.Explore, "nil with ExploringStarts")
	case c.ExploringStarts:
		l.explore = Greedy{}
	}
	if c.LearningRate == 0 { // the mean: the n-th return counts 1/n
		if c.Decay != 0 {
			return nil, ml.BadConfig(where, "Decay", c.Decay, "0 without a LearningRate")
		}
		l.rate, l.decay = 1, 1
	}
	t, err := newTrial(ctx, where, m, l)
	if err != nil {
		return nil, err
	}
	q := t.table(c.Initial)
	var starts *starts
	if c.ExploringStarts {
		if starts, err = newStarts(t); err != nil {
			return nil, err
		}
	}
	met := make([]int, len(q)) // the episode in which a value was met last, from 1
	var path []moment
	var fresh []bool // whether a step is the first of its kind in the episode
	for t.more() {
		a := -1
		if t.over && starts != nil {
			a = starts.begin(t)
		}
		s := t.begin()
		if a < 0 {
			a = t.choose(t.row(q, s))
		}
		step := t.step(a)
		pair := s*t.actions + a
		episode := t.episodes + 1
		if t.over {
			episode-- // the end has been counted
		}
		path, fresh = append(path, moment{pair: pair, reward: step.Reward}), append(fresh, met[pair] != episode)
		met[pair] = episode
		if !t.over {
			continue
		}
		back := 0.0
		for i := len(path) - 1; i >= 0; i-- {
			back = path[i].reward + float64(t.discount*back)
			if pair := path[i].pair; c.EveryVisit || fresh[i] {
				q[pair] += float64(t.rateOf(pair) * (back - q[pair]))
			}
		}
		path, fresh = path[:0], fresh[:0]
	}
	c.Discount, c.Explore = t.discount, t.explore
	if c.ExploringStarts {
		c.Explore = nil
	}
	return t.model(c, q)
}

// starts are the states that an episode can start from.
type starts struct {
	env    Starter
	states []int
}

func newStarts(t *trial) (*starts, error) {
	s := new(starts)
	var ok bool
	if s.env, ok = t.env.(Starter); !ok { // not through wrappers: they would miss the start
		return nil, &ml.Error{Where: t.where, Field: "ExploringStarts", Found: fmt.Sprintf("an environment %T", t.env), Want: "a Starter: one that can begin in a state of choice", Kind: ErrEnv}
	}
	for state := range t.states {
		if _, err := s.env.ResetTo(0, state); err == nil {
			s.states = append(s.states, state)
		}
	}
	if len(s.states) == 0 {
		return nil, t.foul("ResetTo", "no state", "at least one to start from")
	}
	return s, nil
}

// begin starts an episode in a state and gives an action, both drawn.
func (s *starts) begin(t *trial) int {
	state, err := s.env.ResetTo(rng.Key(t.seed, 1, uint64(t.episodes)), s.states[t.r.IntN(len(s.states))])
	t.arrive(state, err)
	for {
		a := t.r.IntN(t.actions)
		if t.masker == nil || t.err != nil {
			return a
		}
		if t.masker.Mask(t.mask); t.mask[a] {
			return a
		}
	}
}

// Fit returns the values and the policy that is best by them. Info is as after QLearning.
func (c MonteCarloOffPolicy) Fit(ctx context.Context, m Maker[int, int]) (*TableModel, error) {
	l := learning{discount: c.Discount, initial: c.Initial, explore: c.Explore, forSteps: c.Steps, forEpisodes: c.Episodes, seed: c.Seed}
	t, err := newTrial(ctx, "rl.MonteCarloOffPolicy.Fit", m, l)
	if err != nil {
		return nil, err
	}
	q, p := t.table(c.Initial), make([]float64, t.actions)
	weights := make([]float64, len(q)) // of the returns so far
	var path []moment
	var chance []float64 // that the exploring policy gave to each action of the path
	for t.more() {
		s := t.begin()
		a := t.choose(t.row(q, s))
		t.explore.Probabilities(p, t.row(q, s), t.progress())
		step := t.step(a)
		path, chance = append(path, moment{pair: s*t.actions + a, reward: step.Reward}), append(chance, p[a])
		if !t.over {
			continue
		}
		back, w := 0.0, 1.0
		for i := len(path) - 1; i >= 0; i-- {
			pair := path[i].pair
			back = path[i].reward + float64(t.discount*back)
			weights[pair] += w
			q[pair] += float64(w / weights[pair] * (back - q[pair]))
			// The best policy takes the first of the best actions.
			if argmax(t.row(q, pair/t.actions)) != pair%t.actions || chance[i] == 0 {
				break
			}
			if w /= chance[i]; w > 1e100 {
				break // as rare as that, it would drown all else
			}
		}
		path, chance = path[:0], chance[:0]
	}
	c.Discount, c.Explore = t.discount, t.explore
	return t.model(c, q)
}
