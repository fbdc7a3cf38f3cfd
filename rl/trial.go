package rl

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// learning are the fields that the configs of tabular learners share. Each config documents them where it differs:
//
//   - LearningRate: how far a value moves towards what was seen. 0: 0.1.
//   - Decay: the n-th change of a value is by LearningRate/n^Decay. 0: LearningRate stays.
//   - Discount: of the reward a step later. 0: 0.99.
//   - Initial: the values to begin with.
//   - Explore: how actions are chosen. nil: EpsilonGreedy{}.
//   - Steps, Episodes: how long. Both 0: 100000 steps.
type learning struct {
	rate, decay, discount, initial float64
	explore                        Exploration
	forSteps, forEpisodes          int
	seed                           uint64
}

// complete checks the fields and gives the defaults.
func (l *learning) complete(where string) error {
	var err error
	if l.discount, err = discountOf(where, l.discount); err != nil {
		return err
	}
	switch {
	case !(l.rate >= 0 && l.rate <= 2):
		return ml.BadConfig(where, "LearningRate", l.rate, "above 0 and at most 2, or 0 for the default")
	case !(l.decay >= 0 && l.decay <= 1):
		return ml.BadConfig(where, "Decay", l.decay, "0..1")
	case !(math.Abs(l.initial) <= math.MaxFloat64):
		return ml.BadConfig(where, "Initial", l.initial, "a finite number")
	}
	setDefault(&l.rate, 0.1)
	if l.explore == nil {
		l.explore = EpsilonGreedy{}
	}
	if c, ok := l.explore.(interface{ check(string) error }); ok {
		return c.check(where)
	}
	return nil
}

// trial is the training of a tabular learner: an environment, and the budget of steps in it. A learner reads like this:
//
//	for t.more() {
//		s := t.begin()             // the state; a new episode if the last one is over
//		a := t.choose(t.row(q, s)) // an action
//		step := t.step(a)          // what comes of it; errors end the training
//		...
//	}
type trial struct {
	budget
	learning
	env             Env[int, int]
	states, actions int
	state           int
	over            bool // the next state is that of a new episode
	r               *rand.Rand
	where           string
	epsilon         EpsilonGreedy // explore, if it is one
	isEpsilon       bool
	masker          Masker // nil: every action can always be taken
	mask            []bool
	seen            []bool      // whether the mask of a state is in the tables
	tables          [][]float64 // States x Actions, where actions that cannot be taken have the value -Inf
	changes         []uint32    // of each value, if there is a Decay
	rates           []float64   // LearningRate/n^Decay
}

func newTrial(ctx context.Context, where string, m Maker[int, int], l learning) (*trial, error) {
	if err := l.complete(where); err != nil {
		return nil, err
	}
	b, err := newBudget(ctx, where, l.forSteps, l.forEpisodes)
	if err != nil {
		return nil, err
	}
	t := &trial{budget: *b, learning: l, where: where, over: true, r: rng.New(l.seed, 0)}
	t.epsilon, t.isEpsilon = l.explore.(EpsilonGreedy)
	if m == nil {
		return nil, ml.BadConfig(where, "Maker", m, "an environment")
	}
	if t.env, err = m.Make(); err != nil {
		return nil, err
	}
	spec := t.env.Spec()
	obs, isObs := spec.Obs.(Discrete)
	act, isAct := spec.Act.(Discrete)
	if !isObs || !isAct || obs.Start != 0 || act.Start != 0 || obs.N < 1 || act.N < 1 || obs.N > maxTable/act.N {
		return nil, &ml.Error{Where: where, Field: "Spec", Found: fmt.Sprintf("%v and %v", spec.Obs, spec.Act), Want: "codes 0..N-1 (Discrete) of observations and actions, for a table", Kind: ErrEnv}
	}
	t.states, t.actions = obs.N, act.N
	if mask, ok := Ability[Masker](t.env); ok {
		t.masker, t.mask, t.seen = mask, make([]bool, t.actions), make([]bool, t.states)
	}
	return t, nil
}

// table makes a table of values of actions.
func (t *trial) table(initial float64) []float64 {
	q := slices.Repeat([]float64{initial}, t.states*t.actions)
	t.tables = append(t.tables, q)
	return q
}

func (t *trial) row(q []float64, s int) []float64 { return q[s*t.actions : (s+1)*t.actions] }

// choose draws an action by the values of a state.
func (t *trial) choose(row []float64) int {
	if t.isEpsilon { // without the call through the interface
		return t.epsilon.Choose(row, t.progress(), t.r)
	}
	a := t.explore.Choose(row, t.progress(), t.r)
	if uint(a) >= uint(t.actions) {
		t.fail(ml.BadConfig(t.where, "Explore", a, fmt.Sprintf("a choice of 0..%d", t.actions-1)))
		return 0
	}
	return a
}

