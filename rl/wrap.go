package rl

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// The wrappers take a Maker and give one, so they nest: rl.FrameStack(rl.TimeLimit(rl.Pendulum{}, 100), 4). A wrapper that is asked for something impossible
// gives an error of kind ml.ErrConfig when an environment is made. What a wrapper draws at random comes from the seed of Reset, by a stream of its own, so the
// environment within draws what it draws alone.

// wrapping is the environment within a wrapper that neither changes observations nor actions; what a wrapper does not redefine is passed on.
type wrapping[O, A any] struct{ Env[O, A] }

// Unwrap returns the environment within, for Ability.
func (w wrapping[O, A]) Unwrap() any { return w.Env }

// wrap makes the Maker of a wrapper.
func wrap[O, A, P, B any](m Maker[O, A], around func(Env[O, A]) (Env[P, B], error)) Maker[P, B] {
	return MakerFunc[P, B](func() (Env[P, B], error) {
		e, err := m.Make()
		if err != nil {
			return nil, err
		}
		return around(e)
	})
}

// Ability looks for an ability beyond Env, such as [Masker], in an environment and in those that it wraps, outermost first.
//
//	if m, ok := rl.Ability[rl.Masker](env); ok { m.Mask(valid) }
func Ability[I any](env any) (I, bool) {
	for {
		if a, ok := env.(I); ok {
			return a, true
		}
		w, ok := env.(interface{ Unwrap() any })
		if !ok {
			var none I
			return none, false
		}
		env = w.Unwrap()
	}
}

// Masker is an environment some of whose actions are not always valid.
type Masker interface {
	Mask(valid []bool) // says of each code whether it may be taken now; len(valid) is the number of codes
}

// tags keep the streams of wrappers apart.
const (
	tagSticky = iota + 1
	tagObsNoise
	tagActionNoise
)

// TimeLimit truncates episodes after so many steps; an episode that the world ends with its last step is terminated and not truncated.
func TimeLimit[O, A any](m Maker[O, A], steps int) Maker[O, A] {
	return wrap(m, func(e Env[O, A]) (Env[O, A], error) {
		if steps < 1 {
			return nil, ml.BadConfig("rl.TimeLimit", "steps", steps, ">= 1")
		}
		return &timeLimit[O, A]{wrapping: wrapping[O, A]{e}, steps: steps, over: true}, nil
	})
}

type timeLimit[O, A any] struct {
	wrapping[O, A]
	steps, taken int
	over         bool
}

func (t *timeLimit[O, A]) Spec() Spec[O, A] {
	s := t.Env.Spec()
	if s.MaxSteps == 0 || s.MaxSteps > t.steps {
		s.MaxSteps = t.steps
	}
	return s
}

func (t *timeLimit[O, A]) Reset(seed uint64) (O, error) {
	obs, err := t.Env.Reset(seed)
	t.taken, t.over = 0, err != nil
	return obs, err
}

func (t *timeLimit[O, A]) Step(action A) (Step[O], error) {
	if t.over {
		return Step[O]{}, Over("rl.TimeLimit.Step")
	}
	s, err := t.Env.Step(action)
	if err != nil {
		return s, err
	}
	t.taken++
	s.Truncated = s.Truncated || t.taken >= t.steps && !s.Terminated
	t.over = s.Done()
	return s, nil
}

// FrameSkip takes each action so many times, or until the episode ends; the reward is the sum, the observation the last one.
func FrameSkip[O, A any](m Maker[O, A], times int) Maker[O, A] {
	return wrap(m, func(e Env[O, A]) (Env[O, A], error) {
		if times < 1 {
			return nil, ml.BadConfig("rl.FrameSkip", "times", times, ">= 1")
		}
		return &frameSkip[O, A]{wrapping[O, A]{e}, times}, nil
	})
}

type frameSkip[O, A any] struct {
	wrapping[O, A]
	times int
}

func (f *frameSkip[O, A]) Spec() Spec[O, A] {
	s := f.Env.Spec()
	s.MaxSteps = (s.MaxSteps + f.times - 1) / f.times
	return s
}

func (f *frameSkip[O, A]) Step(action A) (Step[O], error) {
	sum := 0.0
	for i := 0; ; i++ {
		s, err := f.Env.Step(action)
		if err != nil {
			return s, err
		}
		sum += s.Reward
		if i+1 == f.times || s.Done() {
			s.Reward = sum
			return s, nil
		}
	}
}

// StickyActions repeats the action before instead of the one that is given, with probability p (Machado et al., "Revisiting the Arcade Learning Environment",
// JAIR 61, 2018). The first action of an episode is always taken.
func StickyActions[O, A any](m Maker[O, A], p float64) Maker[O, A] {
	return wrap(m, func(e Env[O, A]) (Env[O, A], error) {
		if !(p >= 0 && p < 1) {
			return nil, ml.BadConfig("rl.StickyActions", "p", p, "at least 0 and below 1")
		}
		return &sticky[O, A]{wrapping: wrapping[O, A]{e}, act: e.Spec().Act, p: p}, nil
	})
}

type sticky[O, A any] struct {
	wrapping[O, A]
	act  Space[A]
	p    float64
	r    *rand.Rand
	last A
	has  bool
}

func (s *sticky[O, A]) Reset(seed uint64) (O, error) {
	s.r, s.has = rng.New(seed, tagSticky), false
	return s.Env.Reset(seed)
}

func (s *sticky[O, A]) Step(action A) (Step[O], error) {
	if !s.act.Contains(action) {
		return Step[O]{}, BadAction("rl.StickyActions.Step", action, s.act)
	}
	if s.has && s.r.Float64() < s.p {
		return s.Env.Step(s.last)
	}
	step, err := s.Env.Step(action)
	if err == nil {
		s.last, s.has = clone(action), true
	}
	return step, err
}

// clone copies what is kept of an observation or action: the numbers of a slice, anything else as it is.
func clone[T any](v T) T {
	switch s := any(v).(type) {
	case []float32:
		return any(slices.Clone(s)).(T)
	case []float64:
		return any(slices.Clone(s)).(T)
	case []int:
		return any(slices.Clone(s)).(T)
	}
	return v
}

// TransformReward gives f of every reward. f must be a pure function.
func TransformReward[O, A any](m Maker[O, A], f func(reward float64) float64) Maker[O, A] {
	return wrap(m, func(e Env[O, A]) (Env[O, A], error) {
		return &transformReward[O, A]{wrapping[O, A]{e}, f}, nil
	})
}

type transformReward[O, A any] struct {
	wrapping[O, A]
	f func(float64) float64
}

func (t *transformReward[O, A]) Step(action A) (Step[O], error) {
	s, err := t.Env.Step(action)
	s.Reward = t.f(s.Reward)
	return s, err
}

// ClipReward keeps every reward within [lo, hi].
func ClipReward[O, A any](m Maker[O, A], lo, hi float64) Maker[O, A] {
	if !(lo <= hi) {
		return wrap(m, func(Env[O, A]) (Env[O, A], error) {
			return nil, ml.BadConfig("rl.ClipReward", "lo, hi", fmt.Sprint(lo, ", ", hi), "lo <= hi")
		})
	}
	return TransformReward(m, func(r float64) float64 { return min(max(r, lo), hi) })
}
