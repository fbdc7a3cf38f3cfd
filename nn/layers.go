package nn

import (
	"fmt"
	"math"
)

// Dense is a fully connected layer: Act(x W + b), on the last axis.
type Dense struct {
	Out    int        // units, 1 or more
	Act    Activation // zero: none
	NoBias bool       // false: a bias, which starts as PyTorch's does
	Init   Init       // nil: He{Slope: √5}, uniform within 1/√in, PyTorch's default
}

// Forward applies the layer.
func (d Dense) Forward(c *Ctx, x *Var) *Var {
	in := x.Dim(-1)
	w := c.Param("W", orInit(d.Init), in, d.Out)
	if d.NoBias {
		return c.Linear(x, w, nil, d.Act)
	}
	return c.Linear(x, w, c.Bias("b", biasInit(c, in), d.Out), d.Act)
}

var torchInit Init = He{Slope: math.Sqrt(5)}

func orInit(i Init) Init {
	if i == nil {
		return torchInit
	}
	return i
}

// biasInit is PyTorch's for in inputs: uniform within 1/√in. It is made only when parameters are.
func biasInit(c *Ctx, in int) Init {
	if !c.build {
		return nil
	}
	return UniformInit{1 / math.Sqrt(float64(max(in, 1)))}
}

// Seq runs layers one after the other. The parameters of layer i stand under its number.
type Seq []Module

// Forward runs the layers.
func (s Seq) Forward(c *Ctx, x *Var) *Var {
	for i, m := range s {
		x = c.Call(number(i), m, x)
	}
	return x
}

// Residual adds what Inner makes of x to x (He et al., CVPR 2016), or to what Short makes of it.
type Residual struct {
	Inner Module
	Short Module  // nil: x itself
	Drop  float64 // stochastic depth: the probability with which a row skips Inner in training
}

// Forward runs both ways.
func (r Residual) Forward(c *Ctx, x *Var) *Var {
	y := c.Dropout(c.Call("inner", r.Inner, x), r.Drop, true)
	if r.Short != nil {
		x = c.Call("short", r.Short, x)
	}
	if r.Short == nil && !equal(x.shape, y.shape) {
		c.Fail(misfit("the residual", fmt.Sprintf("of shape %v", y.shape), fmt.Sprintf("that of the input, %v, or a Short that makes it so", x.shape)))
	}
	return c.Add(x, y)
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i, v := range a {
		if b[i] != v {
			return false
		}
	}
	return true
}

// Parallel runs all its parts on the same value and joins the results along the last axis.
type Parallel []Module

// Forward runs the parts.
func (p Parallel) Forward(c *Ctx, x *Var) *Var {
	out := make([]*Var, len(p))
	for i, m := range p {
		out[i] = c.Call(number(i), m, x)
	}
	return c.Concat(-1, out...)
}

// Flatten joins all axes but the first.
type Flatten struct{}

// Forward reshapes.
func (Flatten) Forward(c *Ctx, x *Var) *Var { return c.Flatten(x) }

// Reshape gives every input of the batch another shape; one axis may be -1.
type Reshape struct{ Shape []int }

// Forward reshapes.
func (r Reshape) Forward(c *Ctx, x *Var) *Var {
	var a axes
	if len(r.Shape) >= maxAxes {
		c.Fail(misset("Reshape.Shape", fmt.Sprint(r.Shape), "7 axes at the most"))
	}
	a.n, a.v[0] = len(r.Shape)+1, x.shape[0]
	copy(a.v[1:], r.Shape)
	return Apply(c, reshapeOp{a}, x)
}

// Dropout sets elements to 0 with probability P in training and scales the others by 1/(1-P) (Srivastava et al., JMLR 15 (2014)).
type Dropout struct{ P float64 }

// Forward drops.
func (d Dropout) Forward(c *Ctx, x *Var) *Var { return c.Dropout(x, d.P, false) }

// Noise adds normal numbers of the given deviation in training.
type Noise struct{ Deviation float64 }

// Forward adds noise.
func (d Noise) Forward(c *Ctx, x *Var) *Var {
	if !c.train || d.Deviation == 0 {
		return x
	}
	return Apply(c, noiseOp{d.Deviation}, x)
}

type noiseOp struct{ sd float64 }

func (o noiseOp) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (o noiseOp) Forward(n *Node) {
	e, y := n.Engine(), n.Out().value
	e.Normal(y, n.Key())
	e.Axpby(1, n.In(0).value, o.sd, y)
}

func (o noiseOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		n.Engine().Axpby(1, n.OutGrad(), float(add), g)
	}
}

// Embedding gives every number 0..Rows-1 of its input a row of Width weights: [...] becomes [..., Width]. Numbers that are no row give
// zeros.
type Embedding struct {
	Rows, Width int
	Init        Init // nil: normal, of deviation 1, as in PyTorch
}

var normalOne Init = NormalInit{Deviation: 1}

// Forward looks up.
func (m Embedding) Forward(c *Ctx, x *Var) *Var {
	init := m.Init
	if init == nil {
		init = normalOne
	}
	return c.Gather(c.Param("W", init, m.Rows, m.Width), x)
}

// EmbeddingBag is the mean (or, with Sum, the sum) of the rows that the last axis of its input names: [N, L] becomes [N, Width].
// Numbers that are no row count as rows of zeros.
type EmbeddingBag struct {
	Rows, Width int
	Sum         bool
	Init        Init // nil: normal, of deviation 1
}

// Forward looks up and joins.
func (m EmbeddingBag) Forward(c *Ctx, x *Var) *Var {
	rows := Embedding{m.Rows, m.Width, m.Init}.Forward(c, x)
	if m.Sum {
		return c.Sum(rows, -2)
	}
	return c.Mean(rows, -2)
}

// Func is a layer without parameters of its own, from a function: for use in place. It cannot be saved.
type Func func(c *Ctx, x *Var) *Var

// Forward calls the function.
func (f Func) Forward(c *Ctx, x *Var) *Var { return f(c, x) }

// Positions adds a learned row to every place of a sequence [N, T, D], T up to Length.
type Positions struct {
	Length int
	Init   Init // nil: zeros
}

// Forward adds rows.
func (p Positions) Forward(c *Ctx, x *Var) *Var {
	if len(x.shape) != 3 || c.past()+x.shape[1] > p.Length {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v", x.shape), fmt.Sprintf("[batch, up to %d places, width]", p.Length)))
	}
	w := c.Bias("W", p.Init, p.Length, x.shape[2])
	switch {
	case c.session != nil:
		w = Apply(c, placesOp{x.shape[1]}, w)
	case x.shape[1] < p.Length:
		w = c.Slice(w, 0, 0, x.shape[1])
	}
	return c.Add(x, w)
}
