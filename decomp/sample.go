package decomp

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// sample is the rows of positive weight of a table, wherever they are stored.
type sample struct {
	x     rows.Rows
	n, p  int
	from  []int     // nil: all
	w     []float64 // nil: all 1
	total float64   // of the weights
}

func newSample(t ml.Table) *sample {
	s := &sample{x: rows.Of(t.X)}
	s.n, s.p = s.x.Dims()
	s.total = float64(s.n)
	if t.Weight == nil {
		return s
	}
	s.total, s.n = 0, 0
	for i, w := range t.Weight {
		if w > 0 {
			s.from, s.w = append(s.from, i), append(s.w, w)
			s.total += w
			s.n++
		}
	}
	return s
}

// at is the row of the table that row i of the sample is.
func (s *sample) at(i int) int {
	if s.from == nil {
		return i
	}
	return s.from[i]
}

func (s *sample) weight(i int) float64 {
	if s.w == nil {
		return 1
	}
	return s.w[i]
}

// slice is rows lo to hi of the sample.
func (s *sample) slice(lo, hi int) *sample {
	part := &sample{x: s.x, n: hi - lo, p: s.p, total: float64(hi - lo)}
	if s.w != nil {
		part.w, part.from, part.total = s.w[lo:hi], s.from[lo:hi], 0
		for _, w := range part.w {
			part.total += w
		}
		return part
	}
	part.from = make([]int, hi-lo)
	for i := range part.from {
		part.from[i] = lo + i
	}
	return part
}

// blockRows is how many rows are worked on at a time: a few hundred kilobytes of them.
func blockRows(p int) int { return min(max(1<<16/max(p, 1), 16), 1024) }

// means are the weighted means of the columns.
func (s *sample) means() []float64 {
	block := blockRows(s.p)
	sum := par.Reduce(s.n, 8*block, func(_, lo, hi int) []float64 {
		sum := make([]float64, s.p)
		for i := lo; i < hi; i++ {
			s.x.AddTo(sum, s.weight(i), s.at(i))
		}
		return sum
	}, func(a, b []float64) []float64 {
		for j, v := range b {
			a[j] += v
		}
		return a
	})
	for j := range sum {
		sum[j] /= s.total
	}
	if s.x.Sparse() {
		return sum
	}
	// A second pass takes off what rounding has left: columns may be far from 0.
	rest := par.Reduce(s.n, 8*block, func(_, lo, hi int) []float64 {
		rest, buf := make([]float64, s.p), make([]float64, s.p)
		for i := lo; i < hi; i++ {
			w := s.weight(i)
			for j, v := range s.x.Row(s.at(i), buf) {
				rest[j] += float64(w * (v - sum[j]))
			}
		}
		return rest
	}, func(a, b []float64) []float64 {
		for j, v := range b {
			a[j] += v
		}
		return a
	})
	for j, v := range rest {
		sum[j] += v / s.total
	}
	return sum
}

// centred writes rows lo to hi, less the means (nil: as they are) and times the root of their weights, to dst.
func (s *sample) centred(dst, mean []float64, lo, hi int) {
	for i := lo; i < hi; i++ {
		to := dst[(i-lo)*s.p : (i-lo+1)*s.p]
		row := s.x.Row(s.at(i), to)
		w := 1.0
		if s.w != nil {
			w = math.Sqrt(s.w[i])
		}
		switch {
		case mean == nil && w == 1:
			copy(to, row)
		case mean == nil:
			for j, v := range row {
				to[j] = w * v
			}
		case w == 1:
			for j, v := range row {
				to[j] = v - mean[j]
			}
		default:
			for j, v := range row {
				to[j] = w * (v - mean[j])
			}
		}
	}
}

// matrix is all rows, centred and weighted as in centred.
func (s *sample) matrix(mean []float64) []float64 {
	x := make([]float64, s.n*s.p)
	par.For(s.n, s.p, func(lo, hi int) { s.centred(x[lo*s.p:hi*s.p], mean, lo, hi) })
	return x
}

// gram is the weighted sum of the products of centred columns (mean nil: of the columns), p x p and whole.
func (s *sample) gram(mean []float64) []float64 {
	var g []float64
	if s.x.Sparse() {
		g = s.sparseGram(mean)
	} else {
		block := blockRows(s.p)
		g = par.Reduce(s.n, gramRows(s.n, s.p), func(_, lo, hi int) []float64 {
			g, x := make([]float64, s.p*s.p), make([]float64, min(block, hi-lo)*s.p)
			for at := lo; at < hi; at += block {
				end := min(at+block, hi)
				s.centred(x, mean, at, end)
				linalg.AddGram(g, x, end-at, s.p, s.p)
			}
			return g
		}, addTo)
	}
	mirrorUpper(g, s.p)
	return g
}

