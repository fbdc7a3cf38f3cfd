package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/par"
)

// newtonCholesky minimises a smooth objective by Newton's method with the whole Hessian.
func (p *logisticProblem) newtonCholesky(ctx context.Context, watch logisticWatch, out *logisticOutcome) error {
	f, err := p.ready(ctx)
	if err != nil {
		return err
	}
	var pairs []int
	for i := range f.b {
		if f.top[i%f.cols] > 0 {
			pairs = append(pairs, i)
		}
	}
	const most = 8192 // a Hessian of this order takes half a gigabyte
	if len(pairs) > most {
		return ml.BadConfig(p.where, "Solver", p.Solver, fmt.Sprintf("one that makes no Hessian, such as linear.LBFGS, for %d coefficients: more than %d", len(pairs), most))
	}
	end := outcome{status: ml.MaxIter}
	stopped, last := false, math.Inf(1)
	for end.sweeps = 0; ; end.sweeps++ {
		end.gap = f.slope()
		idle := f.objective() >= last
		last = f.objective()
		if done := end.close(f, stopped); done {
			break
		}
		to, err := f.newtonPoint(ctx, pairs)
		if err != nil {
			return err
		}
		if idle && end.sweeps > 1 || !f.search(to) {
			end.status = ml.Stalled
			break
		}
		if stopped, err = watch(end.sweeps+1, f.objective()); err != nil {
			return err
		}
	}
	out.dual(p, f, end)
	return nil
}

// close says that a fit by steps is at its end, and why.
func (o *outcome) close(f *proximal, stopped bool) bool {
	switch {
	case math.IsNaN(o.gap):
		o.status = ml.Stalled
	case o.gap <= f.tol:
		o.status = ml.Converged
	case stopped:
		o.status = ml.Stopped
	case o.sweeps >= f.maxIter:
		o.status = ml.MaxIter
	default:
		return false
	}
	return true
}

// slope is the largest component of the gradient of a smooth objective, with the columns in units of their spread.
func (f *proximal) slope() float64 {
	largest := linalg.MaxAbs(f.off)
	if !f.fitted {
		largest = 0
	}
	for i, b := range f.b {
		g := math.Abs(f.q[i]-f.pen.l2*b) / f.spread[i%f.cols]
		if math.IsNaN(g) {
			return g
		}
		largest = max(largest, g)
	}
	return largest
}

// newtonPoint is the minimum of the quadratic model. Where directions are not determined, as what all classes have in common is without a penalty,
// it takes the point nearby.
func (f *proximal) newtonPoint(ctx context.Context, pairs []int) ([]float64, error) {
	m := &logModel{proximal: f}
	if f.fitted {
		m.inverse = newBend(f.bend, f.k)
	}
	g, err := m.gram(ctx, nil, pairs)
	if err != nil {
		return nil, err
	}
	n := len(pairs)
	step := make([]float64, n)
	unit := make([]float64, n) // a parameter in which the curvature is about 1
	for a, i := range pairs {
		unit[a] = 1 / math.Sqrt(max(f.top[i%f.cols], f.pen.l2))
		step[a] = unit[a] * (f.q[i] - f.pen.l2*f.b[i])
	}
	for raise := 0.0; ; raise = max(100*raise, 1e-13) {
		h := make([]float64, n*n)
		for a := range n {
			for b := a; b < n; b++ {
				h[a*n+b] = unit[a] * unit[b] * g.gram[a*g.stride+b]
			}
			h[a*n+a] += unit[a]*unit[a]*f.pen.l2 + raise
		}
		if chol := linalg.NewCholesky(h, n); chol != nil {
			chol.Solve(step)
			break
		}
	}
	to := slices.Clone(f.b)
	for a, i := range pairs {
		to[i] += unit[a] * step[a]
	}
	return to, nil
}

// newtonCG minimises a smooth objective with products of its Hessian, columns in units of their spread.
func (p *logisticProblem) newtonCG(ctx context.Context, watch logisticWatch, out *logisticOutcome) error {
	f, err := p.ready(ctx)
	if err != nil {
		return err
	}
	q := f.stride()
	unit := func(i int) float64 {
		if j := i % q; j < f.cols {
			return f.spread[j]
		}
		return 1
	}
	x := f.params()
	for i := range x {
		x[i] *= unit(i)
	}
	var at []float64
	see := func(x []float64) {
		if slices.Equal(x, at) {
			return
		}
		at = append(at[:0], x...)
		for i, v := range x {
			if c, j := i/q, i%q; j < f.cols {
				f.b[c*f.cols+j] = v / f.spread[j]
			} else {
				f.shift[c] = v
			}
		}
		f.scoresOf(f.z, f.b, f.shift)
		f.evaluate()
		f.pulls(f.q, f.res)
	}
	shift, b, u, bq := make([]float64, f.k), make([]float64, len(f.b)), make([]float64, len(f.z)), make([]float64, len(f.b))
	method := optim.NewtonCG{MaxIter: p.MaxIter, MaxInner: 10 * len(x), Tol: p.Tol,
		Observe: func(step int, v, _ float64) (bool, error) { return watch(step, v) },
		Eval: func(x, grad []float64) float64 {
			see(x)
			for i := range grad {
				if c, j := i/q, i%q; j < f.cols {
					k := c*f.cols + j
					grad[i] = (f.pen.l2*f.b[k] - f.q[k]) / f.spread[j]
				} else {
					grad[i] = -f.off[c]
				}
			}
			return f.objective()
		},
		HessVec: func(dst, x, v []float64) {
			see(x)
			for i, v := range v {
				if c, j := i/q, i%q; j < f.cols {
					b[c*f.cols+j] = v / f.spread[j]
				} else {
					shift[c] = v
				}
			}
			f.scoresOf(u, b, shift)
			sums := f.bent(u)
			f.pulls(bq, u)
			for i := range dst {
				if c, j := i/q, i%q; j < f.cols {
					k := c*f.cols + j
					dst[i] = (bq[k] + f.pen.l2*b[k]) / f.spread[j]
				} else {
					dst[i] = sums[c]
				}
			}
		}}
	result, err := method.Minimize(x)
	if err != nil {
		return err
	}
	see(x)
	end := outcome{status: statuses[result.Status], sweeps: result.Iterations}
	end.gap = result.Gap
	out.dual(p, f, end)
	return nil
}

// bent turns changes of scores, rows x k, into those of the residuals, and returns their sums.
func (f *softRows) bent(u []float64) []float64 {
	k := f.k
	return par.Reduce(f.rows, grain(f.rows, 6*k), func(_, lo, hi int) []float64 {
		sum := make([]float64, k)
		if k == 1 {
			kern.Mul(u[lo:hi], u[lo:hi], f.h[lo:hi])
			sum[0] = kern.Sum(u[lo:hi])
			return sum
		}
		for i := lo; i < hi; i++ {
			row := u[i*k : (i+1)*k]
			f.bendRow(row, i)
			for c, v := range row {
				sum[c] += v
			}
		}
		return sum
	}, addInto)
}

// bendRow is bent for one row.
func (f *softRows) bendRow(row []float64, i int) {
	k := f.k
	if k == 1 {
		row[0] *= f.h[i]
		return
	}
	p, w, mean := f.p[i*k:(i+1)*k], f.share(i), 0.0
	if w == 0 {
		clear(row)
		return
	}
	for c, v := range row {
		mean += p[c] * v
	}
	for c := range row {
		row[c] = w * p[c] * (row[c] - mean)
	}
}
