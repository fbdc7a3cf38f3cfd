package near

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// KDTree halves the points at the median of the coordinate that spreads most, down to leaves of a few, and keeps each node's box (Friedman, Bentley and Finkel, "An
// algorithm for finding best matches in logarithmic expected time", ACM TOMS 3, 1977). It is for few coordinates: beyond ten or so brute force is faster.
type KDTree struct {
	norm   Norm
	points Points
	index  []int32   // the points in the order of the leaves
	x      []float64 // their coordinates in that order
	nodes  []kdNode
	boxes  []float64 // lower and upper corner of each node
	cuts   []cut     // of each node that is no leaf, in a plane or in space; nil: other searches
}

type kdNode struct {
	lo, hi      int32 // its share of index
	left, right int32 // 0: a leaf
}

// NewKDTree makes a tree in O(n log n); leaf 0 means 16 points.
func NewKDTree(p Points, norm Norm, leaf int) *KDTree {
	if leaf < 1 {
		leaf = 16
	}
	t := &KDTree{norm: norm, points: p, index: make([]int32, p.N)}
	for i := range t.index {
		t.index[i] = int32(i)
	}
	t.grow(leaf)
	t.x = make([]float64, len(p.X))
	par.For(p.N, p.D, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(t.x[i*p.D:], p.Row(int(t.index[i])))
		}
	})
	t.cutUp()
	return t
}

// grow splits level by level, the nodes of a level in parallel: where each stands is known before it is split, so the tree is the same on any number of cores.
func (t *KDTree) grow(leaf int) {
	n := t.points.N
	t.nodes = []kdNode{{0, int32(n), 0, 0}}
	for first := 0; first < len(t.nodes); {
		last := len(t.nodes)
		for i := first; i < last; i++ {
			node := &t.nodes[i]
			if int(node.hi-node.lo) > leaf {
				mid := (node.lo + node.hi) / 2
				node.left, node.right = int32(len(t.nodes)), int32(len(t.nodes)+1)
				t.nodes = append(t.nodes, kdNode{t.nodes[i].lo, mid, 0, 0}, kdNode{mid, t.nodes[i].hi, 0, 0})
			}
		}
		t.boxes = append(t.boxes, make([]float64, (last-first)*2*t.points.D)...)
		_ = par.Do(context.Background(), last-first, func(_ context.Context, k int) error {
			t.split(first + k)
			return nil
		})
		first = last
	}
}

func (t *KDTree) box(i int) (lo, hi []float64) {
	d := t.points.D
	return t.boxes[2*i*d : (2*i+1)*d], t.boxes[(2*i+1)*d : (2*i+2)*d]
}

