package nn

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/tensor"
)

// Net is a module with its parameters, which lie in one slab: so do their gradients, and what optimisers keep for them.
//
// Any number of goroutines may call Predict at once, as long as none trains; training is for one goroutine at a time.
type Net struct {
	Module Module
	In     []int // the shape of one input, without the batch

	engine  compute.Engine
	book    *book
	seed    uint64
	weights compute.Buf
	grads   compute.Buf
	states  compute.Buf
	out     []int
	idle    sync.Pool // of *Ctx, for predictions
}

// New builds a net for inputs of the given shape (without the batch: 784 numbers are []int{784}, an image is [height, width,
// channels]) and draws its parameters. Parameters and shapes are found by one pass over a batch of one; a layer that does not
// fit gives an error that names it.
func New(m Module, in []int, seed uint64) (*Net, error) { return buildNet(m, in, seed, nil, nil) }

func newNet(m Module, in []int, seed uint64, e compute.Engine) (*Net, error) {
	return buildNet(m, in, seed, e, nil)
}

// buildNet is New with an engine, nil being the one that serves nets of this size, and, where a file gives parameters, the shapes they must have.
func buildNet(m Module, in []int, seed uint64, e compute.Engine, expect [][]int) (n *Net, err error) {
	const where = "nn.New"
	if m == nil {
		return nil, ml.BadConfig(where, "Module", "nil", "a layer")
	}
	for _, d := range in {
		if d < 1 {
			return nil, ml.BadShape(where, "In", fmt.Sprint(in), "axes of 1 or more")
		}
	}
	n = &Net{Module: m, In: slices.Clone(in), engine: e, book: &book{expect: expect}, seed: seed}
	if e == nil {
		n.engine = compute.CPU32
	}
	defer func() {
		if err != nil {
			n = nil
		}
	}()
	defer catch(&err)
	c := n.newCtx()
	c.build = true
	shape := append([]int{1}, in...)
	c.begin(false, shape)
	x := c.input(shape)
	y := m.Forward(c, x)
	if len(y.shape) == 0 || y.shape[0] != 1 {
		c.Fail(&ml.Error{Field: "the output", Found: fmt.Sprintf("of shape %v for a batch of 1", y.shape), Want: "the batch along the first axis", Kind: ml.ErrShape})
	}
	n.out = slices.Clone(y.shape[1:])
	if e == nil {
		_, work := n.book.root.total()
		e, _, _ = compute.Serving(work / 2)
	}
	n.gather(e)
	return n, n.fault("nn.New")
}

func (n *Net) newCtx() *Ctx { return &Ctx{e: n.engine, book: n.book, seed: n.seed} }

// align is the multiple of numbers at which parameters begin: a cache line.
const align = 16

func aligned(n int) int { return (n + align - 1) / align * align }

// gather moves parameters and states into slabs of the engine that is to serve.
func (n *Net) gather(e compute.Engine) {
	built := n.engine
	n.engine = e
	total, kept := 0, 0
	for _, p := range n.book.params {
		total += aligned(p.v.Len())
	}
	for _, s := range n.book.states {
		kept += aligned(s.v.Len())
	}
	n.weights, n.grads, n.states = n.engine.New(total), n.engine.New(total), n.engine.New(kept)
	at := 0
	for _, p := range n.book.params {
		w := n.weights.Part(at, at+p.v.Len())
		n.bring(w, p.v.value, built)
		p.v.value, p.v.grad = w, n.grads.Part(at, at+p.v.Len())
		p.net = n
		at += aligned(p.v.Len())
	}
	at = 0
	for _, s := range n.book.states {
		v := n.states.Part(at, at+s.v.Len())
		n.bring(v, s.v.value, built)
		s.v.value = v
		at += aligned(s.v.Len())
	}
}

// bring copies numbers from an engine's memory to the net's.
func (n *Net) bring(dst, src compute.Buf, from compute.Engine) {
	if from == n.engine {
		n.engine.Copy(dst, src)
		return
	}
	x := make([]float32, src.Len())
	from.Get(x, src)
	n.engine.Put(dst, x)
}

// fault is what has made the engine give up, as the error of an operation.
func (n *Net) fault(where string) error { return faultOf(where, n.engine) }

