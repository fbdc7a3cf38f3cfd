package rl

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

func init() { ml.RegisterConfig[SAC]("rl.SAC") }

// SAC is the soft actor-critic (Haarnoja et al., "Soft actor-critic algorithms and applications", 2018): a policy that is random and paid for being so, at a temperature
// that it finds itself, with two critics that learn from a memory of steps. For actions that are numbers within finite bounds, and where steps are dear. With
// Hindsight it learns goals ([Goals]).
//
// Actions are squashed by tanh. Time limits are no ends: what would have come counts. What is random: the weights, the actions, the draws from memory and the
// episodes, all from Seed. The same bytes come out on any number of cores; an update allocates nothing on one core.
type SAC struct {
	Steps         int     // of all environments together. 0: 100000
	Envs          int     // environments that play side by side. 0: 1
	Hidden        []int   // of the actor and the critics. nil: 256, 256
	LearningRate  float64 // 0: 0.0003
	Buffer        int     // steps in memory. 0: 1000000; never more than there will be
	Start         int     // steps of random actions before learning begins. 0: 100
	Hold          int     // steps for which such an action is held. 0: 1
	BatchSize     int     // 0: 256
	Discount      float64 // 0: 0.99
	Tau           float64 // share of the way that the target critics go at each update. 0: 0.005
	TrainEvery    int     // steps between bouts of learning. 0: 1
	Updates       int     // in a bout. 0: 1
	NStep         int     // 0: 1
	Hindsight     int     // goals of hindsight for each step. 0: none
	Alpha         float64 // temperature, which stays. 0: it is learnt, from 1
	TargetEntropy float64 // of a learnt temperature. 0: minus the count of numbers in an action
	SDE           bool    // exploration depends on the state (gSDE)
	SDEEvery      int     // steps between draws of that. 0: 4
	LogStd        float64 // SDE: log of the deviations to begin with. 0: -3
	Seed          uint64
	Run           Run
}

var _ ml.Fitter[Maker[[]float32, []float32], *BoxPolicy] = SAC{}

// sac is the state of the learner.
type sac struct {
	*offPolicy
	c       SAC
	alpha   []float64 // log of the temperature, and Adam's moments of it
	actions []float32 // of a batch, squashed
	noise   []float32
	logp    []float64
	dQ      []float32 // gradients of actions, and of what goes into tanh
	lower1  []int     // rows where the first critic is the lower one, and the others
	lower2  []int
	sde     *stateNoise // nil: deviations are outputs of the net
}

// Fit plays and learns. Info.Iterations counts the steps, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c SAC) Fit(ctx context.Context, m Maker[[]float32, []float32]) (*BoxPolicy, error) {
	const where = "rl.SAC.Fit"
	err := numbersConfig{&c.Steps, &c.Envs, &c.Buffer, &c.Start, &c.BatchSize, &c.TrainEvery, &c.Updates, &c.NStep, &c.Hindsight, &c.Hold, &c.Hidden,
		&c.LearningRate, &c.Discount, &c.Tau}.complete(where)
	if err != nil {
		return nil, err
	}
	if !(c.Alpha >= 0 && c.Alpha <= math.MaxFloat64) {
		return nil, ml.BadConfig(where, "Alpha", c.Alpha, "above 0 and finite, or 0 to learn it")
	}
	if !(math.Abs(c.TargetEntropy) <= math.MaxFloat64) {
		return nil, ml.BadConfig(where, "TargetEntropy", c.TargetEntropy, "a finite number")
	}
	setDefault(&c.SDEEvery, 4)
	setDefault(&c.LogStd, -3)
	k := common{where: where}
	k.count(c.SDEEvery, math.MaxInt, "SDEEvery")
	k.need(math.Abs(c.LogStd) <= 20, "LogStd", c.LogStd, "-20..20")
	if k.err != nil {
		return nil, k.err
	}
	outputs := 2
	if c.SDE {
		outputs = 1
	}
	o, err := newOffPolicy(ctx, where, m, offShape{steps: c.Steps, envs: c.Envs, seed: c.Seed, run: c.Run, hidden: c.Hidden, outputs: outputs, sde: c.SDE, batch: c.BatchSize, buffer: c.Buffer,
		nStep: c.NStep, later: c.Hindsight, start: c.Start, every: c.TrainEvery, updates: c.Updates, hold: c.Hold, discount: c.Discount, tau: c.Tau})
	if err != nil {
		return nil, err
	}
	setDefault(&c.TargetEntropy, -float64(o.places))
	kept := c
	kept.Run = o.run.counts()
	return o.train(m, kept, c, newSAC(o, c))
}

func newSAC(o *offPolicy, c SAC) *sac {
	s := &sac{offPolicy: o, c: c, alpha: make([]float64, 3)}
	if c.Alpha > 0 {
		s.alpha[0] = math.Log(c.Alpha)
	}
	n := c.BatchSize * o.places
	s.actions, s.noise, s.dQ = make([]float32, n), make([]float32, n), make([]float32, n)
	s.lower1, s.lower2 = make([]int, 0, c.BatchSize), make([]int, 0, c.BatchSize)
	s.logp = make([]float64, c.BatchSize)
	if c.SDE {
		s.sde = newStateNoise(o, c.LogStd, c.SDEEvery)
	}
	return s
}

func (s *sac) archive(a *archive) {
	a.doubles(s.alpha)
	if s.sde != nil {
		s.sde.g.archive(a)
	}
}

// explore draws what to do from the policy.
func (s *sac) explore() {
	p := s.places
	out := s.play.forward(s.policy.w, s.course.seen, s.env.n)
	if s.sde != nil {
		s.sde.explore(out, s.play.hidden(), s.acted, s.r)
		return
	}
	for i := range s.env.n {
		s.sample(out[2*i*p:2*(i+1)*p], s.acted[i*p:(i+1)*p], nil)
	}
}

