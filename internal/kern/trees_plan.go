package kern

import (
	"encoding/binary"
	"slices"
)

// The form of AVX-512 with VBMI. A tree is cut into parts of at most seven splits that hang together. A row's answers to the splits of a part
// are the bits of a number, and a table of 128 bytes says where that leads: to a leaf, or to another part, which stands there by its first leaf
// and whose own result then takes the place. Parts without others below them come first, those of at most four splits before.

const (
	fewSplits  = 4
	manySplits = 7
	treeParts  = (TreeLeaves-1)/3 + 3 // the most parts: one that is cut off has at least three splits
)

// treePart is a part under construction.
type treePart struct {
	splits []int16 // of the tree, the top first
	below  []int16 // the tops of the parts below
}

// plan appends the program of a tree.
func (t *Trees) plan(splits []TreeSplit) {
	start := len(t.program)
	head := treeHead{start: start}
	if len(splits) > 0 {
		p := planner{trees: t, splits: splits}
		head.few, head.many, head.upper = p.write(p.cut())
	}
	head.end = len(t.program)
	t.heads = append(t.heads, head)
}

type planner struct {
	trees  *Trees
	splits []TreeSplit
	size   [TreeLeaves]int   // of each split: how many of its part are at or below it
	first  [TreeLeaves]uint8 // the first leaf below
	top    [TreeLeaves]bool  // whether a part begins here
	place  [TreeLeaves]int   // of a top: the number of its part
	next   int               // the number of the next part
}

// cut goes from the leaves to the root and cuts the greater part below off where two and a split would be too many. It returns the parts, those
// below before those above.
func (p *planner) cut() []treePart {
	for i := len(p.splits) - 1; i >= 0; i-- {
		s := p.splits[i]
		left, right := p.below(s.Left), p.below(s.Right)
		if s.Left < 0 {
			p.first[i] = uint8(^s.Left)
		} else {
			p.first[i] = p.first[s.Left]
		}
		for left+right >= manySplits {
			if left >= right {
				p.top[s.Left], left = true, 0
			} else {
				p.top[s.Right], right = true, 0
			}
		}
		p.size[i] = left + right + 1
	}
	p.top[0] = true
	var parts []treePart
	for i := len(p.splits) - 1; i >= 0; i-- {
		if p.top[i] {
			part := treePart{}
			p.collect(&part, int16(i))
			parts = append(parts, part)
		}
	}
	return parts
}

func (p *planner) below(child int16) int {
	if child < 0 {
		return 0
	}
	return p.size[child]
}

// write writes the parts and tells how many there are of each kind.
func (p *planner) write(parts []treePart) (few, many, upper int) {
	for _, part := range parts {
		if len(part.below) == 0 && len(part.splits) <= fewSplits {
			p.part(part, fewSplits)
			few++
		}
	}
	for _, part := range parts {
		if len(part.below) == 0 && len(part.splits) > fewSplits {
			p.part(part, manySplits)
			many++
		}
	}
	for _, part := range parts {
		if len(part.below) > 0 {
			p.part(part, manySplits)
			upper++
		}
	}
	return few, many, upper
}

func (p *planner) collect(part *treePart, i int16) {
	part.splits = append(part.splits, i)
	for _, child := range [2]int16{p.splits[i].Left, p.splits[i].Right} {
		switch {
		case child < 0:
		case p.top[child]:
			part.below = append(part.below, child)
		default:
			p.collect(part, child)
		}
	}
}

// part writes one part with room for so many splits.
func (p *planner) part(part treePart, room int) {
	out := p.trees.program
	for k := range room {
		s := TreeSplit{} // any answer will do
		if k < len(part.splits) {
			s = p.splits[part.splits[k]]
		}
		out = append(out, (s.Bound+1)^0x80, 0)
		out = binary.LittleEndian.AppendUint16(out, uint16(s.Column)*TreeRows)
	}
	if room == manySplits {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(part.below)))
	}
	var table [1 << manySplits]uint8
	p.table(&table, part.splits)
	out = append(out, table[:1<<room]...)
	for _, top := range part.below {
		out = append(out, p.first[top], 0)
		out = binary.LittleEndian.AppendUint16(out, uint16(p.place[top])*TreeRows)
	}
	p.place[part.splits[0]] = p.next
	p.next++
	p.trees.program = out
}

// table fills in where each combination of answers leads: bit k is set if split k sends left.
func (p *planner) table(table *[1 << manySplits]uint8, splits []int16) {
	p.exits(splits, func(child int16, fixed, answers uint8) {
		leaf := uint8(^child)
		if child >= 0 {
			leaf = p.first[child]
		}
		each(table, fixed, answers, leaf)
	})
}

// exits visits what lies below a part, from left to right: a split or ^leaf, and which answers of those that count lead there.
func (p *planner) exits(splits []int16, visit func(child int16, fixed, answers uint8)) {
	var walk func(child int16, fixed, answers uint8)
	walk = func(child int16, fixed, answers uint8) {
		k := -1
		if child >= 0 {
			k = slices.Index(splits, child)
		}
		if k < 0 {
			visit(child, fixed, answers)
			return
		}
		walk(p.splits[child].Left, fixed|1<<k, answers|1<<k)
		walk(p.splits[child].Right, fixed|1<<k, answers)
	}
	walk(splits[0], 0, 0)
}

// each sets the entries for all answers that agree with these where they are fixed.
func each(table *[1 << manySplits]uint8, fixed, answers, entry uint8) {
	free := ^fixed & (1<<manySplits - 1)
	for s := free; ; s = (s - 1) & free { // every subset of the other bits
		table[answers|s] = entry
		if s == 0 {
			return
		}
	}
}
