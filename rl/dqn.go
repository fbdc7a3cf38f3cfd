package rl

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func init() { ml.RegisterConfig[DQN]("rl.DQN") }

// DQN is deep Q-learning (Mnih et al., Nature 518 (2015)): a net learns what each action is worth, from a memory of steps, towards a copy of itself that lags behind.
// With Double the online net chooses and the copy values (van Hasselt, Guez and Silver, AAAI 2016); with Dueling the net gives the value of the state and the
// advantages of actions (Wang et al., ICML 2016); NStep looks several steps ahead; Prioritized replays surprising steps more (Schaul et al., ICLR 2016); Hindsight is
// for environments with goals ([Goals]). Actions that an environment masks are neither taken nor valued.
//
// Losses are Huber's, gradients are clipped. Time limits are no ends: what would have come counts. What is random: the weights, exploration, the draws from memory and
// the episodes, all from Seed. The same bytes come out on any number of cores; an update allocates nothing on one core.
type DQN struct {
	Steps         int     // of all environments together. 0: 100000
	Envs          int     // environments that play side by side. 0: 1
	Hidden        []int   // nil: 64, 64
	LearningRate  float64 // 0: 0.0001
	Buffer        int     // steps in memory. 0: 100000
	Start         int     // steps before learning begins. 0: 1000
	BatchSize     int     // 0: 64
	Discount      float64 // 0: 0.99
	TrainEvery    int     // steps between bouts of learning. 0: 4
	Updates       int     // in a bout. 0: 1
	TargetEvery   int     // steps between copies to the target net. 0: 1000
	Tau           float64 // share of the way that the target net then goes. 0: 1
	Explore       float64 // share of the training over which epsilon falls from 1. 0: 0.1
	Epsilon       float64 // where it ends. 0: 0.05
	ClipNorm      float64 // of the gradients. 0: 10
	Double        bool
	Dueling       bool
	NStep         int // 0: 1
	Prioritized   bool
	Priority      float64 // Prioritized: power of the error, 0..1. 0: 0.6
	PriorityStart float64 // power of the correction for it, to begin with; it rises to 1. 0: 0.4
	Hindsight     int     // goals of hindsight for each step. 0: none
	Seed          uint64
	Run           Run
}

var _ ml.Fitter[Maker[[]float32, int], *DiscretePolicy] = DQN{}

func (c DQN) complete(where string) (DQN, error) {
	setDefault(&c.Steps, defaultSteps)
	setDefault(&c.Envs, 1)
	if c.Hidden == nil {
		c.Hidden = []int{64, 64}
	}
	setDefault(&c.LearningRate, 1e-4)
	setDefault(&c.Buffer, 100_000)
	setDefault(&c.Start, 1000)
	setDefault(&c.BatchSize, 64)
	setDefault(&c.Discount, 0.99)
	setDefault(&c.TrainEvery, 4)
	setDefault(&c.Updates, 1)
	setDefault(&c.TargetEvery, 1000)
	setDefault(&c.Tau, 1)
	setDefault(&c.Explore, 0.1)
	setDefault(&c.Epsilon, 0.05)
	setDefault(&c.ClipNorm, 10)
	setDefault(&c.NStep, 1)
	setDefault(&c.Priority, 0.6)
	setDefault(&c.PriorityStart, 0.4)
	k := common{where: where}
	k.count(c.Steps, math.MaxInt, "Steps")
	k.count(c.Envs, 1<<16, "Envs")
	k.hidden(c.Hidden)
	k.positive(c.LearningRate, "LearningRate")
	k.count(c.Buffer, 1<<28, "Buffer")
	k.count(c.Start, math.MaxInt, "Start")
	k.count(c.BatchSize, 1<<20, "BatchSize")
	k.share(c.Discount, "Discount")
	k.count(c.TrainEvery, math.MaxInt, "TrainEvery")
	k.count(c.Updates, math.MaxInt, "Updates")
	k.count(c.TargetEvery, math.MaxInt, "TargetEvery")
	k.share(c.Tau, "Tau")
	k.share(c.Explore, "Explore")
	k.share(c.Epsilon, "Epsilon")
	k.positive(c.ClipNorm, "ClipNorm")
	k.count(c.NStep, 1<<16, "NStep")
	k.share(c.Priority, "Priority")
	k.share(c.PriorityStart, "PriorityStart")
	k.need(c.Hindsight >= 0 && c.Hindsight <= 1<<10, "Hindsight", c.Hindsight, "0..1024")
	k.need(c.Hindsight == 0 || c.NStep == 1, "Hindsight", c.Hindsight, "NStep 1 beside it: later goals change what the steps between earned")
	return c, k.err
}

// dqn is the state of the learner.
type dqn struct {
	*course[int]
	c               DQN
	net             stack
	q               *slab
	target          []float32
	play            *pass
	here, there     *pass // the batch, and what followed it
	memory          *stepMemory[int]
	later           *hindsight[int]
	rows, next      []float32
	idx             []int
	weight          []float32
	mask            []bool
	actions         int
	sinceTarget     int
	sinceTrain      int
	seen            []float32 // before the step
	values, values2 []float32
}

