package histgrow

import (
	"cmp"
	"slices"
)

// kind is how the bins of a column are held.
type kind uint8

const (
	own     kind = iota // a byte for each row
	shared              // some values of a byte that it shares with other columns, no two of which are without 0 in the same row
	listed              // in the lists of those that are not 0
	wide                // two bytes for each row
	nowhere             // it has one bin
)

// place says where the bins of a column are, and where their cells are in a histogram. Shared and listed columns have cells for all their bins but that
// of zero, one after the other: that one holds what is missing from the whole.
type place struct {
	kind  kind
	at    int32 // own, shared: which byte; listed: which list; wide: which of these
	block int32 // own, wide: of the histogram, the first one
	first int32 // shared, listed: the cell of its first bin, in the block
}

// cell is where in its blocks of a histogram bin t is.
func cell(t int) int { return t>>8*block + t&0xff }

// slot is the place of a bin, not that of zero, among the cells of a column.
func (c *Column) slot(bin int) int {
	if bin > c.Zero {
		return bin - 1
	}
	return bin
}

// binAt is the bin at a place among the cells of a column.
func (c *Column) binAt(slot int) int {
	if slot >= c.Zero {
		return slot + 1
	}
	return slot
}

// Columns that share a byte, and those in lists, are worth it if most of their numbers are zero.
const (
	mostlyZero = 0.8  // share of zeros from which on a column is looked at
	openGroups = 100  // bytes that a column is tried in
	denseShare = 0.2  // share of rows from which on a byte takes less memory than a list
	listsAlone = 8    // how many bytes of a row the lists take, besides
	listsEach  = 4.5  // and how many pairs of bytes for each number
	groupSlots = 0xff // cells of a byte, without that of zeros
)

// group are columns that share a byte.
type group struct {
	members []int    // indices of lists
	slots   int      // cells in use
	count   int      // numbers
	rows    []uint64 // which rows have one, as bits
}

// fits reports whether the rows of a list have nothing in the group.
func (g *group) fits(rows []int32, slots int) bool {
	if g.slots+slots > groupSlots {
		return false
	}
	for _, r := range rows {
		if g.rows[r>>6]>>(r&63)&1 != 0 {
			return false
		}
	}
	return true
}

func (g *group) add(k int, rows []int32, slots, full int) {
	if g.rows != nil {
		for _, r := range rows {
			g.rows[r>>6] |= 1 << (r & 63)
		}
	}
	g.members, g.slots, g.count = append(g.members, k), g.slots+slots, g.count+full
}

// bundle finds columns that exclude each other in every row that l lists, the fullest first, each put to the first group that it fits: EFB (Ke et al., NIPS 2017), with
// no conflicts allowed, so that what trees are grown is not changed by it. full is how many rows of each are not zero, of all rows.
func (b *Binned) bundle(candidates []int32, l []list, full []int) []*group {
	order := make([]int, len(l))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Or(full[y]-full[x], x-y) })
	var groups []*group
	words := (b.Rows + 63) / 64
	for _, k := range order {
		slots := b.Columns[candidates[k]].Bins - 1
		at := slices.IndexFunc(groups, func(g *group) bool { return g.rows != nil && g.fits(l[k].rows, slots) })
		if at < 0 {
			at = len(groups)
			g := &group{}
			if at < openGroups {
				g.rows = make([]uint64, words)
			}
			groups = append(groups, g)
		}
		groups[at].add(k, l[k].rows, slots, full[k])
	}
	for _, g := range groups {
		g.rows = nil
		slices.Sort(g.members)
	}
	slices.SortFunc(groups, func(x, y *group) int { return x.members[0] - y.members[0] })
	return groups
}

// sparse reports which of the groups are held in lists: those that fill few of the rows, if there are enough of them to be worth it.
func (b *Binned) sparse(groups []*group) func(*group) bool {
	few := func(g *group) bool { return float64(g.count) < denseShare*float64(b.Rows) }
	n, filled := 0, 0
	for _, g := range groups {
		if few(g) {
			n++
			filled += g.count
		}
	}
	if float64(n) < listsAlone+listsEach*float64(filled)/float64(b.Rows) {
		return func(*group) bool { return false }
	}
	return few
}

