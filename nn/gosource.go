package nn

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/gosource"
)

// GoSource says how WriteGo names things.
type GoSource struct {
	Package string   // "" means model
	Func    string   // "" means Predict; all other names in the file begin with it, so that several models fit into one package
	Labels  []string // names of the classes, one for each output: the file gets a function that chooses one. nil: none
}

// Written is what WriteGo takes: [Net], [ClassifierModel], [RegressorModel], [MultiModel] and [MultiLabelModel].
type Written interface{ written() (writtenNet, bool) }

// writtenNet is a net and what a model makes of its outputs.
type writtenNet struct {
	net          *Net
	shift, scale []float64 // of each output; nil: none
	exp          bool      // behind them
	unseen       []bool    // outputs that are never chosen
}

func (n *Net) written() (writtenNet, bool) { return writtenNet{net: n}, n != nil }

func (m *ClassifierModel) written() (writtenNet, bool) {
	if m == nil || m.oracle == nil {
		return writtenNet{}, false
	}
	return writtenNet{net: m.oracle.net, unseen: m.Unseen}, true
}

func (m *RegressorModel) written() (writtenNet, bool) {
	if m == nil || m.oracle == nil {
		return writtenNet{}, false
	}
	_, exp := lossIn(m.Config).(PoissonNLL)
	return writtenNet{net: m.oracle.net, shift: []float64{m.Shift}, scale: []float64{m.Scale}, exp: exp}, true
}

func (m *MultiModel) written() (writtenNet, bool) {
	if m == nil || m.oracle == nil {
		return writtenNet{}, false
	}
	_, exp := lossIn(m.Config).(PoissonNLL)
	return writtenNet{net: m.oracle.net, shift: m.Shift, scale: m.Scale, exp: exp}, true
}

func (m *MultiLabelModel) written() (writtenNet, bool) {
	if m == nil || m.oracle == nil {
		return writtenNet{}, false
	}
	return writtenNet{net: m.oracle.net}, true
}

// WriteGo writes a net as a Go source file that imports nothing (math, where it is needed), for programs without this library: in a browser,
// on a small machine, under TinyGo.
//
//	func Predict(s *PredictState, dst, x []float32)
//	func PredictClassify(s *PredictState, x []float32) (class int, label string) // with Labels
//
// x is one input and dst takes one output, row by row; their shapes are in the comment of the function. The zero PredictState is ready: it is
// the memory of one caller, each goroutine has its own, and nothing is allocated. Slices that are too short panic.
//
// Of a fitted model, x is a row of columns. A ClassifierModel and a MultiLabelModel give scores: the logits whose softmax, or sigmoid, the
// probabilities are; a RegressorModel and a MultiModel give predictions.
//
// The numbers are Net.Predict's to 1e-5 of the largest, not to the bit: sums run in another order, and batch normalisation is folded into the
// layer in front of it. They are the same bits on every machine.
//
// Every layer of this package can be written. Sequences have the length of Net.In. What a layer of one's own does is written as long as it consists
// of this package's operations and does not look at numbers to decide which; an operation of one's own (see Op) gives an error that
// names the layer and unwraps to errors.ErrUnsupported. A weight is some 12 bytes of the file and four of the program, four
// more once it runs.
func WriteGo(w io.Writer, m Written, how GoSource) error {
	const where = "nn.WriteGo"
	g := goWriter{f: gosource.File{Package: how.Package, Name: how.Func}}
	if g.f.Package == "" {
		g.f.Package = "model"
	}
	if g.f.Name == "" {
		g.f.Name = "Predict"
	}
	for _, field := range [...][2]string{{"Package", g.f.Package}, {"Func", g.f.Name}} {
		if !gosource.Identifier(field[1]) {
			return ml.BadConfig(where, field[0], strconv.Quote(field[1]), "a Go identifier")
		}
	}
	if m == nil {
		return ml.BadConfig(where, "model", "nil", "a net or a fitted model")
	}
	model, ok := m.written()
	if !ok {
		return ml.BadConfig(where, "model", "nil or not fitted", "a net or a fitted model")
	}
	n := model.net
	if how.Labels != nil && len(how.Labels) != size(n.out) {
		return ml.BadConfig(where, "Labels", len(how.Labels), fmt.Sprintf("one for each of the %d outputs", size(n.out)))
	}
	t, err := n.trace(append([]int{1}, n.In...))
	if err != nil {
		return err
	}
	if err := g.read(t); err != nil {
		return err
	}
	g.respond(model)
	g.fold()
	g.place()
	g.write(n, how.Labels, model.unseen)
	if _, err := w.Write(g.f.Bytes()); err != nil {
		return &ml.Error{Where: where, Found: "unwritable", Kind: ml.ErrFormat, Cause: err}
	}
	return nil
}

