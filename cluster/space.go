package cluster

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// space is the rows that k-means works on: those of positive weight.
type space struct {
	table   tensor.Matrix // what x reads
	x       rows.Rows
	n, d    int
	weight  []float64 // nil: all 1
	near    *near.Assigner
	bounded *near.Bounded // in the place of near, for some algorithms
	square  []float64     // of the length of each row, if they are sparse
}

func newSpace(t ml.Table) *space {
	x, weight := t.X, t.Weight
	if weight != nil {
		var kept []int
		var w []float64
		for i, v := range weight {
			if v > 0 {
				kept, w = append(kept, i), append(w, v)
			}
		}
		if weight = w; len(kept) < len(t.Weight) {
			x = rows.Select(x, kept)
		}
	}
	s := &space{table: x, x: rows.Of(x), weight: weight}
	s.n, s.d = s.x.Dims()
	return s
}

// points are the rows where they lie, if they lie together, and else a copy; nothing writes to them.
func (s *space) points() near.Points { return (&sought{x: s.x}).points() }

// open prepares the search for centres.
func (s *space) open(bounds bool) {
	if !s.x.Sparse() {
		s.near = near.NewAssigner(s.x, bounds)
		return
	}
	s.square = make([]float64, s.n)
	par.For(s.n, 50, func(lo, hi int) {
		var e rows.Entries
		for i := lo; i < hi; i++ {
			_, v := s.x.NZ(i, &e)
			for _, v := range v {
				s.square[i] += float64(v * v)
			}
		}
	})
}

func (s *space) w(i int) float64 {
	if s.weight == nil {
		return 1
	}
	return s.weight[i]
}

// assign gives every row the label of its nearest centre and returns how many changed.
func (s *space) assign(label []int32, centres []float64, k int) int {
	if s.bounded != nil {
		return s.bounded.Assign(label, centres, k)
	}
	if s.near != nil {
		return s.near.Assign(label, centres, k)
	}
	half := make([]float64, k) // |c|²/2: the nearest centre has the least |c|²/2 - x·c
	for c := range k {
		for _, v := range centres[c*s.d : (c+1)*s.d] {
			half[c] += float64(v*v) / 2
		}
	}
	return par.Reduce(s.n, max(64, (s.n+63)/64), func(_, lo, hi int) int {
		changed := 0
		for i := lo; i < hi; i++ {
			best, least := 0, math.Inf(1)
			for c := range k {
				if v := half[c] - s.x.Dot(i, centres[c*s.d:(c+1)*s.d]); v < least {
					best, least = c, v
				}
			}
			if label[i] != int32(best) {
				label[i] = int32(best)
				changed++
			}
		}
		return changed
	}, func(a, b int) int { return a + b })
}

// distances are the squares of each row's distance from its centre.
func (s *space) distances(label []int32, centres []float64) []float64 {
	out := make([]float64, s.n)
	par.For(s.n, s.d, func(lo, hi int) {
		buf := make([]float64, s.d)
		for i := lo; i < hi; i++ {
			out[i] = s.toCentre(i, centres[int(label[i])*s.d:(int(label[i])+1)*s.d], buf)
		}
	})
	return out
}

// toCentre is the squared distance of row i from a point.
func (s *space) toCentre(i int, centre, buf []float64) float64 {
	if s.x.Sparse() {
		square := 0.0
		for _, v := range centre {
			square += float64(v * v)
		}
		return max(s.square[i]-2*s.x.Dot(i, centre)+square, 0)
	}
	return kern.SqDist(s.x.Row(i, buf), centre)
}

