package near

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// CoverTree holds points in levels of centres that lie apart and cover what is beneath them, for any distance that keeps the triangle inequality (Beygelzimer, Kakade and
// Langford, "Cover trees for nearest neighbor", ICML 2006). Levels that split nothing are left out, and each node knows how far its points reach (Izbicki and Shelton,
// "Faster cover trees", ICML 2015). Where more centres than a bound lie apart, the others cover more than their level says, and the tree stays O(n log n).
type CoverTree struct {
	ordered
	nodes []cover
}

type cover struct {
	lo, hi      int32 // of its points in the index
	first, last int32 // its children; none: a leaf
	centre      int32
	parent      float64 // distance of the centre from its parent's
	radius      float64 // of the farthest point
}

// mostCentres bounds the children of a node.
const mostCentres = 32

// NewCoverTree makes a tree; leaf 0 means 16 points. m must keep the triangle inequality.
func NewCoverTree(p Points, m Measure, leaf int) *CoverTree {
	leaf = max(cmp.Or(leaf, 16), 1)
	t := &CoverTree{ordered: orderOf(p, m)}
	away := make([]float64, p.N) // of each place of the index: from its node's centre
	for i := range t.index {
		if away[i] = t.distance(0, int32(i)); i == 0 {
			away[i] = 0
		}
	}
	t.nodes = []cover{{hi: int32(p.N)}}
	for first := 0; first < len(t.nodes) && p.N > 0; {
		last := len(t.nodes)
		children := make([][]cover, last-first)
		_ = par.Do(context.Background(), last-first, func(_ context.Context, k int) error {
			n := &t.nodes[first+k]
			n.radius = slices.Max(away[n.lo:n.hi])
			if int(n.hi-n.lo) > leaf && n.radius > 0 && n.radius <= math.MaxFloat64 {
				children[k] = t.split(n, away)
			}
			if len(children[k]) == 0 {
				slices.Sort(t.index[n.lo:n.hi])
			}
			return nil
		})
		for k, c := range children {
			if len(c) > 0 {
				t.nodes[first+k].first = int32(len(t.nodes))
				t.nodes = append(t.nodes, c...)
				t.nodes[first+k].last = int32(len(t.nodes))
			}
		}
		first = last
	}
	return t
}

func (t *CoverTree) distance(a, b int32) float64 {
	return Between(t.measure, t.points.Row(int(a)), t.points.Row(int(b)))
}

// split chooses centres among a node's points, its own first, then whatever lies beyond half the node's radius of all before, and gives each point to the nearest, of
// equally near ones to the one that has the fewest.
func (t *CoverTree) split(n *cover, away []float64) []cover {
	share, far := t.index[n.lo:n.hi], away[n.lo:n.hi]
	level := n.radius / 2
	centres := []int32{n.centre}
	owner := make([]int32, len(share))
	least := slices.Clone(far)
	size := []int{0}
	for {
		next := -1
		if len(centres) < mostCentres {
			for i, d := range least { // the farthest, so that a bound on their number costs little
				if d > level && (next < 0 || d > least[next] || d == least[next] && share[i] < share[next]) {
					next = i
				}
			}
		}
		if next < 0 {
			break
		}
		c := share[next]
		for i, at := range share {
			if d := t.distance(c, at); d < least[i] || i == next {
				owner[i], least[i] = int32(len(centres)), d
			}
		}
		owner[next], least[next] = int32(len(centres)), 0
		centres, size = append(centres, c), append(size, 0)
	}
	if len(centres) == 1 {
		return nil
	}
	for _, o := range owner {
		size[o]++
	}
	if crowded := slices.Max(size); crowded > len(share)/2 && len(centres) == mostCentres {
		t.spread(share, owner, least, centres, size)
	}
	place := make([]int32, len(centres)+1)
	for i, s := range size {
		place[i+1] = place[i] + int32(s)
	}
	out := make([]cover, 0, len(centres))
	for i, c := range centres {
		if size[i] > 0 {
			out = append(out, cover{lo: n.lo + place[i], hi: n.lo + place[i+1], centre: c, parent: t.distance(n.centre, c)})
		}
	}
	points, dist := slices.Clone(share), least
	for i, o := range owner {
		share[place[o]], far[place[o]] = points[i], dist[i]
		place[o]++
	}
	return out
}

