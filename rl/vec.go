package rl

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Batch is what several environments show after a step, one after the other. Its memory is made once and written again and again.
type Batch struct {
	Obs        []float32 // n x width: what is seen now; where an episode has just ended, the first sight of the next one
	Final      []float32 // n x width: what the step led to: the last sight of the episodes that ended, Obs of the others
	Reward     []float32
	Terminated []bool
	Truncated  []bool
	Return     []float64 // of the episodes that ended with this step: the sum of their rewards
	Length     []int     // and their steps; of the others the steps so far
}

// NewBatch has room for n environments that show so many numbers.
func NewBatch(n, width int) *Batch {
	return &Batch{Obs: make([]float32, n*width), Final: make([]float32, n*width), Reward: make([]float32, n), Terminated: make([]bool, n), Truncated: make([]bool, n),
		Return: make([]float64, n), Length: make([]int, n)}
}

// Done tells whether the episode of environment i ended with this step.
func (b *Batch) Done(i int) bool { return b.Terminated[i] || b.Truncated[i] }

// VecEnv is several environments that step together, into the caller's memory and (unless they step in parallel) without allocating: what learners with nets work on. A is int for codes (one for each
// environment, or as many as a MultiDiscrete has places) and float32 for numbers. Make it with one of the functions that begin with Vec.
//
// An episode that ends is followed by the next one within the same step: Obs is its first sight, Final the last one of the episode that ended, so that a learner that
// values what comes after a truncation finds it. Episode k of environment i is that of the seed rng.Key(seeds[i], k); the first one has the seed seeds[i] itself.
type VecEnv[A int | float32] struct {
	n, width, actions int
	id                string
	maxSteps          int
	threshold         float64
	reset             func(i int, seed uint64, obs []float32) error
	step              func(i int, action []A, out *Batch) error
	seeds             []uint64
	episodes          []uint64
	parallel          bool
	masks             []Masker // of each environment; nil: every action can always be taken
	goals             Goals    // of the first environment; nil: it has none
	history           [][]A    // the actions of the episodes that run; nil: not kept
}

// Vectors is how a VecEnv is made.
type Vectors struct {
	N        int  // environments; 0: 1
	Parallel bool // the environments step on all cores, which pays if a step takes microseconds; the results are the same. A step then allocates a little, for the cores
}

// Vec makes a VecEnv of environments whose actions are codes. Observations are flattened by their space.
func Vec[O any](m Maker[O, int], v Vectors) (*VecEnv[int], error) {
	return newVec(m, v, 1, func(a []int) int { return a[0] })
}

// VecMulti makes a VecEnv of environments whose actions are several codes.
func VecMulti[O any](m Maker[O, []int], v Vectors) (*VecEnv[int], error) {
	return newVec(m, v, 0, func(a []int) []int { return a })
}

// VecBox makes a VecEnv of environments whose actions are numbers.
func VecBox[O any](m Maker[O, []float32], v Vectors) (*VecEnv[float32], error) {
	return newVec(m, v, 0, func(a []float32) []float32 { return a })
}

// newVec makes the environments; actions is the length of an action, 0: that of the space.
func newVec[O, B any, A int | float32](m Maker[O, B], v Vectors, actions int, turn func([]A) B) (*VecEnv[A], error) {
	const where = "rl.Vec"
	if v.N == 0 {
		v.N = 1
	}
	if v.N < 1 || v.N > 1<<24 {
		return nil, ml.BadConfig(where, "N", v.N, "1 to 16777216, or 0 for 1")
	}
	envs := make([]Env[O, B], v.N)
	for i := range envs {
		e, err := m.Make()
		if err != nil {
			return nil, err
		}
		envs[i] = e
	}
	spec := envs[0].Spec()
	if spec.Obs == nil || spec.Act == nil {
		return nil, &ml.Error{Where: where, Field: "Spec", Found: "without Obs or Act", Want: "both spaces", Kind: ErrEnv}
	}
	if actions == 0 {
		switch space := any(spec.Act).(type) {
		case MultiDiscrete:
			actions = len(space.N)
		default:
			actions = spec.Act.Flat()
		}
	}
	width := spec.Obs.Flat()
	var masks []Masker
	for _, env := range envs {
		if m, ok := Ability[Masker](env); ok {
			masks = append(masks, m)
		}
	}
	goals, _ := Ability[Goals](envs[0])
	e := &VecEnv[A]{masks: masks, goals: goals, n: v.N, width: width, actions: actions, id: spec.ID, maxSteps: spec.MaxSteps, threshold: spec.Threshold, parallel: v.Parallel && v.N > 1,
		seeds: make([]uint64, v.N), episodes: make([]uint64, v.N)}
	flatten := func(dst []float32, obs O) error {
		if !spec.Obs.Contains(obs) {
			return &ml.Error{Where: where + ": " + spec.ID, Field: "observation", Found: fmt.Sprint(obs), Want: spec.Obs.String(), Kind: ErrEnv}
		}
		spec.Obs.Flatten(dst, obs)
		return nil
	}
	if _, isBox := any(spec.Obs).(Box); isBox { // the usual case: nothing to look up
		flatten = func(dst []float32, obs O) error {
			v := any(obs).([]float32)
			if len(v) != len(dst) {
				return ml.BadShape(where+": "+spec.ID, "observation", fmt.Sprintf("%d numbers", len(v)), fmt.Sprint(len(dst)))
			}
			copy(dst, v)
			return nil
		}
	}
	e.reset = func(i int, seed uint64, dst []float32) error {
		obs, err := envs[i].Reset(seed)
		if err != nil {
			return err
		}
		return flatten(dst, obs)
	}
	e.step = func(i int, action []A, out *Batch) error {
		if e.history != nil {
			e.history[i] = append(e.history[i], action...)
		}
		s, err := envs[i].Step(turn(action))
		if err != nil {
			return err
		}
		obs, final := out.Obs[i*width:(i+1)*width], out.Final[i*width:(i+1)*width]
		if err := flatten(final, s.Obs); err != nil {
			return err
		}
		if out.Done(i) { // of the step before: the count begins anew
			out.Return[i], out.Length[i] = 0, 0
		}
		out.Reward[i], out.Terminated[i], out.Truncated[i] = float32(s.Reward), s.Terminated, s.Truncated
		out.Return[i] += s.Reward
		out.Length[i]++
		if !s.Done() {
			copy(obs, final)
			return nil
		}
		e.episodes[i]++
		if e.history != nil {
			e.history[i] = e.history[i][:0]
		}
		return e.reset(i, rng.Key(e.seeds[i], e.episodes[i]), obs)
	}
	return e, nil
}

