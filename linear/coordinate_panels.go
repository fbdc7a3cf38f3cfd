package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// panel is the columns that joined a gramSpace together. Numbers are centred and scaled by the roots of the weights.
type panel struct {
	cols   []int
	place  []int     // of every column in cols; nil if X is dense
	center []float64 // of cols
	stride int       // between rows
	kept   []float64 // all rows; nil: they are read again when they are needed
}

func (r *rowCurvature) newPanel(g *gramSpace, cols []int) panel {
	const line = 8 // numbers in a cache line, at which rows begin
	p := panel{cols: append([]int(nil), cols...), center: make([]float64, len(cols)), stride: (len(cols) + line - 1) / line * line}
	for at, j := range cols {
		p.center[at] = r.center[j]
	}
	if r.sparse() {
		p.place = r.places(cols)
	}
	const most, share = 1 << 22, 2 // numbers in all panels, and which part of X
	room := min(most, r.stored/share)
	for _, old := range g.panels {
		room -= len(old.kept)
	}
	if r.rows*p.stride <= room {
		p.kept = make([]float64, r.rows*p.stride)
	}
	return p
}

// bring asks the processor for the columns of a row that will be read soon: jumps from row to row are not foreseen by it.
func (p *panel) bring(x []float64) {
	const line = 8
	if len(p.cols)*line > len(x) {
		kern.Prefetch(x)
		return
	}
	for _, j := range p.cols {
		kern.Prefetch(x[j : j+1])
	}
}

// gather writes the numbers of the rows from at on.
func (r *rowCurvature) gather(dst []float64, p *panel, at int, buf *scratch) {
	const ahead = 4 // rows
	for i := 0; i*p.stride < len(dst); i++ {
		row := dst[i*p.stride : i*p.stride+len(p.cols)]
		if p.place != nil {
			if !r.picked(row, at+i, buf, p.cols, p.place) {
				clear(row)
			}
			continue
		}
		x := r.row(at+i, buf)
		if r.x.Direct() && at+i+ahead < r.rows {
			p.bring(r.row(at+i+ahead, buf))
		}
		for k, j := range p.cols {
			row[k] = x[j] - p.center[k]
		}
		if w := r.w(at + i); w == 0 {
			clear(row)
		} else if w != 1 {
			kern.Scal(math.Sqrt(w), row, row)
		}
	}
}

// products computes rows known.. of the products of the columns at work, and the columns that mirror them.
func (r *rowCurvature) products(ctx context.Context, g *gramSpace, work []int, known int) error {
	m, fresh := len(work), len(work)-known
	p := r.newPanel(g, work[known:])
	widest := p.stride
	for _, old := range g.panels {
		widest = max(widest, old.stride)
	}
	const partials = 1 << 22 // numbers in all partial sums together
	chunks := max(min(partials/(fresh*m), maxChunks), 1)
	cost := fresh*m/20 + m
	sums := par.Reduce(r.rows, max((r.rows+chunks-1)/chunks, par.Grain(cost)), func(_, lo, hi int) []float64 {
		part := make([]float64, fresh*m)
		length := min(max(1<<15/widest, 64), hi-lo)
		buf, other := r.scratch(), []float64(nil)
		own := make([]float64, length*p.stride)
		for ; lo < hi && ctx.Err() == nil; lo += length {
			n := min(length, hi-lo)
			rows := own[:n*p.stride]
			if p.kept != nil {
				rows = p.kept[lo*p.stride : (lo+n)*p.stride]
			}
			r.gather(rows, &p, lo, buf)
			kern.Syrk(true, fresh, n, 1, rows, p.stride, 1, part[known:], m)
			to := part
			for k := range g.panels {
				old := &g.panels[k]
				there := old.kept
				if there != nil {
					there = there[lo*old.stride : (lo+n)*old.stride]
				} else {
					if other == nil {
						other = make([]float64, length*widest)
					}
					there = other[:n*old.stride]
					r.gather(there, old, lo, buf)
				}
				kern.Gemm(true, false, fresh, len(old.cols), n, 1, rows, p.stride, there, old.stride, 1, to, m)
				to = to[len(old.cols):]
			}
		}
		return part
	}, addInto)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	g.panels = append(g.panels, p)
	for a := range fresh {
		for k := range m {
			v := sums[a*m+k]
			if b := k - known; b >= 0 && b < a {
				v = sums[b*m+known+a]
			}
			v /= r.total
			g.gram[(known+a)*g.stride+k] = v
			g.gram[k*g.stride+known+a] = v
		}
	}
	return nil
}
