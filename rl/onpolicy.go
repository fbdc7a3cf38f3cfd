package rl

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// onPolicy is what learners that use each step once, while it is theirs, have in common: two nets, and the rollout that they learn from. REINFORCE, A2C and PPO say
// what is to be learnt.
type onPolicy[A int | float32] struct {
	*course[A]
	head          head[A]
	actor, critic stack
	nets          *slab
	play, ask     *pass // over the environments
	learnA        *pass // over a minibatch
	learnC        *pass

	// The rollout: T steps of each environment, step by step.
	T, wide    int
	obs        []float32
	acts       []A
	masks      []bool
	logp       []float64
	values     []float64
	rewards    []float64
	next       []float64 // value of what followed a step: 0 after an end
	last       []bool    // the episode ended with this step
	advantages []float64
	returns    []float64

	rows      []float32 // a minibatch: what was seen,
	rowActs   []A       // what was done,
	rowMasks  []bool    // and could be done,
	rowLogp   []float64 // how probable that is by now,
	rowChange []float64 // log of the ratio to what it was, and the ratio
	rowRatio  []float64
	entropy   []float64
	perm      []int
	places    int // of an action
	codes     int // flags of a mask
}

type netShape struct {
	hidden []int
	relu   bool
}

func newOnPolicy[A int | float32](c *course[A], h head[A], shape netShape, steps, batch int) *onPolicy[A] {
	n, w := c.env.n, c.env.width
	o := &onPolicy[A]{course: c, head: h, wide: w, places: c.env.actions}
	o.actor = stack{sizes: slices.Concat([]int{w}, shape.hidden, []int{h.outputs()}), relu: shape.relu}
	o.critic = stack{sizes: slices.Concat([]int{w}, shape.hidden, []int{1}), relu: shape.relu}
	o.nets = newSlab(h.extra(), &o.actor, &o.critic)
	r := rng.New(rng.Key(c.seed, 3), 0)
	o.actor.init(o.nets.w, r, 0.01)
	o.critic.init(o.nets.w, r, 1)
	at := o.actor.size() + o.critic.size()
	h.start(o.nets.w[at:at+h.extra()], o.nets.g[at:at+h.extra()])
	h.fresh()
	o.weights = o.nets.w
	o.play, o.ask = newPass(&o.actor, n, false), newPass(&o.critic, n, false)
	batch = min(batch, n*steps)
	o.learnA, o.learnC = newPass(&o.actor, batch, true), newPass(&o.critic, batch, true)
	total := n * steps
	o.obs, o.acts = make([]float32, total*w), make([]A, total*o.places)
	if c.env.Masked() {
		o.codes = h.outputs()
		o.masks, o.rowMasks = make([]bool, total*o.codes), make([]bool, batch*o.codes)
	}
	o.logp, o.values, o.rewards, o.next = make([]float64, total), make([]float64, total), make([]float64, total), make([]float64, total)
	o.advantages, o.returns, o.last = make([]float64, total), make([]float64, total), make([]bool, total)
	o.rows, o.rowActs, o.perm = make([]float32, batch*w), make([]A, batch*o.places), make([]int, total)
	o.rowLogp, o.entropy, o.rowChange, o.rowRatio = make([]float64, batch), make([]float64, batch), make([]float64, batch), make([]float64, batch)
	c.visit = func(a *archive) {
		o.nets.archive(a)
		h.archive(a)
		h.fresh()
	}
	return o
}

// mask is that of n steps of the rollout from i on; nil: none.
func (o *onPolicy[A]) mask(i, n int) []bool {
	if o.codes == 0 {
		return nil
	}
	return o.masks[i*o.codes : (i+n)*o.codes]
}

