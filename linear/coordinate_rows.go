package linear

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// rowCurvature is the curvature of the rows of a design, which are read when something is asked of them.
type rowCurvature struct {
	*design
	first, tasks int       // the targets
	stored       int       // numbers in X
	curve        []float64 // the mean squares of the centred columns
	csc          *cscColumns
}

// newRowCurvature prepares a problem of the given targets of a design.
func newRowCurvature(ctx context.Context, d *design, first, tasks int) (lossTerms, *rowCurvature, error) {
	r := &rowCurvature{design: d, first: first, tasks: tasks, stored: d.rows * d.cols}
	if d.sparse() {
		r.stored = 0
		var buf scratch
		for i := range d.rows {
			cols, _ := d.nonzeros(i, &buf)
			r.stored += len(cols)
		}
	}
	terms := lossTerms{cols: d.cols, tasks: tasks, c: make([]float64, tasks*d.cols), curve: d.curves()}
	for t := range tasks {
		terms.yy += d.variance(first + t)
	}
	r.curve = terms.curve
	var err error
	if d.cross != nil {
		for t := range tasks {
			c := terms.c[t*d.cols : (t+1)*d.cols]
			copy(c, d.cross[(first+t)*d.cols:])
			linalg.Axpy(-d.cross[len(d.targets)*d.cols+first+t], d.center, c)
			kern.Scal(1/d.total, c, c)
		}
	} else {
		err = r.gradient(ctx, terms.c, nil)
	}
	terms.dropConstant()
	return terms, r, err
}

// dropConstant clears what rounding left of constant columns.
func (l lossTerms) dropConstant() {
	for j, v := range l.curve {
		if v == 0 {
			for t := range l.tasks {
				l.c[t*l.cols+j] = 0
			}
		}
	}
}

// variance is the weighted mean square of a centred target.
func (d *design) variance(target int) float64 {
	sum := 0.0
	for i, y := range d.targets[target] {
		sum += d.w(i) * (y - d.offset[target]) * (y - d.offset[target])
	}
	return sum / d.total
}

// constantShare is the share of its mean square up to which a column's variance is taken for rounding of a constant.
const constantShare = 1e-26

// curves are the weighted mean squares of the centred columns, 0 for constant ones.
func (d *design) curves() []float64 {
	out := make([]float64, d.cols)
	doubt := false
	for j, s := range d.size {
		square := s * s / d.total
		out[j] = square - d.center[j]*d.center[j]
		const cancelled = 1e-4 // of the mean square
		doubt = doubt || out[j] < cancelled*square
	}
	if doubt && d.fitted {
		d.exactCurves(out)
	}
	for j, s := range d.size {
		if !(out[j] > constantShare*s*s/d.total) {
			out[j] = 0
		}
	}
	return out
}

// exactCurves sums over centred numbers.
func (d *design) exactCurves(dst []float64) {
	sums := par.Reduce(d.rows, grain(d.rows, d.cols+20), func(_, lo, hi int) []float64 {
		part := make([]float64, 2*d.cols)
		squares, seen := part[:d.cols], part[d.cols:]
		row, buf := make([]float64, d.cols), d.scratch()
		for i := lo; i < hi; i++ {
			w := d.w(i)
			if d.sparse() {
				cols, vals := d.nonzeros(i, buf)
				for k, j := range cols {
					v := vals[k] - d.center[j]
					squares[j] += w * v * v
					seen[j] += w
				}
				continue
			}
			kern.Add(row, d.row(i, buf), d.shift)
			kern.Mul(row, row, row)
			kern.Axpy(w, row, squares)
		}
		return part
	}, addInto)
	for j := range dst {
		dst[j] = sums[j] / d.total
		if d.sparse() {
			dst[j] += max(d.total-sums[d.cols+j], 0) / d.total * d.center[j] * d.center[j]
		}
	}
}

// gradient writes XᵀR/W for the centred X and R = Y - XB; b may be nil for zeros.
func (r *rowCurvature) gradient(ctx context.Context, dst, b []float64) error {
	p, tasks := r.cols, r.tasks
	base := make([]float64, tasks) // what a row of zeros is predicted less
	for t := range base {
		base[t] = r.offset[r.first+t]
		if b != nil {
			base[t] -= linalg.Dot(r.center, b[t*p:(t+1)*p])
		}
	}
	block := r.sparseResiduals
	if !r.sparse() {
		block = r.denseResiduals
	}
	sums := par.Reduce(r.rows, grain(r.rows, tasks*(r.stored/r.rows/2+20)), func(_, lo, hi int) []float64 {
		part := make([]float64, tasks*(p+1)) // sums of residuals behind the gradient
		if ctx.Err() == nil {
			block(part, lo, hi, b, base)
		}
		return part
	}, addInto)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	for t := range tasks {
		g := sums[t*p : (t+1)*p]
		linalg.Axpy(-sums[tasks*p+t], r.center, g)
		kern.Scal(1/r.total, dst[t*p:(t+1)*p], g)
	}
	return nil
}

func (r *rowCurvature) denseResiduals(part []float64, lo, hi int, b, base []float64) {
	p, tasks := r.cols, r.tasks
	length := min(blockLength(p), hi-lo)
	res := make([]float64, length*tasks)
	var buf []float64
	if !r.x.InBlocks() {
		buf = make([]float64, length*p)
	}
	for ; lo < hi; lo += length {
		n := min(length, hi-lo)
		x := r.x.Block(lo, lo+n, buf)
		for i := range n {
			for t := range tasks {
				res[i*tasks+t] = r.targets[r.first+t][lo+i] - base[t]
			}
		}
		if b != nil {
			kern.Gemm(false, true, n, tasks, p, -1, x, p, b, p, 1, res, tasks)
		}
		for i := range n {
			w := r.w(lo + i)
			for t := range tasks {
				res[i*tasks+t] *= w
				part[tasks*p+t] += res[i*tasks+t]
			}
		}
		kern.Gemm(true, false, tasks, p, n, 1, res, tasks, x, p, 1, part, p)
	}
}

func (r *rowCurvature) sparseResiduals(part []float64, lo, hi int, b, base []float64) {
	p, tasks := r.cols, r.tasks
	buf := r.scratch()
	for i := lo; i < hi; i++ {
		w := r.w(i)
		if w == 0 {
			continue
		}
		cols, vals := r.nonzeros(i, buf)
		for t := range tasks {
			res := r.targets[r.first+t][i] - base[t]
			if b != nil {
				res -= kern.SparseDot(vals, cols, b[t*p:(t+1)*p])
			}
			res *= w
			part[tasks*p+t] += res
			kern.SparseAxpy(res, vals, cols, part[t*p:(t+1)*p])
		}
	}
}
