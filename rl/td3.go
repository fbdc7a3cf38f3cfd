package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
)

func init() { ml.RegisterConfig[TD3]("rl.TD3") }

// TD3 is the twin delayed deep deterministic policy gradient (Fujimoto, van Hoof and Meger, "Addressing function approximation error in actor-critic methods", ICML
// 2018): a policy without chance, which follows the gradient of two critics; these learn from a memory of steps towards the lower of their targets at a slightly
// shaken action, and the policy moves less often than they. For actions that are numbers within finite bounds. With Hindsight it learns goals ([Goals]).
//
// Time limits are no ends: what would have come counts. What is random: the weights, the noise, the draws from memory and the episodes, all from Seed. The same bytes
// come out on any number of cores; an update allocates nothing on one core.
type TD3 struct {
	Steps        int     // of all environments together. 0: 100000
	Envs         int     // environments that play side by side. 0: 1
	Hidden       []int   // of the actor and the critics. nil: 256, 256
	LearningRate float64 // 0: 0.0003
	Buffer       int     // steps in memory. 0: 1000000; never more than there will be
	Start        int     // steps of random actions before learning begins. 0: 100
	Hold         int     // steps for which such an action is held. 0: 1
	BatchSize    int     // 0: 256
	Discount     float64 // 0: 0.99
	Tau          float64 // share of the way that the targets go at each move of the policy. 0: 0.005
	TrainEvery   int     // steps between bouts of learning. 0: 1
	Updates      int     // in a bout. 0: 1
	NStep        int     // 0: 1
	Hindsight    int     // goals of hindsight for each step. 0: none
	Noise        float64 // deviation of the noise on what is done, of actions of -1..1. 0: 0.1
	Smooth       float64 // deviation of that on the targets' actions. 0: 0.2
	SmoothClip   float64 // where that is cut. 0: 0.5
	Delay        int     // updates of the critics for one of the policy. 0: 2
	Seed         uint64
	Run          Run
}

var _ ml.Fitter[Maker[[]float32, []float32], *BoxPolicy] = TD3{}

// td3 is the state of the learner.
type td3 struct {
	*offPolicy
	c      TD3
	lag    []float32 // target policy
	action []float32
}

// Fit plays and learns. Info.Iterations counts the steps, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c TD3) Fit(ctx context.Context, m Maker[[]float32, []float32]) (*BoxPolicy, error) {
	const where = "rl.TD3.Fit"
	err := numbersConfig{&c.Steps, &c.Envs, &c.Buffer, &c.Start, &c.BatchSize, &c.TrainEvery, &c.Updates, &c.NStep, &c.Hindsight, &c.Hold, &c.Hidden,
		&c.LearningRate, &c.Discount, &c.Tau}.complete(where)
	if err != nil {
		return nil, err
	}
	setDefault(&c.Noise, 0.1)
	setDefault(&c.Smooth, 0.2)
	setDefault(&c.SmoothClip, 0.5)
	setDefault(&c.Delay, 2)
	k := common{where: where}
	k.positive(c.Noise, "Noise")
	k.positive(c.Smooth, "Smooth")
	k.positive(c.SmoothClip, "SmoothClip")
	k.count(c.Delay, math.MaxInt, "Delay")
	if k.err != nil {
		return nil, k.err
	}
	o, err := newOffPolicy(ctx, where, m, offShape{steps: c.Steps, envs: c.Envs, seed: c.Seed, run: c.Run, hidden: c.Hidden, outputs: 1, batch: c.BatchSize, buffer: c.Buffer,
		nStep: c.NStep, later: c.Hindsight, start: c.Start, every: c.TrainEvery, updates: c.Updates, hold: c.Hold, discount: c.Discount, tau: c.Tau})
	if err != nil {
		return nil, err
	}
	kept := c
	kept.Run = o.run.counts()
	return o.train(m, kept, c, newTD3(o, c))
}

func newTD3(o *offPolicy, c TD3) *td3 {
	s := &td3{offPolicy: o, c: c, lag: kern.Aligned[float32](len(o.policy.w)), action: make([]float32, c.BatchSize*o.places)}
	copy(s.lag, o.policy.w)
	return s
}

func (s *td3) archive(a *archive) { a.floats(s.lag) }

// explore does what the policy says, and shakes it.
func (s *td3) explore() {
	copy(s.acted, s.play.forward(s.policy.w, s.course.seen, s.env.n))
	tanhOf(s.acted)
	for i, a := range s.acted {
		s.acted[i] = min(max(a+float32(s.c.Noise*s.normal()), -1), 1)
	}
}

// act fills the actions of a policy for a batch, and joins them to the states.
func (s *td3) act(weights, rows []float32, shaken bool) {
	n, p, w := len(s.idx), s.places, s.wide
	copy(s.action, s.over.forward(weights, rows, n))
	tanhOf(s.action)
	if shaken {
		for i, a := range s.action {
			e := min(max(s.c.Smooth*s.normal(), -s.c.SmoothClip), s.c.SmoothClip)
			s.action[i] = min(max(a+float32(e), -1), 1)
		}
	}
	for k := range n {
		at := s.pair[k*(w+p) : (k+1)*(w+p)]
		copy(at, rows[k*w:(k+1)*w])
		copy(at[w:], s.action[k*p:(k+1)*p])
	}
}

// learn learns from the batch: the critics, and every so often the policy.
func (s *td3) learn() {
	n, p, w, m := len(s.idx), s.places, s.wide, s.memory
	s.act(s.lag, s.next, true)
	v1, v2 := s.c1.forward(s.target, s.pair, n), s.c2.forward(s.target, s.pair, n)
	for k, i := range s.idx {
		s.y[k] = m.reward[i] + float32(m.keep[i]*min(v1[k], v2[k]))
	}
	s.now.ValueLoss = s.believe(s.c.LearningRate)
	if s.made++; s.made%s.c.Delay != 0 {
		return
	}
	s.act(s.policy.w, s.rows, false)
	v := s.c1.forward(s.critics.w, s.pair, n)
	d := s.c1.out()
	loss := 0.0
	for k := range d {
		d[k] = -1 / float32(n)
		loss -= float64(v[k])
	}
	s.now.PolicyLoss = loss / float64(n)
	s.c1.backward(s.critics.w, nil, s.dPair)
	g := s.over.out()
	for k := range n {
		for j := range p {
			a := s.action[k*p+j]
			g[k*p+j] = s.dPair[k*(w+p)+w+j] * (1 - float32(a*a))
		}
	}
	s.over.backward(s.policy.w, s.policy.g, nil)
	s.policy.adam(s.c.LearningRate, 1e-8)
	s.pursue()
	pursue(s.lag, s.policy.w, s.tau)
}
