package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// fullGram is the curvature of all columns, for problems with few of them that are solved for many penalties, targets or folds.
type fullGram struct {
	cols, tasks int
	c           []float64 // tasks x cols
	gram        []float64 // cols x cols, both halves
}

// mostFull is the number of columns up to which it is made: it then takes 128 MB.
const mostFull = 4096

// crossProducts are sums over some rows, with weights, of numbers that are centred at the means of all rows.
type crossProducts struct {
	total   float64
	sums    []float64 // of [X Y]
	gram    []float64 // cols x cols, upper half
	cross   []float64 // targets x cols: YᵀX
	squares []float64 // of each target
}

// productsOf adds up rows, which are those of positive weight among the given ones.
func (d *design) productsOf(ctx context.Context, rows []int) (*crossProducts, error) {
	p, targets := d.cols, len(d.targets)
	width := p + targets
	s := &crossProducts{sums: make([]float64, width), gram: make([]float64, p*p), cross: make([]float64, targets*p), squares: make([]float64, targets)}
	length := min(max(1<<18/width, 64), max(len(rows), 1))
	block := make([]float64, length*width)
	roots := make([]float64, length) // of the weights
	for len(rows) > 0 {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		n := min(length, len(rows))
		now := rows[:n]
		rows = rows[n:]
		par.For(n, width, func(lo, hi int) {
			buf := d.rowScratch()
			for k := lo; k < hi; k++ {
				if !d.centered(block[k*width:(k+1)*width], now[k], buf) {
					clear(block[k*width : (k+1)*width])
				}
			}
		})
		for k, i := range now {
			w := d.w(i)
			s.total += w
			roots[k] = math.Sqrt(w)
		}
		kern.Syrk(true, p, n, 1, block, width, 1, s.gram, p)
		kern.Gemm(true, false, targets, p, n, 1, block[p:], width, block, width, 1, s.cross, p)
		kern.Gemv(true, n, width, 1, block, width, roots[:n], 1, s.sums)
		for k := range n {
			for t := range targets {
				y := block[k*width+p+t]
				s.squares[t] += y * y
			}
		}
	}
	return s, nil
}

// joined is the problem of the rows of several parts, for the given targets: everything divided by the total weight and centred at the means of
// these rows, if there is an intercept. The design returned has these means and the total, for intercepts. Parts are added, never taken
// away: what a large row of another part has rounded off would be missing.
func joined(d *design, parts []*crossProducts, first, tasks int) (lossTerms, *fullGram, *design) {
	p := d.cols
	g := &fullGram{cols: p, tasks: tasks, gram: make([]float64, p*p)}
	terms := lossTerms{cols: p, tasks: tasks, c: make([]float64, tasks*p), curve: make([]float64, p)}
	view := *d
	view.total = 0
	mean := make([]float64, p+len(d.targets)) // from the means of all rows
	for _, s := range parts {
		view.total += s.total
		kern.Axpy(1, s.sums, mean)
	}
	kern.Scal(1/view.total, mean, mean)
	if d.fitted {
		view.center, view.offset = make([]float64, p), make([]float64, len(d.targets))
		kern.Add(view.center, d.center, mean[:p])
		kern.Add(view.offset, d.offset, mean[p:])
	} else {
		clear(mean)
	}
	par.For(p, p*len(parts)/4, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := g.gram[i*p+i : (i+1)*p]
			for _, s := range parts {
				kern.Axpy(1/view.total, s.gram[i*p+i:(i+1)*p], row)
			}
			if mean[i] != 0 {
				kern.Axpy(-mean[i], mean[i:p], row)
			}
			terms.curve[i] = row[0]
		}
	})
	for j, size := range d.size {
		if !(terms.curve[j] > constantShare*size*size/d.total) {
			terms.curve[j] = 0
		}
	}
	mirror(g.gram, p)
	for t := range tasks {
		c := terms.c[t*p : (t+1)*p]
		y, square := mean[p+first+t], 0.0
		for _, s := range parts {
			kern.Axpy(1/view.total, s.cross[(first+t)*p:(first+t+1)*p], c)
			square += s.squares[first+t]
		}
		kern.Axpy(-y, mean[:p], c)
		terms.yy += max(square/view.total-y*y, 0)
	}
	terms.dropConstant()
	g.c = terms.c
	return terms, g, &view
}

// mirror copies the upper triangle to the lower one, tile by tile.
func mirror(a []float64, n int) {
	const tile = 32
	for i0 := 0; i0 < n; i0 += tile {
		for j0 := i0; j0 < n; j0 += tile {
			for i := i0; i < min(i0+tile, n); i++ {
				for j := max(j0, i+1); j < min(j0+tile, n); j++ {
					a[j*n+i] = a[i*n+j]
				}
			}
		}
	}
}

func (g *fullGram) gradient(ctx context.Context, dst, b []float64) error {
	p := g.cols
	copy(dst, g.c)
	for t := range g.tasks {
		for j, v := range b[t*p : (t+1)*p] {
			if v != 0 {
				kern.Axpy(-v, g.gram[j*p:(j+1)*p], dst[t*p:(t+1)*p])
			}
		}
	}
	return ml.Done(ctx)
}

func (g *fullGram) workspace(_ context.Context, last workspace, work []int) (workspace, error) {
	s := gramRoom(last, len(work), g.tasks)
	known := len(s.work)
	if known == len(work) {
		return s, nil
	}
	for a := known; a < len(work); a++ {
		row := g.gram[work[a]*g.cols : (work[a]+1)*g.cols]
		for k, j := range work[:a+1] {
			s.gram[a*s.stride+k] = row[j]
			s.gram[k*s.stride+a] = row[j]
		}
	}
	s.adopt(work)
	return s, nil
}
