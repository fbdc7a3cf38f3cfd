package nn

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/onnx"
	"github.com/gopherwood-ml/ml/tensor"
)

// ReadONNX makes a net of an ONNX file: one that WriteONNX wrote, that PyTorch's torch.onnx.export made of a net, or another of like operators.
// Its module is a *Graph, its parameters are the weights in the file, under their names there and in the layout of this package's layers, so
// it predicts, trains and can be exported again like any other net; NewGraphModel saves it. Dropout is gone; batch normalisation trains.
//
// The input is shaped as in the file, but for the batch, which comes first: images of PyTorch are [N, C, H, W]. What is the batch is the
// first axis of open length, or the first of all if none is. in gives the lengths of the other axes, where the file leaves them open; none: the
// file's. Of several outputs, the first of floats counts (of a classifier that gives labels too: the probabilities).
//
// Opsets from 7 on are read. An operator that this package lacks, or one used in a way that it lacks (kernels with unequal sides, first states of
// recurrent layers, control flow), is an error that names operator and node. A file takes no more memory than its length justifies and, for a
// pass over one input, 2^26 numbers.
func ReadONNX(r io.Reader, in ...int) (*Net, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	m, err := onnx.Decode(b)
	if err != nil {
		var e *onnx.Error
		if errors.As(err, &e) {
			err = &ml.Error{Where: onnxReads, Field: fmt.Sprintf("%s at byte %d", e.Path, e.Offset), Found: e.Found, Want: e.Want, Kind: ml.ErrFormat}
		}
		return nil, err
	}
	n, err := netOfONNX(m, in)
	var e *ml.Error
	if errors.As(err, &e) {
		c := *e
		c.Where = onnxReads
		return nil, &c
	}
	return n, err
}

const onnxReads = "nn.ReadONNX"

func netOfONNX(m *onnx.Model, in []int) (n *Net, err error) {
	defer catch(&err)
	d := onnxReader{m: m, consts: map[string]onnxConst{}, ids: map[string]int{}, forms: map[string]int{}, names: map[string]bool{}, g: new(Graph)}
	shape := d.graph(in)
	return netOf(onnxReads, d.weights, d.g, shape)
}

// onnxReader turns the graph of a file into ours.
type onnxReader struct {
	m       *onnx.Model
	consts  map[string]onnxConst
	ids     map[string]int // of values that depend on the input
	forms   map[string]int // of weights: by name and layout, the number in Weights
	names   map[string]bool
	g       *Graph
	weights Weights
	results int
	opset   int64
	node    *onnx.Node
}

// onnxConst is a tensor of the file: a weight, or a constant that a node makes.
type onnxConst struct {
	t     *onnx.Tensor
	weigh bool
}

func (d *onnxReader) fail(found, want string) {
	field := "the graph"
	if d.node != nil {
		field = "node " + d.node.Name + " (" + d.node.Op + ")"
	}
	panic(fault{&ml.Error{Where: onnxReads, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}})
}

// firstResult stands before the numbers of results until all weights are known.
const firstResult = 1 << 30

// graph fills the graph and its weights and returns the shape of an input.
func (d *onnxReader) graph(in []int) []int {
	for _, o := range d.m.Opsets {
		if o.Domain == "" || o.Domain == "ai.onnx" {
			d.opset = o.Version
		}
	}
	if d.opset < 7 {
		d.fail(fmt.Sprintf("of opset %d", d.opset), "7 or more")
	}
	file := &d.m.Graph
	for i := range file.Initializers {
		t := &file.Initializers[i]
		if _, twice := d.consts[t.Name]; twice {
			d.fail("with two weights called "+t.Name, "names that differ")
		}
		d.consts[t.Name] = onnxConst{t, true}
	}
	shape := d.input(in)
	out := d.output()
	for _, n := range d.needed(out) {
		d.node = n
		d.convert(n)
	}
	d.node = nil
	if d.g.Out = d.value(out, ""); d.g.Out < 0 {
		d.fail("without a result", "one")
	}
	base := 1 + len(d.g.Weights)
	move := func(i *int) {
		if *i >= firstResult {
			*i += base - firstResult
		}
	}
	move(&d.g.Out)
	for i := range d.g.Nodes {
		for k := range d.g.Nodes[i].In {
			move(&d.g.Nodes[i].In[k])
		}
		for k := range d.g.Nodes[i].Out {
			move(&d.g.Nodes[i].Out[k])
		}
	}
	return shape
}

