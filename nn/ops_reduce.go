package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Sum adds the elements along axes, which go; no axes are all of them, and one number is left, of shape [1].
func (c *Ctx) Sum(x *Var, over ...int) *Var { return Apply(c, sumOp{newAxes(c, over), false}, x) }

// Mean is Sum divided by how many elements went into each.
func (c *Ctx) Mean(x *Var, over ...int) *Var { return Apply(c, sumOp{newAxes(c, over), true}, x) }

type sumOp struct {
	over axes
	mean bool
}

func (o sumOp) gone(rank int) (gone [maxAxes]bool, ok bool) {
	for i := range rank {
		gone[i] = o.over.n == 0
	}
	for _, a := range o.over.v[:o.over.n] {
		if a = fromEnd(a, rank); a < 0 || a >= rank {
			return gone, false
		}
		gone[a] = true
	}
	return gone, rank <= maxAxes
}

func (o sumOp) Shape(in [][]int) ([]int, error) {
	gone, ok := o.gone(len(in[0]))
	if !ok {
		return nil, misfit("the axes of a sum", fmt.Sprintf("%v of shape %v", o.over.list(), in[0]), "axes of the input")
	}
	var out []int
	for i, d := range in[0] {
		if !gone[i] {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		out = []int{1}
	}
	return out, nil
}

func (o sumOp) strides(n *Node) (in, out []int, scale float64) {
	x := n.In(0).shape
	if n.ints == nil {
		gone, _ := o.gone(len(x))
		to, step := make([]int, len(x)), 1
		for i := len(x) - 1; i >= 0; i-- {
			if !gone[i] {
				to[i] = step
				step *= x[i]
			}
		}
		n.ints = [][]int{dense(x), to}
	}
	scale = 1
	if o.mean {
		scale = float64(n.Out().Len()) / float64(n.In(0).Len())
	}
	return n.ints[0], n.ints[1], scale
}

func (o sumOp) Forward(n *Node) {
	e, y := n.Engine(), n.Out().value
	in, out, scale := o.strides(n)
	e.Fill(y, 0)
	e.Move(n.In(0).shape, y, out, n.In(0).value, in, true)
	if scale != 1 {
		e.Axpby(scale, y, 0, y)
	}
}

func (o sumOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	e, d := n.Engine(), n.OutGrad()
	in, out, scale := o.strides(n)
	if scale != 1 {
		e.Axpby(scale, d, 0, d)
	}
	e.Move(n.In(0).shape, g, in, d, out, add)
}

// MaxOf is the largest element along one axis, which goes; of equals, the first gets the gradient.
func (c *Ctx) MaxOf(x *Var, axis int) *Var { return Apply(c, extremeOp{axis}, x) }

type extremeOp struct{ axis int }

func (o extremeOp) sizes(shape []int) (outer, n, inner int) {
	a := fromEnd(o.axis, len(shape))
	return size(shape[:a]), shape[a], size(shape[a+1:])
}

func (o extremeOp) Shape(in [][]int) ([]int, error) {
	a := fromEnd(o.axis, len(in[0]))
	if a < 0 || a >= len(in[0]) || in[0][a] == 0 {
		return nil, misfit("the axis of a maximum", fmt.Sprintf("%d of shape %v", o.axis, in[0]), "an axis of the input")
	}
	out := append(append([]int(nil), in[0][:a]...), in[0][a+1:]...)
	if len(out) == 0 {
		out = []int{1}
	}
	return out, nil
}

func (o extremeOp) Forward(n *Node) {
	outer, m, inner := o.sizes(n.In(0).shape)
	n.Engine().Extreme(n.Out().value, n.Room(0, n.Out().Len()), n.In(0).value, outer, m, inner)
}

func (o extremeOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		outer, m, inner := o.sizes(n.In(0).shape)
		n.Engine().ExtremeGrad(g, n.OutGrad(), n.Room(0, n.Out().Len()), outer, m, inner, add)
	}
}