// covariances is gram of dense rows with their means, which it returns too, in one pass: products are taken of rows less the mean of the first ones, and what that mean is off by is put right. Where the first rows are far from the others, means
// come first.
func (s *sample) covariances() (g, mean []float64) {
	block := 128
	first := *s
	first.n = min(s.n, 8*block)
	if first.w == nil {
		first.total = float64(first.n)
	} else {
		first.total = 0
		for _, w := range first.w[:first.n] {
			first.total += w
		}
	}
	shift := first.means()
	type part struct{ g, sum []float64 }
	all := par.Reduce(s.n, gramRows(s.n, s.p), func(_, lo, hi int) part {
		p := part{make([]float64, s.p*s.p), make([]float64, s.p)}
		x, panels := make([]float64, min(block, hi-lo)*s.p), make([]float64, min(block, hi-lo)*s.p)
		for at := lo; at < hi; at += block {
			end := min(at+block, hi)
			s.centred(x, shift, at, end)
			for i := range end - at {
				kern.Axpy(math.Sqrt(s.weight(at+i)), x[i*s.p:(i+1)*s.p], p.sum)
			}
			addPanels(p.g, x, panels, end-at, s.p)
		}
		return p
	}, func(a, b part) part {
		addTo(a.g, b.g)
		addTo(a.sum, b.sum)
		return a
	})
	g, mean = all.g, all.sum
	for j := range mean {
		mean[j] /= s.total
	}
	for i, a := range mean {
		for j := i; j < s.p; j++ {
			g[i*s.p+j] -= float64(s.total * a * mean[j])
		}
		if float64(s.total*a*a) > 100*math.Abs(g[i*s.p+i]) { // two digits are the most to lose
			mean = s.means()
			return s.gram(mean), mean
		}
	}
	for j, v := range shift {
		mean[j] += v
	}
	mirrorUpper(g, s.p)
	return g, mean
}

// addPanels adds the upper half of the products of x's columns to g. Columns are copied side by side for that, 64 at a time: rows of hundreds of columns lie on pages of their own, more than the processor has at hand.
func addPanels(g, x, panels []float64, n, p int) {
	const width = 64
	for lo := 0; lo < p; lo += width {
		w := min(width, p-lo)
		for i := range n {
			copy(panels[lo*n+i*w:lo*n+(i+1)*w], x[i*p+lo:])
		}
	}
	for lo := 0; lo < p; lo += width {
		w := min(width, p-lo)
		for right := lo; right < p; right += width {
			v := min(width, p-right)
			kern.Gemm(true, false, w, v, n, 1, panels[lo*n:], w, panels[right*n:], v, 1, g[lo*p+right:], p)
		}
	}
}

// gramRows is how many rows make one part of a sum of products: few parts, since each has a matrix of its own.
func gramRows(n, p int) int { return max((n+7)/8, 4*blockRows(p), p/4) }

func addTo(a, b []float64) []float64 {
	for i, v := range b {
		a[i] += v
	}
	return a
}

// sparseGram sums products of what is stored, and takes off those of the means at once.
func (s *sample) sparseGram(mean []float64) []float64 {
	g := par.Reduce(s.n, gramRows(s.n, s.p), func(_, lo, hi int) []float64 {
		g := make([]float64, s.p*s.p)
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			cols, vals := s.x.NZ(s.at(i), &buf)
			w := s.weight(i)
			for a, j := range cols {
				row, v := g[int(j)*s.p:], w*vals[a]
				for b := a; b < len(cols); b++ {
					row[cols[b]] += float64(v * vals[b])
				}
			}
		}
		return g
	}, addTo)
	if mean != nil {
		for i := range s.p {
			for j := i; j < s.p; j++ {
				g[i*s.p+j] -= float64(s.total * mean[i] * mean[j])
			}
		}
	}
	return g
}

// outer is the products of centred and weighted rows with each other, n x n.
func (s *sample) outer(mean []float64) []float64 {
	n := s.n
	k := make([]float64, n*n)
	if !s.x.Sparse() {
		linalg.OuterGram(k, s.matrix(mean), n, s.p)
		mirrorUpper(k, n)
		return k
	}
	square := 0.0
	for _, m := range mean {
		square += float64(m * m)
	}
	along := make([]float64, n) // of each row and the means
	for i := range along {
		along[i] = s.x.Dot(s.at(i), mean)
	}
	par.For(n, 1+n*s.perRow()/2, func(lo, hi int) {
		row := make([]float64, s.p)
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			cols, vals := s.x.NZ(s.at(i), &buf)
			for a, j := range cols {
				row[j] = vals[a]
			}
			for j := i; j < n; j++ {
				v := s.x.Dot(s.at(j), row) - along[i] - along[j] + square
				k[i*n+j] = v * math.Sqrt(s.weight(i)*s.weight(j))
			}
			for _, j := range cols {
				row[j] = 0
			}
		}
	})
	mirrorUpper(k, n)
	return k
}

// mirrorUpper copies the upper half of a square matrix, which products write, to the lower.
func mirrorUpper(a []float64, n int) {
	for i := range n {
		for j := range i {
			a[i*n+j] = a[j*n+i]
		}
	}
}

// perRow is about how many numbers of a row are not zero.
func (s *sample) perRow() int {
	if !s.x.Sparse() {
		return s.p
	}
	return s.x.NNZ() / max(s.x.Len(), 1)
}

// spread is the operator, dense where the rows are.
func (s *sample) spread(mean []float64) linalg.Operator {
	if s.x.Sparse() {
		return operator{s, mean, s.byColumn()}
	}
	return linalg.Dense{Rows: s.n, Cols: s.p, Stride: s.p, Data: s.matrix(mean)}
}
