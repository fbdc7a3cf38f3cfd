package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/par"
)

// factors says whether the Hessian is worth its factorisation. With fewer rows than columns it is not: the dual problem is the smaller one, and every part of the
// rows would sum a Hessian of its own.
func (s *svm) factors() bool {
	p := float64(s.size())
	const numbers, flops, narrow = 1 << 22, 5e9, 200
	return p*p <= numbers && (p <= narrow || s.rows >= s.cols && float64(s.rows)*p*p <= flops)
}

// svmSums are those of one pass over the rows: Σ cost·e², its gradient and, if asked for, the upper triangle of its Hessian.
type svmSums struct {
	loss    float64
	grad    []float64
	hessian []float64
}

// newton minimises squared losses by Newton's method on the rows outside of their margins, which ends in finitely many steps (Keerthi
// and DeCoste, "A modified finite Newton method for fast solution of large scale linear SVMs", JMLR 6 (2005)).
func (s *svm) newton(ctx context.Context) (svmResult, error) {
	q := s.size()
	r := svmResult{w: make([]float64, q), status: ml.MaxIter}
	f, sums := s.objective(r.w, true)
	first := linalg.MaxAbs(sums.grad)
	trial, step := make([]float64, q), make([]float64, q)
	for r.gap = relative(sums.grad, first); r.gap > s.tol && r.iterations < s.maxIter; {
		if err := ml.Done(ctx); err != nil {
			return r, err
		}
		chol := linalg.NewCholesky(sums.hessian, q)
		if chol == nil {
			r.status = ml.Stalled // rounding
			return r, nil
		}
		copy(step, sums.grad)
		chol.Solve(step)
		slope := linalg.Dot(step, sums.grad)
		moved := false
		for t := 1.0; t > 1e-10 && !moved; t /= 2 {
			for j, v := range step {
				trial[j] = r.w[j] - t*v
			}
			g, next := s.objective(trial, true)
			const sufficient = 1e-4
			if moved = g <= f-sufficient*t*slope || g <= f && t == 1 && relative(next.grad, first) < r.gap; moved {
				f, sums = g, next
				copy(r.w, trial)
			}
		}
		if !moved {
			r.status = ml.Stalled
			return r, nil
		}
		r.gap = relative(sums.grad, first)
		r.iterations++
		r.loss = append(r.loss, f)
		stop, err := s.report(r.iterations, f)
		if err != nil {
			return r, err
		}
		if stop {
			r.status = ml.Stopped
			return r, nil
		}
	}
	if r.gap <= s.tol {
		r.status = ml.Converged
	}
	return r, nil
}

// relative is the largest component of a gradient in units of that at the start.
func relative(grad []float64, first float64) float64 {
	if first == 0 {
		return 0
	}
	return linalg.MaxAbs(grad) / first
}

// objective is |w|²/2 + Σ cost·e², with its gradient and Hessian.
func (s *svm) objective(w []float64, hessian bool) (float64, svmSums) {
	q := s.size()
	all := par.Reduce(s.rows, grain(s.rows, 2*s.cols+20), func(_, lo, hi int) svmSums { return s.pass(w, lo, hi, hessian, nil) }, func(a, b svmSums) svmSums {
		a.loss += b.loss
		linalg.Axpy(1, b.grad, a.grad)
		if hessian {
			linalg.Axpy(1, b.hessian, a.hessian)
		}
		return a
	})
	linalg.Axpy(1, w, all.grad)
	for j := 0; hessian && j < q; j++ {
		all.hessian[j*q+j]++
	}
	return 0.5*linalg.Dot(w, w) + all.loss, all
}

