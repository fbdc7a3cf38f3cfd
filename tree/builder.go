package tree

import (
	"fmt"
	"math"
	"slices"
)

// Node is one node of a tree by itself, as trainers write it and readers of an ensemble see it.
type Node struct {
	Feature   int       // the column a split asks; -1 for a leaf
	Rule      Rule      // how it asks
	Threshold float64   // the number it compares with, unless it asks for categories
	Set       []uint32  // the categories that go left: bit c%32 of word c/32
	Left      int       // places of the children in the tree
	Right     int       //
	Value     []float64 // one number, or one for each output; nil: 0
	Cover     float64   // training weight
	Hessian   float64   // sum of second derivatives, where that is not the cover
	Gain      float64   // of the split
	Impurity  float64   // of the training rows in the node
	Samples   int       // training rows in the node
	ID        int       // of the leaf in the library it comes from
	Linear    *Line     // the leaf's linear function
}

// Line is the linear function of a leaf: Const plus the sum of Coef times the columns named in Features.
type Line struct {
	Const    float64
	Features []int32
	Coef     []float64
}

// Leaf reports whether the node is one.
func (n *Node) Leaf() bool { return n.Feature < 0 }

// Builder assembles an Ensemble tree by tree.
type Builder struct {
	e                            Ensemble
	linear                       LinearLeaves
	cover, hessian, gain, leafID bool
	impurity, samples            bool
	outputs                      []int32
	weights                      []float64
	weighted, lines              bool
	err                          error
}

// NewBuilder begins an ensemble. It takes Features, Outputs, Vector, Average, Float32, Base (nil: zeros), Link, LinkScale and Stage from
// shape, whose trees, if any, are left out.
func NewBuilder(shape Ensemble) *Builder {
	b := &Builder{e: Ensemble{Features: shape.Features, Outputs: shape.Outputs, Vector: shape.Vector, Average: shape.Average, Float32: shape.Float32,
		Base: slices.Clone(shape.Base), Link: shape.Link, LinkScale: shape.LinkScale, Stage: shape.Stage}}
	if b.e.Outputs < 1 || b.e.Outputs > maxOutputs {
		b.fail("Outputs", fmt.Sprint(b.e.Outputs), fmt.Sprintf("1 to %d", maxOutputs))
		b.e.Outputs = 1
	}
	if b.e.Base == nil {
		b.e.Base = make([]float64, b.e.Outputs)
	}
	b.e.Start = append(b.e.Start, 0)
	b.linear.Start = append(b.linear.Start, 0)
	return b
}

// maxOutputs bounds what a row of scores may take.
const maxOutputs = 1 << 20

// grow makes room for n nodes more.
func (b *Builder) grow(n int) {
	e, l := &b.e, &b.linear
	e.Feature, e.Left, e.Right, e.LeafID = slices.Grow(e.Feature, n), slices.Grow(e.Left, n), slices.Grow(e.Right, n), slices.Grow(e.LeafID, n)
	e.Rule, e.Threshold, e.Value = slices.Grow(e.Rule, n), slices.Grow(e.Threshold, n), slices.Grow(e.Value, n*e.width())
	e.Cover, e.Hessian, e.Gain = slices.Grow(e.Cover, n), slices.Grow(e.Hessian, n), slices.Grow(e.Gain, n)
	l.Const, l.Start = slices.Grow(l.Const, n), slices.Grow(l.Start, n)
}

func (b *Builder) fail(field, found, want string) {
	if b.err == nil {
		b.err = malformed(field, found, want)
	}
}

// Add appends a tree for the given score (0 for vector leaves) whose leaves count weight times. Node 0 is the root, and children stand
// after their parents. What is wrong with the tree is told by Ensemble.
func (b *Builder) Add(output int, weight float64, nodes []Node) {
	e, t := &b.e, len(b.outputs)
	if len(nodes) > math.MaxInt32-len(e.Feature) {
		b.fail("nodes", fmt.Sprint(len(nodes)), "fewer than 2^31 in all")
		return
	}
	for i := range nodes {
		b.addNode(t, i, &nodes[i])
	}
	b.outputs = append(b.outputs, int32(min(max(output, -1), math.MaxInt32)))
	b.weights = append(b.weights, weight)
	b.weighted = b.weighted || weight != 1
	e.Start = append(e.Start, int32(len(e.Feature)))
}

