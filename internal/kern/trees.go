package kern

import "unsafe"

// Decision trees over columns of small whole numbers, for blocks of rows. All rows answer every split of a tree, a vector of rows at a time.
// That wants no branch and no gather, and costs the same for any shape of tree.
//
// A block has TreeRows rows, in groups of TreeGroup. Column c of a block is its bytes c*TreeRows and on, each a number less 128; within a
// group the byte of row r is at place TreeByte(r), which is what the interleaving of bytes to numbers in TreeAdd asks for.

const (
	TreeRows    = 256 // rows of a block
	TreeGroup   = 64  // rows that belong together
	TreeLeaves  = 256 // the most leaves of a tree
	TreeColumns = 256 // the most columns of a block
)

// TreeSplit is one split of a tree. A row goes left whose number in the column is at most Bound, which is below 255. Left and Right are the
// places of the splits that follow, or ^l for leaf l.
type TreeSplit struct {
	Column, Bound uint8
	Left, Right   int16
}

// Trees are trees in the form that the kernels of this level run.
type Trees struct {
	planned bool // as programs for VBMI
	splits  []uint64
	program []uint8
	heads   []treeHead
}

// treeHead is where a tree lies, and how many of each part it has.
type treeHead struct {
	start, end       int
	few, many, upper int
}

// TreeScratch is memory for one block under way.
type TreeScratch struct {
	reach []uint64 // who reaches each split: a bit for each row, with AVX2 a byte for each row of a group
	parts []uint8  // the leaves that each part of a tree leads to
	dst   []uint8
}

// NewTreeScratch makes room for any tree.
func NewTreeScratch() *TreeScratch {
	s := &TreeScratch{dst: Aligned[uint8](TreeRows)}
	if treesPlanned() {
		s.parts = Aligned[uint8](treeParts * TreeRows)
	} else {
		s.reach = Aligned[uint64](TreeLeaves * TreeGroup / 8)
	}
	return s
}

// Aligned returns n elements that begin where a cache line does.
func Aligned[E int8 | uint8 | int64 | uint64 | float32 | float64](n int) []E {
	var e E
	size := int(unsafe.Sizeof(e))
	x := make([]E, n+64/size)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(x)))&63) / size
	return x[skip : skip+n : skip+n]
}

// TreesFast reports whether there is assembly for Pass at this level. Without it, walking from split to split is faster.
func TreesFast() bool { return treesFast() }

// NewTrees makes an empty set of trees.
func NewTrees() *Trees { return &Trees{planned: treesPlanned()} }

// Add appends a tree: its root is the first split, and every split lies after the one above it. Leaves are numbered from 0 on, from left to
// right. A tree without splits is its leaf 0.
func (t *Trees) Add(splits []TreeSplit) {
	if len(splits) >= TreeLeaves {
		mismatch("Trees.Add: splits", TreeLeaves-1, len(splits))
	}
	if t.planned {
		t.plan(splits)
		return
	}
	t.flatten(splits)
}

// TreeByte is the place of row r of a group, and the row of place r.
func TreeByte(r int) int { return r>>2&12 | r&12<<2 | r&3 }

// TreeSum is the place of row r of a group among sums.
func TreeSum[T Float](r int) int {
	if single[T]() {
		return r
	}
	return r&^15 | r&2<<2 | r&12>>1 | r&1
}

// Pass returns the leaf of tree i that each of rows reaches, TreeGroup or TreeRows of them; it is good until the next call with s. Bins are
// the columns of the block, from the first row on.
func (t *Trees) Pass(i, rows int, bins []int8, s *TreeScratch) []uint8 {
	if rows != TreeGroup && rows != TreeRows {
		mismatch("Trees.Pass: rows", TreeRows, rows)
	}
	h := &t.heads[i]
	if h.start == h.end {
		clear(s.dst)
		return s.dst[:rows]
	}
	reads(bins)
	return t.pass(h, rows, bins, s)
}

// TreeTable returns the values of the leaves of one tree in the form in which TreeAdd looks them up at this level.
func TreeTable[T Float](values []T) []T {
	n := TreeGroup
	for n < len(values) {
		n *= 2
	}
	table := Aligned[T](n)
	copy(table, values)
	treeTable(table)
	return table
}

// TreeAdd adds to each sum the value of the row's leaf, as Pass returned it. Leaves are whole groups; the sum of row r of a group is at
// place TreeSum(r). Every sum is one addition, at every level.
func TreeAdd[T Float](sums []T, leaves []uint8, table []T) {
	if len(sums) != len(leaves) || len(leaves)%TreeGroup != 0 {
		mismatch("TreeAdd: sums and leaves", len(sums), len(leaves))
	}
	if len(leaves) == 0 {
		return
	}
	reads(leaves)
	reads(table)
	writes(sums)
	treeAdd(sums, leaves, table)
}
