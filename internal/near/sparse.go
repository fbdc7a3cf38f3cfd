package near

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Sparse looks at every one of points that are kept as a CSR matrix. Distances that are norms are summed over the coordinates that one of two points has, in their
// order: what is left out adds zeros, so the bits are those of dense points. For any other distance a point is written out, one at a time. A bound by the lengths of two
// Euclidean points and their product spares most of the sums.
type Sparse struct {
	measure Measure
	x       rows.Rows
	square  []float64 // of the length of each; nil: not Euclidean
	most    int       // entries of the fullest point
}

// NewSparse keeps x, which is CSR.
func NewSparse(x rows.Rows, m Measure) *Sparse {
	s := &Sparse{measure: m, x: x}
	var e rows.Entries
	for i := range x.Len() {
		cols, _ := x.NZ(i, &e)
		s.most = max(s.most, len(cols))
	}
	if m == (Norm{P: 2}) {
		s.square = make([]float64, x.Len())
		par.For(x.Len(), 50, func(lo, hi int) {
			var e rows.Entries
			for i := lo; i < hi; i++ {
				_, v := x.NZ(i, &e)
				s.square[i] = sumOfSquares(v)
			}
		})
	}
	return s
}

func sumOfSquares(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v * v)
	}
	return sum
}

// sparseQuery is the memory of a query.
type sparseQuery struct {
	whole  []float64 // the query itself
	cols   []int32   // its coordinates that are not 0, and
	vals   []float64 // their values
	square float64
	entry  rows.Entries
	row    []float64 // a point written out
}

// From takes a query.
func (p *Sparse) From(s *Search, q []float64) {
	a := &s.sparse
	a.whole, a.cols, a.vals = q, a.cols[:0], a.vals[:0]
	for j, v := range q {
		if v != 0 {
			a.cols, a.vals = append(a.cols, int32(j)), append(a.vals, v)
		}
	}
	a.square = sumOfSquares(a.vals)
}

// To is the distance of a point from the query.
func (p *Sparse) To(s *Search, i int) float64 { return p.measure.distance(p.form(&s.sparse, i)) }

func (p *Sparse) form(a *sparseQuery, i int) float64 {
	if n, ok := p.measure.(Norm); ok {
		cols, vals := p.x.NZ(i, &a.entry)
		return n.betweenEntries(a.cols, a.vals, cols, vals)
	}
	if len(a.row) != p.x.Cols() {
		a.row = make([]float64, p.x.Cols())
	}
	return p.measure.between(a.whole, p.x.Row(i, a.row))
}

// beyond tells that the form of a point's distance from the query is surely above a limit.
func (p *Sparse) beyond(a *sparseQuery, i int, limit float64) bool {
	if p.square == nil || !(limit <= math.MaxFloat64) {
		return false
	}
	sum := a.square + p.square[i]
	// A sum of m products is wrong by at most m units of rounding of the sum of their sizes, which is no larger than this one.
	slack := float64(len(a.cols)+p.most+16) * 0x1p-51 * sum
	return sum-2*p.x.Dot(i, a.whole)-slack > limit
}

// betweenEntries is between for points given by the coordinates that are not 0.
func (n Norm) betweenEntries(c1 []int32, v1 []float64, c2 []int32, v2 []float64) float64 {
	sum := 0.0
	for len(c1) > 0 && len(c2) > 0 {
		switch {
		case c1[0] < c2[0]:
			sum = n.join(sum, math.Abs(v1[0]))
			c1, v1 = c1[1:], v1[1:]
		case c1[0] > c2[0]:
			sum = n.join(sum, math.Abs(v2[0]))
			c2, v2 = c2[1:], v2[1:]
		default:
			sum = n.join(sum, math.Abs(v1[0]-v2[0]))
			c1, v1, c2, v2 = c1[1:], v1[1:], c2[1:], v2[1:]
		}
	}
	for _, v := range v1 {
		sum = n.join(sum, math.Abs(v))
	}
	for _, v := range v2 {
		sum = n.join(sum, math.Abs(v))
	}
	return sum
}

// Nearest implements Index.
func (p *Sparse) Nearest(s *Search, q []float64, k int) []Neighbor {
	s.found = s.found[:0]
	if k = min(k, p.x.Len()); k == 0 {
		return nil
	}
	p.From(s, q)
	for i := range p.x.Len() {
		if !p.beyond(&s.sparse, i, s.worst(k)) {
			s.offer(k, Neighbor{Value: p.form(&s.sparse, i), Index: i})
		}
	}
	finish(p.measure, s.found)
	return s.found
}

// Within implements Index.
func (p *Sparse) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	p.From(s, q)
	limit := math.Inf(1)
	if n, ok := p.measure.(Norm); ok {
		limit = n.above(r)
	}
	for i := range p.x.Len() {
		if p.beyond(&s.sparse, i, limit) {
			continue
		}
		if d := p.To(s, i); d <= r {
			s.found = append(s.found, Neighbor{Value: d, Index: i})
		}
	}
	return s.found
}

// Given is points of which only distances are known: a query is its distances from many, and these stand where At says.
type Given struct {
	N  int
	At []int // nil: 0, 1, ...
}

func (g *Given) at(i int) int {
	if g.At == nil {
		return i
	}
	return g.At[i]
}

// From takes a query.
func (g *Given) From(s *Search, q []float64) { s.sparse.whole = q }

// To is the distance of a point from the query.
func (g *Given) To(s *Search, i int) float64 { return s.sparse.whole[g.at(i)] }

// Nearest implements Index.
func (g *Given) Nearest(s *Search, q []float64, k int) []Neighbor {
	s.found = s.found[:0]
	if k = min(k, g.N); k == 0 {
		return nil
	}
	for i := range g.N {
		s.offer(k, Neighbor{Value: q[g.at(i)], Index: i})
	}
	return s.found
}

// Within implements Index.
func (g *Given) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	for i := range g.N {
		if v := q[g.at(i)]; v <= r {
			s.found = append(s.found, Neighbor{Value: v, Index: i})
		}
	}
	return s.found
}

// Plain is dense points and their distances, without an index.
type Plain struct {
	Points
	Measure
}

// From takes a query.
func (p Plain) From(s *Search, q []float64) { s.sparse.whole = q }

// To is the distance of a point from the query.
func (p Plain) To(s *Search, i int) float64 { return Between(p.Measure, s.sparse.whole, p.Row(i)) }

// From is what gives distances one by one: From takes a query, To the distances of points from it.
type From interface {
	From(s *Search, q []float64)
	To(s *Search, i int) float64
}

// GivenRow writes out a row of distances of which CSR keeps some: those that are not stored are beyond reach.
func GivenRow(x rows.Rows, i int, e *rows.Entries, buf []float64) []float64 {
	if !x.Sparse() {
		return x.Row(i, buf)
	}
	for j := range buf {
		buf[j] = math.Inf(1)
	}
	cols, vals := x.NZ(i, e)
	for k, j := range cols {
		buf[j] = vals[k]
	}
	return buf
}