// Logarithms of deviations are kept within these.
const (
	leastLogStd = -20
	mostLogStd  = 2
)

// sample draws an action of -1..1: out has the means and then the logarithms of the deviations. It returns the logarithm of its density.
func (s *sac) sample(out, act, noise []float32) (logp float64) {
	p := s.places
	for j := range p {
		log := min(max(float64(out[p+j]), leastLogStd), mostLogStd)
		e := s.normal()
		a := math.Tanh(float64(out[j]) + float64(math.Exp(log)*e))
		logp -= float64(0.5*e*e) + log + halfLog2Pi + math.Log(1-float64(a*a)+1e-6)
		act[j] = float32(a)
		if noise != nil {
			noise[j] = float32(e)
		}
	}
	return logp
}

// sampleAll draws an action for each row of a batch.
func (s *sac) sampleAll(rows []float32) {
	p := s.places
	out := s.over.forward(s.policy.w, rows, len(s.idx))
	if s.sde != nil {
		s.sde.sample(out, s.over.hidden(), s.actions, s.logp)
	} else {
		for k := range s.idx {
			s.logp[k] = s.sample(out[2*k*p:2*(k+1)*p], s.actions[k*p:(k+1)*p], s.noise[k*p:(k+1)*p])
		}
	}
	w := s.wide
	for k := range s.idx {
		at := s.pair[k*(w+p) : (k+1)*(w+p)]
		copy(at, rows[k*w:(k+1)*w])
		copy(at[w:], s.actions[k*p:(k+1)*p])
	}
}

// learn learns from the batch: the critics, then the policy and its temperature.
func (s *sac) learn() {
	n, p, m := len(s.idx), s.places, s.memory
	alpha := math.Exp(s.alpha[0])
	if s.sde != nil {
		s.sde.redraw()
	}

	s.sampleAll(s.next)
	v1, v2 := s.c1.forward(s.target, s.pair, n), s.c2.forward(s.target, s.pair, n)
	for k, i := range s.idx {
		s.y[k] = m.reward[i] + float32(m.keep[i]*(min(v1[k], v2[k])-float32(alpha*s.logp[k])))
	}
	s.now.ValueLoss = s.believe(s.c.LearningRate)

	// The policy: the mean of alpha log p - min Q, whose gradient passes through the action.
	s.sampleAll(s.rows)
	v1, v2 = s.c1.forward(s.critics.w, s.pair, n), s.c2.forward(s.critics.w, s.pair, n)
	mean, loss := 0.0, 0.0
	s.lower1, s.lower2 = s.lower1[:0], s.lower2[:0]
	for k := range n {
		if v1[k] <= v2[k] {
			s.lower1 = append(s.lower1, k)
		} else {
			s.lower2 = append(s.lower2, k)
		}
		mean += s.logp[k]
		loss += float64(alpha*s.logp[k]) - float64(min(v1[k], v2[k]))
	}
	mean /= float64(n)
	s.now.PolicyLoss, s.now.Entropy, s.now.Alpha = loss/float64(n), -mean, alpha
	s.slope(s.c1, s.lower1)
	s.slope(s.c2, s.lower2)
	by := 1 / float64(n)
	for k := range n { // through tanh, and through what that does to log p
		for j := range p {
			a := float64(s.actions[k*p+j])
			slope := 1 - float64(a*a)
			s.dQ[k*p+j] = float32(by * (float64(float64(s.dQ[k*p+j])*slope) + 2*alpha*a*slope/(slope+1e-6)))
		}
	}
	if s.sde != nil {
		s.sde.back(s.dQ, by*alpha, s.over)
	} else {
		s.push(by * alpha)
	}
	s.over.backward(s.policy.w, s.policy.g, nil)
	s.policy.adam(s.c.LearningRate, 1e-8)
	s.made++
	if s.c.Alpha == 0 {
		g := -(mean + s.c.TargetEntropy)
		s.alpha[1] += (g - s.alpha[1]) * 0.1
		s.alpha[2] = float64(0.999*s.alpha[2]) + float64(0.001*g*g)
		b1, b2 := 1-math.Pow(0.9, float64(s.made)), 1-math.Pow(0.999, float64(s.made))
		s.alpha[0] -= s.c.LearningRate * (s.alpha[1] / b1) / (math.Sqrt(s.alpha[2]/b2) + 1e-8)
	}
	s.pursue()
}

// slope writes the gradient of -Q by the action to dQ, of the rows where this critic is the lower one.
func (s *sac) slope(c *pass, rows []int) {
	p, w := s.places, s.wide
	if len(rows) == 0 {
		return
	}
	c.only(rows)
	d := c.out()
	for k := range d {
		d[k] = -1
	}
	c.backward(s.critics.w, nil, s.dPair)
	for k, row := range rows {
		copy(s.dQ[row*p:(row+1)*p], s.dPair[k*(w+p)+w:(k+1)*(w+p)])
	}
}

// push writes the gradient of the actor's outputs: of the means that in s.dQ, of the logarithms of the deviations what the noise makes of it, less that of log p.
func (s *sac) push(dLogp float64) {
	p, out, d := s.places, s.over.y[s.actor.layers()-1], s.over.out()
	for k := range s.idx {
		for j := range p {
			dU, e := s.dQ[k*p+j], float64(s.noise[k*p+j])
			d[2*k*p+j] = dU
			log := float64(out[2*k*p+p+j])
			d[2*k*p+p+j] = 0
			if log > leastLogStd && log < mostLogStd {
				d[2*k*p+p+j] = float32(float64(float64(dU)*math.Exp(log)*e) - dLogp)
			}
		}
	}
}
