package nn

import (
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/onnx"
)

// WriteONNX writes what a net does without training as an ONNX file (opset 17, IR version 8), for ONNX Runtime and whatever else reads
// that format. Every layer of this package has a form in ONNX; an operation of one's own has none, and is an error that names its layer.
//
// The file has one input, "input", of the shape of a batch as Predict takes it: floats, images channels-last, codes as numbers; and one
// output, "output". The length of the batch is left open; sequences have the length that the net was built for. ONNX wants images
// channels-first: they are transposed where the first convolution or pooling needs that and back where a layer needs them channels-last
// again, such as Flatten, not around each layer. Dropout and noise are gone, normalisation goes by the running means, and what depends
// on no input, such as the weights of WeightNorm, is worked out once. A bidirectional or stacked recurrent layer is an ONNX operator LSTM, GRU
// or RNN for each layer and direction; attention is written out in products and a Softmax.
//
// The same net gives the same bytes. Memory is that of passes over two and three inputs and of the parameters twice.
func WriteONNX(w io.Writer, n *Net) (err error) {
	m, err := n.onnx()
	if err != nil {
		return err
	}
	_, err = w.Write(onnx.Encode(m))
	return err
}

const onnxWrites = "nn.WriteONNX"

// onnx translates the operations of a pass. Two traces, of batches of 2 and of 3, tell which axes follow the batch.
func (n *Net) onnx() (m *onnx.Model, err error) {
	w := &onnxWriter{first: map[*Var]string{}, last: map[*Var]string{}, weights: map[string]string{}, taken: map[string]bool{}, folded: map[*Var]bool{}, twin: map[*Var]*Var{}, reader: map[*Var]*Node{}, gone: map[*Node]bool{}}
	shape := func(batch int) []int { return append([]int{batch}, n.In...) }
	if w.a, err = n.trace(shape(2)); err != nil {
		return nil, err
	}
	if w.b, err = n.trace(shape(3)); err != nil {
		return nil, err
	}
	defer catch(&err)
	w.pair()
	w.uses = w.a.uses()
	w.last[w.a.in] = w.free("input")
	w.free("output")
	for _, s := range w.a.steps {
		w.path = s.path
		w.step(s)
	}
	w.path = ""
	w.finish(w.a.out)
	m = &onnx.Model{IR: onnx.IR, Producer: "gopherwood", Opsets: []onnx.Opset{{Version: onnxOpset}}, Graph: w.g}
	m.Graph.Name = "net"
	m.Graph.Inputs = []onnx.Value{w.declared("input", w.a.in)}
	m.Graph.Outputs = []onnx.Value{w.declared("output", w.a.out)}
	return m, nil
}

// onnxOpset is the oldest set of operators with LayerNormalization, which everything of the last years reads.
const onnxOpset = 17

// onnxWriter makes nodes of the operations of a trace. Values of three axes or more may be there in two layouts: as they are here,
// channels last, and channels first; either is made of the other where it is first wanted.
type onnxWriter struct {
	a, b        *graph
	g           onnx.Graph
	first, last map[*Var]string
	weights     map[string]string // numbers that are written already
	taken       map[string]bool   // names
	folded      map[*Var]bool     // values that depend on no input: their numbers are known
	twin        map[*Var]*Var     // the same value in the other trace
	uses        map[*Var]int
	reader      map[*Var]*Node // an operation that reads it
	gone        map[*Node]bool // written together with the one before
	path        string
}

// fail ends the translation with an error that names the layer.
func (w *onnxWriter) fail(found, want string) {
	where := w.path
	if where == "" {
		where = "the net"
	}
	panic(fault{&ml.Error{Where: onnxWrites, Field: where, Found: found, Want: want, Kind: ml.ErrConfig}})
}

