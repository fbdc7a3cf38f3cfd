package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Padding says what surrounds an image.
type Padding uint8

// Kinds of padding.
const (
	Valid Padding = iota // none: the kernel stays inside
	Same                 // zeros, so that with stride 1 the size stays; an odd one goes behind
)

// Conv2D moves a kernel over images whose channels lie last, [N, H, W, C]. Weights are [Kernel, Kernel, C/Groups, Out]. Groups equal to the
// channels make the convolution depthwise.
type Conv2D struct {
	Out      int        // channels that come out, 1 or more
	Kernel   int        // places it sees along each axis, 1 or more
	Act      Activation // zero: none
	Stride   int        // 0: 1
	Dilation int        // 0: 1
	Groups   int        // 0: 1
	Pad      Padding    // zero: Valid
	Zeros    int        // as many zeros on either side, instead of Pad
	NoBias   bool
	Init     Init // nil: He{Slope: √5}, PyTorch's default
}

// Conv1D is Conv2D along one axis, [N, L, C]; Conv3D for volumes, [N, D, H, W, C].
type (
	Conv1D Conv2D // along one axis
	Conv3D Conv2D // for volumes
)

// Forward applies the layer.
func (l Conv1D) Forward(c *Ctx, x *Var) *Var { return Conv2D(l).forward(c, x, 1) }

// Forward applies the layer.
func (l Conv2D) Forward(c *Ctx, x *Var) *Var { return l.forward(c, x, 2) }

// Forward applies the layer.
func (l Conv3D) Forward(c *Ctx, x *Var) *Var { return Conv2D(l).forward(c, x, 3) }

func (l Conv2D) forward(c *Ctx, x *Var, dims int) *Var {
	if l.Kernel > 1 {
		c.alongTime("a convolution")
	}
	o := convOp{dims: dims, kernel: l.Kernel, stride: max(l.Stride, 1), dilation: max(l.Dilation, 1), groups: max(l.Groups, 1), pad: l.Pad, zeros: l.Zeros, f: l.Act}
	if l.Stride < 0 || l.Dilation < 0 || l.Groups < 0 || l.Zeros < 0 {
		c.Fail(misset("Stride, Dilation, Groups and Zeros", fmt.Sprint(l.Stride, l.Dilation, l.Groups, l.Zeros), "0 or more"))
	}
	if len(x.shape) != dims+2 {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v", x.shape), fmt.Sprintf("%d axes: the batch, %d of places, channels", dims+2, dims)))
	}
	if l.Kernel < 1 || l.Out < 1 || x.Dim(-1)%o.groups != 0 || l.Out%o.groups != 0 {
		c.Fail(misset("Out, Groups and Kernel", fmt.Sprintf("%d channels from %d in %d groups, kernel %d", l.Out, x.Dim(-1), o.groups, l.Kernel), "1 or more, and groups that divide both"))
	}
	per, taps := x.Dim(-1)/o.groups, 1
	var shape [5]int
	for i := range dims {
		shape[i] = l.Kernel
		taps *= l.Kernel
	}
	shape[dims], shape[dims+1] = per, l.Out
	w := c.Param("W", orInit(l.Init), shape[:dims+2]...)
	if l.NoBias {
		return Apply(c, o, x, w)
	}
	return Apply(c, o, x, w, c.Bias("b", biasInit(c, per*taps), l.Out))
}

// convOp is a convolution with its bias and activation.
type convOp struct {
	dims, kernel, stride, dilation, groups int
	pad                                    Padding
	zeros                                  int
	f                                      Activation
}

