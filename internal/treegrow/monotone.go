package treegrow

import (
	"math"
	"slices"
)

// MonotoneMethod says what bounds the values of leaves under constraints.
type MonotoneMethod uint8

// The methods. Basic bounds the children of a split, and all below them, by the middle of their values. The others bound a leaf by the values of those
// leaves that it can be compared with: Intermediate both children of a split by all that their parent can be compared with, Advanced each child by its own.
const (
	Basic MonotoneMethod = iota
	Intermediate
	Advanced
)

// box holds the rows that can reach a node: in each column numbers above low and at most high, categories, and maybe the missing.
type box struct {
	low, high []float64
	missing   []bool
	codes     []codeSet
}

// codeSet is a set of codes: bit c%32 of word c/32, and beyond the words all or none; the zero value holds all.
type codeSet struct {
	words []uint32
	short bool // none beyond the words
}

func (s codeSet) word(i int) uint32 {
	if i < len(s.words) {
		return s.words[i]
	}
	if s.short {
		return 0
	}
	return math.MaxUint32
}

// within keeps the codes that are in the set, or those that are not.
func (s codeSet) within(set []uint32, in bool) codeSet {
	out := codeSet{make([]uint32, max(len(s.words), len(set))), s.short || in}
	for i := range out.words {
		goes := uint32(0)
		if i < len(set) {
			goes = set[i]
		}
		if !in {
			goes = ^goes
		}
		out.words[i] = s.word(i) & goes
	}
	return out
}

func (s codeSet) meets(o codeSet) bool {
	for i := range max(len(s.words), len(o.words)) {
		if s.word(i)&o.word(i) != 0 {
			return true
		}
	}
	return !s.short && !o.short
}

// wholeBox is the box of the root.
func wholeBox(columns int) *box {
	return &box{low: slices.Repeat([]float64{math.Inf(-1)}, columns), high: slices.Repeat([]float64{math.Inf(1)}, columns),
		missing: slices.Repeat([]bool{true}, columns), codes: make([]codeSet, columns)}
}

// child is the box of a child of an inner node.
func (b *box) child(out *Node, left bool) *box {
	j := out.Feature
	c := &box{slices.Clone(b.low), slices.Clone(b.high), slices.Clone(b.missing), b.codes}
	c.missing[j] = b.missing[j] && out.MissingLeft == left
	switch {
	case out.Set != nil:
		c.codes = slices.Clone(b.codes)
		c.codes[j] = b.codes[j].within(out.Set, left)
	case left:
		c.high[j] = min(b.high[j], out.Threshold)
	default:
		c.low[j] = max(b.low[j], out.Threshold)
	}
	return c
}

// meets reports whether a row of each box can hold the same in column j.
func (b *box) meets(o *box, j int) bool {
	return b.missing[j] && o.missing[j] || max(b.low[j], o.low[j]) < min(b.high[j], o.high[j]) && b.codes[j].meets(o.codes[j])
}

// apart returns the only column in which two boxes do not meet, -1 if there is another number of them.
func (b *box) apart(o *box) int {
	at := -1
	for j := range b.low {
		if b.meets(o, j) {
			continue
		}
		if at >= 0 {
			return -1
		}
		at = j
	}
	return at
}

// tie is a bound that another leaf sets.
type tie struct {
	leaf   *node
	column int     // in which they are apart
	value  float64 // of that leaf
	upper  bool    // it is the most that is allowed, else the least
}

// ties lists the leaves that a box can be compared with.
func (f *frame[E]) ties(b *box, self *node) []tie {
	var out []tie
	for _, o := range f.leaves {
		if o == self {
			continue
		}
		c := b.apart(o.box)
		if c < 0 || !f.bound(int32(c)) || b.low[c] >= b.high[c] || o.box.low[c] >= o.box.high[c] {
			continue
		}
		above := o.box.low[c] >= b.high[c]
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
	left.box, right.box = nd.box.child(&nd.out, true), nd.box.child(&nd.out, false)
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
		anyway := t.column == j || nd.box.missing[j] && o.missing[j]
		if (anyway || o.low[j] < threshold) && !fits(t, a) || (anyway || o.high[j] > threshold) && !fits(t, b) {
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
