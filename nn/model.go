package nn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// lesson is how a front end learns from a table: what its config says, resolved.
type lesson struct {
	where     string
	module    Module
	in        []int // the shape of a row as the module sees it
	loss      Loss
	optimizer Optimizer
	schedule  Schedule
	epochs    int
	batch     int
	patience  int
	noChange  int
	tol       float64
	alpha     float64
	clip      float64
	seed      uint64
}

// taught is a table with targets as numbers.
type taught struct {
	ml.Table
	y   []float32 // nil: the rows themselves
	out []int
}

// data are the rows of positive weight.
func (l *lesson) data(t taught) *tableData {
	d := &tableData{x: rows.Of(t.X), in: l.in, y: t.y, out: t.out, weight: t.Weight}
	for i := range d.x.Len() {
		if t.Weight == nil || t.Weight[i] > 0 {
			d.keep = append(d.keep, i)
		}
	}
	if d.weight != nil && !slices.ContainsFunc(d.keep, func(i int) bool { return d.weight[i] != 1 }) {
		d.weight = nil
	}
	return d
}

// learn fits a net. from, if there is one, are weights to begin with.
func (l *lesson) learn(ctx context.Context, t taught, valid *taught, from *Net) (*Net, ml.Info, error) {
	var info ml.Info
	if err := ml.Done(ctx); err != nil {
		return nil, info, err
	}
	if l.patience > 0 && valid == nil {
		return nil, info, ml.BadConfig(l.where, "Patience", l.patience, "0 without Valid, the rows to watch; selection.HoldOut makes them")
	}
	net, err := New(l.module, l.in, l.seed)
	if err != nil {
		return nil, info, l.named(err)
	}
	if from != nil {
		net.bring(net.weights, from.weights, from.engine)
		net.bring(net.states, from.states, from.engine)
	}
	d := l.data(t)
	info.Rows, info.Features = t.X.Dims()
	if o, ok := l.optimizer.(LBFGS); ok {
		if valid != nil && l.patience > 0 {
			return nil, info, ml.BadConfig(l.where, "Patience", l.patience, "0 with LBFGS, which looks at the whole set")
		}
		return net, info, l.named(l.whole(ctx, net, d, o, &info))
	}
	batch := l.batch
	if batch == 0 {
		batch = min(200, max(wideBatch/info.Features, 16))
	}
	cfg := FitConfig{Training: Training{Loss: l.loss, Optimizer: l.optimizer, Schedule: l.schedule, ClipNorm: l.clip, L2: l.alpha / float64(len(d.keep))}, Epochs: l.epochs, Patience: l.patience}
	settled, best, since := false, math.MaxFloat64, 0
	if l.noChange > 0 {
		cfg.Callbacks = append(cfg.Callbacks, CallbackFunc(func(_ *Trainer, e Epoch) error {
			if since++; e.Loss < best-l.tol {
				since = 0
			}
			best = min(best, e.Loss)
			if since >= l.noChange {
				settled = true
				return ml.Stop
			}
			return nil
		}))
	}
	train := &Loader{Data: d, BatchSize: min(batch, len(d.keep)), Shuffle: true, Seed: l.seed, even: true}
	var watch *Loader
	if valid != nil {
		watch = &Loader{Data: l.data(*valid), BatchSize: 256}
	}
	_, h, err := Fit(ctx, net, cfg, train, watch)
	if err != nil {
		return nil, info, l.named(err)
	}
	info.Iterations, info.Status = len(h.Epochs), ml.MaxIter
	for _, e := range h.Epochs {
		info.Loss = append(info.Loss, e.Loss)
		if e.Watched {
			info.ValidLoss = append(info.ValidLoss, e.Valid)
		}
	}
	switch {
	case settled:
		info.Status = ml.Converged
	case h.Stopped && l.patience > 0 && len(h.Epochs)-h.Best >= l.patience:
		info.Status = ml.EarlyStopped
	case h.Stopped:
		info.Status = ml.Stopped
	}
	if l.patience > 0 {
		info.Best = h.Best
	}
	return net, info, nil
}

// wideBatch is how many numbers a batch of the default size holds at the most.
const wideBatch = 1 << 19

// named puts the caller's name on an error.
func (l *lesson) named(err error) error {
	if e, ok := err.(*ml.Error); ok {
		c := *e
		c.Where = l.where
		if e.Where != "" && e.Where != "nn" && e.Where != "nn.Trainer" {
			c.Where += " (" + e.Where + ")"
		}
		return &c
	}
	return err
}

// LBFGS is the limited-memory BFGS method (Nocedal and Wright, 2006) on the whole training set at once: the best choice for small nets on
// small data. Only the front ends take it (MLPClassifier and its kin), not a Trainer; memory is that of a pass over 256 rows.
type LBFGS struct {
	Memory int     // pairs kept. 0: 10
	Tol    float64 // ends when no gradient is larger. 0: 1e-5
}