// Softmax normalises the exponentials along the last axis.
func (c *Ctx) Softmax(x *Var) *Var { return Apply(c, softmaxOp{}, x) }

// LogSoftmax is the logarithm of Softmax, without overflow.
func (c *Ctx) LogSoftmax(x *Var) *Var { return Apply(c, softmaxOp{true}, x) }

type softmaxOp struct{ log bool }

func (o softmaxOp) Shape(in [][]int) ([]int, error) {
	if len(in[0]) == 0 || in[0][len(in[0])-1] == 0 {
		return nil, misfit("the input of a softmax", fmt.Sprintf("of shape %v", in[0]), "rows of one number or more")
	}
	return append([]int(nil), in[0]...), nil
}

func (o softmaxOp) Forward(n *Node) {
	last := n.Out().Dim(-1)
	n.Engine().Softmax(n.Out().value, n.In(0).value, n.Out().Len()/last, last, o.log)
}

func (o softmaxOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		last := n.Out().Dim(-1)
		n.Engine().SoftmaxGrad(g, n.OutGrad(), n.Out().value, n.Out().Len()/last, last, o.log, add)
	}
}

// Gather picks rows of a table by their numbers, which index holds: a number that is no row gives zeros.
func (c *Ctx) Gather(table, index *Var) *Var { return Apply(c, gatherOp{}, table, index) }

type gatherOp struct{}

func (gatherOp) Shape(in [][]int) ([]int, error) {
	if len(in[0]) != 2 {
		return nil, misfit("the table", fmt.Sprintf("of shape %v", in[0]), "rows and their width")
	}
	return append(append([]int(nil), in[1]...), in[0][1]), nil
}

func (gatherOp) Forward(n *Node) {
	n.Engine().Gather(n.Out().value, n.In(0).value, n.In(1).value, n.Out().Dim(-1))
}

func (gatherOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		if !add {
			n.Engine().Fill(g, 0)
		}
		n.Engine().Scatter(g, n.OutGrad(), n.In(1).value, n.Out().Dim(-1))
	}
}

// Dropout sets elements to 0 with probability p and scales the others up, in training; otherwise it does nothing. With rows, whole
// rows of the first axis go together (stochastic depth, Huang et al., ECCV 2016).
func (c *Ctx) Dropout(x *Var, p float64, rows bool) *Var {
	if !(p >= 0 && p < 1) {
		c.Fail(misset("the rate of dropout", fmt.Sprint(p), "0 or more, and below 1"))
	}
	if !c.train || p == 0 {
		return x
	}
	return Apply(c, dropOp{p, rows}, x)
}

type dropOp struct {
	p    float64
	rows bool
}

func (o dropOp) Shape(in [][]int) ([]int, error) {
	return append([]int(nil), in[0]...), nil
}

func (o dropOp) Forward(n *Node) {
	e, x, y := n.Engine(), n.In(0).value, n.Out().value
	if o.rows {
		rows := n.Out().shape[0]
		mask := n.Room(0, rows)
		e.DropMask(mask, 1-o.p, n.Key())
		if n.ints == nil {
			n.ints = [][]int{{rows, y.Len() / rows}, {y.Len() / rows, 1}, {1, 0}}
		}
		e.Binary(compute.Mul, n.ints[0], y, x, n.ints[1], mask, n.ints[2])
		return
	}
	mask := n.Room(0, y.Len())
	e.DropMask(mask, 1-o.p, n.Key())
	if n.ints == nil {
		n.ints = [][]int{{y.Len()}, {1}, {1}}
	}
	e.Binary(compute.Mul, n.ints[0], y, x, n.ints[1], mask, n.ints[2])
}

func (o dropOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		n.Engine().Contract(n.ints[0], g, n.ints[1], n.OutGrad(), n.ints[1], n.room[0], n.ints[2], add)
	}
}
