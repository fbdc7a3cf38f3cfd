package near

import (
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Brute looks at every point. Euclidean distances are looked through in single precision first: what its rounding may have misjudged, which is little more than what
// is asked for, is then measured in double.
type Brute struct {
	measure Measure
	points  Points
	filter  *filter   // nil: every distance is measured in double
	spare   sync.Pool // of *Search, for many queries
	kept    compute.Kept
}

// NewBrute keeps p.
func NewBrute(p Points, m Measure) *Brute {
	b := &Brute{measure: m, points: p}
	if m == (Norm{P: 2}) && p.N >= 512 && p.D > 0 {
		b.filter = newFilter(p)
	}
	return b
}

// Nearest implements Index.
func (b *Brute) Nearest(s *Search, q []float64, k int) []Neighbor {
	k = min(k, b.points.N)
	s.found = s.found[:0]
	if k == 0 {
		return nil
	}
	if b.filter == nil {
		b.decide(s, q, k, nil, true)
		return s.found
	}
	s.single.rows[0] = q
	b.filter.run(&s.single, 1, k, b.filter.parts)
	b.settle(s, 0, k)
	return s.found
}

// settle decides among what the filter left of query i of a strip.
func (b *Brute) settle(s *Search, i, k int) {
	c := &s.single.lists[i]
	b.decide(s, s.single.rows[i], k, c.list, c.limit < 0)
}

// decide measures the candidates, or all points, and keeps the k nearest.
func (b *Brute) decide(s *Search, q []float64, k int, candidates []kern.Neighbor[float32], all bool) {
	s.found = s.found[:0]
	if all {
		for i := range b.points.N {
			s.offer(k, Neighbor{Value: b.measure.between(q, b.points.Row(i)), Index: i})
		}
	} else {
		for _, c := range candidates {
			s.offer(k, Neighbor{Value: b.measure.between(q, b.points.Row(c.Index)), Index: c.Index})
		}
	}
	finish(b.measure, s.found)
}

// borrow is the memory of a search: to clear that of a strip takes as long as some queries.
func (b *Brute) borrow() *Search {
	if s, ok := b.spare.Get().(*Search); ok {
		return s
	}
	return new(Search)
}

// strip is how many queries look through the points together.
const strip = kern.SieveQueries

// each answers for many queries.
func (b *Brute) each(x rows.Rows, k int, each func(i int, found []Neighbor)) {
	compute.Nearest(&many{b: b, x: x, k: min(k, b.points.N), each: each})
}

// Host answers queries, a strip of them at a time.
func (t *many) Host(from, to int) {
	b, x, k, each := t.b, t.x, t.k, t.each
	n := to - from
	par.For((n+strip-1)/strip, strip*b.points.N*(1+b.points.D/32), func(lo, hi int) {
		s := b.borrow()
		defer b.spare.Put(s)
		buf := make([]float64, strip*x.Cols())
		for first := from + lo*strip; first < min(from+hi*strip, to); first += strip {
			m := min(strip, to-first)
			for i := range m {
				s.single.rows[i] = x.Row(first+i, buf[i*x.Cols():(i+1)*x.Cols()])
			}
			if b.filter.sieve == nil || !b.sieve(s, m, k, func(i int, found []Neighbor) { each(first+i, found) }) {
				b.filter.run(&s.single, m, k, b.filter.parts)
				for i := range m {
					b.settle(s, i, k)
					each(first+i, s.found)
				}
			}
		}
	})
}

// A filter is the points in single precision, moved and scaled so that no number exceeds 1, in parts that fit in the cache with the distances to them.
type filter struct {
	d       int
	mean    []float64
	scale   float64
	affine  *kern.Affine // x - mean, scaled; nil without columns
	parts   []*kern.Points[float32]
	first   []int                   // index of the first point of each part
	longest float64                 // largest norm of a point
	sieve   *kern.Sieve             // for many queries at once; nil where it would not be faster
	head    []*kern.Points[float32] // the first points, from which on it is used
}

const (
	partPoints = 2048
	headPoints = 512
)

func newFilter(p Points) *filter {
	f := scaleOf(rows.Of(tensor.FromSlice(p.X, p.N, p.D)))
	if f == nil {
		return nil
	}
	norms := make([]float64, p.N)
	rounded := make([]float32, p.N*p.D)
	par.For(p.N, 2*p.D, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			norms[i] = f.round(rounded[i*p.D:(i+1)*p.D], p.Row(i))
		}
	})
	f.longest = slices.Max(norms)
	if p.N > partPoints && kern.SieveFast() {
		half := make([]float32, p.N)
		for i, v := range norms {
			half[i] = float32(-v * v / 2)
		}
		f.sieve = kern.NewSieve(p.N, p.D, rounded, p.D, half)
		f.head = []*kern.Points[float32]{kern.NewPoints(headPoints, p.D, rounded, p.D)}
	}
	for at := 0; at < p.N; at += partPoints {
		f.parts = append(f.parts, kern.NewPoints(min(partPoints, p.N-at), p.D, rounded[at*p.D:], p.D))
		f.first = append(f.first, at)
	}
	return f
}

