package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// maxAxes is the most axes an operation takes.
const maxAxes = 8

// axes are lengths or numbers of axes, in a form that can be compared.
type axes struct {
	n int
	v [maxAxes]int
}

func newAxes(c *Ctx, v []int) (a axes) {
	if len(v) > maxAxes {
		c.Fail(misfit("the shape", fmt.Sprintf("of %d axes", len(v)), "8 at the most"))
	}
	a.n = copy(a.v[:], v)
	return a
}

func (a *axes) list() []int { return append([]int(nil), a.v[:a.n]...) }

// Reshape lays the elements out in another shape, without moving one. One axis may be -1: what is left.
func (c *Ctx) Reshape(x *Var, shape ...int) *Var { return Apply(c, reshapeOp{newAxes(c, shape)}, x) }

// Flatten joins all axes but the first.
func (c *Ctx) Flatten(x *Var) *Var {
	if len(x.shape) == 2 {
		return x
	}
	return c.Reshape(x, x.shape[0], -1)
}

type reshapeOp struct{ to axes }

func (o reshapeOp) isView() {}

func (o reshapeOp) Shape(in [][]int) ([]int, error) {
	out := o.to.list()
	have, known, open := size(in[0]), 1, -1
	for i, d := range out {
		if d < 0 {
			open = i
			continue
		}
		known *= d
	}
	if open >= 0 && known > 0 {
		out[open] = have / known
	}
	if size(out) != have {
		return nil, misfit("the input", fmt.Sprintf("of shape %v", in[0]), fmt.Sprintf("as many elements as %v", o.to.list()))
	}
	return out, nil
}

func (o reshapeOp) Forward(*Node) {}

func (o reshapeOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		n.Engine().Axpby(1, n.OutGrad(), float(add), g)
	}
}

// Transpose puts the axes into another order: Transpose(x, 0, 2, 1) swaps the last two of three.
func (c *Ctx) Transpose(x *Var, order ...int) *Var {
	return Apply(c, transposeOp{newAxes(c, order)}, x)
}

type transposeOp struct{ order axes }

func (o transposeOp) Shape(in [][]int) ([]int, error) {
	x, seen := in[0], [maxAxes]bool{}
	out := make([]int, len(x))
	for i := range out {
		a := o.order.v[i]
		if o.order.n != len(x) || a < 0 || a >= len(x) || seen[a] {
			return nil, misfit("the order of axes", fmt.Sprintf("%v for shape %v", o.order.list(), x), "every axis once")
		}
		seen[a], out[i] = true, x[a]
	}
	return out, nil
}

// strides are those of the input and the result in the index space of the result.
func (o transposeOp) strides(n *Node) (from, to []int) {
	if n.ints == nil {
		in, s := n.In(0).shape, n.Out().shape
		whole, from := dense(in), make([]int, len(s))
		for i := range s {
			from[i] = whole[o.order.v[i]]
		}
		n.ints = [][]int{from, dense(s)}
	}
	return n.ints[0], n.ints[1]
}

// dense are the strides of an array of its own.
func dense(shape []int) []int {
	out := make([]int, len(shape))
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		out[i] = step
		step *= shape[i]
	}
	return out
}

func (o transposeOp) Forward(n *Node) {
	from, to := o.strides(n)
	n.Engine().Move(n.Out().shape, n.Out().value, to, n.In(0).value, from, false)
}

func (o transposeOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		from, to := o.strides(n)
		n.Engine().Move(n.Out().shape, g, from, n.OutGrad(), to, add)
	}
}

// Slice is the part from lo to hi of an axis; negative axes count from the end.
func (c *Ctx) Slice(x *Var, axis, lo, hi int) *Var { return Apply(c, sliceOp{axis, lo, hi}, x) }

type sliceOp struct{ axis, lo, hi int }

func (o sliceOp) Shape(in [][]int) ([]int, error) {
	a := fromEnd(o.axis, len(in[0]))
	if a < 0 || a >= len(in[0]) || o.lo < 0 || o.hi <= o.lo || o.hi > in[0][a] {
		return nil, misfit("the slice", fmt.Sprintf("%d to %d of axis %d of shape %v", o.lo, o.hi, o.axis, in[0]), "a part of the axis")
	}
	out := append([]int(nil), in[0]...)
	out[a] = o.hi - o.lo
	return out, nil
}

func fromEnd(axis, n int) int {
	if axis < 0 {
		return axis + n
	}
	return axis
}

func (o sliceOp) part(n *Node, b compute.Buf) compute.Buf {
	if n.ints == nil {
		n.ints = [][]int{dense(n.In(0).shape), dense(n.Out().shape)}
	}
	return b.Part(o.lo*n.ints[0][fromEnd(o.axis, len(n.Out().shape))], b.Len())
}

func (o sliceOp) Forward(n *Node) {
	from := o.part(n, n.In(0).value)
	n.Engine().Move(n.Out().shape, n.Out().value, n.ints[1], from, n.ints[0], false)
}

func (o sliceOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		if !add {
			n.Engine().Fill(g, 0)
		}
		n.Engine().Move(n.Out().shape, o.part(n, g), n.ints[0], n.OutGrad(), n.ints[1], true)
	}
}

// Concat joins values along an axis; the other axes must agree.
func (c *Ctx) Concat(axis int, x ...*Var) *Var {
	if len(x) == 0 {
		c.Fail(misfit("Concat", "nothing", "one value or more"))
	}
	return Apply(c, concatOp{axis}, x...)
}

type concatOp struct{ axis int }

func (o concatOp) Shape(in [][]int) ([]int, error) {
	out := append([]int(nil), in[0]...)
	a := fromEnd(o.axis, len(out))
	for i, s := range in {
		fits := len(s) == len(out) && a >= 0 && a < len(out)
		for j := range s {
			fits = fits && (j == a || s[j] == out[j])
		}
		if !fits {
			return nil, misfit(fmt.Sprintf("value %d", i), fmt.Sprintf("of shape %v", s), fmt.Sprintf("that of the first, %v, but for axis %d", in[0], o.axis))
		}
		if i > 0 {
			out[a] += s[a]
		}
	}
	return out, nil
}

// each calls f with the part of the result that belongs to input i.
func (o concatOp) each(n *Node, whole compute.Buf, f func(i int, part compute.Buf, shape, own, stride []int)) {
	if n.ints == nil {
		n.ints = append(n.ints, dense(n.Out().shape))
		for i := range n.Inputs() {
			n.ints = append(n.ints, dense(n.In(i).shape))
		}
	}
	a, at := fromEnd(o.axis, len(n.Out().shape)), 0
	for i := range n.Inputs() {
		s := n.In(i).shape
		f(i, whole.Part(at*n.ints[0][a], whole.Len()), s, n.ints[i+1], n.ints[0])
		at += s[a]
	}
}

func (o concatOp) Forward(n *Node) {
	o.each(n, n.Out().value, func(i int, part compute.Buf, shape, own, stride []int) {
		n.Engine().Move(shape, part, stride, n.In(i).value, own, false)
	})
}

func (o concatOp) Backward(n *Node) {
	o.each(n, n.OutGrad(), func(i int, part compute.Buf, shape, own, stride []int) {
		if g, add, ok := n.Grad(i); ok {
			n.Engine().Move(shape, g, own, part, stride, add)
		}
	})
}
