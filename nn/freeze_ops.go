package nn

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// What a frozen net is written in: the operations of a trace, with what does not depend on the input worked out, what scales and shifts channels
// folded into the weights before it, and functions joined to the sums they are applied to.

// instr is one instruction on the rows of a batch.
type instr struct {
	in, out *place
	f       compute.Func // applied to what comes out of the kinds below

	weights *affine            // sums with weights
	layer   int                // which of the layers with weights
	pool    *compute.ConvShape // a pooling
	mean    bool
	count   bool
	channel *channelwise // a scale and a shift for each channel
	only    bool         // f alone

	node *Node // none of these: an operation as it is; reads are what it needs beside parameters
	of   []*place
}

// place is where a value lies: elements from at on in the memory of a pass, or where the input or a value before it lies.
type place struct {
	size  int
	like  *place // an alias of it
	input bool
	at    int
	last  int // the last instruction that reads it
	reads int // how many do
}

func (p *place) root() *place {
	for p.like != nil {
		p = p.like
	}
	return p
}

// affine is a dense layer or a convolution, before its weights are packed.
type affine struct {
	w     []float32  // k x n; nil where q has them
	q     *octets    // in 8 bits
	param int        // of the net that w is, -1 if it is none
	k, n  int        //
	bias  []float64  // nil: none
	conv  *convShape // nil: dense
	rows  int        // dense: rows of the batch; convolutions: images
	shape compute.ConvShape
	ready runner
}

// convShape marks a convolution.
type convShape struct{}

// runner is a layer with its weights in place.
type runner interface {
	Run(y, x []float32, rows int)
}

// channelwise is y = scale x + shift, channel by channel.
type channelwise struct {
	scale, shift []float64
	batchNorm    bool // began as batch normalisation: may stand alone
}

// writer turns a trace into instructions.
type writer struct {
	g      *graph
	places map[*Var]*place
	uses   map[*Var]int
	made   map[*place]*instr // that writes a place
	out    []*instr
	params map[*Var]int
	octets []*octets // weights in 8 bits, by parameter; nil: none
}

// instructions of a graph, and where the result lies.
func (g *graph) instructions(oct []*octets) ([]*instr, *place, *place) {
	w := writer{g: g, places: map[*Var]*place{}, uses: g.uses(), made: map[*place]*instr{}, params: map[*Var]int{}, octets: oct}
	for i, p := range g.net.book.params {
		w.params[&p.v] = i
	}
	in := &place{size: g.in.Len(), input: true}
	w.places[g.in] = in
	for _, n := range g.steps {
		w.step(n)
	}
	out := w.places[g.out]
	if out == nil { // a net whose result does not depend on its input
		out = w.write(&instr{node: n0(g), in: in}, g.out)
	}
	return w.out, in, out
}

// n0 copies a fixed result.
func n0(g *graph) *Node {
	return &Node{op: &reshapeCopy{}, in: []*Var{g.out}, out: Var{shape: g.out.shape}}
}

// reshapeCopy is a copy.
type reshapeCopy struct{}

func (reshapeCopy) Shape(in [][]int) ([]int, error) { return in[0], nil }
func (reshapeCopy) Forward(n *Node)                 { n.Engine().Copy(n.Out().value, n.In(0).value) }
func (reshapeCopy) Backward(*Node)                  {}

func (w *writer) fixed(v *Var) bool { return w.g.fixed(v) }

// write appends an instruction whose result is v.
func (w *writer) write(i *instr, v *Var) *place {
	i.out = &place{size: v.Len()}
	w.places[v] = i.out
	w.made[i.out] = i
	w.out = append(w.out, i)
	return i.out
}

// before is the instruction that made v, if nothing else reads v and a function or a scale may join it.
func (w *writer) before(v *Var) *instr {
	p := w.places[v]
	if p == nil || w.uses[v] != 1 || p.like != nil {
		return nil
	}
	i := w.made[p]
	if i == nil || i.f.Kind != compute.Identity || i.weights == nil && i.channel == nil {
		return nil
	}
	return i
}

// step writes one operation.
func (w *writer) step(n *Node) {
	if !slices.ContainsFunc(n.in, func(v *Var) bool { return !w.fixed(v) }) { // the trace has worked it out
		w.g.consts[&n.out] = true
		return
	}
	if n.out.value.Len() > 0 && len(n.in) == 1 {
		if _, view := n.op.(viewer); view {
			w.places[&n.out] = &place{size: n.out.Len(), like: w.places[n.in[0]]}
			return
		}
	}
	if w.linear(n) || w.convolution(n) || w.pooling(n) || w.function(n) || w.channels(n) {
		return
	}
	i := &instr{node: n}
	for _, v := range n.in {
		if !w.fixed(v) {
			i.of = append(i.of, w.places[v])
		} else {
			i.of = append(i.of, nil)
		}
	}
	w.write(i, &n.out)
}

