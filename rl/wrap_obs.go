package rl

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// observing is an environment whose observations are made of those of another one.
type observing[O, P, A any] struct {
	within Env[O, A]
	space  Space[P]
	begin  func(seed uint64) // may be nil
	see    func(obs O, first bool) (P, error)
}

func (o *observing[O, P, A]) Unwrap() any { return o.within }

func (o *observing[O, P, A]) Spec() Spec[P, A] {
	s := o.within.Spec()
	return Spec[P, A]{ID: s.ID, Obs: o.space, Act: s.Act, MaxSteps: s.MaxSteps, Threshold: s.Threshold}
}

func (o *observing[O, P, A]) Reset(seed uint64) (P, error) {
	obs, err := o.within.Reset(seed)
	if err != nil {
		var none P
		return none, err
	}
	if o.begin != nil {
		o.begin(seed)
	}
	return o.see(obs, true)
}

func (o *observing[O, P, A]) Step(action A) (Step[P], error) {
	s, err := o.within.Step(action)
	if err != nil {
		return Step[P]{}, err
	}
	obs, err := o.see(s.Obs, false)
	return Step[P]{Obs: obs, Reward: s.Reward, Terminated: s.Terminated, Truncated: s.Truncated}, err
}

// TransformObs gives f of every observation; f writes into dst, whose length is that of space, and must be a pure function.
func TransformObs[O, A any](m Maker[O, A], space Box, f func(dst []float32, obs O)) Maker[[]float32, A] {
	return wrap(m, func(e Env[O, A]) (Env[[]float32, A], error) {
		dst := make([]float32, len(space.Lo))
		return &observing[O, []float32, A]{within: e, space: space, see: func(obs O, _ bool) ([]float32, error) {
			f(dst, obs)
			return dst, nil
		}}, nil
	})
}

// Flatten gives observations as numbers, by the Flatten of their space: codes become a 1 among zeros, the parts of tuples follow one another. So nets can learn from
// any environment.
func Flatten[O, A any](m Maker[O, A]) Maker[[]float32, A] {
	return wrap(m, func(e Env[O, A]) (Env[[]float32, A], error) {
		space := e.Spec().Obs
		flat := flatBox(space)
		dst := make([]float32, len(flat.Lo))
		return &observing[O, []float32, A]{within: e, space: flat, see: func(obs O, _ bool) ([]float32, error) {
			if !space.Contains(obs) {
				return nil, &ml.Error{Where: "rl.Flatten", Field: "observation", Found: fmt.Sprint(obs), Want: space.String(), Kind: ErrEnv}
			}
			space.Flatten(dst, obs)
			return dst, nil
		}}, nil
	})
}

// flatBox is the box that the flattened members of a space lie in.
func flatBox(space any) Box {
	switch s := space.(type) {
	case Box:
		return s
	case Discrete:
		return NewBox(0, 1, s.N)
	case MultiDiscrete:
		return NewBox(0, 1, s.Flat())
	case MultiBinary:
		return NewBox(0, 1, s.N)
	case Tuple:
		var b Box
		for _, p := range s {
			b = joined(b, partBox(p))
		}
		return b
	case Dict:
		var b Box
		for _, p := range s {
			b = joined(b, partBox(p.Part))
		}
		return b
	}
	inf := float32(math.Inf(1))
	return NewBox(-inf, inf, space.(interface{ Flat() int }).Flat())
}

func partBox(p Part) Box {
	if in, ok := p.(interface{ within() any }); ok {
		return flatBox(in.within())
	}
	return flatBox(p)
}

func joined(a, b Box) Box {
	return Box{Lo: append(slices.Clone(a.Lo), b.Lo...), Hi: append(slices.Clone(a.Hi), b.Hi...)}
}

// boxOf is the box of an environment's observations or actions, for wrappers that do arithmetic on them.
func boxOf(where string, space any) (Box, error) {
	b, ok := space.(Box)
	if !ok {
		return b, &ml.Error{Where: where, Field: "space", Found: fmt.Sprintf("%T", space), Want: "a Box", Kind: ml.ErrConfig}
	}
	return b, nil
}

// FrameStack gives the last n observations, oldest first; at the start of an episode the first one fills every place.
func FrameStack[A any](m Maker[[]float32, A], n int) Maker[[]float32, A] {
	return wrap(m, func(e Env[[]float32, A]) (Env[[]float32, A], error) {
		if n < 1 {
			return nil, ml.BadConfig("rl.FrameStack", "n", n, ">= 1")
		}
		b, err := boxOf("rl.FrameStack", e.Spec().Obs)
		if err != nil {
			return nil, err
		}
		d := len(b.Lo)
		shape := append([]int{n}, b.Shape...)
		if b.Shape == nil {
			shape = append(shape, d)
		}
		frames, dst := make([]float32, n*d), make([]float32, n*d) // what is handed out may be overwritten
		return &observing[[]float32, []float32, A]{within: e, space: Box{Lo: slices.Repeat(b.Lo, n), Hi: slices.Repeat(b.Hi, n), Shape: shape},
			see: func(obs []float32, first bool) ([]float32, error) {
				if first {
					for i := range n {
						copy(frames[i*d:], obs)
					}
				} else {
					copy(frames, frames[d:])
					copy(frames[(n-1)*d:], obs)
				}
				copy(dst, frames)
				return dst, nil
			}}, nil
	})
}

