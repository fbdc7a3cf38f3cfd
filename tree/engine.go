package tree

import (
	"sync"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// engine is what an Ensemble keeps to predict fast. Every path through it gives the bits of the plain walk.
type engine struct {
	e       *Ensemble
	p       *packed // nil: too large a model for the packed form
	adders  []int   // of each score of a mean: the trees that add to it
	cost    int     // about the nanoseconds of one row
	scratch sync.Pool
	flats   sync.Pool // of *[]float64
}

// blockRows is how many rows pass a tree before the next one: enough to pay for bringing the tree near, and few enough for their columns to
// stay there.
const blockRows = 128

// scratch is what one goroutine needs.
type scratch struct {
	row     []float64 // a row that does not lie as dense float64
	scores  []float64
	columns []uint16 // of one row
	block   []uint16 // of blockRows rows
}

func newEngine(e *Ensemble) *engine {
	g := &engine{e: e, cost: 20 + 10*e.Trees()}
	if p, ok := newPacked(e); ok {
		g.p = p
	}
	for k := 0; e.Average && k < e.Outputs; k++ {
		g.adders = append(g.adders, e.adders(k, e.Trees()))
	}
	g.scratch.New = func() any {
		s := &scratch{row: make([]float64, e.Features), scores: make([]float64, e.Outputs)}
		if g.p != nil {
			s.columns = make([]uint16, len(g.p.ranks.columns)+1)
		}
		return s
	}
	return g
}

// row writes the raw scores of one row to dst.
func (g *engine) row(dst, x []float64) {
	if g.p == nil {
		g.e.walk(dst, x, g.e.Trees())
		return
	}
	s := g.scratch.Get().(*scratch)
	g.rowPacked(dst, x, s.columns)
	g.scratch.Put(s)
}

func (g *engine) rowPacked(dst, x []float64, columns []uint16) {
	e, p := g.e, g.p
	p.ranks.read(columns, x)
	e.begin(dst)
	t, trees := 0, e.Trees()
	if p.sets == nil {
		var at [lanes]uint32
		for ; t+lanes <= trees; t += lanes {
			p.walkTrees(&at, columns, t)
			for l, place := range at {
				g.add(dst, x, t+l, place)
			}
		}
	}
	for ; t < trees; t++ {
		g.add(dst, x, t, p.walkOne(e, columns, t))
	}
	g.finish(dst)
}

// add adds what the leaf at a place of tree t says about x.
func (g *engine) add(dst, x []float64, t int, place uint32) {
	e, p := g.e, g.p
	switch {
	case p.value != nil && e.Float32:
		k := e.output(t)
		dst[k] = float64(float32(dst[k]) + float32(p.value[place]))
	case p.value != nil:
		dst[e.output(t)] += p.value[place]
	case e.Vector:
		i := int(p.node[place])
		for k, v := range e.Value[i*e.Outputs : (i+1)*e.Outputs] {
			e.add(dst, k, t, v)
		}
	default:
		e.add(dst, e.output(t), t, e.leafValue(int(p.node[place]), x))
	}
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
	grain := max(par.Grain(g.cost), blockRows)
	grain -= grain % blockRows
	par.ForChunks(x.Len(), grain, func(_, lo, hi int) { g.some(dst, x, lo, hi) })
}

// some does rows lo to hi.
func (g *engine) some(dst []float64, x rows.Rows, lo, hi int) {
	s := g.scratch.Get().(*scratch)
	defer g.scratch.Put(s)
	k := g.e.Outputs
	if g.p != nil && g.p.value != nil {
		for ; hi-lo >= lanes; lo += min(blockRows, hi-lo) / lanes * lanes {
			n := min(blockRows, hi-lo) / lanes * lanes
			g.block(dst[lo*k:(lo+n)*k], x, lo, n, s)
		}
	}
	for i := lo; i < hi; i++ {
		row := x.Row(i, s.row)
		if g.p == nil {
			g.e.walk(dst[i*k:(i+1)*k], row, g.e.Trees())
		} else {
			g.rowPacked(dst[i*k:(i+1)*k], row, s.columns)
		}
	}
}

// block does n rows from lo, a multiple of lanes, tree by tree. Leaves are scalars.
func (g *engine) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	e, p := g.e, g.p
	w, k := len(p.ranks.columns), e.Outputs
	if s.block == nil {
		s.block = make([]uint16, blockRows*w+1)
	}
	for i := range n {
		p.ranks.read(s.block[i*w:(i+1)*w], x.Row(lo+i, s.row))
		e.begin(dst[i*k : (i+1)*k])
	}
	var at [lanes]uint32
	for t := range e.Trees() {
		out := e.output(t)
		for i := 0; i < n; i += lanes {
			columns := s.block[i*w : (i+lanes)*w+1]
			if p.mixed[t] {
				for l := range at {
					at[l] = p.walkOne(e, columns[l*w:(l+1)*w+1], t)
				}
			} else {
				p.walkRows(&at, columns, t)
			}
			sums := dst[i*k+out:]
			for l, place := range at {
				if e.Float32 {
					sums[l*k] = float64(float32(sums[l*k]) + float32(p.value[place]))
				} else {
					sums[l*k] += p.value[place]
				}
			}
		}
	}
	for i := range n {
		g.finish(dst[i*k : (i+1)*k])
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