// input finds the one input and its shape without the batch.
func (d *onnxReader) input(in []int) []int {
	var inputs []onnx.Value
	for _, v := range d.m.Graph.Inputs {
		if _, weight := d.consts[v.Name]; !weight {
			inputs = append(inputs, v)
		}
	}
	if len(inputs) != 1 {
		d.fail(fmt.Sprintf("of %d inputs", len(inputs)), "one")
	}
	v := inputs[0]
	d.ids[v.Name] = 0
	name := ""
	var rest []int
	if v.Known {
		if len(v.Dims) == 0 || len(v.Dims) >= maxAxes {
			d.fail(fmt.Sprintf("an input of %d axes", len(v.Dims)), "1 to 7")
		}
		d.g.InBatch = max(slices.IndexFunc(v.Dims, func(m onnx.Dim) bool { return m.Size == 0 }), 0)
		d.g.Fixed, name = v.Dims[d.g.InBatch].Size, v.Dims[d.g.InBatch].Name
		for i, m := range v.Dims {
			if i != d.g.InBatch {
				rest = append(rest, m.Size)
			}
		}
	}
	switch {
	case in == nil:
	case v.Known && len(in) != len(rest):
		panic(fault{ml.BadShape(onnxReads, "in", fmt.Sprint(in), fmt.Sprintf("%d lengths", len(rest)))})
	default:
		rest = slices.Clone(in)
	}
	if !v.Known && in == nil || slices.Contains(rest, 0) {
		panic(fault{ml.BadShape(onnxReads, "in", fmt.Sprintf("not given for an input of shape %v (0: open) without its batch", rest), "the lengths of the axes")})
	}
	for _, o := range d.m.Graph.Outputs {
		if at := slices.IndexFunc(o.Dims, func(m onnx.Dim) bool { return m.Size == 0 && m.Name != "" && m.Name == name }); o.Known && at > 0 && at < maxAxes {
			d.g.OutBatch = at
		}
	}
	return rest
}

// output chooses the result.
func (d *onnxReader) output() string {
	all := d.m.Graph.Outputs
	if len(all) == 0 {
		d.fail("without an output", "one")
	}
	for _, o := range all {
		if o.Type == onnx.Float32 || o.Type == onnx.Float64 || o.Type == onnx.Float16 || o.Type == onnx.BFloat16 {
			return o.Name
		}
	}
	name := all[len(all)-1].Name
	for _, n := range d.m.Graph.Nodes {
		if n.Op == "ZipMap" && slices.Contains(n.Out, name) && len(n.In) == 1 {
			return n.In[0]
		}
	}
	return name
}

// needed are the nodes that a result depends on. Constants are put aside.
func (d *onnxReader) needed(out string) []*onnx.Node {
	makes, nodes := map[string]*onnx.Node{}, d.m.Graph.Nodes
	for i := range nodes {
		n := &nodes[i]
		d.node = n
		for _, o := range n.Out {
			if o == "" {
				continue
			}
			if _, twice := makes[o]; twice || d.consts[o].t != nil {
				d.fail("making "+o+" a second time", "names that differ")
			}
			makes[o] = n
		}
		if n.Op == "Constant" && len(n.Out) == 1 {
			d.consts[n.Out[0]] = onnxConst{d.constant(n), false}
		} else if n.Op == "Identity" && len(n.Out) == 1 && len(n.In) == 1 && d.consts[n.In[0]].t != nil {
			d.consts[n.Out[0]] = d.consts[n.In[0]]
		}
	}
	d.node = nil
	wanted := map[string]bool{out: true}
	var list []*onnx.Node
	for i := len(nodes) - 1; i >= 0; i-- {
		n := &nodes[i]
		if !slices.ContainsFunc(n.Out, func(o string) bool { return wanted[o] && d.consts[o].t == nil }) {
			continue
		}
		for k, o := range n.Out {
			if !wanted[o] {
				n.Out[k] = "" // nobody reads it
			}
		}
		for _, v := range n.In {
			if v != "" {
				wanted[v] = true
			}
		}
		list = append(list, n)
	}
	slices.Reverse(list)
	return list
}

