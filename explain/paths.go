package explain

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// An edge leads from a split to one of its children. The edges of a tree lie in the order of a walk from the root: an edge, then the subtree below
// it, and the edge to the left child before that to the right one.
type edge struct {
	split   int32   // the parent, among all nodes of the ensemble
	child   int32   // likewise
	feature int32   // the column that the split asks
	slot    int32   // its place among the columns of the path, in the order of their first splits
	next    int32   // the first edge behind the subtree
	above   int32   // the last edge of the path on the same column; -1 if this is the first
	right   bool    // whether rows go here that do not pass
	leaf    bool    // whether the child is a leaf
	cover   float64 // the child's share of the split's cover
	share   float64 // the product of the covers on this column from the root down to here
}

// path is the edges of one tree.
type path struct {
	edges   []edge
	columns int // the most columns that a path asks
	depth   int // edges on the longest path
}

// The walk holds a few numbers for each row, level and pair of columns of a path.
const (
	maxDepth   = 4096
	maxColumns = 1024
)

// pathsOf lists the edges of tree t.
func pathsOf(e *tree.Ensemble, t int) *path {
	p := &path{}
	root := int(e.Start[t])
	type column struct {
		feature int32
		edge    int32
	}
	var open []column
	var visit func(node, depth int)
	visit = func(node, depth int) {
		if e.Feature[node] < 0 {
			return
		}
		slot := 0
		for slot < len(open) && open[slot].feature != e.Feature[node] {
			slot++
		}
		fresh := slot == len(open)
		if fresh {
			open = append(open, column{e.Feature[node], -1})
		}
		above := open[slot].edge
		p.columns, p.depth = max(p.columns, len(open)), max(p.depth, depth+1)
		for side, child := range [2]int{root + int(e.Left[node]), root + int(e.Right[node])} {
			at := len(p.edges)
			d := edge{split: int32(node), child: int32(child), feature: e.Feature[node], slot: int32(slot), above: above,
				right: side == 1, leaf: e.Feature[child] < 0, cover: coverShare(e, root, node, child)}
			d.share = d.cover
			if above >= 0 {
				d.share *= p.edges[above].share
			}
			p.edges = append(p.edges, d)
			open[slot].edge = int32(at)
			visit(child, depth+1)
			p.edges[at].next = int32(len(p.edges))
		}
		open[slot].edge = above
		if fresh {
			open = open[:slot]
		}
	}
	visit(root, 0)
	return p
}

// coverShare is the share of the cover of a split that a child has: a half where nothing is known, as where no row came by.
func coverShare(e *tree.Ensemble, root, node, child int) float64 {
	if e.Cover == nil {
		return 0.5
	}
	if e.Cover[node] > 0 {
		return e.Cover[child] / e.Cover[node]
	}
	return 0.5
}

// checkDepth refuses trees that no method here can walk in reasonable memory.
func checkDepth(where string, e *tree.Ensemble) error {
	for t := range e.Trees() {
		if d := e.Depth(t); d > maxDepth {
			return &ml.Error{Where: where, Field: fmt.Sprintf("tree %d", t), Found: fmt.Sprintf("%d levels deep", d), Want: fmt.Sprintf("at most %d", maxDepth), Kind: ml.ErrConfig}
		}
	}
	return nil
}
