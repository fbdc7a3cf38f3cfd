package nn

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// LSTM reads a sequence [N, T, D] with long short-term memory (Hochreiter and Schmidhuber, Neural Computation 9 (1997)) and gives its states,
// [N, T, Units], or with Last the last one, [N, Units].
//
// Weights lie gate by gate, input, forget, cell, output: W [4, D, Units], U [4, Units, Units], b [4, Units]. PyTorch's weight_ih is
// W transposed in the last two axes, its two biases add up to b.
type LSTM struct {
	Units         int
	Last          bool    // the last state alone
	Layers        int     // stacked. 0: 1
	Bidirectional bool    // a second pass from the end; states stand side by side, 2 Units wide
	Dropout       float64 // between layers
	Init          Init    // nil: uniform within 1/√Units, PyTorch's default
}

// GRU reads a sequence with gated recurrent units (Cho et al., EMNLP 2014), in PyTorch's form: the reset gate scales the recurrent part
// after its product. Weights lie reset, update, new: W [3, D, Units], U [3, Units, Units], b [3, Units], and the bias v [1, Units] of
// the recurrent part of the new gate.
type GRU LSTM

// RNN reads a sequence with a plain recurrent layer: h = tanh(x W + h' U + b).
type RNN LSTM

// Forward reads.
func (l LSTM) Forward(c *Ctx, x *Var) *Var { return l.stack(c, x, cellLSTM) }

// Forward reads.
func (l GRU) Forward(c *Ctx, x *Var) *Var { return LSTM(l).stack(c, x, cellGRU) }

// Forward reads.
func (l RNN) Forward(c *Ctx, x *Var) *Var { return LSTM(l).stack(c, x, cellRNN) }

// cell is a kind of recurrence.
type cell uint8

const (
	cellRNN cell = iota
	cellGRU
	cellLSTM
)

func (k cell) gates() int { return [...]int{1, 3, 4}[k] }

func (l LSTM) stack(c *Ctx, x *Var, k cell) *Var {
	if len(x.shape) != 3 || l.Units < 1 || l.Layers < 0 {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v", x.shape), "[N, T, D], and a layer of 1 unit or more"))
	}
	layers := max(l.Layers, 1)
	for i := range layers {
		last := l.Last && i == layers-1
		y := l.run(c, number(2*i), x, k, last, false)
		if l.Bidirectional {
			y = c.Concat(-1, y, l.run(c, number(2*i+1), x, k, last, true))
		}
		x = y
		if i < layers-1 {
			x = c.Dropout(x, l.Dropout, false)
		}
	}
	return x
}

// run reads in one direction.
func (l LSTM) run(c *Ctx, name string, x *Var, k cell, last, reverse bool) *Var {
	outer := c.scope
	c.enter(outer.child(c, name))
	init := l.Init
	if init == nil && c.build {
		init = UniformInit{1 / math.Sqrt(float64(l.Units))}
	}
	g, d := k.gates(), x.shape[2]
	w, u := c.Param("W", init, g, d, l.Units), c.Param("U", init, g, l.Units, l.Units)
	b := c.Bias("b", init, g, l.Units)
	o := recurrentOp{k, last, reverse, c.lengths != nil, c.session != nil}
	if reverse {
		c.alongTime("a layer that reads from the end")
	}
	var y *Var
	switch {
	case k == cellGRU && o.short:
		y = Apply(c, o, x, w, u, b, c.Bias("v", init, 1, l.Units), c.lengths)
	case k == cellGRU:
		y = Apply(c, o, x, w, u, b, c.Bias("v", init, 1, l.Units))
	case o.short:
		y = Apply(c, o, x, w, u, b, c.lengths)
	default:
		y = Apply(c, o, x, w, u, b)
	}
	c.scope = outer
	return y
}

// recurrentOp reads a whole sequence. Inside, time comes first: blocks of N x Units numbers, so that every step is a few products and
// maps over blocks that stay in the nearer caches, and the products with all gradients of weights are one each.
type recurrentOp struct {
	kind    cell
	last    bool
	reverse bool
	short   bool // the last input holds the length of each sequence: steps behind it change no state and give zeros
	on      bool // goes on from the states that the session keeps
}

