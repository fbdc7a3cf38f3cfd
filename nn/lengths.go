package nn

import (
	"fmt"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Lengths tells the recurrent layers and the attention behind it how long each sequence of codes [N, T] is: a sequence ends before its first
// negative code. Behind its end a sequence changes no state, and its states are zeros, as in PyTorch's packed sequences; attention
// does not look there (what attention gives for such places means nothing), and to a sequence of length 0 it gives zeros. It passes its input on.
type Lengths struct{}

// Forward measures.
func (Lengths) Forward(c *Ctx, x *Var) *Var {
	c.SetLengths(Apply(c, lengthsOp{}, x))
	return x
}

// SetLengths does what Lengths does for lengths that are known: one number for each sequence.
func (c *Ctx) SetLengths(lengths *Var) {
	c.alongTime("Lengths")
	c.lengths = lengths
}

type lengthsOp struct{}

func (lengthsOp) Shape(in [][]int) ([]int, error) {
	if len(in[0]) != 2 {
		return nil, misfit("the input", fmt.Sprintf("of shape %v", in[0]), "[N, T] codes")
	}
	return []int{in[0][0]}, nil
}

func (lengthsOp) Forward(n *Node) {
	if n.Engine().Double() {
		measure(Floats[float64](n.Out().value), Floats[float64](n.In(0).value))
	} else {
		measure(Floats[float32](n.Out().value), Floats[float32](n.In(0).value))
	}
}

func measure[T compute.Float](lengths, codes []T) {
	steps := len(codes) / max(len(lengths), 1)
	for i := range lengths {
		k := 0
		for k < steps && codes[i*steps+k] >= 0 {
			k++
		}
		lengths[i] = T(k)
	}
}

func (lengthsOp) Backward(*Node) {}

// meansOp turns the lengths of sequences into rows [N, 1, T] whose products with sequences are means: one over the length at places that count.
type meansOp struct{ places int }

func (o meansOp) Shape(in [][]int) ([]int, error) { return []int{in[0][0], 1, o.places}, nil }

func (o meansOp) Forward(n *Node) {
	if n.Engine().Double() {
		shareOut(Floats[float64](n.Out().value), Floats[float64](n.In(0).value), o.places)
	} else {
		shareOut(Floats[float32](n.Out().value), Floats[float32](n.In(0).value), o.places)
	}
}

func shareOut[T compute.Float](rows, lengths []T, places int) {
	clear(rows)
	for i, length := range lengths {
		count := min(max(int(length), 0), places)
		for j := range count {
			rows[i*places+j] = 1 / T(count)
		}
	}
}

func (meansOp) Backward(*Node) {}
