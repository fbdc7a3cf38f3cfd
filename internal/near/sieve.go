package near

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// sieved is the memory of a strip that goes through the sieve.
type sieved struct {
	near   []Search // what each query has found so far, by doubles
	limit  [strip]float32
	passed [strip]int
	room   kern.SieveRoom
	out    []passer
}

// passer is a point that came out of the sieve for a query.
type passer struct{ query, point int32 }

func (v *sieved) ready() {
	if v.near == nil {
		v.near = make([]Search, strip)
	}
}

// gate is the product, less half the square of the point, below which a point is farther from query i than the root of form, a squared distance: -inf where form is.
//
// Of a query x and a point y, moved and scaled, |x-y|² <= D says x·y - |y|²/2 >= (|x|²-D)/2. With u = 2^-24, the numbers are rounded by u of themselves, |y|²/2 by another u, and the sum of d+1
// products errs by (d+2)u times the sum of their sizes, which is no more than |x||y| + |y|²/2.
func (f *filter) gate(s *single, i int, form float64) float32 {
	if math.IsInf(form, 1) {
		return float32(math.Inf(-1))
	}
	size := s.norms[i]
	scaled := form * f.scale * f.scale * (1 + 1e-9)
	e := 1.1 / (1 << 24) * float64(f.d+8) * (size*f.longest + f.longest*f.longest/2)
	return math.Nextafter32(float32((size*size*(1-1e-12)-scaled)/2-e-1e-30), float32(math.Inf(-1)))
}

// ready rounds the first m rows of s; false where single precision is not up to them.
func (f *filter) ready(s *single, m int) bool {
	f.room(s, m)
	s.sieved.ready()
	if f.d > 1<<16 || !(f.longest < 1e15) {
		return false
	}
	for i := range m {
		if s.norms[i] = f.round(s.queries[i*f.d:(i+1)*f.d], s.rows[i]); !(s.norms[i] < 1e15) {
			return false
		}
	}
	return true
}

// sieve answers for a strip: the first points give each query k near points, and of all others only those that may be nearer come out of the sieve, to be measured in double at once. It gives up, false, where too many come
// out, because the points lie much closer together than they lie from their mean.
func (b *Brute) sieve(s *Search, m, k int, each func(i int, found []Neighbor)) bool {
	f, v := b.filter, &s.single.sieved
	start, head := headPoints, f.head
	if 16*k > start {
		start, head = partPoints, f.parts[:1]
	}
	if 16*k > start {
		return false
	}
	v.ready()
	f.run(&s.single, m, k, head)
	for i := range m {
		if s.single.lists[i].limit < 0 || !(f.longest < 1e15) || f.d > 1<<16 {
			return false
		}
		list := &v.near[i]
		list.found = list.found[:0]
		for _, c := range s.single.lists[i].list {
			list.offer(k, Neighbor{Value: b.measure.between(s.single.rows[i], b.points.Row(c.Index)), Index: c.Index})
		}
		v.passed[i] = 0
	}
	for at := start; at < b.points.N; at += partPoints {
		end := min(at+partPoints, b.points.N)
		for i := range m {
			v.limit[i] = f.gate(&s.single, i, v.near[i].worst(k))
		}
		b.pass(s, m, at, end)
		for _, p := range v.out {
			v.passed[p.query]++
			v.near[p.query].offer(k, Neighbor{Value: b.measure.between(s.single.rows[p.query], b.points.Row(int(p.point))), Index: int(p.point)})
		}
		for i := range m {
			if v.passed[i] > 4*k+(end+at)/32 {
				return false
			}
		}
	}
	for i := range m {
		finish(b.measure, v.near[i].found)
		each(i, v.near[i].found)
	}
	return true
}

// pass puts the points lo to hi-1 through the sieve, and asks for those that come out to be brought near: they lie anywhere.
func (b *Brute) pass(s *Search, m, lo, hi int) {
	v := &s.single.sieved
	v.out = v.out[:0]
	b.filter.sieve.Find(lo, hi, m, s.single.queries, b.filter.d, v.limit[:m], &v.room, func(query, point int) {
		kern.Prefetch(b.points.Row(point))
		v.out = append(v.out, passer{int32(query), int32(point)})
	})
}

// Within implements Index.
func (b *Brute) Within(s *Search, q []float64, r float64) []Neighbor {
	s.found = s.found[:0]
	if b.filter == nil {
		for i := range b.points.N {
			b.take(s, q, i, r)
		}
		return s.found
	}
	s.single.rows[0] = q
	b.within(s, 1, r)
	s.found = append(s.found, s.single.sieved.near[0].found...)
	return s.found
}

// take keeps a point that is within r.
func (b *Brute) take(s *Search, q []float64, i int, r float64) {
	if d := b.measure.distance(b.measure.between(q, b.points.Row(i))); d <= r {
		s.found = append(s.found, Neighbor{Value: d, Index: i})
	}
}

// within finds all points within r of the first m rows of s, by a filter of single precision.
func (b *Brute) within(s *Search, m int, r float64) {
	f, v := b.filter, &s.single.sieved
	ready := f.ready(&s.single, m)
	for i := range m {
		v.limit[i] = float32(math.Inf(-1))
		if ready {
			v.limit[i] = f.gate(&s.single, i, r*r*(1+1e-9))
		}
		v.near[i].found = v.near[i].found[:0]
	}
	switch {
	case ready && f.sieve != nil && m > 1:
		for at := 0; at < b.points.N; at += partPoints {
			b.pass(s, m, at, min(at+partPoints, b.points.N))
			for _, p := range v.out {
				b.take(&v.near[p.query], s.single.rows[p.query], int(p.point), r)
			}
		}
	default:
		gamma := f.gamma()
		for p, part := range f.parts {
			n, _ := part.Dims()
			part.SqDists(m, s.single.queries, f.d, s.single.dists, partPoints)
			for i := range m {
				limit := float32(math.Inf(1))
				if ready && gamma < 0.25 {
					limit = f.limit(&s.single, i, 0, float32(math.Nextafter(r*r*f.scale*f.scale*(1+1e-6), math.Inf(1))))
					limit = math.Nextafter32(float32(float64(limit)*(1+2*gamma)), float32(math.Inf(1)))
				}
				b.near(&v.near[i], s.single.rows[i], s.single.dists[i*partPoints:i*partPoints+n], f.first[p], limit, r)
			}
		}
	}
}

// near takes those of a part whose squares are not above a limit.
func (b *Brute) near(s *Search, q []float64, dists []float32, first int, limit float32, r float64) {
	const block = 128
	for at := 0; at < len(dists); at += block {
		some := dists[at:min(at+block, len(dists))]
		if kern.Min(some) > limit {
			continue
		}
		for j, v := range some {
			if !(v > limit) {
				b.take(s, q, first+at+j, r)
			}
		}
	}
}

// eachWithin answers for many queries, a strip of them at a time.
func (b *Brute) eachWithin(x rows.Rows, r float64, each func(i int, found []Neighbor)) {
	n := x.Len()
	par.For((n+strip-1)/strip, strip*b.points.N*(1+b.points.D/32), func(lo, hi int) {
		s := b.borrow()
		defer b.spare.Put(s)
		buf := make([]float64, strip*x.Cols())
		for first := lo * strip; first < min(hi*strip, n); first += strip {
			m := min(strip, n-first)
			for i := range m {
				s.single.rows[i] = x.Row(first+i, buf[i*x.Cols():(i+1)*x.Cols()])
			}
			b.within(s, m, r)
			for i := range m {
				each(first+i, s.single.sieved.near[i].found)
			}
		}
	})
}
