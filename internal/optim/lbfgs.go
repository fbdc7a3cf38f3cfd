package optim

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// Metric approximates the inverse of the Hessian. Apply must be linear, symmetric and positive definite.
type Metric interface{ Apply(dst, grad []float64) }

// LBFGS minimises a smooth function by the limited-memory BFGS method (Nocedal and Wright, "Numerical Optimization" (2006),
// algorithm 7.5), started from a metric of the problem's own instead of a multiple of the identity.
type LBFGS struct {
	Memory  int                             // correction pairs kept. 0: 10
	MaxIter int                             // iterations at the most. 0: 15000
	Tol     float64                         // ends when Gap is at most this. 0: 1e-5
	Gap     func(grad []float64) float64    // how far the gradient is from zero; nil: its largest component
	Metric  func(x []float64) Metric        // a metric for x; called at the start and when progress slows; nil: a multiple of the identity, from the last pair
	Pairs   *Pairs                          // corrections to begin with, from a similar function, to which this one's are left; nil: none
	Cost    float64                         // of one Metric call, in evaluations; it decides how soon a new one pays
	Observe Observer                        // called after each step; nil: nobody watches
	Eval    func(x, grad []float64) float64 // the function; it writes the gradient
}

// state is one minimisation under way.
type state struct {
	LBFGS
	plain     *identity // the metric, if the problem has none
	evals     int
	x, grad   []float64
	f         float64
	metric    Metric
	dir       []float64
	trialX    []float64
	trialGrad []float64
	since     int     // iterations since the metric was made
	sinceGap  float64 // gap at that time
}

// Pairs are the last few steps and what they did to the gradient: what is known of the curvature beside the metric.
type Pairs struct{ pairs []pair } // oldest first

type pair struct {
	s, y []float64
	rho  float64
}

// Change tells of another function, whose gradient changes along a step s by what change makes of y.
func (p *Pairs) Change(change func(y, s []float64)) {
	kept := p.pairs[:0]
	for _, q := range p.pairs {
		change(q.y, q.s)
		if curve := linalg.Dot(q.s, q.y); curve > 0 {
			q.rho = 1 / curve
			kept = append(kept, q)
		}
	}
	p.pairs = kept
}

// Clear forgets all.
func (p *Pairs) Clear() { p.pairs = nil }

// Apply writes the product of the inverse of the Hessian, as far as it is known from a metric and the pairs, and a vector, which it overwrites: the two-loop recursion.
func (p *Pairs) Apply(m Metric, dst, q []float64) {
	alpha := make([]float64, len(p.pairs))
	for i := len(p.pairs) - 1; i >= 0; i-- {
		a := p.pairs[i]
		alpha[i] = a.rho * linalg.Dot(a.s, q)
		linalg.Axpy(-alpha[i], a.y, q)
	}
	m.Apply(dst, q)
	for i, a := range p.pairs {
		beta := a.rho * linalg.Dot(a.y, dst)
		linalg.Axpy(alpha[i]-beta, a.s, dst)
	}
}

