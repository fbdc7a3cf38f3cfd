package histgrow

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// Node is a node of a tree. Children stand after their parents.
type Node struct {
	Feature     int32    // the column a split asks; -1 for a leaf
	Bin         int32    // numeric: rows of this bin and those before go left
	Threshold   float64  // numeric: numbers up to it go left
	MissingLeft bool     // where the missing go: learned, or, if the column had none, where 0 goes. Of categories: right
	Category    bool     // whether the split asks for categories
	Set         []uint32 // the categories that go left: bit c%32 of word c/32
	Left, Right int32
	Gain        float64 // of the split
	Value       float64 // of a leaf; of an inner node what it would be
	Hessian     float64 // sum of second derivatives
	Count       int     // rows
	bins        [4]uint64
	lo, hi      int
}

// Tree is what Grow gives.
type Tree struct {
	Nodes []Node
	g     *Grower
	leaf  []*node
}

func (t *Tree) begin(g *Grower, root *node) {
	t.g, t.Nodes, t.leaf = g, t.Nodes[:0], t.leaf[:0]
	t.add(root)
}

func (t *Tree) add(nd *node) int32 {
	nd.id = len(t.Nodes)
	t.Nodes = append(t.Nodes, Node{Feature: -1, Value: nd.value, Hessian: t.g.units.hessOf(nd.hess), Count: nd.count(), lo: nd.lo, hi: nd.hi})
	t.leaf = append(t.leaf, nd)
	return int32(nd.id)
}

// split makes a leaf an inner node.
func (t *Tree) split(nd *node) {
	left, right := t.add(nd.left), t.add(nd.right)
	n, c := &t.Nodes[nd.id], &nd.best
	column := &t.g.b.Columns[c.feature]
	n.Feature, n.Left, n.Right, n.Gain, n.Category = c.feature, left, right, c.gain, c.category
	if c.category {
		n.bins, n.Set = c.set, column.codesOf(c.set)
		return
	}
	n.Bin, n.Threshold, n.MissingLeft = c.bin, c.threshold, c.missingLeft
	if t.g.b.exact == nil {
		n.Threshold = column.Threshold(int(c.bin))
	}
}

// finish computes leaf values again where the whole numbers were coarse.
func (t *Tree) finish() {
	g := t.g
	if g.units.form != packed {
		return
	}
	if g.methodical() {
		g.settle()
	}
	gu, hu := unit(g.units.grad*(1<<packedGrad), exactBits), unit(g.units.hess*(1<<packedHess), exactBits)
	gs, hs := 1/gu, 1/hu
	leaves := t.leaves()
	blocks := t.blocks(len(leaves))
	sums := slices.Grow(g.sums[:0], blocks*len(leaves))[:blocks*len(leaves)]
	g.sums = sums
	g.each(blocks, func(b int) {
		for k, i := range leaves {
			var s leafSum
			for _, r := range t.within(int(i), b, blocks) {
				s.grad += int64(float64(g.grad[r]) * gs)
				s.hess += int64(float64(g.hess[r]) * hs)
			}
			sums[b*len(leaves)+k] = s
		}
	})
	for k, i := range leaves {
		var s leafSum
		for b := range blocks {
			s.grad += sums[b*len(leaves)+k].grad
			s.hess += sums[b*len(leaves)+k].hess
		}
		t.renew(&t.Nodes[i], t.leaf[i], float64(s.grad)*gu, float64(s.hess)*hu)
	}
}

// exactBits of a derivative leave room for the sum of 2^31 of them, and are more than a float32 has if it is not much smaller than the largest one.
const exactBits = 32

// leafSum is what the derivatives of a leaf's rows add up to.
type leafSum struct{ grad, hess int64 }

func (t *Tree) renew(n *Node, nd *node, grad, hess float64) {
	n.Hessian = hess
	within := &nd.span
	if nd.depth == 0 {
		within = nil
	}
	n.Value = t.g.output(grad, hess, int64(n.Count), nd.l2, nd.parent, within)
}

// The rows of all leaves are looked at block by block: those of one leaf alone are far from each other, and bring much to a cache that other leaves need later.
const (
	leafRows = 1 << 14 // rows of a block at least
	leafPart = 64      // and on average in each leaf
)

// leaves are the nodes that are leaves.
func (t *Tree) leaves() []int32 {
	var out []int32
	for i := range t.Nodes {
		if t.Nodes[i].Feature < 0 {
			out = append(out, int32(i))
		}
	}
	return out
}

// blocks is into how many blocks all rows of the data are cut for so many leaves.
func (t *Tree) blocks(leaves int) int {
	return par.Chunks(t.g.b.Rows, max(leafRows, leafPart*leaves))
}

// within are those of the rows of a leaf that are in a block.
func (t *Tree) within(leaf, b, blocks int) []int32 {
	rows := t.RowsOf(leaf)
	lo, hi := par.Bounds(t.g.b.Rows, blocks, b)
	from, _ := slices.BinarySearch(rows, int32(lo))
	to, _ := slices.BinarySearch(rows[from:], int32(hi))
	return rows[from : from+to]
}

// Leaves is the number of leaves.
func (t *Tree) Leaves() int { return (len(t.Nodes) + 1) / 2 }

// RowsOf are the rows, among those the tree was grown on, that reach node i, a leaf, rising. They must not be written to.
func (t *Tree) RowsOf(i int) []int32 { return t.g.rows[t.Nodes[i].lo:t.Nodes[i].hi] }

// Scale multiplies all values by f.
func (t *Tree) Scale(f float64) {
	for i := range t.Nodes {
		t.Nodes[i].Value *= f
	}
}

// AddGrown adds the value of the leaf that each row r of those the tree was grown on reaches to scores[r].
func (t *Tree) AddGrown(scores []float64) {
	leaves := t.leaves()
	blocks := t.blocks(len(leaves))
	par.ForChunks(blocks, 1, func(b, _, _ int) {
		for _, i := range leaves {
			v := t.Nodes[i].Value
			for _, r := range t.within(int(i), b, blocks) {
				scores[r] += v
			}
		}
	})
}

// Leaf is the leaf of t that row i reaches. t must have been grown on b.
func (b *Binned) Leaf(t *Tree, i int) int {
	at := int32(0)
	for {
		n := &t.Nodes[at]
		if n.Feature < 0 {
			return int(at)
		}
		if b.exact != nil {
			c := candidate{threshold: n.Threshold, missingLeft: n.MissingLeft}
			if at = n.Right; c.passes(b.exact.values[int(n.Feature)*b.Rows+i]) {
				at = n.Left
			}
			continue
		}
		bin, column := b.bin(n.Feature, i), &b.Columns[n.Feature]
		left := bin <= int(n.Bin)
		switch {
		case n.Category:
			left = n.bins[bin>>6]>>(bin&63)&1 != 0
		case column.Missing && bin == column.Bins-1:
			left = n.MissingLeft
		}
		at = n.Right
		if left {
			at = n.Left
		}
	}
}

// Add adds the value of the leaf of t that each of the rows given reaches, nil: all rows, to scores[r].
func (b *Binned) Add(t *Tree, scores []float64, rows []int32) {
	n := b.Rows
	if rows != nil {
		n = len(rows)
	}
	par.For(n, 40, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r := rowAt(rows, i)
			scores[r] += t.Nodes[b.Leaf(t, r)].Value
		}
	})
}
