package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// lsqr solves sparse problems that are too large to factor, with one penalty for each target.
func (d *design) lsqr(ctx context.Context, alpha []float64, tol float64, maxIter int) ([]solution, ml.Info, error) {
	tol = tolOrDefault(tol)
	if maxIter == 0 {
		maxIter = 4 * (d.cols + 100)
	}
	track := ml.Track(ctx, "iteration", maxIter)
	info := ml.Info{Status: ml.Converged}
	fits := make([]solution, len(d.targets))
	for t, y := range d.targets {
		b := make([]float64, d.rows)
		for i := range b {
			b[i] = math.Sqrt(d.w(i)) * (y[i] - d.offset[t])
		}
		solver := linalg.LSQR{Damp: math.Sqrt(alpha[t]), Tol: tol, MaxIter: maxIter, Step: func(iter int, residual float64) (bool, error) {
			loss := residual * residual / d.total
			info.Loss = append(info.Loss, loss)
			return track.Step(iter, ml.Loss{Train: loss})
		}}
		s := solution{coef: make([]float64, d.cols)}
		r, err := solver.Solve(s.coef, implicit{d}, b)
		if err != nil {
			return nil, ml.Info{}, err
		}
		s.intercept = d.intercept(t, s.coef)
		fits[t] = s
		info.Iterations += r.Iterations
		info.Gap = max(info.Gap, r.Gap)
		switch {
		case r.Stopped:
			info.Status = ml.Stopped
		case !r.Done && info.Status == ml.Converged:
			info.Status = ml.MaxIter
		}
	}
	return fits, info, nil
}

// implicit is the centred, weighted sparse matrix sqrt(w)(X - 1mᵀ), known by its products.
type implicit struct{ *design }

func (a implicit) Dims() (rows, cols int) { return a.rows, a.cols }

func (a implicit) Mul(dst, x []float64) {
	shift := linalg.Dot(a.center, x)
	par.For(a.rows, 40, func(lo, hi int) {
		buf := a.scratch()
		for i := lo; i < hi; i++ {
			cols, vals := a.nonzeros(i, buf)
			dst[i] = math.Sqrt(a.w(i)) * (kern.SparseDot(vals, cols, x) - shift)
		}
	})
}

func (a implicit) MulTrans(dst, y []float64) {
	type part struct {
		sums  []float64
		total float64
	}
	value := func(_, lo, hi int) part {
		p := part{sums: make([]float64, a.cols)}
		buf := a.scratch()
		for i := lo; i < hi; i++ {
			r := math.Sqrt(a.w(i)) * y[i]
			p.total += r
			cols, vals := a.nonzeros(i, buf)
			kern.SparseAxpy(r, vals, cols, p.sums)
		}
		return p
	}
	all := par.Reduce(a.rows, max(grain(a.rows, 40), a.cols/8), value, func(p, q part) part {
		linalg.Axpy(1, q.sums, p.sums)
		p.total += q.total
		return p
	})
	copy(dst, all.sums)
	linalg.Axpy(-all.total, a.center, dst)
}
