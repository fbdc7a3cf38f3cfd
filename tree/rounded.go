package tree

import (
	"errors"
	"fmt"
	"math"
)

// Rounded returns the ensemble in XGBoost's arithmetic, for WriteXGBoost: thresholds, leaves and sums in float32, a mean as a sum of smaller leaves, tree
// weights inside the leaves. e itself stays as it is.
//
// A row of float32 numbers reaches the leaves that it reached before; another one may fall on the other side of a threshold that it differs from
// by less than float32 can tell. Scores differ by the rounding of the leaves and of the sums, about 1e-7 of their size. Linear leaves and
// zeros that count as missing have no such form: an error that unwraps to errors.ErrUnsupported.
func (e *Ensemble) Rounded() (*Ensemble, error) {
	const where = "tree.Ensemble.Rounded"
	if e.Linear != nil {
		return nil, unsupported(where, "Linear", "linear leaves", "constant ones")
	}
	if e.Float32 && !e.Average && e.Weight == nil {
		return e, nil
	}
	shape := *e
	shape.Float32, shape.Average, shape.Base = true, false, make([]float64, e.Outputs)
	for k, b := range e.Base {
		shape.Base[k] = float64(float32(b))
	}
	b := NewBuilder(shape)
	for t := range e.Trees() {
		scale := 1.0
		if e.Average {
			scale = 1 / float64(e.adders(e.output(t), e.Trees()))
		}
		nodes := make([]Node, e.Nodes(t))
		for i := range nodes {
			n := e.Node(t, i)
			n.Value = roundedValues(n.Value, scale*e.weight(t))
			if !n.Leaf() {
				if n.Rule&ZeroIsMissing != 0 {
					return nil, unsupported(where, fmt.Sprintf("Rule of node %d of tree %d", i, t), "one that takes zeros for missing", "NaN for the missing")
				}
				e.roundSplit(&n, int(e.Start[t])+i)
			}
			if e.LeafID == nil {
				n.ID = i
			}
			nodes[i] = n
		}
		b.Add(e.output(t), 1, nodes)
	}
	r, err := b.Ensemble()
	if err != nil {
		return nil, errors.Join(unsupported(where, "Value", "a number beyond float32", "less than 3.4e38"), err)
	}
	return r, nil
}

func roundedValues(values []float64, scale float64) []float64 {
	out := make([]float64, len(values))
	for k, v := range values {
		out[k] = float64(float32(v * scale))
	}
	return out
}

// roundSplit makes the test of node i one of float32 that numbers of float32 pass as before.
func (e *Ensemble) roundSplit(n *Node, i int) {
	if n.Rule.Categorical() {
		return
	}
	if n.Rule&NaNIsZero != 0 {
		n.Rule &^= NaNIsZero
		if e.passes(i, 0) {
			n.Rule |= MissingLeft
		}
	}
	least := float32(n.Threshold) // the least float32 that does not pass
	if float64(least) < n.Threshold || n.Rule.Test() == LessEq && float64(least) == n.Threshold {
		least = math.Nextafter32(least, float32(math.Inf(1)))
	}
	n.Rule = n.Rule&^(Less|LessEq) | Less
	n.Threshold = float64(least)
}
