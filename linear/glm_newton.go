package linear

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// wide says that the information is too large to factor.
func (g *scoring) wide() bool {
	q := float64(g.stride())
	const numbers, narrow, work = 1 << 21, 200, 2e10 // a matrix of 16 MB; operations of one iteration
	return q*q > numbers || q > narrow && float64(g.rows)*q*q > work
}

// minimize takes params to the optimum for the family as it is, from where they are, or from the data if there are none.
func (g *scoring) minimize(ctx context.Context, where string, track ml.Tracker) error {
	if g.wide() {
		return g.descend(where, track)
	}
	if g.params == nil {
		if err := g.begin(ctx, where); err != nil {
			return err
		}
	}
	if g.last.hessian == nil {
		g.last = g.at(g.params, true)
	}
	g.info.Status = ml.MaxIter
	for {
		now := g.last
		step := append([]float64(nil), now.score...)
		for j := range g.cols {
			step[j] -= g.penalty * g.params[j]
		}
		gradient := append([]float64(nil), step...)
		for j := range step {
			step[j] /= g.total
		}
		chol := g.factor(append([]float64(nil), now.hessian...))
		if chol == nil {
			return tooLarge(where)
		}
		chol.Solve(step)
		gain := linalg.Dot(step, gradient)
		g.info.Gap = g.distance(gain, now)
		if math.IsNaN(g.info.Gap - g.info.Gap) {
			return tooLarge(where)
		}
		if g.info.Gap <= g.config.Tol {
			g.info.Status = ml.Converged
			return nil
		}
		if g.info.Iterations == g.config.MaxIter {
			return nil
		}
		next, found := g.search(step, gain)
		if !found {
			g.info.Status = ml.Stalled
			return nil
		}
		still := g.negligible(step)
		g.params, g.last = next.params, next
		g.info.Iterations++
		loss := 2 * g.objective(next) / g.total
		g.info.Loss = append(g.info.Loss, loss)
		stop, err := track.Step(g.info.Iterations, ml.Loss{Train: loss})
		if err != nil {
			return err
		}
		if stop {
			g.info.Status = ml.Stopped
			return nil
		}
		if still {
			g.info.Status = ml.Converged
			return nil
		}
	}
}

// distance is the length of a step in standard errors, gain being its square in the metric of the information.
func (g *scoring) distance(gain float64, s information) float64 {
	dispersion := 1.0
	if !g.family.UnitDispersion() {
		const rounding = 1e-24 // squared, of the targets
		dispersion = max(s.pearson, rounding*s.energy, math.SmallestNonzeroFloat64) / g.total
	}
	return math.Sqrt(max(gain, 0) / dispersion)
}

// search takes the step, or halves it until means are possible and the objective falls; not found if that never happens.
func (g *scoring) search(step []float64, gain float64) (next information, found bool) {
	const shortest, enough, rounding = 0x1p-40, 1e-4, 1e-13
	before := g.objective(g.last)
	slack := rounding * (math.Abs(before) + g.last.energy)
	for t := 1.0; t > shortest; t /= 2 {
		params := append([]float64(nil), g.params...)
		linalg.Axpy(t, step, params)
		next = g.at(params, true)
		if after := g.objective(next); after <= before-enough*t*gain+slack {
			return next, true
		}
	}
	return next, false
}

// negligible says that a step is rounding of the parameters.
func (g *scoring) negligible(step []float64) bool {
	const rounding = 4 * 0x1p-52
	moved, size := 0.0, 0.0
	for j := range step {
		unit := 1.0
		if j < g.cols {
			unit = g.spread[j]
		}
		moved, size = max(moved, math.Abs(step[j])*unit), max(size, math.Abs(g.params[j])*unit)
	}
	return moved <= rounding*size
}

// begin finds dependent columns and a first point: the weighted least-squares fit of the scores of means near the targets, or as
// far towards it from the model without columns as means are possible.
func (g *scoring) begin(ctx context.Context, where string) error {
	s := g.start(true)
	if g.penalty == 0 {
		if err := g.findAliased(ctx, s.hessian); err != nil {
			return err
		}
		g.freeze(&s)
	}
	goal := append([]float64(nil), s.score...)
	for j := range goal {
		goal[j] /= g.total
	}
	chol := g.factor(s.hessian)
	if chol == nil {
		return tooLarge(where)
	}
	chol.Solve(goal)
	from := g.null()
	for t := 1.0; t > 0x1p-20; t /= 2 {
		params := append([]float64(nil), from...)
		for j := range params {
			params[j] += t * (goal[j] - from[j])
		}
		if g.try(params) {
			return nil
		}
	}
	if g.try(from) {
		return nil
	}
	return &ml.Error{Where: where, Field: "Link " + g.link.String(), Found: "without possible means to start from",
		Want: fmt.Sprintf("means %s near the data: a log link, an intercept, or another offset", g.means), Kind: ml.ErrConfig}
}

