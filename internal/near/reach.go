package near

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Reach spans points by mutual reachability: the largest of the distance of two and of their core distances, within which each has enough others (Campello, Moulavi and
// Sander, "Density-based clustering based on hierarchical density estimates", PAKDD 2013). It is for distances that are norms. Points are taken leaf by leaf of a
// KD-tree, and Euclidean distances of whole leaves are computed at once.
type Reach struct {
	*Dense
	k    int
	list []int32   // the k nearest of each place, itself among them, as places
	form []float64 // how far they are
	core []float64 // forms of the core distances, by place
	lane []float64 // the points of each leaf side by side, coordinate by coordinate, where blocks are computed
}

// NewReach finds the core distances: that of a point is how far the nearest ones of a weight of least, its own included, reach; nil weights are 1 each. Where all points
// have less, it is how far the last one is.
func NewReach(p Points, norm Norm, weight []float64, least float64) *Reach {
	leaf := 16
	if norm.P == 2 && p.D > 3 {
		leaf = kern.Lanes
	}
	r := &Reach{Dense: &Dense{cells: newLeaves(p, norm, leaf)}}
	if leaf == kern.Lanes {
		r.panel()
		r.sideBySide()
	}
	most := math.Ceil(least)
	if weight != nil {
		most = math.Ceil(least / slices.Min(weight))
	}
	r.k = p.N
	if most < float64(p.N) {
		r.k = int(most)
	}
	const kept = 64 // so many neighbours are kept of each; where weights ask for more, they are searched for point by point
	r.k = max(min(r.k, kept), min(2, p.N))
	r.nearest()
	r.core = make([]float64, p.N)
	par.For(p.N, 20+2*r.k, func(lo, hi int) {
		var s Search
		for at := lo; at < hi; at++ {
			r.core[at] = r.reach(&s, at, weight, least)
		}
	})
	return r
}

// sideBySide fills the lanes.
func (r *Reach) sideBySide() {
	d := r.points.D
	r.lane = make([]float64, r.len()*kern.Lanes*d)
	par.For(r.len(), 64*d, func(lo, hi int) {
		for a := lo; a < hi; a++ {
			lanes := r.lanesOf(int32(a))
			for i, at := 0, r.first[a]; at < r.first[a+1]; i, at = i+1, at+1 {
				for j, v := range r.row(at) {
					lanes[j*kern.Lanes+i] = v
				}
			}
		}
	})
}

func (r *Reach) lanesOf(a int32) []float64 {
	size := kern.Lanes * r.points.D
	return r.lane[int(a)*size : (int(a)+1)*size]
}

// reach is the form of the core distance of a place.
func (r *Reach) reach(s *Search, at int, weight []float64, least float64) float64 {
	sum := 0.0
	for i, q := range r.list[at*r.k : (at+1)*r.k] {
		w := 1.0
		if weight != nil {
			w = weight[r.index[q]]
		}
		if sum += w; sum >= least {
			return r.form[at*r.k+i]
		}
	}
	for k := 2 * r.k; ; k *= 2 {
		sum = 0
		found := r.tree.forms(s, r.row(int32(at)), k)
		for _, n := range found {
			w := 1.0
			if weight != nil {
				w = weight[n.Index]
			}
			if sum += w; sum >= least {
				return n.Value
			}
		}
		if k >= r.points.N {
			return found[len(found)-1].Value
		}
	}
}

// Core are the core distances of the points.
func (r *Reach) Core() []float64 {
	out := make([]float64, r.points.N)
	for at, i := range r.index {
		out[i] = r.norm.distance(r.core[at])
	}
	return out
}

// nearest fills the lists.
func (r *Reach) nearest() {
	n := r.points.N
	r.list, r.form = make([]int32, n*r.k), make([]float64, n*r.k)
	place := make([]int32, n)
	for at, i := range r.index {
		place[i] = int32(at)
	}
	if r.panels == nil {
		par.For(n, 2000, func(lo, hi int) {
			var s Search
			for at := lo; at < hi; at++ {
				for i, f := range r.tree.forms(&s, r.row(int32(at)), r.k) {
					r.list[at*r.k+i], r.form[at*r.k+i] = place[f.Index], f.Value
				}
			}
		})
		return
	}
	par.For(r.len(), 100_000, func(lo, hi int) {
		var k asking
		var others []visit
		found := make([]Search, kern.Lanes)
		for a := int32(lo); a < int32(hi); a++ {
			others = r.nearestOf(&k, found, others, a)
			for i := range int(r.first[a+1] - r.first[a]) {
				at := int(r.first[a]) + i
				for j, f := range found[i].found {
					r.list[at*r.k+j], r.form[at*r.k+j] = place[f.Index], f.Value
				}
			}
		}
	})
}

// nearestOf finds the lists of the points of a leaf: in the leaves beside it in the tree's order first, and then, from the nearest on, in those that may hold nearer ones.
func (r *Reach) nearestOf(k *asking, found []Search, others []visit, a int32) []visit {
	const beside = 2
	lo, hi := r.box(a)
	n := int(r.first[a+1] - r.first[a])
	for i := range n {
		found[i].found = found[i].found[:0]
	}
	for b := max(0, a-beside); b <= min(a+beside, int32(r.len()-1)); b++ {
		r.nearestIn(k, found, a, b)
	}
	worst := func() (most float64) {
		for i := range n {
			most = max(most, found[i].worst(r.k))
		}
		return most
	}
	most := worst()
	others = others[:0]
	r.near(&k.walk, a, most, func(b int32) bool {
		if b < a-beside || b > a+beside {
			lo2, hi2 := r.box(b)
			others = append(others, visit{b, r.norm.betweenBoxes(lo, hi, lo2, hi2)})
		}
		return true
	})
	slices.SortFunc(others, func(x, y visit) int { return cmp.Or(cmp.Compare(x.bound, y.bound), cmp.Compare(x.node, y.node)) })
	for _, o := range others {
		if o.bound > worst() {
			break
		}
		r.nearestIn(k, found, a, o.node)
	}
	return others
}

// nearestIn offers the points of leaf b to those of leaf a.
func (r *Reach) nearestIn(k *asking, found []Search, a, b int32) {
	lo, hi := r.box(b)
	k.pending = k.pending[:0]
	if a != b {
		kern.BoxLanes(&k.away, r.lanesOf(a), lo, hi)
	}
	for at := r.first[a]; at < r.first[a+1]; at++ {
		if i := at - r.first[a]; a == b || !(k.away[i] > found[i].worst(r.k)) {
			k.pending = append(k.pending, at)
		}
	}
	if len(k.pending) == 0 {
		return
	}
	r.block(k, b)
	first, n := r.first[b], r.first[b+1]-r.first[b]
	for i, p := range k.pending {
		s := &found[p-r.first[a]]
		for in := below(k.row(i), s.worst(r.k), n); in != 0; in &= in - 1 {
			q := first + int32(bits.TrailingZeros64(in))
			s.offer(r.k, Neighbor{Value: r.norm.between(r.row(p), r.row(q)), Index: int(r.index[q])})
		}
	}
}

// row is the distances of the i-th pending point of a block.
func (k *asking) row(i int) []float64 { return k.dists[i*kern.Lanes : (i+1)*kern.Lanes] }

// below are the first n of a row's distances that may be limit or less, one bit each: some more, as far as the kernel may round.
func below(row []float64, limit float64, n int32) uint64 {
	return kern.CompareLanes(row, limit*(1+1e-9), true) & (uint64(math.MaxUint64) >> (64 - n))
}

// Edge joins two points at a mutual reachability.
type Edge struct {
	A, B   int32
	Height float64
}

// spanning is the state of Borůvka's method: in each round every component takes the shortest edge that leaves it.
type spanning struct {
	*Reach
	comp  []int32         // of each place: its lowest place
	bound []atomic.Uint64 // the shortest edge so far that leaves the component of that lowest place: the bits of its form
	best  []Neighbor      // the shortest edge found of each place, its other end as a place; -1: none
	one   []int32         // the component of each node of the tree that holds no other; else -1
	least []float64       // the smallest core distance of each node
}

// Span returns the edges of a minimum spanning tree (Borůvka 1926). Which of several it is, where reachabilities are equal, does not depend on the cores at work. wait is
// asked between rounds and may end it with an error.
func (r *Reach) Span(wait func() error) ([]Edge, error) {
	n := r.points.N
	s := &spanning{Reach: r, comp: make([]int32, n), bound: make([]atomic.Uint64, n), best: make([]Neighbor, n), one: make([]int32, len(r.tree.nodes)), least: make([]float64, len(r.tree.nodes))}
	u := newUnions(n)
	for i := len(r.tree.nodes) - 1; i >= 0; i-- {
		if node := r.tree.nodes[i]; node.left != 0 {
			s.least[i] = min(s.least[node.left], s.least[node.right])
		} else if node.lo < node.hi {
			s.least[i] = slices.Min(r.core[node.lo:node.hi])
		}
	}
	edges := make([]Edge, 0, n)
	for len(edges) < n-1 {
		if err := wait(); err != nil {
			return nil, err
		}
		s.round(u)
		before := len(edges)
		for at := range s.best {
			e := s.best[at]
			if e.Index < 0 || !s.take(int32(at), e.Value) || u.find(int32(at)) == u.find(int32(e.Index)) {
				continue
			}
			u.unite(int32(at), int32(e.Index))
			edges = append(edges, Edge{r.index[at], r.index[e.Index], r.norm.distance(e.Value)})
		}
		if len(edges) == before { // reachabilities that are not numbers
			return edges, nil
		}
	}
	return edges, nil
}

// take tells whether an edge of a place is the one that its component takes: the first of the shortest. (Two components may take the same, and with equal ones a ring of
// components may take one too many, which the caller leaves out.)
func (s *spanning) take(at int32, form float64) bool {
	bound := &s.bound[s.comp[at]]
	if math.Float64bits(form) != bound.Load() {
		return false
	}
	bound.Store(math.MaxUint64) // no form's bits
	return true
}

// round finds the shortest edges that leave the components.
func (s *spanning) round(u *unions) {
	n := s.points.N
	par.For(n, 10, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			s.comp[at] = u.find(int32(at))
			s.bound[at].Store(math.Float64bits(math.Inf(1)))
		}
	})
	for i := len(s.one) - 1; i >= 0; i-- {
		node := s.tree.nodes[i]
		if node.left != 0 {
			if s.one[i] = s.one[node.left]; s.one[node.right] != s.one[i] {
				s.one[i] = -1
			}
			continue
		}
		s.one[i] = s.comp[node.lo]
		for _, c := range s.comp[node.lo:node.hi] {
			if c != s.one[i] {
				s.one[i] = -1
			}
		}
	}
	// What is known already: the nearest.
	par.For(n, 5*s.k, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			s.best[at] = Neighbor{Value: math.Inf(1), Index: -1}
			for i, q := range s.list[at*s.k : (at+1)*s.k] {
				if s.comp[q] != s.comp[at] {
					s.offer(int32(at), q, s.form[at*s.k+i])
				}
			}
		}
	})
	par.For(s.len(), 50_000, func(lo, hi int) {
		var k asking
		for a := int32(lo); a < int32(hi); a++ {
			s.leave(&k, a)
		}
	})
}

