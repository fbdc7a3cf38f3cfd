package nn

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Operations that graphs from files have and layers do not need. They compute on the host, element by element.

// logic is a relation between two numbers, which gives 1 or 0, or the remainder of one by the other.
type logic uint8

const (
	isLess logic = iota
	isLessOrEqual
	isGreater
	isGreaterOrEqual
	isEqual
	isAnd
	isOr
)

// logicOp compares numbers as binaryOp combines them. Its gradient is 0.
type logicOp struct{ how logic }

func (o logicOp) Shape(in [][]int) ([]int, error) { return binaryOp{}.Shape(in) }

func (o logicOp) Forward(n *Node) {
	if n.ints == nil {
		s := n.Out().shape
		n.ints = [][]int{strides(n.In(0).shape, s), strides(n.In(1).shape, s)}
	}
	if n.Engine().Double() {
		relate[float64](n, o.how)
	} else {
		relate[float32](n, o.how)
	}
}

func (o logicOp) Backward(*Node) {}

func (o logic) of(a, b float64) bool {
	switch o {
	case isLess:
		return a < b
	case isLessOrEqual:
		return a <= b
	case isGreater:
		return a > b
	case isGreaterOrEqual:
		return a >= b
	case isEqual:
		return a == b
	case isAnd:
		return a != 0 && b != 0
	}
	return a != 0 || b != 0
}

func relate[T compute.Float](n *Node, how logic) {
	y, a, b := Floats[T](n.Out().value), Floats[T](n.In(0).value), Floats[T](n.In(1).value)
	everywhere(n.Out().shape, n.ints, func(i int, at []int) {
		y[i] = 0
		if how.of(float64(a[at[0]]), float64(b[at[1]])) {
			y[i] = 1
		}
	})
}

// everywhere calls f for each element of an index space with its place in arrays of the given strides.
func everywhere(shape []int, strides [][]int, f func(i int, at []int)) {
	index, at := make([]int, len(shape)), make([]int, len(strides))
	for i := range size(shape) {
		f(i, at)
		for a := len(shape) - 1; a >= 0; a-- {
			index[a]++
			for k := range at {
				at[k] += strides[k][a]
			}
			if index[a] < shape[a] {
				break
			}
			for k := range at {
				at[k] -= index[a] * strides[k][a]
			}
			index[a] = 0
		}
	}
}

// chooseOp is the second input where the first is not 0, else the third.
type chooseOp struct{}

func (chooseOp) Shape(in [][]int) ([]int, error) {
	s, err := binaryOp{}.Shape(in[:2])
	if err == nil {
		s, err = binaryOp{}.Shape([][]int{s, in[2]})
	}
	return s, err
}

func (chooseOp) Forward(n *Node) {
	if n.ints == nil {
		s := n.Out().shape
		n.ints = [][]int{strides(n.In(0).shape, s), strides(n.In(1).shape, s), strides(n.In(2).shape, s)}
	}
	if n.Engine().Double() {
		choose[float64](n)
	} else {
		choose[float32](n)
	}
}

func choose[T compute.Float](n *Node) {
	y, c, a, b := Floats[T](n.Out().value), Floats[T](n.In(0).value), Floats[T](n.In(1).value), Floats[T](n.In(2).value)
	everywhere(n.Out().shape, n.ints, func(i int, at []int) {
		if c[at[0]] != 0 {
			y[i] = a[at[1]]
		} else {
			y[i] = b[at[2]]
		}
	})
}

func (chooseOp) Backward(n *Node) {
	for k := 1; k < 3; k++ {
		g, add, ok := n.Grad(k)
		if !ok {
			continue
		}
		if !add {
			n.Engine().Fill(g, 0)
		}
		if n.Engine().Double() {
			chosen[float64](n, g, k)
		} else {
			chosen[float32](n, g, k)
		}
	}
}

// chosen adds to the gradient of one of the two what arrives where it was chosen.
func chosen[T compute.Float](n *Node, grad compute.Buf, k int) {
	g, d, c := Floats[T](grad), Floats[T](n.OutGrad()), Floats[T](n.In(0).value)
	everywhere(n.Out().shape, n.ints, func(i int, at []int) {
		if (c[at[0]] != 0) == (k == 1) {
			g[at[k]] += d[i]
		}
	})
}

// stepKind is a function of one number that is constant between jumps.
type stepKind uint8

const (
	towardsZero stepKind = iota
	downwards
	upwards
	toEven
	signOf
	notZero
	isZero
)

// stairsOp applies such a function. Its gradient is 0.
type stairsOp struct{ kind stepKind }

func (o stairsOp) Shape(in [][]int) ([]int, error) { return append([]int(nil), in[0]...), nil }

func (o stairsOp) Forward(n *Node) {
	if n.Engine().Double() {
		stairs[float64](n, o.kind)
	} else {
		stairs[float32](n, o.kind)
	}
}

func (o stairsOp) Backward(*Node) {}

