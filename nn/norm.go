package nn

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// LayerNorm gives every row along the last axis mean 0 and variance 1, then a learned scale and shift (Ba et al., 2016).
type LayerNorm struct {
	Eps     float64 // 0: 1e-5
	NoScale bool    // neither scale nor shift
}

// Forward normalises.
func (l LayerNorm) Forward(c *Ctx, x *Var) *Var {
	return c.scaled(c.normalise(x, 1, orElse(l.Eps, 1e-5), true), !l.NoScale, !l.NoScale)
}

// RMSNorm divides every row along the last axis by the root of its mean square (Zhang and Sennrich, NeurIPS 2019), then scales.
type RMSNorm struct {
	Eps     float64 // 0: 1e-6
	NoScale bool
}

// Forward normalises.
func (l RMSNorm) Forward(c *Ctx, x *Var) *Var {
	return c.scaled(c.normalise(x, 1, orElse(l.Eps, 1e-6), false), !l.NoScale, false)
}

// GroupNorm normalises each image over its places and groups of channels (Wu and He, ECCV 2018): [N, ..., C].
type GroupNorm struct {
	Groups  int     // divides the channels
	Eps     float64 // 0: 1e-5
	NoScale bool
}

// Forward normalises.
func (l GroupNorm) Forward(c *Ctx, x *Var) *Var {
	ch := x.Dim(-1)
	if l.Groups < 1 || ch%l.Groups != 0 {
		c.Fail(misset("GroupNorm.Groups", fmt.Sprint(l.Groups), fmt.Sprintf("a divisor of the %d channels", ch)))
	}
	n, per := x.shape[0], ch/l.Groups
	y := c.Transpose(c.Reshape(x, n, -1, l.Groups, per), 0, 2, 1, 3) // places and channels of a group together
	y = c.Reshape(c.normalise(c.Reshape(y, n*l.Groups, -1), 1, orElse(l.Eps, 1e-5), true), n, l.Groups, -1, per)
	y = Apply(c, reshapeOp{newAxes(c, x.shape)}, c.Transpose(y, 0, 2, 1, 3))
	return c.scaled(y, !l.NoScale, !l.NoScale)
}

// InstanceNorm is GroupNorm with every channel a group (Ulyanov et al., 2016). Like PyTorch's it has no scale unless asked.
type InstanceNorm struct {
	Eps   float64 // 0: 1e-5
	Scale bool    // a learned scale and shift
}

// Forward normalises.
func (l InstanceNorm) Forward(c *Ctx, x *Var) *Var {
	return GroupNorm{Groups: x.Dim(-1), Eps: l.Eps, NoScale: !l.Scale}.Forward(c, x)
}

var ones, zeros Init = Constant{1}, Constant{}

// scaled applies a learned scale and shift along the last axis.
func (c *Ctx) scaled(x *Var, scale, shift bool) *Var {
	if scale {
		x = c.Mul(x, c.Bias("scale", ones, x.Dim(-1)))
	}
	if shift {
		x = c.Add(x, c.Bias("shift", zeros, x.Dim(-1)))
	}
	return x
}

func (c *Ctx) normalise(x *Var, last int, eps float64, centre bool) *Var {
	return Apply(c, normOp{last, eps, centre}, x)
}

// normOp normalises rows of the last axes.
type normOp struct {
	last   int
	eps    float64
	centre bool
}

func (o normOp) Shape(in [][]int) ([]int, error) {
	if len(in[0]) < o.last || size(in[0][len(in[0])-o.last:]) == 0 {
		return nil, misfit("the input", fmt.Sprintf("of shape %v", in[0]), "rows of one number or more")
	}
	return append([]int(nil), in[0]...), nil
}

func (o normOp) sizes(n *Node) (rows, width int) {
	s := n.Out().shape
	width = size(s[len(s)-o.last:])
	return n.Out().Len() / width, width
}

func (o normOp) Forward(n *Node) {
	rows, width := o.sizes(n)
	n.Engine().NormRows(n.Out().value, n.Room(0, rows), n.In(0).value, rows, width, o.eps, o.centre)
}

func (o normOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		rows, width := o.sizes(n)
		n.Engine().NormRowsGrad(g, n.OutGrad(), n.Out().value, n.room[0], rows, width, o.centre, add)
	}
}

// BatchNorm gives every channel (the last axis) mean 0 and variance 1 over the batch in training, and by running means otherwise (Ioffe
// and Szegedy, ICML 2015), then a learned scale and shift. The running variance is the unbiased one; both move by Momentum a step, as
// PyTorch has it (Keras calls 1-Momentum that).
type BatchNorm struct {
	Momentum float64 // 0: 0.1
	Eps      float64 // 0: 1e-5
	NoScale  bool
}

// Forward normalises.
func (l BatchNorm) Forward(c *Ctx, x *Var) *Var {
	ch, eps := x.Dim(-1), orElse(l.Eps, 1e-5)
	mean, variance := c.State("mean", 0, ch), c.State("variance", 1, ch)
	if c.train {
		x = Apply(c, batchNormOp{orElse(l.Momentum, .1), eps}, x, mean, variance)
	} else {
		x = Apply(c, runningOp{eps}, x, mean, variance)
	}
	return c.scaled(x, !l.NoScale, !l.NoScale)
}

type batchNormOp struct{ momentum, eps float64 }

func (o batchNormOp) Shape(in [][]int) ([]int, error) {
	if s := in[0]; len(s) < 2 || size(s)/s[len(s)-1] < 2 {
		return nil, misfit("the input of batch normalisation", fmt.Sprintf("of shape %v", s), "two numbers or more for each channel in training")
	}
	return append([]int(nil), in[0]...), nil
}

