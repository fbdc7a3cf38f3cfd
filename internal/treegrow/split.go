package treegrow

import "math"

// split is a way to divide a node.
type split struct {
	found       bool
	score       float64
	feature     int32
	cut         uint64   // ranks below it go left
	set         []uint64 // of a categorical column: bit r%64 of word r/64 says that rank r goes left
	missingLeft bool
	before      int32 // rows with the numbers on either side of the cut, or one of the constants below
	after       int32 //
	binned      bool  // the cut lies between the bins low and cut
	low         int   //
	stands      []stand
	drawn       bool    // threshold was drawn at random
	threshold   float64 //
	middle      float64 // for constraints: halfway between the values of the children
}

const (
	zeroRow = -1 // the zeros of a sparse column
	noRow   = -2 // nothing but missing values is on that side
)

// left says where the numbers of a rank go.
func (s *split) left(rank uint64) bool {
	if s.set != nil {
		return rank>>6 < uint64(len(s.set)) && s.set[rank>>6]>>(rank&63)&1 != 0
	}
	return rank < s.cut
}

// better keeps the better of two splits; of equals the one that is there already.
func (s *split) better(o *split) {
	if o.found && (!s.found || o.score > s.score) {
		*s = *o
	}
}

// middleOf is a number that divides a and b, a < b.
func middleOf(a, b float64) float64 {
	m := a/2 + b/2
	if m >= b || m < a { // neighbours, or so small that halves are rounded
		return a
	}
	return m
}

// describe completes the inner node for a split: rule and threshold as a model stores them. heavier says that the left child weighs more.
func (f *frame[E]) describe(out *Node, s *split, nd *node, heavierLeft bool) {
	c := &f.cols[s.feature]
	out.Feature, out.MissingLeft = int(s.feature), s.missingLeft
	for _, stand := range s.stands {
		out.Surrogates = append(out.Surrogates, stand.Surrogate)
	}
	if !f.params.PresentOnly && !f.anyMissing(nd, s.feature) {
		out.MissingLeft = heavierLeft && !c.categorical
	}
	if c.categorical {
		out.Set = f.codes(c, s.set)
		return
	}
	out.Threshold = f.thresholdOf(s)
}

// thresholdOf is the number up to which rows go left in a split of numbers.
func (f *frame[E]) thresholdOf(s *split) float64 {
	switch {
	case s.drawn:
		return s.threshold
	case s.after == noRow:
		return math.MaxFloat64
	case s.binned:
		return f.columns.bins[s.feature].threshold(s.low, int(s.cut))
	case f.columns.bins != nil:
		b := f.columns.bins[s.feature]
		return b.threshold(int(b.code[f.kept[f.data[s.before]]]), int(b.code[f.kept[f.data[s.after]]]))
	}
	return middleOf(f.number0(s.before, s.feature), f.number0(s.after, s.feature))
}

// number0 is the number of a local row in a column.
func (f *frame[E]) number0(row, feature int32) float64 {
	if row == zeroRow {
		return 0
	}
	return f.columns.at(f.kept[f.data[row]], int(feature))
}

// codes turns a set of ranks into one of codes.
func (f *frame[E]) codes(c *frameColumn[E], ranks []uint64) []uint32 {
	var set []uint32
	for i, word := range ranks {
		for b := range 64 {
			if word>>b&1 == 0 {
				continue
			}
			code := c.code(uint64(i*64 + b))
			for int(code>>5) >= len(set) {
				set = append(set, 0)
			}
			set[code>>5] |= 1 << (code & 31)
		}
	}
	return set
}