func (b *Builder) addNode(t, i int, n *Node) {
	e := &b.e
	if n.Feature > math.MaxInt32 || n.Left < 0 || n.Left > math.MaxInt32 || n.Right < 0 || n.Right > math.MaxInt32 || n.ID < math.MinInt32 || n.ID > math.MaxInt32 ||
		n.Samples < 0 || n.Samples > math.MaxInt32 {
		b.fail(fmt.Sprintf("node %d of tree %d", i, t), "with a number out of range", "0 to 2^31-1")
		return
	}
	threshold := n.Threshold
	if !n.Leaf() && n.Rule.Categorical() {
		threshold = float64(b.addSet(n.Set))
	}
	feature := max(n.Feature, -1)
	if n.Leaf() {
		threshold = 0
	}
	e.Feature = append(e.Feature, int32(feature))
	e.Rule = append(e.Rule, n.Rule)
	e.Threshold = append(e.Threshold, threshold)
	e.Left = append(e.Left, int32(n.Left))
	e.Right = append(e.Right, int32(n.Right))
	switch len(n.Value) {
	case e.width():
		e.Value = append(e.Value, n.Value...)
	case 0:
		e.Value = append(e.Value, make([]float64, e.width())...)
	default:
		b.fail(fmt.Sprintf("node %d of tree %d", i, t), fmt.Sprintf("with %d values", len(n.Value)), fmt.Sprintf("%d", e.width()))
	}
	e.Cover = append(e.Cover, n.Cover)
	e.Hessian = append(e.Hessian, n.Hessian)
	e.Gain = append(e.Gain, n.Gain)
	e.Impurity = append(e.Impurity, n.Impurity)
	e.Samples = append(e.Samples, int32(n.Samples))
	e.LeafID = append(e.LeafID, int32(n.ID))
	b.cover, b.hessian, b.gain = b.cover || n.Cover != 0, b.hessian || n.Hessian != 0, b.gain || n.Gain != 0
	b.impurity, b.samples = b.impurity || n.Impurity != 0, b.samples || n.Samples != 0
	b.leafID = b.leafID || n.Leaf() && n.ID != i
	b.addLine(n)
}

func (b *Builder) addLine(n *Node) {
	l := &b.linear
	line := n.Linear
	if line == nil {
		line = &Line{}
		if n.Leaf() && len(n.Value) == 1 {
			line.Const = n.Value[0]
		}
	} else {
		b.lines = true
	}
	l.Const = append(l.Const, line.Const)
	l.Feature = append(l.Feature, line.Features...)
	l.Coef = append(l.Coef, line.Coef...)
	l.Start = append(l.Start, int32(min(len(l.Feature), math.MaxInt32)))
}

func (b *Builder) addSet(set []uint32) int {
	e := &b.e
	for len(set) > 0 && set[len(set)-1] == 0 {
		set = set[:len(set)-1]
	}
	if e.SetStart == nil {
		e.SetStart = []int32{0}
	}
	e.Sets = append(e.Sets, set...)
	e.SetStart = append(e.SetStart, int32(min(len(e.Sets), math.MaxInt32)))
	return len(e.SetStart) - 2
}

// Ensemble checks what was added and returns it. The builder is not to be used any more. An ensemble that is not sound gives
// ml.ErrFormat.
func (b *Builder) Ensemble() (*Ensemble, error) {
	e := &b.e
	if b.err != nil {
		return nil, b.err
	}
	if !e.Vector && e.Outputs > 1 {
		e.Output = b.outputs
	} else if slices.ContainsFunc(b.outputs, func(out int32) bool { return out != 0 }) {
		return nil, malformed("Output", "not 0", "0 where there is only one, and for vector leaves")
	}
	if b.weighted {
		e.Weight = b.weights
	}
	keep(&e.Cover, b.cover)
	keep(&e.Hessian, b.hessian)
	keep(&e.Gain, b.gain)
	keep(&e.Impurity, b.impurity)
	keep(&e.Samples, b.samples)
	keep(&e.LeafID, b.leafID)
	if b.lines {
		e.Linear = &b.linear
	}
	if err := e.Restore(); err != nil {
		return nil, err
	}
	return e, nil
}

// keep drops an array that says nothing.
func keep[T any](s *[]T, used bool) {
	if !used {
		*s = nil
	}
}

// SkipMissing makes linear leaves leave NaN out of their sum, instead of falling back to the leaf's value.
func (b *Builder) SkipMissing() { b.linear.SkipMissing = true }

// Node returns node i of tree t. Its slices belong to the ensemble and must not be written to.
func (e *Ensemble) Node(t, i int) Node {
	at, w := int(e.Start[t])+i, e.width()
	n := Node{Feature: int(e.Feature[at]), Rule: e.Rule[at], Threshold: e.Threshold[at], Left: int(e.Left[at]), Right: int(e.Right[at]),
		Value: e.Value[at*w : (at+1)*w : (at+1)*w], ID: i}
	if !n.Leaf() && n.Rule.Categorical() {
		n.Set, n.Threshold = e.set(int(n.Threshold)), 0
	}
	if e.Cover != nil {
		n.Cover = e.Cover[at]
	}
	if e.Hessian != nil {
		n.Hessian = e.Hessian[at]
	}
	if e.Gain != nil {
		n.Gain = e.Gain[at]
	}
	if e.Impurity != nil {
		n.Impurity = e.Impurity[at]
	}
	if e.Samples != nil {
		n.Samples = int(e.Samples[at])
	}
	if e.LeafID != nil {
		n.ID = int(e.LeafID[at])
	}
	if l := e.Linear; l != nil && n.Leaf() {
		n.Linear = &Line{Const: l.Const[at], Features: l.Feature[l.Start[at]:l.Start[at+1]], Coef: l.Coef[l.Start[at]:l.Start[at+1]]}
	}
	return n
}
