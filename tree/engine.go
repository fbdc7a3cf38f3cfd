package tree

import (
	"math"
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
}

// scratch is what one goroutine needs.
type scratch struct {
	x       []float64 // a row that does not lie as dense float64
	scores  []float64
	bytes   [mostLeaves]uint8 // columns of one row
	columns []uint16          // the same for packed trees
	lanes   [lanes][mostLeaves]uint8
	block   []uint16 // columns of some rows
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
	columns := 0
	for _, p := range g.parts {
		if p, ok := p.(*packed); ok {
			columns = max(columns, len(p.ranks.columns)+1)
		}
	}
	g.scratch.New = func() any {
		return &scratch{x: make([]float64, e.Features), scores: make([]float64, e.Outputs), columns: make([]uint16, columns)}
	}
}

// newParts puts the trees of e into forms.
func newParts(e *Ensemble) []part {
	if e.Trees() == 0 {
		return nil
	}
	if e.groupable(0, e.Trees()) {
		if r, ok := newRanks(e, 0, e.Trees(), math.MaxUint8); ok {
			return []part{newGroup(e, 0, e.Trees(), r)}
		}
	}
	if p, ok := newLone(e, 0, e.Trees()); ok {
		return []part{p}
	}
	if p, ok := newPacked(e, 0, e.Trees()); ok {
		return []part{p}
	}
	return []part{plain{e, 0, e.Trees()}}
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
		g.some(dst, x, 0, x.Len())
		return
	}
	blocks := par.Chunks(x.Len(), kern.TreeRows)
	par.For(blocks, g.cost*kern.TreeRows, func(lo, hi int) {
		g.some(dst, x, lo*kern.TreeRows, min(hi*kern.TreeRows, x.Len()))
	})
}

// some does rows lo to hi.
func (g *engine) some(dst []float64, x rows.Rows, lo, hi int) {
	s := g.lend()
	defer g.scratch.Put(s)
	k := g.e.Outputs
	for ; lo < hi; lo += kern.TreeRows {
		n := min(kern.TreeRows, hi-lo)
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
