package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func init() {
	ml.RegisterConfig[PPO]("rl.PPO")
	ml.RegisterConfig[PPOMulti]("rl.PPOMulti")
	ml.RegisterConfig[PPOContinuous]("rl.PPOContinuous")
}

// PPO is proximal policy optimisation (Schulman et al., 2017; the details are those that Huang et al., "The 37 implementation details of proximal policy optimization",
// ICLR blog track 2022, list): play a while, then improve the policy on what was played, but no farther than a clipped ratio of probabilities rewards. The learner to
// begin with. This config is for actions that are codes; [PPOMulti] is for several codes at once, [PPOContinuous] for numbers. Actions that an environment masks
// ([Masker]) have the probability 0.
//
// Policy and critic are nets of their own, of orthogonal weights; Adam's eps is 1e-5; advantages are by GAE and normalised in each minibatch; time limits are no ends:
// what would have come counts. What is random: the weights, the actions, the order of minibatches and the episodes, all from Seed. The same bytes come out on any
// number of cores. An update of a minibatch allocates nothing on one core.
type PPO struct {
	Steps        int     // of all environments together. 0: 100000
	Envs         int     // environments that play side by side. 0: 8
	Rollout      int     // steps of each before it learns. 0: 128
	Epochs       int     // passes over a rollout. 0: 10
	BatchSize    int     // steps in a minibatch. 0: 256
	Hidden       []int   // units of the hidden layers, of policy and critic alike. nil: 64, 64
	ReLU         bool    // hidden units are max(x, 0), else tanh
	LearningRate float64 // 0: 0.0003
	Anneal       bool    // the learning rate falls to 0 in a line
	Discount     float64 // of the reward a step later, in (0, 1]. 0: 0.99
	Lambda       float64 // of GAE, in (0, 1]. 0: 0.95
	Clip         float64 // of the ratio, 1 ± Clip. 0: 0.2
	AnnealClip   bool    // Clip falls to 0 in a line
	ClipValue    float64 // values move no farther than this from what they were. 0: no clipping
	ValueCoef    float64 // weight of the mean squared error of the values. 0: 0.5
	Entropy      float64 // weight of the entropy bonus. 0: none
	ClipNorm     float64 // of the gradients of all weights together. 0: 0.5
	NoClipNorm   bool    // gradients are not clipped
	RawAdvantage bool    // advantages are not normalised
	TargetKL     float64 // an update ends when the policy has moved 1.5 times this. 0: no limit
	NormObs      bool    // observations are normalised by their running mean and variance, and cut at ± 10; the policy has that built in
	NormReward   bool    // rewards are divided by the deviation of the discounted return, and cut at ± 10
	LogStd       float64 // PPOContinuous: log of the deviations to begin with
	SDE          bool    // PPOContinuous: exploration depends on the state (gSDE)
	SDEEvery     int     // steps between draws of that. 0: 4
	Beta         bool    // PPOContinuous: actions come from beta distributions between the bounds, which must be finite, not from normal ones that are cut there
	Seed         uint64
	Run          Run
}

// PPOMulti is [PPO] for actions that are several codes (MultiDiscrete, MultiBinary).
type PPOMulti PPO

// PPOContinuous is [PPO] for actions that are numbers (Box): a normal distribution of each, cut at the bounds only for the environment's eyes, or a beta distribution.
type PPOContinuous PPO

var _ ml.Fitter[Maker[[]float32, int], *DiscretePolicy] = PPO{}
var _ ml.Fitter[Maker[[]float32, []int], *MultiPolicy] = PPOMulti{}
var _ ml.Fitter[Maker[[]float32, []float32], *BoxPolicy] = PPOContinuous{}

func (c PPO) complete(where string) (PPO, error) {
	setDefault(&c.Steps, defaultSteps)
	setDefault(&c.Envs, 8)
	setDefault(&c.Rollout, 128)
	setDefault(&c.Epochs, 10)
	setDefault(&c.BatchSize, 256)
	if c.Hidden == nil {
		c.Hidden = []int{64, 64}
	}
	setDefault(&c.LearningRate, 3e-4)
	setDefault(&c.Discount, 0.99)
	setDefault(&c.Lambda, 0.95)
	setDefault(&c.Clip, 0.2)
	setDefault(&c.ValueCoef, 0.5)
	setDefault(&c.ClipNorm, 0.5)
	setDefault(&c.SDEEvery, 4)
	k := common{where: where}
	k.count(c.Steps, math.MaxInt, "Steps")
	k.count(c.Envs, 1<<16, "Envs")
	k.count(c.Rollout, 1<<20, "Rollout")
	k.need(c.Envs*c.Rollout <= 1<<26, "Rollout", c.Rollout, "at most 67108864 steps in all environments together")
	k.count(c.Epochs, 1<<20, "Epochs")
	k.count(c.BatchSize, 1<<26, "BatchSize")
	k.hidden(c.Hidden)
	k.positive(c.LearningRate, "LearningRate")
	k.share(c.Discount, "Discount")
	k.share(c.Lambda, "Lambda")
	k.positive(c.Clip, "Clip")
	k.need(c.ClipValue >= 0, "ClipValue", c.ClipValue, ">= 0")
	k.need(c.ValueCoef >= 0, "ValueCoef", c.ValueCoef, ">= 0")
	k.need(math.Abs(c.Entropy) <= math.MaxFloat64, "Entropy", c.Entropy, "a finite number")
	k.positive(c.ClipNorm, "ClipNorm")
	k.need(c.TargetKL >= 0, "TargetKL", c.TargetKL, ">= 0")
	k.need(math.Abs(c.LogStd) <= 20, "LogStd", c.LogStd, "-20..20")
	k.count(c.SDEEvery, math.MaxInt, "SDEEvery")
	return c, k.err
}