// spread deals out points that are as near to several centres.
func (t *CoverTree) spread(share, owner []int32, least []float64, centres []int32, size []int) {
	clear(size)
	for i, at := range share {
		best := owner[i]
		for c, centre := range centres {
			if size[c] < size[best] && t.distance(centre, at) == least[i] {
				best = int32(c)
			}
		}
		owner[i] = best
		size[best]++
	}
}

// bound is below the distance of every point of a node from the query, which is d from its centre.
func (c *cover) bound(d float64) float64 { return max(d-c.radius-slack*(d+c.radius), 0) }

// skip tells by the triangle of query, parent's centre and own that no point is within a limit.
func (c *cover) skip(parent, limit float64) bool {
	d := math.Abs(parent-c.parent) - slack*(parent+c.parent)
	return d-c.radius-slack*(d+c.radius) > limit
}

// Nearest implements Index.
func (t *CoverTree) Nearest(s *Search, q []float64, k int) []Neighbor {
	s.found = s.found[:0]
	if k = min(k, t.points.N); k == 0 {
		return nil
	}
	s.stack = append(s.stack[:0], visit{0, 0})
	s.away = append(s.away[:0], Between(t.measure, q, t.points.Row(int(t.nodes[0].centre))))
	for len(s.stack) > 0 {
		v, d := s.stack[len(s.stack)-1], s.away[len(s.away)-1]
		s.stack, s.away = s.stack[:len(s.stack)-1], s.away[:len(s.away)-1]
		limit := t.measure.distance(s.worst(k))
		if v.bound > limit {
			continue
		}
		node := &t.nodes[v.node]
		if node.first == node.last {
			t.offer(s, q, k, node.lo, node.hi)
			continue
		}
		from := len(s.stack)
		for c := node.first; c < node.last; c++ {
			child := &t.nodes[c]
			if child.skip(d, limit) {
				continue
			}
			away := d
			if child.centre != node.centre {
				away = Between(t.measure, q, t.points.Row(int(child.centre)))
			}
			s.stack, s.away = append(s.stack, visit{c, child.bound(away)}), append(s.away, away)
		}
		for i := from + 1; i < len(s.stack); i++ { // the nearest comes off first
			for j := i; j > from && s.away[j-1] < s.away[j]; j-- {
				s.stack[j-1], s.stack[j] = s.stack[j], s.stack[j-1]
				s.away[j-1], s.away[j] = s.away[j], s.away[j-1]
			}
		}
	}
	finish(t.measure, s.found)
	return s.found
}

// Within implements Index.
func (t *CoverTree) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	if t.points.N == 0 {
		return s.found
	}
	s.stack = append(s.stack[:0], visit{0, Between(t.measure, q, t.points.Row(int(t.nodes[0].centre)))})
	for len(s.stack) > 0 {
		v := s.stack[len(s.stack)-1] // its bound is the distance of its centre here
		s.stack = s.stack[:len(s.stack)-1]
		node := &t.nodes[v.node]
		if node.bound(v.bound) > r {
			continue
		}
		if node.first == node.last {
			t.take(s, q, r, node.lo, node.hi)
			continue
		}
		for c := node.first; c < node.last; c++ {
			child := &t.nodes[c]
			if child.skip(v.bound, r) {
				continue
			}
			away := v.bound
			if child.centre != node.centre {
				away = Between(t.measure, q, t.points.Row(int(child.centre)))
			}
			s.stack = append(s.stack, visit{c, away})
		}
	}
	slices.SortFunc(s.found, byIndex)
	return s.found
}