func faultOf(where string, e compute.Engine) error {
	err := e.Sync()
	if err == nil {
		return nil
	}
	return &ml.Error{Where: where, Field: "the engine", Found: "out of order", Want: "one that computes; nets that are made from now on get another", Kind: ml.ErrEngine, Cause: err}
}

// Params are the parameters in the order in which layers use them first. Their settings may be changed between steps.
func (n *Net) Params() []*Param { return n.book.params }

// States are the numbers that layers keep beside their parameters.
func (n *Net) States() []*State { return n.book.states }

// Out is the shape of one output.
func (n *Net) Out() []int { return n.out }

// Values is a copy of the weights.
func (p *Param) Values() []float32 {
	x := make([]float32, p.v.Len())
	p.net.engine.Get(x, p.v.value)
	return x
}

// Grads is a copy of the gradients of the last step.
func (p *Param) Grads() []float32 {
	x := make([]float32, p.v.Len())
	p.net.engine.Get(x, p.v.grad)
	return x
}

// Set replaces the weights; what was pruned stays 0.
func (p *Param) Set(x []float32) error {
	if len(x) != p.v.Len() {
		return ml.BadShape("nn.Param.Set", p.Name, fmt.Sprintf("%d numbers", len(x)), fmt.Sprintf("%d, of shape %v", p.v.Len(), p.Shape))
	}
	p.net.engine.Put(p.v.value, x)
	p.masked()
	return nil
}

// Values is a copy of the state.
func (s *State) Values(n *Net) []float32 {
	x := make([]float32, s.v.Len())
	n.engine.Get(x, s.v.value)
	return x
}

// Set replaces the state.
func (s *State) Set(n *Net, x []float32) error {
	if len(x) != s.v.Len() {
		return ml.BadShape("nn.State.Set", s.Name, fmt.Sprintf("%d numbers", len(x)), fmt.Sprintf("%d, of shape %v", s.v.Len(), s.Shape))
	}
	n.engine.Put(s.v.value, x)
	return nil
}

// Predict passes a batch through the net: x has the shape of an input behind the batch.
func (n *Net) Predict(x *tensor.Tensor[float32]) (y *tensor.Tensor[float32], err error) {
	shape := x.Shape()
	if err := n.check("nn.Net.Predict", shape); err != nil {
		return nil, err
	}
	c := n.borrow()
	defer catch(&err)
	v := n.run(c, x.Data(), shape)
	y = tensor.New[float32](v.shape...)
	n.engine.Get(y.Data(), v.value)
	n.idle.Put(c)
	return y, n.fault("nn.Net.Predict")
}

// PredictInto is Predict into the caller's memory; on one core it allocates nothing.
func (n *Net) PredictInto(dst []float32, x *tensor.Tensor[float32]) (err error) {
	var room [maxAxes]int
	shape := x.AppendShape(room[:0])
	if err := n.check("nn.Net.PredictInto", shape); err != nil {
		return err
	}
	return n.forward(dst, x.Data(), shape)
}

func (n *Net) check(where string, shape []int) error {
	if len(shape) != len(n.In)+1 || !sameTail(shape[1:], n.In) {
		return ml.BadShape(where, "X", fmt.Sprintf("of shape %v", slices.Clone(shape)), fmt.Sprintf("a batch of %v", n.In))
	}
	return nil
}

// sameTail compares shapes but for the first axis: sequences may have another length, and layers for which that matters say so.
func sameTail(a, b []int) bool { return len(b) == 0 || slices.Equal(a[1:], b[1:]) }

func (n *Net) borrow() *Ctx {
	if c, ok := n.idle.Get().(*Ctx); ok {
		return c
	}
	return n.newCtx()
}

// forward runs a pass without training and copies what comes out.
func (n *Net) forward(dst, x []float32, shape []int) (err error) {
	c := n.borrow()
	defer catch(&err)
	v := n.run(c, x, shape)
	if len(dst) != v.Len() {
		c.Fail(&ml.Error{Where: "nn.Net.PredictInto", Field: "dst", Found: fmt.Sprintf("%d numbers", len(dst)), Want: fmt.Sprintf("%d", v.Len()), Kind: ml.ErrShape})
	}
	n.engine.Get(dst, v.value)
	n.idle.Put(c)
	return n.fault("nn.Net.Predict")
}

func (n *Net) run(c *Ctx, x []float32, shape []int) *Var {
	c.begin(false, shape)
	in := c.inputOf(x, shape)
	return n.Module.Forward(c, in)
}