func (o batchNormOp) Forward(n *Node) {
	e, ch := n.Engine(), n.Out().Dim(-1)
	rows := n.Out().Len() / ch
	mean, variance := n.Room(1, ch), n.Room(2, ch)
	e.NormColumns(n.Out().value, n.Room(0, ch), mean, variance, n.In(0).value, rows, ch, o.eps)
	e.Axpby(o.momentum, mean, 1-o.momentum, n.In(1).value)
	e.Axpby(o.momentum*float64(rows)/float64(rows-1), variance, 1-o.momentum, n.In(2).value)
}

func (o batchNormOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		ch := n.Out().Dim(-1)
		n.Engine().NormColumnsGrad(g, n.OutGrad(), n.Out().value, n.room[0], n.Room(3, 3*ch), n.Out().Len()/ch, ch, add)
	}
}

// runningOp is (x - mean) / sqrt(variance + eps).
type runningOp struct{ eps float64 }

func (o runningOp) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

// scale is 1/sqrt(variance + eps), anew in every pass.
func (o runningOp) scale(n *Node) (scale compute.Buf, space, rows, col []int) {
	e, ch := n.Engine(), n.Out().Dim(-1)
	scale = n.Room(0, ch)
	e.Map(compute.Func{Kind: compute.Scale, A: 1, B: o.eps}, scale, n.In(2).value)
	e.Map(compute.Func{Kind: compute.Power, A: -.5}, scale, scale)
	if n.ints == nil {
		n.ints = [][]int{{n.Out().Len() / ch, ch}, {ch, 1}, {0, 1}}
	}
	return scale, n.ints[0], n.ints[1], n.ints[2]
}

func (o runningOp) Forward(n *Node) {
	e, y := n.Engine(), n.Out().value
	scale, space, rows, col := o.scale(n)
	e.Binary(compute.Sub, space, y, n.In(0).value, rows, n.In(1).value, col)
	e.Binary(compute.Mul, space, y, y, rows, scale, col)
}

func (o runningOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		scale, space, rows, col := o.scale(n)
		n.Engine().Contract(space, g, rows, n.OutGrad(), rows, scale, col, add)
	}
}

// WeightNorm is a dense layer whose weights are directions with learned lengths (Salimans and Kingma, NeurIPS 2016): W = g v/|v| for each
// unit.
type WeightNorm struct {
	Out int
	Act Activation
}

// Forward applies the layer.
func (d WeightNorm) Forward(c *Ctx, x *Var) *Var {
	in := x.Dim(-1)
	v := c.Param("V", torchInit, in, d.Out)
	norm := c.Sqrt(c.Sum(c.Square(v), 0))
	g := c.Bias("g", ones, d.Out)
	return c.Linear(x, c.Mul(v, c.Div(g, norm)), c.Bias("b", biasInit(c, in), d.Out), d.Act)
}

// SpectralNorm is a dense layer whose weights are divided by an estimate of their largest singular value (Miyato et al., ICLR 2018), one
// step of the power method in each pass of training.
type SpectralNorm struct {
	Out int
	Act Activation
}

// Forward applies the layer.
func (d SpectralNorm) Forward(c *Ctx, x *Var) *Var {
	in := x.Dim(-1)
	w := c.Param("W", torchInit, in, d.Out)
	u := c.State("u", 1, 1, d.Out)
	v := c.State("v", 1, 1, in)
	sigma := Apply(c, sigmaOp{}, w, u, v)
	return c.Linear(x, c.Div(w, sigma), c.Bias("b", biasInit(c, in), d.Out), d.Act)
}

// sigmaOp is v W uᵀ, after a step that moves v to W u and u to Wᵀ v, both of length 1. The vectors count as constants.
type sigmaOp struct{}

func (sigmaOp) Shape([][]int) ([]int, error) { return []int{1}, nil }

func (sigmaOp) Forward(n *Node) {
	e, w, u, v := n.Engine(), n.In(0), n.In(1).value, n.In(2).value
	in, out := w.shape[0], w.shape[1]
	wv := n.Room(0, out)
	if n.Train() {
		e.Gemm(false, true, 1, in, out, 1, u, out, w.value, out, 0, v, in)
		e.NormRows(v, n.Room(1, 1), v, 1, in, 1e-24, false)
		e.Axpby(1/math.Sqrt(float64(in)), v, 0, v)
		e.Gemm(false, false, 1, out, in, 1, v, in, w.value, out, 0, u, out)
		e.NormRows(u, n.Room(1, 1), u, 1, out, 1e-24, false)
		e.Axpby(1/math.Sqrt(float64(out)), u, 0, u)
	}
	e.Gemm(false, false, 1, out, in, 1, v, in, w.value, out, 0, wv, out)
	if n.ints == nil {
		n.ints = [][]int{{out}, {0}, {1}}
	}
	e.Contract(n.ints[0], n.Out().value, n.ints[1], wv, n.ints[2], u, n.ints[2], false)
}

func (sigmaOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok { // d σ / d W = vᵀ u
		e, w := n.Engine(), n.In(0)
		in, out := w.shape[0], w.shape[1]
		scaled := n.Room(2, out)
		e.Binary(compute.Mul, n.ints[0], scaled, n.In(1).value, n.ints[2], n.OutGrad(), n.ints[1])
		e.Gemm(true, false, in, out, 1, 1, n.In(2).value, in, scaled, out, float(add), g, out)
	}
}
