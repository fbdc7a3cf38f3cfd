package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// nonNegative solves under the constraint that no coefficient is negative.
//
// The active-set method runs on a triangle of the columns at work: all of them if they are few, else those whose coefficients are positive
// and those that could lower the objective most. The triangle has the same residuals up to a constant. New columns join until
// none is left that would help, so memory is that of the solution's own columns, however wide X is.
func (d *design) nonNegative(ctx context.Context, where string, alphas []float64, maxIter int) ([]solution, ml.Info, error) {
	if maxIter == 0 {
		maxIter = 10 * (d.cols + 10)
	}
	info := ml.Info{Status: ml.Converged}
	fits := make([]solution, len(d.targets))
	positive := 0
	for t := range fits {
		p := &positiveFit{design: d, target: t, alpha: alphas[t], s: solution{coef: make([]float64, d.cols), intercept: d.offset[t]},
			maxIter: maxIter, track: ml.Track(ctx, "step", maxIter)}
		for i, y := range d.targets[t] {
			p.squares += d.w(i) * (y - d.offset[t]) * (y - d.offset[t])
		}
		last, err := p.run(ctx, where)
		if err != nil {
			return nil, ml.Info{}, err
		}
		switch {
		case last.Stopped:
			info.Status = ml.Stopped
		case !last.Done && info.Status == ml.Converged:
			info.Status = ml.MaxIter
		}
		info.Iterations += p.steps
		info.Loss = append(info.Loss, p.loss...)
		fits[t] = p.s
		for _, b := range p.s.coef {
			if b > 0 {
				positive++
			}
		}
	}
	info.Note = fmt.Sprintf("%d of %d coefficients are positive, the others 0", positive, d.cols*len(fits))
	return fits, info, nil
}

// positiveFit is one target under way.
type positiveFit struct {
	*design
	target int
	alpha  float64
	s      solution

	squares        float64 // Σ w y² of the centred target
	maxIter, steps int
	track          ml.Tracker
	loss           []float64
}

func (p *positiveFit) run(ctx context.Context, where string) (linalg.Result, error) {
	const few = 256
	work := make([]int, 0, few)
	if p.cols <= few {
		for j := range p.cols {
			work = append(work, j)
		}
		return p.solve(ctx, where, work)
	}
	for {
		helpful := p.helpful()
		if len(helpful) == 0 {
			return linalg.Result{Done: true}, nil
		}
		work = work[:0]
		for j, b := range p.s.coef {
			if b > 0 {
				work = append(work, j)
			}
		}
		work = append(work, helpful[:min(len(helpful), max(few/2, len(work)/2))]...)
		slices.Sort(work)
		if r, err := p.solve(ctx, where, work); !r.Done || err != nil {
			return r, err
		}
	}
}

// helpful lists the columns at zero that would lower the objective if their coefficient grew, the most helpful in units of their size first.
func (p *positiveFit) helpful() []int {
	grad := make([]float64, p.cols)
	p.gradient(grad, p.target, p.alpha, &p.s)
	const tol = 1e-10 // looser than the active-set method's own, or the two could disagree for ever
	least := tol * math.Sqrt(p.squares)
	var out []int
	for j, g := range grad {
		size := math.Hypot(p.size[j], math.Sqrt(p.alpha))
		if p.s.coef[j] == 0 && g > least*size {
			grad[j] = g / size
			out = append(out, j)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int {
		switch {
		case grad[a] > grad[b]:
			return -1
		case grad[a] < grad[b]:
			return 1
		}
		return a - b
	})
	return out
}

// solve optimises the coefficients of the columns at work and leaves the others at zero.
func (p *positiveFit) solve(ctx context.Context, where string, work []int) (linalg.Result, error) {
	place := p.places(work)
	q, err := p.factor(ctx, len(work), 1, func(dst []float64, i int, buf *scratch) bool {
		if !p.picked(dst, i, buf, work, place) {
			return false
		}
		dst[len(work)] = math.Sqrt(p.w(i)) * (p.targets[p.target][i] - p.offset[p.target])
		return true
	})
	if err != nil {
		return linalg.Result{}, err
	}
	rows, rt := penalized(q, len(work), 1, p.alpha).Triangle()
	if !linalg.AllFinite(rt) {
		return linalg.Result{}, tooLarge(where)
	}
	const tol = 1e-12 // of |y|, in units of a column: what rounding leaves of a gain that is zero
	b := make([]float64, len(work))
	outside := p.squares // of the columns' span, and so of the triangle
	for i := range rows {
		c := rt[i*(len(work)+1)+len(work)]
		outside -= c * c
	}
	r, err := linalg.NNLS{Tol: tol, MaxSteps: p.maxIter - p.steps, Step: func(step int, residual float64) (bool, error) {
		loss := max(residual*residual+outside, 0) / p.total
		p.loss = append(p.loss, loss)
		return p.track.Step(p.steps+step, ml.Loss{Train: loss})
	}}.Solve(b, rt, rows, len(work))
	if err != nil {
		return linalg.Result{}, err
	}
	p.steps += r.Iterations
	clear(p.s.coef)
	for at, j := range work {
		p.s.coef[j] = b[at]
	}
	p.s.intercept = p.intercept(p.target, p.s.coef)
	return r, nil
}
