package near

import (
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// many is the questions that a Brute with a filter is asked together. Whoever looks through the points in single precision, what is near enough to matter is measured in
// double, so the answers are the same.
type many struct {
	b    *Brute
	x    rows.Rows
	k    int
	each func(i int, found []Neighbor)
}

// Dims implements compute.NearestTask.
func (t *many) Dims() (queries, points, columns int) { return t.x.Len(), t.b.points.N, t.b.points.D }

// Wanted leaves room for what rounding may have misjudged.
func (t *many) Wanted() int { return min(2*t.k+8, t.b.points.N) }

// Points writes rounded points.
func (t *many) Points(dst []float32, lo, hi int) {
	t.b.filter.roundMany(dst, rows.Of(tensor.FromSlice(t.b.points.X, t.b.points.N, t.b.points.D)), lo, hi)
}

// Queries writes rounded queries.
func (t *many) Queries(dst []float32, lo, hi int) { t.b.filter.roundMany(dst, t.x, lo, hi) }

// roundMany rounds rows lo to hi-1 of x.
func (f *filter) roundMany(dst []float32, x rows.Rows, lo, hi int) {
	d := f.d
	par.For(hi-lo, 2*d, func(from, to int) {
		buf := make([]float64, d)
		for i := from; i < to; i++ {
			f.round(dst[i*d:(i+1)*d], x.Row(lo+i, buf))
		}
	})
}

// Take answers some queries by the candidates that were found for them.
func (t *many) Take(first int, found []compute.Candidates) {
	par.For(len(found), 200*t.k, func(lo, hi int) {
		s := t.b.borrow()
		defer t.b.spare.Put(s)
		buf := make([]float64, t.b.points.D)
		for i := lo; i < hi; i++ {
			t.each(first+i, t.b.among(s, t.x.Row(first+i, buf), t.k, found[i]))
		}
	})
}

// among finds the k nearest among candidates, or among all points if one that may be nearer need not be a candidate.
func (b *Brute) among(s *Search, q []float64, k int, c compute.Candidates) []Neighbor {
	f, list := b.filter, &s.single.lists[0]
	s.single.rows[0] = q
	f.begin(&s.single, 1, k)
	if list.limit < 0 || len(c.Squares) < k {
		return b.Nearest(s, q, k)
	}
	s.single.values = append(s.single.values[:0], c.Squares...)
	list.limit = f.limit(&s.single, 0, f.gamma(), kern.NthElement(s.single.values, k-1))
	if !(list.limit < c.Bound) {
		return b.Nearest(s, q, k)
	}
	for i, v := range c.Squares {
		if v <= list.limit {
			list.list = append(list.list, kern.Neighbor[float32]{Value: v, Index: int(c.Index[i])})
		}
	}
	b.settle(s, 0, k)
	return s.found
}

// Kept implements compute.NearestTask.
func (t *many) Kept() *compute.Kept { return &t.b.kept }
