package optim

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// LevenbergMarquardt minimises half the sum of squares of m residuals in n unknowns, in the trust-region form of Moré ("The
// Levenberg-Marquardt algorithm", Lecture Notes in Mathematics 630 (1978)), with his scaling by the columns of the Jacobian. With m below
// n it finds one of the many minima, near the start.
type LevenbergMarquardt struct {
	Residuals  func(r, x []float64)   // writes the m residuals at x
	Jacobian   func(jac, x []float64) // writes their derivatives, m x n, row by row; nil: central differences, 2n evaluations
	FTol, XTol float64                // ends when the sum of squares would change by less than FTol of itself, or x by less than XTol. 0: 1e-8
	GTol       float64                // ends when no column of the Jacobian makes an angle with the residuals whose cosine is above it. 0: 1e-8
	FirstStep  float64                // the longest first step, in lengths of x, both in units of the Jacobian's columns. 0: 100
	MaxIter    int                    // 0: 200·(n+1)
	Observe    Observer               // f is half the sum of squares, gap the largest cosine
}

// Fit is what LevenbergMarquardt found; the point is in x.
type Fit struct {
	Result
	Residuals  []float64
	Covariance []float64 // n x n: of the estimate, with the variance of the residuals estimated by their sum of squares over m-n; nil if the Jacobian has not full rank or m is not above n
}

// Minimize improves x in place.
func (o LevenbergMarquardt) Minimize(x []float64, m int) (Fit, error) {
	n := len(x)
	rows := max(m, n) // with residuals that are always 0
	l := &marquardt{LevenbergMarquardt: o, given: m, m: rows, n: n, x: x, r: make([]float64, rows), jac: make([]float64, rows*n),
		scale: make([]float64, n), trial: make([]float64, n), trialR: make([]float64, rows)}
	l.FTol, l.XTol, l.GTol, l.MaxIter = or(o.FTol, 1e-8), or(o.XTol, 1e-8), or(o.GTol, 1e-8), or(o.MaxIter, 200*(n+1))
	l.FirstStep = or(o.FirstStep, 100)
	l.residuals(l.r, x)
	f := l.half(l.r)
	end := func(status Status, steps int, gap float64) (Fit, error) {
		fit := Fit{Result: Result{Status: status, Iterations: steps, Evals: l.evals, F: f, Gap: gap}, Residuals: l.r[:m]}
		fit.Covariance = l.covariance(f)
		return fit, nil
	}
	if math.IsNaN(f - f) {
		return Fit{Result: Result{Status: NotFinite, Evals: l.evals, F: f}, Residuals: l.r[:m]}, nil
	}
	radius := 0.0
	for step := 0; ; step++ {
		l.jacobian()
		if !linalg.AllFinite(l.jac) {
			return Fit{Result: Result{Status: NotFinite, Iterations: step, Evals: l.evals, F: f}, Residuals: l.r[:m]}, nil
		}
		gap := l.cosine(f)
		if step > 0 {
			stop, err := l.Observe.call(step, f, gap)
			if err != nil {
				return Fit{}, err
			}
			if stop && gap > l.GTol {
				return end(Stopped, step, gap)
			}
		}
		if gap <= l.GTol {
			return end(Converged, step, gap)
		}
		if step == l.MaxIter {
			return end(MaxIter, step, gap)
		}
		l.rescale()
		if step == 0 {
			radius = l.FirstStep * l.sized(x)
			if radius == 0 {
				radius = l.FirstStep
			}
		}
		tri := l.triangle()
		for accepted := false; !accepted; {
			p, mu := tri.step(radius)
			length := l.sized(p)
			if step == 0 {
				radius = min(radius, length)
			}
			for j := range x {
				l.trial[j] = x[j] + p[j]
			}
			l.residuals(l.trialR, l.trial)
			next := l.half(l.trialR)
			// changes relative to f, as the sum of squares would have it
			actual := 1 - next/f
			if math.IsNaN(actual) {
				actual = -1
			}
			linear := tri.fall(p) / f
			damping := mu * length * length / f
			predicted := linear + damping
			ratio := 0.0
			if predicted > 0 {
				ratio = actual / predicted
			}
			switch {
			case !(ratio > 0.25):
				shrink := 0.5
				if actual < 0 {
					shrink = max(0.1, min(0.5, 0.5*(linear+damping/2)/(linear+damping/2-actual/2)))
				}
				radius = shrink * min(radius, length/0.1)
			case mu == 0 || ratio >= 0.75:
				radius = 2 * length
			}
			if ratio >= 1e-4 {
				accepted = true
				copy(x, l.trial)
				l.r, l.trialR = l.trialR, l.r
				f = next
			}
			const eps = 0x1p-52
			switch {
			case f == 0, math.Abs(actual) <= l.FTol && predicted <= l.FTol && ratio <= 2, radius <= l.XTol*l.sized(x):
				return end(Converged, step+1, gap)
			case math.Abs(actual) <= eps && predicted <= eps && ratio <= 2, radius <= eps*l.sized(x), radius == 0:
				return end(Stalled, step+1, gap)
			}
		}
	}
}