func (o recurrentOp) Shape(in [][]int) ([]int, error) {
	x, u := in[0], in[2]
	if lengths := in[len(in)-1]; o.short && size(lengths) != x[0] {
		return nil, misfit("the lengths", fmt.Sprintf("of shape %v", lengths), fmt.Sprintf("one for each of the %d sequences", x[0]))
	}
	if x[1] < 1 {
		return nil, misfit("the input", fmt.Sprintf("of shape %v", x), "a step of time or more")
	}
	if o.last {
		return []int{x[0], u[2]}, nil
	}
	return []int{x[0], x[1], u[2]}, nil
}

// tapeOf is what lies in the scratch memory of a recurrentOp.
type tapeOf struct {
	n, t, d, h, m, gates int
	pitch                int         // from row to row of copies of recurrent weights
	x, g, hs, cs, tanh   compute.Buf // time-major: inputs [T, N, D]; gates [G, T, N, H]; states [T+1, N, H], the first of them zero
	hidden               compute.Buf // GRU: the recurrent part of the new gate [T, N, H]
	live                 compute.Buf // 1 where a sequence has a step, 0 behind its end [T, N]
}

func (o recurrentOp) tape(n *Node) tapeOf {
	s, h := n.In(0).shape, n.In(2).shape[2]
	p := tapeOf{n: s[0], t: s[1], d: s[2], h: h, m: s[0] * h, gates: o.kind.gates(), pitch: h}
	if h%64 == 0 { // rows some hundreds of bytes apart fall on few sets of the cache
		p.pitch += align
	}
	p.x = n.Room(0, p.t*p.n*p.d)
	p.g = n.Room(1, p.gates*p.t*p.m)
	p.hs = n.Room(2, (p.t+1)*p.m)
	switch o.kind {
	case cellLSTM:
		p.cs, p.tanh = n.Room(3, (p.t+1)*p.m), n.Room(4, p.t*p.m)
	case cellGRU:
		p.hidden = n.Room(3, p.t*p.m)
	}
	if n.ints == nil {
		n.ints = [][]int{
			{p.t, p.n, p.d}, {p.n * p.d, p.d, 1}, {p.d, p.t * p.d, 1}, // inputs: time-major, as they come
			{p.t, p.n, p.h}, {p.m, p.h, 1}, {p.h, p.t * p.h, 1}, // states
			{p.gates, p.h, p.h}, {p.h * p.pitch, p.pitch, 1}, {p.h * p.h, 1, p.h}, {p.h * p.h, p.h, 1}, // recurrent weights: copies, turned, as they lie
		}
	}
	if o.short {
		o.ends(n, &p)
	}
	return p
}

// block is one step of an array of blocks.
func (p *tapeOf) block(b compute.Buf, t int) compute.Buf { return b.Part(t*p.m, (t+1)*p.m) }

// rows is the part of it of sequences lo to hi.
func (p *tapeOf) rows(b compute.Buf, t, lo, hi int) compute.Buf {
	return b.Part(t*p.m+lo*p.h, t*p.m+hi*p.h)
}

// at is the place in the input of step t.
func (o recurrentOp) at(p *tapeOf, t int) int {
	if o.reverse {
		return p.t - 1 - t
	}
	return t
}

func (o recurrentOp) Forward(n *Node) {
	e, p := n.Engine(), o.tape(n)
	e.Move(n.ints[0], p.x, n.ints[1], n.In(0).value, n.ints[2], false)
	u := n.Room(19, p.gates*p.h*p.pitch)
	e.Move(n.ints[6], u, n.ints[7], n.In(2).value, n.ints[9], false)
	all := p.t * p.m
	if n.byRows[0] == nil {
		held := p
		n.byRows[0] = func(lo, hi int) { o.steps(n, &held, u, lo, hi) }
	}
	if o.on {
		kept := n.memory(p.m, p.m)
		e.Copy(p.block(p.hs, 0), kept.a)
		if o.kind == cellLSTM {
			e.Copy(p.block(p.cs, 0), kept.b)
		}
	}
	e.Rows(p.n, p.cost(), n.byRows[0])
	if o.on {
		kept := n.memory(p.m, p.m)
		e.Copy(kept.a, p.block(p.hs, p.t))
		if o.kind == cellLSTM {
			e.Copy(kept.b, p.block(p.cs, p.t))
		}
	}
	if o.last {
		e.Copy(n.Out().value, p.block(p.hs, p.t))
		return
	}
	states := p.hs.Part(p.m, p.hs.Len())
	if o.short { // zeros behind the ends
		states = n.Room(14, all)
		for t := range p.t {
			o.alive(n, &p, t, p.block(states, t), p.block(p.hs, t+1), 0)
		}
	}
	o.states(n, &p, states, n.Out().value, true)
}

