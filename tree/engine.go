package tree

import (
	"math"
	"runtime"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// engine is what an Ensemble keeps to predict fast. Every path through it gives the bits of the plain walk: each score is added up
// tree by tree.
type engine struct {
	e       *Ensemble
	once    sync.Once // guards parts and adders: the first prediction makes them, so that who only looks at a model does not wait for them
	parts   []part
	adders  []int // of each score of a mean: the trees that add to it
	cost    int   // about the nanoseconds of one row
	scratch sync.Pool
	flats   sync.Pool // of *[]float64
}

// part is some consecutive trees in a form that suits them.
type part interface {
	// row adds the trees to the scores of x.
	row(dst, x []float64, s *scratch)
	// block does so for n rows from lo.
	block(dst []float64, x rows.Rows, lo, n int, s *scratch)
	// leaves writes which nodes of the ensemble are the leaves of n rows from lo, at most kern.TreeRows. dst has a place for each row and tree of the ensemble.
	leaves(dst []int32, x rows.Rows, lo, n int, s *scratch)
}

// scratch is what one goroutine needs.
type scratch struct {
	x       []float64 // a row that does not lie as dense float64
	rows    []float64 // some such rows
	nz      rows.Entries
	scores  []float64
	bytes   [mostLeaves]uint8 // columns of one row
	columns []uint16          // the same for packed trees
	lanes   [lanes][mostLeaves]uint8
	block   []uint16 // columns of some rows
	places  []uint32 // leaves of a row in packed trees
	large   *board
	leaf    []uint8 // of a row in each tree
}

func newEngine(e *Ensemble) *engine { return &engine{e: e, cost: 20 + 10*e.Trees()} }

// lend is a scratch, to be put back, from an engine that is ready.
func (g *engine) lend() *scratch {
	g.once.Do(g.prepare)
	return g.scratch.Get().(*scratch)
}

func (g *engine) prepare() {
	e := g.e
	g.parts = newParts(e)
	for k := 0; e.Average && k < e.Outputs; k++ {
		g.adders = append(g.adders, e.adders(k, e.Trees()))
	}
	g.scratch.New = scratchFor(e, g.parts)
}

// scratchFor makes what one goroutine needs for some parts of e.
func scratchFor(e *Ensemble, parts []part) func() any {
	columns := 0
	for _, p := range parts {
		switch p := p.(type) {
		case *packed:
			columns = max(columns, len(p.ranks.columns)+1)
		case *lone:
			for _, q := range p.blocks {
				if q, ok := q.(*packed); ok {
					columns = max(columns, len(q.ranks.columns)+1)
				}
			}
		}
	}
	return func() any {
		return &scratch{x: make([]float64, e.Features), scores: make([]float64, e.Outputs), columns: make([]uint16, columns)}
	}
}

// newParts puts the trees of e into forms: one group if their columns fit into bytes, as those of a model do that was trained on histograms. Else there are
// several groups with cuts of their own where batches are so much faster in groups that reading columns several times does not matter.
func newParts(e *Ensemble) []part {
	trees := e.Trees()
	if trees == 0 {
		return nil
	}
	if e.groupable(0, trees) {
		if r, ok := newRanks(e, 0, trees, math.MaxUint8); ok {
			return []part{newGroup(e, 0, trees, r)}
		}
	}
	if p, ok := newLone(e, 0, trees); ok {
		if parts, grouped := e.groups(); 4*grouped >= 3*trees {
			p.blocks = parts
		}
		return []part{p}
	}
	parts, _ := e.groups()
	return parts
}

// groups puts trees into groups, where there are vectors, and those that suit none into other forms. It returns how many are in groups.
func (e *Ensemble) groups() (parts []part, grouped int) {
	trees := e.Trees()
	if !kern.TreesFast() {
		return e.singles(nil, 0, trees), 0
	}
	other := 0 // the first tree that is in no part yet
	for first := 0; first < trees; {
		last := e.groupEnd(first)
		if last-first < fewTrees {
			first = max(last, first+1)
			continue
		}
		r, ok := newRanks(e, first, last, math.MaxUint8)
		if !ok {
			break
		}
		if other < first {
			parts = e.singles(parts, other, first)
		}
		parts = append(parts, newGroup(e, first, last, r))
		grouped += last - first
		first, other = last, last
	}
	if other < trees {
		parts = e.singles(parts, other, trees)
	}
	return parts, grouped
}

// fewTrees are too few for a group.
const fewTrees = 8

// groupEnd is where a group that begins with tree first has to end.
func (e *Ensemble) groupEnd(first int) int {
	type cut struct {
		feature int32
		at      float64
	}
	cuts, columns := map[cut]bool{}, map[column]bool{}
	count := make([]int, e.Features)
	for t := first; t < e.Trees(); t++ {
		if !e.groupable(t, t+1) {
			return t
		}
		for i := e.Start[t]; i < e.Start[t+1]; i++ {
			f := e.Feature[i]
			if f < 0 {
				continue
			}
			at, ok := cutOf(e.Rule[i], e.Threshold[i])
			if c := (cut{f, at}); !cuts[c] {
				cuts[c] = true
				count[f]++
			}
			columns[column{f, readingOf(e.Rule[i])}] = true
			if !ok || count[f] > math.MaxUint8 || len(columns) > math.MaxUint8 {
				return t
			}
		}
	}
	return e.Trees()
}

// singles appends the forms of trees that are no group. Where they have too many cuts for one, each half gets its own.
func (e *Ensemble) singles(parts []part, first, last int) []part {
	if p, ok := newLone(e, first, last); ok {
		return append(parts, p)
	}
	if p, ok := newPacked(e, first, last); ok {
		return append(parts, p)
	}
	if last-first == 1 {
		return append(parts, plain{e, first, last})
	}
	mid := (first + last) / 2
	return e.singles(e.singles(parts, first, mid), mid, last)
}

// groupable reports whether the trees may be in a group if their columns fit.
func (e *Ensemble) groupable(first, last int) bool {
	for t := first; t < last; t++ {
		if e.Nodes(t) > 2*mostLeaves-1 {
			return false
		}
	}
	for i := e.Start[first]; i < e.Start[last]; i++ {
		if e.Feature[i] >= 0 && e.Rule[i].Categorical() {
			return false
		}
	}
	return true
}

// plain is trees without a form.
type plain struct {
	e           *Ensemble
	first, last int
}

func (p plain) row(dst, x []float64, _ *scratch) { p.e.addTrees(dst, x, p.first, p.last) }

func (p plain) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	k := p.e.Outputs
	for i := range n {
		p.row(dst[i*k:(i+1)*k], x.Row(lo+i, s.x), s)
	}
}