// inertia is the weighted sum of the squared distances.
func (s *space) inertia(label []int32, centres []float64) float64 {
	away := s.distances(label, centres)
	return par.Reduce(s.n, 4096, func(_, lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			sum += float64(s.w(i) * away[i])
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}

// variance is the mean of the weighted variances of the columns.
func (s *space) variance() float64 {
	total := 0.0
	for i := range s.n {
		total += s.w(i)
	}
	add := func(a, b []float64) []float64 {
		kern.Add(a, a, b)
		return a
	}
	mean := par.Reduce(s.n, max(2048, (s.n+63)/64), func(_, lo, hi int) []float64 {
		sum := make([]float64, s.d)
		for i := lo; i < hi; i++ {
			s.x.AddTo(sum, s.w(i)/total, i)
		}
		return sum
	}, add)
	squares := par.Reduce(s.n, max(2048, (s.n+63)/64), func(_, lo, hi int) float64 {
		buf, sum := make([]float64, s.d), 0.0
		for i := lo; i < hi; i++ {
			sum += float64(s.w(i) / total * s.toCentre(i, mean, buf))
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
	return squares / float64(s.d)
}

// rowsOf are the numbers of some rows.
func (s *space) rowsOf(at []int) []float64 {
	out := make([]float64, len(at)*s.d)
	buf := make([]float64, s.d)
	for c, i := range at {
		copy(out[c*s.d:], s.x.Row(i, buf))
	}
	return out
}

// toRows writes the squared distances of every row to some rows, len(at) x n, in whatever unit.
func (s *space) toRows(dst []float32, at []int) {
	if s.near != nil && s.near.ToRows(dst, at) {
		return
	}
	points := s.rowsOf(at)
	scale := 1.0 // doubles beyond single precision are brought within it by the largest
	exact := make([]float64, len(dst))
	par.For(s.n, s.d*len(at), func(lo, hi int) {
		buf := make([]float64, s.d)
		for i := lo; i < hi; i++ {
			for c := range at {
				exact[c*s.n+i] = s.toCentre(i, points[c*s.d:(c+1)*s.d], buf)
			}
		}
	})
	if top := kern.Max(exact); top > 1e30 || top > 0 && top < 1e-30 {
		scale = 1 / top
	}
	for i, v := range exact {
		dst[i] = float32(v * scale)
	}
}

// plusPlus draws the first centres: each is the best of 2 + log k rows that are drawn by weight and squared distance from those before.
func (s *space) plusPlus(r *rand.Rand, k int) []float64 {
	tries := 2 + int(math.Log(float64(k)))
	chosen := []int{s.drawOne(r)}
	all := make([]float32, s.n*(1+tries)) // distances from the nearest centre so far, and behind them from each candidate
	closest, dst := all[:s.n], all[s.n:]
	s.toRows(closest, chosen)
	for len(chosen) < k {
		candidates := s.draw(r, closest, tries)
		if candidates == nil { // every row is a centre: any other will do
			chosen = append(chosen, s.unlike(r, chosen))
			continue
		}
		s.toRows(dst, candidates)
		left := par.Reduce(s.n, max(4096, (s.n+63)/64), func(_, lo, hi int) []float64 {
			sum := make([]float64, tries)
			if s.weight != nil {
				for t := range tries {
					sum[t] = s.sumOfLeast(closest[lo:hi], dst[t*s.n+lo:t*s.n+hi], lo)
				}
				return sum
			}
			const some = 512
			var least, second [some]float32
			var at [some]int32
			for ; lo < hi; lo += some {
				n := min(some, hi-lo)
				for t := range tries {
					kern.LeastTwo(2, n, all[lo:], (t+1)*s.n, least[:n], second[:n], at[:n])
					sum[t] += float64(kern.Sum(least[:n]))
				}
			}
			return sum
		}, func(a, b []float64) []float64 {
			kern.Add(a, a, b)
			return a
		})
		best := kern.ArgMin(left)
		from := dst[best*s.n : (best+1)*s.n]
		par.For(s.n, 1, func(lo, hi int) {
			for i, v := range from[lo:hi] {
				if v < closest[lo+i] {
					closest[lo+i] = v
				}
			}
		})
		chosen = append(chosen, candidates[best])
	}
	return s.rowsOf(chosen)
}

// scalable draws many rows in a few rounds, and chooses among them.
func (s *space) scalable(r *rand.Rand, k int) []float64 {
	const rounds = 5
	chosen := []int{s.drawOne(r)}
	closest := make([]float32, s.n)
	s.toRows(closest, chosen)
	taken := map[int]bool{chosen[0]: true}
	for range rounds {
		cost := s.sumOfLeast(closest, closest, 0)
		if !(cost > 0 && cost <= math.MaxFloat64) {
			break
		}
		var fresh []int
		for i, v := range closest {
			if p := 2 * float64(k) * s.w(i) * float64(v) / cost; r.Float64() < p && !taken[i] {
				taken[i] = true
				fresh = append(fresh, i)
			}
		}
		const many = 16 // distances held at a time
		dst := make([]float32, min(many, len(fresh))*s.n)
		for lo := 0; lo < len(fresh); lo += many {
			at := fresh[lo:min(lo+many, len(fresh))]
			s.toRows(dst[:len(at)*s.n], at)
			for c := range at {
				for i, v := range dst[c*s.n : (c+1)*s.n] {
					closest[i] = min(closest[i], v)
				}
			}
		}
		chosen = append(chosen, fresh...)
	}
	for len(chosen) < k {
		chosen = append(chosen, s.unlike(r, chosen))
	}
	few := s.part(chosen, false)
	label := make([]int32, s.n)
	s.assignOnce(label, few.rowsOf(upTo(len(chosen))), len(chosen))
	few.weight = make([]float64, len(chosen))
	for i, c := range label {
		few.weight[c] += s.w(i)
	}
	var kept []int // a row may be like another one
	for c, w := range few.weight {
		if w > 0 {
			kept = append(kept, c)
		}
	}
	if len(kept) >= k {
		few = few.part(kept, true)
	}
	few.open(false)
	return few.plusPlus(r, k)
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// drawOne draws a row by weight.
func (s *space) drawOne(r *rand.Rand) int {
	total := 0.0
	for i := range s.n {
		total += s.w(i)
	}
	for u, i := r.Float64()*total, 0; i < s.n; i++ {
		if u -= s.w(i); u < 0 {
			return i
		}
	}
	return s.n - 1
}

// sumOfLeast is the weighted sum of the smaller of each two numbers; they belong to the rows from first on. Four sums do not wait for each other.
func (s *space) sumOfLeast(a, b []float32, first int) float64 {
	var sum [4]float64
	b = b[:len(a)]
	least := func(i int) float64 {
		v := a[i]
		if b[i] < v {
			v = b[i]
		}
		return float64(v)
	}
	i := 0
	if s.weight == nil {
		for ; i+4 <= len(a); i += 4 {
			sum[0] += least(i)
			sum[1] += least(i + 1)
			sum[2] += least(i + 2)
			sum[3] += least(i + 3)
		}
	}
	for ; i < len(a); i++ {
		sum[i%4] += float64(s.w(first+i) * least(i))
	}
	return (sum[0] + sum[1]) + (sum[2] + sum[3])
}

// draw draws rows in proportion to weight and squared distance; nil if all are 0.
func (s *space) draw(r *rand.Rand, closest []float32, tries int) []int {
	const chunk = 4096
	parts := make([]float64, par.Chunks(s.n, chunk))
	par.ForChunks(s.n, chunk, func(c, lo, hi int) {
		parts[c] = s.sumOfLeast(closest[lo:hi], closest[lo:hi], lo)
	})
	total := kern.Sum(parts)
	if !(total > 0 && total <= math.MaxFloat64) {
		return nil
	}
	out := make([]int, tries)
	for t := range out {
		u := r.Float64() * total
		c := 0
		for c < len(parts)-1 && u >= parts[c] {
			u -= parts[c]
			c++
		}
		lo, hi := par.Bounds(s.n, len(parts), c)
		out[t] = -1
		for i := lo; i < hi; i++ {
			if closest[i] > 0 {
				out[t] = i
				if u -= float64(s.w(i) * float64(closest[i])); u < 0 {
					break
				}
			}
		}
		if out[t] < 0 { // rounding led to a chunk of centres
			out[t] = kern.ArgMax(closest)
		}
	}
	return out
}

// unlike draws a row that is none of those chosen.
func (s *space) unlike(r *rand.Rand, chosen []int) int {
	taken := map[int]bool{}
	for _, i := range chosen {
		taken[i] = true
	}
	for _, i := range rng.Perm(r, s.n) {
		if !taken[i] {
			return i
		}
	}
	return chosen[0]
}
