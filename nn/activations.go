package nn

import (
	"github.com/gopherwood-ml/ml/internal/compute"
)

// Activation is a function of one number that stands between layers: one of the variables and functions of this package. The
// zero Activation is the identity.
type Activation struct{ compute.Func }

// Kinds of activation, by the names PyTorch has for them. Their gradients at a kink are PyTorch's: 0 for ReLU at 0, the slope
// below for LeakyReLU and ELU, 0 for HardTanh at either end.
var (
	Linear      = Activation{}
	ReLU        = act(compute.ReLU)
	GELU        = act(compute.GELU)     // x Φ(x) (Hendrycks and Gimpel, 2016)
	GELUTanh    = act(compute.GELUTanh) // its approximation by a hyperbolic tangent
	SiLU        = act(compute.SiLU)     // x σ(x), also called swish
	Tanh        = act(compute.Tanh)
	Sigmoid     = act(compute.Sigmoid)
	Softplus    = act(compute.Softplus) // log(1 + exp x)
	SELU        = act(compute.SELU)
	Mish        = act(compute.Mish)
	HardSwish   = act(compute.HardSwish)
	HardSigmoid = act(compute.HardSigmoid)
	ReLU6       = act(compute.ReLU6)
	Softsign    = act(compute.Softsign)
	LogSigmoid  = act(compute.LogSigmoid)
)

func act(k compute.Kind) Activation { return Activation{compute.Func{Kind: k}} }

// LeakyReLU has the given slope below 0; PyTorch's is 0.01.
func LeakyReLU(slope float64) Activation {
	return Activation{compute.Func{Kind: compute.LeakyReLU, A: slope}}
}

// ELU is depth (exp x - 1) below 0 (Clevert et al., ICLR 2016); PyTorch's depth is 1.
func ELU(depth float64) Activation { return Activation{compute.Func{Kind: compute.ELU, A: depth}} }

// HardTanh cuts at low and high.
func HardTanh(low, high float64) Activation {
	return Activation{compute.Func{Kind: compute.HardTanh, A: low, B: high}}
}

// Forward makes an activation a layer.
func (f Activation) Forward(c *Ctx, x *Var) *Var { return c.Act(x, f) }

// Act applies f to every element.
func (c *Ctx) Act(x *Var, f Activation) *Var {
	if f.Kind == compute.Identity {
		return x
	}
	return Apply(c, mapOp{f.Func}, x)
}

// Map functions that are no activations.

// Exp is e to the x.
func (c *Ctx) Exp(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Exp}}, x) }

// Log is the natural logarithm.
func (c *Ctx) Log(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Log}}, x) }

// Sqrt is the square root.
func (c *Ctx) Sqrt(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Sqrt}}, x) }

// Square is x².
func (c *Ctx) Square(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Square}}, x) }

// Abs is |x|, its gradient at 0 is 0.
func (c *Ctx) Abs(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Abs}}, x) }

// Reciprocal is 1/x.
func (c *Ctx) Reciprocal(x *Var) *Var {
	return Apply(c, mapOp{compute.Func{Kind: compute.Reciprocal}}, x)
}

// Sin is the sine.
func (c *Ctx) Sin(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Sin}}, x) }

// Cos is the cosine.
func (c *Ctx) Cos(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Cos}}, x) }

// Erf is the error function.
func (c *Ctx) Erf(x *Var) *Var { return Apply(c, mapOp{compute.Func{Kind: compute.Erf}}, x) }

// Clamp cuts at low and high.
func (c *Ctx) Clamp(x *Var, low, high float64) *Var {
	return Apply(c, mapOp{compute.Func{Kind: compute.Clamp, A: low, B: high}}, x)
}

// Pow is x to a power.
func (c *Ctx) Pow(x *Var, power float64) *Var {
	return Apply(c, mapOp{compute.Func{Kind: compute.Power, A: power}}, x)
}

// Affine is scale x + shift.
func (c *Ctx) Affine(x *Var, scale, shift float64) *Var {
	return Apply(c, mapOp{compute.Func{Kind: compute.Scale, A: scale, B: shift}}, x)
}

// mapOp applies a function to every element.
type mapOp struct{ f compute.Func }

func (o mapOp) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (o mapOp) Forward(n *Node) { n.Engine().Map(o.f, n.Out().value, n.In(0).value) }

func (o mapOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		n.Engine().MapGrad(o.f, g, n.OutGrad(), n.In(0).value, n.Out().value, add)
	}
}