// pair matches the values of both traces.
func (w *onnxWriter) pair() {
	differ := func() { w.fail("other operations for another batch", "a net that does the same to every batch") }
	if len(w.a.steps) != len(w.b.steps) {
		differ()
	}
	w.twin[w.a.in] = w.b.in
	for i, s := range w.a.steps {
		t := w.b.steps[i]
		w.path = s.path
		if reflect.TypeOf(s.op) != reflect.TypeOf(t.op) || len(s.in) != len(t.in) {
			differ()
		}
		switch s.op.(type) {
		case *reshapeOp, *sliceOp: // whose numbers may follow the batch
		default:
			if reflect.ValueOf(s.op).Elem().Interface() != reflect.ValueOf(t.op).Elem().Interface() {
				differ()
			}
		}
		w.twin[&s.out] = &t.out
		known := true
		for j, v := range s.in {
			if had, ok := w.twin[v]; ok && had != t.in[j] {
				differ()
			}
			w.twin[v] = t.in[j]
			w.reader[v] = s
			known = known && w.fixed(v)
		}
		w.folded[&s.out] = known
	}
	w.path = ""
}

func (w *onnxWriter) fixed(v *Var) bool { return w.a.fixed(v) || w.folded[v] }

// open reports whether an axis follows the batch.
func (w *onnxWriter) open(v *Var, axis int) bool { return v.shape[axis] != w.twin[v].shape[axis] }

// shape is that of a value for Reshape: -1 stands for the axis that follows the batch.
func (w *onnxWriter) shape(v *Var) []int {
	s, many := slices.Clone(v.shape), 0
	for i := range s {
		if w.open(v, i) {
			s[i] = -1
			many++
		}
	}
	if many > 1 {
		w.fail(fmt.Sprintf("a shape %v in which %d axes follow the batch", v.shape, many), "one at the most")
	}
	return s
}

func (w *onnxWriter) declared(name string, v *Var) onnx.Value {
	out := onnx.Value{Name: name, Type: onnx.Float32, Known: true}
	for i, d := range v.shape {
		switch {
		case !w.open(v, i):
			out.Dims = append(out.Dims, onnx.Dim{Size: d})
		case d == 2:
			out.Dims = append(out.Dims, onnx.Dim{Name: "batch"})
		default:
			out.Dims = append(out.Dims, onnx.Dim{Name: fmt.Sprintf("batch*%d", d/2)})
		}
	}
	return out
}

// free is a name that nothing has yet.
func (w *onnxWriter) free(name string) string {
	try := name
	for i := 2; w.taken[try]; i++ {
		try = name + "_" + strconv.Itoa(i)
	}
	w.taken[try] = true
	return try
}

// emit adds a node with one result.
func (w *onnxWriter) emit(op string, in []string, attrs ...onnx.Attr) string {
	return w.emitTo(op, in, 1, 0, attrs...)
}

// emitTo adds a node with several results, of which one is wanted.
func (w *onnxWriter) emitTo(op string, in []string, results, wanted int, attrs ...onnx.Attr) string {
	out := make([]string, results)
	out[wanted] = w.free(joined(w.path, op))
	w.g.Nodes = append(w.g.Nodes, onnx.Node{Name: out[wanted], Op: op, In: in, Out: out, Attrs: attrs})
	return out[wanted]
}

func attrInt(name string, v int) onnx.Attr {
	return onnx.Attr{Name: name, Type: onnx.Int, I: int64(v)}
}

func attrInts(name string, v ...int) onnx.Attr {
	a := onnx.Attr{Name: name, Type: onnx.Ints}
	for _, x := range v {
		a.Ints = append(a.Ints, int64(x))
	}
	return a
}

func attrFloat(name string, v float64) onnx.Attr {
	return onnx.Attr{Name: name, Type: onnx.Float, F: float32(v)}
}

func attrText(name, v string) onnx.Attr { return onnx.Attr{Name: name, Type: onnx.String, S: v} }

// ints writes a list of whole numbers.
func (w *onnxWriter) ints(v ...int) string {
	key := fmt.Sprint("ints ", v)
	if name := w.weights[key]; name != "" {
		return name
	}
	t := onnx.Tensor{Name: w.free("shape"), Type: onnx.Int64, Dims: []int{len(v)}}
	for _, x := range v {
		t.Ints = append(t.Ints, int64(x))
	}
	return w.constant(key, t)
}

