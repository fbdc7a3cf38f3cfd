package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// graphOp is an operator: how many inputs it must have, and what it does.
type graphOp struct {
	in  int
	run func(r *graphRun)
}

// graphOps are the operators that a Graph may have.
var graphOps map[string]graphOp

func init() { // not a literal: operators call what looks others up
	graphOps = map[string]graphOp{
		"Identity": {1, (*graphRun).same}, "Dropout": {1, (*graphRun).same}, "Cast": {1, (*graphRun).cast},
		"Relu": unaryOf(compute.ReLU), "Tanh": unaryOf(compute.Tanh), "Sigmoid": unaryOf(compute.Sigmoid), "Softplus": unaryOf(compute.Softplus),
		"Softsign": unaryOf(compute.Softsign), "HardSwish": unaryOf(compute.HardSwish), "Mish": unaryOf(compute.Mish), "Exp": unaryOf(compute.Exp), "Log": unaryOf(compute.Log),
		"Sqrt": unaryOf(compute.Sqrt), "Abs": unaryOf(compute.Abs), "Neg": unaryOf(compute.Neg), "Reciprocal": unaryOf(compute.Reciprocal),
		"Sin": unaryOf(compute.Sin), "Cos": unaryOf(compute.Cos), "Erf": unaryOf(compute.Erf),
		"LeakyRelu": {1, func(r *graphRun) { r.act(compute.Func{Kind: compute.LeakyReLU, A: r.n.float("alpha", .01)}) }},
		"Elu":       {1, func(r *graphRun) { r.act(compute.Func{Kind: compute.ELU, A: r.n.float("alpha", 1)}) }},
		"Selu":      {1, (*graphRun).selu}, "HardSigmoid": {1, (*graphRun).hardSigmoid}, "Gelu": {1, (*graphRun).gelu}, "Clip": {1, (*graphRun).clip}, "PRelu": {2, (*graphRun).prelu},
		"Trunc": stairsOf(towardsZero), "Floor": stairsOf(downwards), "Ceil": stairsOf(upwards), "Round": stairsOf(toEven), "Sign": stairsOf(signOf), "Not": stairsOf(isZero),
		"Add": binaryOf(compute.Add), "Sub": binaryOf(compute.Sub), "Mul": binaryOf(compute.Mul), "Div": binaryOf(compute.Div), "Max": binaryOf(compute.Max), "Min": binaryOf(compute.Min), "Sum": binaryOf(compute.Add),
		"Pow":  {2, (*graphRun).pow},
		"Less": logicOf(isLess), "LessOrEqual": logicOf(isLessOrEqual), "Greater": logicOf(isGreater), "GreaterOrEqual": logicOf(isGreaterOrEqual), "Equal": logicOf(isEqual), "And": logicOf(isAnd), "Or": logicOf(isOr),
		"Where": {3, (*graphRun).where}, "CumSum": {2, (*graphRun).cumSum},
		"Gemm": {2, (*graphRun).gemm}, "MatMul": {2, (*graphRun).matMul},
		"Softmax": {1, func(r *graphRun) { r.softmax(false) }}, "LogSoftmax": {1, func(r *graphRun) { r.softmax(true) }},
		"ReduceSum": {1, func(r *graphRun) { r.reduce(false) }}, "ReduceMean": {1, func(r *graphRun) { r.reduce(true) }}, "ReduceMax": {1, (*graphRun).reduceMax},
		"ReduceProd": {1, (*graphRun).reduceProd}, "ReduceL2": {1, (*graphRun).reduceL2},
		"Conv": {2, (*graphRun).conv}, "ConvTranspose": {2, (*graphRun).convTranspose},
		"MaxPool": {1, func(r *graphRun) { r.pool(false) }}, "AveragePool": {1, func(r *graphRun) { r.pool(true) }},
		"GlobalAveragePool": {1, func(r *graphRun) { r.global(false) }}, "GlobalMaxPool": {1, func(r *graphRun) { r.global(true) }},
		"Pad":                {1, (*graphRun).pad},
		"BatchNormalization": {5, (*graphRun).batchNorm}, "LayerNormalization": {2, (*graphRun).layerNorm}, "InstanceNormalization": {3, (*graphRun).instanceNorm},
		"LSTM": {1, func(r *graphRun) { r.recurrent(cellLSTM) }}, "GRU": {1, func(r *graphRun) { r.recurrent(cellGRU) }}, "RNN": {1, func(r *graphRun) { r.recurrent(cellRNN) }},
		"Shape": {1, (*graphRun).shapeOf}, "Reshape": {2, (*graphRun).reshape}, "Flatten": {1, (*graphRun).flatten}, "Transpose": {1, (*graphRun).transpose},
		"Squeeze": {1, (*graphRun).squeeze}, "Unsqueeze": {1, (*graphRun).unsqueeze}, "Concat": {1, (*graphRun).concat}, "Slice": {1, (*graphRun).slice}, "Split": {1, (*graphRun).split},
		"Gather": {2, (*graphRun).gather}, "Expand": {2, (*graphRun).expand}, "Tile": {2, (*graphRun).tile}, "ConstantOfShape": {1, (*graphRun).constantOfShape}, "Range": {3, (*graphRun).sequence}, "Mod": {2, (*graphRun).mod},
	}
}