// split finds the box of node i and orders its points about the median.
func (t *KDTree) split(i int) {
	node := t.nodes[i]
	lo, hi := t.box(i)
	for j := range lo {
		lo[j], hi[j] = math.Inf(1), math.Inf(-1)
	}
	share := t.index[node.lo:node.hi]
	for _, at := range share {
		for j, v := range t.points.Row(int(at)) {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
	if node.left == 0 {
		slices.Sort(share)
		return
	}
	widest := 0
	for j := range lo {
		if hi[j]-lo[j] > hi[widest]-lo[widest] {
			widest = j
		}
	}
	t.median(share, widest, int(t.nodes[node.left].hi-node.lo))
}

// median puts the k points that come first along a coordinate, by value and then by index, in front.
func (t *KDTree) median(share []int32, coordinate, k int) {
	d := t.points.D
	key := make([]float64, len(share))
	for i, at := range share {
		key[i] = t.points.X[int(at)*d+coordinate]
	}
	scratch := slices.Clone(key)
	pivot := kern.NthElement(scratch, k)
	below, equal := 0, 0
	for _, v := range key {
		if v < pivot {
			below++
		}
	}
	equal = k - below // so many of the equal ones go to the front, those of the lowest indices
	var ties []int32
	for i, at := range share {
		if key[i] == pivot {
			ties = append(ties, at)
		}
	}
	slices.Sort(ties)
	limit := int32(math.MinInt32)
	if equal > 0 {
		limit = ties[equal-1]
	}
	front, back := make([]int32, 0, k), make([]int32, 0, len(share)-k)
	for i, at := range share {
		if key[i] < pivot || key[i] == pivot && at <= limit {
			front = append(front, at)
		} else {
			back = append(back, at)
		}
	}
	copy(share, front)
	copy(share[k:], back)
}

// Nearest implements Index.
func (t *KDTree) Nearest(s *Search, q []float64, k int) []Neighbor {
	found := t.forms(s, q, k)
	finish(t.norm, found)
	return found
}

// forms is Nearest with forms in place of distances.
func (t *KDTree) forms(s *Search, q []float64, k int) []Neighbor {
	s.found = s.found[:0]
	k = min(k, t.points.N)
	if k == 0 {
		return nil
	}
	if t.cuts != nil {
		return t.spatial(s, q, k)
	}
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 {
		v := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		if v.bound > s.worst(k) {
			continue
		}
		node := &t.nodes[v.node]
		if node.left == 0 {
			t.scan(s, q, k, node)
			continue
		}
		lo, hi := t.box(int(node.left))
		a := visit{node.left, t.norm.toBox(q, lo, hi)}
		lo, hi = t.box(int(node.right))
		b := visit{node.right, t.norm.toBox(q, lo, hi)}
		if a.bound > b.bound {
			a, b = b, a
		}
		worst := s.worst(k)
		if b.bound <= worst {
			s.stack = append(s.stack, b)
		}
		if a.bound <= worst {
			s.stack = append(s.stack, a)
		}
	}
	return s.found
}

// scan offers the points of a leaf.
func (t *KDTree) scan(s *Search, q []float64, k int, node *kdNode) {
	d := t.points.D
	worst := s.worst(k)
	for i := int(node.lo); i < int(node.hi); i++ {
		if v := t.norm.between(q, t.x[i*d:(i+1)*d]); v <= worst {
			s.offer(k, Neighbor{Value: v, Index: int(t.index[i])})
			worst = s.worst(k)
		}
	}
}

// Within implements Index.
func (t *KDTree) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	t.visit(s, q, r, func(index int, form float64) bool {
		s.found = append(s.found, Neighbor{Value: form, Index: index})
		return true
	})
	finish(t.norm, s.found)
	slices.SortFunc(s.found, byIndex)
	return s.found
}

// visit calls f with every point within r and the form of its distance, in an order of the tree's, until f says that it has seen enough.
func (t *KDTree) visit(s *Search, q []float64, r float64, f func(index int, form float64) bool) {
	d := t.points.D
	bound := t.norm.above(r)
	sure := bound * (1 - 1e-11) // below it no rounding counts
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 && t.points.N > 0 {
		node := &t.nodes[s.stack[len(s.stack)-1].node]
		s.stack = s.stack[:len(s.stack)-1]
		if node.left == 0 {
			for i := int(node.lo); i < int(node.hi); i++ {
				v := t.norm.between(q, t.x[i*d:(i+1)*d])
				if v <= bound && (v < sure || t.norm.distance(v) <= r) && !f(int(t.index[i]), v) {
					return
				}
			}
			continue
		}
		// The child that is nearer comes off the stack first: the count is soon full there.
		lo, hi := t.box(int(node.left))
		left := t.norm.toBox(q, lo, hi)
		lo, hi = t.box(int(node.right))
		right := t.norm.toBox(q, lo, hi)
		a, b := visit{node.left, left}, visit{node.right, right}
		if left < right {
			a, b = b, a
		}
		if a.bound <= bound {
			s.stack = append(s.stack, a)
		}
		if b.bound <= bound {
			s.stack = append(s.stack, b)
		}
	}
}