func stairs[T compute.Float](n *Node, kind stepKind) {
	x, y := Floats[T](n.In(0).value), Floats[T](n.Out().value)
	for i, v := range x {
		y[i] = T(kind.of(float64(v)))
	}
}

func (k stepKind) of(v float64) float64 {
	switch k {
	case towardsZero:
		return math.Trunc(v)
	case downwards:
		return math.Floor(v)
	case upwards:
		return math.Ceil(v)
	case toEven:
		return math.RoundToEven(v)
	case signOf:
		switch {
		case v > 0:
			return 1
		case v < 0:
			return -1
		}
		return v
	case notZero:
		return pickOne(v != 0)
	}
	return pickOne(v == 0)
}

func pickOne(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// runningSumOp adds the elements up along an axis.
type runningSumOp struct{ axis int }

func (o runningSumOp) Shape(in [][]int) ([]int, error) {
	if a := fromEnd(o.axis, len(in[0])); a < 0 || a >= len(in[0]) {
		return nil, misfit("the axis of a running sum", fmt.Sprintf("%d of shape %v", o.axis, in[0]), "an axis of the input")
	}
	return append([]int(nil), in[0]...), nil
}

// each calls f for every element in order along the axis, with the one before it; -1 at the start.
func (o runningSumOp) each(shape []int, f func(i, before int)) {
	a := fromEnd(o.axis, len(shape))
	step := size(shape[a+1:])
	for i := range size(shape) {
		if i/step%shape[a] == 0 {
			f(i, -1)
		} else {
			f(i, i-step)
		}
	}
}

func (o runningSumOp) Forward(n *Node) {
	if n.Engine().Double() {
		addUp[float64](n, o)
	} else {
		addUp[float32](n, o)
	}
}

func addUp[T compute.Float](n *Node, o runningSumOp) {
	x, y := Floats[T](n.In(0).value), Floats[T](n.Out().value)
	o.each(n.Out().shape, func(i, before int) {
		y[i] = x[i]
		if before >= 0 {
			y[i] += y[before]
		}
	})
}

func (o runningSumOp) Backward(n *Node) {
	g, add, ok := n.Grad(0)
	if !ok {
		return
	}
	if n.Engine().Double() {
		addUpBack[float64](n, o, g, add)
	} else {
		addUpBack[float32](n, o, g, add)
	}
}

// addUpBack: what reaches an element is the sum of the gradients from there on.
func addUpBack[T compute.Float](n *Node, o runningSumOp, grad compute.Buf, add bool) {
	g, d, t := Floats[T](grad), Floats[T](n.OutGrad()), Floats[T](n.Room(0, grad.Len()))
	copy(t, d)
	s := n.Out().shape
	a := fromEnd(o.axis, len(s))
	step := size(s[a+1:])
	for i := len(t) - 1; i >= 0; i-- {
		if i/step%s[a] < s[a]-1 {
			t[i] += t[i+step]
		}
		if add {
			g[i] += t[i]
		} else {
			g[i] = t[i]
		}
	}
}

// pickOp makes an axis of places of the input's; -1 is a place of zeros.
type pickOp struct {
	axis   int
	places string // 4 bytes each, little-endian: a list that can be compared
}

func newPick(axis int, places []int) pickOp {
	b := make([]byte, 0, 4*len(places))
	for _, p := range places {
		b = append(b, byte(p), byte(p>>8), byte(p>>16), byte(p>>24))
	}
	return pickOp{axis, string(b)}
}

func (o pickOp) place(i int) int {
	s := o.places[4*i:]
	return int(int32(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24))
}

func (o pickOp) Shape(in [][]int) ([]int, error) {
	s := append([]int(nil), in[0]...)
	k := len(o.places) / 4
	for i := range k {
		if p := o.place(i); p < -1 || p >= s[o.axis] {
			return nil, misfit("the axis", fmt.Sprintf("of %d places", s[o.axis]), fmt.Sprintf("place %d", p))
		}
	}
	s[o.axis] = k
	return s, nil
}

// index writes, once, the row of the input that each row of the result is, both as rows of what lies behind the axis.
func (o pickOp) index(n *Node) (index Buf, width int) {
	in, out := n.In(0).shape, n.Out().shape
	width = size(out[o.axis+1:])
	outer, k := size(out[:o.axis]), out[o.axis]
	index = n.Room(0, outer*k)
	if n.ints == nil {
		n.ints = [][]int{{}}
		at := make([]float64, outer*k)
		for i := range at {
			at[i] = float64(o.place(i % k))
			if at[i] >= 0 {
				at[i] += float64(i / k * in[o.axis])
			}
		}
		n.Engine().PutWide(index, at)
	}
	return index, width
}

func (o pickOp) Forward(n *Node) {
	index, width := o.index(n)
	n.Engine().Gather(n.Out().value, n.In(0).value, index, width)
}

func (o pickOp) Backward(n *Node) {
	if g, add, ok := n.Grad(0); ok {
		if !add {
			n.Engine().Fill(g, 0)
		}
		index, width := o.index(n)
		n.Engine().Scatter(g, n.OutGrad(), index, width)
	}
}
