package rl

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// offPolicy is what SAC and TD3 have in common: actions that are numbers of -1..1 (the environment gets them stretched to its bounds), a memory of steps, and two critics
// of state and action, of which the lower one is believed (Fujimoto, van Hoof and Meger, ICML 2018).
type offPolicy struct {
	*course[float32]
	lo, hi         []float32
	wide, places   int
	latent         int // units of the last hidden layer, if deviations depend on them
	actor          stack
	policy         *slab
	q1, q2         stack
	critics        *slab
	target         []float32 // of the critics
	tau            float64
	memory         *stepMemory[float32]
	later          *hindsight[float32]
	play           *pass
	over           *pass // the actor over a batch
	c1, c2         *pass // the critics over a batch
	rows, next     []float32
	pair           []float32 // state and action together
	dPair          []float32
	idx            []int
	weight         []float32
	y              []float32 // targets
	seen           []float32
	acted          []float32 // in -1..1
	hold           int
	held           int
	start, every   int
	updates, since int
	made           int            // updates
	normal         func() float64 // draws noise
}

type offShape struct {
	steps, envs                 int
	seed                        uint64
	run                         Run
	hidden                      []int
	outputs                     int  // of the actor, for each number
	sde                         bool // deviations are weights behind the actor's, one for each unit of its last hidden layer and number
	batch, buffer, nStep, later int
	start, every, updates, hold int
	discount, tau               float64
}

func newOffPolicy(ctx context.Context, where string, m Maker[[]float32, []float32], s offShape) (*offPolicy, error) {
	env, lo, hi, err := boxEnvs(where, m, s.envs, true)
	if err != nil {
		return nil, err
	}
	t, err := newCourse(ctx, where, env, s.steps, s.seed, s.run)
	if err != nil {
		return nil, err
	}
	n, w, p := t.env.n, t.env.width, len(lo)
	o := &offPolicy{course: t, lo: lo, hi: hi, wide: w, places: p, tau: s.tau, start: s.start, every: s.every, updates: s.updates, hold: s.hold, normal: t.r.NormFloat64}
	o.actor = stack{sizes: slices.Concat([]int{w}, s.hidden, []int{p * s.outputs}), relu: true}
	o.q1 = stack{sizes: slices.Concat([]int{w + p}, s.hidden, []int{1}), relu: true}
	o.q2 = o.q1
	extra := 0
	if s.sde {
		o.latent = o.actor.sizes[o.actor.layers()-1]
		extra = o.latent * p
	}
	o.policy, o.critics = newSlab(extra, &o.actor), newSlab(0, &o.q1, &o.q2)
	r := rng.New(rng.Key(t.seed, 3), 0)
	o.actor.init(o.policy.w, r, 0)
	o.q1.init(o.critics.w, r, 0)
	o.q2.init(o.critics.w, r, 0)
	o.target = kern.Aligned[float32](len(o.critics.w))
	copy(o.target, o.critics.w)
	t.weights = o.policy.w
	o.play, o.over = newPass(&o.actor, n, false), newPass(&o.actor, s.batch, true)
	o.c1, o.c2 = newPass(&o.q1, s.batch, true), newPass(&o.q2, s.batch, true)
	o.memory = newStepMemory[float32](s.buffer, n, w, p, 0, s.nStep, s.discount)
	if o.later, err = newHindsight(t, s.later, o.memory); err != nil {
		return nil, err
	}
	if err := t.run.keeps(o.memory.states); err != nil {
		return nil, err
	}
	o.rows, o.next = make([]float32, s.batch*w), make([]float32, s.batch*w)
	o.pair, o.dPair = make([]float32, s.batch*(w+p)), make([]float32, s.batch*(w+p))
	o.idx, o.weight, o.y = make([]int, s.batch), make([]float32, s.batch), make([]float32, s.batch)
	o.seen, o.acted = make([]float32, n*w), make([]float32, n*p)
	return o, nil
}

// numbersLearner is what SAC and TD3 do each in their way.
type numbersLearner interface {
	explore() // fills o.acted
	learn()   // learns from the batch of o.idx, o.rows and o.next
	archive(a *archive)
}

// train is the loop: act, remember, learn. kept is what a checkpoint must agree with, config what the policy says it came from.
func (o *offPolicy) train(m Maker[[]float32, []float32], kept, config any, learner numbersLearner) (*BoxPolicy, error) {
	defer o.memory.states.close()
	policy := func() *BoxPolicy {
		return &BoxPolicy{Actor: actorOf(&o.actor, o.policy.w, nil, 0), Lo: o.lo, Hi: o.hi, Squash: true}
	}
	o.config = kept
	o.score = scored(m, o.run.EvalEpisodes, policy)
	o.visit = func(a *archive) {
		o.archive(a)
		learner.archive(a)
	}
	if err := o.begin(); err != nil {
		return nil, err
	}
	for o.more() {
		if !o.random() {
			learner.explore()
		}
		if !o.live() {
			break
		}
		for range o.due() {
			o.memory.draw(o.idx, o.weight, 0, o.r)
			o.memory.gather(o.idx, o.rows, o.next)
			learner.learn()
		}
		if err := o.memory.states.err; err != nil {
			o.fail(err)
		}
		if !o.tick() {
			break
		}
	}
	l, err := o.end()
	if err != nil {
		return nil, err
	}
	l.Memory = o.memory.bytes()
	p := policy()
	p.tell(config, l, o.info())
	return p, nil
}