// sums fills in weights and bias of a layer, and its function.
func (w *writer) sums(n *Node, f compute.Func) (*instr, bool) {
	x, weights := n.in[0], n.in[1]
	if w.fixed(x) || !w.fixed(weights) || len(n.in) > 2 && !w.fixed(n.in[2]) {
		return nil, false
	}
	a := &affine{param: -1, n: weights.Dim(-1)}
	a.k = weights.Len() / max(a.n, 1)
	if i, ok := w.params[weights]; ok {
		a.param = i
		if w.octets != nil && w.octets[i] != nil {
			a.q = w.octets[i].copied()
		}
	}
	if a.q == nil {
		a.w = w.g.numbers(weights)
	}
	if len(n.in) > 2 {
		a.bias = widened(w.g.numbers(n.in[2]))
	}
	return &instr{in: w.places[x], weights: a, f: f}, true
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func (w *writer) linear(n *Node) bool {
	o, ok := operation[linearOp](n)
	if !ok {
		return false
	}
	i, ok := w.sums(n, o.f.Func)
	if !ok {
		return false
	}
	i.weights.rows = n.in[0].Len() / max(i.weights.k, 1)
	w.write(i, &n.out)
	return true
}

func (w *writer) convolution(n *Node) bool {
	o, ok := operation[convOp](n)
	if !ok {
		return false
	}
	i, ok := w.sums(n, o.f.Func)
	if !ok {
		return false
	}
	i.weights.conv, i.weights.shape, i.weights.rows = &convShape{}, *o.shape(n), n.in[0].shape[0]
	i.weights.shape.N = 1
	w.write(i, &n.out)
	return true
}

func (w *writer) pooling(n *Node) bool {
	o, ok := operation[poolOp](n)
	if !ok {
		return false
	}
	s := *o.conv.shape(n)
	w.write(&instr{in: w.places[n.in[0]], pool: &s, mean: o.mean, count: o.count}, &n.out)
	return true
}

// function joins a map of every element to what made it, or writes one in place.
func (w *writer) function(n *Node) bool {
	o, ok := operation[mapOp](n)
	if !ok {
		return false
	}
	if i := w.before(n.in[0]); i != nil {
		i.f = o.f
		w.places[&n.out] = i.out
		return true
	}
	w.write(&instr{in: w.places[n.in[0]], only: true, f: o.f}, &n.out)
	return true
}

// channels folds what scales and shifts channels into the weights before it.
func (w *writer) channels(n *Node) bool {
	c, x, ok := w.channelwise(n)
	if !ok {
		return false
	}
	i := w.before(x)
	switch {
	case i == nil && !c.batchNorm: // as it is: folding would only change bits
		return false
	case i == nil:
		w.write(&instr{in: w.places[x], channel: c}, &n.out)
		return true
	case i.weights != nil:
		i.weights.fold(c)
	default:
		for j := range i.channel.scale {
			i.channel.scale[j] *= c.scale[j]
			i.channel.shift[j] = float64(i.channel.shift[j]*c.scale[j]) + c.shift[j]
		}
	}
	w.places[&n.out] = i.out
	return true
}

// channelwise reads an operation as a scale and a shift of every channel of x.
func (w *writer) channelwise(n *Node) (c *channelwise, x *Var, ok bool) {
	x = n.in[0]
	ch := x.Dim(-1)
	if o, is := operation[runningOp](n); is {
		if w.fixed(x) || !w.fixed(n.in[1]) || !w.fixed(n.in[2]) {
			return nil, nil, false
		}
		mean, variance := w.g.numbers(n.in[1]), w.g.numbers(n.in[2])
		c = &channelwise{make([]float64, ch), make([]float64, ch), true}
		for j := range ch {
			c.scale[j] = 1 / math.Sqrt(float64(variance[j])+o.eps)
			c.shift[j] = -float64(mean[j]) * c.scale[j]
		}
		return c, x, true
	}
	o, is := operation[binaryOp](n)
	if !is {
		return nil, nil, false
	}
	y, swapped := n.in[1], false
	if w.fixed(x) {
		x, y, swapped = y, x, true
	}
	if w.fixed(x) || !w.fixed(y) || !slices.Equal(n.out.shape, x.shape) || len(x.shape) == 0 {
		return nil, nil, false
	}
	ch = x.Dim(-1)
	if y.Len() != 1 && (len(y.shape) == 0 || y.Dim(-1) != y.Len() || y.Len() != ch) {
		return nil, nil, false
	}
	numbers := w.g.numbers(y)
	c = &channelwise{scale: make([]float64, ch), shift: make([]float64, ch)}
	for j := range ch {
		v := float64(numbers[j%len(numbers)])
		c.scale[j] = 1
		switch o.op {
		case compute.Add:
			c.shift[j] = v
		case compute.Sub:
			c.shift[j] = -v
			if swapped {
				c.scale[j], c.shift[j] = -1, v
			}
		case compute.Mul:
			c.scale[j] = v
		case compute.Div:
			if swapped {
				return nil, nil, false
			}
			c.scale[j] = 1 / v
		default:
			return nil, nil, false
		}
	}
	return c, x, true
}

// fold multiplies the columns of the weights and moves the bias.
func (a *affine) fold(c *channelwise) {
	if a.bias == nil {
		a.bias = make([]float64, a.n)
	}
	for j := range a.bias {
		a.bias[j] = float64(a.bias[j]*c.scale[j]) + c.shift[j]
	}
	if a.q != nil {
		for j := range a.q.scale {
			a.q.scale[j] = float32(float64(a.q.scale[j]) * c.scale[j])
		}
		return
	}
	for i := 0; i < len(a.w); i += a.n {
		row := a.w[i : i+a.n]
		for j := range row {
			row[j] = float32(float64(row[j]) * c.scale[j])
		}
	}
}

// bias32 is the bias in the precision of the sums.
func (a *affine) bias32() []float32 {
	if a.bias == nil {
		return nil
	}
	out := make([]float32, a.n)
	for j, v := range a.bias {
		out[j] = float32(v)
	}
	return out
}
