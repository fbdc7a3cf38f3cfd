package rl

import (
	"io"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/nn"
)

// WriteONNX writes what the actor makes of observations as an ONNX file: input "input" [batch, In], output "output" [batch, Out]. Unlike
// Net it holds Norm and Clip as they are. See nn.WriteONNX.
func (a *Actor) WriteONNX(w io.Writer) error { return a.export(w, nil) }

// WriteONNX writes the values of the actions as an ONNX file: the policy chooses the code Start + the place of the largest. See
// nn.WriteONNX.
func (p *DiscretePolicy) WriteONNX(w io.Writer) error { return p.Actor.export(w, nil) }

// WriteONNX writes the values of the codes as an ONNX file, one place after the other: the policy chooses the place of the largest
// of the first N[0], of the next N[1] and so on. See nn.WriteONNX.
func (p *MultiPolicy) WriteONNX(w io.Writer) error { return p.Actor.export(w, nil) }

// WriteONNX writes the policy as an ONNX file whose output is the action, within its bounds. See nn.WriteONNX.
func (p *BoxPolicy) WriteONNX(w io.Writer) error {
	lo, hi := wide(p.Lo), wide(p.Hi)
	return p.Actor.export(w, func(c *nn.Ctx, y *nn.Var) *nn.Var {
		if len(lo) < y.Dim(-1) {
			y = c.Slice(y, -1, 0, len(lo))
		}
		if p.Squash {
			half := make([]float64, len(lo))
			for i := range half {
				half[i] = (hi[i] - lo[i]) / 2
			}
			y = c.Add(c.Const(lo), c.Mul(c.Affine(c.Act(y, nn.Tanh), 1, 1), c.Const(half)))
		}
		return c.Min(c.Max(y, c.Const(lo)), c.Const(hi))
	})
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// export writes the net between what normalises observations and what comes of its outputs.
func (a *Actor) export(w io.Writer, end nn.Func) error {
	bare, err := (&Actor{Layers: a.Layers, ReLU: a.ReLU, Dueling: a.Dueling}).Net()
	if err != nil {
		return err
	}
	n, err := nn.New(nn.Func(func(c *nn.Ctx, x *nn.Var) *nn.Var {
		if a.Norm != nil {
			scale := make([]float64, len(a.Norm.Var))
			for i, v := range a.Norm.Var {
				scale[i] = 1 / math.Sqrt(v+1e-8)
			}
			x = c.Mul(c.Sub(x, c.Const(slices.Clone(a.Norm.Mean))), c.Const(scale))
			if a.Clip > 0 {
				x = c.Clamp(x, -float64(a.Clip), float64(a.Clip))
			}
		}
		if y := c.Call("actor", bare.Module, x); end != nil {
			return end(c, y)
		} else {
			return y
		}
	}), []int{a.In()}, 0)
	if err != nil {
		return err
	}
	for i, p := range bare.Params() {
		if err := n.Params()[i].Set(p.Values()); err != nil {
			return err
		}
	}
	return nn.WriteONNX(w, n)
}
