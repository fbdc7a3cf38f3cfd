package main

import (
	"fmt"

	"github.com/gopherwood-ml/ml/nn"
)

// RBF is a layer of radial units (Broomhead and Lowe, Complex Systems 2 (1988)): unit k answers exp(-sharp_k |x - c_k|²), 1 at its centre, 0 far off.
type RBF struct{ Units int }

// Forward asks for the parameters by name; they belong to the net. Sharpness is kept as a logarithm, which may be any number.
func (l RBF) Forward(c *nn.Ctx, x *nn.Var) *nn.Var {
	centres := c.Param("centres", spread, l.Units, x.Dim(-1))
	sharp := c.Exp(c.Bias("logsharp", nil, l.Units)) // nil: zeros
	return c.Exp(c.Affine(c.Mul(nn.Apply(c, distances{}, x, centres), sharp), -1, 0))
}

var spread nn.Init = nn.NormalInit{Deviation: 1.5}

// distances is the operation |x_i - c_k|² of the rows of two arrays, [N, D] and [K, D]: [N, K].
type distances struct{}

func (distances) Shape(in [][]int) ([]int, error) {
	if len(in[0]) != 2 || len(in[1]) != 2 || in[0][1] != in[1][1] {
		return nil, fmt.Errorf("distances between %v and %v: want two arrays of equally long rows", in[0], in[1])
	}
	return []int{in[0][0], in[1][0]}, nil
}

// Training computes in float32, GradCheck in float64: both are one function.
func (distances) Forward(n *nn.Node) {
	if n.Engine().Double() {
		measure[float64](n)
	} else {
		measure[float32](n)
	}
}

func (distances) Backward(n *nn.Node) {
	for side := range 2 {
		if n.Engine().Double() {
			pull[float64](n, side)
		} else {
			pull[float32](n, side)
		}
	}
}

// The products are converted before they are added, so that no processor fuses the two: the same bits everywhere.
func measure[T float32 | float64](n *nn.Node) {
	x, c, y := nn.Floats[T](n.In(0).Buf()), nn.Floats[T](n.In(1).Buf()), nn.Floats[T](n.Out().Buf())
	units, width := n.In(1).Dim(0), n.In(1).Dim(1)
	for i := range y {
		row, centre := x[i/units*width:][:width], c[i%units*width:][:width]
		y[i] = 0
		for j, v := range row {
			y[i] += T((v - centre[j]) * (v - centre[j]))
		}
	}
}

// pull is the gradient of one side: ±2 (x - c), times what comes from behind. It adds to what is there already if Grad says so.
func pull[T float32 | float64](n *nn.Node, side int) {
	to, add, wanted := n.Grad(side)
	if !wanted {
		return
	}
	x, c, dy, g := nn.Floats[T](n.In(0).Buf()), nn.Floats[T](n.In(1).Buf()), nn.Floats[T](n.OutGrad()), nn.Floats[T](to)
	if !add {
		clear(g)
	}
	units, width := n.In(1).Dim(0), n.In(1).Dim(1)
	for i, d := range dy {
		at, other := i/units*width, i%units*width
		for j := range width {
			v := T(2 * d * (x[at+j] - c[other+j]))
			if side == 0 {
				g[at+j] += v
			} else {
				g[other+j] -= v
			}
		}
	}
}

// Linex is e^(A d) - A d - 1, with d what the prediction lacks: a lack costs exponentially, an excess in proportion (Varian, 1975).
type Linex struct{ A float64 }

// Rows is the loss of every row.
func (l Linex) Rows(c *nn.Ctx, pred, y *nn.Var) *nn.Var {
	d := c.Affine(c.Reshape(c.Sub(y, pred), -1), l.A, 0)
	return c.Affine(c.Sub(c.Exp(d), d), 1, -1)
}