func (o *offPolicy) archive(a *archive) {
	o.policy.archive(a)
	o.critics.archive(a)
	a.floats(o.target)
	o.memory.archive(a)
	if o.later != nil {
		o.later.archive(a)
	}
	a.floats(o.acted)
	a.int(&o.held, &o.since, &o.made)
}

// random tells whether actions are still drawn at random, and draws them.
func (o *offPolicy) random() bool {
	if o.steps >= o.start {
		return false
	}
	if o.held%o.hold == 0 {
		for i := range o.acted {
			o.acted[i] = float32(2*o.r.Float64() - 1)
		}
	}
	o.held++
	return true
}

// live takes o.acted in the environments and remembers what comes of it.
func (o *offPolicy) live() bool {
	w, p := o.wide, o.places
	copy(o.seen, o.course.seen)
	for i := range o.env.n {
		a := o.act[i*p : (i+1)*p]
		copy(a, o.acted[i*p:(i+1)*p])
		toBox(a, o.lo, o.hi, true)
	}
	if !o.step() {
		return false
	}
	for i := range o.env.n {
		obs, act, final := o.seen[i*w:(i+1)*w], o.acted[i*p:(i+1)*p], o.final[i*w:(i+1)*w]
		if o.later != nil {
			o.later.add(i, obs, act, float64(o.b.Reward[i]), final, nil, o.b.Terminated[i], o.b.Done(i), o.r)
		} else {
			o.memory.add(i, obs, act, float64(o.b.Reward[i]), final, nil, o.b.Terminated[i], o.b.Done(i))
		}
	}
	return true
}

// due is the count of updates to make now.
func (o *offPolicy) due() int {
	o.since += o.env.n
	if o.since < o.every || o.steps <= o.start || o.memory.size == 0 {
		return 0
	}
	o.since = 0
	return o.updates
}

// believe moves both critics towards o.y. It returns the mean squared error.
func (o *offPolicy) believe(rate float64) float64 {
	n, w, p := len(o.idx), o.wide, o.places
	for k, i := range o.idx {
		at := o.pair[k*(w+p) : (k+1)*(w+p)]
		copy(at, o.rows[k*w:(k+1)*w])
		copy(at[w:], o.memory.acts[i*p:(i+1)*p])
	}
	loss := 0.0
	for _, c := range [2]*pass{o.c1, o.c2} {
		v := c.forward(o.critics.w, o.pair, n)
		d := c.out()
		for k, y := range o.y {
			e := v[k] - y
			loss += float64(e) * float64(e)
			d[k] = 2 * e / float32(n)
		}
		c.backward(o.critics.w, o.critics.g, nil)
	}
	o.critics.adam(rate, 1e-8)
	return loss / float64(2*n)
}

// pursue lets the target critics follow.
func (o *offPolicy) pursue() { pursue(o.target, o.critics.w, o.tau) }

// numbersConfig are the fields that SAC and TD3 share.
type numbersConfig struct {
	steps, envs, buffer, start, batch, every, updates, nStep, later, hold *int
	hidden                                                                *[]int
	rate, discount, tau                                                   *float64
}

func (c numbersConfig) complete(where string) error {
	setDefault(c.steps, defaultSteps)
	setDefault(c.envs, 1)
	if *c.hidden == nil {
		*c.hidden = []int{256, 256}
	}
	setDefault(c.rate, 3e-4)
	setDefault(c.buffer, 1_000_000)
	*c.buffer = min(*c.buffer, max(*c.steps, 1)*(1+max(*c.later, 0))+max(*c.envs, 1)) // no more than will come
	setDefault(c.start, 100)
	setDefault(c.batch, 256)
	setDefault(c.discount, 0.99)
	setDefault(c.tau, 0.005)
	setDefault(c.every, 1)
	setDefault(c.updates, 1)
	setDefault(c.nStep, 1)
	setDefault(c.hold, 1)
	k := common{where: where}
	k.count(*c.steps, 1<<40, "Steps")
	k.count(*c.envs, 1<<16, "Envs")
	k.hidden(*c.hidden)
	k.positive(*c.rate, "LearningRate")
	k.count(*c.buffer, 1<<28, "Buffer")
	k.count(*c.start, math.MaxInt, "Start")
	k.count(*c.batch, 1<<20, "BatchSize")
	k.share(*c.discount, "Discount")
	k.share(*c.tau, "Tau")
	k.count(*c.every, math.MaxInt, "TrainEvery")
	k.count(*c.updates, math.MaxInt, "Updates")
	k.count(*c.nStep, 1<<16, "NStep")
	k.count(*c.hold, math.MaxInt, "Hold")
	k.need(*c.later >= 0 && *c.later <= 1<<10, "Hindsight", *c.later, "0..1024")
	k.need(*c.later == 0 || *c.nStep == 1, "Hindsight", *c.later, "NStep 1 beside it: later goals change what the steps between earned")
	return k.err
}
