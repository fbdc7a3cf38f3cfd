package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Add is x + y. Axes are compared from the last; one of length 1, or one that is not there, is repeated, as NumPy does. So for the
// operations below.
func (c *Ctx) Add(x, y *Var) *Var { return Apply(c, binaryOp{compute.Add}, x, y) }

// Sub is x - y.
func (c *Ctx) Sub(x, y *Var) *Var { return Apply(c, binaryOp{compute.Sub}, x, y) }

// Mul is x y, element by element.
func (c *Ctx) Mul(x, y *Var) *Var { return Apply(c, binaryOp{compute.Mul}, x, y) }

// Div is x / y.
func (c *Ctx) Div(x, y *Var) *Var { return Apply(c, binaryOp{compute.Div}, x, y) }

// Max is the larger of x and y; of equals, the gradient goes to x.
func (c *Ctx) Max(x, y *Var) *Var { return Apply(c, binaryOp{compute.Max}, x, y) }

// Min is the smaller of x and y; of equals, the gradient goes to x.
func (c *Ctx) Min(x, y *Var) *Var { return Apply(c, binaryOp{compute.Min}, x, y) }

type binaryOp struct{ op compute.Op }

func (o binaryOp) Shape(in [][]int) ([]int, error) {
	x, y := in[0], in[1]
	out := make([]int, max(len(x), len(y)))
	for i := range out {
		a, b := axisFromEnd(x, len(out)-i), axisFromEnd(y, len(out)-i)
		if a != b && a != 1 && b != 1 {
			return nil, misfit("the operands", fmt.Sprintf("of shapes %v and %v", x, y), "equal axes, counted from the last, or axes of 1")
		}
		out[i] = a
		if a == 1 {
			out[i] = b
		}
	}
	return out, nil
}

func axisFromEnd(shape []int, i int) int {
	if i > len(shape) {
		return 1
	}
	return shape[len(shape)-i]
}

// strides of an array of one shape in the index space of another, 0 where it is repeated.
func strides(shape, space []int) []int {
	out := make([]int, len(space))
	step := 1
	for i := 1; i <= len(shape); i++ {
		if d := shape[len(shape)-i]; d > 1 {
			out[len(space)-i] = step
			step *= d
		}
	}
	return out
}

// spaces are the strides of the inputs and of the result, worked out once.
func (o binaryOp) spaces(n *Node) (space, x, y, out []int) {
	if n.ints == nil {
		s := n.Out().shape
		n.ints = [][]int{strides(n.In(0).shape, s), strides(n.In(1).shape, s), strides(s, s)}
	}
	return n.Out().shape, n.ints[0], n.ints[1], n.ints[2]
}

func (o binaryOp) Forward(n *Node) {
	space, xs, ys, _ := o.spaces(n)
	n.Engine().Binary(o.op, space, n.Out().value, n.In(0).value, xs, n.In(1).value, ys)
}

func (o binaryOp) Backward(n *Node) {
	e, d, x, y := n.Engine(), n.OutGrad(), n.In(0), n.In(1)
	space, xs, ys, own := o.spaces(n)
	switch o.op {
	case compute.Add, compute.Sub:
		o.pass(n, 0, xs, d, 1)
		if o.op == compute.Add {
			o.pass(n, 1, ys, d, 1)
		} else {
			o.pass(n, 1, ys, d, -1)
		}
	case compute.Mul:
		if g, add, ok := n.Grad(0); ok {
			e.Contract(space, g, xs, d, own, y.value, ys, add)
		}
		if g, add, ok := n.Grad(1); ok {
			e.Contract(space, g, ys, d, own, x.value, xs, add)
		}
	case compute.Div: // dx = d / y; dy = -d out / y
		t := n.Room(0, d.Len())
		e.Binary(compute.Div, space, t, d, own, y.value, ys)
		o.pass(n, 0, xs, t, 1)
		if n.Wants(1) {
			e.Binary(compute.Mul, space, t, t, own, n.Out().value, own)
			o.pass(n, 1, ys, t, -1)
		}
	default:
		// 1 where the result is x, so 0 where it is y alone
		t := n.Room(0, d.Len())
		e.Binary(compute.Equal, space, t, n.Out().value, own, x.value, xs)
		if g, add, ok := n.Grad(0); ok {
			e.Contract(space, g, xs, d, own, t, own, add)
		}
		if g, add, ok := n.Grad(1); ok {
			e.Map(compute.Func{Kind: compute.Scale, A: -1, B: 1}, t, t)
			e.Contract(space, g, ys, d, own, t, own, add)
		}
	}
}

// pass sends sign times d to input i, summed where that was repeated.
func (o binaryOp) pass(n *Node, i int, to []int, d compute.Buf, sign float64) {
	g, add, ok := n.Grad(i)
	if !ok {
		return
	}
	e := n.Engine()
	if g.Len() == d.Len() {
		e.Axpby(sign, d, float(add), g)
		return
	}
	if !add {
		e.Fill(g, 0)
	}
	if sign < 0 {
		t := n.Room(1, d.Len())
		e.Axpby(-1, d, 0, t)
		d = t
	}
	e.Move(n.Out().shape, g, to, d, n.ints[2], true)
}