// Minimize improves x in place.
func (o LBFGS) Minimize(x []float64) (Result, error) {
	n := len(x)
	o.Memory, o.MaxIter, o.Tol = or(o.Memory, 10), or(o.MaxIter, 15000), or(o.Tol, 1e-5)
	if o.Gap == nil {
		o.Gap = linalg.MaxAbs
	}
	var plain *identity
	if o.Metric == nil {
		plain = &identity{1}
		o.Metric, o.Cost = func([]float64) Metric { return plain }, math.Inf(1)
	}
	if o.Pairs == nil {
		o.Pairs = new(Pairs)
	}
	s := &state{LBFGS: o, plain: plain, x: x, grad: make([]float64, n), dir: make([]float64, n), trialX: make([]float64, n), trialGrad: make([]float64, n)}
	s.f = s.Eval(x, s.grad)
	s.evals++
	gap := s.Gap(s.grad)
	s.renew(gap)
	if plain != nil && gap > 0 {
		plain.scale = min(1, 1/linalg.Norm(s.grad)) // the first step is no longer than 1
	}
	result := func(status Status, steps int) (Result, error) {
		return Result{Status: status, Iterations: steps, Evals: s.evals, F: s.f, Gap: gap}, nil
	}
	if math.IsNaN(s.f-s.f) || math.IsNaN(gap) {
		return result(NotFinite, 0)
	}
	for step := 0; ; step++ {
		if gap <= s.Tol {
			return result(Converged, step)
		}
		if step == s.MaxIter {
			return result(MaxIter, step)
		}
		if s.slow(gap) {
			s.renew(gap)
		}
		if !s.advance() {
			if s.since == 0 && len(s.Pairs.pairs) == 0 {
				return result(Stalled, step)
			}
			s.Pairs.pairs = s.Pairs.pairs[:0]
			s.renew(gap)
			if !s.advance() {
				return result(Stalled, step)
			}
		}
		gap = s.Gap(s.grad)
		if stop, err := s.Observe.call(step+1, s.f, gap); err != nil {
			return Result{}, err
		} else if stop && gap > s.Tol {
			return result(Stopped, step+1)
		}
	}
}

// renew makes a metric for the current point. The correction pairs stay: they hold curvature that a metric may miss.
func (s *state) renew(gap float64) {
	s.metric = s.Metric(s.x)
	s.since, s.sinceGap = 0, gap
}

// slow estimates from the rate since the metric was made whether a new one would pay for itself.
func (s *state) slow(gap float64) bool {
	const warmup = 4
	if s.since < warmup {
		return false
	}
	rate := math.Log(s.sinceGap/gap) / float64(s.since)
	if rate <= 0 {
		return true
	}
	remaining := math.Log(gap/s.Tol) / rate
	return remaining > s.Cost+2*warmup && float64(s.since) >= s.Cost/2
}

// advance takes one step, or reports that there is none.
func (s *state) advance() bool {
	s.direction()
	slope := linalg.Dot(s.grad, s.dir)
	if !(slope < 0) {
		return false
	}
	eval := func(t float64) (float64, float64) {
		for i, d := range s.dir {
			s.trialX[i] = s.x[i] + t*d
		}
		f := s.Eval(s.trialX, s.trialGrad)
		s.evals++
		return f, linalg.Dot(s.trialGrad, s.dir)
	}
	const maxEvals = 40
	found, ok := lineSearch(eval, point{f: s.f, slope: slope}, 1, math.Inf(1), loose, maxEvals)
	if !ok {
		return false
	}
	s.remember()
	copy(s.x, s.trialX)
	copy(s.grad, s.trialGrad)
	s.f = found.f
	s.since++
	return true
}

// remember stores the pair of the step from x to trialX.
func (s *state) remember() {
	var p pair
	if len(s.Pairs.pairs) == s.Memory {
		p = s.Pairs.pairs[0]
		copy(s.Pairs.pairs, s.Pairs.pairs[1:])
		s.Pairs.pairs = s.Pairs.pairs[:len(s.Pairs.pairs)-1]
	} else {
		p = pair{s: make([]float64, len(s.x)), y: make([]float64, len(s.x))}
	}
	for i := range s.x {
		p.s[i] = s.trialX[i] - s.x[i]
		p.y[i] = s.trialGrad[i] - s.grad[i]
	}
	curve := linalg.Dot(p.s, p.y)
	if !(curve > 0) {
		return // lost to rounding: such a pair would make the matrix indefinite
	}
	p.rho = 1 / curve
	if s.plain != nil {
		s.plain.scale = curve / linalg.Dot(p.y, p.y)
	}
	s.Pairs.pairs = append(s.Pairs.pairs, p)
}

// direction is the step that the metric and the pairs ask for.
func (s *state) direction() {
	q := s.trialGrad // free between steps
	copy(q, s.grad)
	s.Pairs.Apply(s.metric, s.dir, q)
	for i := range s.dir {
		s.dir[i] = -s.dir[i]
	}
}