// constant is the tensor that a Constant node makes.
func (d *onnxReader) constant(n *onnx.Node) *onnx.Tensor {
	for _, a := range n.Attrs {
		switch {
		case a.Name == "value" && a.T != nil:
			return a.T
		case a.Name == "value_float" && a.Type == onnx.Float:
			return &onnx.Tensor{Type: onnx.Float32, Floats: []float32{a.F}}
		case a.Name == "value_floats" && a.Type == onnx.Floats:
			return &onnx.Tensor{Type: onnx.Float32, Dims: []int{len(a.Floats)}, Floats: a.Floats}
		case a.Name == "value_int" && a.Type == onnx.Int:
			return &onnx.Tensor{Type: onnx.Int64, Ints: []int64{a.I}}
		case a.Name == "value_ints" && a.Type == onnx.Ints:
			return &onnx.Tensor{Type: onnx.Int64, Dims: []int{len(a.Ints)}, Ints: a.Ints}
		}
	}
	d.fail("without numbers", "a tensor, numbers or a number")
	return nil
}

// convert adds a node.
func (d *onnxReader) convert(n *onnx.Node) {
	if n.Domain != "" && n.Domain != "ai.onnx" || graphOps[n.Op].run == nil {
		d.fail("the operator "+strings.TrimPrefix(n.Domain+"."+n.Op, "."), "one that this package has")
	}
	out := GraphNode{Op: n.Op, Name: n.Name}
	if out.Name == "" {
		out.Name = "number " + strconv.Itoa(len(d.g.Nodes))
	}
	for i := range n.Attrs {
		d.attr(&out, &n.Attrs[i])
	}
	if (n.Op == "Softmax" || n.Op == "LogSoftmax") && d.opset < 13 {
		out.Attrs = append(out.Attrs, GraphAttr{Name: "together", Ints: []int{1}})
	}
	if n.Op == "LSTM" || n.Op == "GRU" || n.Op == "RNN" {
		d.recurrent(n, &out)
	} else {
		for i, name := range n.In {
			out.In = append(out.In, d.value(name, d.form(n, &out, i)))
		}
	}
	for _, name := range n.Out {
		if name == "" {
			out.Out = append(out.Out, -1)
			continue
		}
		d.ids[name] = firstResult + d.results
		out.Out = append(out.Out, d.ids[name])
		d.results++
	}
	d.g.Nodes = append(d.g.Nodes, out)
}

// attr keeps a constant of a node.
func (d *onnxReader) attr(n *GraphNode, a *onnx.Attr) {
	whole := func(v int64) int { return int(min(max(v, -1<<31), 1<<31)) }
	out := GraphAttr{Name: a.Name}
	switch a.Type {
	case onnx.Float:
		out.Floats = []float64{float64(a.F)}
	case onnx.Int:
		out.Ints = []int{whole(a.I)}
	case onnx.Ints:
		for _, v := range a.Ints {
			out.Ints = append(out.Ints, whole(v))
		}
	case onnx.Floats:
		for _, v := range a.Floats {
			out.Floats = append(out.Floats, float64(v))
		}
	case onnx.String:
		out.Text = a.S
	case onnx.Strings:
		out.Text = strings.Join(a.Strings, " ")
	case onnx.TensorT: // of ConstantOfShape
		if len(a.T.Floats) == 1 {
			out.Floats = []float64{float64(a.T.Floats[0])}
		} else if len(a.T.Ints) == 1 {
			out.Floats = []float64{float64(a.T.Ints[0])}
			n.Attrs = append(n.Attrs, GraphAttr{Name: "whole", Ints: []int{1}})
		}
	}
	n.Attrs = append(n.Attrs, out)
}

// The layouts of weights.
const (
	asTurned = "turned" // a matrix transposed
	asKernel = "kernel" // a convolution's
	asSpread = "spread" // a transposed convolution's
	asKnown  = "known"  // numbers that stay as they are
	asState  = "state"
)