func unaryOf(k compute.Kind) graphOp {
	return graphOp{1, func(r *graphRun) { r.act(compute.Func{Kind: k}) }}
}

// act applies a function to every element, in whatever order the axes are.
func (r *graphRun) act(f compute.Func) {
	x := r.in(0)
	if x.v == nil {
		y := make([]float64, len(x.known))
		e := compute.CPU64
		e.Map(f, compute.Of(y), compute.Of(slices.Clone(x.known)))
		r.tell(y, x.dims, x.whole && (f.Kind == compute.Abs || f.Kind == compute.Neg))
		return
	}
	r.set(0, graphValue{v: r.c.Act(x.v, Activation{f}), perm: x.perm})
}

func (r *graphRun) same() { r.set(0, r.in(0)) }

// cast: numbers stay floats here, but lose what a whole number or a truth has not.
func (r *graphRun) cast() {
	x, to := r.in(0), r.n.int("to", 1)
	switch to {
	case 1, 10, 11, 16:
		x.whole = false
		r.set(0, x)
	case 9:
		r.stairs(notZero)
	default:
		if x.whole {
			r.set(0, x)
			return
		}
		r.stairs(towardsZero)
	}
}

func stairsOf(k stepKind) graphOp { return graphOp{1, func(r *graphRun) { r.stairs(k) }} }

func (r *graphRun) stairs(k stepKind) {
	x := r.in(0)
	if x.v == nil {
		y := make([]float64, len(x.known))
		for i, v := range x.known {
			y[i] = k.of(v)
		}
		r.tell(y, x.dims, true)
		return
	}
	r.set(0, graphValue{v: Apply(r.c, stairsOp{k}, x.v), perm: x.perm})
}

func (r *graphRun) selu() {
	alpha, gamma := r.n.float("alpha", 1.6732632423543772), r.n.float("gamma", 1.0507009873554805)
	if math.Abs(alpha-1.6732632423543772) > 1e-5 || math.Abs(gamma-1.0507009873554805) > 1e-5 {
		r.fail(fmt.Sprintf("alpha %g and gamma %g", alpha, gamma), "those of the paper")
	}
	r.act(compute.Func{Kind: compute.SELU})
}

func (r *graphRun) hardSigmoid() {
	alpha, beta := r.n.float("alpha", .2), r.n.float("beta", .5)
	if math.Abs(alpha-1./6) < 1e-6 && beta == .5 {
		r.act(compute.Func{Kind: compute.HardSigmoid})
		return
	}
	x := r.in(0)
	r.set(0, graphValue{v: r.c.Clamp(r.c.Affine(r.onTape(x), alpha, beta), 0, 1), perm: x.perm})
}