// pass sums over rows lo..hi-1. slopes, if not nil, gets the curvature of each row's loss: 2·cost outside of the margin, 0 inside.
func (s *svm) pass(w []float64, lo, hi int, hessian bool, curve []float64) svmSums {
	q, p := s.size(), s.cols
	sum := svmSums{grad: make([]float64, q)}
	if hessian {
		sum.hessian = make([]float64, q*q)
	}
	const cache = 1 << 14
	length := min(max(cache/(p+1), 16), hi-lo, 1024)
	z, slope := make([]float64, length), make([]float64, length)
	var block, scaled []float64
	if !s.sparse() {
		block = make([]float64, length*p)
		if hessian {
			scaled = make([]float64, length*q)
		}
	}
	var entries scratch
	offset := 0.0
	if s.bias != 0 {
		offset = s.bias * w[p]
	}
	for at := lo; at < hi; at += length {
		n := min(length, hi-at)
		var data []float64
		if s.sparse() {
			for i := range n {
				cols, vals := s.nonzeros(at+i, &entries)
				z[i] = kern.SparseDot(vals, cols, w[:p])
			}
		} else {
			data = s.x.Block(at, at+n, block)
			kern.Gemv(false, n, p, 1, data, p, w[:p], 0, z[:n])
		}
		active := 0
		for i := range n {
			e, sign := s.excess(at+i, z[i]+offset)
			c := s.cost[at+i]
			slope[i] = 0
			if e > 0 && c > 0 {
				sum.loss += c * e * e
				slope[i] = 2 * c * e * sign
				if s.bias != 0 {
					sum.grad[p] += slope[i] * s.bias
				}
			}
			if curve != nil {
				curve[at+i] = 0
				if slope[i] != 0 {
					curve[at+i] = 2 * c
				}
			}
			if slope[i] != 0 && hessian && !s.sparse() {
				row := scaled[active*q : (active+1)*q]
				root := math.Sqrt(2 * c)
				kern.Scal(root, row[:p], data[i*p:(i+1)*p])
				if s.bias != 0 {
					row[p] = root * s.bias
				}
				active++
			}
		}
		if s.sparse() {
			for i := range n {
				if slope[i] == 0 {
					continue
				}
				cols, vals := s.nonzeros(at+i, &entries)
				kern.SparseAxpy(slope[i], vals, cols, sum.grad[:p])
				if hessian {
					s.addOuter(sum.hessian, 2*s.cost[at+i], cols, vals)
				}
			}
			continue
		}
		kern.Gemv(true, n, p, 1, data, p, slope[:n], 1, sum.grad[:p])
		if active > 0 {
			linalg.AddGram(sum.hessian, scaled, active, q, q)
		}
	}
	return sum
}

// addOuter adds c·xxᵀ, upper triangle, of a sparse row.
func (s *svm) addOuter(h []float64, c float64, cols []int32, vals []float64) {
	q := s.size()
	for a, j := range cols {
		row, cx := h[int(j)*q:(int(j)+1)*q], c*vals[a]
		for b := a; b < len(cols); b++ {
			row[cols[b]] += cx * vals[b]
		}
		if s.bias != 0 {
			row[s.cols] += cx * s.bias
		}
	}
	if s.bias != 0 {
		h[q*q-1] += c * s.bias * s.bias
	}
}

// newtonCG is newton for many columns: the steps are found by conjugate gradients within a trust region (Lin, Weng and Keerthi, "Trust
// region Newton method for logistic regression", JMLR 9 (2008)).
func (s *svm) newtonCG(ctx context.Context) (svmResult, error) {
	q := s.size()
	r := svmResult{w: make([]float64, q)}
	// Products are with the Hessian at the point accepted last; the point looked at last may have been refused.
	known, tried := make([]float64, s.rows), make([]float64, s.rows)
	var at []float64
	zero, first := s.objective(r.w, false)
	size := linalg.MaxAbs(first.grad)
	if size == 0 {
		r.status, r.loss = ml.Converged, []float64{zero}
		return r, nil
	}
	grad := func(x, g []float64) float64 {
		all := s.reduceRows(func(lo, hi int) svmSums { return s.pass(x, lo, hi, false, tried) })
		at = append(at[:0], x...)
		copy(g, all.grad)
		linalg.Axpy(1, x, g)
		return 0.5*linalg.Dot(x, x) + all.loss
	}
	product := func(dst, x, v []float64) {
		if slices.Equal(x, at) {
			copy(known, tried)
			at = at[:0]
		}
		all := s.reduceRows(func(lo, hi int) svmSums { return s.product(known, v, lo, hi) })
		copy(dst, all.grad)
		linalg.Axpy(1, v, dst)
	}
	result, err := optim.NewtonCG{TrustRegion: true, Radius: linalg.Norm(first.grad), MaxIter: s.maxIter, MaxInner: 250, Tol: s.tol * size, Eval: grad, HessVec: product,
		Observe: func(step int, f, _ float64) (bool, error) {
			if err := ml.Done(ctx); err != nil {
				return false, err
			}
			r.loss = append(r.loss, f)
			return s.report(step, f)
		}}.Minimize(r.w)
	r.status, r.iterations, r.gap = statuses[result.Status], result.Iterations, result.Gap/size
	return r, err
}

// reduceRows joins sums of gradients over all rows.
func (s *svm) reduceRows(value func(lo, hi int) svmSums) svmSums {
	return par.Reduce(s.rows, grain(s.rows, 2*s.cols+20), func(_, lo, hi int) svmSums { return value(lo, hi) }, func(a, b svmSums) svmSums {
		a.loss += b.loss
		linalg.Axpy(1, b.grad, a.grad)
		return a
	})
}

// product is Σ curve_i·x_i (x_i·v) over rows lo..hi-1.
func (s *svm) product(curve, v []float64, lo, hi int) svmSums {
	sum := svmSums{grad: make([]float64, s.size())}
	buf := s.scratch()
	for i := lo; i < hi; i++ {
		if curve[i] != 0 {
			s.addTo(sum.grad, curve[i]*s.dot(i, v, buf), i, buf)
		}
	}
	return sum
}