// scaleOf finds how rows are moved and scaled; nil where their squares are beyond double precision.
func scaleOf(x rows.Rows) *filter {
	n, d := x.Dims()
	f := &filter{d: d}
	f.mean = par.Reduce(n, 1024, func(_, lo, hi int) []float64 {
		sum := make([]float64, d)
		for i := lo; i < hi; i++ {
			x.AddTo(sum, 1/float64(n), i)
		}
		return sum
	}, func(a, b []float64) []float64 {
		kern.Add(a, a, b)
		return a
	})
	far := par.Reduce(n, 1024, func(_, lo, hi int) float64 {
		buf, far := make([]float64, d), 0.0
		for i := lo; i < hi; i++ {
			for j, v := range x.Row(i, buf) {
				far = max(far, math.Abs(v-f.mean[j]))
			}
		}
		return far
	}, func(a, b float64) float64 { return max(a, b) })
	if far != 0 && !(far >= 1e-130 && far <= 1e150) {
		return nil // squares of doubles underflow or overflow, which single precision does not see once it is scaled
	}
	if f.mean == nil { // of no rows
		f.mean = make([]float64, d)
	}
	_, exponent := math.Frexp(far)
	f.scale = math.Ldexp(1, -exponent)
	if d > 0 {
		inverse, none := make([]float64, d), make([]float64, d)
		for j := range inverse {
			inverse[j], none[j] = math.Ldexp(1, exponent), math.Copysign(0, -1) // to divide by a power of two is to multiply
		}
		f.affine = kern.NewAffine(f.mean, inverse, none, math.Inf(-1), math.Inf(1))
	}
	return f
}

// round moves, scales and rounds a point, and returns its norm.
func (f *filter) round(dst []float32, x []float64) float64 {
	sum := 0.0
	for j, v := range x {
		z := (v - f.mean[j]) * f.scale
		dst[j] = float32(z)
		sum += float64(z * z)
	}
	return math.Sqrt(sum)
}

// roundRows is round for rows that lie one behind another; moved is memory for them.
func (f *filter) roundRows(dst []float32, norms, x, moved []float64) {
	if f.affine == nil || len(norms) == 0 || f.d == 0 {
		clear(norms)
		return
	}
	f.affine.Apply(moved, x, false)
	kern.RowSizes(kern.RowSquares, norms, moved, f.d)
	kern.Sqrt(norms, norms)
	dst = dst[:len(moved)]
	for i, v := range moved {
		dst[i] = float32(v)
	}
}

// single is the memory of a strip.
type single struct {
	rows    [strip][]float64
	queries []float32
	dists   []float32
	norms   []float64
	lists   [strip]candidates
	values  []float32
	sieved  sieved
}

// candidates are the points that may be among the k nearest of a query.
type candidates struct {
	list  []kern.Neighbor[float32]
	limit float32 // of squares that are still of interest
	most  int     // length at which the list is looked through
}

// gamma bounds the relative error of a square.
func (f *filter) gamma() float64 { return float64(f.d+4) / (1 << 24) }