func (p plain) leaves(dst []int32, x rows.Rows, lo, n int, s *scratch) {
	trees := p.e.Trees()
	for i := range n {
		row := x.Row(lo+i, s.x)
		for t := p.first; t < p.last; t++ {
			dst[i*trees+t] = int32(p.e.leaf(t, row))
		}
	}
}

// row writes the raw scores of one row to dst.
func (g *engine) row(dst, x []float64) {
	s := g.lend()
	g.e.begin(dst)
	for _, p := range g.parts {
		p.row(dst, x, s)
	}
	g.finish(dst)
	g.scratch.Put(s)
}

// finish is Ensemble.finish for all trees.
func (g *engine) finish(dst []float64) {
	for k, n := range g.adders {
		if n > 0 {
			dst[k] /= float64(n)
		}
		dst[k] += g.e.Base[k]
	}
}

// rows writes the raw scores of all rows of x to dst, Outputs for each.
func (g *engine) rows(dst []float64, x rows.Rows) {
	if par.Small(x.Len(), g.cost) {
		g.some(dst, x, 0, x.Len(), g.blockRows(x.Len()))
		return
	}
	size := g.blockRows(x.Len())
	par.For(par.Chunks(x.Len(), size), g.cost*size, func(lo, hi int) {
		g.some(dst, x, lo*size, min(hi*size, x.Len()), size)
	})
}

// blockRows is how many rows of n pass the trees together: more than a group takes where trees are so large that bringing them near costs most.
func (g *engine) blockRows(n int) int {
	g.once.Do(g.prepare)
	for _, p := range g.parts {
		if _, is := p.(*packed); !is {
			return kern.TreeRows
		}
	}
	return min(max(n/(4*runtime.GOMAXPROCS(0))/kern.TreeRows, 1)*kern.TreeRows, packedRows)
}

// some does rows lo to hi, so many at a time.
func (g *engine) some(dst []float64, x rows.Rows, lo, hi, size int) {
	s := g.lend()
	defer g.scratch.Put(s)
	k := g.e.Outputs
	for ; lo < hi; lo += size {
		n := min(size, hi-lo)
		block := dst[lo*k : (lo+n)*k]
		for i := range n {
			g.e.begin(block[i*k : (i+1)*k])
		}
		for _, p := range g.parts {
			p.block(block, x, lo, n, s)
		}
		for i := range n {
			g.finish(block[i*k : (i+1)*k])
		}
	}
}

// leaves writes the leaf of each row in each tree to dst, as its library numbers it.
func (g *engine) leaves(dst []int32, x rows.Rows) {
	e, trees := g.e, g.e.Trees()
	par.For(par.Chunks(x.Len(), kern.TreeRows), g.cost*kern.TreeRows, func(first, last int) {
		s := g.lend()
		defer g.scratch.Put(s)
		for lo := first * kern.TreeRows; lo < min(last*kern.TreeRows, x.Len()); lo += kern.TreeRows {
			n := min(kern.TreeRows, x.Len()-lo)
			block := dst[lo*trees : (lo+n)*trees]
			for _, p := range g.parts {
				p.leaves(block, x, lo, n, s)
			}
			for i, node := range block {
				if e.LeafID != nil {
					block[i] = e.LeafID[node]
				} else {
					block[i] = node - e.Start[i%trees]
				}
			}
		}
	})
}

// flat lends n numbers.
func (g *engine) flat(n int) *[]float64 {
	s, _ := g.flats.Get().(*[]float64)
	if s == nil {
		s = new([]float64)
	}
	if cap(*s) < n {
		*s = make([]float64, n)
	}
	*s = (*s)[:n]
	return s
}

func (g *engine) release(s *[]float64) { g.flats.Put(s) }