// geometry works out sizes for an input of the given shape.
func (o convOp) geometry(x []int, out int) (compute.ConvShape, error) {
	s := compute.ConvShape{N: x[0], C: x[len(x)-1], Out: out, Groups: o.groups,
		In: [3]int{1, 1, 1}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Size: [3]int{1, 1, 1}}
	for i := range o.dims {
		a := 3 - o.dims + i
		s.In[a], s.Kernel[a], s.Stride[a], s.Dilation[a] = x[1+i], o.kernel, o.stride, o.dilation
		span := (o.kernel-1)*o.dilation + 1
		s.Before[a] = o.zeros
		total := 2 * o.zeros
		if o.pad == Same {
			total = max((ceilDiv(x[1+i], o.stride)-1)*o.stride+span-x[1+i], 0)
			s.Before[a] = total / 2
		}
		s.Size[a] = (x[1+i]+total-span)/o.stride + 1
		if x[1+i]+total < span {
			return s, misfit("the input", fmt.Sprintf("of shape %v", x), fmt.Sprintf("%d places or more along axis %d, for the kernel", span-total, 1+i))
		}
	}
	return s, nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

func (o convOp) Shape(in [][]int) ([]int, error) {
	w := in[1]
	out := w[len(w)-1]
	s, err := o.geometry(in[0], out)
	if err != nil {
		return nil, err
	}
	shape := []int{s.N}
	shape = append(shape, s.Size[3-o.dims:]...)
	return append(shape, out), nil
}

// shape is the geometry, worked out once.
func (o convOp) shape(n *Node) *compute.ConvShape {
	if n.conv == nil {
		s, _ := o.geometry(n.In(0).shape, n.Out().Dim(-1))
		n.conv = &s
	}
	return n.conv
}

func (o convOp) Forward(n *Node) {
	e, y, out := n.Engine(), n.Out().value, n.Out().Dim(-1)
	pre := y
	if o.f.NeedsInput() {
		pre = n.Room(0, y.Len())
	}
	e.Conv(o.shape(n), pre, n.In(0).value, n.In(1).value)
	rows := y.Len() / out
	switch {
	case n.Inputs() > 2 && !o.f.NeedsInput():
		e.BiasMap(o.f.Func, y, y, n.In(2).value, rows, out)
		return
	case n.Inputs() > 2:
		e.BiasMap(compute.Func{}, pre, pre, n.In(2).value, rows, out)
	}
	if o.f.Kind != compute.Identity {
		e.Map(o.f.Func, y, pre)
	}
}

func (o convOp) Backward(n *Node) {
	e, d, out := n.Engine(), n.OutGrad(), n.Out().Dim(-1)
	if o.f.Kind != compute.Identity {
		var pre compute.Buf
		if o.f.NeedsInput() {
			pre = n.Room(0, d.Len())
		}
		e.MapGrad(o.f.Func, d, d, pre, n.Out().value, false)
	}
	if n.Inputs() > 2 {
		if g, add, ok := n.Grad(2); ok {
			e.ColumnSums(g, d, d.Len()/out, out, add)
		}
	}
	if g, add, ok := n.Grad(1); ok {
		e.ConvGradW(o.shape(n), g, d, n.In(0).value, add)
	}
	if g, add, ok := n.Grad(0); ok {
		e.ConvGradX(o.shape(n), g, d, n.In(1).value, add)
	}
}

// ConvTranspose2D is the transpose of a convolution: it spreads every place over a kernel, so with a stride it makes images larger.
// Weights are [Kernel, Kernel, Out, C]. Sizes are (H-1) Stride + Kernel - 2 Zeros.
type ConvTranspose2D struct {
	Out    int
	Kernel int
	Stride int // 0: 1
	Zeros  int // cut off on either side
	Act    Activation
	NoBias bool
	Init   Init // nil: He{Slope: √5}
}

// Forward applies the layer.
func (l ConvTranspose2D) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("ConvTranspose2D")
	if len(x.shape) != 4 || l.Kernel < 1 || l.Out < 1 {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v", x.shape), "[N, H, W, C], and a layer of 1 channel or more"))
	}
	o := transposedOp{convOp{dims: 2, kernel: l.Kernel, stride: max(l.Stride, 1), dilation: 1, groups: 1, zeros: l.Zeros}}
	w := c.Param("W", orInit(l.Init), l.Kernel, l.Kernel, l.Out, x.Dim(-1))
	y := Apply(c, o, x, w)
	if !l.NoBias {
		y = c.Add(y, c.Bias("b", biasInit(c, l.Out*l.Kernel*l.Kernel), l.Out))
	}
	return c.Act(y, l.Act)
}

