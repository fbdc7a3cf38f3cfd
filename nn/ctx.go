package nn

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Ctx is one pass through a network: what Forward calls its operations on. Every operation runs at once, so a debugger sees numbers, and
// leaves a record; Backward walks the records in reverse. The next pass over inputs of the same shapes meets the same records
// and writes into the same memory, so that from the second pass on nothing is allocated. A pass that takes another way
// (an if in Forward) records anew from there.
//
// A Ctx belongs to one goroutine. Faults of shape end the pass: the method of Net or Trainer that began it returns the
// error, which names the layer.
type Ctx struct {
	e     compute.Engine
	train bool
	step  uint64 // of training: part of every random key
	seed  uint64
	book  *book // parameters by name
	scope *scope
	plans []*plan // most recently used first
	plan  *plan
	build bool
	room  int // numbers that operations may still take; 0: any

	lengths *Var     // of the sequences of this pass; nil: all steps count
	session *Session // that this pass goes on with; nil: none
}

// plan is the tape of passes over inputs of one shape.
type plan struct {
	key   []int
	nodes []*Node
	at    int
	free  map[int][]compute.Buf // gradients no longer needed, by size
	wired bool                  // gradient buffers are in place
}

// maxPlans is how many shapes are remembered: training, a short last batch, validation and one more.
const maxPlans = 4

// Var is a value of a pass: an array of the engine's numbers, row-major, the rows of the batch along its first axis.
type Var struct {
	shape   []int
	value   compute.Buf
	grad    compute.Buf
	learns  bool // a gradient is wanted
	written bool // and has been written in this pass
	kept    bool // its gradient is no scratch: a parameter's or an input's
}

// Shape is the length of every axis. It must not be changed.
func (v *Var) Shape() []int { return v.shape }

// Dim is the length of one axis; negative axes count from the end.
func (v *Var) Dim(axis int) int {
	if axis < 0 {
		axis += len(v.shape)
	}
	return v.shape[axis]
}

// Len is the number of elements.
func (v *Var) Len() int { return v.value.Len() }

// Buf is the engine's memory, for operations.
func (v *Var) Buf() compute.Buf { return v.value }

// Node is the record of one operation.
type Node struct {
	c         *Ctx
	op        Op
	in        []*Var
	out       Var
	room      []compute.Buf
	conv      *compute.ConvShape
	attention *compute.AttentionShape
	ints      [][]int             // strides and the like, worked out once
	byRows    [2]func(lo, hi int) // the operation on part of the rows, forward and back: made once, so that no pass allocates it
	key       uint64
	path      string // the layer that asked
	mark      bool   // an input: the pass copies into it
}

// Op is an operation with its gradient. A type that has these methods, and whose values can be compared, is all that
// Apply needs; the built-in operations are such types.
type Op interface {
	// Shape says what comes out of inputs of the given shapes, or what is wrong with them.
	Shape(in [][]int) ([]int, error)
	// Forward computes n.Out from n.In. It may leave what Backward needs in n.Room.
	Forward(n *Node)
	// Backward adds to the gradients of the inputs that want one (see Node.Grad) what the gradient of the result says.
	Backward(n *Node)
}

// Engine is what computes: see internal/compute.
func (n *Node) Engine() compute.Engine { return n.c.e }

// In is input i.
func (n *Node) In(i int) *Var { return n.in[i] }

// Inputs is the number of inputs.
func (n *Node) Inputs() int { return len(n.in) }

// Out is the result.
func (n *Node) Out() *Var { return &n.out }

// OutGrad is the gradient of the result, in Backward.
func (n *Node) OutGrad() compute.Buf { return n.out.grad }

// Train reports whether the pass is one of training.
func (n *Node) Train() bool { return n.c.train }

// Key is a seed of its own for this operation and step.
func (n *Node) Key() uint64 { return rng.Key(n.key, n.c.step) }

