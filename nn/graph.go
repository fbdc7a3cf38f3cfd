package nn

import "slices"

// graph is what a net does to one batch, written out: the operations of a pass without training in their order, with the
// shapes they had. Whatever turns a net into something else (a plan of inference, an ONNX file, Go source) reads it instead of
// knowing layers; an operation that it does not know, a user's own say, it can name by its layer.
//
// Shapes are those of the batch that was traced: two traces of unlike batches tell which axes follow the batch.
type graph struct {
	net   *Net
	in    *Var
	out   *Var
	steps []*Node // operations that out depends on, in an order that they can run in

	params map[*Var]*Param
	states map[*Var]*State
	consts map[*Var]bool // arrays that layers bring along: the numbers are in them
}

// trace runs the net once over a batch of zeros of the given shape.
func (n *Net) trace(shape []int) (g *graph, err error) {
	if err := n.check("nn.Net", shape); err != nil {
		return nil, err
	}
	defer catch(&err)
	c := n.newCtx() // its own: what the pass leaves in its records stays as it was
	g = &graph{net: n, params: map[*Var]*Param{}, states: map[*Var]*State{}, consts: map[*Var]bool{}}
	for _, p := range n.book.params {
		g.params[&p.v] = p
	}
	for _, s := range n.book.states {
		g.states[&s.v] = s
	}
	g.out = n.run(c, make([]float32, size(shape)), shape)
	g.in = &c.plan.nodes[0].out
	g.keep(c.plan.nodes)
	return g, nil
}

// keep lists the operations that the result needs.
func (g *graph) keep(nodes []*Node) {
	needed := map[*Var]bool{g.out: true}
	for i := len(nodes) - 1; i > 0; i-- {
		n := nodes[i]
		switch {
		case !needed[&n.out]:
		case n.mark:
			g.consts[&n.out] = true
		default:
			g.steps = append(g.steps, n)
			for _, v := range n.in {
				needed[v] = true
			}
		}
	}
	slices.Reverse(g.steps)
}

// fixed reports whether a value does not depend on the input: a parameter, a state or an array of a layer's own.
func (g *graph) fixed(v *Var) bool { return g.params[v] != nil || g.states[v] != nil || g.consts[v] }

// numbers are those of a value in the engine's memory.
func (g *graph) numbers(v *Var) []float32 {
	x := make([]float32, v.Len())
	g.net.engine.Get(x, v.value)
	return x
}

// uses counts the operations that read each value; the result of the net counts once more.
func (g *graph) uses() map[*Var]int {
	u := map[*Var]int{g.out: 1}
	for _, n := range g.steps {
		for _, v := range n.in {
			u[v]++
		}
	}
	return u
}

// operation is what a step does, as the type it was written as (linearOp, convOp, ...), not a pointer to it.
func operation[O Op](n *Node) (O, bool) {
	p, ok := any(n.op).(*O)
	if !ok {
		return *new(O), false
	}
	return *p, true
}