type transposedOp struct{ conv convOp }

func (o transposedOp) Shape(in [][]int) ([]int, error) {
	x, w := in[0], in[1]
	out := []int{x[0], 0, 0, w[2]}
	for i := 1; i < 3; i++ {
		out[i] = (x[i]-1)*o.conv.stride + o.conv.kernel - 2*o.conv.zeros
		if out[i] < 1 {
			return nil, misfit("the input", fmt.Sprintf("of shape %v", x), "a larger one, or fewer zeros")
		}
	}
	return out, nil
}

// shape is the convolution that this undoes: from the result to the input.
func (o transposedOp) shape(n *Node) *compute.ConvShape {
	if n.conv == nil {
		s, _ := o.conv.geometry(n.Out().shape, n.In(0).Dim(-1))
		n.conv = &s
	}
	return n.conv
}

func (o transposedOp) Forward(n *Node) {
	n.Engine().ConvGradX(o.shape(n), n.Out().value, n.In(0).value, n.In(1).value, false)
}

func (o transposedOp) Backward(n *Node) {
	e, d := n.Engine(), n.OutGrad()
	if g, add, ok := n.Grad(1); ok {
		e.ConvGradW(o.shape(n), g, n.In(0).value, d, add)
	}
	if g, add, ok := n.Grad(0); ok {
		to := g
		if add {
			to = n.Room(0, g.Len())
		}
		e.Conv(o.shape(n), to, d, n.In(1).value)
		if add {
			e.Axpby(1, to, 1, g)
		}
	}
}

// MaxPool and MeanPool reduce windows of places, channel by channel: of one, two or three axes as the input has.
type (
	// MaxPool keeps the largest.
	MaxPool struct {
		Size   int
		Stride int // 0: Size
		Pad    Padding
		Zeros  int // places on either side, which count as nothing
	}
	// MeanPool takes the mean.
	MeanPool struct {
		Size       int
		Stride     int // 0: Size
		Pad        Padding
		Zeros      int
		InsideOnly bool // zeros around do not count in the mean
	}
)

// Forward pools.
func (l MaxPool) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("MaxPool")
	return Apply(c, poolOp{convOp{dims: len(x.shape) - 2, kernel: l.Size, stride: stride(l.Stride, l.Size), dilation: 1, groups: 1, pad: l.Pad, zeros: l.Zeros}, false, false}, x)
}

// Forward pools.
func (l MeanPool) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("MeanPool")
	return Apply(c, poolOp{convOp{dims: len(x.shape) - 2, kernel: l.Size, stride: stride(l.Stride, l.Size), dilation: 1, groups: 1, pad: l.Pad, zeros: l.Zeros}, true, !l.InsideOnly}, x)
}

func stride(s, size int) int {
	if s == 0 {
		return size
	}
	return s
}

type poolOp struct {
	conv  convOp
	mean  bool
	count bool
}

func (o poolOp) Shape(in [][]int) ([]int, error) {
	x := in[0]
	if o.conv.dims < 1 || o.conv.dims > 3 || o.conv.kernel < 1 || o.conv.stride < 1 {
		return nil, misfit("the pooling", fmt.Sprintf("of size %d over shape %v", o.conv.kernel, x), "a size of 1 or more over 1 to 3 axes of places, between the batch and the channels")
	}
	s, err := o.conv.geometry(x, x[len(x)-1])
	if err != nil {
		return nil, err
	}
	out := append([]int{s.N}, s.Size[3-o.conv.dims:]...)
	return append(out, s.C), nil
}

