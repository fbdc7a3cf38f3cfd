package nn

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Graph is a net written out as a list of operators of ONNX: the module of a net that ReadONNX made, and plain data like any other. Its weights are
// parameters that can be trained; running means are states.
//
// Values have numbers: 0 is the input, the next are Weights, then come the results of Nodes in their order.
type Graph struct {
	Nodes   []GraphNode
	Weights []GraphWeight
	Out     int // the value that is the result
	// InBatch and OutBatch are the axes of the batch in the file's input and result; a net has it first.
	InBatch, OutBatch int
	// Fixed is the length of the batch in a file that fixes it; 0: open. A Reshape to that length follows the batch.
	Fixed int

	once  sync.Once
	paths [][]string // of each weight's name
	count int        // of values
	fault error
}

// GraphNode is one operator.
type GraphNode struct {
	Op, Name string
	In       []int // numbers of values, -1 for one that is left out
	Out      []int // numbers of values, -1 for one that nobody reads
	Attrs    []GraphAttr
}

// GraphAttr is a constant of an operator.
type GraphAttr struct {
	Name   string
	Ints   []int
	Floats []float64
	Text   string
}

// GraphRole says what a weight is.
type GraphRole uint8

// The roles of weights.
const (
	GraphParam GraphRole = iota // a parameter of the net, by its name
	GraphState                  // a state: running means
	GraphConst                  // Floats, which stay as they are
	GraphWhole                  // Ints, whole numbers: shapes, axes and places
)

// GraphWeight is an array that a graph brings along. The numbers of parameters and states are the net's.
type GraphWeight struct {
	Name   string
	Role   GraphRole
	Shape  []int
	Floats []float32
	Ints   []int
}

// graphRoom is how many numbers the operations of a graph may take for a batch of one: a file asks for no more.
const graphRoom = 1 << 26

// check works out what follows from the fields, once, and looks for numbers that are no values.
func (g *Graph) check() error {
	g.once.Do(func() {
		bad := func(where, found, want string) {
			g.fault = &ml.Error{Where: "nn.Graph", Field: where, Found: found, Want: want, Kind: ml.ErrFormat}
		}
		g.count = 1 + len(g.Weights)
		for i, w := range g.Weights {
			n := checkedSize(w.Shape)
			if len(w.Shape) > maxAxes || n < 0 && w.Role <= GraphState {
				bad("Weights", fmt.Sprintf("%s of shape %v", w.Name, w.Shape), "axes of 1 or more, 8 at the most")
				return
			}
			if slices.Contains(w.Shape, 0) {
				n = 0
			}
			if w.Role > GraphWhole || w.Role == GraphConst && len(w.Floats) != n || w.Role == GraphWhole && len(w.Ints) != n || w.Role == GraphConst && n == 0 {
				bad("Weights", fmt.Sprintf("%s with other numbers than its shape %v has", w.Name, w.Shape), "as many")
				return
			}
			path := strings.Split(w.Name, ".")
			if w.Role <= GraphState && slices.Contains(path, "") {
				bad("Weights", fmt.Sprintf("number %d without a name", i), "names without empty parts between dots")
				return
			}
			g.paths = append(g.paths, path)
		}
		for _, n := range g.Nodes {
			if graphOps[n.Op].run == nil {
				bad("node "+n.Name, "the operator "+n.Op, "one that this package has")
				return
			}
			if len(n.In) < graphOps[n.Op].in || len(n.Out) < 1 {
				bad("node "+n.Name+" ("+n.Op+")", fmt.Sprintf("with %d inputs and %d results", len(n.In), len(n.Out)), fmt.Sprintf("%d inputs or more, and a result", graphOps[n.Op].in))
				return
			}
			for k, i := range n.In {
				if i >= g.count || i < -1 || i < 0 && k < graphOps[n.Op].in {
					bad("node "+n.Name+" ("+n.Op+")", fmt.Sprintf("of value %d", i), "values before it")
					return
				}
			}
			for _, i := range n.Out {
				if i != -1 && i != g.count {
					bad("node "+n.Name+" ("+n.Op+")", fmt.Sprintf("making value %d", i), fmt.Sprint(g.count))
					return
				}
				if i >= 0 {
					g.count++
				}
			}
		}
		if g.Out < 0 || g.Out >= g.count {
			bad("Out", fmt.Sprint(g.Out), "a value")
		}
		if g.InBatch < 0 || g.OutBatch < 0 || g.InBatch >= maxAxes || g.OutBatch >= maxAxes || g.Fixed < 0 {
			bad("InBatch, OutBatch and Fixed", fmt.Sprint(g.InBatch, g.OutBatch, g.Fixed), "axes, and 0 or more")
		}
	})
	return g.fault
}

