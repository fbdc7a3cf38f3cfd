package tree

import (
	"sync"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// engine is what an Ensemble keeps to predict fast.
type engine struct {
	e       *Ensemble
	cost    int // about the nanoseconds of one row
	scratch sync.Pool
	flats   sync.Pool // of *[]float64
}

// scratch is what one goroutine needs for rows that do not lie as dense float64.
type scratch struct {
	row    []float64
	scores []float64
}

func newEngine(e *Ensemble) *engine {
	g := &engine{e: e, cost: 20 + 30*e.Trees()}
	g.scratch.New = func() any {
		return &scratch{row: make([]float64, e.Features), scores: make([]float64, e.Outputs)}
	}
	return g
}

// row writes the raw scores of one row to dst.
func (g *engine) row(dst, x []float64) { g.e.walk(dst, x, g.e.Trees()) }

// rows writes the raw scores of all rows of x to dst, Outputs for each.
func (g *engine) rows(dst []float64, x rows.Rows) {
	if par.Small(x.Len(), g.cost) {
		g.some(dst, x, 0, x.Len())
		return
	}
	par.For(x.Len(), g.cost, func(lo, hi int) { g.some(dst, x, lo, hi) })
}

// some does rows lo to hi.
func (g *engine) some(dst []float64, x rows.Rows, lo, hi int) {
	s := g.scratch.Get().(*scratch)
	defer g.scratch.Put(s)
	k := g.e.Outputs
	for i := lo; i < hi; i++ {
		g.row(dst[i*k:(i+1)*k], x.Row(i, s.row))
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