// goWriter turns the operations of a pass over one input into calls of functions that the file has.
type goWriter struct {
	f       gosource.File
	steps   []*goStep
	in, out *goValue
	room    int
}

// goValue is an array of the pass.
type goValue struct {
	shape []int
	fixed []float32 // its numbers, if they do not depend on the input
	text  string    // where they lie in the file, once they were asked for
	base  *goValue  // whose memory it is; nil: its own
	input bool
	at    int // in the room
	last  int // step that reads it
	reads int
}

func (v *goValue) len() int      { return size(v.shape) }
func (v *goValue) channels() int { return v.shape[len(v.shape)-1] }

// root is the value whose memory v is.
func (v *goValue) root() *goValue {
	for v.base != nil {
		v = v.base
	}
	return v
}

// goStep is one operation.
type goStep struct {
	op   Op
	node *Node
	in   []*goValue
	out  *goValue
	temp *goValue // scratch memory
}

// channelsOp is x scale + shift, channel by channel: what batch normalisation and the scales of others come to.
type channelsOp struct {
	Op
	scale, shift []float64
}

// read lists the steps whose results depend on the input.
func (g *goWriter) read(t *graph) error {
	values := map[*Var]*goValue{t.in: {shape: t.in.shape, input: true}}
	g.in = values[t.in]
	of := func(v *Var) *goValue {
		if values[v] == nil { // a parameter, a state, a constant
			values[v] = &goValue{shape: v.shape, fixed: t.numbers(v)}
		}
		return values[v]
	}
	for _, n := range t.steps {
		fixed := true
		var in []*goValue
		for _, v := range n.in {
			in = append(in, of(v))
			fixed = fixed && of(v).fixed != nil
		}
		out := &goValue{shape: n.out.shape}
		values[&n.out] = out
		if fixed {
			out.fixed = t.numbers(&n.out)
			continue
		}
		if _, view := n.op.(viewer); view {
			out.base = in[0]
			continue
		}
		if !writable(n.op) {
			path := n.path
			if path == "" {
				path = "the outermost"
			}
			return &ml.Error{Where: "nn.WriteGo", Field: "layer " + path, Found: fmt.Sprintf("the operation %s", strings.TrimPrefix(fmt.Sprintf("%T", n.op), "*")), Want: "operations of package nn", Kind: errors.ErrUnsupported}
		}
		g.steps = append(g.steps, &goStep{op: n.op, node: n, in: in, out: out})
	}
	g.out = of(t.out)
	return nil
}

// respond adds what a model makes of the outputs.
func (g *goWriter) respond(m writtenNet) {
	if m.shift == nil || g.out.fixed != nil {
		return
	}
	add := func(op Op) {
		out := &goValue{shape: g.out.shape}
		g.steps = append(g.steps, &goStep{op: op, node: &Node{path: "the model's scale"}, in: []*goValue{g.out}, out: out})
		g.out = out
	}
	add(&channelsOp{scale: m.scale, shift: m.shift})
	if m.exp {
		add(&mapOp{compute.Func{Kind: compute.Exp}})
	}
}

// writable reports whether WriteGo has code for an operation.
func writable(op Op) bool {
	switch op.(type) {
	case *linearOp, *matMulOp, *mapOp, *binaryOp, *convOp, *transposedOp, *poolOp, *normOp, *runningOp, *sumOp, *extremeOp, *softmaxOp, *gatherOp, *padOp,
		*transposeOp, *sliceOp, *concatOp, *attentionOp, *rotaryOp, *recurrentOp, *lengthsOp, *meansOp:
		return true
	}
	return false
}

