package metrics

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// placed is a number and where it was.
type placed struct {
	v  float64
	at int32
}

// sortedBy is the order of rising numbers, or falling: equal ones stay in place, NaN are last.
func sortedBy(v []float64, falling bool) []int32 {
	order, _ := sortedWith(v, falling)
	return order
}

// sortedWith is sortedBy, and the numbers in that order. Many are dealt into buckets by their size, in parallel, and again within the buckets, which leaves little to
// compare.
func sortedWith(v []float64, falling bool) (order []int32, sorted []float64) {
	const few = 1 << 13
	order, sorted = make([]int32, len(v)), make([]float64, len(v))
	lo, hi, ok := bounds(v)
	if falling {
		lo, hi = -hi, -lo
	}
	buckets := 1
	for buckets < len(v)/512 && buckets < 4096 {
		buckets *= 2
	}
	scale := float64(buckets) * (1 - 0x1p-40) / (hi - lo)
	if len(v) < few || !ok || !(scale > 0) || math.IsInf(scale, 0) {
		var s kern.Sorter[float64]
		s.ArgSort(order, v, falling)
		for k, i := range order {
			sorted[k] = v[i]
		}
		return order, sorted
	}
	sign := 1.0
	if falling {
		sign = -1
	}
	bucket := func(x float64) int { return min(int((x-lo)*scale), buckets-1) }
	chunks := par.Chunks(len(v), 4*chunk)
	starts := make([][]int32, chunks)
	par.ForChunks(len(v), 4*chunk, func(c, from, to int) {
		count := make([]int32, buckets)
		for _, x := range v[from:to] {
			count[bucket(sign*x)]++
		}
		starts[c] = count
	})
	begin := make([]int32, buckets+1)
	at := int32(0)
	for b := range buckets {
		begin[b] = at
		for c := range starts {
			starts[c][b], at = at, at+starts[c][b]
		}
	}
	begin[buckets] = at
	dealt := make([]placed, len(v))
	par.ForChunks(len(v), 4*chunk, func(c, from, to int) {
		next := starts[c]
		for i, x := range v[from:to] {
			x *= sign
			to := &next[bucket(x)]
			dealt[*to] = placed{x, int32(from + i)}
			*to++
		}
	})
	par.ForChunks(buckets, 8, func(_, from, to int) {
		var scratch []placed
		for b := from; b < to; b++ {
			run := dealt[begin[b]:begin[b+1]]
			if cap(scratch) < len(run) {
				scratch = make([]placed, len(run))
			}
			for i, p := range sortRun(run, scratch[:len(run)]) {
				order[int(begin[b])+i], sorted[int(begin[b])+i] = p.at, sign*p.v
			}
		}
	})
	return order, sorted
}

// bounds is the least and the largest number; not ok if one is NaN or there is none.
func bounds(v []float64) (lo, hi float64, ok bool) {
	type ends struct {
		lo, hi float64
		ok     bool
	}
	e := par.Reduce(len(v), chunk, func(_, from, to int) ends {
		lo, hi, ok := v[from], v[from], true
		for _, x := range v[from:to] {
			if x < lo {
				lo = x
			}
			if x > hi {
				hi = x
			}
			ok = ok && x == x
		}
		return ends{lo, hi, ok}
	}, func(a, b ends) ends { return ends{min(a.lo, b.lo), max(a.hi, b.hi), a.ok && b.ok} })
	return e.lo, e.hi, e.ok
}

// sortRun sorts by value, equal ones staying in place, into run or scratch, whichever it returns.
func sortRun(run, scratch []placed) []placed {
	const short, fan = 24, 1024
	if len(run) <= short {
		insertion(run)
		return run
	}
	lo, hi := run[0].v, run[0].v
	for _, p := range run {
		if p.v < lo {
			lo = p.v
		}
		if p.v > hi {
			hi = p.v
		}
	}
	if lo == hi {
		return run
	}
	n := min(len(run), fan)
	scale := float64(n) * (1 - 0x1p-40) / (hi - lo)
	if !(scale > 0) || math.IsInf(scale, 0) {
		slices.SortStableFunc(run, byValue)
		return run
	}
	var count [fan + 1]int32
	for _, p := range run {
		count[1+min(int((p.v-lo)*scale), n-1)]++
	}
	crowded := false
	for b := range n {
		crowded = crowded || count[b+1] > short
		count[b+1] += count[b]
	}
	next := count
	for _, p := range run {
		to := &next[min(int((p.v-lo)*scale), n-1)]
		scratch[*to] = p
		*to++
	}
	if crowded {
		for b := range n {
			if part := scratch[count[b]:count[b+1]]; len(part) > short {
				slices.SortStableFunc(part, byValue)
			}
		}
	}
	insertion(scratch)
	return scratch
}

func byValue(a, b placed) int {
	switch {
	case a.v < b.v:
		return -1
	case a.v > b.v:
		return 1
	}
	return 0
}

// insertion sorts numbers that are nearly in order.
func insertion(p []placed) {
	for i := 1; i < len(p); i++ {
		x, j := p[i], i
		for ; j > 0 && p[j-1].v > x.v; j-- {
			p[j] = p[j-1]
		}
		p[j] = x
	}
}

// median is that of numbers, none of them NaN; it may reorder them.
func median(v []float64) float64 {
	n := len(v)
	if n%2 == 1 {
		return ranked(v, n/2)
	}
	return ranked(v, n/2-1)/2 + ranked(v, n/2)/2
}

// ranked is the number with k below it in order: among many it looks only at those of its size.
func ranked(v []float64, k int) float64 {
	const few, buckets = 1 << 14, 1 << 12
	lo, hi, _ := bounds(v)
	scale := buckets * (1 - 0x1p-40) / (hi - lo)
	if len(v) < few || !(scale > 0) || math.IsInf(scale, 0) {
		return kern.NthElement(slices.Clone(v), k)
	}
	count := par.Reduce(len(v), 4*chunk, func(_, from, to int) []int32 {
		count := make([]int32, buckets)
		for _, x := range v[from:to] {
			count[min(int((x-lo)*scale), buckets-1)]++
		}
		return count
	}, func(a, b []int32) []int32 {
		for i, n := range b {
			a[i] += n
		}
		return a
	})
	b := 0
	for k >= int(count[b]) {
		k -= int(count[b])
		b++
	}
	parts := make([][]float64, par.Chunks(len(v), 4*chunk))
	par.ForChunks(len(v), 4*chunk, func(c, from, to int) {
		for _, x := range v[from:to] {
			if min(int((x-lo)*scale), buckets-1) == b {
				parts[c] = append(parts[c], x)
			}
		}
	})
	return kern.NthElement(slices.Concat(parts...), k)
}