func (r *graphRun) gelu() {
	if r.n.text("approximate", "none") == "tanh" {
		r.act(compute.Func{Kind: compute.GELUTanh})
		return
	}
	r.act(compute.Func{Kind: compute.GELU})
}

func (r *graphRun) clip() {
	lo, hi := r.scalar(1, "min", -math.MaxFloat32), r.scalar(2, "max", math.MaxFloat32)
	r.act(compute.Func{Kind: compute.HardTanh, A: lo, B: hi})
}

// prelu is x above 0 and the slope times x below.
func (r *graphRun) prelu() {
	x, slope := r.plain(r.in(0)), r.plain(r.in(1))
	c := r.c
	below := c.Affine(c.Act(c.Affine(x, -1, 0), ReLU), -1, 0)
	r.put(c.Add(c.Act(x, ReLU), c.Mul(below, slope)))
}

func (r *graphRun) pow() {
	x, y := r.in(0), r.in(1)
	switch {
	case y.v != nil || len(y.known) != 1:
		r.fail("a power that is no single known number", "one")
	case y.known[0] == 2:
		r.act(compute.Func{Kind: compute.Square})
	case y.known[0] == .5:
		r.act(compute.Func{Kind: compute.Sqrt})
	case x.v == nil:
		out := make([]float64, len(x.known))
		for i, v := range x.known {
			out[i] = math.Pow(v, y.known[0])
		}
		r.tell(out, x.dims, false)
	default:
		r.act(compute.Func{Kind: compute.Power, A: y.known[0]})
	}
}

func binaryOf(op compute.Op) graphOp {
	return graphOp{1, func(r *graphRun) {
		out := r.in(0)
		for i := 1; i < len(r.n.In); i++ {
			out = r.combine(op, out, r.in(i))
		}
		r.set(0, out)
	}}
}

// combine is a function of two numbers over arrays, one of which may be repeated.
func (r *graphRun) combine(op compute.Op, x, y graphValue) graphValue {
	switch {
	case x.v == nil && y.v == nil:
		return r.both(x, y, func(a, b float64) float64 { return combined(op, a, b, x.whole && y.whole) }, x.whole && y.whole)
	case y.v == nil && len(y.known) == 1 && len(y.dims) <= len(x.shape()):
		if v := y.known[0]; op == compute.Add {
			return graphValue{v: r.c.Affine(x.v, 1, v), perm: x.perm}
		} else if op == compute.Sub {
			return graphValue{v: r.c.Affine(x.v, 1, -v), perm: x.perm}
		} else if op == compute.Mul {
			return graphValue{v: r.c.Affine(x.v, v, 0), perm: x.perm}
		}
	case x.v == nil && len(x.known) == 1 && len(x.dims) <= len(y.shape()) && (op == compute.Add || op == compute.Mul):
		return r.combine(op, y, x)
	}
	a, b, perm := r.alike(x, y)
	return graphValue{v: Apply(r.c, binaryOp{op}, a, b), perm: perm}
}

func combined(op compute.Op, a, b float64, whole bool) float64 {
	switch op {
	case compute.Add:
		return a + b
	case compute.Sub:
		return a - b
	case compute.Mul:
		return a * b
	case compute.Max:
		return max(a, b)
	case compute.Min:
		return min(a, b)
	}
	if whole {
		return math.Trunc(a / b)
	}
	return a / b
}

// alike brings two values into one order of axes: that of the one which has all axes and is out of order, if one is.
func (r *graphRun) alike(x, y graphValue) (a, b *Var, perm []int) {
	rank := max(len(x.shape()), len(y.shape()))
	if x.perm != nil && len(x.perm) == rank {
		perm = x.perm
	} else if y.perm != nil && len(y.perm) == rank {
		perm = y.perm
	}
	return r.within(x, rank, perm), r.within(y, rank, perm), perm
}