// count says how often each value is read, and by which step last.
func (g *goWriter) count() {
	for _, s := range g.steps {
		s.out.reads, s.out.last = 0, -1
	}
	for i, s := range g.steps {
		for _, v := range s.in {
			for ; v != nil; v = v.base {
				v.reads, v.last = v.reads+1, i
			}
		}
	}
	for v := g.out; v != nil; v = v.base {
		v.reads, v.last = v.reads+1, len(g.steps)
	}
}

// fold turns scales and shifts of channels into one step each, or into the weights of the layer in front of them.
func (g *goWriter) fold() {
	g.count()
	by := map[*goValue]*goStep{}
	kept := g.steps[:0]
	for _, s := range g.steps {
		c, x := s.channelwise()
		if c == nil {
			kept, by[s.out] = append(kept, s), s
			continue
		}
		if before := by[x]; before != nil && x.reads == 1 && before.absorb(c) {
			before.out, by[s.out] = s.out, before
			continue
		}
		s.op, s.in = c, []*goValue{x}
		kept, by[s.out] = append(kept, s), s
	}
	g.steps = kept
	g.count()
}

// channelwise is what a step does to the channels of its input x, nil if it does anything else.
func (s *goStep) channelwise() (c *channelsOp, x *goValue) {
	x = s.in[0]
	if len(s.out.shape) == 0 {
		return nil, nil
	}
	n := s.out.channels()
	switch o := s.op.(type) {
	case *channelsOp:
		return o, x
	case *runningOp:
		mean, variance := s.in[1].fixed, s.in[2].fixed
		if mean == nil || variance == nil {
			return nil, nil
		}
		c = newChannels(n)
		for j := range n {
			c.scale[j] = rsqrt(float64(variance[j]) + o.eps)
			c.shift[j] = -float64(float64(mean[j]) * c.scale[j])
		}
		return c, x
	case *binaryOp:
		y, turned := s.in[1], false
		if x.fixed != nil {
			x, y, turned = y, x, true
		}
		if y.fixed == nil || x.fixed != nil || x.len() != s.out.len() || y.len() != 1 && (y.len() != n || y.channels() != n) || x.channels() != n {
			return nil, nil
		}
		c = newChannels(n)
		for j := range n {
			v := float64(y.fixed[j%y.len()])
			switch {
			case o.op == compute.Add:
				c.shift[j] = v
			case o.op == compute.Sub && turned:
				c.scale[j], c.shift[j] = -1, v
			case o.op == compute.Sub:
				c.shift[j] = -v
			case o.op == compute.Mul:
				c.scale[j] = v
			case o.op == compute.Div && !turned && v != 0:
				c.scale[j] = 1 / v
			default:
				return nil, nil
			}
		}
		return c, x
	}
	return nil, nil
}

func newChannels(n int) *channelsOp {
	return &channelsOp{scale: slices.Repeat([]float64{1}, n), shift: make([]float64, n)}
}

// absorb does what c does to the result of a step in the step itself, if that can be.
func (s *goStep) absorb(c *channelsOp) bool {
	if len(c.scale) != s.out.channels() {
		return false
	}
	switch o := s.op.(type) {
	case *channelsOp:
		both := newChannels(len(c.scale))
		for j, k := range c.scale {
			both.scale[j], both.shift[j] = o.scale[j]*k, float64(o.shift[j]*k)+c.shift[j]
		}
		s.op = both
		return true
	case *linearOp:
		return o.f.Kind == compute.Identity && s.absorbWeights(c)
	case *convOp:
		return o.f.Kind == compute.Identity && s.absorbWeights(c)
	}
	return false
}

func (s *goStep) absorbWeights(c *channelsOp) bool {
	n, w, b := len(c.scale), s.in[1].fixed, make([]float32, len(c.scale))
	if w == nil || len(s.in) > 2 && s.in[2].fixed == nil {
		return false
	}
	if len(s.in) > 2 {
		copy(b, s.in[2].fixed)
	}
	scaled := make([]float32, len(w))
	for i, v := range w {
		scaled[i] = float32(float64(v) * c.scale[i%n])
	}
	for j, v := range b {
		b[j] = float32(float64(float64(v)*c.scale[j]) + c.shift[j])
	}
	s.in = []*goValue{s.in[0], {shape: s.in[1].shape, fixed: scaled}, {shape: []int{n}, fixed: b}}
	return true
}

