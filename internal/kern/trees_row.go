package kern

import (
	"math"
	"unsafe"
)

// LowTrees finds the leaves of one row in trees of at most six levels, each filled up to 63 splits. As the columns of a row fit into a
// few registers, it answers all splits of a tree at once.
type LowTrees struct {
	columns int
	trees   []uint8 // of each tree: 64 columns, 64 bounds
	ways    []uint8 // out of three levels, for all answers; then eight times that
}

// lowLevels is the most levels of a tree.
const lowLevels = 6

// NewLowTrees makes an empty set of trees over so many columns, at most TreeColumns. It reports whether there is assembly for it.
func NewLowTrees(columns int) (*LowTrees, bool) {
	t := &LowTrees{columns: columns, ways: Aligned[uint8](256)}
	for said := range 128 {
		at := 1 // heap order
		for range 3 {
			at = 2*at + 1 - said>>(at-1)&1
		}
		t.ways[said], t.ways[128+said] = uint8(at-8), uint8(8*(at-8))
	}
	return t, treesPlanned()
}

// Add appends a tree, as Trees.Add has it, and returns the leaf at each of its 64 ends; or false if the tree has more than six levels.
func (t *LowTrees) Add(splits []TreeSplit) (ends [64]uint8, ok bool) {
	start := len(t.trees)
	t.trees = append(t.trees, make([]uint8, 128)...)
	tree := t.trees[start:]
	ok = true
	var fill func(at, level int, child int16)
	fill = func(at, level int, child int16) {
		switch {
		case level == lowLevels && child >= 0:
			ok = false
		case level == lowLevels:
			ends[at-64] = uint8(^child)
		case child < 0: // whichever way, it is the same leaf
			fill(2*at, level+1, child)
			fill(2*at+1, level+1, child)
		default:
			place := lowPlace(at, level)
			tree[place], tree[64+place] = splits[child].Column, splits[child].Bound
			fill(2*at, level+1, splits[child].Left)
			fill(2*at+1, level+1, splits[child].Right)
		}
	}
	root := int16(^0)
	if len(splits) > 0 {
		root = 0
	}
	fill(1, 0, root)
	if !ok {
		t.trees = t.trees[:start]
	}
	return ends, ok
}

// lowPlace is the bit of the answer of a split, given its place in heap order: bit 7 of bytes 0-6 for the three levels on top, bits 0-6
// of a byte for the three levels below each of their eight ways out.
func lowPlace(at, level int) int {
	if level < 3 {
		return 8*(at-1) + 7
	}
	below := level - 3
	way := at>>below - 8
	return 8*way + 1<<below - 1 + at&(1<<below-1)
}

// Len is the number of trees.
func (t *LowTrees) Len() int { return len(t.trees) / 128 }

// Ends writes the end that a row reaches in each tree to dst.
func (t *LowTrees) Ends(dst []uint8, row *[TreeColumns]uint8) {
	same("LowTrees.Ends", len(dst), t.Len())
	reads(row[:])
	writes(dst)
	for lo := 0; lo < len(dst); lo += sweep {
		t.run(lo, dst[lo:min(lo+sweep, len(dst))], row)
	}
}

// WalkTrees writes the leaf that a row reaches in each tree to dst. A node has its column in bits 0-7, the highest number that goes left in
// bits 8-15, and in bits 16-31 how far on the left child is, with the right one next to it. A leaf has its number for a column and
// leads to itself: its bound is 255. Levels are the most of each tree.
func WalkTrees(dst []uint8, nodes, roots []uint32, levels []int32, row *[TreeColumns]uint8) {
	const lanes = 8
	if len(roots) != len(dst) || len(levels) != len(dst) {
		mismatch("WalkTrees", len(dst), len(roots))
	}
	t := 0
	for ; walksFast && t+lanes <= len(dst); t += lanes {
		deepest := int32(1)
		for _, n := range levels[t : t+lanes] {
			deepest = max(deepest, n)
		}
		walkEight(dst[t:t+lanes], nodes, roots[t:t+lanes], int(deepest+3)/4, row)
	}
	for ; t < len(dst); t++ {
		i := roots[t]
		for range levels[t] {
			n := nodes[i]
			i += n>>16 + (uint32(uint8(n>>8))-uint32(row[uint8(n)]))>>31
		}
		dst[t] = uint8(nodes[i])
	}
}

// RowCuts finds the ranks of the numbers of one row among the cuts of some columns.
type RowCuts struct {
	ask     []int32 // of each column: its place in the row
	missing []uint8
	narrow  []float32 // of each column: 16 marks, every 16th cut, and 256 cuts
	wide    []float64
	isWide  bool
}

// NewRowCuts makes an empty set of columns. Numbers are rounded to float32 if narrow. It reports whether there is assembly for it.
func NewRowCuts(narrow bool) (*RowCuts, bool) { return &RowCuts{isWide: !narrow}, treesBinned() }

// Add appends a column: number at of the row among at most 255 cuts, ascending. NaN has the rank missing.
func (c *RowCuts) Add(at int32, cuts []float64, missing int) {
	if len(cuts) > mostCuts {
		mismatch("RowCuts.Add", mostCuts, len(cuts))
	}
	c.ask, c.missing = append(c.ask, at), append(c.missing, uint8(missing))
	if c.isWide {
		c.wide = marked(c.wide, cuts)
	} else {
		c.narrow = marked(c.narrow, cuts)
	}
}

func marked[T Float](dst []T, cuts []float64) []T {
	var all [mostCuts + 1]T
	for i := range all {
		if all[i] = T(math.NaN()); i < len(cuts) { // which nothing reaches
			all[i] = T(cuts[i])
		}
	}
	for i := 15; i < len(all); i += 16 {
		dst = append(dst, all[i])
	}
	return append(dst, all[:]...)
}

// Len is the number of columns.
func (c *RowCuts) Len() int { return len(c.ask) }

// Ranks writes the ranks to dst.
func (c *RowCuts) Ranks(dst []uint8, x []float64) {
	same("RowCuts.Ranks", len(dst), len(c.ask))
	if len(dst) == 0 {
		return
	}
	reads(x)
	writes(dst)
	c.ranks(dst, unsafe.SliceData(x))
}