// Len is the number of environments.
func (e *VecEnv[A]) Len() int { return e.n }

// Width is how many numbers an observation has.
func (e *VecEnv[A]) Width() int { return e.width }

// Actions is how many codes or numbers an action has.
func (e *VecEnv[A]) Actions() int { return e.actions }

// ID is the environment's name.
func (e *VecEnv[A]) ID() string { return e.id }

// Reset starts an episode in every environment; seeds has one for each.
func (e *VecEnv[A]) Reset(seeds []uint64, out *Batch) error {
	if len(seeds) != e.n {
		return ml.BadShape("rl.VecEnv.Reset", "seeds", fmt.Sprintf("%d long", len(seeds)), fmt.Sprintf("%d, one for each environment", e.n))
	}
	if err := e.room("rl.VecEnv.Reset", out); err != nil {
		return err
	}
	copy(e.seeds, seeds)
	clear(e.episodes)
	for i := range e.n {
		obs := out.Obs[i*e.width : (i+1)*e.width]
		if err := e.reset(i, seeds[i], obs); err != nil {
			return err
		}
		copy(out.Final[i*e.width:], obs)
		out.Reward[i], out.Terminated[i], out.Truncated[i], out.Return[i], out.Length[i] = 0, false, false, 0, 0
	}
	return nil
}

func (e *VecEnv[A]) room(where string, out *Batch) error {
	if len(out.Obs) != e.n*e.width || len(out.Final) != len(out.Obs) || len(out.Reward) != e.n || len(out.Terminated) != e.n || len(out.Truncated) != e.n ||
		len(out.Return) != e.n || len(out.Length) != e.n {
		return ml.BadShape(where, "out", "of another shape", fmt.Sprintf("rl.NewBatch(%d, %d)", e.n, e.width))
	}
	return nil
}

// Step takes an action in every environment, n x Actions() of them one after the other. out is the batch of the step before. An error leaves the batch as it stands: start
// again with Reset.
func (e *VecEnv[A]) Step(actions []A, out *Batch) error {
	if len(actions) != e.n*e.actions {
		return ml.BadShape("rl.VecEnv.Step", "actions", fmt.Sprintf("%d long", len(actions)), fmt.Sprintf("%d, %d for each environment", e.n*e.actions, e.actions))
	}
	if err := e.room("rl.VecEnv.Step", out); err != nil {
		return err
	}
	if e.parallel {
		return e.stepTogether(actions, out)
	}
	for i := range e.n {
		if err := e.step(i, actions[i*e.actions:(i+1)*e.actions], out); err != nil {
			return err
		}
	}
	return nil
}

// stepTogether steps on all cores; of several errors that of the first environment counts.
func (e *VecEnv[A]) stepTogether(actions []A, out *Batch) error {
	return par.Reduce(e.n, max(1, e.n/64), func(_, lo, hi int) error {
		for i := lo; i < hi; i++ {
			if err := e.step(i, actions[i*e.actions:(i+1)*e.actions], out); err != nil {
				return err
			}
		}
		return nil
	}, func(a, b error) error {
		if a != nil {
			return a
		}
		return b
	})
}

// replay brings environment i to where its seeds and history say.
func (e *VecEnv[A]) replay(i int) error {
	seed, did := e.seeds[i], e.history[i]
	if e.episodes[i] > 0 {
		seed = rng.Key(seed, e.episodes[i])
	}
	scratch := NewBatch(e.n, e.width)
	if err := e.reset(i, seed, scratch.Obs[i*e.width:(i+1)*e.width]); err != nil {
		return err
	}
	kept, episode := e.history, e.episodes[i]
	e.history = nil
	defer func() { e.history = kept }()
	for k := 0; k+e.actions <= len(did); k += e.actions {
		if err := e.step(i, did[k:k+e.actions], scratch); err != nil {
			return err
		}
	}
	if e.episodes[i] != episode {
		return &ml.Error{Where: "rl.VecEnv", Field: "episode", Found: "another end than before the checkpoint", Want: "equal episodes for equal seeds and actions", Kind: ErrEnv}
	}
	return nil
}

// Masked tells whether environments say which actions can be taken.
func (e *VecEnv[A]) Masked() bool { return len(e.masks) == e.n }

// Mask writes for environment i which codes can be taken now, one flag for each code (of each place, one after the other). Without a [Masker] all can.
func (e *VecEnv[A]) Mask(i int, valid []bool) {
	if len(e.masks) == e.n {
		e.masks[i].Mask(valid)
		return
	}
	for k := range valid {
		valid[k] = true
	}
}
