package nn

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// graphRun is one pass through a Graph.
type graphRun struct {
	c     *Ctx
	g     *Graph
	vals  []graphValue
	n     *GraphNode
	batch int
}

// graphValue is a value of the pass: an array of the tape with its axes in some order, so that transposes cost nothing until an operation needs
// the one that the file means; or numbers that are known here, such as shapes.
type graphValue struct {
	v     *Var
	perm  []int     // axis i of the file's is perm[i] of v's; nil: they agree
	known []float64 // numbers, if v is nil
	dims  []int     // their shape
	whole bool      // they are whole
}

// fail ends the pass with an error that names the operator.
func (r *graphRun) fail(found, want string) {
	field := "the graph"
	if r.n != nil {
		field = "node " + r.n.Name + " (" + r.n.Op + ")"
	}
	r.c.Fail(&ml.Error{Where: "nn.Graph", Field: field, Found: found, Want: want, Kind: ml.ErrFormat})
}

// value is value i, which must be there.
func (r *graphRun) value(i int) graphValue {
	v := r.vals[i]
	if v.v == nil && v.known == nil {
		r.fail(fmt.Sprintf("value %d, which is not there", i), "the result of an operator before")
	}
	return v
}

// has reports whether the operator has input i.
func (r *graphRun) has(i int) bool { return i < len(r.n.In) && r.n.In[i] >= 0 }

func (r *graphRun) in(i int) graphValue { return r.value(r.n.In[i]) }

func (r *graphRun) set(i int, v graphValue) {
	if i < len(r.n.Out) && r.n.Out[i] >= 0 {
		r.vals[r.n.Out[i]] = v
	}
}

func (r *graphRun) put(v *Var) { r.set(0, graphValue{v: v}) }

// tell sets a result that is known here.
func (r *graphRun) tell(x []float64, dims []int, whole bool) {
	if x == nil {
		x = []float64{}
	}
	r.set(0, graphValue{known: x, dims: dims, whole: whole})
}

// shape is the shape as the file sees it.
func (v graphValue) shape() []int {
	switch {
	case v.v == nil:
		return v.dims
	case v.perm == nil:
		return v.v.shape
	}
	s := make([]int, len(v.perm))
	for i, a := range v.perm {
		s[i] = v.v.shape[a]
	}
	return s
}

// normal is an order of axes, nil if it changes nothing.
func normal(order []int) []int {
	for i, a := range order {
		if i != a {
			return order
		}
	}
	return nil
}

func inverse(order []int) []int {
	if order == nil {
		return nil
	}
	out := make([]int, len(order))
	for i, a := range order {
		out[a] = i
	}
	return out
}

// ordered is a value with the axes of the file in another order.
func (r *graphRun) ordered(v graphValue, order []int) *Var {
	x := r.onTape(v)
	if order == nil {
		order = make([]int, len(x.shape))
		for i := range order {
			order[i] = i
		}
	}
	if len(order) != len(x.shape) {
		r.fail(fmt.Sprintf("a value of shape %v", v.shape()), fmt.Sprintf("%d axes", len(order)))
	}
	to := slices.Clone(order)
	if v.perm != nil {
		for i, a := range order {
			to[i] = v.perm[a]
		}
	}
	if normal(to) == nil {
		return x
	}
	return r.c.Transpose(x, to...)
}

// plain is a value as the file sees it.
func (r *graphRun) plain(v graphValue) *Var { return r.ordered(v, nil) }

// channelsLast is an image of the file's [N, C, places...] as it is here.
func (r *graphRun) channelsLast(v graphValue) *Var {
	s := v.shape()
	if len(s) < 3 || len(s) > 5 {
		r.fail(fmt.Sprintf("an input of shape %v", s), "[N, C] and 1 to 3 axes of places")
	}
	return r.ordered(v, lastOrder(len(s)))
}

// image is a result whose channels lie last here and first in the file.
func (r *graphRun) image(v *Var) { r.set(0, graphValue{v: v, perm: firstOrder(len(v.shape))}) }

// onTape brings numbers that are known onto the tape.
func (r *graphRun) onTape(v graphValue) *Var {
	if v.v != nil {
		return v.v
	}
	if len(v.known) == 0 || len(v.dims) > maxAxes {
		r.fail(fmt.Sprintf("an array of shape %v", v.dims), "numbers, and 8 axes at the most")
	}
	x := r.c.Const(v.known)
	if len(v.dims) != 1 {
		shape := v.dims
		if len(shape) == 0 {
			shape = []int{1}
		}
		x = r.c.Reshape(x, shape...)
	}
	return x
}

// numbers of an input that must be known here.
func (r *graphRun) numbers(i int) []float64 {
	v := r.in(i)
	if v.v != nil {
		r.fail(fmt.Sprintf("input %d, which depends on the net's", i), "numbers that are known")
	}
	return v.known
}

// ints are whole numbers of an input or, in files of old, of an attribute; nil where there are none.
func (r *graphRun) ints(i int, attr string) []int {
	if !r.has(i) {
		return r.n.ints(attr)
	}
	x := r.numbers(i)
	out := make([]int, len(x))
	for i, v := range x {
		out[i] = int(min(max(v, -1<<31), 1<<31))
	}
	return out
}

// scalar is the only number of an input, or that of an attribute, or else a default.
func (r *graphRun) scalar(i int, attr string, or float64) float64 {
	if !r.has(i) {
		return r.n.float(attr, or)
	}
	x := r.numbers(i)
	if len(x) != 1 {
		r.fail(fmt.Sprintf("%d numbers", len(x)), "one")
	}
	return x[0]
}

func (n *GraphNode) attr(name string) *GraphAttr {
	for i := range n.Attrs {
		if n.Attrs[i].Name == name {
			return &n.Attrs[i]
		}
	}
	return nil
}

func (n *GraphNode) ints(name string) []int {
	if a := n.attr(name); a != nil {
		return a.Ints
	}
	return nil
}

func (n *GraphNode) int(name string, or int) int {
	if a := n.attr(name); a != nil && len(a.Ints) == 1 {
		return a.Ints[0]
	}
	return or
}

func (n *GraphNode) float(name string, or float64) float64 {
	if a := n.attr(name); a != nil && len(a.Floats) == 1 {
		return a.Floats[0]
	}
	return or
}

func (n *GraphNode) text(name, or string) string {
	if a := n.attr(name); a != nil && a.Text != "" {
		return a.Text
	}
	return or
}

// axis is an axis of so many.
func (r *graphRun) axis(a, rank int) int {
	if a < 0 {
		a += rank
	}
	if a < 0 || a >= rank {
		r.fail(fmt.Sprintf("axis %d of %d", a, rank), "an axis of the input")
	}
	return a
}

// marked says of each axis whether it is in a list; all, where the list is empty.
func (r *graphRun) marked(axes []int, rank int) []bool {
	m := make([]bool, rank)
	for _, a := range axes {
		m[r.axis(a, rank)] = true
	}
	if len(axes) == 0 {
		for i := range m {
			m[i] = true
		}
	}
	return m
}

// charge counts numbers that an operation takes besides its result, while a net is built.
func (r *graphRun) charge(n int) {
	if r.c.room == 0 {
		return
	}
	if r.c.room -= n; n < 0 || r.c.room <= 0 {
		r.fail("more memory than a net of a file may take", fmt.Sprintf("%d numbers", graphRoom))
	}
}