// form is the layout in which an operator takes an input.
func (d *onnxReader) form(n *onnx.Node, to *GraphNode, i int) string {
	switch {
	case n.Op == "Gemm" && i == 1 && d.consts[n.In[i]].t != nil && to.int("transB", 0) != 0:
		to.attr("transB").Ints = []int{0}
		return asTurned
	case n.Op == "Conv" && i == 1:
		return asKernel
	case n.Op == "ConvTranspose" && i == 1:
		return asSpread
	case n.Op == "BatchNormalization" && i >= 3:
		return asState
	case n.Op == "Clip" && i > 0, n.Op == "Pad" && i > 0, n.Op == "Pow" && i == 1, n.Op == "Range":
		return asKnown
	}
	return ""
}

// value is the number of a value; a weight becomes one of the graph's when it is first used in a layout.
func (d *onnxReader) value(name, form string) int {
	if name == "" {
		return -1
	}
	if id, ok := d.ids[name]; ok {
		if (form == asKernel || form == asSpread) && d.consts[name].t == nil {
			d.fail("weights "+name+", which depend on the input", "weights in the file")
		}
		return id
	}
	c := d.consts[name]
	if c.t == nil {
		d.fail("an input "+name+", which nothing made", "the result of a node before, or a weight")
	}
	key := form + " " + name
	if id, ok := d.forms[key]; ok {
		return id
	}
	t := c.t
	w := GraphWeight{Name: name, Shape: slices.Clone(t.Dims)}
	if !t.IsFloat() {
		w.Role = GraphWhole
		for _, v := range t.Ints {
			w.Ints = append(w.Ints, int(min(max(v, -1<<40), 1<<40)))
		}
		return d.keep(key, w)
	}
	w.Floats = t.Floats
	if order := layout(form, len(t.Dims)); order != nil {
		if slices.Contains(t.Dims, 0) {
			d.fail("weights "+name+" of no numbers", "some")
		}
		w.Floats, w.Shape = permuted(w.Floats, w.Shape, order)
	} else if form == asTurned || form == asKernel || form == asSpread {
		d.fail(fmt.Sprintf("weights %s of shape %v", name, t.Dims), "as many axes as the operator wants")
	}
	switch {
	case form == asState:
		w.Role = GraphState
	case !c.weigh || len(t.Dims) == 0 || form == asKnown:
		w.Role = GraphConst
	}
	return d.keep(key, w)
}

// layout is the order of axes of weights in ours.
func layout(form string, rank int) []int {
	switch {
	case form == asTurned && rank == 2:
		return []int{1, 0}
	case form == asKernel && rank >= 3 && rank <= 5: // [out, in, places...] to [places..., in, out]
		return [][]int{{2, 1, 0}, {2, 3, 1, 0}, {2, 3, 4, 1, 0}}[rank-3]
	case form == asSpread && rank == 4: // [in, out, h, w] to [h, w, out, in]
		return []int{2, 3, 1, 0}
	}
	return nil
}

// keep adds a weight under a name of its own; the numbers of parameters and states go to the net.
func (d *onnxReader) keep(key string, w GraphWeight) int {
	parts := strings.FieldsFunc(w.Name, func(r rune) bool { return r == '.' })
	name := strings.Join(parts, ".")
	if name == "" {
		name = "weight"
	}
	w.Name = name
	for i := 2; d.names[w.Name]; i++ {
		w.Name = name + "_" + strconv.Itoa(i)
	}
	d.names[w.Name] = true
	if w.Role <= GraphState {
		n := checkedSize(w.Shape)
		if n != len(w.Floats) {
			d.fail(fmt.Sprintf("weights %s of shape %v", w.Name, w.Shape), "axes of 1 or more")
		}
		t := tensor.FromSlice(w.Floats, w.Shape...)
		if w.Floats = nil; w.Role == GraphParam {
			d.weights.Params = append(d.weights.Params, t)
		} else {
			d.weights.States = append(d.weights.States, t)
		}
	}
	d.g.Weights = append(d.g.Weights, w)
	d.forms[key] = len(d.g.Weights)
	return len(d.g.Weights)
}

