package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

func init() { ml.RegisterConfig[REINFORCE]("rl.REINFORCE") }

// REINFORCE is the first policy gradient (Williams, Machine Learning 8 (1992); Sutton and Barto, sections 13.3 and 13.4): play whole episodes, and make what was done
// more probable by the return that followed, less what a critic expected. For teaching and for short episodes; elsewhere [PPO]. For actions that are codes; masked
// ones have the probability 0. Episodes that a time limit ends count as ended here, since the return is what was seen.
//
// What is random: the weights, the actions and the episodes, all from Seed. The same bytes come out on any number of cores.
type REINFORCE struct {
	Steps        int     // at the least; the last episodes are played to their ends. 0: 100000
	Episodes     int     // in an update. 0: 8
	MaxLength    int     // steps after which an episode is left, for environments that do not end. 0: 1000
	Hidden       []int   // units of the hidden layers, of policy and critic alike. nil: 64, 64
	ReLU         bool    // hidden units are max(x, 0), else tanh
	LearningRate float64 // of Adam. 0: 0.003
	Discount     float64 // 0: 0.99
	NoBaseline   bool    // nothing is subtracted from returns
	Entropy      float64 // weight of the entropy bonus. 0: none
	ClipNorm     float64 // of the gradients. 0: 0.5
	Seed         uint64
	Run          Run
}

var _ ml.Fitter[Maker[[]float32, int], *DiscretePolicy] = REINFORCE{}

func (c REINFORCE) complete(where string) (REINFORCE, error) {
	setDefault(&c.Steps, defaultSteps)
	setDefault(&c.Episodes, 8)
	setDefault(&c.MaxLength, 1000)
	if c.Hidden == nil {
		c.Hidden = []int{64, 64}
	}
	setDefault(&c.LearningRate, 3e-3)
	setDefault(&c.Discount, 0.99)
	setDefault(&c.ClipNorm, 0.5)
	k := common{where: where}
	k.count(c.Steps, math.MaxInt, "Steps")
	k.count(c.Episodes, 1<<16, "Episodes")
	k.count(c.MaxLength, 1<<20, "MaxLength")
	k.need(c.Episodes*c.MaxLength <= 1<<26, "MaxLength", c.MaxLength, "at most 67108864 steps in all episodes of an update")
	k.hidden(c.Hidden)
	k.positive(c.LearningRate, "LearningRate")
	k.share(c.Discount, "Discount")
	k.need(math.Abs(c.Entropy) <= math.MaxFloat64, "Entropy", c.Entropy, "a finite number")
	k.positive(c.ClipNorm, "ClipNorm")
	return c, k.err
}

// Fit plays and learns. Info.Iterations counts the steps, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c REINFORCE) Fit(ctx context.Context, m Maker[[]float32, int]) (*DiscretePolicy, error) {
	const where = "rl.REINFORCE.Fit"
	c, err := c.complete(where)
	if err != nil {
		return nil, err
	}
	w, err := codeWorld(where, m, 1)
	if err != nil {
		return nil, err
	}
	most := c.Episodes * c.MaxLength
	o, err := w.start(ctx, training{where: where, steps: c.Steps, seed: c.Seed, run: c.Run, hidden: c.Hidden, relu: c.ReLU, rollout: most, batch: most, discount: c.Discount,
		config: func(run Run) any {
			c := c
			c.Run = run
			return c
		}})
	if err != nil {
		return nil, err
	}
	coef := 0.5
	if c.NoBaseline {
		coef = 0
	}
	for o.more() {
		n := o.episodes(c.Episodes, c.MaxLength)
		if n == 0 {
			break
		}
		sum := 0.0
		for k := n - 1; k >= 0; k-- {
			if o.last[k] {
				sum = 0
			}
			sum = o.rewards[k] + float64(c.Discount*sum)
			o.returns[k], o.advantages[k] = sum, sum
			if !c.NoBaseline {
				o.advantages[k] -= o.values[k]
			}
		}
		o.T = n
		o.now.Explained = o.explained()
		o.climb(o.advantages, o.returns, o.perm[:n], coef, c.Entropy)
		o.nets.clip(c.ClipNorm)
		o.nets.adam(c.LearningRate, 1e-5)
		if !o.tick() {
			break
		}
	}
	return w.end(o, c)
}

// episodes plays so many whole episodes in a single environment and returns their steps; 0: an error.
func (o *onPolicy[A]) episodes(count, longest int) int {
	w, p := o.wide, o.places
	n := 0
	for range count {
		for length := 1; ; length++ {
			copy(o.obs[n*w:(n+1)*w], o.seen)
			out := o.play.forward(o.nets.w, o.seen, 1)
			o.values[n] = float64(o.ask.forward(o.nets.w, o.seen, 1)[0])
			if o.codes > 0 {
				o.env.Mask(0, o.mask(n, 1))
			}
			act := o.acts[n*p : (n+1)*p]
			o.head.draw(out, o.play.hidden(), o.mask(n, 1), act, o.logp[n:n+1], o.r)
			o.head.env(o.act, act)
			if !o.step() {
				return 0
			}
			o.rewards[n], o.last[n] = float64(o.b.Reward[0]), o.b.Done(0) || length == longest
			n++
			if o.last[n-1] {
				break
			}
		}
	}
	return n
}
