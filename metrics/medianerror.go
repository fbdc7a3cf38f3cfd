package metrics

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// MedianAE is the median absolute error, in the units of y; outliers do not move it. Best 0. With weights it is the
// weighted median, the mean of both candidates where one half of the weight lies on either side.
func MedianAE(y, pred []float64, weight ...float64) float64 {
	if !fits(len(y), len(pred), weight) {
		return math.NaN()
	}
	if len(weight) == 0 {
		if v, ok := nearMedian(y, pred); ok {
			return v
		}
	}
	if CheckValues("metrics.MedianAE", y, pred, weight) != nil {
		return math.NaN()
	}
	d := make([]float64, len(y))
	par.For(len(y), 1, func(lo, hi int) { distances(y[lo:hi], pred[lo:hi], d[lo:hi]) })
	if len(weight) == 0 {
		return medianOfSizes(d)
	}
	return quantile(d, weight, 0.5)
}

// nearMedian finds the median of |y-pred| with one look at all rows, which keeps the few between two bounds that a sample gives. It does not
// answer for few rows, where an error is not finite, or where the median lies outside the bounds.
func nearMedian(y, pred []float64) (float64, bool) {
	const (
		sample = 1 << 10
		aside  = 1 << 6 // places of the sample from its middle to a bound: four standard deviations
	)
	n := len(y)
	if n < 16*sample {
		return 0, false
	}
	some := make([]int64, sample)
	for i := range some {
		at := i * (n / sample)
		some[i] = sizeWord(y[at] - pred[at])
	}
	slices.Sort(some)
	low, high := some[sample/2-aside], some[sample/2+aside]
	type found struct {
		below int
		most  int64
		kept  []float64
	}
	parts := make([]found, par.Chunks(n, chunk))
	par.ForChunks(n, chunk, func(c, lo, hi int) {
		var room [block]int64
		kept := make([]float64, 0, (hi-lo)/6)
		below, most := uint64(0), int64(0)
		for ; lo < hi; lo += block {
			m, end := uint64(0), min(lo+block, hi)
			p := pred[lo:end]
			for i, v := range y[lo:end] { // without branches
				w := sizeWord(v - p[i])
				most = max(most, w)
				below += uint64(w-low) >> 63
				room[m%block] = w
				m += ^uint64((w-low)|(high-w)) >> 63
			}
			for _, w := range room[:m] {
				kept = append(kept, math.Float64frombits(uint64(w)))
			}
		}
		parts[c] = found{int(below), most, kept}
	})
	k, most := (n-1)/2, int64(0)
	kept := make([]float64, 0, n/6)
	for _, p := range parts {
		k -= p.below
		most = max(most, p.most)
		kept = append(kept, p.kept...)
	}
	if most >= sizeWord(math.Inf(1)) || k < 0 || k+2 > len(kept) {
		return 0, false
	}
	at, next := kern.NthSize(kept, k)
	if n%2 == 1 {
		return at, true
	}
	return at/2 + next/2, true
}

// sizeWord is |v| as a word of the same order, NaN behind infinity.
func sizeWord(v float64) int64 { return int64(math.Float64bits(v) &^ (1 << 63)) }
