package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Pearson is the weighted linear correlation of two lists of numbers, -1 to 1. NaN if one of them is constant.
func Pearson(x, y []float64, weight ...float64) float64 {
	if !fits(len(x), len(y), weight) {
		return math.NaN()
	}
	_, cx := spread(x, weight)
	_, cy := spread(y, weight)
	if cx || cy {
		return math.NaN()
	}
	s := scatterOf(x, y, weight, kern.PairMoments)
	return min(max(s.xy/math.Sqrt(s.xx)/math.Sqrt(s.yy), -1), 1)
}

// Spearman is the linear correlation of the ranks of two lists, equal numbers sharing the mean of their ranks. NaN if one of them is constant. O(n log n).
func Spearman(x, y []float64, weight ...float64) float64 {
	if CheckValues("metrics.Spearman", x, y, weight) != nil {
		return math.NaN()
	}
	if len(weight) > 0 {
		return Pearson(ranks(x, weight), ranks(y, weight), weight...)
	}
	// Each sort carries along what belongs to the other list, so that no row is looked up: first the numbers of y, then the ranks of x.
	keys, with := ordered(x), ordered(y)
	kern.SortWordPairs(keys, with)
	twiceRanks(keys)
	kern.SortWordPairs(with, keys)
	twiceRanks(with)
	m := par.Reduce(len(keys), chunk, func(_, lo, hi int) (m kern.Moments) {
		buf := make([]float64, 2*block)
		for ; lo < hi; lo += block {
			n := min(block, hi-lo)
			a, b := buf[:n], buf[block:block+n]
			for i := range n {
				a[i], b[i] = float64(keys[lo+i]), float64(with[lo+i])
			}
			mean := float64(len(keys) + 1)
			m = joinMoments(m, kern.PairMoments(a, b, nil, mean, mean))
		}
		return m
	}, joinMoments)
	return min(max(m.UV/math.Sqrt(m.UU)/math.Sqrt(m.VV), -1), 1)
}

func joinMoments(a, b kern.Moments) kern.Moments {
	return kern.Moments{U: a.U + b.U, V: a.V + b.V, UU: a.UU + b.UU, VV: a.VV + b.VV, UV: a.UV + b.UV}
}

// twiceRanks puts twice the mean ranks of sorted numbers, from 1, in their place.
func twiceRanks(sorted []int64) {
	for lo := 0; lo < len(sorted); {
		hi, v := lo+1, sorted[lo]
		for hi < len(sorted) && sorted[hi] == v {
			hi++
		}
		for k := lo; k < hi; k++ {
			sorted[k] = int64(lo + hi + 1)
		}
		lo = hi
	}
}

// ranks are the mean ranks of numbers, from 1; weights count as repetitions.
func ranks(v, weight []float64) []float64 {
	order, sorted := sortedWith(v)
	out := make([]float64, len(v))
	var below sum
	for lo := 0; lo < len(order); {
		hi := lo
		var run sum
		for ; hi < len(order) && sorted[hi] == sorted[lo]; hi++ {
			run.add(weight[order[hi]])
		}
		for _, i := range order[lo:hi] {
			out[i] = below.value() + (run.value()+1)/2
		}
		below.join(run)
		lo = max(hi, lo+1) // a NaN, which is absent, equals nothing
	}
	return out
}

// Kendall is tau-b: pairs of rows in the same order in both lists less those in opposite order, over the geometric mean of the pairs not tied in either (Kendall, Biometrika 33, 1945). -1 to 1; NaN
// if one list is constant. O(n log n).
func Kendall(x, y []float64, weight ...float64) float64 {
	o, ok := concordance(x, y, weight)
	if !ok || o.untiedX == 0 || o.untiedY == 0 {
		return math.NaN()
	}
	return min(max(o.agree/math.Sqrt(o.untiedX)/math.Sqrt(o.untiedY), -1), 1)
}

// SomersD is the same difference over the pairs that are not tied in x: of y as an answer to x (Somers, American Sociological Review 27, 1962). For x of two classes it is 2·AUC - 1. NaN
// if x is constant. O(n log n).
func SomersD(x, y []float64, weight ...float64) float64 {
	o, ok := concordance(x, y, weight)
	if !ok || o.untiedX == 0 {
		return math.NaN()
	}
	return o.agree / o.untiedX
}

type agreement struct{ agree, untiedX, untiedY float64 }

// concordance counts pairs, by the product of their weights: those in agreement less those in disagreement, and those that are not ties.
func concordance(x, y, weight []float64) (agreement, bool) {
	if CheckValues("metrics.Kendall", x, y, weight) != nil {
		return agreement{}, false
	}
	if len(weight) == 0 {
		return agreed(x, y), true
	}
	rank := make([]int32, len(y)) // of y, from 1
	levels := int32(0)
	order, sorted := sortedWith(y)
	for k, i := range order {
		if k == 0 || sorted[k] != sorted[k-1] {
			levels++
		}
		rank[i] = levels
	}
	// tree holds the weights of the rows with lower x by the rank of y (Fenwick, Software: Practice and Experience 24, 1994).
	tree := make([]float64, levels+1)
	upTo := func(r int32) (s float64) {
		for ; r > 0; r &= r - 1 {
			s += tree[r]
		}
		return s
	}
	var agree, seen, tiedX, tiedY sum
	order, sorted = sortedWith(x)
	for lo := 0; lo < len(order); {
		hi := lo
		var run sum
		for ; hi < len(order) && sorted[hi] == sorted[lo]; hi++ {
			i := int(order[hi])
			if absent(weight, i) {
				continue
			}
			wi := w(weight, i)
			run.add(wi)
			agree.add(wi * (upTo(rank[i]-1) - (seen.value() - upTo(rank[i]))))
		}
		for _, o := range order[lo:hi] {
			if absent(weight, int(o)) {
				continue
			}
			for r := rank[o]; r <= levels; r += r & -r {
				tree[r] += w(weight, int(o))
			}
		}
		seen.join(run)
		tiedX.add(run.value() * run.value())
		lo = max(hi, lo+1)
	}
	level := make([]float64, levels+1)
	for i, r := range rank {
		if !absent(weight, i) {
			level[r] += w(weight, i)
		}
	}
	for _, v := range level {
		tiedY.add(v * v)
	}
	all := seen.value() * seen.value()
	return agreement{agree.value(), snap((all-tiedX.value())/2, all), snap((all-tiedY.value())/2, all)}, true
}

// agreed is concordance without weights: rows in the order of x, and of y where x is equal, disagree as often as their y are in falling order.
func agreed(x, y []float64) agreement {
	byX, list := ordered(x), ordered(y)
	kern.SortWordPairs(byX, list)
	var tiedXY float64 // pairs
	for lo := 0; lo < len(byX); {
		hi := lo + 1
		for hi < len(byX) && byX[hi] == byX[lo] {
			hi++
		}
		tiedXY += equalPairs(list[lo:hi])
		lo = hi
	}
	swaps := float64(kern.Inversions(list))
	tiedX, tiedY := equalPairs(byX), equalPairs(list)
	all := float64(len(x)) * float64(len(x)-1) / 2
	return agreement{all - tiedX - tiedY + tiedXY - 2*swaps, all - tiedX, all - tiedY}
}

// equalPairs counts the pairs of equal numbers of a sorted list.
func equalPairs(v []int64) float64 {
	pairs, run := 0.0, 0.0
	for k := 1; k < len(v); k++ {
		run++
		if v[k] != v[k-1] {
			run = 0
		}
		pairs += run
	}
	return pairs
}
