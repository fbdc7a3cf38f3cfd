package nn

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/tensor"
)

// Training is how a net learns: plain data.
type Training struct {
	Loss       Loss      // nil is an error
	Optimizer  Optimizer // nil: Adam{}
	Schedule   Schedule  // nil: the learning rate stays
	TotalSteps int       // what the schedule is told about the length. 0: not known
	ClipNorm   float64   // gradients are scaled down to this norm, of all parameters together. 0: no clipping
	ClipValue  float64   // every gradient is cut at plus and minus this. 0: no clipping
	MaxNorm    float64   // the weights that enter a unit (a column) are scaled down to this norm after every step. 0: no limit
	Accumulate int       // batches whose gradients are averaged for one step. 0: 1
	EMA        float64   // decay of an exponential moving average of the weights, see Trainer.UseAverage. 0: none
	L2         float64   // this times the weights is added to their gradients, whatever the optimiser; biases and norms are left alone. 0: none
	SWAStart   int       // the step from which weights are averaged alike (Izmailov et al., UAI 2018), instead of EMA. 0: none

	whole bool // gradients are gathered and no step is made: L-BFGS
}

// Trainer trains a net. It holds what an optimiser remembers; one goroutine may use it at a time. From the second batch of a shape on,
// Step allocates nothing on one core (on several, what sharing the work costs).
type Trainer struct {
	net      *Net
	cfg      Training
	ctx      *Ctx
	slots    [3]compute.Buf
	average  compute.Buf
	held     compute.Buf // the states before a step, for when nothing comes of it
	averaged int
	step     int // steps made
	batches  int // since the last step
	scale    float64
	x, y, w  *Var
	value    [1]float64 // of the loss: on the stack it would not stay, as an Engine is an interface
	upd      Update
	room     []float64 // for MaxNorm
	fn       func(c *Ctx) *Var
}

// NewTrainer makes a trainer of a net.
func NewTrainer(net *Net, cfg Training) (*Trainer, error) {
	const where = "nn.NewTrainer"
	if net == nil {
		return nil, ml.BadConfig(where, "net", "nil", "a net, from New")
	}
	if cfg.Optimizer == nil {
		cfg.Optimizer = Adam{}
	}
	if err := checkOptimizer(where, cfg.Optimizer); err != nil {
		return nil, err
	}
	if _, is := cfg.Optimizer.(LBFGS); is {
		return nil, ml.BadConfig(where, "Optimizer", "nn.LBFGS", "one that steps by batches; LBFGS is for MLPClassifier and its kin, which hand it the whole set")
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"ClipNorm", cfg.ClipNorm}, {"ClipValue", cfg.ClipValue}, {"MaxNorm", cfg.MaxNorm}, {"L2", cfg.L2}, {"Accumulate", float64(cfg.Accumulate)}, {"SWAStart", float64(cfg.SWAStart)}} {
		if !(f.value >= 0) {
			return nil, ml.BadConfig(where, f.name, f.value, ">= 0")
		}
	}
	if !(cfg.EMA >= 0 && cfg.EMA < 1) {
		return nil, ml.BadConfig(where, "EMA", cfg.EMA, "0 <= EMA < 1")
	}
	if cfg.EMA > 0 && cfg.SWAStart > 0 {
		return nil, ml.BadConfig(where, "SWAStart", cfg.SWAStart, "0 beside EMA: one average")
	}
	t := &Trainer{net: net, cfg: cfg, ctx: net.newCtx(), scale: 1}
	t.held = net.engine.New(net.states.Len())
	for i := range cfg.Optimizer.Slots() {
		t.slots[i] = net.engine.New(net.weights.Len())
	}
	if cfg.EMA > 0 || cfg.SWAStart > 0 {
		t.average = net.engine.New(net.weights.Len())
		net.engine.Copy(t.average, net.weights)
	}
	t.fn = t.supervised
	return t, nil
}

// Steps is the number of steps made.
func (t *Trainer) Steps() int { return t.step }

// ScaleRate multiplies the learning rate of the steps to come, beside the schedule: what a plateau asks for.
func (t *Trainer) ScaleRate(by float64) { t.scale *= by }

// LearningRate is that of the next step.
func (t *Trainer) LearningRate() float64 {
	lr := t.cfg.Optimizer.Rate() * t.scale
	if t.cfg.Schedule != nil {
		lr *= t.cfg.Schedule.Factor(t.step, t.cfg.TotalSteps)
	}
	return lr
}