// collect plays so many steps in each environment.
func (o *onPolicy[A]) collect(steps int) bool {
	n, w, p := o.env.n, o.wide, o.places
	o.T = steps
	o.head.fresh()
	for t := range steps {
		at := t * n
		copy(o.obs[at*w:], o.seen)
		out := o.play.forward(o.nets.w, o.seen, n)
		values := o.ask.forward(o.nets.w, o.seen, n)
		for i := range n {
			k := at + i
			if o.codes > 0 {
				o.env.Mask(i, o.mask(k, 1))
			}
			o.values[k] = float64(values[i])
			if t > 0 && !o.last[k-n] { // what followed the step before is what is seen now
				o.next[k-n] = o.values[k]
			}
		}
		acts := o.acts[at*p : (at+n)*p]
		o.head.draw(out, o.play.hidden(), o.mask(at, n), acts, o.logp[at:at+n], o.r)
		o.head.env(o.act, acts)
		if !o.step() {
			return false
		}
		for i := range n {
			k := at + i
			o.rewards[k] = float64(o.b.Reward[i])
			o.last[k] = o.b.Done(i)
			o.next[k] = 0
			if t == steps-1 && !o.last[k] || o.b.Truncated[i] && !o.b.Terminated[i] { // a time limit is no end: what would have come counts
				o.next[k] = float64(o.ask.forward(o.nets.w, o.final[i*w:(i+1)*w], 1)[0])
			}
		}
	}
	return true
}

// estimate fills the advantages, by generalised advantage estimation (Schulman et al., ICLR 2016), and the returns, which are advantages and values.
func (o *onPolicy[A]) estimate(discount, lambda float64) {
	n := o.env.n
	for i := range n {
		sum := 0.0
		for t := o.T - 1; t >= 0; t-- {
			k := t*n + i
			delta := o.rewards[k] + float64(discount*o.next[k]) - o.values[k]
			if o.last[k] {
				sum = 0
			}
			sum = delta + float64(discount*lambda*sum)
			o.advantages[k] = sum
			o.returns[k] = sum + o.values[k]
		}
	}
}

// gather brings the steps of a minibatch together and through both nets, and rates them. It returns what the critic says.
func (o *onPolicy[A]) gather(idx []int) (values []float32) {
	w, p, c, n := o.wide, o.places, o.codes, len(idx)
	for j, k := range idx {
		copy(o.rows[j*w:(j+1)*w], o.obs[k*w:(k+1)*w])
		copy(o.rowActs[j*p:(j+1)*p], o.acts[k*p:(k+1)*p])
	}
	var mask []bool
	if c > 0 {
		mask = o.rowMasks[:n*c]
		for j, k := range idx {
			copy(mask[j*c:(j+1)*c], o.masks[k*c:(k+1)*c])
		}
	}
	o.head.fresh()
	out := o.learnA.forward(o.nets.w, o.rows, n)
	o.head.rate(out, o.learnA.hidden(), mask, o.rowActs[:n*p], o.rowLogp[:n], o.entropy[:n])
	return o.learnC.forward(o.nets.w, o.rows, n)
}

// back walks back through both nets.
func (o *onPolicy[A]) back() {
	o.learnA.backward(o.nets.w, o.nets.g, nil)
	o.learnC.backward(o.nets.w, o.nets.g, nil)
}

// explained is the share of the variance of the returns that the values explain.
func (o *onPolicy[A]) explained() float64 {
	n := o.env.n * o.T
	var sum, sumR, sq, sqR float64
	for k := range n {
		d := o.returns[k] - o.values[k]
		sum += d
		sumR += o.returns[k]
		sq += float64(d * d)
		sqR += float64(o.returns[k] * o.returns[k])
	}
	m := float64(n)
	variance := sqR/m - float64(sumR/m*(sumR/m))
	if !(variance > 0) {
		return 0
	}
	return 1 - (sq/m-float64(sum/m*(sum/m)))/variance
}

// actors freezes both nets.
func (o *onPolicy[A]) actors() (*Actor, *Actor) {
	return actorOf(&o.actor, o.nets.w, o.norm, o.clip), actorOf(&o.critic, o.nets.w, o.norm, o.clip)
}

// scored makes evaluations of what the learner has learnt so far.
func scored[O, A any, P Policy[O, A]](m Maker[O, A], episodes int, policy func() P) func(ctx context.Context, seed uint64) (float64, error) {
	return func(ctx context.Context, seed uint64) (float64, error) {
		s, err := Evaluate(ctx, Policy[O, A](policy()), m, Evaluation{Episodes: episodes, Seed: seed})
		if err != nil {
			return 0, err
		}
		return s.Mean(), nil
	}
}
