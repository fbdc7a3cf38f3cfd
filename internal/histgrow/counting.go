package histgrow

import (
	"runtime"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

const (
	block     = 2 * kern.HistBins // cells of a column in a wide histogram
	shareWork = 1 << 18           // updates that are worth another goroutine
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

// count fills the histogram of the rows in places lo to hi-1.
func (g *Grower) count(hist []int64, lo, hi int) {
	parts := min(runtime.GOMAXPROCS(0), (hi-lo)*g.b.work()/shareWork)
	if g.together || parts < 2 {
		g.countPart(hist, lo, hi)
		return
	}
	sums := slices.Grow(g.parts[:0], parts)[:parts]
	g.parts = sums
	par.ForChunks(parts, 1, func(_, first, last int) {
		for p := first; p < last; p++ {
			sums[p] = hist
			if p > 0 {
				sums[p] = g.hists.get()
			}
			from, to := par.Bounds(hi-lo, parts, p)
			g.countPart(sums[p], lo+from, lo+to)
		}
	})
	par.For(g.b.blocks(), block*parts/4, func(first, last int) {
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
	if g.width == 0 {
		return
	}
	if g.units.form == pair {
		g.calls(lo, hi, func(first, cols, at, to int) {
			b, cells := g.b, hist[first*block:]
			if g.whole {
				kern.HistPair(cells, b.codes[at*b.stride+first:], b.stride, cols, nil, to-at, g.vals[2*at:])
			} else {
				kern.HistPair(cells, b.codes[first:], b.stride, cols, g.rows[at:to], 0, g.vals)
			}
		})
		return
	}
	table := g.tables.get() // all zeros, as it was left
	for first := lo; first < hi; first += blockRows {
		g.calls(first, min(first+blockRows, hi), func(first, cols, at, to int) {
			b, cells := g.b, table[first*kern.HistBins:]
			if g.whole {
				kern.HistPacked(cells, b.codes[at*b.stride+first:], b.stride, cols, nil, to-at, g.vals[at:])
			} else {
				kern.HistPacked(cells, b.codes[first:], b.stride, cols, g.rows[at:to], 0, g.vals)
			}
		})
		kern.HistWiden(hist[:g.width*block], table, g.units.layout)
	}
	g.tables.put(table)
}

// Histograms are counted by tiles of columns whose cells stay in the fastest cache, for some rows at a time, which do as well. Cells of like bins are
// a power of two apart, so that more columns than the cache has ways push each other out, however few bins they have.
const (
	tileCols = 16 // half as many if a column has two blocks of cells
	tileRows = 512
)

// calls cuts the columns and the places lo to hi-1 into what one call of a kernel is for.
func (g *Grower) calls(lo, hi int, count func(first, cols, at, to int)) {
	cols, step := tileCols, tileRows
	if g.units.form == pair {
		cols = tileCols / 2
	}
	if g.width <= cols {
		step = callRows
	}
	for at := lo; at < hi; at += step {
		for first := 0; first < g.width; first += cols {
			count(first, min(cols, g.width-first), at, min(at+step, hi))
		}
	}
}