// steps goes through time with sequences lo to hi: what they need of each other is in the weights alone.
func (o recurrentOp) steps(n *Node, p *tapeOf, u compute.Buf, lo, hi int) {
	e, all := n.Engine(), p.t*p.m
	w, b := n.In(1).value, n.In(3).value
	for t := range p.t {
		before, h := p.rows(p.hs, t, lo, hi), p.rows(p.hs, t+1, lo, hi)
		at := o.at(p, t)
		gates := tail(p.g, at*p.m+lo*p.h)
		x := p.x.Part((at*p.n+lo)*p.d, (at*p.n+hi)*p.d)
		e.GemmBatch(p.gates, false, false, hi-lo, p.h, p.d, 1, x, p.d, 0, w, p.h, p.d*p.h, 0, gates, p.h, all)
		for g := range p.gates {
			to := gates.Part(g*all, g*all+h.Len())
			e.BiasMap(compute.Func{}, to, to, b.Part(g*p.h, (g+1)*p.h), hi-lo, p.h)
		}
		o.recur(e, p, u, before, gates, n, t, lo, hi)
		switch o.kind {
		case cellRNN:
			e.Map(compute.Func{Kind: compute.Tanh}, gates.Part(0, h.Len()), gates.Part(0, h.Len()))
			e.Copy(h, gates.Part(0, h.Len()))
		case cellGRU:
			e.GRUCell(gates, all, p.rows(p.hidden, t, lo, hi), h, before)
		default:
			e.LSTMCell(gates, all, p.rows(p.cs, t+1, lo, hi), h, p.rows(p.tanh, t, lo, hi), p.rows(p.cs, t, lo, hi))
		}
		if o.short {
			o.keep(n, p, t, h, before, lo)
			if o.kind == cellLSTM {
				o.keep(n, p, t, p.rows(p.cs, t+1, lo, hi), p.rows(p.cs, t, lo, hi), lo)
			}
		}
	}
}

// cost is about how many nanoseconds a sequence takes.
func (p *tapeOf) cost() int { return p.t * p.gates * p.h * (p.h + 100) / 150 }

// ends works out which steps are live.
func (o recurrentOp) ends(n *Node, p *tapeOf) {
	e := n.Engine()
	p.live = n.Room(15, p.t*p.n)
	if len(n.ints) == 10 {
		sizes := make([]int, 0, 2*p.n)
		for rows := range p.n {
			sizes = append(sizes, rows+1, p.h)
		}
		n.ints = append(n.ints, sizes, []int{p.h, 1}, []int{1, 0}) // 10: blocks of every number of rows, and a number a row
	}
	for t := range p.t { // min(max(length - place, 0), 1)
		live := p.live.Part(t*p.n, (t+1)*p.n)
		e.Map(compute.Func{Kind: compute.Scale, A: 1, B: -float64(o.at(p, t))}, live, n.In(n.Inputs()-1).value)
		e.Map(compute.Func{Kind: compute.Clamp, A: 0, B: 1}, live, live)
	}
}

// alive sets dst to the rows of x, sequences from lo on, that are live in step t, to zeros elsewhere.
func (o recurrentOp) alive(n *Node, p *tapeOf, t int, dst, x compute.Buf, lo int) {
	rows := dst.Len() / p.h
	shape := n.ints[10][2*(rows-1) : 2*rows]
	n.Engine().Binary(compute.Mul, shape, dst, x, n.ints[11], p.live.Part(t*p.n+lo, t*p.n+lo+rows), n.ints[12])
}

// keep puts the state before back into rows that are not live in step t.
func (o recurrentOp) keep(n *Node, p *tapeOf, t int, state, before compute.Buf, lo int) {
	e := n.Engine()
	e.Axpby(-1, before, 1, state)
	o.alive(n, p, t, state, state, lo)
	e.Axpby(1, before, 1, state)
}

