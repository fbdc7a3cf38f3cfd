package near

import (
	"cmp"
	"math"
	"slices"
)

// BKTree holds points by their distance from one of them, a branch for each distance that occurs: for distances that keep the triangle inequality and take few values,
// such as those that count edits (Burkhard and Keller, "Some approaches to best-match file searching", CACM 16, 1973). Where nearly all points are at one distance, a
// branch more would tell nothing apart, and they are a leaf.
type BKTree struct {
	ordered
	nodes []branches
}

// branches is a node: its first point is the one that distances are from, the others are its children's.
type branches struct {
	lo, hi      int32
	first, last int32   // its children; none: a leaf
	away        float64 // of all its points from its parent's first
}

// NewBKTree makes a tree; leaf 0 means 16 points. m must keep the triangle inequality.
func NewBKTree(p Points, m Measure, leaf int) *BKTree {
	leaf = max(cmp.Or(leaf, 16), 2)
	t := &BKTree{ordered: orderOf(p, m)}
	var others []place
	t.nodes = []branches{{hi: int32(p.N)}}
	for k := 0; k < len(t.nodes); k++ {
		lo, hi := t.nodes[k].lo, t.nodes[k].hi
		if int(hi-lo) <= leaf {
			continue
		}
		share := t.index[lo:hi]
		others = p.fromFirst(others, m, share)
		run, most := 0, 0
		for i := range others {
			if i > 0 && others[i].away != others[i-1].away {
				run = 0
			}
			run++
			most = max(most, run)
		}
		if !(others[len(others)-1].away <= math.MaxFloat64) || most > len(others)-len(others)/8 {
			continue
		}
		first := int32(len(t.nodes))
		for i, o := range others {
			share[1+i] = o.at
			if i == 0 || o.away != others[i-1].away {
				t.nodes = append(t.nodes, branches{lo: lo + 1 + int32(i), away: o.away})
			}
			t.nodes[len(t.nodes)-1].hi = lo + 2 + int32(i)
		}
		t.nodes[k].first, t.nodes[k].last = first, int32(len(t.nodes))
	}
	return t
}

// own is where the points end that are the node's, not its children's.
func (b *branches) own() int32 {
	if b.first == b.last {
		return b.hi
	}
	return b.lo + 1
}

// bound is below the distance of all points of a branch from the query, which is d from the one they are measured from.
func (b *branches) bound(d float64) float64 {
	return max(math.Abs(d-b.away)-slack*(d+b.away), 0)
}

// Nearest implements Index.
func (t *BKTree) Nearest(s *Search, q []float64, k int) []Neighbor {
	s.found = s.found[:0]
	if k = min(k, t.points.N); k == 0 {
		return nil
	}
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 {
		v := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		if v.bound > t.measure.distance(s.worst(k)) {
			continue
		}
		node := &t.nodes[v.node]
		d := t.measure.distance(t.offer(s, q, k, node.lo, node.own()))
		// From both ends, so that the branches whose distance is nearest to the query's come off first.
		for lo, hi := node.first, node.last; lo < hi; {
			a, b := t.nodes[lo].bound(d), t.nodes[hi-1].bound(d)
			if a >= b {
				s.stack = append(s.stack, visit{lo, a})
				lo++
			} else {
				hi--
				s.stack = append(s.stack, visit{hi, b})
			}
		}
	}
	finish(t.measure, s.found)
	return s.found
}

// Within implements Index.
func (t *BKTree) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 && t.points.N > 0 {
		node := &t.nodes[s.stack[len(s.stack)-1].node]
		s.stack = s.stack[:len(s.stack)-1]
		d := t.take(s, q, r, node.lo, node.own())
		for c := node.first; c < node.last; c++ {
			if !(t.nodes[c].bound(d) > r) {
				s.stack = append(s.stack, visit{c, 0})
			}
		}
	}
	slices.SortFunc(s.found, byIndex)
	return s.found
}
