package near

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// BallTree holds points in balls about points, for any distance that keeps the triangle inequality (Omohundro, "Five balltree construction algorithms", ICSI 1989).
type BallTree struct {
	ordered
	nodes []ball
}

// ordered are points in the order of a tree's leaves.
type ordered struct {
	measure Measure
	points  Points
	index   []int32
}

func orderOf(p Points, m Measure) ordered {
	o := ordered{measure: m, points: p, index: make([]int32, p.N)}
	for i := range o.index {
		o.index[i] = int32(i)
	}
	return o
}

// offer offers the points of some places to the k nearest, and returns the form of the last one's distance.
func (o *ordered) offer(s *Search, q []float64, k int, lo, hi int32) (form float64) {
	for _, at := range o.index[lo:hi] {
		form = o.measure.between(q, o.points.Row(int(at)))
		s.offer(k, Neighbor{Value: form, Index: int(at)})
	}
	return form
}

// take adds the points of some places that are within r, and returns the last one's distance.
func (o *ordered) take(s *Search, q []float64, r float64, lo, hi int32) (d float64) {
	for _, at := range o.index[lo:hi] {
		if d = o.measure.distance(o.measure.between(q, o.points.Row(int(at)))); d <= r {
			s.found = append(s.found, Neighbor{Value: d, Index: int(at)})
		}
	}
	return d
}

type ball struct {
	lo, hi      int32
	left, right int32 // 0: a leaf
	centre      int32 // a point
	radius      float64
}

// NewBallTree makes a tree in O(n log n) distances; leaf 0 means 16 points. m must keep the triangle inequality.
func NewBallTree(p Points, m Measure, leaf int) *BallTree {
	if leaf < 1 {
		leaf = 16
	}
	t := &BallTree{ordered: orderOf(p, m)}
	t.nodes = []ball{{hi: int32(p.N)}}
	for first := 0; first < len(t.nodes) && p.N > 0; {
		last := len(t.nodes)
		for i := first; i < last; i++ {
			lo, hi := t.nodes[i].lo, t.nodes[i].hi
			if int(hi-lo) > leaf {
				mid := (lo + hi) / 2
				t.nodes[i].left, t.nodes[i].right = int32(len(t.nodes)), int32(len(t.nodes)+1)
				t.nodes = append(t.nodes, ball{lo: lo, hi: mid}, ball{lo: mid, hi: hi})
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

// split finds a node's ball and puts the half of its points that is nearer to one end of a long chord in front.
func (t *BallTree) split(b *ball) {
	share := t.index[b.lo:b.hi]
	row := func(i int32) []float64 { return t.points.Row(int(i)) }
	away := make([]float64, len(share))
	farthest := func(from int32) int {
		far := 0
		for i, at := range share {
			away[i] = t.distance(row(from), row(at))
			if away[i] > away[far] {
				far = i
			}
		}
		return far
	}
	one := share[farthest(share[0])]
	two := share[farthest(one)]
	// The point in the middle of the chord's ordering stands for the centre: a mean may be no point of the metric's domain.
	order := make([]float64, len(share))
	for i, at := range share {
		if order[i] = away[i] - t.distance(row(two), row(at)); order[i] != order[i] {
			order[i] = 0 // both infinite
		}
	}
	scratch := slices.Clone(order)
	pivot := kern.NthElement(scratch, len(share)/2)
	b.centre = share[slices.Index(order, pivot)]
	b.radius = 0
	for _, at := range share {
		b.radius = max(b.radius, t.distance(row(b.centre), row(at)))
	}
	if b.left == 0 {
		slices.Sort(share)
		return
	}
	at := make([]int, len(share))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(x, y int) int {
		switch {
		case order[x] < order[y]:
			return -1
		case order[x] > order[y]:
			return 1
		}
		return int(share[x] - share[y])
	})
	sorted := make([]int32, len(share))
	for i, from := range at {
		sorted[i] = share[from]
	}
	copy(share, sorted) // the halves are the children's shares
}

func (t *BallTree) distance(x, y []float64) float64 {
	return t.measure.distance(t.measure.between(x, y))
}

// slack keeps the rounding of distances from cutting off a ball whose points are just near enough.
const slack = 1e-9

// bound is below the distance of every point in a ball.
func (t *BallTree) bound(q []float64, b *ball) float64 {
	d := t.distance(q, t.points.Row(int(b.centre)))
	return max(d-b.radius-slack*(d+b.radius), 0)
}

// Nearest implements Index.
func (t *BallTree) Nearest(s *Search, q []float64, k int) []Neighbor {
	s.found = s.found[:0]
	k = min(k, t.points.N)
	if k == 0 {
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
		if node.left == 0 {
			t.offer(s, q, k, node.lo, node.hi)
			continue
		}
		a := visit{node.left, t.bound(q, &t.nodes[node.left])}
		b := visit{node.right, t.bound(q, &t.nodes[node.right])}
		if a.bound > b.bound {
			a, b = b, a
		}
		s.stack = append(s.stack, b, a)
	}
	finish(t.measure, s.found)
	return s.found
}

// Within implements Index.
func (t *BallTree) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	s.stack = append(s.stack[:0], visit{0, 0})
	for len(s.stack) > 0 && t.points.N > 0 {
		node := &t.nodes[s.stack[len(s.stack)-1].node]
		s.stack = s.stack[:len(s.stack)-1]
		if node.left == 0 {
			t.take(s, q, r, node.lo, node.hi)
			continue
		}
		for _, child := range [2]int32{node.left, node.right} {
			if !(t.bound(q, &t.nodes[child]) > r) { // not comparable: overflow
				s.stack = append(s.stack, visit{child, 0})
			}
		}
	}
	slices.SortFunc(s.found, byIndex)
	return s.found
}
