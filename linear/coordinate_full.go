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

// plus is the sum, in new memory.
func (s *crossProducts) plus(o *crossProducts) *crossProducts {
	out := &crossProducts{total: s.total + o.total}
	for _, f := range []struct {
		dst  *[]float64
		a, b []float64
	}{{&out.sums, s.sums, o.sums}, {&out.gram, s.gram, o.gram}, {&out.cross, s.cross, o.cross}, {&out.squares, s.squares, o.squares}} {
		*f.dst = make([]float64, len(f.a))
		kern.Add(*f.dst, f.a, f.b)
	}
	return out
}

// problem is that of the given targets: everything divided by the total weight and centred at the means of these rows, if there is an intercept.
func (s *crossProducts) problem(d *design, first, tasks int) (lossTerms, *fullGram) {
	p := d.cols
	g := &fullGram{cols: p, tasks: tasks, gram: make([]float64, p*p)}
	terms := lossTerms{cols: p, tasks: tasks, c: make([]float64, tasks*p), curve: make([]float64, p)}
	mean := make([]float64, len(s.sums))
	if d.fitted {
		kern.Scal(1/s.total, mean, s.sums)
	}
	for i := range p {
		row := g.gram[i*p+i : (i+1)*p]
		kern.Scal(1/s.total, row, s.gram[i*p+i:(i+1)*p])
		if mean[i] != 0 {
			kern.Axpy(-mean[i], mean[i:p], row)
		}
		terms.curve[i] = row[0]
	}
	for j, size := range d.size {
		if !(terms.curve[j] > constantShare*size*size/d.total) {
			terms.curve[j] = 0
		}
	}
	mirror(g.gram, p)
	for t := range tasks {
		c := terms.c[t*p : (t+1)*p]
		y := mean[p+first+t]
		kern.Scal(1/s.total, c, s.cross[(first+t)*p:(first+t+1)*p])
		kern.Axpy(-y, mean[:p], c)
		terms.yy += max(s.squares[first+t]/s.total-y*y, 0)
	}
	terms.dropConstant()
	g.c = terms.c
	return terms, g
}

// mirror copies the upper half of a square matrix to the lower one, tile by tile.
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
