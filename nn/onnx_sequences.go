package nn

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/onnx"
)

// recurrent writes one direction of one layer. ONNX has time first, gates in an order of its own and, between time and batch, an axis of
// directions, of length 1 here.
func (w *onnxWriter) recurrent(n *Node, o *recurrentOp) string {
	x, h := n.in[0], n.in[2].shape[2]
	op, gates := "RNN", []int{0}
	attrs := []onnx.Attr{attrInt("hidden_size", h)}
	switch o.kind {
	case cellLSTM: // input, output, forget, cell
		op, gates = "LSTM", []int{0, 3, 1, 2}
	case cellGRU: // update, reset, new
		op, gates = "GRU", []int{1, 0, 2}
		attrs = append(attrs, attrInt("linear_before_reset", 1))
	}
	if o.reverse {
		attrs = append(attrs, attrText("direction", "reverse"))
	}
	for _, v := range n.in[1:4] {
		if !w.fixed(v) {
			w.fail("weights of a recurrent layer that depend on the input", "parameters")
		}
	}
	in := []string{w.emit("Transpose", []string{w.value(x)}, attrInts("perm", 1, 0, 2)), w.gates(n.in[1], gates), w.gates(n.in[2], gates)}
	b := w.a.numbers(n.in[3])
	both := make([]float32, 0, 2*len(b))
	for _, g := range gates {
		both = append(both, b[g*h:(g+1)*h]...)
	}
	both = both[:2*len(b)] // the second bias is zero but for the new gate's
	if o.kind == cellGRU {
		copy(both[5*h:], w.a.numbers(n.in[4]))
	}
	in = append(in, w.put("", onnx.Tensor{Name: w.free(w.named(n.in[3])), Type: onnx.Float32, Dims: []int{1, len(both)}, Floats: both}))
	if o.short {
		in = append(in, w.emit("Cast", []string{w.value(n.in[len(n.in)-1])}, attrInt("to", int(onnx.Int32))))
	}
	if o.last {
		return w.emit("Squeeze", []string{w.emitTo(op, in, 2, 1, attrs...), w.ints(0)})
	}
	y := w.emit("Squeeze", []string{w.emit(op, in, attrs...), w.ints(1)})
	return w.emit("Transpose", []string{y}, attrInts("perm", 1, 0, 2))
}

// gates writes weights [gates, in, units] as [1, gates units, in], in another order of gates.
func (w *onnxWriter) gates(v *Var, order []int) string {
	d, h := v.shape[1], v.shape[2]
	x := w.a.numbers(v)
	y := make([]float32, 0, len(x))
	for _, g := range order {
		for j := range h {
			for i := range d {
				y = append(y, x[(g*d+i)*h+j])
			}
		}
	}
	return w.put("", onnx.Tensor{Name: w.free(w.named(v)), Type: onnx.Float32, Dims: []int{1, len(order) * h, d}, Floats: y})
}

// hidden stands for minus infinity in front of a softmax: finite, so that a row of nothing else gives no NaN.
const hidden = -1e30

// attention writes softmax(q kᵀ / √dim) v. Heads of queries that share one of keys stand on an axis of their own, along which keys and
// values repeat.
func (w *onnxWriter) attention(n *Node, o *attentionOp) string {
	s := o.shape(n)
	group := o.heads / o.kv
	heads := func(v *Var, from, heads, t int, keys bool) string {
		x := w.cut(w.value(v), 2, from, from+heads*s.Dim)
		if group == 1 {
			x = w.emit("Reshape", []string{x, w.ints(-1, t, heads, s.Dim)})
			if keys {
				return w.emit("Transpose", []string{x}, attrInts("perm", 0, 2, 3, 1))
			}
			return w.emit("Transpose", []string{x}, attrInts("perm", 0, 2, 1, 3))
		}
		x = w.emit("Reshape", []string{x, w.ints(-1, t, o.kv, heads/o.kv, s.Dim)})
		if keys {
			return w.emit("Transpose", []string{x}, attrInts("perm", 0, 2, 3, 4, 1))
		}
		return w.emit("Transpose", []string{x}, attrInts("perm", 0, 2, 3, 1, 4))
	}
	source := n.in[o.source()]
	q := heads(n.in[0], 0, o.heads, s.T, false)
	k := heads(source, s.ColK, o.kv, s.S, true)
	v := heads(source, s.ColV, o.kv, s.S, false)
	scores := w.emit("Mul", []string{w.emit("MatMul", []string{q, k}), w.scalar(1 / math.Sqrt(float64(s.Dim)))})
	if o.causal {
		mask := make([]float32, s.T*s.S)
		for i := range s.T {
			for j := min(max(i+s.S-s.T+1, 0), s.S); j < s.S; j++ {
				mask[i*s.S+j] = hidden
			}
		}
		scores = w.emit("Add", []string{scores, w.array("mask", mask, s.T, s.S)})
	}
	var counts string
	if o.short {
		before := slices.Repeat([]int{1}, 3)
		if group > 1 {
			before = append(before, 1)
		}
		ends := w.emit("Reshape", []string{w.value(n.in[len(n.in)-1]), w.ints(append([]int{-1}, before...)...)})
		counts = w.emit("Less", []string{w.places(s.S, before...), ends})
		scores = w.emit("Where", []string{counts, scores, w.scalar(hidden)})
	}
	shares := w.emit("Softmax", []string{scores}, attrInt("axis", -1))
	if o.short { // zeros for a sequence of length 0
		shares = w.emit("Mul", []string{shares, w.float(counts)})
	}
	y := w.emit("MatMul", []string{shares, v})
	if group == 1 {
		y = w.emit("Transpose", []string{y}, attrInts("perm", 0, 2, 1, 3))
	} else {
		y = w.emit("Transpose", []string{y}, attrInts("perm", 0, 3, 1, 2, 4))
	}
	return w.emit("Reshape", []string{y, w.ints(-1, s.T, o.heads*s.Dim)})
}

// rotary writes the turn of pairs (a, b) into (a cos - b sin, b cos + a sin).
func (w *onnxWriter) rotary(n *Node, o *rotaryOp) string {
	s := n.out.shape
	t, wide, half := s[1], o.heads*o.dim, o.dim/2
	c, d := make([]float32, t*half), make([]float32, t*half)
	n.Engine().Get(c, n.room[0])
	n.Engine().Get(d, n.room[1])
	x := w.value(n.in[0])
	rest := ""
	if wide < s[2] {
		rest = w.cut(x, 2, wide, s[2])
		x = w.cut(x, 2, 0, wide)
	}
	x = w.emit("Reshape", []string{x, w.ints(-1, t, o.heads, o.dim)})
	a, b := w.cut(x, 3, 0, half), w.cut(x, 3, half, o.dim)
	cosines, sines := w.array("cos", c, t, 1, half), w.array("sin", d, t, 1, half)
	by := func(x, y string) string { return w.emit("Mul", []string{x, y}) }
	first := w.emit("Sub", []string{by(a, cosines), by(b, sines)})
	second := w.emit("Add", []string{by(b, cosines), by(a, sines)})
	x = w.emit("Reshape", []string{w.emit("Concat", []string{first, second}, attrInt("axis", 3)), w.ints(-1, t, wide)})
	if rest != "" {
		x = w.emit("Concat", []string{x, rest}, attrInt("axis", 2))
	}
	return x
}