// Forward runs the operators in their order.
func (g *Graph) Forward(c *Ctx, x *Var) *Var {
	c.alongTime("Graph")
	if err := g.check(); err != nil {
		c.Fail(err)
	}
	if c.build {
		c.room = graphRoom
		defer func() { c.room = 0 }()
	}
	r := graphRun{c: c, g: g, vals: make([]graphValue, g.count), batch: x.shape[0]}
	if g.InBatch >= len(x.shape) {
		r.fail("an input without the axis of the batch", "as many axes as the file has")
	}
	r.vals[0] = graphValue{v: x, perm: normal(toFront(len(x.shape), g.InBatch, false))}
	for i := range g.Weights {
		r.vals[1+i] = r.weight(i)
	}
	for i := range g.Nodes {
		r.n = &g.Nodes[i]
		graphOps[r.n.Op].run(&r)
	}
	r.n = nil
	out := r.value(g.Out)
	if rank := len(out.shape()); g.OutBatch >= rank {
		r.fail(fmt.Sprintf("a result of %d axes", rank), "the batch among them")
	}
	return r.ordered(out, toFront(len(out.shape()), g.OutBatch, true))
}

// toFront is the order that brings an axis to the front, or back from there.
func toFront(rank, axis int, to bool) []int {
	order := make([]int, 0, rank)
	if to {
		order = append(order, axis)
		for i := range rank {
			if i != axis {
				order = append(order, i)
			}
		}
		return order
	}
	for i := 1; i <= axis; i++ {
		order = append(order, i)
	}
	order = append(order, 0)
	for i := axis + 1; i < rank; i++ {
		order = append(order, i)
	}
	return order
}

// weight is a weight as a value of this pass.
func (r *graphRun) weight(i int) graphValue {
	w := &r.g.Weights[i]
	switch w.Role {
	case GraphConst:
		x := make([]float64, len(w.Floats))
		for i, v := range w.Floats {
			x[i] = float64(v)
		}
		return graphValue{known: x, dims: w.Shape}
	case GraphWhole:
		x := make([]float64, len(w.Ints))
		for i, v := range w.Ints {
			x[i] = float64(v)
		}
		return graphValue{known: x, dims: w.Shape, whole: true}
	}
	c, path := r.c, r.g.paths[i]
	outer := c.scope
	for _, p := range path[:len(path)-1] {
		c.within(p)
	}
	defer c.leave(outer)
	name := path[len(path)-1]
	switch {
	case w.Role == GraphState:
		return graphValue{v: c.State(name, 1, w.Shape...)}
	case len(w.Shape) > 1:
		return graphValue{v: c.Param(name, zeros, w.Shape...)}
	}
	return graphValue{v: c.Bias(name, zeros, w.Shape...)}
}

// GraphModel is a net that ReadONNX made, as ml.Save takes it and ml.Load gives it back. With WriteONNX and ReadONNX every other net can
// become one.
type GraphModel struct {
	Graph   *Graph
	In      []int // the shape of one input
	Weights Weights

	net *Net
}

// NewGraphModel is a copy of a net whose module is a *Graph; of another it is an error.
func NewGraphModel(n *Net) (*GraphModel, error) {
	g, ok := n.Module.(*Graph)
	if !ok {
		return nil, ml.BadConfig("nn.NewGraphModel", "Module", fmt.Sprintf("a %T", n.Module), "a *Graph, such as ReadONNX makes")
	}
	m := &GraphModel{Graph: g, In: slices.Clone(n.In), Weights: weightsOf(n)}
	return m, m.Restore()
}

// Restore builds the net of what was loaded, and checks it.
func (m *GraphModel) Restore() (err error) {
	if m.Graph == nil {
		return &ml.Error{Where: "nn.GraphModel", Field: "Graph", Found: "nil", Want: "a graph", Kind: ml.ErrFormat}
	}
	m.net, err = netOf("nn.GraphModel", m.Weights, m.Graph, m.In)
	return err
}

// Net is the net, for Predict and for a Trainer, which then changes the net and not the model.
func (m *GraphModel) Net() *Net { return m.net }

// Predict passes a batch through the net, see Net.Predict.
func (m *GraphModel) Predict(x *tensor.Tensor[float32]) (*tensor.Tensor[float32], error) {
	return m.net.Predict(x)
}
