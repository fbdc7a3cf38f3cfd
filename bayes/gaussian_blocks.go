package bayes

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// addBlocks adds the moments of rows lo..hi-1 in one pass: sums and squares of what is left of each row after the first row of its class
// has been taken out. The rows of a block are put in order of their classes, so that each class is one run for the kernels. It is false, with
// nothing added, where something is missing or not finite, or where squares about the first rows would lose digits that squares about
// the means keep.
func (m *moments) addBlocks(r rows.Rows, d ml.Dataset[int], lo, hi int) bool {
	const cache = 1 << 12 // numbers of a block, and as many squares: the nearest cache
	length := min(max(cache/m.p, 8), hi-lo)
	block, squares, weights := make([]float64, length*m.p), make([]float64, length*m.p), make([]float64, length)
	sums, scatter, count := make([]float64, m.k*m.p), make([]float64, m.k*m.p), make([]float64, m.k)
	shift, known := make([]float64, m.k*m.p), make([]bool, m.k) // the first rows, negative
	next, buf := make([]int, m.k+1), make([]float64, m.p)
	for ; lo < hi; lo += length {
		end := min(lo+length, hi)
		clear(next)
		for i := lo; i < end; i++ {
			if weight(d, i) > 0 {
				next[d.Y[i]+1]++
			}
		}
		for c := range m.k {
			next[c+1] += next[c]
		}
		for i := lo; i < end; i++ {
			w, c := weight(d, i), d.Y[i]
			if w == 0 {
				continue
			}
			x, from := r.Row(i, buf), shift[c*m.p:(c+1)*m.p]
			if !known[c] {
				known[c] = true
				kern.Scal(-1, from, x)
			}
			at := next[c]
			next[c]++
			weights[at] = w
			kern.Add(block[at*m.p:(at+1)*m.p], x, from)
		}
		n := next[m.k-1]
		kern.Mul(squares[:n*m.p], block[:n*m.p], block[:n*m.p])
		from := 0
		for c := range m.k { // next is where each class ends by now
			to := next[c]
			if to == from {
				continue
			}
			w := weights[from:to]
			kern.Gemv(true, len(w), m.p, 1, block[from*m.p:to*m.p], m.p, w, 1, sums[c*m.p:(c+1)*m.p])
			kern.Gemv(true, len(w), m.p, 1, squares[from*m.p:to*m.p], m.p, w, 1, scatter[c*m.p:(c+1)*m.p])
			if d.Weight == nil {
				count[c] += float64(len(w))
			} else {
				count[c] += kern.Sum(w)
			}
			from = to
		}
	}
	for at, square := range scatter {
		n := count[at/m.p]
		if n == 0 {
			continue
		}
		mean := sums[at] / n
		scatter[at] = square - sums[at]*mean
		const least = 1e-3 // what is left of the squares; NaN and Inf are never more
		if !(scatter[at] >= least*square) || math.IsInf(square, 1) {
			return false
		}
		sums[at] = mean - shift[at]
	}
	for at := range m.seen {
		m.seen[at] = count[at/m.p]
	}
	m.count, m.mean, m.scatter = count, sums, scatter
	return true
}
