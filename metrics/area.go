package metrics

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// area is the area under the ROC curve by its definition: the share of pairs of a positive and a negative row in the right order, ties counting one half. NaN if
// either class is missing, a code is neither 0 nor 1, or a score is NaN.
//
// Without weights no row is sorted: rows are dealt into buckets by their scores, in parallel, and again within buckets, until the pairs of a bucket
// are few enough to compare all. Pairs of different buckets are known from the sizes. All counts are whole, so their order does not matter.
func area(y []int, score, weight []float64) float64 {
	if len(weight) > 0 {
		return sortedArea(y, score, weight)
	}
	const small = 1 << 11
	n := len(y)
	a := par.Reduce(n, chunk, func(_, lo, hi int) scores {
		s := scores{lo: math.Inf(1), hi: math.Inf(-1)}
		for i, c := range y[lo:hi] {
			v := score[lo+i]
			if uint(c) > 1 || v != v {
				return scores{bad: true}
			}
			s.positive += c
			s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		}
		return s
	}, scores.join)
	scale := 1 / (a.hi - a.lo)
	switch negatives := n - a.positive; {
	case a.bad || a.positive == 0 || negatives == 0:
		return math.NaN()
	case a.lo == a.hi:
		return 0.5
	case n < small || !(scale > 0) || math.IsInf(scale, 0): // an infinite score, or a range beyond or below what can be divided
		return sortedArea(y, score, nil)
	default:
		return float64(dealtPairs(y, score, a, scale)) / 2 / float64(a.positive) / float64(negatives)
	}
}

// scores is what one look at the rows tells.
type scores struct {
	lo, hi   float64
	positive int
	bad      bool
}

func (s scores) join(o scores) scores {
	return scores{min(s.lo, o.lo), max(s.hi, o.hi), s.positive + o.positive, s.bad || o.bad}
}

// dealtPairs counts two for each pair in the right order and one for each tie.
func dealtPairs(y []int, score []float64, a scores, scale float64) uint64 {
	n := len(y)
	buckets := 1
	for buckets < n/1024 && buckets < 4096 {
		buckets *= 2
	}
	scale *= float64(buckets) * (1 - 0x1p-40)
	bucket := func(v float64) int { return min(int((v-a.lo)*scale), buckets-1) }
	chunks := par.Chunks(n, 4*chunk)
	starts := make([][]int32, chunks) // of bucket b's rows of class c in a chunk: [2b+1-c], so that positives lie before negatives
	par.ForChunks(n, 4*chunk, func(c, lo, hi int) {
		count := make([]int32, 2*buckets)
		for i, v := range score[lo:hi] {
			count[2*bucket(v)+1-y[lo+i]]++
		}
		starts[c] = count
	})
	begin := make([]int32, 2*buckets+1)
	at := int32(0)
	for j := range 2 * buckets {
		begin[j] = at
		for c := range starts {
			starts[c][j], at = at, at+starts[c][j]
		}
	}
	begin[2*buckets] = at
	dealt, scratch := make([]float64, n), make([]float64, n)
	par.ForChunks(n, 4*chunk, func(c, lo, hi int) {
		next := starts[c]
		for i, v := range score[lo:hi] {
			to := &next[2*bucket(v)+1-y[lo+i]]
			dealt[*to] = v
			*to++
		}
	})
	pairs, below := uint64(0), uint64(0)
	for b := range buckets {
		pos, neg := uint64(begin[2*b+1]-begin[2*b]), uint64(begin[2*b+2]-begin[2*b+1])
		pairs += 2 * pos * below
		below += neg
	}
	return pairs + par.Reduce(buckets, 16, func(_, lo, hi int) uint64 {
		pairs := uint64(0)
		for b := lo; b < hi; b++ {
			from, mid, to := begin[2*b], begin[2*b+1], begin[2*b+2]
			pairs += pairsWithin(dealt[from:mid], dealt[mid:to], scratch[from:to], 0)
		}
		return pairs
	}, func(a, b uint64) uint64 { return a + b })
}

