package nn

import (
	"fmt"
)

// PadMode says what stands around an image.
type PadMode uint8

// What stands around: for a line a b c d and two places on either side.
const (
	PadZeros     PadMode = iota // 0 0 a b c d 0 0
	PadReflect                  // c b a b c d c b
	PadReplicate                // a a a b c d d d
	PadCircular                 // c d a b c d a b
)

// Pad puts Amount places around each axis of places of an image, [N, ..., C], in front of a convolution without padding of its own.
type Pad struct {
	Mode   PadMode
	Amount int
}

// Forward pads.
func (l Pad) Forward(c *Ctx, x *Var) *Var {
	if l.Amount < 0 || l.Mode > PadCircular {
		c.Fail(misset("Pad", fmt.Sprintf("%d places of mode %d", l.Amount, l.Mode), "0 places or more, and a mode of this package"))
	}
	if l.Amount == 0 {
		return x
	}
	return Apply(c, padOp{l.Mode, l.Amount}, x)
}

// padOp picks, for every place of the result, the place of the image that it shows.
type padOp struct {
	mode   PadMode
	amount int
}

func (o padOp) Shape(in [][]int) ([]int, error) {
	x := in[0]
	if len(x) < 3 || len(x) > 5 {
		return nil, misfit("the input", fmt.Sprintf("of shape %v", x), "[N, 1 to 3 axes of places, C]")
	}
	out := append([]int(nil), x...)
	for i := 1; i < len(x)-1; i++ {
		if most := x[i] - 1; o.mode == PadReflect && o.amount > most || o.mode == PadCircular && o.amount > x[i] || x[i] == 0 {
			return nil, misfit("the input", fmt.Sprintf("of shape %v", x), fmt.Sprintf("axes long enough to fill %d places from", o.amount))
		}
		out[i] += 2 * o.amount
	}
	return out, nil
}

// source is the place on an axis of n that place i of the padded axis shows, -1 for none.
func (o padOp) source(i, n int) int {
	i -= o.amount
	switch {
	case i >= 0 && i < n:
		return i
	case o.mode == PadReflect && i < 0:
		return -i
	case o.mode == PadReflect:
		return 2*(n-1) - i
	case o.mode == PadReplicate:
		return min(max(i, 0), n-1)
	case o.mode == PadCircular:
		return (i + n) % n
	}
	return -1
}

// places writes, once, the row of the image that each row of the result shows, both as rows of channels.
func (o padOp) places(n *Node) Buf {
	in, out := n.In(0).shape, n.Out().shape
	rows := size(out[:len(out)-1])
	index := n.Room(0, rows)
	if n.ints != nil {
		return index
	}
	n.ints = [][]int{{}}
	at := make([]float64, rows)
	for r := range at {
		left, from, step := r, 0, 1
		for i := len(out) - 2; i >= 1 && from >= 0; i-- {
			if s := o.source(left%out[i], in[i]); s >= 0 {
				from += s * step
			} else {
				from = -1
			}
			left /= out[i]
			step *= in[i]
		}
		if from >= 0 {
			from += left * step
		}
		at[r] = float64(from)
	}
	n.Engine().PutWide(index, at)
	return index
}

func (o padOp) Forward(n *Node) {
	n.Engine().Gather(n.Out().value, n.In(0).value, o.places(n), n.Out().Dim(-1))
}

func (o padOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		if !add {
			n.Engine().Fill(g, 0)
		}
		n.Engine().Scatter(g, n.OutGrad(), o.places(n), n.Out().Dim(-1))
	}
}