// recurrent sorts the weights of a recurrent layer by direction and gate, as our layers have them.
func (d *onnxReader) recurrent(n *onnx.Node, to *GraphNode) {
	of := map[string]struct {
		order     []int // our gates in the file's
		functions string
	}{"LSTM": {[]int{0, 2, 3, 1}, "Sigmoid Tanh Tanh"}, "GRU": {[]int{1, 0, 2}, "Sigmoid Tanh"}, "RNN": {[]int{0}, "Tanh"}}[n.Op]
	in := func(i int) string {
		if i < len(n.In) {
			return n.In[i]
		}
		return ""
	}
	functions := strings.TrimSpace(strings.Repeat(of.functions+" ", 2))
	if a := to.text("activations", of.functions); a != of.functions && a != functions || to.attr("clip") != nil || to.int("layout", 0) != 0 || to.int("input_forget", 0) != 0 || in(7) != "" {
		d.fail("with other functions, a clip, the batch first, gates that are one or peepholes", "a plain one")
	}
	if n.Op == "GRU" && to.int("linear_before_reset", 0) == 0 {
		d.fail("with linear_before_reset 0", "1, as PyTorch has it")
	}
	w, u := d.consts[in(1)].t, d.consts[in(2)].t
	gates, h := len(of.order), to.int("hidden_size", 0)
	if w == nil || u == nil || !w.IsFloat() || !u.IsFloat() || len(w.Dims) != 3 || h < 1 || w.Dims[0] < 1 || w.Dims[0] > 2 || w.Dims[1] != gates*h || w.Dims[2] < 1 || !slices.Equal(u.Dims, []int{w.Dims[0], gates * h, h}) {
		d.fail("with weights that are not in the file, or do not fit", fmt.Sprintf("[directions, %d, inputs] and [directions, %d, %d]", gates*h, gates*h, h))
	}
	dirs, wide := w.Dims[0], w.Dims[2]
	bias := make([]float32, dirs*2*gates*h)
	if in(3) != "" {
		b := d.consts[in(3)].t
		if b == nil || !slices.Equal(b.Dims, []int{dirs, 2 * gates * h}) || !b.IsFloat() {
			d.fail("with a bias that is not in the file, or does not fit", fmt.Sprintf("[%d, %d]", dirs, 2*gates*h))
		}
		bias = b.Floats
	}
	to.In = []int{d.value(in(0), ""), d.value(in(4), ""), d.value(in(5), asKnown), d.value(in(6), asKnown)}
	at := strings.TrimSuffix(in(1), ".W")
	for k := range dirs {
		if k == 1 {
			at += ".reverse"
		}
		add := func(name string, x []float32, shape ...int) {
			to.In = append(to.In, d.keep("recurrent "+n.Name+" "+at+"."+name, GraphWeight{Name: at + "." + name, Shape: shape, Floats: x}))
		}
		add("W", byGate(w.Floats[k*gates*h*wide:(k+1)*gates*h*wide], of.order, wide, h), gates, wide, h)
		add("U", byGate(u.Floats[k*gates*h*h:(k+1)*gates*h*h], of.order, h, h), gates, h, h)
		first, second := bias[2*k*gates*h:(2*k+1)*gates*h], bias[(2*k+1)*gates*h:(2*k+2)*gates*h]
		sum := make([]float32, 0, gates*h)
		for _, g := range of.order {
			for j := g * h; j < (g+1)*h; j++ {
				if n.Op == "GRU" && g == 2 {
					sum = append(sum, first[j])
				} else {
					sum = append(sum, first[j]+second[j])
				}
			}
		}
		add("b", sum, gates, h)
		if n.Op == "GRU" {
			add("v", slices.Clone(second[2*h:]), 1, h)
		}
	}
}

// byGate turns weights [gates units, in] into [gates, in, units] in our order of gates.
func byGate(x []float32, order []int, in, units int) []float32 {
	y := make([]float32, 0, len(x))
	for _, g := range order {
		for i := range in {
			for j := range units {
				y = append(y, x[(g*units+j)*in+i])
			}
		}
	}
	return y
}
