package histgrow

import (
	"runtime"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

const (
	block     = 2 * kern.HistBins // cells of a column in a wide histogram
	shareWork = 1 << 18           // updates that are worth another goroutine
	addBlocks = 16                // columns whose cells one goroutine adds up
	callRows  = 2048              // rows of one call of a kernel, which cannot be interrupted
)

// pool keeps slices of one length between uses.
type pool struct {
	mu   sync.Mutex
	size int
	free [][]int64
}

// get returns a slice, with what its last user left in it.
func (p *pool) get() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.free) - 1; last >= 0 {
		s := p.free[last]
		p.free = p.free[:last]
		return s
	}
	return kern.Aligned[int64](p.size)
}

func (p *pool) put(s []int64) {
	if s == nil {
		return
	}
	p.mu.Lock()
	p.free = append(p.free, s)
	p.mu.Unlock()
}

// each runs work(0) to work(n-1) on goroutines that are kept awake while a tree grows, since the loops of a node follow each other closely. It is not for nodes
// that are split beside others.
func (g *Grower) each(n int, work func(i int)) { g.team.Each(n, work) }

// chunks runs body on all chunks of at most grain of n items.
func (g *Grower) chunks(n, grain int, body func(chunk, lo, hi int)) {
	k := par.Chunks(n, grain)
	g.each(k, func(c int) {
		lo, hi := par.Bounds(n, k, c)
		body(c, lo, hi)
	})
}

// Data are near if the bytes of all rows stay in a core's second cache. Then each goroutine counts and searches some columns of all rows: histograms need not be
// joined, and stay near as well. There must be enough to do for one to be worth waking.
const (
	nearBytes = 1 << 20
	nearWork  = 1 << 15
)

func (g *Grower) isNear(n int) bool {
	work := n * g.width
	return runtime.GOMAXPROCS(0) > 1 && !g.b.mixed && nearWork <= work && g.b.Rows*g.b.stride <= nearBytes
}

// countNear fills columns first to last-1 of the histogram of the rows in places lo to hi-1, and subtracts them from another one, unless that is nil.
func (g *Grower) countNear(hist, from, table []int64, first, last, lo, hi int) {
	part := hist[first*block : last*block]
	clear(part)
	g.countBytes(hist, table, first, last, lo, hi)
	if from != nil {
		kern.HistSub(from[first*block:last*block], part)
	}
}

// count fills the histogram of the rows in places lo to hi-1.
func (g *Grower) count(hist []int64, lo, hi int) {
	if g.b.exact == nil {
		compute.Histogram(g.counter, hist, lo, hi)
	}
}

// counter is how a Grower counts rows.
type counter struct {
	*Grower
	values compute.Kept // vals, of the tree under way
}

// Codes implements compute.HistogramTask.
func (g *counter) Codes() compute.CodeTable {
	return compute.CodeTable{Codes: g.b.codes, Rows: g.b.Rows, Cols: g.width, Stride: g.b.stride}
}

// Derivatives implements compute.HistogramTask.
func (g *counter) Derivatives() compute.Derivatives {
	l := g.units.layout
	d := compute.Derivatives{Values: g.vals[:g.b.Rows], CountBits: int(l.CountBits), HessBits: int(l.HessBits), CountShift: int(l.CountShift), PackedRows: blockRows}
	if g.units.form == pair {
		d.Values, d.Pairs = g.vals[:2*g.b.Rows], true
	}
	return d
}

// Places implements compute.HistogramTask.
func (g *counter) Places(lo, hi int) []int32 {
	if g.whole {
		return nil
	}
	return g.rows[lo:hi]
}

// KeptCodes implements compute.HistogramTask.
func (g *counter) KeptCodes() *compute.Kept { return &g.b.kept }

// KeptValues implements compute.HistogramTask.
func (g *counter) KeptValues() *compute.Kept { return &g.values }