// recur adds the recurrent products to the gates of a step.
func (o recurrentOp) recur(e compute.Engine, p *tapeOf, u, before, gates compute.Buf, n *Node, t, lo, hi int) {
	all, together := p.t*p.m, p.gates
	if o.kind == cellGRU {
		hidden := p.rows(p.hidden, t, lo, hi)
		e.Gemm(false, false, hi-lo, p.h, p.h, 1, before, p.h, tail(u, 2*p.h*p.pitch), p.pitch, 0, hidden, p.h)
		e.BiasMap(compute.Func{}, hidden, hidden, n.In(4).value, hi-lo, p.h)
		together = 2
	}
	if t > 0 || o.on { // the first state is zero
		e.GemmBatch(together, false, false, hi-lo, p.h, p.h, 1, before, p.h, 0, u, p.pitch, p.h*p.pitch, 1, gates, p.h, all)
	}
}

// states moves blocks of states to the layout of the result, or back.
func (o recurrentOp) states(n *Node, p *tapeOf, blocks, rows compute.Buf, out bool) {
	e := n.Engine()
	if o.reverse { // block by block: strides do not run backwards
		for t := range p.t {
			at := o.at(p, t)
			part := rows.Part(at*p.h, rows.Len())
			if out {
				e.Move(n.ints[3][1:], part, n.ints[5][1:], p.block(blocks, t), n.ints[4][1:], false)
			} else {
				e.Move(n.ints[3][1:], p.block(blocks, t), n.ints[4][1:], part, n.ints[5][1:], false)
			}
		}
		return
	}
	if out {
		e.Move(n.ints[3], rows, n.ints[5], blocks, n.ints[4], false)
	} else {
		e.Move(n.ints[3], blocks, n.ints[4], rows, n.ints[5], false)
	}
}

func (o recurrentOp) Backward(n *Node) {
	e, p := n.Engine(), o.tape(n)
	w, u := n.In(1).value, n.In(2).value
	all, hh := p.t*p.m, p.h*p.pitch
	dg := n.Room(5, p.gates*all)
	for i := 6; i <= 8; i++ { // what reaches the state, the cell, and the cell before
		n.Room(i, p.m)
	}
	e.Fill(n.room[7], 0)
	var dy, dhidden compute.Buf
	if !o.last {
		dy = n.Room(9, all)
		o.states(n, &p, dy, n.OutGrad(), false)
		if o.short {
			for t := range p.t {
				o.alive(n, &p, t, p.block(dy, t), p.block(dy, t), 0)
			}
		}
	}
	if o.kind == cellGRU {
		dhidden = n.Room(10, all)
	}
	if o.short {
		for i := 16; i <= 18; i++ {
			n.Room(i, p.m)
		}
	}
	turned := n.Room(13, p.gates*hh) // once for all steps: a product with a transposed matrix copies it every time
	e.Move(n.ints[6], turned, n.ints[7], u, n.ints[8], false)
	if n.byRows[1] == nil {
		held := p
		n.byRows[1] = func(lo, hi int) { o.stepsBack(n, &held, lo, hi) }
	}
	e.Rows(p.n, 2*p.cost(), n.byRows[1])
	o.weights(n, &p, dg, dhidden)
	if g, add, ok := n.Grad(0); ok {
		dx := n.Room(11, p.t*p.n*p.d)
		for k := range p.gates {
			e.Gemm(false, true, p.t*p.n, p.d, p.h, 1, dg.Part(k*all, (k+1)*all), p.h, w.Part(k*p.d*p.h, (k+1)*p.d*p.h), p.h, float(k > 0), dx, p.d)
		}
		e.Move(n.ints[0], g, n.ints[2], dx, n.ints[1], add)
	}
}

