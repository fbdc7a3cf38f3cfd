package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

func init() {
	ml.RegisterConfig[A2C]("rl.A2C")
	ml.RegisterConfig[A2CMulti]("rl.A2CMulti")
	ml.RegisterConfig[A2CContinuous]("rl.A2CContinuous")
}

// A2C is the advantage actor-critic (Mnih et al., "Asynchronous methods for deep reinforcement learning", ICML 2016, without the asynchrony): a few steps of several
// environments, one step along the gradient, and so on. [PPO] needs fewer steps; A2C is the simpler one. This config is for actions that are codes; [A2CMulti] is for
// several codes at once, [A2CContinuous] for numbers. Masked actions have the probability 0, time limits are no ends.
//
// What is random: the weights, the actions and the episodes, all from Seed. The same bytes come out on any number of cores; an update allocates nothing on one core.
type A2C struct {
	Steps        int     // of all environments together. 0: 100000
	Envs         int     // environments that play side by side. 0: 8
	Rollout      int     // steps of each before it learns. 0: 8
	Hidden       []int   // units of the hidden layers, of policy and critic alike. nil: 64, 64
	ReLU         bool    // hidden units are max(x, 0), else tanh
	LearningRate float64 // of Adam. 0: 0.001
	Anneal       bool    // the learning rate falls to 0 in a line
	Discount     float64 // 0: 0.99
	Lambda       float64 // of GAE. 0: 1
	ValueCoef    float64 // weight of the mean squared error of the values. 0: 0.5
	Entropy      float64 // weight of the entropy bonus. 0: none
	ClipNorm     float64 // of the gradients of all weights together. 0: 0.5
	NormObs      bool    // as in PPO
	NormReward   bool    // as in PPO
	LogStd       float64 // A2CContinuous: log of the deviations to begin with
	SDE          bool    // A2CContinuous: exploration depends on the state (gSDE)
	SDEEvery     int     // steps between draws of that. 0: 4
	Beta         bool    // A2CContinuous: as in PPOContinuous
	Seed         uint64
	Run          Run
}

// A2CMulti is [A2C] for actions that are several codes (MultiDiscrete, MultiBinary).
type A2CMulti A2C

// A2CContinuous is [A2C] for actions that are numbers (Box).
type A2CContinuous A2C

var _ ml.Fitter[Maker[[]float32, int], *DiscretePolicy] = A2C{}
var _ ml.Fitter[Maker[[]float32, []int], *MultiPolicy] = A2CMulti{}
var _ ml.Fitter[Maker[[]float32, []float32], *BoxPolicy] = A2CContinuous{}

func (c A2C) complete(where string) (A2C, error) {
	setDefault(&c.Steps, defaultSteps)
	setDefault(&c.Envs, 8)
	setDefault(&c.Rollout, 8)
	if c.Hidden == nil {
		c.Hidden = []int{64, 64}
	}
	setDefault(&c.LearningRate, 1e-3)
	setDefault(&c.Discount, 0.99)
	setDefault(&c.Lambda, 1)
	setDefault(&c.ValueCoef, 0.5)
	setDefault(&c.ClipNorm, 0.5)
	setDefault(&c.SDEEvery, 4)
	k := common{where: where}
	k.count(c.SDEEvery, math.MaxInt, "SDEEvery")
	k.count(c.Steps, math.MaxInt, "Steps")
	k.count(c.Envs, 1<<16, "Envs")
	k.count(c.Rollout, 1<<10, "Rollout")
	k.hidden(c.Hidden)
	k.positive(c.LearningRate, "LearningRate")
	k.share(c.Discount, "Discount")
	k.share(c.Lambda, "Lambda")
	k.need(c.ValueCoef >= 0, "ValueCoef", c.ValueCoef, ">= 0")
	k.need(math.Abs(c.Entropy) <= math.MaxFloat64, "Entropy", c.Entropy, "a finite number")
	k.positive(c.ClipNorm, "ClipNorm")
	k.need(math.Abs(c.LogStd) <= 20, "LogStd", c.LogStd, "-20..20")
	return c, k.err
}

