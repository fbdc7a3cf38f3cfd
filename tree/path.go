package tree

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Step is one node on the way of a row through a tree.
type Step struct {
	Node      int       // its place in the tree; 0 is the root
	Feature   int       // the column it asks; -1 for the leaf, which ends the way
	Rule      Rule      // how it asks
	Threshold float64   // what it compares with; 0 if it asks for categories
	Set       []uint32  // the categories it asks for: bit c%32 of word c/32
	X         float64   // what the row has in that column; 0 at the leaf
	Left      bool      // whether the row passes
	Value     []float64 // what the node predicts, before the tree's weight and any link
	Cover     float64   // training weight that reached the node, 0 if unknown
}

// Path returns the way of one row through tree t, from the root to the leaf. The slices within belong to the ensemble and must not be written to.
func (m *Model) Path(x []float64, t int) ([]Step, error) {
	const where = "tree.Model.Path"
	if err := m.checkRow(where, x); err != nil {
		return nil, err
	}
	if err := m.checkTree(where, t); err != nil {
		return nil, err
	}
	return m.Ensemble.path(x, t), nil
}

// Paths is Path for each row of x, which may be dense or CSR, float32 or float64.
func (m *Model) Paths(x tensor.Matrix, t int) ([][]Step, error) {
	const where = "tree.Model.Paths"
	if err := m.check(where, x); err != nil {
		return nil, err
	}
	if err := m.checkTree(where, t); err != nil {
		return nil, err
	}
	src := rows.Of(x)
	out := make([][]Step, src.Len())
	par.For(src.Len(), 1000, func(lo, hi int) {
		buf := make([]float64, m.Ensemble.Features)
		for i := lo; i < hi; i++ {
			out[i] = m.Ensemble.path(src.Row(i, buf), t)
		}
	})
	return out, nil
}

func (m *Model) checkTree(where string, t int) error {
	if n := m.Ensemble.Trees(); t < 0 || t >= n {
		return ml.BadConfig(where, "t", t, fmt.Sprintf("one of %d trees, from 0", n))
	}
	return nil
}

func (e *Ensemble) path(x []float64, t int) []Step {
	var out []Step
	for i := 0; ; {
		n := e.Node(t, i)
		s := Step{Node: i, Feature: n.Feature, Rule: n.Rule, Threshold: n.Threshold, Set: n.Set, Value: n.Value, Cover: n.Cover}
		if n.Leaf() {
			return append(out, s)
		}
		s.X = x[n.Feature]
		if s.Left = e.passes(int(e.Start[t])+i, s.X); s.Left {
			i = n.Left
		} else {
			i = n.Right
		}
		out = append(out, s)
	}
}