// Rest implements compute.HistogramTask.
func (g *counter) Rest(hist []int64, lo, hi int) {
	clear(hist[g.width*block:])
	g.countLists(hist, lo, hi)
	g.countWides(hist, lo, hi)
}

// Host implements compute.HistogramTask.
func (g *counter) Host(hist []int64, lo, hi int) {
	parts := min(runtime.GOMAXPROCS(0), (hi-lo)*g.b.work()/shareWork)
	if g.together || parts < 2 {
		g.countPart(hist, lo, hi)
		return
	}
	sums := slices.Grow(g.parts[:0], parts)[:parts]
	g.parts = sums
	g.each(parts, func(p int) {
		sums[p] = hist
		if p > 0 {
			sums[p] = g.hists.get()
		}
		from, to := par.Bounds(hi-lo, parts, p)
		g.countPart(sums[p], lo+from, lo+to)
	})
	g.chunks(g.b.blocks(), addBlocks, func(_, first, last int) {
		for _, s := range sums[1:] {
			kern.HistAdd(hist[first*block:last*block], s[first*block:last*block])
		}
	})
	for _, s := range sums[1:] {
		g.hists.put(s)
	}
}

func (g *Grower) countPart(hist []int64, lo, hi int) {
	clear(hist)
	g.countLists(hist, lo, hi)
	g.countWides(hist, lo, hi)
	if g.width > 0 {
		table := g.table()
		g.countBytes(hist, table, 0, g.width, lo, hi)
		g.tables.put(table)
	}
}

// table is what packed cells are counted in, all zeros, as it is to be left; nil: not with these units.
func (g *Grower) table() []int64 {
	if g.units.form == pair {
		return nil
	}
	return g.tables.get()
}

// countBytes adds the rows in places lo to hi-1 to the cells of columns of bytes.
func (g *Grower) countBytes(hist, table []int64, from, to, lo, hi int) {
	b := g.b
	if table == nil {
		g.calls(from, to, lo, hi, func(first, cols, at, end int) {
			cells := hist[first*block:]
			if g.whole {
				kern.HistPair(cells, b.codes[at*b.stride+first:], b.stride, cols, nil, end-at, g.vals[2*at:])
			} else {
				kern.HistPair(cells, b.codes[first:], b.stride, cols, g.rows[at:end], 0, g.vals)
			}
		})
		return
	}
	for some := lo; some < hi; some += blockRows {
		g.calls(from, to, some, min(some+blockRows, hi), func(first, cols, at, end int) {
			cells := table[first*kern.HistBins:]
			if g.whole {
				kern.HistPacked(cells, b.codes[at*b.stride+first:], b.stride, cols, nil, end-at, g.vals[at:])
			} else {
				kern.HistPacked(cells, b.codes[first:], b.stride, cols, g.rows[at:end], 0, g.vals)
			}
		})
		kern.HistWiden(hist[from*block:to*block], table[from*kern.HistBins:to*kern.HistBins], g.units.layout)
	}
}

// Histograms are counted by tiles of columns whose cells stay in the fastest cache, for some rows at a time, which do as well. Cells of like bins are
// a power of two apart, so that more columns than the cache has ways push each other out, however few bins they have.
const (
	tileCols = 16 // half as many if a column has two blocks of cells
	tileRows = 512
	nearCols = 8 // of a part of a histogram that one goroutine counts
)

// calls cuts columns of bytes and the places lo to hi-1 into what one call of a kernel is for.
func (g *Grower) calls(from, to, lo, hi int, count func(first, cols, at, end int)) {
	cols, step := tileCols, tileRows
	if g.units.form == pair {
		cols = tileCols / 2
	}
	if to-from <= cols {
		step = callRows
	}
	for at := lo; at < hi && g.ctx.Err() == nil; at += step {
		for first := from; first < to; first += cols {
			count(first, min(cols, to-first), at, min(at+step, hi))
		}
	}
}