// Step learns from a batch: x has an input a row, y a target a row, weight what each row counts (none: 1). It returns the loss before
// the step. A loss that is not finite is an error, and weights and states are left as they were.
func (t *Trainer) Step(x, y *tensor.Tensor[float32], weight ...float32) (float64, error) {
	const where = "nn.Trainer.Step"
	if t.cfg.Loss == nil {
		return 0, ml.BadConfig(where, "Loss", "nil", "a loss, or Learn with one of your own")
	}
	var roomX, roomY [maxAxes]int
	xs, ys := x.AppendShape(roomX[:0]), y.AppendShape(roomY[:0])
	if err := t.net.check(where, xs); err != nil {
		return 0, err
	}
	if len(ys) == 0 || ys[0] != xs[0] {
		return 0, ml.BadShape(where, "y", fmt.Sprintf("of shape %v", slices.Clone(ys)), fmt.Sprintf("%d rows, as x has", xs[0]))
	}
	if weight != nil && len(weight) != xs[0] {
		return 0, ml.BadShape(where, "weight", fmt.Sprintf("%d numbers", len(weight)), fmt.Sprintf("%d, one for each row", xs[0]))
	}
	return t.stepOn(x.Data(), xs, y.Data(), ys, weight)
}

func (t *Trainer) stepOn(x []float32, xs []int, y []float32, ys []int, weight []float32) (loss float64, err error) {
	defer catch(&err)
	t.freeze()
	c := t.ctx
	c.step = uint64(t.step*max(t.cfg.Accumulate, 1) + t.batches)
	if weight == nil {
		c.begin(true, xs, ys)
	} else {
		one := [1]int{len(weight)}
		c.begin(true, xs, ys, one[:])
	}
	t.x, t.y, t.w = c.inputOf(x, xs), c.inputOf(y, ys), nil
	if weight != nil {
		one := [1]int{len(weight)}
		t.w = c.inputOf(weight, one[:])
	}
	return t.learn(t.fn)
}

// freeze spares frozen parameters, and all that leads to nothing else, their gradients: what is wanted is settled when a pass is recorded.
func (t *Trainer) freeze() {
	changed := false
	for _, p := range t.net.book.params {
		if p.v.learns == p.Frozen {
			p.v.learns, changed = !p.Frozen, true
		}
	}
	if changed {
		t.ctx.plans = nil
	}
}

// supervised is the loss of the batch that is in place.
func (t *Trainer) supervised(c *Ctx) *Var {
	return lossOf(c, t.cfg.Loss, t.net.Module.Forward(c, t.x), t.y, t.w)
}

// lossOf joins the losses of rows to their weighted mean.
func lossOf(c *Ctx, l Loss, pred, y, w *Var) *Var {
	rows := l.Rows(c, pred, y)
	var mass *Var
	if m, ok := l.(Masser); ok {
		mass = m.Mass(c, pred, y)
	}
	if mass == nil && w == nil {
		return c.Mean(rows)
	}
	if len(rows.shape) > 1 {
		rows = c.Reshape(rows, -1)
	}
	if w != nil && w.Len() != rows.Len() { // a row of the batch may hold several
		if rows.Len()%w.Len() != 0 {
			c.Fail(misfit("the weights", fmt.Sprintf("%d numbers", w.Len()), fmt.Sprintf("as many as the loss has rows, %d, or a divisor of it", rows.Len())))
		}
		w = Apply(c, repeatOp{rows.Len() / w.Len()}, w)
	}
	if mass == nil {
		return c.Div(c.Sum(c.Mul(rows, w)), c.Sum(w))
	}
	if w == nil {
		return c.Div(c.Sum(rows), c.Sum(mass)) // the loss of a row counts its mass already
	}
	return c.Div(c.Sum(c.Mul(rows, w)), c.Sum(c.Mul(mass, w)))
}

// repeatOp repeats every number.
type repeatOp struct{ times int }

func (o repeatOp) Shape(in [][]int) ([]int, error) { return []int{size(in[0]) * o.times}, nil }

func (o repeatOp) Forward(n *Node) {
	if n.ints == nil {
		n.ints = [][]int{{n.In(0).Len(), o.times}, {o.times, 1}, {1, 0}}
	}
	n.Engine().Move(n.ints[0], n.Out().value, n.ints[1], n.In(0).value, n.ints[2], false)
}