// TimeAware adds a number to each observation: the share of the episode's time limit that is over, 0 at the start (Pardo et al., "Time Limits in Reinforcement
// Learning", ICML 2018). The environment must have a limit.
func TimeAware[A any](m Maker[[]float32, A]) Maker[[]float32, A] {
	return wrap(m, func(e Env[[]float32, A]) (Env[[]float32, A], error) {
		limit := e.Spec().MaxSteps
		if limit == 0 {
			return nil, ml.BadConfig("rl.TimeAware", "MaxSteps", limit, "a time limit: wrap with rl.TimeLimit first")
		}
		b, err := boxOf("rl.TimeAware", e.Spec().Obs)
		if err != nil {
			return nil, err
		}
		dst, taken := make([]float32, len(b.Lo)+1), 0
		return &observing[[]float32, []float32, A]{within: e, space: joined(b, NewBox(0, 1, 1)), see: func(obs []float32, first bool) ([]float32, error) {
			taken++
			if first {
				taken = 0
			}
			copy(dst, obs)
			dst[len(dst)-1] = float32(taken) / float32(limit)
			return dst, nil
		}}, nil
	})
}

// ObsNoise adds normal noise of standard deviation sd to every number of every observation, within the bounds of the space.
func ObsNoise[A any](m Maker[[]float32, A], sd float64) Maker[[]float32, A] {
	return wrap(m, func(e Env[[]float32, A]) (Env[[]float32, A], error) {
		if !(sd >= 0 && sd <= math.MaxFloat64) {
			return nil, ml.BadConfig("rl.ObsNoise", "sd", sd, ">= 0 and finite")
		}
		b, err := boxOf("rl.ObsNoise", e.Spec().Obs)
		if err != nil {
			return nil, err
		}
		dst := make([]float32, len(b.Lo))
		var r *rand.Rand
		return &observing[[]float32, []float32, A]{within: e, space: b,
			begin: func(seed uint64) { r = rng.New(seed, tagObsNoise) },
			see: func(obs []float32, _ bool) ([]float32, error) {
				for i, v := range obs {
					dst[i] = min(max(v+float32(sd*r.NormFloat64()), b.Lo[i]), b.Hi[i])
				}
				return dst, nil
			}}, nil
	})
}

// DiscretizeObs gives observations as codes, for tables: number i is put into one of bins[i] equal parts of [lo[i], hi[i]], what lies outside into the first or
// last part, and the parts are counted as digits, the first number changing slowest.
func DiscretizeObs[A any](m Maker[[]float32, A], lo, hi []float32, bins []int) Maker[int, A] {
	return wrap(m, func(e Env[[]float32, A]) (Env[int, A], error) {
		const where = "rl.DiscretizeObs"
		d := e.Spec().Obs.Flat()
		if len(lo) != d || len(hi) != d || len(bins) != d {
			return nil, &ml.Error{Where: where, Field: "lo, hi, bins", Found: fmt.Sprintf("%d, %d, %d", len(lo), len(hi), len(bins)),
				Want: fmt.Sprintf("%d, one for each number of an observation", d), Kind: ml.ErrConfig}
		}
		n := 1
		for i, k := range bins {
			if k < 1 || n > 1<<40/k {
				return nil, ml.BadConfig(where, fmt.Sprintf("bins[%d]", i), k, ">= 1, and a product below 2^40")
			}
			if !(lo[i] < hi[i]) || math.IsInf(float64(hi[i]), 0) || math.IsInf(float64(lo[i]), 0) {
				return nil, ml.BadConfig(where, fmt.Sprintf("lo[%d], hi[%d]", i, i), fmt.Sprint(lo[i], ", ", hi[i]), "finite and lo < hi")
			}
			n *= k
		}
		return &observing[[]float32, int, A]{within: e, space: Discrete{N: n}, see: func(obs []float32, _ bool) (int, error) {
			code := 0
			for i, v := range obs {
				at := int(math.Floor(float64(v-lo[i]) / float64(hi[i]-lo[i]) * float64(bins[i])))
				code = code*bins[i] + min(max(at, 0), bins[i]-1)
			}
			return code, nil
		}}, nil
	})
}