// scalar writes one number.
func (w *onnxWriter) scalar(v float64) string {
	key := fmt.Sprint("scalar ", v)
	if name := w.weights[key]; name != "" {
		return name
	}
	return w.constant(key, onnx.Tensor{Name: w.free("number"), Type: onnx.Float32, Floats: []float32{float32(v)}})
}

// array writes numbers that no parameter is.
func (w *onnxWriter) array(name string, x []float32, shape ...int) string {
	return w.constant("", onnx.Tensor{Name: w.free(joined(w.path, name)), Type: onnx.Float32, Dims: shape, Floats: x})
}

// constant writes numbers as the result of a node, not as a weight: whoever trains the net leaves them alone.
func (w *onnxWriter) constant(key string, t onnx.Tensor) string {
	name := t.Name
	t.Name = ""
	w.g.Nodes = append(w.g.Nodes, onnx.Node{Name: name, Op: "Constant", Out: []string{name}, Attrs: []onnx.Attr{{Name: "value", Type: onnx.TensorT, T: &t}}})
	if key != "" {
		w.weights[key] = name
	}
	return name
}

func (w *onnxWriter) put(key string, t onnx.Tensor) string {
	w.g.Initializers = append(w.g.Initializers, t)
	if key != "" {
		w.weights[key] = t.Name
	}
	return t.Name
}

// named is what a value that depends on no input is called.
func (w *onnxWriter) named(v *Var) string {
	if p := w.a.params[v]; p != nil {
		return p.Name
	}
	if s := w.a.states[v]; s != nil {
		return s.Name
	}
	return joined(w.path, "constant")
}

// weight writes a value that depends on no input in another order of axes and, where shape is not nil, another shape.
func (w *onnxWriter) weight(v *Var, shape []int, order ...int) string {
	if !slices.Equal(v.shape, w.twin[v].shape) {
		w.fail(fmt.Sprintf("an array of shape %v that follows the batch but not the input", v.shape), "one that is the same for every batch")
	}
	key := fmt.Sprintf("weight %p %v %v", v, shape, order)
	if name := w.weights[key]; name != "" {
		return name
	}
	t := onnx.Tensor{Type: onnx.Float32, Dims: v.shape, Floats: w.a.numbers(v)}
	if order != nil {
		t.Floats, t.Dims = permuted(t.Floats, t.Dims, order)
	}
	if shape != nil {
		t.Dims = shape
	}
	t.Dims = slices.Clone(t.Dims)
	t.Name = w.free(w.named(v))
	return w.put(key, t)
}

// permuted is an array with its axes in another order.
func permuted(x []float32, shape, order []int) ([]float32, []int) {
	had, out := dense(shape), make([]int, len(order))
	strides := make([]int, len(order))
	for i, a := range order {
		out[i], strides[i] = shape[a], had[a]
	}
	y := make([]float32, len(x))
	p := storedPart{shape: out, strides: strides}
	p.each(func(i, j int) { y[i] = x[j] })
	return y, out
}

// firstOrder are the axes of a value channels-first, by their places channels-last; lastOrder the way back.
func firstOrder(rank int) []int {
	order := []int{0, rank - 1}
	for i := 1; i < rank-1; i++ {
		order = append(order, i)
	}
	return order
}

func lastOrder(rank int) []int {
	order := []int{0}
	for i := 2; i < rank; i++ {
		order = append(order, i)
	}
	return append(order, 1)
}

// value names a value in the layout that it has here.
func (w *onnxWriter) value(v *Var) string {
	if name := w.last[v]; name != "" {
		return name
	}
	if w.fixed(v) {
		return w.weight(v, nil)
	}
	name := w.first[v]
	if name == "" {
		w.fail("a value that no operation of the pass makes", "operations of Ctx")
	}
	name = w.emit("Transpose", []string{name}, attrInts("perm", lastOrder(len(v.shape))...))
	w.last[v] = name
	return name
}

// images names a value channels-first.
func (w *onnxWriter) images(v *Var) string {
	if name := w.first[v]; name != "" {
		return name
	}
	order := firstOrder(len(v.shape))
	if w.fixed(v) {
		return w.weight(v, nil, order...)
	}
	w.first[v] = w.emit("Transpose", []string{w.value(v)}, attrInts("perm", order...))
	return w.first[v]
}

