package stats

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Definition names one of the nine sample quantiles of Hyndman and Fan (The American Statistician 50 (1996)), as NumPy does.
type Definition uint8

const (
	Linear                  Definition = iota // 7: NumPy's and R's default
	InvertedCDF                               // 1: the least number whose share of the weight reaches q
	AveragedInvertedCDF                       // 2: 1, but the mean of two where the share is q exactly; the usual median
	ClosestObservation                        // 3: SAS
	InterpolatedInvertedCDF                   // 4
	Hazen                                     // 5
	Weibull                                   // 6
	MedianUnbiased                            // 8: what Hyndman and Fan recommend
	NormalUnbiased                            // 9
)

// plotting positions alpha and beta of the definitions that interpolate.
var plotting = map[Definition][2]float64{
	InterpolatedInvertedCDF: {0, 1}, Hazen: {0.5, 0.5}, Weibull: {0, 0}, Linear: {1, 1}, MedianUnbiased: {1. / 3, 1. / 3}, NormalUnbiased: {3. / 8, 3. / 8},
}

// Sample is numbers in rising order with their weights added up, ready for quantiles.
type Sample struct {
	x      []float64
	below  []float64 // weight up to and including x; nil: equal weights
	ranks  []int     // of the numbers in x, counted from 0; nil: x has all of them
	weight float64
}

// NewSample sorts the numbers of x, which is left alone, with a weight >= 0 each, nil for 1. NaN and numbers of weight 0 are left out. Several
// quantiles share one sample; O(n log n).
func NewSample(x, weight []float64) *Sample {
	s := new(Sample)
	if weight == nil {
		s.x = sorted(x)
		s.weight = float64(len(s.x))
		return s
	}
	order := make([]int32, len(x))
	new(kern.Sorter[float64]).ArgSort(order, x, false)
	var sum Compensated
	for _, i := range order {
		if v := x[i]; v == v && weight[i] > 0 {
			sum.Add(weight[i])
			s.x, s.below = append(s.x, v), append(s.below, sum.Sum())
		}
	}
	s.weight = sum.Sum()
	return s
}

// sorted is x in rising order without NaN.
func sorted(x []float64) []float64 {
	out := slices.Clone(x)
	if sum := kern.Sum(x); sum != sum { // as it is with a NaN, and with infinite numbers of either sign
		out = slices.DeleteFunc(out, math.IsNaN)
	}
	Sort(out)
	return out
}

// Sort puts numbers, of which none is NaN, in rising order; -0 becomes 0.
func Sort(x []float64) {
	const few = 500 // below it vectors do not pay
	if len(x) < few {
		slices.Sort(x)
		return
	}
	words, giveBack := kern.BorrowWords(len(x))
	defer giveBack()
	kern.OrderWords(words, x)
	kern.SortWords(words)
	kern.FloatsOf(x, words)
}

// at is the number of rank r, counted from 1: the first whose weight with all below reaches r.
func (s *Sample) at(r float64) float64 {
	i := int(math.Ceil(r)) - 1
	if s.below != nil {
		const rounding = 1e-12
		i, _ = slices.BinarySearch(s.below, r*(1-rounding))
	}
	if s.ranks != nil {
		i, _ = slices.BinarySearch(s.ranks, i)
	}
	return s.x[min(max(i, 0), len(s.x)-1)]
}

// Quantile is the q-quantile for q in 0..1, NaN for an empty sample or another q. Integer weights give what repeating the numbers would; weights
// that are no counts, such as shares, have a meaning for InvertedCDF and AveragedInvertedCDF only.
func (s *Sample) Quantile(q float64, d Definition) float64 {
	if len(s.x) == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	n := s.weight
	switch d {
	case InvertedCDF:
		return s.at(n * q)
	case AveragedInvertedCDF:
		r := n * q
		if s.below != nil {
			i, _ := slices.BinarySearch(s.below, r-1e-12*n)
			i = min(i, len(s.x)-1)
			if math.Abs(s.below[i]-r) <= 1e-12*n && i+1 < len(s.x) {
				return s.x[i]/2 + s.x[i+1]/2
			}
			return s.x[i]
		}
		if whole := math.Round(r); math.Abs(r-whole) <= 1e-12*n && whole >= 1 && whole < n {
			return s.at(whole)/2 + s.at(whole+1)/2
		}
		return s.at(max(r, 1))
	case ClosestObservation:
		r := n*q - 0.5
		j := math.Floor(r)
		if r > j || math.Mod(j, 2) != 0 {
			j++
		}
		return s.at(max(j, 1))
	}
	ab := plotting[d]
	r := min(max(float64((n+1-ab[0]-ab[1])*q)+ab[0], 1), max(n, 1))
	j := math.Floor(r)
	lo, hi := s.at(j), s.at(min(j+1, n))
	if lo == hi {
		return lo // no Inf - Inf
	}
	t := r - j
	if t >= 0.5 { // from the nearer end, so that the ends come out exactly
		return hi - (hi-lo)*(1-t)
	}
	return lo + (hi-lo)*t
}
