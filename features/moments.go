package features

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// moments are the weighted mean and spread of every column. Values are measured from a pivot near the mean, so that a
// column such as 1e9 +- 1 loses no digits. Missing values (NaN) do not count.
//
// Chan, Golub, LeVeque: Algorithms for computing the sample variance. The American Statistician 37 (1983).
type moments struct {
	weight []float64 // total weight of the values seen
	mean   []float64 // of value - pivot
	m2     []float64 // weighted sum of squared deviations from the mean
}

func newMoments(p int) moments {
	buf := make([]float64, 3*p)
	return moments{weight: buf[:p:p], mean: buf[p : 2*p : 2*p], m2: buf[2*p:]}
}

// add joins b's values to a's. Both have the same pivot.
func (a moments) add(b moments) moments {
	for j, wb := range b.weight {
		if wb == 0 {
			continue
		}
		wa := a.weight[j]
		w := wa + wb
		delta := b.mean[j] - a.mean[j]
		a.weight[j] = w
		a.mean[j] += delta * (wb / w)
		a.m2[j] += b.m2[j] + delta*delta*(wa*wb/w)
	}
	return a
}

// columnMoments goes through the rows once, in fixed chunks joined in order. Within a chunk, which stays in cache, it sums
// twice: first for the mean, then for the deviations from it.
func columnMoments(x tensor.Matrix, weight, pivot []float64) moments {
	from := rows.Of(x)
	n, p := from.Dims()
	return reduceRows(n, p, func(lo, hi int) moments {
		if from.Sparse() {
			return sparseMoments(from, lo, hi, weight, pivot)
		}
		return denseMoments(from, lo, hi, weight, pivot)
	}, moments.add)
}

// denseMoments first bets that no value is missing, which saves a look at each.
func denseMoments(x rows.Rows, lo, hi int, weight, pivot []float64) moments {
	if weight == nil {
		if m, won := evenMoments(x, lo, hi, pivot); won {
			return m
		}
	} else if m, won := completeMoments(x, lo, hi, weight, pivot); won {
		return m
	}
	m := newMoments(len(pivot))
	buf := make([]float64, len(pivot))
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		for j, v := range x.Row(i, buf) {
			if v == v {
				m.weight[j] += w
				m.mean[j] += float64(w * (v - pivot[j]))
			}
		}
	}
	m.divide()
	rest := make([]float64, len(pivot)) // what rounding left in the mean
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		for j, v := range x.Row(i, buf) {
			if v == v {
				d := (v - pivot[j]) - m.mean[j]
				rest[j] += float64(w * d)
				m.m2[j] += float64(w * d * d)
			}
		}
	}
	return m.correct(rest)
}

// completeMoments is denseMoments of rows without missing values, in the same order of additions; false if there are any.
func completeMoments(x rows.Rows, lo, hi int, weight, pivot []float64) (moments, bool) {
	m := newMoments(len(pivot))
	buf := make([]float64, len(pivot))
	total, sum := 0.0, m.mean
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		total += w
		row := x.Row(i, buf)[:len(sum)]
		for j, p := range pivot[:len(sum)] {
			sum[j] += float64(w * (row[j] - p))
		}
	}
	for j, v := range sum {
		if v != v {
			return moments{}, false
		}
		m.weight[j] = total
	}
	m.divide()
	rest := make([]float64, len(pivot)) // what rounding left in the mean
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		row, mean, m2, rest := x.Row(i, buf)[:len(sum)], m.mean[:len(sum)], m.m2[:len(sum)], rest[:len(sum)]
		for j, p := range pivot[:len(sum)] {
			d := (row[j] - p) - mean[j]
			rest[j] += float64(w * d)
			m2[j] += float64(w * d * d)
		}
	}
	return m.correct(rest), true
}