func (o repeatOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		if !add {
			n.Engine().Fill(g, 0)
		}
		n.Engine().Move(n.ints[0], g, n.ints[2], n.OutGrad(), n.ints[1], true)
	}
}

// Learn makes a step on a loss of the caller's own, which f computes in a pass over the net: it brings its data with Ctx.Input, calls
// the net with Ctx.Net and returns one number. key tells passes of different shapes apart: their lengths, say.
func (t *Trainer) Learn(f func(c *Ctx) *Var, key ...int) (loss float64, err error) {
	defer catch(&err)
	t.freeze()
	t.ctx.step = uint64(t.step*max(t.cfg.Accumulate, 1) + t.batches)
	t.ctx.begin(true, key)
	return t.learn(f)
}

// Net passes a value through the net that is trained.
func (c *Ctx) Net(n *Net, x *Var) *Var {
	if n.book != c.book {
		c.Fail(misfit("Ctx.Net", "another net", "the net of the trainer"))
	}
	return n.Module.Forward(c, x)
}

func (t *Trainer) learn(f func(c *Ctx) *Var) (float64, error) {
	const where = "nn.Trainer"
	c, n := t.ctx, t.net
	c.e.Copy(t.held, n.states)
	loss := f(c)
	value := &t.value
	value[0] = 0
	if loss.Len() == 1 {
		c.e.GetWide(value[:], loss.value)
	}
	if !(math.Abs(value[0]) <= math.MaxFloat64) {
		if err := n.fault(where); err != nil {
			return value[0], err
		}
		c.e.Copy(n.states, t.held) // running means would stay NaN for good
		return value[0], &ml.Error{Where: where, Field: fmt.Sprintf("the loss of step %d", t.step+1), Found: fmt.Sprint(value[0]), Want: "a finite number: a smaller learning rate, clipping, or finite data", Kind: ml.ErrNotFinite}
	}
	for _, p := range n.book.params {
		p.v.written = t.batches > 0
	}
	c.backward(loss)
	for _, p := range n.book.params {
		if !p.v.written { // nothing depended on it
			c.e.Fill(p.v.grad, 0)
		}
	}
	t.batches++
	if t.cfg.whole || t.batches < max(t.cfg.Accumulate, 1) {
		return value[0], nil
	}
	return value[0], t.apply()
}

// apply moves the weights by what has been gathered.
func (t *Trainer) apply() error {
	e, n := t.net.engine, t.net
	if t.batches > 1 {
		e.Axpby(1/float64(t.batches), n.grads, 0, n.grads)
	}
	t.batches = 0
	if t.cfg.L2 > 0 {
		for _, p := range n.book.params {
			if p.Decay && !p.Frozen {
				e.Axpby(t.cfg.L2, p.v.value, 1, p.v.grad)
			}
		}
	}
	if v := t.cfg.ClipValue; v > 0 {
		e.Map(compute.Func{Kind: compute.Clamp, A: -v, B: v}, n.grads, n.grads)
	}
	if t.cfg.ClipNorm > 0 {
		norm := math.Sqrt(e.SumSq(n.grads))
		if !(norm <= math.MaxFloat64) {
			if err := n.fault("nn.Trainer"); err != nil {
				return err
			}
			return &ml.Error{Where: "nn.Trainer", Field: fmt.Sprintf("the gradient of step %d", t.step+1), Found: "of no finite norm", Want: "finite gradients", Kind: ml.ErrNotFinite}
		}
		if norm > t.cfg.ClipNorm {
			e.Axpby(t.cfg.ClipNorm/(norm+1e-6), n.grads, 0, n.grads)
		}
	}
	t.update(t.LearningRate())
	t.step++
	if t.cfg.MaxNorm > 0 {
		t.limit()
	}
	for _, p := range n.book.params {
		p.masked()
	}
	switch {
	case t.cfg.EMA > 0:
		d := min(t.cfg.EMA, float64(1+t.step)/float64(10+t.step)) // young averages forget faster
		e.Axpby(1-d, n.weights, d, t.average)
	case t.cfg.SWAStart > 0 && t.step >= t.cfg.SWAStart:
		t.averaged++
		k := 1 / float64(t.averaged)
		e.Axpby(k, n.weights, 1-k, t.average)
	}
	return nil
}

