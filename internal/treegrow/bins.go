package treegrow

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// BinOptions say how the columns of numbers are cut. Lists have an entry for each column.
type BinOptions struct {
	Max    []int       // bins, at least 2
	Edges  [][]float64 // all cuts, rising; nil: quantiles
	Forced [][]float64 // cuts beside those by quantiles, rising; nil: none
}

// MostBins bounds the bins of a column, and its categories.
const MostBins = math.MaxUint16

// bins are a column that was cut: a code of each row. Categories are bins of their own.
type bins struct {
	code  []uint16 // of each row; missingCode for NaN
	count int
	names []uint32  // of categories: the codes
	edges []float64 // of numbers: the most that a bin holds, but for the last one
	low   []float64 // the least number of the rows in each bin
	high  []float64 // the greatest
	own   bool      // some edges are the caller's
}

const missingCode = math.MaxUint16

// TooManyCategories says that a column has more categories than bins can tell apart.
type TooManyCategories struct{ Col int }

func (e *TooManyCategories) Error() string {
	return fmt.Sprintf("column %d has more than %d categories", e.Col, MostBins)
}

// Bin cuts the columns, so that trees are grown on histograms of their bins. Quantiles are those of the weight, nil: 1 for each row.
func (c *Columns) Bin(ctx context.Context, o BinOptions, weight []float64) (*Columns, error) {
	out := &Columns{Rows: c.Rows, Features: c.Features, x: c.x, cols: make([]column, c.Features), bins: make([]*bins, c.Features)}
	return out, par.Do(ctx, c.Features, func(_ context.Context, j int) error {
		from := &c.cols[j]
		out.cols[j] = column{categorical: from.categorical, missing: from.missing}
		b := &bins{code: make([]uint16, c.Rows)}
		out.bins[j] = b
		t := c.tally(j, weight)
		if from.categorical {
			if b.count = len(t.value); b.count > MostBins {
				return &TooManyCategories{Col: j}
			}
			b.names = make([]uint32, b.count)
			for i, v := range t.value {
				b.names[i] = uint32(v)
			}
			c.encode(j, b.code, t.value)
			return nil
		}
		b.cut(&t, o, j)
		b.count = len(b.edges) + 1
		b.low, b.high = make([]float64, b.count), make([]float64, b.count)
		last := -1
		for _, v := range t.value {
			at, _ := slices.BinarySearch(b.edges, v)
			if at != last {
				b.low[at], last = v, at
			}
			b.high[at] = v
		}
		c.encode(j, b.code, b.edges)
		return nil
	})
}

// tally is how much each distinct number of the rows that have weight weighs, rising.
type tally struct{ value, weight []float64 }

func (c *Columns) tally(j int, weight []float64) tally {
	var t tally
	add := func(v, w float64) {
		if n := len(t.value); n > 0 && t.value[n-1] == v {
			t.weight[n-1] += w
		} else if w > 0 {
			t.value, t.weight = append(t.value, v), append(t.weight, w)
		}
	}
	zeros := c.unstored(j, weight)
	last, v := uint64(math.MaxUint64), 0.0
	for _, e := range c.cols[j].entries {
		rank, w := e>>32, 1.0
		if rank == missingRank {
			break
		}
		if weight != nil {
			w = weight[e&math.MaxUint32]
		}
		if rank != last {
			v, last = c.at(int32(e&math.MaxUint32), j), rank
		}
		if v > 0 {
			add(0, zeros)
			zeros = 0
		}
		add(v, w)
	}
	add(0, zeros)
	return t
}

// unstored is the weight of the zeros that a sparse column does not store.
func (c *Columns) unstored(j int, weight []float64) (zeros float64) {
	col := &c.cols[j]
	if !col.sparse {
		return 0
	}
	if weight == nil {
		return float64(c.Rows - len(col.entries))
	}
	stored := make([]bool, c.Rows)
	for _, e := range col.entries {
		stored[e&math.MaxUint32] = true
	}
	for i, w := range weight {
		if !stored[i] {
			zeros += w
		}
	}
	return zeros
}

// encode writes the code of each row: the place of its number in the rising list, or where it would stand.
func (c *Columns) encode(j int, code []uint16, list []float64) {
	find := func(v float64) uint16 {
		at, _ := slices.BinarySearch(list, v)
		return uint16(at)
	}
	if c.cols[j].sparse {
		zero := find(0)
		for i := range code {
			code[i] = zero
		}
	}
	last, at := uint64(math.MaxUint64), uint16(0)
	for _, e := range c.cols[j].entries {
		rank := e >> 32
		if rank == missingRank {
			code[e&math.MaxUint32] = missingCode
			continue
		}
		if rank != last {
			at, last = find(c.at(int32(e&math.MaxUint32), j)), rank
		}
		code[e&math.MaxUint32] = at
	}
}

