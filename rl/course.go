package rl

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Run is what happens beside the learning of a learner with nets. It has no influence on what is learnt, but for which of the policies on the way is returned, and
// how soon the training ends.
type Run struct {
	EvalEvery    int      // steps between evaluations of the greedy policy on environments of its own, after each of which it is kept if it is the best so far: Fit returns the best. 0: none, and Fit returns the last
	EvalEpisodes int      // 0: 10
	Enough       *float64 // the training ends when an evaluation reaches this mean return. nil: it goes on
	Patience     int      // evaluations without a better one after which the training ends. 0: it goes on
	Checkpoint   string   // the file to keep what is needed to go on, and to go on from if it is there. "": none
	Every        int      // steps between checkpoints. 0: 10000
	MemoryDir    string   // a folder in which DQN, SAC and TD3 keep what was seen, in a file that goes when they end: for memories that are larger than the machine's. "": in memory
}

// keeps puts what was seen where the run wants it.
func (r Run) keeps(s *states) error {
	if r.MemoryDir == "" {
		return nil
	}
	return s.onDisk(r.MemoryDir)
}

// counts is what of it has to be the same where a training goes on.
func (r Run) counts() Run { return Run{EvalEvery: r.EvalEvery, EvalEpisodes: r.EvalEpisodes} }

// Point is what a learner noted at one time of its training.
type Point struct {
	Steps, Episodes int
	Return          float64 // mean of the episodes that ended since the point before; that of it, if none did
	Score           float64 // of the last evaluation; 0: none yet
	PolicyLoss      float64
	ValueLoss       float64
	Entropy         float64
	KL              float64 // how far the policy moved in an update, by the estimate (r-1) - log r
	ClipFraction    float64 // of the steps whose ratio left the clip range
	Explained       float64 // variance of the returns that the critic explains
	Alpha           float64 // SAC's temperature, DQN's epsilon
}

// Learning is how a training went.
type Learning struct {
	Points []Point // one a hundredth
	Memory int     // bytes that the memory of steps took, at its largest; 0: the learner has none
}

// course is the outer side of a training with nets: environments and their batch, the budget, what is evaluated, kept and reported. A learner reads like this:
//
//	for t.more() {
//		... fill t.act
//		t.step()
//		... look at t.b
//		if !t.tick() { break }  // where the state is whole: evaluates, keeps, reports
//	}
type course[A int | float32] struct {
	budget
	where string
	env   *VecEnv[A]
	b     *Batch
	act   []A
	src   source
	r     *rand.Rand
	run   Run
	seed  uint64

	norm        *Normalizer // of observations; nil: none
	rewards     *Normalizer // of discounted returns; nil: none
	discounted  []float64
	discount    float64
	seen        []float32 // b.Obs normalised, if there is a norm
	final       []float32
	clip        float32
	lastEval    int
	lastSave    int
	evals       int
	bestEval    int // the evaluation that gave best, the first of equals
	best        float64
	bestWeights []float32
	now         Point
	points      []Point

	config  any
	weights []float32                                               // what an evaluation looks at
	visit   func(a *archive)                                        // the learner's own state
	score   func(ctx context.Context, seed uint64) (float64, error) // of the greedy policy as it is
}

// newCourse resets environments. config is the learner's with its defaults, and without what does not count when it goes on.
func newCourse[A int | float32](ctx context.Context, where string, env *VecEnv[A], steps int, seed uint64, run Run) (*course[A], error) {
	b, err := newBudget(ctx, where, steps, 0)
	if err != nil {
		return nil, err
	}
	switch {
	case run.EvalEvery < 0 || run.EvalEpisodes < 0:
		return nil, ml.BadConfig(where, "Run", fmt.Sprint(run.EvalEvery, ", ", run.EvalEpisodes), "EvalEvery and EvalEpisodes >= 0")
	case run.Patience < 0 || (run.Patience > 0 || run.Enough != nil) && run.EvalEvery == 0:
		return nil, ml.BadConfig(where, "Run.Patience", run.Patience, ">= 0, and EvalEvery above 0 beside it and beside Enough")
	case run.Enough != nil && !(math.Abs(*run.Enough) <= math.MaxFloat64):
		return nil, ml.BadConfig(where, "Run.Enough", *run.Enough, "a finite number")
	case run.Every < 0:
		return nil, ml.BadConfig(where, "Run.Every", run.Every, ">= 0")
	}
	setDefault(&run.EvalEpisodes, 10)
	setDefault(&run.Every, 10_000)
	t := &course[A]{budget: *b, where: where, env: env, b: NewBatch(env.n, env.width), act: make([]A, env.n*env.actions), run: run, seed: seed, best: math.Inf(-1)}
	t.src.state = rng.Key(seed, 0xd11)
	t.r = rand.New(&t.src)
	seeds := make([]uint64, env.n)
	for i := range seeds {
		seeds[i] = rng.Key(seed, 1, uint64(i))
	}
	if run.Checkpoint != "" {
		env.history = make([][]A, env.n)
	}
	t.seen, t.final = t.b.Obs, t.b.Final
	return t, env.Reset(seeds, t.b)
}