// update runs the optimiser over stretches of parameters with equal settings.
func (t *Trainer) update(lr float64) {
	n := t.net
	_, single := t.cfg.Optimizer.(PerParam)
	params := n.book.params
	at := 0
	for i := 0; i < len(params); {
		p := params[i]
		start := at
		for ; i < len(params); i++ {
			q := params[i]
			if q.Frozen != p.Frozen || q.Decay != p.Decay || orOne(q.Rate) != orOne(p.Rate) || single && q != p {
				break
			}
			at += aligned(q.v.Len())
		}
		if p.Frozen {
			continue
		}
		u := &t.upd
		*u = Update{Engine: n.engine, W: n.weights.Part(start, at), G: n.grads.Part(start, at), LR: lr * orOne(p.Rate), Decays: p.Decay, Step: t.step + 1}
		for k := range t.cfg.Optimizer.Slots() {
			u.Slots[k] = t.slots[k].Part(start, at)
		}
		t.cfg.Optimizer.Update(u)
	}
}

// limit scales columns of weights down to MaxNorm.
func (t *Trainer) limit() {
	for _, p := range t.net.book.params {
		if !p.Decay || len(p.Shape) < 2 || p.Frozen {
			continue
		}
		cols := p.Shape[len(p.Shape)-1]
		if len(t.room) < p.v.Len() {
			t.room = make([]float64, p.v.Len())
		}
		w := t.room[:p.v.Len()]
		t.net.engine.GetWide(w, p.v.value)
		for j := range cols {
			sum := 0.0
			for i := j; i < len(w); i += cols {
				sum += float64(w[i] * w[i])
			}
			if norm := math.Sqrt(sum); norm > t.cfg.MaxNorm {
				for i := j; i < len(w); i += cols {
					w[i] *= t.cfg.MaxNorm / norm
				}
			}
		}
		t.net.engine.PutWide(p.v.value, w)
	}
}

// UseAverage swaps the weights of the net with their average, and back when called again. It does nothing without EMA or SWAStart, or
// before the first step that counts.
func (t *Trainer) UseAverage() {
	if t.average.Len() == 0 || t.cfg.SWAStart > 0 && t.averaged == 0 {
		return
	}
	e := t.net.engine
	held := e.New(t.average.Len())
	e.Copy(held, t.net.weights)
	e.Copy(t.net.weights, t.average)
	e.Copy(t.average, held)
}

// Loss is the loss of a batch without learning from it, in passes that are no training.
func (t *Trainer) Loss(x, y *tensor.Tensor[float32], weight ...float32) (loss float64, err error) {
	const where = "nn.Trainer.Loss"
	if err := t.net.check(where, x.Shape()); err != nil {
		return 0, err
	}
	if t.cfg.Loss == nil {
		return 0, ml.BadConfig(where, "Loss", "nil", "a loss")
	}
	defer catch(&err)
	c := t.ctx
	c.begin(false, x.Shape(), y.Shape(), []int{len(weight)})
	xv, yv := c.Input(x), c.Input(y)
	var w *Var
	if len(weight) > 0 {
		w = c.inputOf(weight, []int{len(weight)})
	}
	v := lossOf(c, t.cfg.Loss, t.net.Module.Forward(c, xv), yv, w)
	var out [1]float64
	c.e.GetWide(out[:], v.value)
	return out[0], nil
}

// Batch is what a loader hands out: an input, a target and perhaps a weight for each row.
type Batch struct {
	X, Y   *tensor.Tensor[float32]
	Weight []float32 // nil: 1
	Epoch  int       // from 0
}

// StepInfo is one step of Trainer.Run.
type StepInfo struct {
	Step  int // steps made, this one among them
	Epoch int // from 0
	Loss  float64
	LR    float64
}

// Run steps through batches, of Loader.Epoch, Loader.All or an iterator of one's own, and yields after each, for loops of one's own:
//
//	for step, err := range trainer.Run(ctx, loader.All()) {
//		if err != nil { ... }
//		if step.Step == 1000 { break }
//	}
//
// It ends with the batches, with an error, or when ctx does, which is an error too.
func (t *Trainer) Run(ctx context.Context, batches iter.Seq2[*Batch, error]) iter.Seq2[StepInfo, error] {
	return func(yield func(StepInfo, error) bool) {
		for b, err := range batches {
			if err == nil {
				err = ml.Done(ctx)
			}
			if err != nil {
				yield(StepInfo{Step: t.step}, err)
				return
			}
			lr := t.LearningRate()
			loss, err := t.Step(b.X, b.Y, b.Weight...)
			if !yield(StepInfo{Step: t.step, Epoch: b.Epoch, Loss: loss, LR: lr}, err) || err != nil {
				return
			}
		}
	}
}
