package rl

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// acting is an environment whose actions are turned into those of another one.
type acting[O, A, B any] struct {
	within Env[O, A]
	space  Space[B]
	begin  func(seed uint64) // may be nil
	turn   func(action B) A
}

func (a *acting[O, A, B]) Unwrap() any { return a.within }

func (a *acting[O, A, B]) Spec() Spec[O, B] {
	s := a.within.Spec()
	return Spec[O, B]{ID: s.ID, Obs: s.Obs, Act: a.space, MaxSteps: s.MaxSteps, Threshold: s.Threshold}
}

func (a *acting[O, A, B]) Reset(seed uint64) (O, error) {
	if a.begin != nil {
		a.begin(seed)
	}
	return a.within.Reset(seed)
}

func (a *acting[O, A, B]) Step(action B) (Step[O], error) {
	if !a.space.Contains(action) {
		return Step[O]{}, BadAction("rl: "+a.within.Spec().ID+": Step", action, a.space)
	}
	return a.within.Step(a.turn(action))
}

// ClipAction takes any finite action and brings every number within the bounds of the environment's own space. The learner keeps the action it chose.
func ClipAction[O any](m Maker[O, []float32]) Maker[O, []float32] {
	return wrap(m, func(e Env[O, []float32]) (Env[O, []float32], error) {
		b, err := boxOf("rl.ClipAction", e.Spec().Act)
		if err != nil {
			return nil, err
		}
		dst := make([]float32, len(b.Lo))
		open := NewBox(-math.MaxFloat32, math.MaxFloat32, len(b.Lo))
		open.Shape = b.Shape
		return &acting[O, []float32, []float32]{within: e, space: open, turn: func(action []float32) []float32 {
			for i, v := range action {
				dst[i] = min(max(v, b.Lo[i]), b.Hi[i])
			}
			return dst
		}}, nil
	})
}

// RescaleAction takes actions within [lo, hi] and stretches them to the bounds of the environment's own space, which must be finite; -1, 1 suits policies that end
// in a tanh.
func RescaleAction[O any](m Maker[O, []float32], lo, hi float32) Maker[O, []float32] {
	return wrap(m, func(e Env[O, []float32]) (Env[O, []float32], error) {
		const where = "rl.RescaleAction"
		if !(lo < hi) || math.IsInf(float64(lo), 0) || math.IsInf(float64(hi), 0) {
			return nil, ml.BadConfig(where, "lo, hi", fmt.Sprint(lo, ", ", hi), "finite and lo < hi")
		}
		b, err := finiteBox(where, e.Spec().Act)
		if err != nil {
			return nil, err
		}
		scaled := NewBox(lo, hi, len(b.Lo))
		scaled.Shape = b.Shape
		dst := make([]float32, len(b.Lo))
		return &acting[O, []float32, []float32]{within: e, space: scaled, turn: func(action []float32) []float32 {
			for i, v := range action {
				share := (float64(v) - float64(lo)) / (float64(hi) - float64(lo))
				x := float64(b.Lo[i]) + float64(share*(float64(b.Hi[i])-float64(b.Lo[i])))
				dst[i] = min(max(float32(x), b.Lo[i]), b.Hi[i])
			}
			return dst
		}}, nil
	})
}

func finiteBox(where string, space any) (Box, error) {
	b, err := boxOf(where, space)
	if err != nil {
		return b, err
	}
	infinite := func(v float32) bool { return math.IsInf(float64(v), 0) }
	if slices.ContainsFunc(b.Lo, infinite) || slices.ContainsFunc(b.Hi, infinite) {
		return b, &ml.Error{Where: where, Field: "space", Found: b.String(), Want: "finite bounds", Kind: ml.ErrConfig}
	}
	return b, nil
}