// Fit plays and learns. Info.Iterations counts the steps, Info.Loss is minus the mean return of the episodes of each hundredth.
func (c DQN) Fit(ctx context.Context, m Maker[[]float32, int]) (*DiscretePolicy, error) {
	const where = "rl.DQN.Fit"
	c, err := c.complete(where)
	if err != nil {
		return nil, err
	}
	env, d, err := discreteEnvs(where, m, c.Envs)
	if err != nil {
		return nil, err
	}
	t, err := newCourse(ctx, where, env, c.Steps, c.Seed, c.Run)
	if err != nil {
		return nil, err
	}
	q, err := newDQN(t, c, d.N)
	if err != nil {
		return nil, err
	}
	defer q.memory.states.close()
	policy := func() *DiscretePolicy {
		a := actorOf(&q.net, q.q.w, nil, 0)
		a.Dueling = c.Dueling
		return &DiscretePolicy{Actor: a, Start: d.Start}
	}
	t.score = scored(m, t.run.EvalEpisodes, policy)
	if err := t.begin(); err != nil {
		return nil, err
	}
	for t.more() {
		q.explore(d.Start)
		if !t.step() {
			break
		}
		q.remember(d.Start)
		if q.sinceTrain += env.n; q.sinceTrain >= c.TrainEvery && t.steps > c.Start {
			q.sinceTrain = 0
			for range c.Updates {
				q.update()
			}
		}
		if q.sinceTarget += env.n; q.sinceTarget >= c.TargetEvery {
			q.sinceTarget = 0
			pursue(q.target, q.q.w, c.Tau)
		}
		if err := q.memory.states.err; err != nil {
			t.fail(err)
		}
		if !t.tick() {
			break
		}
	}
	l, err := t.end()
	if err != nil {
		return nil, err
	}
	l.Memory = q.memory.bytes()
	p := policy()
	p.tell(c, l, t.info())
	return p, nil
}

func newDQN(t *course[int], c DQN, actions int) (*dqn, error) {
	env := t.env
	q := &dqn{course: t, c: c, actions: actions}
	outputs := actions
	if c.Dueling {
		outputs++
	}
	q.net = stack{sizes: slices.Concat([]int{env.width}, c.Hidden, []int{outputs}), relu: true}
	q.q = newSlab(0, &q.net)
	q.net.init(q.q.w, rng.New(rng.Key(c.Seed, 3), 0), 0)
	q.target = kern.Aligned[float32](len(q.q.w))
	copy(q.target, q.q.w)
	t.weights = q.q.w
	q.play = newPass(&q.net, env.n, false)
	q.here, q.there = newPass(&q.net, c.BatchSize, true), newPass(&q.net, c.BatchSize, false)
	codes := 0
	if env.Masked() {
		codes = actions
	}
	q.memory = newStepMemory[int](c.Buffer, env.n, env.width, 1, codes, c.NStep, c.Discount)
	q.memory.limit = actions
	if c.Prioritized {
		q.memory.tree, q.memory.alpha = newSumTree(c.Buffer), c.Priority
	}
	var err error
	if q.later, err = newHindsight(t, c.Hindsight, q.memory); err != nil {
		return nil, err
	}
	if err := t.run.keeps(q.memory.states); err != nil {
		return nil, err
	}
	q.rows, q.next = make([]float32, c.BatchSize*env.width), make([]float32, c.BatchSize*env.width)
	q.idx, q.weight, q.mask = make([]int, c.BatchSize), make([]float32, c.BatchSize), make([]bool, actions)
	q.seen = make([]float32, len(t.seen))
	q.values, q.values2 = make([]float32, actions), make([]float32, actions)
	c.Run = t.run.counts()
	t.config = c
	t.visit = func(a *archive) {
		q.q.archive(a)
		a.floats(q.target)
		q.memory.archive(a)
		if q.later != nil {
			q.later.archive(a)
		}
		a.int(&q.sinceTarget, &q.sinceTrain)
	}
	return q, nil
}

// newHindsight makes hindsight of environments with goals; nil: none is wanted.
func newHindsight[A int | float32](t *course[A], times int, room *stepMemory[A]) (*hindsight[A], error) {
	if times == 0 {
		return nil, nil
	}
	if t.env.goals == nil {
		return nil, &ml.Error{Where: t.where, Field: "Hindsight", Found: "an environment without goals", Want: "one that implements Goals", Kind: ErrEnv}
	}
	from, to, n := t.env.goals.Goal()
	if from < 0 || to < 0 || n < 1 || from > t.env.width-n || to > t.env.width-n {
		return nil, &ml.Error{Where: t.where, Field: "Goals", Found: "outside of the observation", Want: "stretches of it", Kind: ErrEnv}
	}
	return &hindsight[A]{times: times, goals: t.env.goals, episode: make([][]transition[A], t.env.n), room: room}, nil
}

