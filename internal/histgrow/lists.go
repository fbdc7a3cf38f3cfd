package histgrow

import (
	"context"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// list holds the rows of a column whose bin is not that of zero, rising, and their bins.
type list struct {
	rows []int32
	bins []uint8
}

// lists are the columns that are held so, by column for the rows of a split, and by row for histograms.
type lists struct {
	of      []list
	start   []int    // where the entries of each row begin
	entries []uint32 // cells of the first sum, counted from block on, rising in each row
	block   int      // the first block of these columns in a histogram
	blocks  int      // all blocks of a histogram
}

// gatherChunks is how many parts of the rows are read at once.
const gatherChunks = 16

// filled visits what rows hold of some columns: visit is called for what the rows lo to hi-1, or every step-th of them, hold of those that slot numbers, if it is not in the bin of zero.
func (b *Binned) filled(x rows.Rows, slot []int32, lo, hi, step int, visit func(r, k int32, bin int)) {
	var buf rows.Entries
	for i := (lo + step - 1) / step * step; i < hi; i += step {
		cols, vals := x.NZ(i, &buf)
		for q, j := range cols {
			if k := slot[j]; k >= 0 {
				c := &b.Columns[j]
				if bin := c.bin(vals[q]); bin != c.Zero {
					visit(int32(i), k, bin)
				}
			}
		}
	}
}

// slots numbers some of the columns; others are -1.
func (b *Binned) slots(columns []int32) []int32 {
	slot := make([]int32, b.Features)
	for j := range slot {
		slot[j] = -1
	}
	for k, j := range columns {
		slot[j] = int32(k)
	}
	return slot
}

// count finds how many rows of each column are not in the bin of zero, of every step-th row, chunk by chunk.
func (b *Binned) count(ctx context.Context, x rows.Rows, columns, slot []int32, step int) ([][]int, error) {
	counts := make([][]int, gatherChunks)
	return counts, par.Do(ctx, gatherChunks, func(ctx context.Context, chunk int) error {
		own := make([]int, len(columns))
		lo, hi := par.Bounds(x.Len(), gatherChunks, chunk)
		b.filled(x, slot, lo, hi, step, func(_, k int32, _ int) { own[k]++ })
		counts[chunk] = own
		return ctx.Err()
	})
}

// gather lists what every step-th row holds of some columns, in two passes: it counts them first.
func (b *Binned) gather(ctx context.Context, x rows.Rows, columns []int32, step int) ([]list, error) {
	slot := b.slots(columns)
	counts, err := b.count(ctx, x, columns, slot, step)
	if err != nil {
		return nil, err
	}
	out := make([]list, len(columns))
	for k := range out {
		total := 0
		for chunk := range counts {
			counts[chunk][k], total = total, total+counts[chunk][k]
		}
		out[k] = list{make([]int32, total), make([]uint8, total)}
	}
	return out, par.Do(ctx, gatherChunks, func(ctx context.Context, chunk int) error {
		next := counts[chunk]
		lo, hi := par.Bounds(x.Len(), gatherChunks, chunk)
		b.filled(x, slot, lo, hi, step, func(r, k int32, bin int) {
			out[k].rows[next[k]], out[k].bins[next[k]] = r, uint8(bin)
			next[k]++
		})
		return ctx.Err()
	})
}

// groupRowsSeen are how many rows groups of columns are found among, before all rows are asked whether they hold.
const groupRowsSeen = 1 << 15

// group finds the groups of columns that share a byte, and, if some are to be held in lists, those of all columns. Lists of all rows take several times the memory of what
// they become: so groups are found among some of the rows, and kept if no row contradicts, as is the rule where columns are the levels of categories.
func (b *Binned) group(ctx context.Context, x rows.Rows, columns []int32) ([]*group, []list, error) {
	if len(columns) == 0 {
		return nil, nil, ctx.Err()
	}
	slot := b.slots(columns)
	counts, err := b.count(ctx, x, columns, slot, 1)
	if err != nil {
		return nil, nil, err
	}
	full := make([]int, len(columns))
	for _, some := range counts {
		for k, n := range some {
			full[k] += n
		}
	}
	step := max(1, x.Len()/groupRowsSeen)
	l, err := b.gather(ctx, x, columns, step)
	if err != nil {
		return nil, nil, err
	}
	groups := b.bundle(columns, l, full)
	if step == 1 {
		return groups, l, nil
	}
	holds, err := b.holds(ctx, x, slot, groups)
	if err != nil || holds && !slices.ContainsFunc(groups, b.sparse(groups)) {
		return groups, nil, err
	}
	if l, err = b.gather(ctx, x, columns, 1); err != nil {
		return nil, nil, err
	}
	return b.bundle(columns, l, full), l, nil
}

// holds reports whether no row has two numbers in a group.
func (b *Binned) holds(ctx context.Context, x rows.Rows, slot []int32, groups []*group) (bool, error) {
	of := make([]int32, len(slot))
	for g, group := range groups {
		for _, k := range group.members {
			of[k] = int32(g)
		}
	}
	var broken atomic.Bool
	err := par.Do(ctx, gatherChunks, func(ctx context.Context, chunk int) error {
		last := slices.Repeat([]int32{-1}, len(groups)) // row of each group
		lo, hi := par.Bounds(x.Len(), gatherChunks, chunk)
		clash := false
		b.filled(x, slot, lo, hi, 1, func(r, k int32, _ int) {
			clash = clash || last[of[k]] == r
			last[of[k]] = r
		})
		if clash {
			broken.Store(true)
		}
		return ctx.Err()
	})
	return !broken.Load(), err
}

// byRow fills start and entries.
func (b *Binned) byRow() {
	l := &b.lists
	if len(l.of) == 0 {
		return
	}
	l.start = make([]int, b.Rows+1)
	for _, one := range l.of {
		for _, r := range one.rows {
			l.start[r+1]++
		}
	}
	for i := range b.Rows {
		l.start[i+1] += l.start[i]
	}
	l.entries = make([]uint32, l.start[b.Rows])
	next := make([]int, b.Rows)
	copy(next, l.start)
	for j := range b.places {
		p, c := &b.places[j], &b.Columns[j]
		if p.kind != listed {
			continue
		}
		one := &l.of[p.at]
		for i, r := range one.rows {
			l.entries[next[r]] = l.cell(c, p, int(one.bins[i]))
			next[r]++
		}
	}
}

// cell is that of a bin, counted from the first block of the lists.
func (l *lists) cell(c *Column, p *place, bin int) uint32 {
	return uint32((int(p.block)-l.block)*block + int(p.first) + c.slot(bin))
}

// bin is that of a column in row i.
func (l *lists) bin(c *Column, p *place, i int) int {
	row := l.entries[l.start[i]:l.start[i+1]]
	first := uint32((int(p.block)-l.block)*block + int(p.first))
	at := sort.Search(len(row), func(k int) bool { return row[k] >= first })
	if at == len(row) {
		return c.Zero
	}
	return c.sharedBin(int(row[at]-first), c.Bins-1)
}

// countLists adds the rows in places lo to hi-1 to the blocks of the lists.
func (g *Grower) countLists(hist []int64, lo, hi int) {
	l := &g.b.lists
	if len(l.of) == 0 {
		return
	}
	cells := hist[l.block*block:]
	for i := lo; i < hi; i++ {
		r := i
		if !g.whole {
			r = int(g.rows[i])
		}
		grad, hess := g.derivatives(r)
		for _, e := range l.entries[l.start[r]:l.start[r+1]] {
			cells[e] += grad
			cells[e+block/2] += hess
		}
	}
}

// derivatives are those of row r as the cells of a wide histogram add them up.
func (g *Grower) derivatives(r int) (grad, hess int64) {
	u := &g.units
	if u.form == pair {
		return g.vals[2*r], g.vals[2*r+1]
	}
	v := g.vals[r]
	return v >> (u.layout.CountBits + u.layout.HessBits), v>>u.layout.CountBits&(1<<u.layout.HessBits-1) + 1<<u.layout.CountShift
}

// countWides adds the rows in places lo to hi-1 to the blocks of columns of two bytes.
func (g *Grower) countWides(hist []int64, lo, hi int) {
	for j := range g.b.places {
		p := &g.b.places[j]
		if p.kind != wide {
			continue
		}
		cells, codes := hist[int(p.block)*block:], g.b.wides[p.at]
		for i := lo; i < hi; i++ {
			r := i
			if !g.whole {
				r = int(g.rows[i])
			}
			grad, hess := g.derivatives(r)
			at := cell(int(codes[r]))
			cells[at] += grad
			cells[at+block/2] += hess
		}
	}
}

// totals are the sums of both derivatives of all rows of the tree.
func (g *Grower) totals(n int) (grad, hess int64) {
	sums := par.Reduce(n, 1<<15, func(_, lo, hi int) [2]int64 {
		var s [2]int64
		for i := lo; i < hi; i++ {
			grad, hess := g.derivatives(rowAt(g.given, i))
			s[0] += grad
			s[1] += hess
		}
		return s
	}, func(a, b [2]int64) [2]int64 { return [2]int64{a[0] + b[0], a[1] + b[1]} })
	return sums[0], sums[1]
}

// divide is divideBlock for a column in a list.
func (l *list) divide(rows, spare []int32, zero int, left *[256]uint8) int {
	k, at := 0, 0
	if len(rows) > 0 {
		at = sort.Search(len(l.rows), func(i int) bool { return l.rows[i] >= rows[0] })
	}
	far := len(l.rows)-at > 16*len(rows) // many more numbers than rows: they are looked up
	for i, r := range rows {
		if far {
			rest := l.rows[at:]
			at += sort.Search(len(rest), func(i int) bool { return rest[i] >= r })
		} else {
			for at < len(l.rows) && l.rows[at] < r {
				at++
			}
		}
		bin := zero
		if at < len(l.rows) && l.rows[at] == r {
			bin = int(l.bins[at])
		}
		spare[i-k] = r
		rows[k] = r
		k += int(left[bin])
	}
	return k
}

// divideWide is divideBlock for a column of two bytes.
func divideWide(rows, spare []int32, column []uint16, left []uint8) int {
	k := 0
	spare = spare[:len(rows)]
	for i, r := range rows {
		spare[i-k] = r
		rows[k] = r
		k += int(left[column[r]])
	}
	return k
}