// marquardt is one minimisation under way.
type marquardt struct {
	LevenbergMarquardt
	given         int // residuals of the caller; m counts those that fill up a square as well
	m, n          int
	x, r, jac     []float64
	scale         []float64 // lengths of the Jacobian's columns, the largest so far
	trial, trialR []float64
	evals         int
}

func (l *marquardt) residuals(r, x []float64) {
	l.Residuals(r[:l.given], x)
	l.evals++
}

// half is half the sum of squares.
func (l *marquardt) half(r []float64) float64 { return 0.5 * kern.SumSq(r) }

func (l *marquardt) jacobian() {
	if l.Jacobian != nil {
		l.Jacobian(l.jac[:l.given*l.n], l.x)
		return
	}
	const root = 6.06e-6 // the third root of the rounding unit, which balances rounding and curvature
	low := make([]float64, l.given)
	for j, v := range l.x {
		h := root * math.Max(math.Abs(v), 1e-8)
		copy(l.trial, l.x)
		l.trial[j] = v + h
		up := l.trial[j]
		l.residuals(l.trialR, l.trial)
		l.trial[j] = v - h
		down := l.trial[j]
		l.residuals(low, l.trial)
		for i := range low {
			l.jac[i*l.n+j] = (l.trialR[i] - low[i]) / (up - down)
		}
	}
}

// cosine is the largest between a column of the Jacobian and the residuals.
func (l *marquardt) cosine(f float64) float64 {
	g, size := make([]float64, l.n), make([]float64, l.n)
	kern.Gemv(true, l.m, l.n, 1, l.jac, l.n, l.r, 0, g)
	l.columns(size)
	largest := 0.0
	for j, v := range g {
		if size[j] > 0 && f > 0 {
			largest = max(largest, math.Abs(v)/size[j]/math.Sqrt(2*f))
		}
	}
	return largest
}

// columns writes the lengths of the Jacobian's columns.
func (l *marquardt) columns(size []float64) {
	clear(size)
	for i := range l.m {
		for j, v := range l.jac[i*l.n : (i+1)*l.n] {
			size[j] = math.Hypot(size[j], v)
		}
	}
}

func (l *marquardt) rescale() {
	size := make([]float64, l.n)
	l.columns(size)
	for j, v := range size {
		if l.scale[j] == 0 && v == 0 {
			v = 1
		}
		l.scale[j] = max(l.scale[j], v)
	}
}

// sized is the length of x in the units of the scale.
func (l *marquardt) sized(x []float64) float64 {
	sum := 0.0
	for j, v := range x {
		sum = math.Hypot(sum, v*l.scale[j])
	}
	return sum
}

// linearised is the problem at a point, reduced to a triangle: |J p + r|² is |R p + c|² and a constant.
type linearised struct {
	n        int
	r, c     []float64
	scale    []float64
	gradient []float64 // Rᵀc
}

func (l *marquardt) triangle() *linearised {
	q := linalg.NewFullQR(append([]float64(nil), l.jac...), l.m, l.n)
	t := &linearised{n: l.n, r: make([]float64, l.n*l.n), scale: l.scale, gradient: make([]float64, l.n)}
	q.R(t.r)
	full := append([]float64(nil), l.r...)
	q.Apply(true, 1, full, 1)
	t.c = full[:l.n]
	kern.Gemv(true, l.n, l.n, 1, t.r, l.n, t.c, 0, t.gradient)
	return t
}