// valuesOf are those of the actions, of a row that came out of the net.
func (q *dqn) valuesOf(dst, out []float32) []float32 {
	if q.c.Dueling {
		return duel(dst, out[0], out[1:])
	}
	return out
}

// explore chooses at random with a probability that falls.
func (q *dqn) explore(start int) {
	t, n := q.course, q.env.n
	epsilon := q.c.Epsilon
	if over := q.c.Explore; over > 0 && t.progress() < over {
		epsilon = 1 + (q.c.Epsilon-1)*t.progress()/over
	}
	t.now.Alpha = epsilon
	copy(q.seen, t.seen)
	wide := q.net.sizes[q.net.layers()]
	out := q.play.forward(q.q.w, t.seen, n)
	for i := range n {
		q.env.Mask(i, q.mask)
		a := 0
		if t.r.Float64() < epsilon {
			a = pick(q.mask, t.r.IntN(max(1, countOf(q.mask))))
		} else {
			a = bestOf(q.valuesOf(q.values, out[i*wide:(i+1)*wide]), q.mask)
		}
		t.act[i] = max(a, 0) + start
	}
}

func countOf(mask []bool) int {
	n := 0
	for _, v := range mask {
		if v {
			n++
		}
	}
	return n
}

// pick is the k-th place that is true.
func pick(mask []bool, k int) int {
	for i, v := range mask {
		if v {
			if k == 0 {
				return i
			}
			k--
		}
	}
	return -1
}

// remember puts what the step led to into memory.
func (q *dqn) remember(start int) {
	t, w := q.course, q.env.width
	for i := range q.env.n {
		act := [1]int{t.act[i] - start}
		if q.memory.codes > 0 {
			if q.env.Mask(i, q.mask); t.b.Done(i) { // the mask is that of the next episode already
				for k := range q.mask {
					q.mask[k] = true
				}
			}
		}
		obs, final := q.seen[i*w:(i+1)*w], t.final[i*w:(i+1)*w]
		if q.later != nil {
			q.later.add(i, obs, act[:], float64(t.b.Reward[i]), final, q.mask, t.b.Terminated[i], t.b.Done(i), t.r)
		} else {
			q.memory.add(i, obs, act[:], float64(t.b.Reward[i]), final, q.mask, t.b.Terminated[i], t.b.Done(i))
		}
	}
}

// update draws a batch and learns from it.
func (q *dqn) update() {
	if q.memory.size == 0 {
		return
	}
	beta := q.c.PriorityStart + (1-q.c.PriorityStart)*q.progress()
	q.memory.draw(q.idx, q.weight, beta, q.r)
	q.memory.gather(q.idx, q.rows, q.next)
	q.learn()
}

// learn learns from the batch.
func (q *dqn) learn() {
	m, n, wide := q.memory, len(q.idx), q.net.sizes[q.net.layers()]
	ahead := q.there.forward(q.target, q.next, n)
	var choose []float32
	if q.c.Double {
		choose = q.here.forward(q.q.w, q.next, n)
	}
	want := q.here.d[q.net.layers()-1][:n*wide]
	for k, i := range q.idx { // the targets wait in the first number of each row of gradients
		var mask []bool
		if m.codes > 0 {
			mask = m.masks[i*m.codes : (i+1)*m.codes]
		}
		v := q.valuesOf(q.values, ahead[k*wide:(k+1)*wide])
		by := v
		if q.c.Double {
			by = q.valuesOf(q.values2, choose[k*wide:(k+1)*wide])
		}
		y := m.reward[i]
		if best := bestOf(by, mask); best >= 0 {
			y += float32(m.keep[i] * v[best])
		}
		want[k*wide] = y
	}
	out := q.here.forward(q.q.w, q.rows, n)
	d := q.here.out()
	loss := 0.0
	for k, i := range q.idx {
		y, a, row := d[k*wide], m.acts[i], d[k*wide:(k+1)*wide]
		v := q.valuesOf(q.values, out[k*wide:(k+1)*wide])
		e := v[a] - y
		m.learnt(i, float64(e))
		g := min(max(e, -1), 1) // Huber's loss
		loss += float64(q.weight[k]) * (float64(float64(g)*float64(e)) - float64(0.5*float64(g)*float64(g)))
		g *= q.weight[k] / float32(n)
		clear(row)
		if !q.c.Dueling {
			row[a] = g
			continue
		}
		row[0] = g
		for j := range q.actions {
			row[1+j] = -g / float32(q.actions)
		}
		row[1+a] += g
	}
	q.now.ValueLoss = loss / float64(n)
	q.here.backward(q.q.w, q.q.g, nil)
	q.q.clip(q.c.ClipNorm)
	q.q.adam(q.c.LearningRate, 1e-8)
}