// arrange gives each column its place. The members of groups are among the candidates, whose numbers are in l if any of them is to be in the lists.
func (b *Binned) arrange(candidates []int32, groups []*group, l []list) {
	b.places = make([]place, b.Features)
	few := b.sparse(groups)
	apart := make([]bool, b.Features) // not a byte of its own
	var together []*group
	var inLists []int
	for _, g := range groups {
		switch {
		case few(g):
			inLists = append(inLists, g.members...)
		case len(g.members) > 1:
			together = append(together, g)
		default:
			continue
		}
		for _, k := range g.members {
			apart[candidates[k]] = true
		}
	}
	for j := range b.Columns {
		switch bins := b.Columns[j].Bins; {
		case bins < 2:
			b.places[j].kind = nowhere
		case bins <= 256 && !apart[j]:
			b.places[j] = place{kind: own, at: int32(b.dense), block: int32(b.dense)}
			b.dense++
		}
	}
	for _, g := range together {
		first := int32(1)
		for _, k := range g.members {
			b.places[candidates[k]] = place{kind: shared, at: int32(b.dense), block: int32(b.dense), first: first}
			first += int32(b.Columns[candidates[k]].Bins - 1)
		}
		b.dense++
	}
	slices.Sort(inLists)
	at := b.width()
	b.lists.block = at
	first := 0
	for i, k := range inLists {
		j := candidates[k]
		slots := b.Columns[j].Bins - 1
		if first+slots > 256 {
			at, first = at+1, 0
		}
		b.places[j] = place{kind: listed, at: int32(i), block: int32(at), first: int32(first)}
		b.lists.of = append(b.lists.of, l[k])
		first += slots
	}
	if len(inLists) > 0 {
		at++
	}
	for j := range b.Columns {
		if bins := b.Columns[j].Bins; bins > 256 {
			b.places[j] = place{kind: wide, at: int32(len(b.wides)), block: int32(at)}
			b.wides = append(b.wides, nil)
			at += (bins + 255) / 256
		}
	}
	b.lists.blocks = at
	b.mixed = len(together) > 0 || len(inLists) > 0 || len(b.wides) > 0
}

// width is how many columns of bytes the kernels count: a multiple of 4.
func (b *Binned) width() int { return (b.dense + 3) / 4 * 4 }

// bin is that of column j in row i.
func (b *Binned) bin(j int32, i int) int {
	p, c := &b.places[j], &b.Columns[j]
	switch p.kind {
	case own:
		return int(b.codes[i*b.stride+int(p.at)])
	case shared:
		return c.sharedBin(int(b.codes[i*b.stride+int(p.at)])-int(p.first), c.Bins-1)
	case listed:
		return b.lists.bin(c, p, i)
	case wide:
		return int(b.wides[p.at][i])
	}
	return 0
}

// sharedBin is the bin that a place among so many cells stands for, that of zero if it is none of them.
func (c *Column) sharedBin(slot, slots int) int {
	if uint(slot) >= uint(slots) {
		return c.Zero
	}
	return c.binAt(slot)
}

// cells are those of column j in a histogram, bin by bin, as block and cell say. Where the bins are not held so they are put together in buf.
func (g *Grower) cells(nd *node, j int, buf *[block]int64) []int64 {
	p, c := &g.b.places[j], &g.b.Columns[j]
	cells := nd.hist[int(p.block)*block:]
	if p.kind == own || p.kind == wide {
		return cells
	}
	first, slots := int(p.first), c.Bins-1
	grad, hess := cells[first:first+slots], cells[block/2+first:block/2+first+slots]
	restGrad, restHess := nd.grad, nd.hess
	for i := range slots {
		restGrad -= grad[i]
		restHess -= hess[i]
		bin := c.binAt(i)
		buf[bin], buf[block/2+bin] = grad[i], hess[i]
	}
	buf[c.Zero], buf[block/2+c.Zero] = restGrad, restHess
	return buf[:]
}

// blocks is how many blocks a histogram has.
func (b *Binned) blocks() int { return b.lists.blocks }

// work is how many cells the rows of a node touch, about.
func (b *Binned) work() int {
	if b.exact != nil {
		return b.Features
	}
	return b.width() + 4*len(b.wides) + 2*len(b.lists.entries)/max(b.Rows, 1)
}

// Codes returns the bins of column j, by row.
func (b *Binned) Codes(j int) []uint16 {
	out := make([]uint16, b.Rows)
	for i := range out {
		out[i] = uint16(b.bin(int32(j), i))
	}
	return out
}
