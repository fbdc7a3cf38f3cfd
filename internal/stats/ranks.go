package stats

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// NewSampleAt is NewSample of equal weights for the quantiles qs alone, which are in 0..1, by definition Linear or AveragedInvertedCDF: others are not defined. Of many numbers only those near these quantiles are sorted, O(n).
//
// The numbers are counted by the first 16 bits of words that rise with them; the few that share these bits with a number wanted are then collected and sorted.
func NewSampleAt(x []float64, d Definition, qs ...float64) *Sample {
	const few = 1 << 13 // below it the sort is quicker than the counts
	if len(x) < few {
		return NewSample(x, nil)
	}
	numbers := x
	if sum := kern.Sum(x); sum != sum { // as it is with a NaN, and with infinite numbers of either sign
		if numbers = slices.DeleteFunc(slices.Clone(x), math.IsNaN); len(numbers) < few {
			return NewSample(numbers, nil)
		}
	}
	n := len(numbers)
	s := &Sample{weight: float64(n)}
	for _, q := range qs {
		if d == Linear {
			lo := int(math.Floor(linearRank(q, float64(n)))) - 1
			s.ranks = append(s.ranks, lo, min(lo+1, n-1))
			continue
		}
		r := float64(n) * q
		for _, at := range []float64{math.Round(r), math.Round(r) + 1, math.Ceil(r)} {
			s.ranks = append(s.ranks, min(max(int(at)-1, 0), n-1))
		}
	}
	slices.Sort(s.ranks)
	s.ranks = slices.Compact(s.ranks)
	words, giveBack := kern.BorrowWords(n)
	defer giveBack()
	kern.OrderWords(words, numbers)
	words = s.near(words)
	s.x = make([]float64, len(words))
	kern.FloatsOf(s.x, words)
	return s
}

// linearRank is the rank of Quantile, rounded as there.
func linearRank(q, n float64) float64 { return min(max(float64((n-1)*q)+1, 1), max(n, 1)) }

// near returns the words of the ranks wanted.
func (s *Sample) near(words []int64) []int64 {
	const buckets = 1 << 16
	bucket := func(w int64) uint16 { return uint16(w>>48) ^ 1<<15 }
	counts, wanted := make([]uint32, buckets), make([]bool, buckets)
	for _, w := range words {
		counts[bucket(w)]++
	}
	below := make([]int, len(s.ranks)) // of each rank: how many words that are not collected lie below
	next, seen, skipped, collected := 0, 0, 0, 0
	for b, c := range counts {
		end := seen + int(c)
		for ; next < len(s.ranks) && s.ranks[next] < end; next++ {
			below[next], wanted[b] = skipped, true
		}
		if wanted[b] {
			collected += int(c)
		} else {
			skipped += int(c)
		}
		seen = end
	}
	near := make([]int64, 0, collected)
	for _, w := range words {
		if wanted[bucket(w)] {
			near = append(near, w)
		}
	}
	kern.SortWords(near)
	out := make([]int64, len(s.ranks))
	for k, rank := range s.ranks {
		out[k] = near[rank-below[k]]
	}
	return out
}