// Grad is where the gradient of input i goes, in Backward. wanted is false for inputs that have none; add says that something
// is there already, to which this must be added; without it, what lies there is to be overwritten.
func (n *Node) Grad(i int) (dst compute.Buf, add, wanted bool) {
	v := n.in[i]
	if !v.learns {
		return compute.Buf{}, false, false
	}
	if v.grad.Len() == 0 && v.value.Len() > 0 {
		v.grad = n.c.plan.take(n.c.e, v.value.Len())
	}
	add, v.written = v.written, true
	return v.grad, add, true
}

// Wants reports whether input i has a gradient.
func (n *Node) Wants(i int) bool { return n.in[i].learns }

// Room is scratch memory number i of the operation, kept between its passes.
func (n *Node) Room(i, size int) compute.Buf {
	for len(n.room) <= i {
		n.room = append(n.room, compute.Buf{})
	}
	if n.room[i].Len() != size {
		n.room[i] = n.c.e.New(size)
	}
	return n.room[i]
}

// take is memory for a gradient.
func (p *plan) take(e compute.Engine, size int) compute.Buf {
	if f := p.free[size]; len(f) > 0 {
		b := f[len(f)-1]
		p.free[size] = f[:len(f)-1]
		return b
	}
	return e.New(size)
}

// fault is how a pass ends early: recovered where it began.
type fault struct{ err error }

// Fail ends the pass with an error that names the layer.
func (c *Ctx) Fail(err error) {
	switch e, ok := err.(*ml.Error); {
	case !ok: // of an operation of the user's own, say
		err = fmt.Errorf("%s: %w", c.where(), err)
	case e.Where == "":
		e.Where = c.where()
	}
	panic(fault{err})
}

func (c *Ctx) where() string {
	if c.scope == nil || c.scope.path == "" {
		return "nn"
	}
	return "nn: " + c.scope.path
}

// catch turns a fault into an error.
func catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case fault:
		*err = r.err
	default:
		panic(r)
	}
}

// begin starts a pass over inputs of the given shapes.
func (c *Ctx) begin(train bool, shapes ...[]int) {
	c.train, c.lengths = train, nil
	c.enter(&c.book.root)
	for i, p := range c.plans {
		if p.fits(train, shapes) {
			copy(c.plans[1:i+1], c.plans[:i])
			c.plans[0], c.plan = p, p
			p.at = 0
			return
		}
	}
	p := &plan{key: keyOf(train, shapes), free: map[int][]compute.Buf{}}
	c.plans = append([]*plan{p}, c.plans[:min(len(c.plans), maxPlans-1)]...)
	c.plan = p
}

func keyOf(train bool, shapes [][]int) []int {
	key := []int{0}
	if train {
		key[0] = 1
	}
	for _, s := range shapes {
		key = append(key, len(s))
		key = append(key, s...)
	}
	return key
}

func (p *plan) fits(train bool, shapes [][]int) bool {
	if (p.key[0] == 1) != train {
		return false
	}
	k := p.key[1:]
	for _, s := range shapes {
		if len(k) < len(s)+1 || k[0] != len(s) || !slices.Equal(k[1:len(s)+1], s) {
			return false
		}
		k = k[len(s)+1:]
	}
	return len(k) == 0
}