// begin rounds the first m rows of s and empties their lists. A limit below 0 says that single precision cannot tell.
func (f *filter) begin(s *single, m, k int) {
	f.room(s, m)
	const within = 1e15 // squares of sums of such numbers are far from the end of single precision
	for i := range m {
		s.norms[i] = f.round(s.queries[i*f.d:(i+1)*f.d], s.rows[i])
		s.lists[i].list = s.lists[i].list[:0]
		s.lists[i].limit = float32(math.Inf(1))
		s.lists[i].most = 2*k + 8
		if !(s.norms[i] < within && f.gamma() < 0.25) {
			s.lists[i].limit = -1
		}
	}
}

// room lends memory for m rows.
func (f *filter) room(s *single, m int) {
	if s.dists == nil {
		s.queries, s.dists, s.norms = make([]float32, strip*f.d), make([]float32, strip*partPoints), make([]float64, strip)
	}
	s.queries, s.norms = s.queries[:m*f.d], s.norms[:m]
}

// run looks for the k nearest of the first m rows of s among parts of the points, from the first on, and leaves the candidates in its lists; a limit below 0 says that single precision could
// not tell, and every point is one.
func (f *filter) run(s *single, m, k int, parts []*kern.Points[float32]) {
	f.begin(s, m, k)
	gamma := f.gamma()
	for p, part := range parts {
		n, _ := part.Dims()
		part.SqDists(m, s.queries, f.d, s.dists, partPoints)
		for i := range m {
			if s.lists[i].limit >= 0 {
				f.sift(s, i, k, gamma, s.dists[i*partPoints:i*partPoints+n], f.first[p])
			}
		}
	}
	for i := range m {
		if s.lists[i].limit >= 0 {
			f.tighten(s, i, k, gamma)
		}
	}
}

// sift adds the points of a part that may be near enough.
func (f *filter) sift(s *single, i, k int, gamma float64, dists []float32, first int) {
	c := &s.lists[i]
	const small = headPoints / 32 // points: a call of the kernel takes as long for fewer
	block := 128
	if len(dists) <= headPoints { // enough blocks to have a first limit
		block = small
	}
	var least [partPoints / small]float32
	blocks := 0
	for at := 0; at < len(dists); at += block {
		least[blocks] = kern.Min(dists[at:min(at+block, len(dists))])
		blocks++
	}
	if len(c.list) == 0 && blocks > k {
		// So many blocks have a point that is as near as that.
		s.values = append(s.values[:0], least[:blocks]...)
		c.limit = f.limit(s, i, gamma, kern.NthElement(s.values, k-1))
	}
	for b, l := range least[:blocks] {
		if l > c.limit {
			continue
		}
		at := b * block
		for j, v := range dists[at:min(at+block, len(dists))] {
			if v <= c.limit {
				c.list = append(c.list, kern.Neighbor[float32]{Value: v, Index: first + at + j})
			}
		}
		if len(c.list) >= c.most {
			f.tighten(s, i, k, gamma)
			c.most = max(2*k+8, 2*len(c.list))
		}
	}
}

// tighten brings the limit down to what the k-th smallest square allows, and drops what is above it.
func (f *filter) tighten(s *single, i, k int, gamma float64) {
	c := &s.lists[i]
	if len(c.list) <= k {
		return
	}
	s.values = s.values[:0]
	for _, n := range c.list {
		s.values = append(s.values, n.Value)
	}
	c.limit = f.limit(s, i, gamma, kern.NthElement(s.values, k-1))
	c.list = slices.DeleteFunc(c.list, func(n kern.Neighbor[float32]) bool { return n.Value > c.limit })
}

// limit is the square up to which a point may be among the k nearest of query i, if k points have squares of kth or less.
//
// With u = 2^-24, points are rounded by at most u times their norm, and squares are summed with a relative error of gamma = (d+4)u at most. So k points lie within
// U = sqrt(kth/(1-gamma)) + e, where e = u(|query| + longest norm) and a trace for underflow; and a point within U has a square of at most (1+gamma)(U+e)^2.
func (f *filter) limit(s *single, i int, gamma float64, kth float32) float32 {
	e := 1.01/(1<<24)*(s.norms[i]+f.longest) + 1e-20
	u := math.Sqrt(float64(kth)/(1-gamma)) + 2*e
	return math.Nextafter32(float32((1+gamma)*u*u), float32(math.Inf(1)))
}
