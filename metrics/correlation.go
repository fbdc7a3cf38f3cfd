package metrics

import (
	"math"
	"slices"

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
	return Pearson(ranks(x, weight), ranks(y, weight), weight...)
}

// ranks are the mean ranks of numbers, from 1; weights count as repetitions.
func ranks(v, weight []float64) []float64 {
	order, sorted := sortedWith(v, false)
	out := make([]float64, len(v))
	if len(weight) == 0 {
		for lo := 0; lo < len(order); {
			hi := lo + 1
			for hi < len(order) && sorted[hi] == sorted[lo] {
				hi++
			}
			for _, i := range order[lo:hi] {
				out[i] = float64(lo+hi+1) / 2
			}
			lo = hi
		}
		return out
	}
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
		lo = max(hi, lo+1)
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
	rank := make([]int32, len(y)) // of y, from 1
	levels, run, ties := int32(0), 0, 0.0
	order, sorted := sortedWith(y, false)
	for k, i := range order {
		run++
		if k == 0 || sorted[k] != sorted[k-1] {
			levels++
			run = 0
		}
		ties += float64(run)
		rank[i] = levels
	}
	if len(weight) == 0 {
		return agreed(x, rank, ties), true
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
	order = sortedBy(x, false)
	for lo := 0; lo < len(order); {
		hi := lo
		var run sum
		for ; hi < len(order) && x[order[hi]] == x[order[lo]]; hi++ {
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

// agreed is concordance without weights, for so many pairs tied in y: rows in the order of x, and of y where x is equal, disagree as often as merge sort by y must swap them.
func agreed(x []float64, rank []int32, tiedY float64) agreement {
	n := len(x)
	byX, sorted := sortedWith(x, false)
	list, other := make([]int32, n), make([]int32, n)
	for k, i := range byX {
		list[k] = rank[i]
	}
	var tiedX, tiedXY float64 // pairs
	for lo := 0; lo < n; {
		hi := lo + 1
		for hi < n && sorted[hi] == sorted[lo] {
			hi++
		}
		if hi-lo > 1 {
			slices.Sort(list[lo:hi])
			tiedX += float64(hi-lo) * float64(hi-lo-1) / 2
			tiedXY += equalPairs(list[lo:hi])
		}
		lo = hi
	}
	swaps := float64(inversions(list, other))
	all := float64(n) * float64(n-1) / 2
	return agreement{all - tiedX - tiedY + tiedXY - 2*swaps, all - tiedX, all - tiedY}
}

// equalPairs counts the pairs of equal numbers of a sorted list.
func equalPairs(v []int32) float64 {
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

// inversions counts the pairs of a list in falling order, and sorts it. other has room for it.
func inversions(v, other []int32) uint64 {
	const few = 24
	if len(v) <= few {
		swaps := uint64(0)
		for i := 1; i < len(v); i++ {
			x, j := v[i], i
			for ; j > 0 && v[j-1] > x; j-- {
				v[j] = v[j-1]
			}
			v[j] = x
			swaps += uint64(i - j)
		}
		return swaps
	}
	mid := len(v) / 2
	var left uint64
	if par.Small(len(v), 8) {
		left = inversions(v[:mid], other[:mid]) + inversions(v[mid:], other[mid:])
	} else {
		half := [2]uint64{}
		par.ForChunks(2, 1, func(c, _, _ int) {
			if c == 0 {
				half[0] = inversions(v[:mid], other[:mid])
			} else {
				half[1] = inversions(v[mid:], other[mid:])
			}
		})
		left = half[0] + half[1]
	}
	copy(other, v)
	a, b := other[:mid], other[mid:len(v)]
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y, second := a[i], b[j], 0
		if y < x { // no branch: which list is next cannot be foreseen
			second = 1
		}
		v[i+j] = min(x, y)
		left += uint64(second * (len(a) - i))
		i += 1 - second
		j += second
	}
	copy(v[i+j:], a[i:])
	copy(v[i+j:], b[j:])
	return left
}
