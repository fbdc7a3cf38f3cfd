package treegrow

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/leafbox"
)

// MonotoneMethod says what bounds the values of leaves under constraints.
type MonotoneMethod = leafbox.Method

// The methods.
const (
	Basic        = leafbox.Basic
	Intermediate = leafbox.Intermediate
	Advanced     = leafbox.Advanced
)

// childBox is the box of a child of an inner node.
func childBox(b *leafbox.Box, out *Node, left bool) *leafbox.Box {
	if out.Set != nil {
		return b.Sort(out.Feature, out.Set, out.MissingLeft, left)
	}
	return b.Cut(out.Feature, out.Threshold, out.MissingLeft, left)
}

// tie is a bound that another leaf sets.
type tie struct {
	leaf   *node
	column int     // in which they are apart
	value  float64 // of that leaf
	upper  bool    // it is the most that is allowed, else the least
}

// ties lists the leaves that a box can be compared with.
func (f *frame[E]) ties(b *leafbox.Box, self *node) []tie {
	var out []tie
	for _, o := range f.leaves {
		if o == self {
			continue
		}
		c, above := b.Beside(o.box, func(j int) bool { return f.bound(int32(j)) })
		if c < 0 {
			continue
		}
		out = append(out, tie{o, c, f.valueOf(o), above == (f.params.Monotone[c] > 0)})
	}
	return out
}

// valueOf is what constraints are about: the probability of class 1, or the number.
func (f *frame[E]) valueOf(nd *node) float64 {
	if f.target.K > 0 {
		return nd.out.Value[1]
	}
	return nd.out.Value[0]
}

// limits are the bounds that ties set.
func limits(ties []tie) (lower, upper float64) {
	lower, upper = math.Inf(-1), math.Inf(1)
	for _, t := range ties {
		if t.upper {
			upper = min(upper, t.value)
		} else {
			lower = max(lower, t.value)
		}
	}
	return lower, upper
}

// methodical reports whether leaves are bounded by each other.
func (f *frame[E]) methodical() bool { return f.params.Monotone != nil && f.params.Method != Basic }

// rebound sets the bounds of a node that is to be split.
func (f *frame[E]) rebound(nd *node) {
	nd.ties = f.ties(nd.box, nd)
	nd.lower, nd.upper = limits(nd.ties)
}

// boundChildren gives the children of a node that was split their boxes, and bounds for their own values.
func (f *frame[E]) boundChildren(nd, left, right *node) {
	left.box, right.box = childBox(nd.box, &nd.out, true), childBox(nd.box, &nd.out, false)
	if f.params.Method == Advanced {
		left.lower, left.upper = limits(f.ties(left.box, nd))
		right.lower, right.upper = limits(f.ties(right.box, nd))
	}
}

// replaceLeaf puts the children in the place of a leaf.
func (f *frame[E]) replaceLeaf(nd, left, right *node) {
	at := slices.Index(f.leaves, nd)
	f.leaves[at] = left
	f.leaves = append(f.leaves, right)
}

// within checks the values of the children of a split of a bound column against the ties of the node: each child's own.
func (f *frame[E]) within(nd *node, sp *split, a, b float64) bool {
	if f.params.Method != Advanced || !f.methodical() {
		return a >= nd.lower && b >= nd.lower && a <= nd.upper && b <= nd.upper
	}
	j := int(sp.feature)
	threshold := f.thresholdOf(sp)
	fits := func(t tie, v float64) bool {
		if t.upper {
			return v <= t.value
		}
		return v >= t.value
	}
	for _, t := range nd.ties {
		o := t.leaf.box
		anyway := t.column == j || nd.box.Missing[j] && o.Missing[j]
		if (anyway || o.Low[j] < threshold) && !fits(t, a) || (anyway || o.High[j] > threshold) && !fits(t, b) {
			return false
		}
	}
	return true
}

// penalise turns the scores of the columns into gains, of which those of constrained columns count less near the root.
func (f *frame[E]) penalise(nd *node, columns []int32) {
	if f.params.MonotonePenalty == 0 || !slices.ContainsFunc(columns, f.bound) {
		return
	}
	base := 0.0
	switch {
	case f.criterion == Quantile && !f.params.Halve:
		base = -float64(nd.out.Impurity*nd.out.Weight) / 2
	case f.criterion.ordered():
		base = -float64(nd.out.Impurity * nd.out.Weight)
	case f.criterion != Hellinger:
		s := f.space()
		base = s.m.concentration(nd.stat)
		f.scratch.Put(s)
	}
	for _, j := range columns {
		f.found[j].score = float64(max(f.found[j].score-base, 0) * f.discount(nd, j))
	}
}

// discount is what the gain of a split of column j counts times: by LightGBM's rule nothing (but for epsilon) up to the depth of the penalty, then more and more.
func (f *frame[E]) discount(nd *node, j int32) float64 {
	p := f.params.MonotonePenalty
	if p == 0 || !f.bound(j) {
		return 1
	}
	if p >= float64(nd.depth+1) {
		return epsilon
	}
	if p <= 1 {
		return 1 - math.Ldexp(p, -nd.depth) + epsilon
	}
	return 1 - math.Ldexp(powOf(2, p-1), -nd.depth) + epsilon
}
