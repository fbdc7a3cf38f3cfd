package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
)

// misfit is the error of inputs that an operation cannot take.
func misfit(what, found, want string) error {
	return &ml.Error{Field: what, Found: found, Want: want, Kind: ml.ErrShape}
}

// misset is the error of a layer's field.
func misset(field, found, want string) error {
	return &ml.Error{Field: field, Found: found, Want: want, Kind: ml.ErrConfig}
}

// Linear is f(x w + b): x has rows of w's first axis, whatever axes stand before; b may be nil.
func (c *Ctx) Linear(x, w, b *Var, f Activation) *Var {
	if b == nil {
		return c.Act(Apply(c, linearOp{}, x, w), f)
	}
	return Apply(c, linearOp{f}, x, w, b)
}

type linearOp struct{ f Activation }

func (o linearOp) Shape(in [][]int) ([]int, error) {
	x, w := in[0], in[1]
	if len(x) == 0 || len(w) != 2 || x[len(x)-1] != w[0] {
		return nil, misfit("the input", fmt.Sprintf("of shape %v", x), fmt.Sprintf("rows of %d numbers, as the weights of shape %v have it", w[0], w))
	}
	out := append([]int(nil), x...)
	out[len(out)-1] = w[1]
	return out, nil
}

func (o linearOp) Forward(n *Node) {
	e, x, w := n.Engine(), n.In(0), n.In(1)
	in, out := w.shape[0], w.shape[1]
	rows := x.Len() / in
	y := n.Out().value
	pre := y
	if o.f.NeedsInput() {
		pre = n.Room(0, y.Len())
	}
	e.Gemm(false, false, rows, out, in, 1, x.value, in, w.value, out, 0, pre, out)
	switch {
	case n.Inputs() < 3:
	case o.f.NeedsInput():
		e.BiasMap(compute.Func{}, pre, pre, n.In(2).value, rows, out)
		e.Map(o.f.Func, y, pre)
	default:
		e.BiasMap(o.f.Func, y, y, n.In(2).value, rows, out)
	}
}

func (o linearOp) Backward(n *Node) {
	e, x, w := n.Engine(), n.In(0), n.In(1)
	in, out := w.shape[0], w.shape[1]
	rows := x.Len() / in
	d := n.OutGrad()
	if o.f.Kind != compute.Identity { // in place: nothing reads the gradient of the result any more
		var pre compute.Buf
		if o.f.NeedsInput() {
			pre = n.Room(0, d.Len())
		}
		e.MapGrad(o.f.Func, d, d, pre, n.Out().value, false)
	}
	if n.Inputs() > 2 {
		if g, add, ok := n.Grad(2); ok {
			e.ColumnSums(g, d, rows, out, add)
		}
	}
	if g, add, ok := n.Grad(1); ok {
		e.Gemm(true, false, in, out, rows, 1, x.value, in, d, out, float(add), g, out)
	}
	if g, add, ok := n.Grad(0); ok {
		e.Gemm(false, true, rows, in, out, 1, d, out, w.value, out, float(add), g, in)
	}
}

// float is the beta of a product that adds, or does not.
func float(add bool) float64 {
	if add {
		return 1
	}
	return 0
}

// MatMul multiplies the matrices of the last two axes, a by b or by b transposed. The axes before must agree, or b has none: then
// one matrix serves all.
func (c *Ctx) MatMul(a, b *Var, transB bool) *Var { return Apply(c, matMulOp{transB}, a, b) }

type matMulOp struct{ transB bool }

func (o matMulOp) sizes(a, b []int) (batch, m, n, k, stepB int) {
	m, k = a[len(a)-2], a[len(a)-1]
	n = b[len(b)-1]
	if o.transB {
		n = b[len(b)-2]
	}
	batch, stepB = size(a[:len(a)-2]), n*k
	if len(b) == 2 {
		stepB = 0
	}
	return
}

func (o matMulOp) Shape(in [][]int) ([]int, error) {
	a, b := in[0], in[1]
	bad := func() ([]int, error) {
		return nil, misfit("the factors", fmt.Sprintf("of shapes %v and %v", a, b), "matrices in the last two axes whose inner lengths agree, and equal axes before them")
	}
	if len(a) < 2 || len(b) < 2 || len(b) != 2 && len(b) != len(a) {
		return bad()
	}
	inner, n := b[len(b)-2], b[len(b)-1]
	if o.transB {
		inner, n = n, inner
	}
	if a[len(a)-1] != inner {
		return bad()
	}
	if len(b) > 2 {
		for i := range len(a) - 2 {
			if a[i] != b[i] {
				return bad()
			}
		}
	}
	out := append([]int(nil), a...)
	out[len(out)-1] = n
	return out, nil
}

func (o matMulOp) Forward(n *Node) {
	a, b := n.In(0), n.In(1)
	batch, m, cols, k, stepB := o.sizes(a.shape, b.shape)
	if stepB == 0 {
		m, batch = m*batch, 1
	}
	n.Engine().GemmBatch(batch, false, o.transB, m, cols, k, 1, a.value, k, m*k, b.value, b.Dim(-1), stepB, 0, n.Out().value, cols, m*cols)
}

func (o matMulOp) Backward(n *Node) {
	e, a, b, d := n.Engine(), n.In(0), n.In(1), n.OutGrad()
	batch, m, cols, k, stepB := o.sizes(a.shape, b.shape)
	if stepB == 0 {
		m, batch = m*batch, 1
	}
	if g, add, ok := n.Grad(0); ok {
		e.GemmBatch(batch, false, !o.transB, m, k, cols, 1, d, cols, m*cols, b.value, b.Dim(-1), stepB, float(add), g, k, m*k)
	}
	g, add, ok := n.Grad(1)
	switch {
	case !ok:
	case o.transB:
		e.GemmBatch(batch, true, false, cols, k, m, 1, d, cols, m*cols, a.value, k, m*k, float(add), g, k, cols*k)
	default:
		e.GemmBatch(batch, true, false, k, cols, m, 1, a.value, k, m*k, d, cols, m*cols, float(add), g, cols, cols*k)
	}
}
