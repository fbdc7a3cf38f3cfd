package near

import (
	"cmp"
	"context"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// VPTree cuts points at the median of their distances from one of them, again and again, for any distance that keeps the triangle inequality (Yianilos, "Data structures
// and algorithms for nearest neighbor search in general metric spaces", SODA 1993). Points at equal distances go to both sides, so the tree is balanced whatever they are.
type VPTree struct {
	ordered
	nodes []vantage
}

// vantage is a node: its first point is the one that distances are from, the others are its children's.
type vantage struct {
	lo, hi      int32
	left, right int32 // 0: a leaf
	near, far   shell // of the children about the point
}

// shell is between which distances points lie.
type shell struct{ least, most float64 }

// bound is below the distance from the query of all points of a shell about one at a distance of d from it.
func (s shell) bound(d float64) float64 {
	b := max(s.least-d, d-s.most)
	return max(b-slack*(d+s.most), 0)
}

// NewVPTree makes a tree in O(n log n) distances; leaf 0 means 16 points. m must keep the triangle inequality.
func NewVPTree(p Points, m Measure, leaf int) *VPTree {
	leaf = max(cmp.Or(leaf, 16), 2)
	t := &VPTree{ordered: orderOf(p, m)}
	t.nodes = []vantage{{hi: int32(p.N)}}
	for first := 0; first < len(t.nodes) && p.N > 0; {
		last := len(t.nodes)
		for i := first; i < last; i++ {
			if lo, hi := t.nodes[i].lo, t.nodes[i].hi; int(hi-lo) > leaf {
				mid := (lo + 1 + hi) / 2
				t.nodes[i].left, t.nodes[i].right = int32(len(t.nodes)), int32(len(t.nodes)+1)
				t.nodes = append(t.nodes, vantage{lo: lo + 1, hi: mid}, vantage{lo: mid, hi: hi})
			}
		}
		_ = par.Do(context.Background(), last-first, func(_ context.Context, k int) error {
			t.split(&t.nodes[first+k])
			return nil
		})
		first = last
	}
	return t
}

// split puts a point at the edge of a node's points in front, and the others in order of their distances.
func (t *VPTree) split(v *vantage) {
	share := t.index[v.lo:v.hi]
	if v.left == 0 {
		slices.Sort(share)
		return
	}
	far, most := 0, -1.0
	for i, at := range share {
		if d := t.measure.between(t.points.Row(int(share[0])), t.points.Row(int(at))); d > most {
			far, most = i, d
		}
	}
	share[0], share[far] = share[far], share[0]
	others := t.points.fromFirst(nil, t.measure, share)
	for i, o := range others {
		share[1+i] = o.at
	}
	half := t.nodes[v.left].hi - t.nodes[v.left].lo
	v.near = shell{others[0].away, others[half-1].away}
	v.far = shell{others[half].away, others[len(others)-1].away}
}

// Nearest implements Index.
func (t *VPTree) Nearest(s *Search, q []float64, k int) []Neighbor {
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
		last := node.hi
		if node.left != 0 {
			last = node.lo + 1
		}
		form := t.offer(s, q, k, node.lo, last)
		if node.left == 0 {
			continue
		}
		d := t.measure.distance(form)
		a, b := visit{node.left, node.near.bound(d)}, visit{node.right, node.far.bound(d)}
		if a.bound > b.bound || a.bound == b.bound && d > node.near.most { // the nearer comes off first
			a, b = b, a
		}
		s.stack = append(s.stack, b, a)
	}
	finish(t.measure, s.found)
	return s.found
}

// Within implements Index.
func (t *VPTree) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 && t.points.N > 0 {
		node := &t.nodes[s.stack[len(s.stack)-1].node]
		s.stack = s.stack[:len(s.stack)-1]
		last := node.hi
		if node.left != 0 {
			last = node.lo + 1
		}
		d := t.take(s, q, r, node.lo, last)
		if node.left == 0 {
			continue
		}
		for _, c := range [2]visit{{node.left, node.near.bound(d)}, {node.right, node.far.bound(d)}} {
			if !(c.bound > r) { // not comparable: overflow
				s.stack = append(s.stack, c)
			}
		}
	}
	slices.SortFunc(s.found, byIndex)
	return s.found
}

// place is a point and its distance from another.
type place struct {
	away float64
	at   int32
}

// fromFirst are all of some points but the first, by their distance from it, in the memory of dst.
func (p Points) fromFirst(dst []place, m Measure, share []int32) []place {
	dst = dst[:0]
	for _, at := range share[1:] {
		dst = append(dst, place{Between(m, p.Row(int(share[0])), p.Row(int(at))), at})
	}
	slices.SortFunc(dst, func(a, b place) int { return cmp.Or(cmp.Compare(a.away, b.away), cmp.Compare(a.at, b.at)) })
	return dst
}
