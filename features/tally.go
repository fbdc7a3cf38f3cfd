package features

import (
	"cmp"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// A tally holds the values of one column, missing ones left out, each with the weight of its rows.
type tally struct {
	values  []float64
	weight  []float64 // nil: all 1
	total   float64   // weight of all values
	missing float64   // weight of the missing ones
	sorted  bool
}

// eachTally calls f with the values of every column that wanted accepts. Columns are read in blocks, in parallel; f
// must not write to what other columns use, nor keep the values, whose memory is used again.
func eachTally(x tensor.Matrix, weight []float64, wanted func(j int) bool, f func(j int, t tally)) {
	cols := columnsWanted(x, wanted)
	switch x := x.(type) {
	case *tensor.CSR[float64]:
		sparseTallies(x, weight, cols, f)
	case *tensor.CSR[float32]:
		sparseTallies(x, weight, cols, f)
	default:
		denseTallies(x, weight, cols, f)
	}
}

func columnsWanted(x tensor.Matrix, wanted func(j int) bool) []int {
	var cols []int
	_, p := x.Dims()
	for j := range p {
		if wanted(j) {
			cols = append(cols, j)
		}
	}
	return cols
}

func denseTallies(x tensor.Matrix, weight []float64, cols []int, f func(j int, t tally)) {
	const block = 8 // columns read in one pass over the rows: a line of the cache
	from := rows.Of(x)
	n, p := from.Dims()
	all := n
	for _, w := range weight {
		if w == 0 {
			all--
		}
	}
	par.ForChunks(len(cols), block, func(_, lo, hi int) {
		cols := cols[lo:hi]
		values := make([][]float64, len(cols))
		for k := range values {
			var giveBack func()
			apart := 64 * k // or all would begin in the same place of a page, and drive each other out of the nearest cache
			values[k], giveBack = kern.Borrow(all + apart)
			values[k] = values[k][apart:]
			defer giveBack()
		}
		switch {
		case weight == nil && from.InBlocks():
			blockColumns(values, from.Block(0, n, nil), p, cols)
		default:
			buf := make([]float64, p)
			at := 0
			for i := range n {
				if weightOf(weight, i) == 0 {
					continue
				}
				row := from.Row(i, buf)
				for k, j := range cols {
					values[k][at] = row[j]
				}
				at++
			}
		}
		for k, j := range cols {
			f(j, newTally(values[k], weight, all))
		}
	})
}

// blockColumns copies columns of rows of p numbers that lie one behind another: four of them at a time from as many rows as stay near until all have been copied.
func blockColumns(values [][]float64, data []float64, p int, cols []int) {
	const side, numbers = 4, 1 << 13
	per := max(16, numbers/p)
	for lo, n := 0, len(values[0]); lo < n; lo += per {
		size := min(per, n-lo)
		data, k := data[lo*p:(lo+size)*p], 0
		for ; k+side <= len(cols) && cols[k+side-1]-cols[k] == side-1; k += side {
			a, b, c, d := values[k][lo:][:size], values[k+1][lo:][:size], values[k+2][lo:][:size], values[k+3][lo:][:size]
			for i, at := 0, cols[k]; i < len(a) && i < len(b) && i < len(c) && i < len(d); i, at = i+1, at+p {
				row := (*[side]float64)(data[at:])
				a[i], b[i], c[i], d[i] = row[0], row[1], row[2], row[3]
			}
		}
		for ; k < len(cols); k++ {
			at := cols[k]
			for i := lo; i < lo+size; i++ {
				values[k][i] = data[at]
				at += p
			}
		}
	}
}

// newTally takes the values of the rows, as many as given, whose weight is not 0, and leaves the missing ones out.
func newTally(values, weight []float64, rows int) tally {
	t := tally{total: float64(rows)}
	if weight == nil {
		t.values = values
		if sum := kern.Sum(values); sum != sum { // or some are infinite, of either sign
			t.values = slices.DeleteFunc(values, isNaN)
		}
		t.total = float64(len(t.values))
		t.missing = float64(rows - len(t.values))
		return t
	}
	t = tally{values: values[:0], weight: make([]float64, 0, rows)}
	at := 0
	for _, w := range weight {
		if w == 0 {
			continue
		}
		t.push(values[at], w, true)
		at++
	}
	return t
}

func isNaN(v float64) bool { return v != v }

// sparseTallies adds what is not stored as a single zero of the weight of all rows without an entry.
func sparseTallies[T tensor.Float](x *tensor.CSR[T], weight []float64, cols []int, f func(j int, t tally)) {
	n, _ := x.Dims()
	all, counted := 0.0, 0
	for i := range n {
		if w := weightOf(weight, i); w > 0 {
			all += w
			counted++
		}
	}
	byColumn := x.Transpose()
	par.ForChunks(len(cols), 1, func(_, lo, hi int) {
		for _, j := range cols[lo:hi] {
			var t tally
			zeros, unstored := all, counted
			rows, vs := byColumn.RowNZ(j)
			for k, i := range rows {
				w := weightOf(weight, int(i))
				if w == 0 {
					continue
				}
				zeros -= w
				unstored--
				t.push(float64(vs[k]), w, true)
			}
			if unstored > 0 {
				t.push(0, zeros, true)
			}
			f(j, t)
		}
	})
}

func (t *tally) push(v, w float64, weighted bool) {
	if v != v {
		t.missing += w
		return
	}
	t.values = append(t.values, v)
	t.total += w
	if weighted {
		t.weight = append(t.weight, w)
	}
}

// sort puts the values in order. Equal ones are joined if they are small whole numbers, as codes are: then they are counted.
func (t *tally) sort() {
	if t.sorted {
		return
	}
	t.sorted = true
	if t.count() {
		return
	}
	if t.weight == nil {
		stats.Sort(t.values)
		return
	}
	order := make([]int, len(t.values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(t.values[a], t.values[b]) })
	values, weight := make([]float64, len(order)), make([]float64, len(order))
	for i, k := range order {
		values[i], weight[i] = t.values[k], t.weight[k]
	}
	t.values, t.weight = values, weight
}

// count sorts by counting; false if a value is no whole number in 0..1023.
func (t *tally) count() bool {
	const most = codeLimit
	var weight [most]float64
	var seen [most]bool
	for i, v := range t.values {
		if !(v >= 0 && v < most) || v != math.Trunc(v) {
			return false
		}
		weight[int(v)] += weightOf(t.weight, i)
		seen[int(v)] = true
	}
	var values, weights []float64
	for v, is := range seen {
		if is {
			values, weights = append(values, float64(v)), append(weights, weight[v])
		}
	}
	t.values, t.weight = values, weights
	return true
}

// sampleAt is ready for a few quantiles.
func (t *tally) sampleAt(d stats.Definition, qs []float64) *stats.Sample {
	if t.weight == nil {
		return stats.NewSampleAt(t.values, d, qs...)
	}
	return stats.NewSample(t.values, t.weight)
}

// median is the value at which the weights below and above balance: the first value at which the running weight exceeds
// half of the total, or the mean of two values between which it is exactly half. With integer weights that is the median of
// the repeated values.
func (t *tally) median() float64 {
	if t.weight == nil {
		return medianOf(t.values)
	}
	t.sort()
	running := 0.0
	for i, v := range t.values {
		running += weightOf(t.weight, i)
		switch {
		case 2*running > t.total:
			return v
		case 2*running == t.total && i+1 < len(t.values):
			return middle(v, t.values[i+1])
		}
	}
	return t.values[len(t.values)-1]
}

func middle(a, b float64) float64 {
	if m := (a + b) / 2; !math.IsInf(m, 0) {
		return m
	}
	return a/2 + b/2
}

// mode is the value of the greatest weight, the smallest of several.
func (t *tally) mode() float64 {
	best, most := 0.0, -1.0
	for v, w := range t.runs {
		if w > most {
			best, most = v, w
		}
	}
	return best
}

// runs yields every distinct value, rising, with its weight.
func (t *tally) runs(yield func(v, w float64) bool) {
	t.sort()
	for i := 0; i < len(t.values); {
		v, w := t.values[i], 0.0
		for ; i < len(t.values) && t.values[i] == v; i++ {
			w += weightOf(t.weight, i)
		}
		if !yield(v, w) {
			return
		}
	}
}
