package nn

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/onnx"
)

// step writes one operation.
func (w *onnxWriter) step(n *Node) {
	if w.folded[&n.out] || w.gone[n] {
		return
	}
	out := &n.out
	switch o := n.op.(type) {
	case *linearOp:
		w.last[out] = w.linear(n, o)
	case *matMulOp:
		w.last[out] = w.product(n, o)
	case *mapOp:
		if w.isImages(n.in[0]) {
			w.first[out] = w.act(o.f, w.first[n.in[0]])
		} else {
			w.last[out] = w.act(o.f, w.value(n.in[0]))
		}
	case *binaryOp:
		w.binary(n, o)
	case *softmaxOp:
		op := "Softmax"
		if o.log {
			op = "LogSoftmax"
		}
		w.last[out] = w.emit(op, []string{w.value(n.in[0])}, attrInt("axis", -1))
	case *sumOp:
		gone, _ := o.gone(len(n.in[0].shape))
		op := "ReduceSum"
		if o.mean {
			op = "ReduceMean"
		}
		w.last[out] = w.reduce(n, op, gone[:len(n.in[0].shape)])
	case *extremeOp:
		gone := make([]bool, len(n.in[0].shape))
		gone[fromEnd(o.axis, len(gone))] = true
		w.last[out] = w.reduce(n, "ReduceMax", gone)
	case *gatherOp:
		w.last[out] = w.gather(n)
	case *reshapeOp:
		w.reshape(n)
	case *transposeOp:
		w.transpose(n, o)
	case *sliceOp:
		w.last[out] = w.slice(n, o)
	case *concatOp:
		w.concat(n, o)
	case *convOp:
		w.conv(n, o)
	case *transposedOp:
		order := []int{3, 2, 0, 1} // [h, w, out, in] to [in, out, h, w]
		w.first[out] = w.emit("ConvTranspose", []string{w.images(n.in[0]), w.kernel(n.in[1], order)},
			attrInts("strides", o.conv.stride, o.conv.stride), attrInts("pads", slices.Repeat([]int{o.conv.zeros}, 4)...), attrInts("kernel_shape", o.conv.kernel, o.conv.kernel))
	case *poolOp:
		w.pool(n, o)
	case *padOp:
		w.pad(n, o)
	case *normOp:
		w.last[out] = w.norm(n, o)
	case *runningOp:
		w.batchNorm(n, o)
	case *recurrentOp:
		w.last[out] = w.recurrent(n, o)
	case *attentionOp:
		w.last[out] = w.attention(n, o)
	case *rotaryOp:
		w.last[out] = w.rotary(n, o)
	case *pickOp:
		w.last[out] = w.pick(n, o)
	case *logicOp:
		in := []string{w.value(n.in[0]), w.value(n.in[1])}
		if o.how == isAnd || o.how == isOr {
			in = []string{w.truth(in[0]), w.truth(in[1])}
		}
		w.last[out] = w.float(w.emit([]string{"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "And", "Or"}[o.how], in))
	case *chooseOp:
		w.last[out] = w.emit("Where", []string{w.truth(w.value(n.in[0])), w.value(n.in[1]), w.value(n.in[2])})
	case *stairsOp:
		w.last[out] = w.stairs(o.kind, w.value(n.in[0]))
	case *runningSumOp:
		w.last[out] = w.emit("CumSum", []string{w.value(n.in[0]), w.ints(fromEnd(o.axis, len(out.shape)))})
	case *lengthsOp: // how many codes stand before the first negative one
		ended := w.emit("CumSum", []string{w.float(w.emit("Less", []string{w.value(n.in[0]), w.scalar(0)})), w.ints(1)})
		w.last[out] = w.emit("ReduceSum", []string{w.float(w.emit("Less", []string{ended, w.scalar(.5)})), w.ints(1)}, attrInt("keepdims", 0))
	case *meansOp:
		length := w.emit("Reshape", []string{w.value(n.in[0]), w.ints(-1, 1, 1)})
		counts := w.float(w.emit("Less", []string{w.places(o.places, 1, 1), length}))
		w.last[out] = w.emit("Div", []string{counts, w.emit("Clip", []string{length, w.scalar(1), w.scalar(float64(o.places))})})
	default:
		w.fail(fmt.Sprintf("the operation %T", n.op), "operations of this package: ONNX has no form of others")
	}
}

// float turns truths into 1 and 0.
func (w *onnxWriter) float(x string) string {
	return w.emit("Cast", []string{x}, attrInt("to", int(onnx.Float32)))
}

// truth is what is not 0.
func (w *onnxWriter) truth(x string) string {
	return w.emit("Cast", []string{x}, attrInt("to", int(onnx.Bool)))
}

// pick takes places of an axis, with one of zeros behind it where there are such.
func (w *onnxWriter) pick(n *Node, o *pickOp) string {
	x, d := w.value(n.in[0]), n.in[0].shape[o.axis]
	if w.open(n.in[0], o.axis) {
		w.fail("places of the batch", "axes that do not follow it")
	}
	places := make([]int, n.out.shape[o.axis])
	around := false
	for i := range places {
		if places[i] = o.place(i); places[i] < 0 {
			places[i], around = d, true
		}
	}
	if around {
		amounts := make([]int, 2*len(n.out.shape))
		amounts[len(n.out.shape)+o.axis] = 1
		x = w.emit("Pad", []string{x, w.ints(amounts...)})
	}
	return w.emit("Gather", []string{x, w.ints(places...)}, attrInt("axis", o.axis))
}

func (w *onnxWriter) stairs(k stepKind, x string) string {
	switch k {
	case towardsZero:
		return w.float(w.emit("Cast", []string{x}, attrInt("to", int(onnx.Int64))))
	case notZero:
		return w.float(w.truth(x))
	case isZero:
		return w.float(w.emit("Equal", []string{x, w.scalar(0)}))
	}
	return w.emit(map[stepKind]string{downwards: "Floor", upwards: "Ceil", toEven: "Round", signOf: "Sign"}[k], []string{x})
}

// places are the numbers 0 to n-1 along the last axis, behind axes of 1.
func (w *onnxWriter) places(n int, before ...int) string {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i)
	}
	return w.array("places", x, append(slices.Clone(before), n)...)
}

func (w *onnxWriter) linear(n *Node, o *linearOp) string {
	x, wt := n.in[0], n.in[1]
	var y string
	switch {
	case len(x.shape) == 2 && len(n.in) > 2:
		y = w.emit("Gemm", []string{w.value(x), w.value(wt), w.value(n.in[2])})
	case len(n.in) > 2:
		y = w.emit("Add", []string{w.emit("MatMul", []string{w.value(x), w.value(wt)}), w.value(n.in[2])})
	default:
		y = w.emit("MatMul", []string{w.value(x), w.value(wt)})
	}
	return w.act(o.f.Func, y)
}

func (w *onnxWriter) product(n *Node, o *matMulOp) string {
	b := n.in[1]
	if !o.transB {
		return w.emit("MatMul", []string{w.value(n.in[0]), w.value(b)})
	}
	order := make([]int, len(b.shape))
	for i := range order {
		order[i] = i
	}
	k := len(order)
	order[k-1], order[k-2] = k-2, k-1
	return w.emit("MatMul", []string{w.value(n.in[0]), w.kernel(b, order)})
}

// kernel is a value in another order of axes, worked out here if it depends on no input.
func (w *onnxWriter) kernel(v *Var, order []int) string {
	if w.fixed(v) {
		return w.weight(v, nil, order...)
	}
	return w.emit("Transpose", []string{w.value(v)}, attrInts("perm", order...))
}

var onnxBinary = map[compute.Op]string{compute.Add: "Add", compute.Sub: "Sub", compute.Mul: "Mul", compute.Div: "Div", compute.Max: "Max", compute.Min: "Min"}

func (w *onnxWriter) binary(n *Node, o *binaryOp) {
	op, ok := onnxBinary[o.op]
	if !ok {
		w.fail(fmt.Sprintf("operation %d of two numbers", o.op), "one that ONNX has")
	}
	rank := len(n.out.shape)
	images := rank >= 3 && (w.isImages(n.in[0]) || w.isImages(n.in[1]))
	for _, v := range n.in { // what has fewer axes has no channels in the first place
		images = images && (w.fixed(v) || len(v.shape) == rank)
	}
	if !images {
		w.last[&n.out] = w.emit(op, []string{w.value(n.in[0]), w.value(n.in[1])})
		return
	}
	var in []string
	for _, v := range n.in {
		if !w.fixed(v) {
			in = append(in, w.images(v))
			continue
		}
		shape := append(slices.Repeat([]int{1}, rank-len(v.shape)), v.shape...)
		numbers, dims := permuted(w.a.numbers(v), shape, firstOrder(rank))
		name := w.named(v)
		in = append(in, w.put("", onnx.Tensor{Name: w.free(name), Type: onnx.Float32, Dims: dims, Floats: numbers}))
	}
	w.first[&n.out] = w.emit(op, in)
}

// reduce takes axes away. Of images, it works channels-first if what is left has one order of axes only.
func (w *onnxWriter) reduce(n *Node, op string, gone []bool) string {
	x, rank := n.in[0], len(gone)
	var axes []int
	left := 0
	for i, g := range gone {
		if g {
			axes = append(axes, i)
		} else if i > 0 && i < rank-1 {
			left++
		}
	}
	name := ""
	if w.isImages(x) && (gone[rank-1] || left == 0) {
		name = w.first[x]
		order := firstOrder(rank)
		for i, a := range axes {
			axes[i] = slices.Index(order, a)
		}
		slices.Sort(axes)
	} else {
		name = w.value(x)
	}
	in, attrs := []string{name}, []onnx.Attr{attrInt("keepdims", 0)}
	if op == "ReduceSum" {
		in = append(in, w.ints(axes...))
	} else {
		attrs = append(attrs, attrInts("axes", axes...))
	}
	y := w.emit(op, in, attrs...)
	if len(axes) == rank {
		y = w.emit("Reshape", []string{y, w.ints(1)})
	}
	return y
}

// gather picks rows of the table, and a row of zeros behind it for numbers that are no row.
func (w *onnxWriter) gather(n *Node) string {
	table, index := n.in[0], w.value(n.in[1])
	rows, width := table.shape[0], table.shape[1]
	var all string
	if w.fixed(table) {
		all = w.put("", onnx.Tensor{Name: w.free(w.named(table)), Type: onnx.Float32, Dims: []int{rows + 1, width}, Floats: append(w.a.numbers(table), make([]float32, width)...)})
	} else {
		all = w.emit("Concat", []string{w.value(table), w.array("zeros", make([]float32, width), 1, width)}, attrInt("axis", 0))
	}
	inside := w.emit("And", []string{w.emit("GreaterOrEqual", []string{index, w.scalar(0)}), w.emit("Less", []string{index, w.scalar(float64(rows))})})
	index = w.emit("Where", []string{inside, index, w.scalar(float64(rows))})
	return w.emit("Gather", []string{all, w.emit("Cast", []string{index}, attrInt("to", int(onnx.Int64)))}, attrInt("axis", 0))
}

func (w *onnxWriter) reshape(n *Node) {
	x, s, to := n.in[0], n.in[0].shape, w.shape(&n.out)
	k := len(s)
	switch {
	case slices.Equal(n.out.shape, s): // it stays as it is
		w.first[&n.out], w.last[&n.out] = w.first[x], w.last[x]
	case w.isImages(x) && k > 3 && len(to) == 3 && n.out.shape[0] == s[0] && n.out.shape[2] == s[k-1]: // places joined, channels kept
		w.first[&n.out] = w.emit("Reshape", []string{w.first[x], w.ints(to[0], to[2], to[1])})
	default:
		w.last[&n.out] = w.emit("Reshape", []string{w.value(x), w.ints(to...)})
	}
}

// transpose joins its order with that of images, if the value is there channels-first only.
func (w *onnxWriter) transpose(n *Node, o *transposeOp) {
	x, order := n.in[0], o.order.list()
	name := w.last[x]
	if w.isImages(x) {
		name = w.first[x]
		back := lastOrder(len(order))
		for i, a := range order {
			order[i] = back[a]
		}
	}
	if name == "" {
		name = w.value(x)
	}
	still := true
	for i, a := range order {
		still = still && i == a
	}
	if !still {
		name = w.emit("Transpose", []string{name}, attrInts("perm", order...))
	}
	w.last[&n.out] = name
}

func (w *onnxWriter) slice(n *Node, o *sliceOp) string {
	x := n.in[0]
	a := fromEnd(o.axis, len(x.shape))
	lo, hi := o.lo, o.hi
	if w.open(x, a) {
		var other *sliceOp
		for i, s := range w.a.steps {
			if s == n {
				other = w.b.steps[i].op.(*sliceOp)
			}
		}
		switch {
		case other.lo != lo || other.hi != hi && (hi != x.shape[a] || other.hi != w.twin[x].shape[a]):
			w.fail(fmt.Sprintf("part %d to %d of the batch", lo, hi), "a part that does not follow it, or all from a place on")
		case other.hi != hi:
			hi = math.MaxInt32
		}
	}
	return w.cut(w.value(x), a, lo, hi)
}

// cut is part of an axis.
func (w *onnxWriter) cut(x string, axis, lo, hi int) string {
	return w.emit("Slice", []string{x, w.ints(lo), w.ints(hi), w.ints(axis)})
}

func (w *onnxWriter) concat(n *Node, o *concatOp) {
	rank := len(n.out.shape)
	axis, images := fromEnd(o.axis, rank), false
	for _, v := range n.in {
		images = images || rank >= 3 && w.isImages(v)
	}
	var in []string
	for _, v := range n.in {
		if images {
			in = append(in, w.images(v))
		} else {
			in = append(in, w.value(v))
		}
	}
	if images {
		w.first[&n.out] = w.emit("Concat", in, attrInt("axis", slices.Index(firstOrder(rank), axis)))
	} else {
		w.last[&n.out] = w.emit("Concat", in, attrInt("axis", axis))
	}
}

func (w *onnxWriter) conv(n *Node, o *convOp) {
	s, _ := o.geometry(n.in[0].shape, n.out.Dim(-1))
	k := o.dims
	order := []int{k + 1, k} // [places..., in, out] to [out, in, places...]
	for i := range k {
		order = append(order, i)
	}
	in := []string{w.images(n.in[0]), w.kernel(n.in[1], order)}
	if len(n.in) > 2 {
		in = append(in, w.value(n.in[2]))
	}
	y := w.emit("Conv", in, attrInts("kernel_shape", s.Kernel[3-k:]...), attrInts("strides", s.Stride[3-k:]...), attrInts("dilations", s.Dilation[3-k:]...),
		attrInts("pads", o.pads(&s)...), attrInt("group", o.groups))
	w.first[&n.out] = w.act(o.f.Func, y)
}

// pads are the zeros that the layer asks for.
func (o convOp) pads(s *compute.ConvShape) []int {
	if o.pad == Same {
		return pads(s, o.dims)
	}
	return slices.Repeat([]int{o.zeros}, 2*o.dims)
}

// pads are the zeros that are seen before every axis of places, then those behind.
func pads(s *compute.ConvShape, dims int) []int {
	out := make([]int, 2*dims)
	for i := range dims {
		a := 3 - dims + i
		out[i] = s.Before[a]
		span := (s.Kernel[a]-1)*s.Dilation[a] + 1
		out[dims+i] = max((s.Size[a]-1)*s.Stride[a]+span-s.In[a]-s.Before[a], 0)
	}
	return out
}

func (w *onnxWriter) pool(n *Node, o *poolOp) {
	x, k := n.in[0], o.conv.dims
	s, _ := o.conv.geometry(x.shape, x.Dim(-1))
	attrs := []onnx.Attr{attrInts("kernel_shape", s.Kernel[3-k:]...), attrInts("strides", s.Stride[3-k:]...), attrInts("pads", o.conv.pads(&s)...)}
	if !o.mean {
		w.first[&n.out] = w.emit("MaxPool", []string{w.images(x)}, attrs...)
		return
	}
	count := 0
	if o.count {
		count = 1
	}
	w.first[&n.out] = w.emit("AveragePool", []string{w.images(x)}, append(attrs, attrInt("count_include_pad", count))...)
}

func (w *onnxWriter) pad(n *Node, o *padOp) {
	x, rank := n.in[0], len(n.out.shape)
	images := w.isImages(x)
	name, from := "", 1
	if images {
		name, from = w.first[x], 2
	} else {
		name = w.value(x)
	}
	if o.mode == PadCircular { // which opset 17 lacks
		for i := range rank - 2 {
			d := x.shape[1+i]
			before, behind := w.cut(name, from+i, d-o.amount, d), w.cut(name, from+i, 0, o.amount)
			name = w.emit("Concat", []string{before, name, behind}, attrInt("axis", from+i))
		}
	} else {
		amounts := make([]int, 2*rank)
		for i := range rank - 2 {
			amounts[from+i], amounts[rank+from+i] = o.amount, o.amount
		}
		name = w.emit("Pad", []string{name, w.ints(amounts...)}, attrText("mode", []string{"constant", "reflect", "edge"}[o.mode]))
	}
	if images {
		w.first[&n.out] = name
	} else {
		w.last[&n.out] = name
	}
}

// scaled takes the product with a vector and the sum with another that follow, if nothing else reads what they follow: they are written
// with n. v is the value that then stands for all.
func (w *onnxWriter) scaled(n *Node) (scale, shift, v *Var) {
	v = &n.out
	width := v.Dim(-1)
	next := func(op compute.Op) *Var {
		s := w.reader[v]
		if w.uses[v] != 1 || s == nil {
			return nil
		}
		b, ok := s.op.(*binaryOp)
		if !ok || b.op != op || s.in[0] != v || !w.fixed(s.in[1]) || !slices.Equal(s.in[1].shape, []int{width}) {
			return nil
		}
		v = &s.out
		w.gone[s] = true
		return s.in[1]
	}
	if scale = next(compute.Mul); scale != nil {
		shift = next(compute.Add)
	}
	return
}

// vector writes the numbers of v, or as many times one number if it is nil.
func (w *onnxWriter) vector(v *Var, name string, width int, value float32) string {
	if v != nil {
		return w.value(v)
	}
	return w.array(name, slices.Repeat([]float32{value}, width), width)
}

func (w *onnxWriter) norm(n *Node, o *normOp) string {
	x, width := w.value(n.in[0]), n.out.Dim(-1)
	if !o.centre { // x / √(mean x² + eps)
		mean := w.emit("ReduceMean", []string{w.emit("Mul", []string{x, x})}, attrInts("axes", -1), attrInt("keepdims", 1))
		return w.emit("Div", []string{x, w.emit("Sqrt", []string{w.emit("Add", []string{mean, w.scalar(o.eps)})})})
	}
	scale, shift, v := w.scaled(n)
	in := []string{x, w.vector(scale, "ones", width, 1)}
	if shift != nil {
		in = append(in, w.value(shift))
	}
	y := w.emit("LayerNormalization", in, attrInt("axis", -1), attrFloat("epsilon", o.eps))
	w.last[v] = y
	return y
}

func (w *onnxWriter) batchNorm(n *Node, o *runningOp) {
	x, width := n.in[0], n.out.Dim(-1)
	scale, shift, v := w.scaled(n)
	name := ""
	if len(x.shape) > 2 {
		name = w.images(x)
	} else {
		name = w.value(x)
	}
	y := w.emit("BatchNormalization", []string{name, w.vector(scale, "ones", width, 1), w.vector(shift, "zeros", width, 0), w.value(n.in[1]), w.value(n.in[2])}, attrFloat("epsilon", o.eps))
	if len(x.shape) > 2 {
		w.first[v] = y
	} else {
		w.last[v] = y
	}
}