// cut finds the edges of a column of numbers.
func (b *bins) cut(t *tally, o BinOptions, j int) {
	if o.Edges != nil && o.Edges[j] != nil {
		b.edges, b.own = slices.Clone(o.Edges[j]), true
		return
	}
	var forced []float64
	if o.Forced != nil {
		forced = o.Forced[j]
	}
	b.own = len(forced) > 0
	b.edges = quantileEdges(t, max(o.Max[j]-len(forced), 1))
	if !b.own {
		return
	}
	// A gap between two numbers needs one edge; a forced one takes the place of another.
	b.edges = slices.DeleteFunc(b.edges, func(e float64) bool {
		gap, _ := slices.BinarySearchFunc(t.value, e, above)
		return slices.ContainsFunc(forced, func(f float64) bool {
			at, _ := slices.BinarySearchFunc(t.value, f, above)
			return at == gap
		})
	})
	b.edges = append(b.edges, forced...)
	slices.Sort(b.edges)
}

// above makes a search find the first number above e.
func above(v, e float64) int {
	if v <= e {
		return -1
	}
	return 1
}

// quantileEdges cuts numbers into at most so many bins of about equal weight, each number of a bin's weight or more by itself; where there are no
// more numbers than bins, each has its own. Edges are halfway between neighbours.
func quantileEdges(t *tally, most int) []float64 {
	var edges []float64
	cut := func(i int) { edges = append(edges, middleOf(t.value[i], t.value[i+1])) }
	n := len(t.value)
	if n <= most {
		for i := range n - 1 {
			cut(i)
		}
		return edges
	}
	rest := 0.0
	for _, w := range t.weight {
		rest += w
	}
	in := 0.0
	for i := 0; i < n-1 && len(edges) < most-1; i++ {
		in += t.weight[i]
		mean := rest / float64(most-len(edges))
		// Cut where the bin has its share, or the next number alone has one.
		if in >= mean || t.weight[i+1] >= mean || n-1-i == most-1-len(edges) {
			cut(i)
			rest, in = rest-in, 0
		}
	}
	return edges
}

// threshold is the number that divides the bins before and after a cut.
func (b *bins) threshold(before, after int) float64 {
	if after == before+1 {
		return b.edges[before]
	}
	middle := middleOf(b.high[before], b.low[after])
	if !b.own {
		return middle
	}
	best := b.edges[before]
	for _, e := range b.edges[before:after] {
		if math.Abs(e-middle) < math.Abs(best-middle) {
			best = e
		}
	}
	return best
}

// Edges are the cuts of a column of numbers that was binned: bin b holds the numbers above edge b-1 up to edge b.
func (c *Columns) Edges(j int) []float64 {
	if c.bins == nil {
		return nil
	}
	return slices.Clone(c.bins[j].edges)
}

// entries sorts rows of the data by their codes: those of a frame column, with places in the list for rows.
func (b *bins) entries(buf []uint64, rows func(k int) int32, n int) []uint64 {
	start := make([]int32, b.count+2)
	slot := func(code uint16) int {
		if code == missingCode {
			return b.count
		}
		return int(code)
	}
	for k := range n {
		start[slot(b.code[rows(k)])+1]++
	}
	for i := 1; i < len(start); i++ {
		start[i] += start[i-1]
	}
	buf = sized(buf, n)
	for k := range n {
		code := b.code[rows(k)]
		s, rank := slot(code), uint64(code)
		if code == missingCode {
			rank = missingRank
		}
		buf[start[s]] = rank<<32 | uint64(k)
		start[s]++
	}
	return buf
}

// fromCodes fills the columns of a frame, whose rows are those of the data that rows gives, from binned ones.
func (f *frame[E]) fromCodes(rows func(k int) int32) {
	n := len(f.data)
	same := sized(f.other, n)
	for i := range same {
		same[i] = int32(i)
	}
	fill := func(lo, hi int) {
		var buf []uint64
		for j := lo; j < hi; j++ {
			b := f.columns.bins[j]
			buf = b.entries(buf, rows, n)
			from := frameColumn[uint64]{categorical: f.columns.cols[j].categorical, codes: b.names}
			compress(&f.cols[j], &from, buf, same)
		}
	}
	if f.serial {
		fill(0, len(f.cols))
	} else {
		par.For(len(f.cols), 10*n, fill)
	}
}