// Slots is 0: it keeps its own.
func (LBFGS) Slots() int { return 0 }

// Rate is 1: steps come from a line search.
func (LBFGS) Rate() float64 { return 1 }

// Update does nothing: see LBFGS.
func (LBFGS) Update(*Update) {}

var statuses = map[optim.Status]ml.Status{optim.Converged: ml.Converged, optim.MaxIter: ml.MaxIter, optim.Stalled: ml.Stalled, optim.Stopped: ml.Stopped}

// whole minimises the loss on all rows.
func (l *lesson) whole(ctx context.Context, net *Net, d *tableData, o LBFGS, info *ml.Info) error {
	t, err := NewTrainer(net, Training{Loss: l.loss, Optimizer: SGD{}, whole: true})
	if err != nil {
		return err
	}
	load := &Loader{Data: d, BatchSize: min(256, len(d.keep), max(wideBatch/d.x.Cols(), 16))}
	e, n := net.engine, net.weights.Len()
	x, wide := make([]float64, n), make([]float64, n)
	e.GetWide(x, net.weights)
	var fault error
	total := float64(len(d.keep))
	if d.weight != nil {
		total = 0
		for _, i := range d.keep {
			total += d.weight[i]
		}
	}
	track := ml.Track(ctx, "iteration", l.epochs)
	r, err := optim.LBFGS{Memory: o.Memory, MaxIter: l.epochs, Tol: orElse(o.Tol, 1e-5),
		Eval: func(x, grad []float64) float64 {
			e.PutWide(net.weights, x)
			clear(grad)
			loss := 0.0
			for b, err := range load.Epoch(0) {
				if err == nil {
					err = ml.Done(ctx)
				}
				var part float64
				if err == nil {
					part, err = t.Step(b.X, b.Y, b.Weight...)
				}
				if err != nil {
					if fault == nil {
						fault = err
					}
					return math.NaN()
				}
				share := mass(b) / total
				loss += share * part
				e.GetWide(wide, net.grads)
				for i, g := range wide {
					grad[i] += share * g
				}
				t.batches = 0
			}
			penalty, at := 0.0, 0
			for _, p := range net.book.params {
				if p.Decay {
					for i := at; i < at+p.v.Len(); i++ {
						penalty += x[i] * x[i]
						grad[i] += l.alpha / total * x[i]
					}
				}
				at += aligned(p.v.Len())
			}
			return loss + l.alpha/total/2*penalty
		},
		Observe: func(iteration int, f, _ float64) (bool, error) {
			info.Loss = append(info.Loss, f)
			return track.Step(iteration, ml.Loss{Train: f})
		}}.Minimize(x)
	if fault != nil && ctx.Err() != nil {
		return ml.Done(ctx)
	}
	if err != nil {
		return err
	}
	e.PutWide(net.weights, x)
	info.Iterations, info.Status = r.Iterations, statuses[r.Status]
	return nil
}

// Weights are the parameters of a fitted net in the order of its layers, and what the layers keep beside them.
type Weights struct {
	Params []*tensor.Tensor[float32] // nil where Quantized has them
	States []*tensor.Tensor[float32]

	Quantized []QuantizedWeights // parameters of 8 bits. nil: none
	Inputs    []QuantizedInput   // of layers with weights, in their order, where calibration found them. nil: not
}

// weightsOf copies those of a net.
func weightsOf(n *Net) Weights {
	var w Weights
	for _, p := range n.book.params {
		t := tensor.New[float32](p.Shape...)
		n.engine.Get(t.Data(), p.v.value)
		w.Params = append(w.Params, t)
	}
	for _, s := range n.book.states {
		t := tensor.New[float32](s.Shape...)
		n.engine.Get(t.Data(), s.v.value)
		w.States = append(w.States, t)
	}
	return w
}

// maxInput is the most numbers of a row a file may ask for.
const maxInput = 1 << 24

