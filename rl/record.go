package rl

import (
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
)

// Episode is all that an agent saw and did, from a Reset to the end.
type Episode[O, A any] struct {
	Seed                  uint64 // that Reset was given
	Obs                   []O    // len(Actions)+1: the first is Reset's
	Actions               []A
	Rewards               []float64
	Terminated, Truncated bool // both false: the episode was left before its end
}

// Return is the sum of the rewards.
func (e *Episode[O, A]) Return() float64 {
	sum := 0.0
	for _, r := range e.Rewards {
		sum += r
	}
	return sum
}

// Record gives every episode to f when it ends, or when it is left by the next Reset; an error of f comes out of that Step or Reset. Each episode is a new one, f may
// keep it. Environments that run at once call f at once.
func Record[O, A any](m Maker[O, A], f func(*Episode[O, A]) error) Maker[O, A] {
	return wrap(m, func(e Env[O, A]) (Env[O, A], error) {
		return &recorder[O, A]{wrapping: wrapping[O, A]{e}, f: f}, nil
	})
}

type recorder[O, A any] struct {
	wrapping[O, A]
	f  func(*Episode[O, A]) error
	ep *Episode[O, A]
}

func (r *recorder[O, A]) give() error {
	ep := r.ep
	r.ep = nil
	if ep == nil || len(ep.Actions) == 0 {
		return nil
	}
	return r.f(ep)
}

func (r *recorder[O, A]) Reset(seed uint64) (O, error) {
	if err := r.give(); err != nil {
		var none O
		return none, err
	}
	obs, err := r.Env.Reset(seed)
	if err == nil {
		r.ep = &Episode[O, A]{Seed: seed, Obs: []O{clone(obs)}}
	}
	return obs, err
}

func (r *recorder[O, A]) Step(action A) (Step[O], error) {
	kept := clone(action)
	s, err := r.Env.Step(action)
	if err != nil || r.ep == nil {
		return s, err
	}
	r.ep.Obs, r.ep.Actions, r.ep.Rewards = append(r.ep.Obs, clone(s.Obs)), append(r.ep.Actions, kept), append(r.ep.Rewards, s.Reward)
	r.ep.Terminated, r.ep.Truncated = s.Terminated, s.Truncated
	if s.Done() {
		return s, r.give()
	}
	return s, nil
}

// EpisodeCSV writes a line for each episode (seed, steps, return, end), for use with [Record]; it may be called from several goroutines. The first line is the header.
func EpisodeCSV[O, A any](w io.Writer) func(*Episode[O, A]) error {
	var mu sync.Mutex
	begun := false
	return func(e *Episode[O, A]) error {
		mu.Lock()
		defer mu.Unlock()
		if !begun {
			begun = true
			if _, err := fmt.Fprintln(w, "seed,steps,return,end"); err != nil {
				return err
			}
		}
		end := "left"
		switch {
		case e.Terminated:
			end = "terminated"
		case e.Truncated:
			end = "truncated"
		}
		_, err := fmt.Fprintf(w, "%d,%d,%g,%s\n", e.Seed, len(e.Actions), e.Return(), end)
		return err
	}
}

// Replay plays an episode again and tells where it first differs from what was recorded: an error of kind ErrEnv that names the step, or nil. Rewards are compared
// bit by bit, observations as the numbers that their space makes of them.
func Replay[O, A any](m Maker[O, A], e *Episode[O, A]) error {
	const where = "rl.Replay"
	if len(e.Obs) != len(e.Actions)+1 || len(e.Rewards) != len(e.Actions) {
		return ml.BadShape(where, "episode", fmt.Sprintf("%d observations, %d actions, %d rewards", len(e.Obs), len(e.Actions), len(e.Rewards)),
			"one observation more than actions, and a reward for each")
	}
	env, err := m.Make()
	if err != nil {
		return err
	}
	obs, err := env.Reset(e.Seed)
	if err != nil {
		return err
	}
	differs := func(step int, what string, found, want any) error {
		return &ml.Error{Where: where, Field: fmt.Sprintf("step %d, %s", step, what), Found: fmt.Sprint(found), Want: fmt.Sprint(want), Kind: ErrEnv}
	}
	look := newLook(env.Spec().Obs)
	if !look.same(obs, e.Obs[0]) {
		return differs(0, "observation", obs, e.Obs[0])
	}
	for i, a := range e.Actions {
		s, err := env.Step(a)
		if err != nil {
			return err
		}
		last := i == len(e.Actions)-1
		switch {
		case math.Float64bits(s.Reward) != math.Float64bits(e.Rewards[i]):
			return differs(i+1, "reward", s.Reward, e.Rewards[i])
		case !look.same(s.Obs, e.Obs[i+1]):
			return differs(i+1, "observation", s.Obs, e.Obs[i+1])
		case s.Terminated != (last && e.Terminated) || s.Truncated != (last && e.Truncated):
			return differs(i+1, "end", fmt.Sprint(s.Terminated, ", ", s.Truncated), fmt.Sprint(last && e.Terminated, ", ", last && e.Truncated))
		}
	}
	return nil
}

// look compares observations as numbers.
type look[O any] struct {
	space Space[O]
	a, b  []float32
}

func newLook[O any](s Space[O]) *look[O] {
	return &look[O]{space: s, a: make([]float32, s.Flat()), b: make([]float32, s.Flat())}
}

// same tells whether two members are the same numbers; what is no member equals nothing.
func (l *look[O]) same(x, y O) bool {
	if !l.space.Contains(x) || !l.space.Contains(y) {
		return false
	}
	l.space.Flatten(l.a, x)
	l.space.Flatten(l.b, y)
	for i, v := range l.a {
		if v != l.b[i] {
			return false
		}
	}
	return true
}