// place gives every value that is no other's a stretch of the room, free again once the last step that reads it is over.
func (g *goWriter) place() {
	var held []*goValue
	take := func(v *goValue) {
		slices.SortFunc(held, func(a, b *goValue) int { return a.at - b.at })
		v.at = 0
		for _, h := range held {
			if v.at+v.len() <= h.at {
				break
			}
			v.at = h.at + h.len()
		}
		held = append(held, v)
		g.room = max(g.room, v.at+v.len())
	}
	for i, s := range g.steps {
		x := s.in[0].root()
		switch s.op.(type) {
		case *mapOp, *channelsOp:
			if x.fixed == nil && !x.input && x.last == i && x.len() == s.out.len() { // in place
				s.out.base, x.last = x, max(s.out.last, i)
			}
		}
		if s.out.base == nil {
			take(s.out)
		}
		if n := s.scratch(); n > 0 {
			s.temp = &goValue{shape: []int{n}, last: i}
			take(s.temp)
		}
		held = slices.DeleteFunc(held, func(v *goValue) bool { return v.last <= i })
	}
}

// scratch is how many numbers of memory a step needs beside its result.
func (s *goStep) scratch() int {
	switch o := s.op.(type) {
	case *attentionOp:
		return o.shape(s.node).S
	case *recurrentOp:
		return []int{2, 5, 6}[o.kind] * s.in[2].shape[2]
	}
	return 0
}

// slice is the code of a value.
func (g *goWriter) slice(v *goValue) string {
	r := v.root()
	switch {
	case r.fixed != nil:
		if r.text == "" {
			r.text = g.f.Numbers(r.fixed)
		}
		return r.text
	case r.input:
		return "x"
	}
	return fmt.Sprintf("s.room[%d:%d]", r.at, r.at+r.len())
}

// write writes the functions.
func (g *goWriter) write(n *Net, labels []string, unseen []bool) {
	f := &g.f
	f.Printf("// %s writes what the net makes of one input x to dst: numbers of shape %v become numbers of shape %v, row by row, the last axis\n", f.Name, n.In, n.out)
	f.Printf("// running fastest. Nothing is allocated; any number of goroutines may call it, each with its own s.\n")
	f.Printf("func %s(s *%sState, dst, x []float32) {\n\tdst, x = dst[:%d], x[:%d]\n", f.Name, f.Name, size(n.out), size(n.In))
	for _, s := range g.steps {
		g.step(s)
	}
	f.Printf("\tcopy(dst, %s)\n}\n", g.slice(g.out))
	f.Printf("\n// %sState is the memory of one caller of %s. Its zero value is ready.\ntype %sState struct{ room [%d]float32 }\n", f.Name, f.Name, f.Name, g.room)
	if labels == nil {
		return
	}
	f.Printf("\n// %sLabels are the names of the classes.\nvar %sLabels = [...]string{", f.Name, f.Name)
	for i, l := range labels {
		if i > 0 {
			f.Printf(", ")
		}
		f.Printf("%q", l)
	}
	f.Printf("}\n\n// %sClassify is the class with the largest output for x, the first of equals, and its name.\n", f.Name)
	f.Printf("func %sClassify(s *%sState, x []float32) (class int, label string) {\n", f.Name, f.Name)
	f.Printf("\tvar scores [%d]float32\n\t%s(s, scores[:], x)\n", size(n.out), f.Name)
	if unseen == nil {
		f.Printf("\tclass = GenBest(scores[:])\n")
	} else {
		f.Printf("\tseen := [...]bool{")
		for i, v := range unseen {
			if i > 0 {
				f.Printf(", ")
			}
			f.Printf("%t", !v)
		}
		f.Printf("}\n\tclass = GenChoose(scores[:], seen[:])\n")
	}
	f.Printf("\treturn class, %sLabels[class]\n}\n", f.Name)
}