// Fit plays and learns. Info.Iterations counts the steps of all environments, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c A2C) Fit(ctx context.Context, m Maker[[]float32, int]) (*DiscretePolicy, error) {
	const where = "rl.A2C.Fit"
	c, err := c.complete(where)
	if err != nil {
		return nil, err
	}
	w, err := codeWorld(where, m, c.Envs)
	if err != nil {
		return nil, err
	}
	return fitA2C(ctx, where, c, w, c)
}

// Fit is [A2C.Fit].
func (c A2CMulti) Fit(ctx context.Context, m Maker[[]float32, []int]) (*MultiPolicy, error) {
	const where = "rl.A2CMulti.Fit"
	full, err := A2C(c).complete(where)
	if err != nil {
		return nil, err
	}
	w, err := placeWorld(where, m, full.Envs)
	if err != nil {
		return nil, err
	}
	return fitA2C(ctx, where, full, w, A2CMulti(full))
}

// Fit is [A2C.Fit].
func (c A2CContinuous) Fit(ctx context.Context, m Maker[[]float32, []float32]) (*BoxPolicy, error) {
	const where = "rl.A2CContinuous.Fit"
	full, err := A2C(c).complete(where)
	if err != nil {
		return nil, err
	}
	w, err := boxWorld(where, m, full.Envs, full.Hidden, noise{full.LogStd, full.SDE, full.SDEEvery, full.Beta})
	if err != nil {
		return nil, err
	}
	return fitA2C(ctx, where, full, w, A2CContinuous(full))
}

// fitA2C is the algorithm, for actions of every kind; config is what the policy says it came from.
func fitA2C[A int | float32, B any, P learned[B]](ctx context.Context, where string, c A2C, w world[A, B, P], config any) (none P, err error) {
	n := w.env.n
	o, err := w.start(ctx, training{where: where, steps: c.Steps, seed: c.Seed, run: c.Run, hidden: c.Hidden, relu: c.ReLU, rollout: c.Rollout, batch: n * c.Rollout,
		normObs: c.NormObs, normReward: c.NormReward, discount: c.Discount, config: func(run Run) any {
			c := c
			c.Run = run
			return c
		}})
	if err != nil {
		return none, err
	}
	for o.more() {
		rate := c.LearningRate
		if c.Anneal {
			rate *= 1 - o.progress()
		}
		if !o.collect(min(c.Rollout, (o.maxSteps-o.steps+n-1)/n)) {
			break
		}
		o.estimate(c.Discount, c.Lambda)
		o.now.Explained = o.explained()
		o.climb(o.advantages, o.returns, o.perm[:n*o.T], c.ValueCoef, c.Entropy)
		o.nets.clip(c.ClipNorm)
		o.nets.adam(rate, 1e-5)
		if !o.tick() {
			break
		}
	}
	return w.end(o, config)
}

// climb gathers the gradients of the plain policy gradient: of -advantage·log p, of the squared error of the values and of the entropy.
func (o *onPolicy[A]) climb(advantages, returns []float64, idx []int, valueCoef, entropyCoef float64) {
	values := o.gather(idx)
	n, wide := float64(len(idx)), o.head.outputs()
	dOut, dValue := o.learnA.out(), o.learnC.out()
	var pg, vf, ent float64
	for j, k := range idx {
		pg -= float64(advantages[k] * o.rowLogp[j])
		ent += o.entropy[j]
		o.head.push(j, dOut[j*wide:(j+1)*wide], -advantages[k]/n, -entropyCoef/n)
		e := float64(values[j]) - returns[k]
		vf += float64(e * e)
		dValue[j] = float32(2 * valueCoef * e / n)
	}
	o.back()
	o.now.PolicyLoss, o.now.ValueLoss, o.now.Entropy = pg/n, vf/n, ent/n
}