// Apply runs an operation on the tape.
func Apply[O interface {
	comparable
	Op
}](c *Ctx, op O, in ...*Var) *Var {
	p := c.plan
	if p.at < len(p.nodes) {
		n := p.nodes[p.at]
		if held, ok := any(n.op).(*O); ok && *held == op && slices.Equal(n.in, in) {
			p.at++
			n.out.written = false
			n.op.Forward(n)
			return &n.out
		}
		p.forget(p.at)
	}
	n := &Node{c: c, in: slices.Clone(in), path: c.scope.path, key: rng.Key(c.seed, uint64(p.at))}
	held := new(O)
	*held = op
	n.op = any(held).(Op) // a pointer has the methods of what it points to
	shapes := make([][]int, len(in))
	for i, v := range in {
		if v == nil {
			c.Fail(&ml.Error{Field: fmt.Sprintf("input %d of %T", i, op), Found: "nil", Want: "a value of this pass", Kind: ml.ErrShape})
		}
		shapes[i] = v.shape
		n.out.learns = n.out.learns || v.learns
	}
	shape, err := op.Shape(shapes)
	if err != nil {
		c.Fail(err)
	}
	if c.room > 0 { // shapes that a file asks for
		if c.room -= max(checkedSize(shape), 0); c.room <= 0 || checkedSize(shape) < 0 {
			c.Fail(&ml.Error{Field: "an operation", Found: fmt.Sprintf("with a result of shape %v", shape), Want: "axes of 1 or more, and no more numbers than a net of a file may take", Kind: ml.ErrFormat})
		}
	}
	n.out.shape = shape
	if _, view := any(op).(viewer); view {
		n.out.value = in[0].value
	} else {
		n.out.value = c.e.New(size(shape))
	}
	p.nodes = append(p.nodes, n)
	p.at++
	n.op.Forward(n)
	if f, ok := n.op.(interface{ flops(n *Node) int }); ok && c.build {
		c.scope.flops += f.flops(n)
	}
	return &n.out
}

// viewer is an operation whose result is the memory of its input.
type viewer interface{ isView() }

// forget drops the records from one on.
func (p *plan) forget(from int) {
	p.nodes = p.nodes[:from]
	p.rewire()
}

// rewire lets the next walk back place the gradients anew.
func (p *plan) rewire() {
	for _, n := range p.nodes {
		n.out.grad = compute.Buf{}
	}
	clear(p.free)
	p.wired = false
}

// Input brings an array into the pass. Its elements are copied.
func (c *Ctx) Input(x *tensor.Tensor[float32]) *Var { return c.inputOf(x.Data(), x.Shape()) }

func (c *Ctx) inputOf(x []float32, shape []int) *Var {
	v := c.input(shape)
	c.e.Put(v.value, x)
	return v
}

// input is memory for an array, filled by the caller.
func (c *Ctx) input(shape []int) *Var {
	p := c.plan
	if p.at < len(p.nodes) {
		if n := p.nodes[p.at]; n.mark && slices.Equal(n.out.shape, shape) {
			p.at++
			n.out.written = false
			return &n.out
		}
		p.forget(p.at)
	}
	n := &Node{c: c, mark: true, out: Var{shape: slices.Clone(shape), value: c.e.New(size(shape)), kept: true}}
	p.nodes = append(p.nodes, n)
	p.at++
	return &n.out
}

// Watch asks for the gradient of an input.
func (c *Ctx) Watch(v *Var) *Var {
	v.learns = true
	return v
}

// Backward fills the gradients of all that the loss, a single number, depends on. Parameters' gradients are added to.
func (c *Ctx) backward(loss *Var) {
	if loss.Len() != 1 {
		c.Fail(&ml.Error{Field: "the loss", Found: fmt.Sprintf("of shape %v", loss.shape), Want: "one number", Kind: ml.ErrShape})
	}
	if !loss.learns {
		return
	}
	p := c.plan
	if p.at < len(p.nodes) { // the last pass went on where this one ended
		p.forget(p.at)
	}
	if loss.grad.Len() == 0 {
		loss.grad = c.e.New(1)
	}
	c.e.Fill(loss.grad, 1)
	loss.written = true
	for i := len(p.nodes) - 1; i >= 0; i-- {
		n := p.nodes[i]
		if !n.out.learns || !n.out.written || n.op == nil {
			continue
		}
		n.op.Backward(n)
		if !p.wired && !n.out.kept && &n.out != loss {
			p.free[n.out.grad.Len()] = append(p.free[n.out.grad.Len()], n.out.grad)
		}
	}
	p.wired = true
}

// Train reports whether the pass is one of training: dropout drops, batch normalisation looks at the batch.
func (c *Ctx) Train() bool { return c.train }

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