// pairsWithin counts as dealtPairs does, and may reorder pos and neg. scratch has room for both.
func pairsWithin(pos, neg, scratch []float64, depth int) uint64 {
	const compare, deep, fan = 128, 6, 256
	if len(pos) == 0 || len(neg) == 0 {
		return 0
	}
	if len(pos)*len(neg) <= compare {
		return allPairs(pos, neg)
	}
	lo, hi := min(slices.Min(pos), slices.Min(neg)), max(slices.Max(pos), slices.Max(neg))
	if lo == hi {
		return uint64(len(pos)) * uint64(len(neg))
	}
	n := len(pos) + len(neg)
	buckets := min(max(n/4, 2), fan)
	scale := float64(buckets) * (1 - 0x1p-40) / (hi - lo)
	if depth == deep || math.IsInf(scale, 0) || !(scale > 0) {
		slices.Sort(pos)
		slices.Sort(neg)
		return mergedPairs(pos, neg)
	}
	var p, q [fan + 1]int32
	for _, v := range pos {
		p[1+min(int((v-lo)*scale), buckets-1)]++
	}
	for _, v := range neg {
		q[1+min(int((v-lo)*scale), buckets-1)]++
	}
	pairs := uint64(0)
	for b := range buckets {
		pairs += 2 * uint64(p[b+1]) * uint64(q[b])
		p[b+1] += p[b]
		q[b+1] += q[b]
	}
	spos, sneg := scratch[:len(pos)], scratch[len(pos):n]
	np, nq := p, q
	for _, v := range pos {
		to := &np[min(int((v-lo)*scale), buckets-1)]
		spos[*to] = v
		*to++
	}
	for _, v := range neg {
		to := &nq[min(int((v-lo)*scale), buckets-1)]
		sneg[*to] = v
		*to++
	}
	var room [4 * fan]float64
	for b := range buckets {
		pos, neg := spos[p[b]:p[b+1]], sneg[q[b]:q[b+1]]
		switch size := len(pos) + len(neg); {
		case len(pos) == 0 || len(neg) == 0:
		case len(pos)*len(neg) <= compare:
			pairs += allPairs(pos, neg)
		case size <= len(room):
			pairs += pairsWithin(pos, neg, room[:size], depth+1)
		default:
			pairs += pairsWithin(pos, neg, make([]float64, size), depth+1)
		}
	}
	return pairs
}

func allPairs(pos, neg []float64) uint64 {
	pairs := uint64(0)
	for _, b := range neg {
		for _, a := range pos {
			above, beside := uint64(0), uint64(0)
			if a > b {
				above = 1
			}
			if a >= b {
				beside = 1
			}
			pairs += above + beside
		}
	}
	return pairs
}

// mergedPairs counts as dealtPairs does, of sorted scores.
func mergedPairs(pos, neg []float64) uint64 {
	pairs, below, through := uint64(0), 0, 0
	for _, a := range pos {
		for below < len(neg) && neg[below] < a {
			below++
		}
		for through < len(neg) && neg[through] <= a {
			through++
		}
		pairs += uint64(below + through)
	}
	return pairs
}

// sortedArea goes through the rows by rising score: a run of equal scores has its positive weight times the negative weight below it and half of that beside it.
func sortedArea(y []int, score, weight []float64) float64 {
	for i, c := range y {
		if !absent(weight, i) && (uint(c) > 1 || math.IsNaN(score[i])) {
			return math.NaN()
		}
	}
	order := sortedBy(score, false)
	var above, negatives, positives sum
	for lo := 0; lo < len(order); {
		var pos, neg sum
		first := score[order[lo]]
		hi := lo
		for ; hi < len(order) && (score[order[hi]] == first || first != first); hi++ {
			i := int(order[hi])
			switch {
			case absent(weight, i):
			case y[i] == 1:
				pos.add(w(weight, i))
			default:
				neg.add(w(weight, i))
			}
		}
		above.add(pos.value() * (negatives.value() + neg.value()/2))
		positives.add(pos.value())
		negatives.add(neg.value())
		lo = hi
	}
	return above.value() / (positives.value() * negatives.value())
}