// normalize makes the course normalise observations and rewards.
func (t *course[A]) normalize(obs, reward bool, clip float32, discount float64) {
	t.clip = clip
	if obs {
		t.norm = NewNormalizer(t.env.width)
		t.seen, t.final = make([]float32, len(t.b.Obs)), make([]float32, len(t.b.Obs))
	}
	if reward {
		t.rewards, t.discounted, t.discount = NewNormalizer(1), make([]float64, t.env.n), discount
	}
}

// look normalises what the environments show.
func (t *course[A]) look(learn bool) {
	if t.norm == nil {
		return
	}
	w := t.env.width
	for i := range t.env.n {
		if learn {
			t.norm.Update(t.b.Obs[i*w : (i+1)*w])
		}
	}
	t.norm.rows(t.seen, t.b.Obs, t.clip)
	t.norm.rows(t.final, t.b.Final, t.clip)
}

// rows is Apply to rows one after the other.
func (n *Normalizer) rows(dst, obs []float32, clip float32) {
	w := len(n.Mean)
	for i := 0; i < len(obs); i += w {
		n.Apply(dst[i:i+w], obs[i:i+w], clip)
	}
}

// step takes t.act in the environments.
func (t *course[A]) step() bool {
	if err := t.env.Step(t.act, t.b); err != nil {
		t.fail(err)
		return false
	}
	for _, v := range t.b.Final {
		if !(math.Abs(float64(v)) <= math.MaxFloat32) {
			t.fail(&ml.Error{Where: t.where, Field: "the observation", Found: fmt.Sprint(v), Want: "a finite number", Kind: ErrEnv})
			return false
		}
	}
	t.steps += t.env.n
	for i := range t.env.n {
		if r := t.b.Reward[i]; !(math.Abs(float64(r)) <= math.MaxFloat32) {
			t.fail(&ml.Error{Where: t.where, Field: "the reward", Found: fmt.Sprint(r), Want: "a finite number", Kind: ErrEnv})
			return false
		}
		if t.b.Done(i) {
			t.ended += t.b.Return[i]
			t.count++
			t.episodes++
		}
		if t.rewards != nil {
			t.discounted[i] = float64(t.discounted[i]*t.discount) + float64(t.b.Reward[i])
			t.rewards.take(0, t.discounted[i])
			t.rewards.Count++
			v := float32(float64(t.b.Reward[i]) / math.Sqrt(t.rewards.Var[0]+1e-8))
			t.b.Reward[i] = min(max(v, -t.clip), t.clip)
			if t.b.Done(i) {
				t.discounted[i] = 0
			}
		}
	}
	t.look(true)
	return true
}

// tick does what is due between updates: reports, evaluations, checkpoints. It tells whether to go on.
func (t *course[A]) tick() bool {
	if t.err != nil {
		return false
	}
	if e := t.run.EvalEvery; e > 0 && (t.steps-t.lastEval >= e || t.steps >= t.maxSteps && t.lastEval < t.steps) {
		t.lastEval = t.steps
		t.evals++
		score, err := t.score(ml.Quiet(t.ctx), rng.Key(t.seed, 2, uint64(t.evals)))
		if err != nil {
			t.fail(err)
			return false
		}
		t.now.Score, t.valid, t.watched = score, -score, true
		if score > t.best || t.bestEval == 0 {
			t.bestEval = t.evals
		}
		if score >= t.best {
			t.best, t.bestWeights = score, append(t.bestWeights[:0], t.weights...)
		}
	}
	before := len(t.returns)
	on := t.more()
	if t.evals > 0 && (t.run.Enough != nil && t.best >= *t.run.Enough || t.run.Patience > 0 && t.evals-t.bestEval >= t.run.Patience) {
		on, t.stopped = false, true
	}
	if len(t.returns) > before {
		t.now.Steps, t.now.Episodes, t.now.Return = t.steps, t.episodes, t.returns[len(t.returns)-1]
		t.points = append(t.points, t.now)
	}
	if on && t.run.Checkpoint != "" && t.steps-t.lastSave >= t.run.Every {
		t.lastSave = t.steps
		a := &archive{Checkpoint: &Checkpoint{Learner: t.where, Config: t.config}}
		if t.walk(a); t.err == nil {
			if err := a.save(t.run.Checkpoint); err != nil {
				t.fail(err)
			}
		}
	}
	return on && t.err == nil
}

