package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// proximal minimises the mean loss of logistic regression plus a penalty with absolute values by Newton's method: each step minimises the quadratic
// model of the loss plus the penalty itself by coordinate descent (Friedman, Hastie and Tibshirani, J. Stat. Softw. 33 (2010); Lee, Sun and
// Saunders, SIAM J. Optim. 24 (2014)), only as exactly as the duality gap deserves. With several scores the model keeps the curvature between
// classes. Intercepts are optimal after each step, so that the residuals make a dual point and the gap is a bound.
//
// Coefficients are numbered score by score, as pairs c·cols+j.
type proximal struct {
	softRows
	pen     penalty
	b       []float64 // k x cols
	shift   []float64 // k: scores at the center
	q       []float64 // k x cols: what the data pull at each coefficient, Xᵀ res
	top     []float64 // cols: a bound on the curvature along a coefficient of the column; 0 for constant columns
	dead    []bool    // pairs proved to be zero for the present penalty
	columns *keptColumns
	most    int // pairs at work up to which their products are made

	tol     float64
	maxIter int
	watch   func(step int, loss, gap float64) (stop bool, err error)
}

func newProximal(where string, o *logLoss) (*proximal, error) {
	f := &proximal{softRows: newSoftRows(o), b: make([]float64, o.k*o.cols), shift: make([]float64, o.k), q: make([]float64, o.k*o.cols),
		top: make([]float64, o.cols), dead: make([]bool, o.k*o.cols), columns: new(keptColumns)}
	f.most = min(2*f.stored()/f.cols+64, mostFull)
	const quarter = 0.25 // of p(1-p), at the most
	doubt := false
	for j, s := range o.spread {
		f.top[j] = quarter * s * s
		doubt = doubt || o.flat[j]
	}
	if doubt {
		d, err := measured(where, &design{source: o.source, weight: o.weight, fitted: o.fitted})
		if err != nil {
			return nil, err
		}
		for j, v := range d.curves() {
			if o.flat[j] {
				f.top[j] = quarter * v
			}
		}
	}
	return f, nil
}

// begin takes coefficients to start from, as far as columns are not constant; nil for zeros.
func (f *proximal) begin(b []float64) {
	clear(f.b)
	for i, v := range b {
		if f.top[i%f.cols] > 0 {
			f.b[i] = v
		}
	}
	f.scoresOf(f.z, f.b, f.shift)
	f.settle(f.shift)
	f.pulls(f.q, f.res)
}

// scoresOf writes the scores, rows x k.
func (f *proximal) scoresOf(dst, w, shift []float64) {
	b := make([]float64, f.k)
	for c := range b {
		b[c] = shift[c]
		for j, m := range f.center {
			b[c] -= m * w[c*f.cols+j]
		}
	}
	par.ForChunks(f.rows, grain(f.rows, f.k*(f.cols/2+20)), func(_, lo, hi int) {
		f.blocks(lo, hi, w, b, func(rows blockRows, z []float64) { copy(dst[rows.lo*f.k:], z) })
	})
}

// pulls writes the sums over the rows of the products of centred columns with residuals, rows x k.
func (f *proximal) pulls(dst, res []float64) {
	all := par.Reduce(f.rows, f.grain(1), func(_, lo, hi int) sums {
		s := sums{coef: make([]float64, f.k*f.cols), scores: make([]float64, f.k)}
		f.eachBlock(lo, hi, func(rows blockRows) { rows.addGradient(&s, res[rows.lo*f.k:(rows.lo+rows.n)*f.k]) })
		return s
	}, func(a, b sums) sums {
		return sums{coef: addInto(a.coef, b.coef), scores: addInto(a.scores, b.scores)}
	})
	for i, v := range all.coef {
		dst[i] = 0
		if c, j := i/f.cols, i%f.cols; f.top[j] > 0 {
			dst[i] = v - f.center[j]*all.scores[c]
		}
	}
}

// certify bounds how far the objective is from its minimum, by the dual point of the residuals. As for least squares there are two of them:
// shrunk until no pull exceeds the L1 penalty, with the L2 penalty taken for part of the loss, or as they are, for l2 > 0.
func (f *proximal) certify() certificate {
	p := f.pen
	var length, squares, fenchel float64
	out := certificate{scale: 1}
	for i, b := range f.b {
		q := f.q[i]
		out.most = max(out.most, p.pull(q-p.l2*b))
		length += math.Abs(b)
		squares += b * b
		if p.l2 > 0 {
			over := max(math.Abs(q)-p.l1, 0)
			fenchel += max(p.l1*math.Abs(b)-b*q+p.l2/2*b*b+over*over/(2*p.l2), 0)
		}
	}
	out.loss = f.loss + p.l1*length + p.l2/2*squares
	if out.most > p.l1 {
		out.scale = p.l1 / out.most
	}
	rest := 1 - out.scale
	out.gap = rest*rest/2*p.l2*squares + f.divergence(out.scale)
	for i, b := range f.b {
		if b != 0 {
			out.gap += max(p.l1*math.Abs(b)-out.scale*b*(f.q[i]-p.l2*b), 0)
		}
	}
	if p.l2 > 0 && fenchel < out.gap {
		out.gap, out.scale = fenchel, 1
	}
	return out
}

// screen marks coefficients at zero that the gap proves to stay there: the dual objective is strongly concave, so that the gap bounds how far the
// optimal residuals are from these.
func (f *proximal) screen(now certificate) {
	if f.pen.l1 == 0 {
		return
	}
	bend := 1.0 // of the loss, in units of f.top
	if f.k > 1 {
		bend = 2
	}
	radius := math.Sqrt(2 * now.gap)
	for i, b := range f.b {
		if !f.dead[i] && b == 0 && now.scale*math.Abs(f.q[i])+radius*math.Sqrt(bend*f.top[i%f.cols]+f.pen.l2) < f.pen.l1 {
			f.dead[i] = true
		}
	}
}

