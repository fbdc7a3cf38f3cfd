// Package near finds the nearest of many points, and those within a distance: by brute force in single precision whose near misses are decided in double, by a
// KD-tree, or by a ball tree for any metric. All give the same answer to the bit, on every kind of CPU: distances are of doubles, summed coordinate by coordinate,
// and of equally near points those of the lowest indices come first.
package near

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Neighbor is a point's index and its distance.
type Neighbor = kern.Neighbor[float64]

// Points are n points of d coordinates, row by row. Nothing of this package writes to them.
type Points struct {
	N, D int
	X    []float64
}

// PointsOf copies a matrix.
func PointsOf(x rows.Rows) Points {
	n, d := x.Dims()
	p := Points{N: n, D: d, X: make([]float64, n*d)}
	par.For(n, d, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if row := x.Row(i, p.Row(i)); d > 0 && &row[0] != &p.X[i*d] {
				copy(p.Row(i), row)
			}
		}
	})
	return p
}

// Row is point i.
func (p Points) Row(i int) []float64 { return p.X[i*p.D : (i+1)*p.D : (i+1)*p.D] }

// An Index answers for the points that it was made of. It never changes; every goroutine has a Search of its own.
type Index interface {
	// Nearest finds the k points nearest to q, or all if there are fewer, nearest first. The list is overwritten by the next call with s.
	Nearest(s *Search, q []float64, k int) []Neighbor
	// Within finds the points at a distance of r or less, in the order of their indices.
	Within(s *Search, q []float64, r float64) []Neighbor
}

// Search is the memory of searches.
type Search struct {
	found  []Neighbor
	stack  []visit
	away   []float64 // of a cover tree's nodes on the stack
	single single
	sparse sparseQuery
	beyond []beyondCut
}

type visit struct {
	node  int32
	bound float64
}

// add keeps n among the k nearest, which are sorted; worst is what the next one must not exceed.
func (s *Search) add(k int, n Neighbor) {
	at := len(s.found)
	if at == k {
		at--
	} else {
		s.found = append(s.found, n)
	}
	for at > 0 && (s.found[at-1].Value > n.Value || s.found[at-1].Value == n.Value && s.found[at-1].Index > n.Index) {
		s.found[at] = s.found[at-1]
		at--
	}
	s.found[at] = n
}

// worst is the distance of the last of k, infinite as long as there is room; a point at just that distance is still to be offered, since its index may be lower.
func (s *Search) worst(k int) float64 {
	if len(s.found) < k {
		return math.Inf(1)
	}
	return s.found[k-1].Value
}

// offer adds n if it belongs among the k nearest.
func (s *Search) offer(k int, n Neighbor) {
	if len(s.found) == k {
		last := s.found[k-1]
		if n.Value > last.Value || n.Value == last.Value && n.Index > last.Index {
			return
		}
	}
	s.add(k, n)
}

func byIndex(a, b Neighbor) int { return a.Index - b.Index }

// Each asks for the k nearest of every row of x, on all cores; each is called for every row, at the same time from several goroutines, and does not keep the list.
// The index may answer many rows at once faster than one by one.
func Each(ix Index, x rows.Rows, k int, each func(i int, found []Neighbor)) {
	if b, ok := ix.(*Brute); ok && b.filter != nil {
		b.each(x, k, each)
		return
	}
	par.For(x.Len(), costOf(ix), func(lo, hi int) {
		var s Search
		buf := make([]float64, x.Cols())
		for i := lo; i < hi; i++ {
			each(i, ix.Nearest(&s, x.Row(i, buf), k))
		}
	})
}

// EachWithin is Each for all points within r.
func EachWithin(ix Index, x rows.Rows, r float64, each func(i int, found []Neighbor)) {
	if b, ok := ix.(*Brute); ok && b.filter != nil {
		b.eachWithin(x, r, each)
		return
	}
	par.For(x.Len(), costOf(ix), func(lo, hi int) {
		var s Search
		buf := make([]float64, x.Cols())
		for i := lo; i < hi; i++ {
			each(i, ix.Within(&s, x.Row(i, buf), r))
		}
	})
}

// costOf is about the nanoseconds of a search.
func costOf(ix Index) int {
	if b, ok := ix.(*Brute); ok {
		return b.points.N * (1 + b.points.D/8)
	}
	if p, ok := ix.(*Sparse); ok {
		return p.x.Len() * 20
	}
	return 2000
}

// Rest drops point i, which asks, from what was found for it, and cuts the list to k; where it is not in the list, since others lie at distance 0 too, the last goes.
func Rest(found []Neighbor, i, k int) []Neighbor {
	at := slices.IndexFunc(found, func(n Neighbor) bool { return n.Index == i })
	if at < 0 {
		return found[:min(k, len(found))]
	}
	copy(found[at:], found[at+1:])
	return found[:min(k, len(found)-1)]
}

// Closest is the index of the point nearest to q by Euclidean distance, the first of equally near ones; -1 if there are none.
func (p Points) Closest(q []float64) int {
	best, least := -1, math.Inf(1)
	for i := range p.N {
		if v := (Norm{2}).between(q, p.Row(i)); v < least || best < 0 {
			best, least = i, v
		}
	}
	return best
}

// Nearer is 0 if point i is as near to q as point j or nearer, by Euclidean distance, else 1.
func (p Points) Nearer(q []float64, i, j int) int {
	if (Norm{2}).between(q, p.Row(i)) <= (Norm{2}).between(q, p.Row(j)) {
		return 0
	}
	return 1
}

// Visit calls f for every point within r, in whatever order, until f returns false. What else f is given is the distance, or what an index keeps in its place.
func Visit(ix Index, s *Search, q []float64, r float64, f func(index int, form float64) bool) {
	if t, ok := ix.(*KDTree); ok {
		t.visit(s, q, r, f)
		return
	}
	for _, n := range ix.Within(s, q, r) {
		if !f(n.Index, n.Value) {
			return
		}
	}
}