// null is the model without columns.
func (g *scoring) null() []float64 {
	p := make([]float64, g.stride())
	if g.fitted {
		p[g.cols] = g.link.Score(g.initialMean(g.average))
	}
	return p
}

// try moves to params if all means there are possible.
func (g *scoring) try(params []float64) bool {
	if !linalg.AllFinite(params) {
		return false
	}
	s := g.at(params, true)
	if math.IsNaN(s.deviance-s.deviance) || !linalg.AllFinite(s.score) {
		return false
	}
	g.params, g.last = params, s
	return true
}

// findAliased looks for columns that depend on those before them, if the information leaves a doubt.
func (g *scoring) findAliased(ctx context.Context, hessian []float64) error {
	d := &design{source: g.source, weight: g.weight, total: g.total, center: g.center, shift: make([]float64, g.cols), size: make([]float64, g.cols)}
	for j, m := range g.center {
		d.shift[j] = -m
		d.size[j] = math.Sqrt(g.total * (g.spread[j]*g.spread[j] + m*m))
	}
	if chol := linalg.NewCholesky(append([]float64(nil), hessian...), g.stride()); chol != nil {
		const left = 1e-12
		rcond, doubt, q := chol.RCond(), false, g.stride()
		heavy := 1.0 // how much the rows weigh in the information
		if g.fitted {
			heavy = hessian[q*q-1] / g.total
		}
		for j, s := range d.size {
			doubt = doubt || !g.frozen[j] && !(hessian[j*q+j]*rcond > left*s*s*heavy)
		}
		if !doubt {
			return nil
		}
	}
	q, err := d.factor(ctx, g.cols, 0, func(dst []float64, i int, buf *scratch) bool {
		if !d.centered(dst, i, buf) {
			return false
		}
		for j, f := range g.frozen {
			if f {
				dst[j] = 0
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	const tol = 1e-10 // of a column's size: R's glm takes 1e-11, of the column's size in the last iteration
	rows, rt := q.Triangle()
	kept := leadingColumns(rt, rows, g.cols, 0, d.size, tol)
	for j, k := 0, 0; j < g.cols; j++ {
		if k < len(kept) && kept[k] == j {
			k++
			continue
		}
		if !g.frozen[j] {
			g.frozen[j], g.aliased[j] = true, true
		}
	}
	return nil
}

// descend is minimize for many columns: L-BFGS on the diagonal of the information.
func (g *scoring) descend(where string, track ml.Tracker) error {
	if g.params == nil {
		g.params = g.null()
	}
	params := append([]float64(nil), g.params...)
	if first := g.at(params, false); math.IsNaN(first.deviance - first.deviance) {
		return &ml.Error{Where: where, Field: "Link " + g.link.String(), Found: "without possible means to start from",
			Want: fmt.Sprintf("means %s near the data: a log link, an intercept, or another offset", g.means), Kind: ml.ErrConfig}
	}
	before := g.info.Iterations
	result, err := optim.LBFGS{
		Memory: 10, MaxIter: g.config.MaxIter, Tol: g.config.Tol, Cost: 1,
		Eval: func(params, grad []float64) float64 {
			s := g.at(params, false)
			for j, v := range s.score {
				grad[j] = -v / g.total
				if j < g.cols {
					grad[j] += g.penalty * params[j] / g.total
				}
			}
			g.release(s.score)
			return g.objective(s) / g.total
		},
		Gap: g.gap,
		Metric: func(params []float64) optim.Metric {
			return g.diagonal(params, g.curvatures)
		},
		Observe: func(step int, f, gap float64) (bool, error) {
			g.info.Loss = append(g.info.Loss, 2*f)
			return track.Step(before+step, ml.Loss{Train: 2 * f})
		},
	}.Minimize(params)
	if err != nil {
		return err
	}
	if result.Status == optim.NotFinite || !linalg.AllFinite(params) {
		return tooLarge(where)
	}
	g.params, g.last = params, g.at(params, false)
	g.info.Status, g.info.Gap = statuses[result.Status], result.Gap
	g.info.Iterations += result.Iterations
	return nil
}

// curvatures turns the scores of a block into those of its rows.
func (g *scoring) curvatures(rows blockRows, z []float64) {
	var p point
	p.resize(rows.n)
	g.local(rows, z, &p, new(information))
	copy(z, p.curvature)
}