// solve goes from the present coefficients to the optimum for the present penalty. before is the l1 for which they are optimal, or the largest pull.
func (f *proximal) solve(ctx context.Context, before float64) (outcome, error) {
	clear(f.dead)
	best, last, idle := math.Inf(1), math.Inf(1), 0
	stopped := false
	for step := 0; ; step++ {
		now := f.certify()
		out := outcome{certificate: now, sweeps: step}
		const rounding = 1e-13
		if now.gap < 0.9*best || now.loss < last*(1-rounding) {
			best, idle = min(best, now.gap), 0
		} else {
			idle++
		}
		last = now.loss
		const patience = 5 // steps in which nothing but rounding moves
		switch {
		case math.IsNaN(now.gap) || idle >= patience:
			out.status = ml.Stalled
			return out, nil
		case now.gap <= f.tol:
			out.status = ml.Converged
			return out, nil
		case stopped:
			out.status = ml.Stopped
			return out, nil
		case step >= f.maxIter:
			out.status = ml.MaxIter
			return out, nil
		}
		f.screen(now)
		moved, err := f.step(ctx, now, before)
		if err != nil {
			return outcome{}, err
		}
		if !moved {
			out.status = ml.Stalled
			return out, nil
		}
		before = f.pen.l1
		if stopped, err = f.watch(step+1, f.objective(), now.gap); err != nil {
			return outcome{}, err
		}
	}
}

func (f *proximal) objective() float64 { return f.loss + f.pen.value(f.b) }

func (p penalty) value(b []float64) float64 {
	sum := 0.0
	for _, v := range b {
		sum += p.l1*math.Abs(v) + p.l2/2*v*v
	}
	return sum
}

// along is the change of the penalty from one coefficient to another less that of the pull, with the digits of the difference.
func (p penalty) along(from, to, q float64) float64 {
	by := to - from
	if from*to > 0 {
		return by * (math.Copysign(p.l1, to) + p.l2*(from+by/2) - q)
	}
	return p.l1*(math.Abs(to)-math.Abs(from)) + by*(p.l2*(from+by/2)-q)
}

// step minimises the quadratic model and goes there, or part of the way. It is false if the objective does not fall.
func (f *proximal) step(ctx context.Context, now certificate, before float64) (bool, error) {
	model := f.model()
	const sweeps = 1000 // or the columns are so dependent that it takes their products to get on
	inner := newDescent(model.terms(), model, descentOptions{maxIter: sweeps})
	// The model is right to second order only: closer than that is a waste, except at the end.
	share := min(0.1, math.Sqrt(now.gap))
	inner.tol = max(share*now.gap, f.tol/20) / inner.yy
	copy(inner.b, f.b)
	copy(inner.q, f.q)
	for i, dead := range f.dead {
		if dead {
			inner.q[i] = 0
		}
	}
	inner.watch = func(int, float64) (bool, error) { return false, ml.Done(ctx) }
	out, err := inner.solve(ctx, f.pen, before)
	if err != nil {
		return false, err
	}
	const few = 1024
	if out.status == ml.MaxIter {
		f.most = max(f.most, few)
	}
	return f.search(inner.b), nil
}

// search goes from the coefficients towards others, as far as the objective falls.
func (f *proximal) search(to []float64) bool {
	start := f.objective()
	slope := 0.0
	for i, v := range to {
		slope += f.pen.along(f.b[i], v, f.q[i])
	}
	if !(slope < 0) {
		return false
	}
	from, shift, z := slices.Clone(f.b), slices.Clone(f.shift), slices.Clone(f.z)
	far := make([]float64, len(f.z))
	f.scoresOf(far, to, f.shift)
	const enough, rounding = 1e-4, 1e-13
	for t := 1.0; t > 1e-10; t /= 2 {
		for i, v := range to {
			f.b[i] = v
			if t < 1 {
				f.b[i] = from[i] + t*(v-from[i])
			}
		}
		copy(f.shift, shift)
		for i, v := range z {
			f.z[i] = v + t*(far[i]-v)
		}
		f.settle(f.shift)
		if f.objective() <= start+enough*t*slope+rounding*math.Abs(start) {
			f.pulls(f.q, f.res)
			return true
		}
	}
	copy(f.b, from)
	copy(f.shift, shift)
	copy(f.z, z)
	f.evaluate()
	return false
}

// params are the coefficients and intercepts as logLoss has them.
func (f *proximal) params() []float64 {
	out := make([]float64, f.size())
	for c := range f.k {
		copy(out[c*f.stride():], f.b[c*f.cols:(c+1)*f.cols])
		if f.fitted {
			out[c*f.stride()+f.cols] = f.shift[c]
		}
	}
	return out
}

// fromSample returns coefficients to begin with: the optimum for a sample of the rows, or nil.
func (f *proximal) fromSample(ctx context.Context, where string, d ml.Dataset[int], weight []float64) ([]float64, error) {
	sample, err := f.sample(where, d, weight)
	if sample == nil || err != nil {
		return nil, err
	}
	g, err := newProximal(where, sample)
	if err != nil {
		return nil, err
	}
	const steps = 10
	enough := sample.enough()
	g.pen, g.tol, g.maxIter = f.pen, max(enough*enough, f.tol), min(steps, f.maxIter)
	g.watch = func(int, float64, float64) (bool, error) { return false, ml.Done(ctx) }
	g.begin(nil)
	out, err := g.solve(ctx, g.certify().most)
	if err != nil || math.IsNaN(out.gap) || !linalg.AllFinite(g.b) {
		return nil, err
	}
	return g.b, nil
}