// Fit plays and learns. Info.Iterations counts the steps of all environments, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c PPO) Fit(ctx context.Context, m Maker[[]float32, int]) (*DiscretePolicy, error) {
	const where = "rl.PPO.Fit"
	c, err := c.complete(where)
	if err != nil {
		return nil, err
	}
	w, err := codeWorld(where, m, c.Envs)
	if err != nil {
		return nil, err
	}
	return fitPPO(ctx, where, c, w, c)
}

// Fit is [PPO.Fit].
func (c PPOMulti) Fit(ctx context.Context, m Maker[[]float32, []int]) (*MultiPolicy, error) {
	const where = "rl.PPOMulti.Fit"
	full, err := PPO(c).complete(where)
	if err != nil {
		return nil, err
	}
	w, err := placeWorld(where, m, full.Envs)
	if err != nil {
		return nil, err
	}
	return fitPPO(ctx, where, full, w, PPOMulti(full))
}

// Fit is [PPO.Fit].
func (c PPOContinuous) Fit(ctx context.Context, m Maker[[]float32, []float32]) (*BoxPolicy, error) {
	const where = "rl.PPOContinuous.Fit"
	full, err := PPO(c).complete(where)
	if err != nil {
		return nil, err
	}
	w, err := boxWorld(where, m, full.Envs, full.Hidden, noise{full.LogStd, full.SDE, full.SDEEvery, full.Beta})
	if err != nil {
		return nil, err
	}
	return fitPPO(ctx, where, full, w, PPOContinuous(full))
}

// fitPPO is the algorithm, for actions of every kind; config is what the policy says it came from.
func fitPPO[A int | float32, B any, P learned[B]](ctx context.Context, where string, c PPO, w world[A, B, P], config any) (none P, err error) {
	o, err := w.start(ctx, training{where: where, steps: c.Steps, seed: c.Seed, run: c.Run, hidden: c.Hidden, relu: c.ReLU, rollout: c.Rollout, batch: c.BatchSize,
		normObs: c.NormObs, normReward: c.NormReward, discount: c.Discount, config: func(run Run) any {
			c := c
			c.Run = run
			return c
		}})
	if err != nil {
		return none, err
	}
	n := w.env.n
	for o.more() {
		rate := c.LearningRate
		if c.Anneal {
			rate *= 1 - o.progress()
		}
		clip := c.Clip
		if c.AnnealClip {
			clip *= 1 - o.progress()
		}
		if !o.collect(min(c.Rollout, (o.maxSteps-o.steps+n-1)/n)) {
			break
		}
		o.estimate(c.Discount, c.Lambda)
		o.now.Explained = o.explained()
		total := n * o.T
		perm := o.perm[:total]
		for k := range perm {
			perm[k] = k
		}
	epochs:
		for range c.Epochs {
			rng.Shuffle(o.r, perm)
			for at := 0; at < total; at += c.BatchSize {
				kl := o.improve(&c, perm[at:min(at+c.BatchSize, total)], clip)
				if c.TargetKL > 0 && kl > 1.5*c.TargetKL {
					clear(o.nets.g)
					break epochs
				}
				if !c.NoClipNorm {
					o.nets.clip(c.ClipNorm)
				}
				o.nets.adam(rate, 1e-5)
			}
		}
		if !o.tick() {
			break
		}
	}
	return w.end(o, config)
}

// improve gathers the gradients of a minibatch. It returns how far the policy has moved already.
func (o *onPolicy[A]) improve(c *PPO, idx []int, clip float64) (kl float64) {
	values := o.gather(idx)
	n, h, wide := float64(len(idx)), o.head, o.head.outputs()
	mean, scale := 0.0, 1.0
	if !c.RawAdvantage && len(idx) > 1 {
		for _, k := range idx {
			mean += o.advantages[k]
		}
		mean /= n
		sum := 0.0
		for _, k := range idx {
			d := o.advantages[k] - mean
			sum += float64(d * d)
		}
		scale = 1 / (math.Sqrt(sum/(n-1)) + 1e-8)
	}
	dOut, dValue := o.learnA.out(), o.learnC.out()
	var pg, vf, ent, clipped float64
	change, ratios := o.rowChange[:len(idx)], o.rowRatio[:len(idx)]
	for j, k := range idx {
		change[j] = min(o.rowLogp[j]-o.logp[k], 80)
	}
	kern.Exp(ratios, change)
	for j, k := range idx {
		adv := (o.advantages[k] - mean) * scale
		ratio := ratios[j]
		kl += ratio - 1 - change[j]
		if math.Abs(ratio-1) > clip {
			clipped++
		}
		loss, d := -float64(adv*ratio), -float64(adv*ratio)
		if bound := -float64(adv * min(max(ratio, 1-clip), 1+clip)); bound > loss {
			loss, d = bound, 0 // beyond the clip: nothing more to gain
		}
		pg += loss
		ent += o.entropy[j]
		h.push(j, dOut[j*wide:(j+1)*wide], d/n, -c.Entropy/n)

		v, r := float64(values[j]), o.returns[k]
		e := v - r
		sq, dv := float64(e*e), 2*e
		if c.ClipValue > 0 {
			near := o.values[k] + min(max(v-o.values[k], -c.ClipValue), c.ClipValue)
			if e2 := near - r; float64(e2*e2) > sq {
				sq, dv = float64(e2*e2), 0
				if near == v {
					dv = 2 * e2
				}
			}
		}
		vf += sq
		dValue[j] = float32(c.ValueCoef * dv / n)
	}
	o.back()
	o.now.PolicyLoss, o.now.ValueLoss, o.now.Entropy, o.now.KL, o.now.ClipFraction = pg/n, vf/n, ent/n, kl/n, clipped/n
	return kl / n
}