// fall is half of |R p|², the part of the expected decrease that is not the damping's.
func (t *linearised) fall(p []float64) float64 {
	rp := make([]float64, t.n)
	kern.Gemv(false, t.n, t.n, 1, t.r, t.n, p, 0, rp)
	return 0.5 * kern.SumSq(rp)
}

// damped solves min |R p + c|² + mu|D p|² and returns the triangle it was solved with, nil where that is singular.
func (t *linearised) damped(mu float64) (p, tri []float64) {
	n := t.n
	a := make([]float64, 2*n*n)
	copy(a, t.r)
	for j, d := range t.scale {
		a[(n+j)*n+j] = math.Sqrt(mu) * d
	}
	rows := 2 * n
	if mu == 0 {
		rows = n
	}
	q := linalg.NewFullQR(a[:rows*n], rows, n)
	b := make([]float64, rows)
	for i, v := range t.c {
		b[i] = -v
	}
	tri = make([]float64, n*n)
	q.R(tri)
	largest := 0.0
	for j := range n {
		largest = max(largest, math.Abs(tri[j*n+j]))
	}
	for j := range n {
		if !(math.Abs(tri[j*n+j]) > 1e-15*largest) {
			return nil, nil
		}
	}
	q.Solve(1, b, 1)
	return b[:n], tri
}

// step is the solution with |D p| at most radius, or 10 % more, and its damping.
func (t *linearised) step(radius float64) ([]float64, float64) {
	length := func(p []float64) float64 {
		s := 0.0
		for j, v := range p {
			s = math.Hypot(s, v*t.scale[j])
		}
		return s
	}
	const slack = 0.1
	lower, upper := 0.0, 0.0
	for j, g := range t.gradient {
		upper = math.Hypot(upper, g/t.scale[j])
	}
	upper /= radius
	mu := 0.0
	if full, tri := t.damped(0); full != nil {
		size := length(full)
		if size <= (1+slack)*radius {
			return full, 0
		}
		lower = (size - radius) / radius * size / t.slope(full, tri, size)
		mu = lower
	}
	if upper == 0 {
		upper = math.SmallestNonzeroFloat64 / min(radius, slack)
	}
	if mu < lower || mu > upper || mu == 0 {
		mu = max(0.001*upper, math.Sqrt(max(lower, 0)*upper))
	}
	p, used := make([]float64, t.n), 0.0
	for range 10 {
		if mu == 0 {
			mu = max(math.SmallestNonzeroFloat64, 0.001*upper)
		}
		next, tri := t.damped(mu)
		if next == nil { // singular, as without damping: the last step will do
			lower, mu = mu, 10*mu
			continue
		}
		p, used = next, mu
		size := length(p)
		over := size - radius
		if math.Abs(over) <= slack*radius {
			break
		}
		if over > 0 {
			lower = max(lower, mu)
		} else {
			upper = min(upper, mu)
		}
		mu = max(lower, mu+over/radius*size/t.slope(p, tri, size))
	}
	return p, used
}

// slope is by how much |D p|, which is size, falls with mu.
func (t *linearised) slope(p, tri []float64, size float64) float64 {
	w := make([]float64, t.n)
	for j, v := range p {
		w[j] = t.scale[j] * (t.scale[j] * v / size)
	}
	linalg.SolveTriangular(linalg.Triangle{Upper: true, Trans: true}, t.n, 1, tri, t.n, w, 1)
	return kern.SumSq(w) * size
}

// covariance of the estimate at the end.
func (l *marquardt) covariance(f float64) []float64 {
	n := l.n
	if l.m <= n {
		return nil
	}
	l.jacobian()
	if !linalg.AllFinite(l.jac) {
		return nil
	}
	q := linalg.NewFullQR(append([]float64(nil), l.jac...), l.m, n)
	r := make([]float64, n*n)
	q.R(r)
	for j := range n {
		if r[j*n+j] == 0 {
			return nil
		}
	}
	linalg.InvertTriangular(true, n, r, n)
	c := make([]float64, n*n)
	kern.Syrk(false, n, n, 2*f/float64(l.m-n), r, n, 0, c, n)
	for i := range n {
		for j := range i {
			c[i*n+j] = c[j*n+i]
		}
	}
	if !linalg.AllFinite(c) {
		return nil
	}
	return c
}