// DiscretizeAction gives the actions of an environment as codes: number i of an action takes one of bins[i] values, evenly spaced from its lower to its upper bound
// (the middle, when there is just one), and the values are counted as digits, the first number changing slowest.
func DiscretizeAction[O any](m Maker[O, []float32], bins ...int) Maker[O, int] {
	return wrap(m, func(e Env[O, []float32]) (Env[O, int], error) {
		const where = "rl.DiscretizeAction"
		b, err := finiteBox(where, e.Spec().Act)
		if err != nil {
			return nil, err
		}
		if len(bins) != len(b.Lo) {
			return nil, ml.BadConfig(where, "bins", len(bins), fmt.Sprintf("%d numbers, one for each of an action", len(b.Lo)))
		}
		n := 1
		for i, k := range bins {
			if k < 1 || n > 1<<30/k {
				return nil, ml.BadConfig(where, fmt.Sprintf("bins[%d]", i), k, ">= 1, and a product below 2^30")
			}
			n *= k
		}
		dst := make([]float32, len(bins))
		return &acting[O, []float32, int]{within: e, space: Discrete{N: n}, turn: func(code int) []float32 {
			for i := len(bins) - 1; i >= 0; i-- {
				share := 0.5
				if bins[i] > 1 {
					share = float64(code%bins[i]) / float64(bins[i]-1)
				}
				dst[i] = float32(float64(b.Lo[i]) + float64(share*(float64(b.Hi[i])-float64(b.Lo[i]))))
				code /= bins[i]
			}
			return dst
		}}, nil
	})
}

// ActionNoise adds normal noise of standard deviation sd to every number of every action, within the bounds of the space.
func ActionNoise[O any](m Maker[O, []float32], sd float64) Maker[O, []float32] {
	return wrap(m, func(e Env[O, []float32]) (Env[O, []float32], error) {
		if !(sd >= 0 && sd <= math.MaxFloat64) {
			return nil, ml.BadConfig("rl.ActionNoise", "sd", sd, ">= 0 and finite")
		}
		b, err := boxOf("rl.ActionNoise", e.Spec().Act)
		if err != nil {
			return nil, err
		}
		dst := make([]float32, len(b.Lo))
		r := rng.New(0, tagActionNoise)
		return &acting[O, []float32, []float32]{within: e, space: b,
			begin: func(seed uint64) { r = rng.New(seed, tagActionNoise) },
			turn: func(action []float32) []float32 {
				for i, v := range action {
					dst[i] = min(max(v+float32(sd*r.NormFloat64()), b.Lo[i]), b.Hi[i])
				}
				return dst
			}}, nil
	})
}

// ActionMask makes an environment a [Masker]: valid says, from the observation, which codes may be taken; it writes all of dst, at least one of them true. An action
// that is not valid gives an error of kind ErrAction.
func ActionMask[O any](m Maker[O, int], valid func(dst []bool, obs O)) Maker[O, int] {
	return wrap(m, func(e Env[O, int]) (Env[O, int], error) {
		space, ok := e.Spec().Act.(Discrete)
		if !ok {
			return nil, &ml.Error{Where: "rl.ActionMask", Field: "space", Found: fmt.Sprintf("%T", e.Spec().Act), Want: "Discrete", Kind: ml.ErrConfig}
		}
		return &masked[O]{wrapping: wrapping[O, int]{e}, start: space.Start, mask: make([]bool, space.N), valid: valid}, nil
	})
}

type masked[O any] struct {
	wrapping[O, int]
	start int
	mask  []bool
	begun bool // the mask is that of an observation
	valid func([]bool, O)
}

// Mask implements Masker.
func (m *masked[O]) Mask(dst []bool) { copy(dst, m.mask) }

func (m *masked[O]) Reset(seed uint64) (O, error) {
	obs, err := m.Env.Reset(seed)
	if m.begun = err == nil; m.begun {
		m.valid(m.mask, obs)
	}
	return obs, err
}

func (m *masked[O]) Step(action int) (Step[O], error) {
	if at := action - m.start; m.begun && at >= 0 && at < len(m.mask) && !m.mask[at] {
		return Step[O]{}, BadAction("rl.ActionMask.Step", action, fmt.Sprint("the codes that the mask allows: ", m.mask))
	}
	s, err := m.Env.Step(action)
	if err == nil {
		m.valid(m.mask, s.Obs)
	}
	return s, err
}