func (o poolOp) Forward(n *Node) {
	s := o.conv.shape(n)
	if o.mean {
		n.Engine().MeanPool(s, n.Out().value, n.In(0).value, o.count)
		return
	}
	n.Engine().MaxPool(s, n.Out().value, n.In(0).value)
}

func (o poolOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	switch {
	case !ok:
	case o.mean:
		n.Engine().MeanPoolGrad(o.conv.shape(n), g, n.OutGrad(), o.count, add)
	default:
		n.Engine().MaxPoolGrad(o.conv.shape(n), g, n.OutGrad(), n.Out().value, n.In(0).value, add)
	}
}

// GlobalMeanPool is the mean over all places: [N, ..., C] becomes [N, C]; behind Lengths, over those of each sequence [N, T, C] that
// count. GlobalMaxPool is the largest, and refuses sequences of unequal lengths.
type (
	GlobalMeanPool struct{} // the mean over all places
	GlobalMaxPool  struct{} // the largest over all places
)

// Forward pools.
func (GlobalMeanPool) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("GlobalMeanPool")
	if c.lengths != nil && len(x.shape) == 3 {
		return c.Reshape(c.MatMul(Apply(c, meansOp{x.shape[1]}, c.lengths), x, false), x.shape[0], x.shape[2])
	}
	return c.Mean(c.Reshape(x, x.shape[0], -1, x.Dim(-1)), 1)
}

// Forward pools.
func (GlobalMaxPool) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("GlobalMaxPool")
	if c.lengths != nil {
		c.Fail(misset("GlobalMaxPool", "behind Lengths", "GlobalMeanPool, or a recurrent layer with Last"))
	}
	return c.MaxOf(c.Reshape(x, x.shape[0], -1, x.Dim(-1)), 1)
}

// AdaptiveMeanPool cuts images [N, H, W, C] into Rows times Cols windows, which differ by a place at most, and takes their means: place i of n
// covers floor(i H/n) to ceil((i+1) H/n), as PyTorch has it.
type AdaptiveMeanPool struct{ Rows, Cols int }

// Forward pools.
func (l AdaptiveMeanPool) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("AdaptiveMeanPool")
	if len(x.shape) != 4 || l.Rows < 1 || l.Cols < 1 {
		c.Fail(misfit("the input", fmt.Sprintf("of shape %v", x.shape), "[N, H, W, C], and windows"))
	}
	y := c.Transpose(c.windows(x, l.Rows), 0, 2, 1, 3) // [N, W, Rows, C]
	return c.Transpose(c.windows(y, l.Cols), 0, 2, 1, 3)
}

// windows averages the first axis of places into n windows, by a product with their shares.
func (c *Ctx) windows(x *Var, n int) *Var {
	h, rest := x.shape[1], x.shape[2]*x.shape[3]
	flat := c.Transpose(c.Reshape(x, x.shape[0], h, rest), 0, 2, 1)            // [N, rest, H]
	y := c.Transpose(c.MatMul(flat, Apply(c, sharesOp{h, n}), false), 0, 2, 1) // [N, n, rest]
	return c.Reshape(y, x.shape[0], n, x.shape[2], x.shape[3])
}

// sharesOp is the H x n matrix of what each place counts in each window.
type sharesOp struct{ h, n int }

func (o sharesOp) Shape([][]int) ([]int, error) { return []int{o.h, o.n}, nil }

func (o sharesOp) Forward(n *Node) {
	if n.ints != nil {
		return
	}
	n.ints = [][]int{{}}
	w := make([]float64, o.h*o.n)
	for j := range o.n {
		lo, hi := j*o.h/o.n, ceilDiv((j+1)*o.h, o.n)
		for i := lo; i < hi; i++ {
			w[i*o.n+j] = 1 / float64(hi-lo)
		}
	}
	n.Engine().PutWide(n.Out().value, w)
}

func (sharesOp) Backward(*Node) {}
