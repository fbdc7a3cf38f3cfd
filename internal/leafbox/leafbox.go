// Package leafbox tells which leaves of a tree under way monotone constraints compare: each leaf holds the rows of a box, and two leaves can be compared if a row
// can come from one to the other by a change of one column alone.
package leafbox

import (
	"math"
	"slices"
)

// Method says what bounds the values of leaves under constraints.
type Method uint8

// The methods. Basic bounds the children of a split, and all below them, by the middle of their values. The others bound a leaf by the values of those
// leaves that it can be compared with: Intermediate both children of a split by all that their parent can be compared with, Advanced each child by its own.
const (
	Basic Method = iota
	Intermediate
	Advanced
)

// Box holds the rows that can reach a node: in each column numbers above Low and at most High, categories, and maybe the missing.
type Box struct {
	Low, High []float64
	Missing   []bool
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

// Whole is the box of the root.
func Whole(columns int) *Box {
	return &Box{Low: slices.Repeat([]float64{math.Inf(-1)}, columns), High: slices.Repeat([]float64{math.Inf(1)}, columns),
		Missing: slices.Repeat([]bool{true}, columns), codes: make([]codeSet, columns)}
}

// Cut is the box of the left or the right child of a split of column j at a threshold, up to which numbers go left.
func (b *Box) Cut(j int, threshold float64, missingLeft, left bool) *Box {
	c := b.part(j, missingLeft, left)
	if left {
		c.High[j] = min(b.High[j], threshold)
	} else {
		c.Low[j] = max(b.Low[j], threshold)
	}
	return c
}

// Sort is the box of the left or the right child of a split of column j by a set of codes, which go left.
func (b *Box) Sort(j int, set []uint32, missingLeft, left bool) *Box {
	c := b.part(j, missingLeft, left)
	c.codes = slices.Clone(b.codes)
	c.codes[j] = b.codes[j].within(set, left)
	return c
}

func (b *Box) part(j int, missingLeft, left bool) *Box {
	c := &Box{slices.Clone(b.Low), slices.Clone(b.High), slices.Clone(b.Missing), b.codes}
	c.Missing[j] = b.Missing[j] && missingLeft == left
	return c
}

// meets reports whether a row of each box can hold the same in column j.
func (b *Box) meets(o *Box, j int) bool {
	return b.Missing[j] && o.Missing[j] || max(b.Low[j], o.Low[j]) < min(b.High[j], o.High[j]) && b.codes[j].meets(o.codes[j])
}

// Apart returns the only column in which two boxes do not meet, -1 if there is another number of them.
func (b *Box) Apart(o *Box) int {
	at := -1
	for j := range b.Low {
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

// Beside reports whether constraints compare two boxes: in which column (-1: they do not), and whether the other one holds the larger numbers there. Bound tells the columns that are constrained.
func (b *Box) Beside(o *Box, bound func(column int) bool) (column int, above bool) {
	c := b.Apart(o)
	if c < 0 || !bound(c) || b.Low[c] >= b.High[c] || o.Low[c] >= o.High[c] {
		return -1, false
	}
	return c, o.Low[c] >= b.High[c]
}
