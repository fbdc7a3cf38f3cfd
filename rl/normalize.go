package rl

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

func init() { ml.Register[*Normalizer]("rl.Normalizer") }

// Normalizer is the mean and variance of every number of a stream of observations, kept as they pass (Chan, Golub and LeVeque, "Updating formulae and a pairwise
// algorithm for computing sample variances", 1979). It starts as mean 0 and variance 1 with the weight of 1e-4 observations, as Gymnasium's and Stable-Baselines3's
// do. It can be saved, beside the policy that has learnt from what it gave.
type Normalizer struct {
	Mean, Var []float64 // of each number
	Count     float64   // observations, and 1e-4
}

// NewNormalizer has seen nothing of so many numbers.
func NewNormalizer(width int) *Normalizer {
	return &Normalizer{Mean: make([]float64, width), Var: slices.Repeat([]float64{1}, width), Count: 1e-4}
}

// Restore checks what was loaded.
func (n *Normalizer) Restore() error {
	fault := func(field string, found any, want string) error {
		return &ml.Error{Where: "rl.Normalizer", Field: field, Found: fmt.Sprint(found), Want: want, Kind: ml.ErrFormat}
	}
	if len(n.Mean) != len(n.Var) {
		return fault("Var", fmt.Sprintf("%d numbers", len(n.Var)), fmt.Sprint(len(n.Mean)))
	}
	if !(n.Count > 0 && n.Count <= math.MaxFloat64) {
		return fault("Count", n.Count, "above 0 and finite")
	}
	for i, v := range n.Var {
		if !(v >= 0 && v <= math.MaxFloat64 && math.Abs(n.Mean[i]) <= math.MaxFloat64) {
			return fault(fmt.Sprintf("Mean[%d], Var[%d]", i, i), fmt.Sprint(n.Mean[i], ", ", v), "finite, and a variance >= 0")
		}
	}
	return nil
}

// Update takes one more observation in; len(obs) = len(n.Mean).
func (n *Normalizer) Update(obs []float32) {
	for i, v := range obs {
		n.take(i, float64(v))
	}
	n.Count++
}

// take takes v in as number i, all but for the count.
func (n *Normalizer) take(i int, v float64) {
	total := n.Count + 1
	delta := v - n.Mean[i]
	n.Mean[i] += delta / total
	n.Var[i] = (float64(n.Var[i]*n.Count) + float64(delta*delta)*n.Count/total) / total
}

// Apply writes obs less the mean, over the standard deviation, within [-clip, clip] if clip > 0. dst may be obs.
func (n *Normalizer) Apply(dst, obs []float32, clip float32) {
	for i, v := range obs {
		x := float32((float64(v) - n.Mean[i]) / math.Sqrt(n.Var[i]+1e-8))
		if clip > 0 {
			x = min(max(x, -clip), clip)
		}
		dst[i] = x
	}
}

// Normalizing is an environment whose observations a [Normalizer] has passed.
type Normalizing interface{ Normalizer() *Normalizer }

// NormalizeObs brings every number of the observations to mean 0 and variance 1, by what the environment has shown since it was made (each environment by itself),
// the present observation included; clip > 0 cuts what is farther out than that. What was learnt goes with Ability[Normalizing]; hand it to [NormalizeObsBy] where
// the policy is used. An episode then depends on those before it, which [Check] calls a fault and which makes scores of [Evaluate] depend on the number of cores: there
// the numbers must stand.
func NormalizeObs[A any](m Maker[[]float32, A], clip float32) Maker[[]float32, A] {
	return normalizing(m, "rl.NormalizeObs", nil, clip)
}

// NormalizeObsBy is [NormalizeObs] by numbers that stand: n is neither changed nor copied.
func NormalizeObsBy[A any](m Maker[[]float32, A], n *Normalizer, clip float32) Maker[[]float32, A] {
	return normalizing(m, "rl.NormalizeObsBy", n, clip)
}

func normalizing[A any](m Maker[[]float32, A], where string, fixed *Normalizer, clip float32) Maker[[]float32, A] {
	return wrap(m, func(e Env[[]float32, A]) (Env[[]float32, A], error) {
		d := e.Spec().Obs.Flat()
		n := fixed
		if n == nil {
			n = NewNormalizer(d)
		}
		if len(n.Mean) != d {
			return nil, ml.BadShape(where, "Normalizer", fmt.Sprintf("of %d numbers", len(n.Mean)), fmt.Sprintf("%d, as the observations", d))
		}
		if !(clip >= 0) {
			return nil, ml.BadConfig(where, "clip", clip, ">= 0")
		}
		bound := float32(math.Inf(1))
		if clip > 0 {
			bound = clip
		}
		dst := make([]float32, d)
		return &normalized[A]{n: n, observing: observing[[]float32, []float32, A]{within: e, space: NewBox(-bound, bound, d),
			see: func(obs []float32, _ bool) ([]float32, error) {
				if fixed == nil {
					n.Update(obs)
				}
				n.Apply(dst, obs, clip)
				return dst, nil
			}}}, nil
	})
}

type normalized[A any] struct {
	observing[[]float32, []float32, A]
	n *Normalizer
}

// Normalizer implements Normalizing.
func (n *normalized[A]) Normalizer() *Normalizer { return n.n }

// NormalizeReward divides rewards by the standard deviation of the discounted return of the episode so far, kept since the environment was made, and leaves their
// sign (Engstrom et al., "Implementation Matters in Deep RL", ICLR 2020; the return starts anew with each episode, as in Stable-Baselines3. Gymnasium's wrapper lets
// the last reward of an episode run on into the next one). discount is the learner's; 0 means 0.99.
func NormalizeReward[O, A any](m Maker[O, A], discount float64) Maker[O, A] {
	return wrap(m, func(e Env[O, A]) (Env[O, A], error) {
		if discount == 0 {
			discount = 0.99
		}
		if !(discount > 0 && discount <= 1) {
			return nil, ml.BadConfig("rl.NormalizeReward", "discount", discount, "above 0 and at most 1, or 0 for 0.99")
		}
		return &normalReward[O, A]{wrapping: wrapping[O, A]{e}, discount: discount, n: NewNormalizer(1)}, nil
	})
}

type normalReward[O, A any] struct {
	wrapping[O, A]
	discount, sum float64
	n             *Normalizer
}

func (n *normalReward[O, A]) Reset(seed uint64) (O, error) {
	n.sum = 0
	return n.Env.Reset(seed)
}

func (n *normalReward[O, A]) Step(action A) (Step[O], error) {
	s, err := n.Env.Step(action)
	if err != nil {
		return s, err
	}
	n.sum = float64(n.sum*n.discount) + s.Reward
	n.n.take(0, n.sum)
	n.n.Count++
	s.Reward /= math.Sqrt(n.n.Var[0] + 1e-8)
	return s, nil
}