// begin gives the state, after it has begun an episode if the last one is over.
func (t *trial) begin() int {
	if t.over {
		s, err := t.env.Reset(rng.Key(t.seed, 1, uint64(t.episodes)))
		t.arrive(s, err)
	}
	return t.state
}

// arrive takes the first state of an episode.
func (t *trial) arrive(s int, err error) {
	t.sum, t.over = 0, false
	if err == nil && uint(s) >= uint(t.states) {
		err = t.foul("the observation", s, Discrete{N: t.states})
	}
	if err != nil {
		t.state = 0
		t.fail(err)
		return
	}
	t.state = s
	if t.masker != nil {
		t.look(s)
	}
}

func (t *trial) foul(what string, found, want any) error {
	return &ml.Error{Where: t.where, Field: what, Found: fmt.Sprint(found), Want: fmt.Sprint(want), Kind: ErrEnv}
}

// look notes which actions can be taken in a state that was not seen before.
func (t *trial) look(s int) {
	if t.seen[s] {
		return
	}
	t.seen[s] = true
	t.masker.Mask(t.mask)
	if !slices.Contains(t.mask, true) {
		t.fail(t.foul("Mask", "no action", "at least one that can be taken"))
		return
	}
	for a, valid := range t.mask {
		for _, q := range t.tables {
			if !valid {
				q[s*t.actions+a] = math.Inf(-1)
			}
		}
	}
}

// step takes an action. After an error it gives an end without a reward, and more is false.
func (t *trial) step(a int) Step[int] {
	s, err := t.env.Step(a)
	t.steps++
	if err != nil || uint(s.Obs) >= uint(t.states) || !(math.Abs(s.Reward) <= math.MaxFloat64) {
		switch {
		case err != nil:
		case uint(s.Obs) >= uint(t.states):
			err = t.foul("the observation", s.Obs, Discrete{N: t.states})
		default:
			err = t.foul("the reward", s.Reward, "a finite number")
		}
		t.fail(err)
		return Step[int]{Terminated: true}
	}
	t.sum += s.Reward
	t.state = s.Obs
	if t.masker != nil && !s.Terminated {
		t.look(s.Obs)
	}
	if s.Terminated || s.Truncated {
		t.over = true
		t.done()
	}
	return s
}

// rateOf is the learning rate of the next change of a value.
func (t *trial) rateOf(pair int) float64 {
	if t.decay == 0 {
		return t.rate
	}
	if t.changes == nil {
		t.changes = make([]uint32, t.states*t.actions)
	}
	t.changes[pair]++
	return decayed(&t.rates, t.rate, t.decay, int(t.changes[pair]))
}

// decayed is rate/n^decay; the first 65536 are kept.
func decayed(kept *[]float64, rate, decay float64, n int) float64 {
	for n > len(*kept) {
		k := len(*kept) + 1
		if k > 1<<16 {
			return rate * power(float64(n), -decay)
		}
		*kept = append(*kept, rate*power(float64(k), -decay))
	}
	return (*kept)[n-1]
}

// top is the largest value of a row.
func top(row []float64) float64 {
	best := row[0]
	for _, v := range row[1:] {
		if v > best {
			best = v
		}
	}
	return best
}

// expected is the mean of values under probabilities; those of 0 do not count, whatever the value.
func expected(p, v []float64) float64 {
	sum := 0.0
	for i, w := range p {
		if w > 0 {
			sum += float64(w * v[i])
		}
	}
	return sum
}

// model makes the model of a table of values of actions.
func (t *trial) model(config any, q []float64) (*TableModel, error) {
	if t.err != nil {
		return nil, t.err
	}
	m := &TableModel{States: t.states, Actions: t.actions, Q: q, V: make([]float64, t.states), Best: make([]int, t.states), Returns: t.returns}
	for s := range m.V {
		row := t.row(q, s)
		m.Best[s] = argmax(row)
		m.V[s] = row[m.Best[s]]
	}
	for i, v := range q {
		if math.IsNaN(v) || math.IsInf(v, 1) {
			return nil, t.diverged(i / t.actions)
		}
	}
	m.Config, m.Info = config, t.info()
	return m, nil
}

func (t *trial) diverged(state int) error {
	return &ml.Error{Where: t.where, Field: fmt.Sprintf("the value of state %d", state), Found: "not finite", Want: "a smaller LearningRate, or a Discount below 1", Kind: ml.ErrNotFinite}
}

// power is x^y for x >= 1, the same on every machine.
func power(x, y float64) float64 {
	switch y {
	case -1:
		return 1 / x
	case -0.5:
		return 1 / math.Sqrt(x)
	}
	return kern.ExpOne(y * kern.LogOne(x))
}