// within is a value in another's order of axes; what has fewer gets axes of 1 in front.
func (r *graphRun) within(v graphValue, rank int, perm []int) *Var {
	if perm == nil {
		return r.plain(v)
	}
	s := v.shape()
	if len(s) == rank {
		return r.ordered(v, inverse(perm))
	}
	whole := append(slices.Repeat([]int{1}, rank-len(s)), s...)
	x := r.c.Reshape(r.plain(v), whole...)
	return r.ordered(graphValue{v: x}, inverse(perm))
}

// both combines numbers that are known here.
func (r *graphRun) both(x, y graphValue, f func(a, b float64) float64, whole bool) graphValue {
	s, err := binaryOp{}.Shape([][]int{x.dims, y.dims})
	if err != nil {
		r.c.Fail(err)
	}
	out := r.memory(s)
	if len(out) > 0 {
		everywhere(s, [][]int{strides(x.dims, s), strides(y.dims, s)}, func(i int, at []int) { out[i] = f(x.known[at[0]], y.known[at[1]]) })
	}
	return graphValue{known: out, dims: s, whole: whole}
}

// mostKnown is how many numbers that are known here a value may have: shapes, masks and tables.
const mostKnown = 1 << 20

// memory is room for numbers that are known here.
func (r *graphRun) memory(shape []int) []float64 {
	n := checkedSize(shape)
	if slices.Contains(shape, 0) {
		n = 0
	}
	if n < 0 || n > mostKnown || len(shape) > maxAxes {
		r.fail(fmt.Sprintf("an array of shape %v", shape), fmt.Sprintf("%d numbers and 8 axes at the most", mostKnown))
	}
	return make([]float64, n)
}

func logicOf(how logic) graphOp {
	return graphOp{2, func(r *graphRun) {
		x, y := r.in(0), r.in(1)
		if x.v == nil && y.v == nil {
			r.set(0, r.both(x, y, func(a, b float64) float64 { return pickOne(how.of(a, b)) }, true))
			return
		}
		a, b, perm := r.alike(x, y)
		r.set(0, graphValue{v: Apply(r.c, logicOp{how}, a, b), perm: perm})
	}}
}

func (r *graphRun) where() {
	c, x, y := r.in(0), r.in(1), r.in(2)
	if c.v == nil && x.v == nil && y.v == nil {
		s, err := chooseOp{}.Shape([][]int{c.dims, x.dims, y.dims})
		if err != nil {
			r.c.Fail(err)
		}
		out := r.memory(s)
		if len(out) > 0 {
			everywhere(s, [][]int{strides(c.dims, s), strides(x.dims, s), strides(y.dims, s)}, func(i int, at []int) {
				if out[i] = y.known[at[2]]; c.known[at[0]] != 0 {
					out[i] = x.known[at[1]]
				}
			})
		}
		r.tell(out, s, x.whole && y.whole)
		return
	}
	r.put(Apply(r.c, chooseOp{}, r.plain(c), r.plain(x), r.plain(y)))
}

func (r *graphRun) cumSum() {
	axis := r.numbers(1)
	x := r.plain(r.in(0))
	if len(axis) != 1 || r.n.int("exclusive", 0) != 0 || r.n.int("reverse", 0) != 0 {
		r.fail("exclusive, in reverse or along several axes", "a plain running sum")
	}
	r.put(Apply(r.c, runningSumOp{r.axis(int(axis[0]), len(x.shape))}, x))
}