// evenMoments is denseMoments of rows without missing values that all weigh 1: it keeps a sum for each place of the columns' wheel.
func evenMoments(x rows.Rows, lo, hi int, pivot []float64) (moments, bool) {
	p := len(pivot)
	n := kern.Wheel(p)
	buf := make([]float64, 5*n)
	around, sum, mean, rest, squares := buf[:n], buf[n:2*n], buf[2*n:3*n], buf[3*n:4*n], buf[4*n:]
	for j := range n {
		around[j] = pivot[j%p]
	}
	eachBlock(x, lo, hi, func(block []float64) { kern.AddDiffs(sum, block, around) })
	m := newMoments(p)
	fold(m.mean, sum)
	for j, v := range m.mean {
		if v != v {
			return moments{}, false
		}
		m.weight[j] = float64(hi - lo)
	}
	m.divide()
	for j := range n {
		mean[j] = m.mean[j%p]
	}
	eachBlock(x, lo, hi, func(block []float64) { kern.AddSquares(rest, squares, block, around, mean) })
	left := make([]float64, p) // what rounding left in the mean
	fold(left, rest)
	fold(m.m2, squares)
	return m.correct(left), true
}

// fold adds the places of a wheel to the columns they stand for.
func fold(columns, wheel []float64) {
	for len(wheel) > 0 {
		for j, v := range wheel[:len(columns)] {
			columns[j] += v
		}
		wheel = wheel[len(columns):]
	}
}

// sparseMoments counts what is not stored as zeros, without visiting it.
func sparseMoments(x rows.Rows, lo, hi int, weight, pivot []float64) moments {
	m := newMoments(len(pivot))
	zeros := make([]float64, len(pivot)) // weight of what is not stored
	unstored := make([]int, len(pivot))  // in how many rows that count
	total, counted := 0.0, 0
	var buf rows.Entries
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		total += w
		counted++
		js, vs := x.NZ(i, &buf)
		for k, j := range js {
			zeros[j] -= w
			unstored[j]--
			if v := vs[k]; v == v {
				m.weight[j] += w
				m.mean[j] += float64(w * (v - pivot[j]))
			}
		}
	}
	for j := range pivot {
		zeros[j] += total
		if unstored[j]+counted == 0 {
			zeros[j] = 0 // and not what rounding left of it
		}
		m.weight[j] += zeros[j]
		m.mean[j] -= zeros[j] * pivot[j]
	}
	m.divide()
	rest := make([]float64, len(pivot))
	for j := range pivot {
		d := -pivot[j] - m.mean[j]
		rest[j] = zeros[j] * d
		m.m2[j] = zeros[j] * d * d
	}
	for i := lo; i < hi; i++ {
		w := weightOf(weight, i)
		if w == 0 {
			continue
		}
		js, vs := x.NZ(i, &buf)
		for k, j := range js {
			if v := vs[k]; v == v {
				d := (v - pivot[j]) - m.mean[j]
				rest[j] += float64(w * d)
				m.m2[j] += float64(w * d * d)
			}
		}
	}
	return m.correct(rest)
}

// divide makes means of sums.
func (m moments) divide() {
	for j, w := range m.weight {
		if w > 0 {
			m.mean[j] /= w
		}
	}
}

// correct moves the means by the rest that rounding left, and the squares with them.
func (m moments) correct(rest []float64) moments {
	for j, w := range m.weight {
		if w > 0 {
			m.mean[j] += rest[j] / w
			m.m2[j] = max(0, m.m2[j]-rest[j]*rest[j]/w)
		}
	}
	return m
}

// firstValues is the first value of each column that is not missing, in a row that counts; 0 if there is none. Sparse
// columns are mostly zeros, so 0 is as near to their mean as any.
func firstValues(x tensor.Matrix, weight []float64) []float64 {
	from := rows.Of(x)
	n, p := from.Dims()
	pivot := make([]float64, p)
	if from.Sparse() {
		return pivot
	}
	missing := p
	for j := range pivot {
		pivot[j] = math.NaN()
	}
	buf := make([]float64, p)
	for i := 0; i < n && missing > 0; i++ {
		if weightOf(weight, i) == 0 {
			continue
		}
		for j, v := range from.Row(i, buf) {
			if pivot[j] != pivot[j] && v == v {
				pivot[j] = v
				missing--
			}
		}
	}
	for j, v := range pivot {
		if v != v {
			pivot[j] = 0
		}
	}
	return pivot
}

func weightOf(weight []float64, i int) float64 {
	if weight == nil {
		return 1
	}
	return weight[i]
}

// total is the weight of n rows.
func total(weight []float64, n int) float64 {
	if weight == nil {
		return float64(n)
	}
	sum := 0.0
	for _, w := range weight {
		sum += w
	}
	return sum
}
