package histgrow

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/leafbox"
)

// span is what values may be.
type span struct{ lower, upper float64 }

var anywhere = span{math.Inf(-1), math.Inf(1)}

// free reports whether there are no bounds.
func (s *span) free() bool { return *s == anywhere }

// clip is the number in the span that is nearest to v.
func (s *span) clip(v float64) float64 { return min(max(v, s.lower), s.upper) }

// within narrows the span by a value that is the most or the least that is allowed.
func (s *span) within(v float64, upper bool) {
	if upper {
		s.upper = min(s.upper, v)
	} else {
		s.lower = max(s.lower, v)
	}
}

// tie is a bound that another leaf sets.
type tie struct {
	box    *leafbox.Box // of that leaf
	column int          // in which the two are apart
	value  float64      // of that leaf
	upper  bool         // it is the most that is allowed, else the least
}

// constrained reports whether the order of a column counts.
func (g *Grower) constrained(j int) bool {
	return g.cfg.Monotone != nil && g.cfg.Monotone[j] != 0 && !g.b.Columns[j].IsCategory
}

// methodical reports whether leaves are bounded by each other.
func (g *Grower) methodical() bool {
	return g.cfg.Method != leafbox.Basic && !g.plain && g.cfg.Monotone != nil
}

// tieOf is the bound that leaf o sets to a box; false: none.
func (g *Grower) tieOf(b *leafbox.Box, o *node) (tie, bool) {
	c, above := b.Beside(o.box, g.constrained)
	if c < 0 {
		return tie{}, false
	}
	return tie{o.box, c, o.value, above == (g.cfg.Monotone[c] > 0)}, true
}

// bind bounds a node by the leaves it can be compared with, but for one of them.
func (g *Grower) bind(nd, but *node) {
	nd.ties, nd.span = nd.ties[:0], anywhere
	for _, o := range g.leaves {
		if o == nd || o == but {
			continue
		}
		if t, tied := g.tieOf(nd.box, o); tied {
			nd.ties = append(nd.ties, t)
			nd.within(t.value, t.upper)
		}
	}
}

// bindChildren gives the children of a node that is divided their boxes and their bounds, which hold for all below them.
func (g *Grower) bindChildren(nd *node) {
	c, left, right := &nd.best, nd.left, nd.right
	for _, child := range []*node{left, right} {
		if c.category {
			child.box = nd.box.Sort(int(c.feature), g.b.Columns[c.feature].codesOf(c.set), false, child == left)
		} else {
			child.box = nd.box.Cut(int(c.feature), g.thresholdOf(c), c.missingLeft, child == left)
		}
	}
	for _, child := range []*node{left, right} {
		other := left
		if child == left {
			other = right
		}
		g.bind(child, nd)
		if t, tied := g.tieOf(child.box, other); tied {
			child.ties = append(child.ties, t)
			child.within(t.value, t.upper)
		}
	}
}

// thresholdOf is the number up to which a split sends left.
func (g *Grower) thresholdOf(c *candidate) float64 {
	if g.b.exact != nil {
		return c.threshold
	}
	return g.b.Columns[c.feature].Threshold(int(c.bin))
}

// rebind puts the children of a node in its place, and searches again the leaves that were tied to it, whose bounds are others now. One that had no split before is left alone.
func (g *Grower) rebind(nd *node) {
	g.leaves[slices.Index(g.leaves, nd)] = nd.left
	g.leaves = append(g.leaves, nd.right)
	open := slices.Clone(g.open)
	g.open = g.open[:0]
	for _, o := range open {
		if c, _ := o.box.Beside(nd.box, g.constrained); c >= 0 {
			g.bind(o, nil)
			g.search(o)
			if o.best.feature < 0 {
				g.hists.put(o.hist)
				o.hist = nil
				continue
			}
		}
		g.push(o)
	}
}

// settle bounds leaves by the middle between their values and those of the leaves they can be compared with, so that values which are computed again stay in order.
func (g *Grower) settle() {
	for i, nd := range g.leaves {
		if i == 0 {
			for _, o := range g.leaves {
				o.span = anywhere
			}
		}
		for _, o := range g.leaves[:i] {
			t, tied := g.tieOf(nd.box, o)
			if !tied {
				continue
			}
			middle := float64(nd.value/2) + float64(o.value/2)
			nd.within(middle, t.upper)
			o.within(middle, !t.upper)
		}
	}
}

// bounds are what binds the children of splits of one column of a node.
type bounds struct {
	both span  // whatever the threshold
	some []tie // those that bind a child by where the threshold is
	j    int
}

// boundsOf are those of column j.
func (g *Grower) boundsOf(nd *node, j int) bounds {
	if g.cfg.Method != leafbox.Advanced || g.b.Columns[j].IsCategory {
		return bounds{both: nd.span}
	}
	b := bounds{both: anywhere, j: j}
	for _, t := range nd.ties {
		if t.column == j || nd.box.Missing[j] && t.box.Missing[j] {
			b.both.within(t.value, t.upper)
		} else {
			b.some = append(b.some, t)
		}
	}
	return b
}

// at are the bounds of the left and the right child by a threshold.
func (b *bounds) at(threshold float64) (left, right span) {
	left, right = b.both, b.both
	for i := range b.some {
		t := &b.some[i]
		if t.box.Low[b.j] < threshold {
			left.within(t.value, t.upper)
		}
		if t.box.High[b.j] > threshold {
			right.within(t.value, t.upper)
		}
	}
	return left, right
}