func (s *spanning) limit(at int32) float64 {
	return math.Float64frombits(s.bound[s.comp[at]].Load())
}

// offer takes an edge of a place at a distance of that form, if it is the best of the place so far: the shortest, and of equal ones that to the lowest point.
func (s *spanning) offer(at, q int32, form float64) {
	form = max(form, s.core[at], s.core[q])
	b := &s.best[at]
	if form > b.Value || form == b.Value && b.Index >= 0 && s.index[q] >= s.index[b.Index] {
		return
	}
	*b = Neighbor{Value: form, Index: int(q)}
	for bound := &s.bound[s.comp[at]]; ; {
		old := bound.Load()
		if math.Float64frombits(old) <= form || bound.CompareAndSwap(old, math.Float64bits(form)) {
			return
		}
	}
}

// leave looks for shorter edges from the points of a leaf. A point has none whose core distance is above the bound, or whose edge is as short as its core distance.
// One that is just as short as the bound is looked for, so that the choice among equals does not depend on who came first.
func (s *spanning) leave(k *asking, a int32) {
	open := func(at int32) (limit float64, ok bool) {
		limit = s.limit(at)
		return limit, s.core[at] <= limit && s.best[at].Value > s.core[at]
	}
	bound := func() (most float64, any bool) {
		for at := s.first[a]; at < s.first[a+1]; at++ {
			if limit, ok := open(at); ok {
				most, any = max(most, limit), true
			}
		}
		return most, any
	}
	most, any := bound()
	lo, hi := s.box(a)
	home := s.one[s.node[a]]
	stack := append(k.stack[:0], 0)
	for len(stack) > 0 && any {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if home >= 0 && s.one[at] == home || s.least[at] > most {
			continue
		}
		lo2, hi2 := s.tree.box(int(at))
		if s.norm.betweenBoxes(lo, hi, lo2, hi2) > most {
			continue
		}
		node := &s.tree.nodes[at]
		if node.left == 0 {
			k.pending = k.pending[:0]
			if s.lane != nil {
				kern.BoxLanes(&k.away, s.lanesOf(a), lo2, hi2)
				for in := below(k.away[:], most, s.first[a+1]-s.first[a]); in != 0; in &= in - 1 {
					i := int32(bits.TrailingZeros64(in))
					if limit, ok := open(s.first[a] + i); ok && s.comp[s.first[a]+i] != s.one[at] && !(k.away[i] > limit) {
						k.pending = append(k.pending, s.first[a]+i)
					}
				}
			} else {
				for p := s.first[a]; p < s.first[a+1]; p++ {
					if limit, ok := open(p); ok && s.comp[p] != s.one[at] && !(s.norm.toBox(s.row(p), lo2, hi2) > limit) {
						k.pending = append(k.pending, p)
					}
				}
			}
			if len(k.pending) > 0 {
				s.across(k, s.ordinal[at])
				most, any = bound()
			}
			continue
		}
		left, right := node.left, node.right
		if s.apart(lo, hi, left) < s.apart(lo, hi, right) { // the nearer comes off first
			left, right = right, left
		}
		stack = append(stack, left, right)
	}
	k.stack = stack
}

func (s *spanning) apart(lo, hi []float64, node int32) float64 {
	lo2, hi2 := s.tree.box(int(node))
	return s.norm.betweenBoxes(lo, hi, lo2, hi2)
}

// across looks for edges from the pending points to those of leaf b.
func (s *spanning) across(k *asking, b int32) {
	first, last := s.first[b], s.first[b+1]
	if s.panels != nil {
		s.block(k, b)
	}
	for i, p := range k.pending {
		limit := s.limit(p)
		if s.panels != nil {
			for in := below(k.row(i), limit, last-first); in != 0; in &= in - 1 {
				if q := first + int32(bits.TrailingZeros64(in)); s.comp[q] != s.comp[p] && s.core[q] <= limit {
					s.offer(p, q, s.norm.between(s.row(p), s.row(q)))
				}
			}
			continue
		}
		x := s.row(p)
		for q := first; q < last; q++ {
			if s.comp[q] != s.comp[p] && s.core[q] <= limit {
				if f := s.norm.between(x, s.row(q)); f <= limit {
					s.offer(p, q, f)
				}
			}
		}
	}
}