// gemm is alpha A B + beta C.
func (r *graphRun) gemm() {
	c, a, b := r.c, r.plain(r.in(0)), r.plain(r.in(1))
	alpha, beta := r.n.float("alpha", 1), r.n.float("beta", 1)
	if len(a.shape) != 2 || len(b.shape) != 2 {
		r.fail(fmt.Sprintf("factors of shapes %v and %v", a.shape, b.shape), "matrices")
	}
	if r.n.int("transA", 0) != 0 {
		a = c.Transpose(a, 1, 0)
	}
	if r.n.int("transB", 0) != 0 {
		b = c.Transpose(b, 1, 0)
	}
	if alpha != 1 {
		a = c.Affine(a, alpha, 0)
	}
	if !r.has(2) || beta == 0 {
		r.put(c.Linear(a, b, nil, Linear))
		return
	}
	bias := r.plain(r.in(2))
	if beta != 1 {
		bias = c.Affine(bias, beta, 0)
	}
	if s := bias.shape; size(s) == b.shape[1] && s[len(s)-1] == b.shape[1] {
		if len(s) > 1 {
			bias = c.Reshape(bias, b.shape[1])
		}
		r.put(c.Linear(a, b, bias, Linear))
		return
	}
	r.put(c.Add(c.Linear(a, b, nil, Linear), bias))
}

// matMul multiplies the last two axes; those before are repeated where one has fewer, or 1.
func (r *graphRun) matMul() {
	c, a, b := r.c, r.plain(r.in(0)), r.plain(r.in(1))
	ra, rb := len(a.shape), len(b.shape)
	if ra == 1 {
		a = c.Reshape(a, 1, a.shape[0])
	}
	if rb == 1 {
		b = c.Reshape(b, b.shape[0], 1)
	}
	var y *Var
	if len(b.shape) == 2 {
		y = c.Linear(a, b, nil, Linear)
	} else {
		rank := max(len(a.shape), len(b.shape))
		a, b = r.ranked(a, rank), r.ranked(b, rank)
		for i := range rank - 2 {
			switch m, n := a.shape[i], b.shape[i]; {
			case m == 1 && n > 1:
				a = r.repeat(a, i, n)
			case n == 1 && m > 1:
				b = r.repeat(b, i, m)
			}
		}
		y = c.MatMul(a, b, false)
	}
	if ra == 1 || rb == 1 {
		s := slices.Clone(y.shape)
		if rb == 1 {
			s = s[:len(s)-1]
		}
		if ra == 1 {
			k := len(s) - 1
			if rb == 1 {
				k++
			}
			s = slices.Delete(s, k-1, min(k, len(s)))
		}
		if len(s) == 0 {
			s = []int{1}
		}
		y = c.Reshape(y, s...)
	}
	r.put(y)
}

// ranked has axes of 1 in front up to a rank.
func (r *graphRun) ranked(v *Var, rank int) *Var {
	if len(v.shape) == rank {
		return v
	}
	return r.c.Reshape(v, append(slices.Repeat([]int{1}, rank-len(v.shape)), v.shape...)...)
}

// repeat makes an axis of 1 longer.
func (r *graphRun) repeat(v *Var, axis, n int) *Var {
	if n < 1 || n > graphRoom {
		r.fail(fmt.Sprintf("an axis of %d", n), "1 or more")
	}
	return Apply(r.c, newPick(axis, make([]int, n)), v)
}

// softmax along an axis; before opset 13 over all axes from one on.
func (r *graphRun) softmax(log bool) {
	c, x := r.c, r.plain(r.in(0))
	op := softmaxOp{log}
	rank := len(x.shape)
	if r.n.int("together", 0) != 0 {
		a := r.axis(r.n.int("axis", 1), rank)
		s := slices.Clone(x.shape)
		r.put(c.Reshape(Apply(c, op, c.Reshape(x, size(s[:a]), size(s[a:]))), s...))
		return
	}
	a := r.axis(r.n.int("axis", -1), rank)
	if a == rank-1 {
		r.put(Apply(c, op, x))
		return
	}
	order := make([]int, rank) // that swaps the axis and the last
	for i := range order {
		order[i] = i
	}
	order[a], order[rank-1] = rank-1, a
	r.put(c.Transpose(Apply(c, op, c.Transpose(x, order...)), order...))
}