// begin goes on from a checkpoint, if there is one.
func (t *course[A]) begin() error {
	t.look(true)
	if t.run.Checkpoint == "" {
		return nil
	}
	c, err := openCheckpoint(t.where, t.run.Checkpoint, t.config)
	if c == nil || err != nil {
		return err
	}
	a := &archive{Checkpoint: c, reading: true}
	t.walk(a)
	if t.err != nil {
		return t.err
	}
	if a.short || a.f != len(c.Floats) || a.d != len(c.Doubles) || a.i != len(c.Ints) {
		return &ml.Error{Where: t.where, Field: "Run.Checkpoint", Found: "not the state of this learner", Want: "a whole checkpoint", Kind: ml.ErrFormat}
	}
	return nil
}

func (t *course[A]) walk(a *archive) {
	t.budget.archive(a)
	t.b.archive(a)
	if err := t.env.archive(a); err != nil {
		t.fail(err)
		return
	}
	for i := range t.act {
		switch v := any(&t.act[i]).(type) {
		case *int:
			a.int(v)
		case *float32:
			a.floats(any(t.act[i : i+1]).([]float32))
		}
	}
	a.word(&t.src.state)
	t.norm.archive(a)
	t.rewards.archive(a)
	a.doubles(t.discounted)
	if t.norm != nil {
		a.floats(t.seen)
		a.floats(t.final)
	}
	a.int(&t.lastEval, &t.lastSave, &t.evals, &t.bestEval)
	a.double(&t.best)
	n := a.length(len(t.bestWeights))
	if a.reading {
		t.bestWeights = make([]float32, n)
	}
	a.floats(t.bestWeights)
	if n != 0 && n != len(t.weights) {
		a.short = true
	}
	n = a.length(len(t.points))
	if a.reading {
		t.points = make([]Point, n)
	}
	for i := range t.points {
		t.points[i].archive(a)
	}
	t.now.archive(a)
	t.visit(a)
}

func (p *Point) archive(a *archive) {
	a.int(&p.Steps, &p.Episodes)
	a.double(&p.Return, &p.Score, &p.PolicyLoss, &p.ValueLoss, &p.Entropy, &p.KL, &p.ClipFraction, &p.Explained, &p.Alpha)
}

// end gives what Fit ends with, after it has put the best weights in place.
func (t *course[A]) end() (Learning, error) {
	if t.err != nil {
		return Learning{}, t.err
	}
	if len(t.bestWeights) > 0 {
		copy(t.weights, t.bestWeights)
	}
	for _, v := range t.weights {
		if !(math.Abs(float64(v)) <= math.MaxFloat32) {
			return Learning{}, &ml.Error{Where: t.where, Field: "the weights", Found: "not finite", Want: "a smaller LearningRate", Kind: ml.ErrNotFinite}
		}
	}
	return Learning{Points: slices.Clone(t.points)}, nil
}

func tanhOf(x []float32) { kern.Tanh(x, x) }

// common is what the configs of learners with nets are checked for.
type common struct {
	where string
	err   error
}

func (c *common) need(ok bool, field string, found any, want string) {
	if !ok && c.err == nil {
		c.err = ml.BadConfig(c.where, field, found, want)
	}
}

func (c *common) hidden(h []int) {
	total := 0
	for _, n := range h {
		c.need(n >= 1 && n <= 1<<14, "Hidden", h, "layers of 1 to 16384 units")
		total += n
	}
	c.need(len(h) <= 64 && total <= 1<<20, "Hidden", len(h), "at most 64 layers")
}

// finite01 is for shares.
func (c *common) share(v float64, field string) { c.need(v >= 0 && v <= 1, field, v, "0..1") }

func (c *common) positive(v float64, field string) {
	c.need(v > 0 && v <= math.MaxFloat64, field, v, "above 0 and finite")
}

func (c *common) count(v int, most int, field string) {
	c.need(v >= 1 && v <= most, field, v, fmt.Sprintf("1..%d", most))
}

// bounds of actions that are numbers; squashing needs finite ones.
func boundsOf(where string, space any, finite bool) (lo, hi []float32, err error) {
	box, ok := space.(Box)
	if !ok || len(box.Lo) == 0 {
		return nil, nil, &ml.Error{Where: where, Field: "Spec.Act", Found: fmt.Sprint(space), Want: "a Box", Kind: ErrEnv}
	}
	for i := range box.Lo {
		if finite && !(math.Abs(float64(box.Lo[i])) <= math.MaxFloat32 && math.Abs(float64(box.Hi[i])) <= math.MaxFloat32) {
			return nil, nil, &ml.Error{Where: where, Field: "Spec.Act", Found: fmt.Sprint(box), Want: "finite bounds", Kind: ErrEnv}
		}
	}
	return slices.Clone(box.Lo), slices.Clone(box.Hi), nil
}
