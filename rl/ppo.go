package rl

import (
	"context"
	"fmt"
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
	Seed         uint64
	Run          Run
}

// PPOMulti is [PPO] for actions that are several codes (MultiDiscrete, MultiBinary).
type PPOMulti PPO

// PPOContinuous is [PPO] for actions that are numbers (Box): a normal distribution of each, cut at the bounds only for the environment's eyes.
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
	env, d, err := discreteEnvs(where, m, c.Envs)
	if err != nil {
		return nil, err
	}
	p := &DiscretePolicy{Start: d.Start}
	err = fitPPO(ctx, where, c, env, newCodes([]int{d.N}, d.Start), m, func(a, v *Actor) *DiscretePolicy {
		return &DiscretePolicy{Actor: a, Critic: v, Start: d.Start}
	}, func(a, v *Actor, l Learning, info ml.Info) {
		p.Actor, p.Critic, p.Learning, p.Config, p.Info = a, v, l, c, info
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Fit is [PPO.Fit].
func (c PPOMulti) Fit(ctx context.Context, m Maker[[]float32, []int]) (*MultiPolicy, error) {
	const where = "rl.PPOMulti.Fit"
	full, err := PPO(c).complete(where)
	if err != nil {
		return nil, err
	}
	env, n, err := multiEnvs(where, m, full.Envs)
	if err != nil {
		return nil, err
	}
	p := &MultiPolicy{N: n}
	err = fitPPO(ctx, where, full, env, newCodes(n, 0), m, func(a, v *Actor) *MultiPolicy {
		return &MultiPolicy{Actor: a, Critic: v, N: n}
	}, func(a, v *Actor, l Learning, info ml.Info) {
		p.Actor, p.Critic, p.Learning, p.Config, p.Info = a, v, l, PPOMulti(full), info
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Fit is [PPO.Fit].
func (c PPOContinuous) Fit(ctx context.Context, m Maker[[]float32, []float32]) (*BoxPolicy, error) {
	const where = "rl.PPOContinuous.Fit"
	full, err := PPO(c).complete(where)
	if err != nil {
		return nil, err
	}
	env, lo, hi, err := boxEnvs(where, m, full.Envs, false)
	if err != nil {
		return nil, err
	}
	latent := env.width
	if n := len(full.Hidden); n > 0 {
		latent = full.Hidden[n-1]
	}
	p := &BoxPolicy{Lo: lo, Hi: hi}
	h := newGaussian(lo, hi, full.LogStd, full.SDE, latent, full.SDEEvery, full.Envs)
	err = fitPPO(ctx, where, full, env, h, m, func(a, v *Actor) *BoxPolicy {
		return &BoxPolicy{Actor: a, Critic: v, Lo: lo, Hi: hi}
	}, func(a, v *Actor, l Learning, info ml.Info) {
		p.Actor, p.Critic, p.Learning, p.Config, p.Info = a, v, l, PPOContinuous(full), info
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func fitPPO[A int | float32, B any, P Policy[[]float32, B]](ctx context.Context, where string, c PPO, env *VecEnv[A], h head[A], m Maker[[]float32, B],
	policy func(a, v *Actor) P, done func(a, v *Actor, l Learning, info ml.Info)) error {
	t, err := newCourse(ctx, where, env, c.Steps, c.Seed, c.Run)
	if err != nil {
		return err
	}
	t.normalize(c.NormObs, c.NormReward, 10, c.Discount)
	o := newOnPolicy(t, h, netShape{hidden: c.Hidden, relu: c.ReLU}, c.Rollout, c.BatchSize)
	c2 := c
	c2.Run = Run{EvalEvery: t.run.EvalEvery, EvalEpisodes: t.run.EvalEpisodes}
	t.config = c2
	t.score = scored(m, t.run.EvalEpisodes, func() P { return policy(o.actors()) })
	if err := t.begin(); err != nil {
		return err
	}
	for t.more() {
		rest := c.LearningRate
		if c.Anneal {
			rest *= 1 - t.progress()
		}
		clip := c.Clip
		if c.AnnealClip {
			clip *= 1 - t.progress()
		}
		if !o.collect(min(c.Rollout, (t.maxSteps-t.steps+env.n-1)/env.n)) {
			break
		}
		o.estimate(c.Discount, c.Lambda)
		t.now.Explained = o.explained()
		total := env.n * o.T
		perm := o.perm[:total]
		for k := range perm {
			perm[k] = k
		}
	epochs:
		for range c.Epochs {
			rng.Shuffle(t.r, perm)
			for at := 0; at < total; at += c.BatchSize {
				kl := o.improve(&c, perm[at:min(at+c.BatchSize, total)], clip)
				if c.TargetKL > 0 && kl > 1.5*c.TargetKL {
					clear(o.nets.g)
					break epochs
				}
				if !c.NoClipNorm {
					o.nets.clip(c.ClipNorm)
				}
				o.nets.adam(rest, 1e-5)
			}
		}
		if !t.tick() {
			break
		}
	}
	l, err := t.end()
	if err != nil {
		return err
	}
	a, v := o.actors()
	done(a, v, l, t.info())
	return nil
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

// discreteEnvs makes environments whose actions are codes.
func discreteEnvs(where string, m Maker[[]float32, int], n int) (*VecEnv[int], Discrete, error) {
	var none Discrete
	if m == nil {
		return nil, none, ml.BadConfig(where, "Maker", m, "an environment")
	}
	one, err := m.Make()
	if err != nil {
		return nil, none, err
	}
	spec := one.Spec()
	d, ok := spec.Act.(Discrete)
	if !ok || d.N < 1 || d.N > 1<<20 {
		return nil, none, &ml.Error{Where: where, Field: "Spec.Act", Found: fmt.Sprint(spec.Act), Want: "Discrete", Kind: ErrEnv}
	}
	env, err := Vec(m, Vectors{N: n})
	return env, d, seeing(where, spec.Obs.Flat(), &err)
}

// seeing makes sure that there is something to see.
func seeing(where string, width int, err *error) error {
	if *err == nil && width < 1 {
		return &ml.Error{Where: where, Field: "Spec.Obs", Found: "without numbers", Want: "at least one", Kind: ErrEnv}
	}
	return *err
}

func multiEnvs(where string, m Maker[[]float32, []int], n int) (*VecEnv[int], []int, error) {
	if m == nil {
		return nil, nil, ml.BadConfig(where, "Maker", m, "an environment")
	}
	one, err := m.Make()
	if err != nil {
		return nil, nil, err
	}
	spec := one.Spec()
	places, ok := multiOf(spec.Act)
	if !ok {
		return nil, nil, &ml.Error{Where: where, Field: "Spec.Act", Found: fmt.Sprint(spec.Act), Want: "MultiDiscrete or MultiBinary", Kind: ErrEnv}
	}
	env, err := VecMulti(m, Vectors{N: n})
	return env, places, seeing(where, spec.Obs.Flat(), &err)
}

func boxEnvs(where string, m Maker[[]float32, []float32], n int, finite bool) (env *VecEnv[float32], lo, hi []float32, err error) {
	if m == nil {
		return nil, nil, nil, ml.BadConfig(where, "Maker", m, "an environment")
	}
	one, err := m.Make()
	if err != nil {
		return nil, nil, nil, err
	}
	spec := one.Spec()
	if lo, hi, err = boundsOf(where, spec.Act, finite); err != nil {
		return nil, nil, nil, err
	}
	env, err = VecBox(m, Vectors{N: n})
	return env, lo, hi, seeing(where, spec.Obs.Flat(), &err)
}
