package histgrow

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

const (
	divideFor  = 2       // ns a row
	divideRows = 1 << 14 // rows of a block
)

// sides says of each bin whether its rows go left: 1, or right: 0.
func (g *Grower) sides(c *candidate, left []uint8) {
	column := &g.b.Columns[c.feature]
	for bin := range column.Bins {
		in := bin <= int(c.bin)
		switch {
		case c.category:
			in = c.set[bin>>6]>>(bin&63)&1 != 0
		case column.Missing && bin == column.Bins-1:
			in = c.missingLeft
		}
		if in {
			left[bin] = 1
		}
	}
}

// divider returns what puts the rows of a block that go left in front, copies the others to spare, and returns how many there are in front.
func (g *Grower) divider(c *candidate) func(rows, spare []int32) int {
	p, column, n := &g.b.places[c.feature], &g.b.Columns[c.feature], g.b.Rows
	if p.kind == wide {
		left := make([]uint8, mostBins+1)
		g.sides(c, left)
		codes := g.b.wides[p.at]
		return func(rows, spare []int32) int { return divideWide(rows, spare, codes, left) }
	}
	var left [256]uint8
	g.sides(c, left[:])
	switch p.kind {
	case listed:
		l := &g.b.lists.of[p.at]
		return func(rows, spare []int32) int { return l.divide(rows, spare, column.Zero, &left) }
	case shared:
		bins := left
		for code := range left {
			left[code] = bins[column.sharedBin(code-int(p.first), column.Bins-1)]
		}
	}
	var set [8]uint32
	for code, in := range left {
		set[code>>5] |= uint32(in) << (code & 31)
	}
	codes := g.b.cols[int(p.at)*n : (int(p.at)+1)*n+kern.DividePad]
	return func(rows, spare []int32) int { return kern.Divide(rows, spare, codes, &set) }
}

// divide puts the rows that go left in front, all in their order, and returns where those that go right begin.
func (g *Grower) divide(nd *node) int {
	if g.b.exact != nil {
		return g.divideExact(nd)
	}
	split := g.divider(&nd.best)
	rows, spare := g.rows[nd.lo:nd.hi], g.spare[nd.lo:nd.hi]
	if g.together || par.Small(len(rows), divideFor) || len(rows) <= divideRows {
		k := split(rows, spare)
		copy(rows[k:], spare[:len(rows)-k])
		return nd.lo + k
	}
	blocks := par.Chunks(len(rows), divideRows)
	g.divided = slices.Grow(g.divided[:0], blocks+1)[:blocks+1]
	lefts := g.divided
	g.chunks(len(rows), divideRows, func(b, lo, hi int) { lefts[b+1] = split(rows[lo:hi], spare[lo:hi]) })
	lefts[0] = 0
	for b := range blocks {
		lefts[b+1] += lefts[b]
	}
	total := lefts[blocks]
	whole := g.second[nd.lo:nd.hi]
	g.chunks(len(rows), divideRows, func(b, lo, hi int) {
		k := lefts[b+1] - lefts[b]
		copy(whole[lefts[b]:], rows[lo:lo+k])
		copy(whole[total+lo-lefts[b]:], spare[lo:lo+hi-lo-k])
	})
	g.chunks(len(rows), 1<<16, func(_, lo, hi int) { copy(rows[lo:hi], whole[lo:hi]) })
	return nd.lo + total
}

// restore puts the rows of a node that was divided in vain back into rising order.
func (g *Grower) restore(nd *node) {
	rows, k := g.rows[nd.lo:nd.hi], nd.mid-nd.lo
	spare := append(g.spare[nd.lo:nd.lo], rows[:k]...)
	right := rows[k:]
	for i := range rows {
		if len(right) == 0 || len(spare) > 0 && spare[0] < right[0] {
			rows[i], spare = spare[0], spare[1:]
		} else {
			rows[i], right = right[0], right[1:]
		}
	}
}