// netOf builds the net of a file, whose parameters must have the shapes that the architecture gives them.
func netOf(where string, w Weights, m Module, in []int) (*Net, error) {
	bad := func(found string) error {
		return &ml.Error{Where: where, Field: "Weights", Found: found, Want: "those of the net that Config describes, all finite", Kind: ml.ErrFormat}
	}
	if n := checkedSize(in); n < 1 || n > maxInput {
		return nil, bad(fmt.Sprintf("for inputs of shape %v", in))
	}
	expect := make([][]int, len(w.Params))
	for i, p := range w.Params {
		if p == nil {
			return nil, bad("incomplete")
		}
		expect[i] = p.Shape()
	}
	n, err := buildNet(m, in, 0, nil, expect)
	if err != nil {
		return nil, err
	}
	if len(n.book.params) != len(w.Params) || len(n.book.states) != len(w.States) {
		return nil, bad(fmt.Sprintf("%d and %d arrays", len(w.Params), len(w.States)))
	}
	for i, p := range n.book.params {
		if !finite32(w.Params[i].Data()) {
			return nil, bad("not finite")
		}
		n.engine.Put(p.v.value, w.Params[i].Data())
	}
	for i, s := range n.book.states {
		if w.States[i] == nil || w.States[i].Len() != s.v.Len() || !finite32(w.States[i].Data()) {
			return nil, bad("of other states")
		}
		n.engine.Put(s.v.value, w.States[i].Data())
	}
	return n, n.fault(where)
}

func finite32(x []float32) bool {
	for _, v := range x {
		if !(math.Abs(float64(v)) <= math.MaxFloat32) {
			return false
		}
	}
	return true
}

// checkedSize is the product of a shape, or -1 if it is none or beyond what is counted.
func checkedSize(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 1 || d > math.MaxInt32/n {
			return -1
		}
		n *= d
	}
	return n
}

// oracle answers for rows with a fitted net: what the models of the front ends share.
type oracle struct {
	net    *Net
	frozen *Frozen // answers in place of the net: a quantised one. nil: none
	out    int
	pool   sync.Pool // of *asking

	once   sync.Once
	slopes *Net // see twin
	fault  error
}

// asking is the scratch memory of one question.
type asking struct {
	x, y  []float32
	wide  []float64
	shape []int
}

func newOracle(n *Net) *oracle { return &oracle{net: n, out: size(n.out)} }

// sizes of batches, largest first: passes of few shapes serve any number of rows. What a row gets does not depend on the others.
var askSizes = [...]int{256, 32, 4, 1}

// batchFor is the size of the next batch of so many rows, 1 or more.
func batchFor(rows int) int {
	for _, s := range askSizes {
		if s <= rows {
			return s
		}
	}
	return 1
}

// fill copies n rows from lo on.
func (a *asking) fill(r rows.Rows, lo, n int) {
	p := r.Cols()
	for i := range n {
		row := a.x[i*p : (i+1)*p]
		if got := r.Row32(lo+i, row); &got[0] != &row[0] {
			copy(row, got)
		}
	}
}

func (o *oracle) borrow(rows int) *asking {
	a, ok := o.pool.Get().(*asking)
	if !ok {
		a = &asking{shape: append([]int{0}, o.net.In...), wide: make([]float64, max(o.out, size(o.net.In)))}
	}
	p := size(o.net.In)
	if len(a.x) < rows*p {
		a.x = make([]float32, rows*p)
	}
	if len(a.y) < rows*o.out {
		a.y = make([]float32, rows*o.out)
	}
	a.shape[0] = rows
	return a
}

// forward passes a batch through.
func (o *oracle) forward(dst, x []float32, shape []int) error {
	if o.frozen == nil {
		return o.net.forward(dst, x, shape)
	}
	p, err := o.frozen.program(1, shape[1:])
	if err != nil {
		return err
	}
	return o.frozen.run(p, dst, x, shape)
}

// each calls f with the outputs of every row of x, in order.
func (o *oracle) each(x tensor.Matrix, f func(i int, y []float32)) error {
	r := rows.Of(x)
	p := r.Cols()
	for lo := 0; lo < r.Len(); {
		n := batchFor(r.Len() - lo)
		a := o.borrow(n)
		a.fill(r, lo, n)
		if err := o.forward(a.y[:n*o.out], a.x[:n*p], a.shape); err != nil {
			return err
		}
		for i := range n {
			y := a.y[i*o.out : (i+1)*o.out]
			if !finite32(y) {
				return tooLarge(lo + i)
			}
			f(lo+i, y)
		}
		o.pool.Put(a)
		lo += n
	}
	return nil
}

// row asks about one row; the answer is good until a is given back.
func (o *oracle) row(x []float64) (*asking, error) {
	a := o.borrow(1)
	for j, v := range x {
		a.x[j] = float32(v)
	}
	if err := o.forward(a.y[:o.out], a.x[:len(x)], a.shape); err != nil {
		return a, err
	}
	if !finite32(a.y[:o.out]) {
		return a, tooLarge(0)
	}
	return a, nil
}

// tooLarge is the error of a row whose numbers the net, in single precision, does not survive.
func tooLarge(row int) error {
	return &ml.Error{Where: "nn", Field: fmt.Sprintf("the output for row %d", row), Found: "not finite", Want: "numbers of the size of those in training", Kind: ml.ErrNotFinite}
}