// stepsBack goes back through time with sequences lo to hi.
func (o recurrentOp) stepsBack(n *Node, p *tapeOf, lo, hi int) {
	e, all, hh, m := n.Engine(), p.t*p.m, p.h*p.pitch, (hi-lo)*p.h
	room := func(i int) compute.Buf { return n.room[i].Part(lo*p.h, hi*p.h) }
	dg, turned, dh, dc, back := n.room[5], n.room[13], room(6), room(7), room(8)
	var dy, dhidden, live, pastH, pastC compute.Buf
	if !o.last {
		dy = n.room[9]
	}
	if o.kind == cellGRU {
		dhidden = n.room[10]
	}
	if o.short {
		live, pastH, pastC = room(16), room(17), room(18)
	}
	for t := p.t - 1; t >= 0; t-- {
		switch {
		case t == p.t-1 && o.last:
			e.Copy(dh, n.OutGrad().Part(lo*p.h, hi*p.h))
		case t == p.t-1:
			e.Copy(dh, p.rows(dy, t, lo, hi))
		case !o.last:
			e.Axpby(1, p.rows(dy, t, lo, hi), 1, dh)
		}
		if o.short { // what reaches rows that are not live goes on to the step before
			o.alive(n, p, t, live, dh, lo)
			e.Axpby(-1, live, 1, dh)
			e.Copy(pastH, dh)
			e.Copy(dh, live)
			o.alive(n, p, t, live, dc, lo)
			e.Axpby(-1, live, 1, dc)
			e.Copy(pastC, dc)
			e.Copy(dc, live)
		}
		gates, dgates := tail(p.g, o.at(p, t)*p.m+lo*p.h), tail(dg, o.at(p, t)*p.m+lo*p.h)
		before := p.rows(p.hs, t, lo, hi)
		switch o.kind {
		case cellRNN:
			e.MapGrad(compute.Func{Kind: compute.Tanh}, dgates.Part(0, m), dh, compute.Buf{}, gates.Part(0, m), false)
			e.Gemm(false, false, hi-lo, p.h, p.h, 1, dgates, p.h, turned, p.pitch, 0, dh, p.h)
		case cellGRU:
			du := p.rows(dhidden, t, lo, hi)
			e.GRUCellGrad(dgates, gates, all, du, back, dh, p.rows(p.hidden, t, lo, hi), before)
			for g := range 2 {
				e.Gemm(false, false, hi-lo, p.h, p.h, 1, dgates.Part(g*all, g*all+m), p.h, turned.Part(g*hh, (g+1)*hh), p.pitch, 1, back, p.h)
			}
			e.Gemm(false, false, hi-lo, p.h, p.h, 1, du, p.h, turned.Part(2*hh, 3*hh), p.pitch, 1, back, p.h)
			e.Copy(dh, back)
		default:
			e.LSTMCellGrad(dgates, gates, all, back, dh, dc, p.rows(p.tanh, t, lo, hi), p.rows(p.cs, t, lo, hi))
			e.Copy(dc, back)
			for g := range 4 {
				e.Gemm(false, false, hi-lo, p.h, p.h, 1, dgates.Part(g*all, g*all+m), p.h, turned.Part(g*hh, (g+1)*hh), p.pitch, float(g > 0), dh, p.h)
			}
		}
		if o.short {
			e.Axpby(1, pastH, 1, dh)
			e.Axpby(1, pastC, 1, dc)
		}
	}
}

// weights gathers the gradients of weights and biases from those of the gates.
func (o recurrentOp) weights(n *Node, p *tapeOf, dg, dhidden compute.Buf) {
	e, all, rows := n.Engine(), p.t*p.m, p.t*p.n
	states := p.hs // what the gates of each place of the input saw: in reverse, the blocks have the other order
	if o.reverse {
		states = n.Room(12, all)
		for t := range p.t {
			e.Copy(p.block(states, o.at(p, t)), p.block(p.hs, t))
		}
	}
	gw, addW, okW := n.Grad(1)
	gu, addU, okU := n.Grad(2)
	gb, addB, okB := n.Grad(3)
	for k := range p.gates {
		d := dg.Part(k*all, (k+1)*all)
		if okW {
			e.Gemm(true, false, p.d, p.h, rows, 1, p.x, p.d, d, p.h, float(addW), gw.Part(k*p.d*p.h, (k+1)*p.d*p.h), p.h)
		}
		if okB {
			e.ColumnSums(gb.Part(k*p.h, (k+1)*p.h), d, rows, p.h, addB)
		}
		if !okU {
			continue
		}
		saw := states
		if o.kind == cellGRU && k == 2 { // its recurrent part is scaled by the reset gate, and lies in order of steps
			d, saw = dhidden, p.hs
		}
		e.Gemm(true, false, p.h, p.h, rows, 1, saw, p.h, d, p.h, float(addU), gu.Part(k*p.h*p.h, (k+1)*p.h*p.h), p.h)
	}
	if o.kind == cellGRU {
		if g, add, ok := n.Grad(4); ok {
			e.ColumnSums(g, dhidden, rows, p.h, add)
		}
	}
}