// isImages reports whether a value is there channels-first only.
func (w *onnxWriter) isImages(v *Var) bool { return w.first[v] != "" && w.last[v] == "" }

// finish gives the result its name.
func (w *onnxWriter) finish(v *Var) {
	name := w.value(v)
	for i := range w.g.Nodes {
		if slices.Contains(w.g.Nodes[i].Out, name) {
			for j := range w.g.Nodes {
				for _, list := range [][]string{w.g.Nodes[j].In, w.g.Nodes[j].Out} {
					for k := range list {
						if list[k] == name {
							list[k] = "output"
						}
					}
				}
			}
			return
		}
	}
	w.g.Nodes = append(w.g.Nodes, onnx.Node{Name: "output", Op: "Identity", In: []string{name}, Out: []string{"output"}})
}

// act writes a function of every element.
func (w *onnxWriter) act(f compute.Func, x string) string {
	one := func(op string, attrs ...onnx.Attr) string { return w.emit(op, []string{x}, attrs...) }
	two := func(op, a, b string) string { return w.emit(op, []string{a, b}) }
	switch f.Kind {
	case compute.Identity:
		return x
	case compute.LeakyReLU:
		return one("LeakyRelu", attrFloat("alpha", f.A))
	case compute.GELU: // x/2 (1 + erf(x/√2))
		y := w.emit("Erf", []string{two("Mul", x, w.scalar(math.Sqrt2/2))})
		return two("Mul", two("Mul", x, w.scalar(.5)), two("Add", y, w.scalar(1)))
	case compute.GELUTanh: // x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
		cube := two("Mul", two("Mul", x, x), x)
		y := two("Add", x, two("Mul", cube, w.scalar(.044715)))
		y = w.emit("Tanh", []string{two("Mul", y, w.scalar(math.Sqrt(2/math.Pi)))})
		return two("Mul", two("Mul", x, w.scalar(.5)), two("Add", y, w.scalar(1)))
	case compute.SiLU:
		return two("Mul", x, one("Sigmoid"))
	case compute.ELU:
		return one("Elu", attrFloat("alpha", f.A))
	case compute.SELU:
		return one("Selu", attrFloat("alpha", 1.6732632423543772848), attrFloat("gamma", 1.0507009873554804935))
	case compute.Mish:
		return two("Mul", x, w.emit("Tanh", []string{one("Softplus")}))
	case compute.HardSigmoid:
		return one("HardSigmoid", attrFloat("alpha", 1./6), attrFloat("beta", .5))
	case compute.ReLU6:
		return w.emit("Clip", []string{x, w.scalar(0), w.scalar(6)})
	case compute.LogSigmoid:
		return w.emit("Neg", []string{w.emit("Softplus", []string{one("Neg")})})
	case compute.Square:
		return two("Mul", x, x)
	case compute.Clamp, compute.HardTanh:
		return w.emit("Clip", []string{x, w.scalar(f.A), w.scalar(f.B)})
	case compute.Power:
		return two("Pow", x, w.scalar(f.A))
	case compute.Scale:
		return two("Add", two("Mul", x, w.scalar(f.A)), w.scalar(f.B))
	}
	op, ok := onnxMaps[f.Kind]
	if !ok {
		w.fail(fmt.Sprintf("function %d of an element", f.Kind), "one that ONNX has")
	}
	return one(op)
}

// onnxMaps are the functions that are an operator without attributes.
var onnxMaps = map[compute.Kind]string{
	compute.ReLU: "Relu", compute.Tanh: "Tanh", compute.Sigmoid: "Sigmoid", compute.Softplus: "Softplus", compute.HardSwish: "HardSwish",
	compute.Softsign: "Softsign", compute.Exp: "Exp", compute.Log: "Log", compute.Sqrt: "Sqrt", compute.Abs: "Abs", compute.Neg: "Neg",
	compute.Reciprocal: "Reciprocal", compute.Sin: "Sin", compute.Cos: "Cos", compute.Erf: "Erf",
}
