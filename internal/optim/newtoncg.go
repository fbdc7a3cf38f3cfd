package optim

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// NewtonCG minimises a smooth function whose Hessian is known by its products with vectors. The Newton equations are solved by conjugate
// gradients, the more exactly the closer the minimum is (Dembo, Eisenstat and Steihaug, SIAM J. Numer. Anal. 19 (1982)).
//
// With a line search, directions of negative curvature end the inner iteration (Nocedal and Wright (2006), algorithm 7.1). With TrustRegion,
// they are followed to the border of a region whose size follows the model's success (Steihaug, SIAM J. Numer. Anal. 20 (1983);
// algorithms 4.1 and 7.2), which leaves saddle points behind.
type NewtonCG struct {
	TrustRegion bool    // steps within a trust region. False: a line search
	Radius      float64 // of the first trust region. 0: 1
	MaxIter     int     // 0: 200
	MaxInner    int     // conjugate gradient steps for each. 0: 20·n
	Tol         float64 // ends when no component of the gradient is above it. 0: 1e-6
	Observe     Observer
	Eval        func(x, grad []float64) float64 // the function; it writes the gradient
	HessVec     func(dst, x, v []float64)       // dst = H(x) v
}

// Minimize improves x in place.
func (o NewtonCG) Minimize(x []float64) (Result, error) {
	n := len(x)
	o.Radius, o.MaxIter, o.MaxInner, o.Tol = or(o.Radius, 1), or(o.MaxIter, 200*n), or(o.MaxInner, 20*n), or(o.Tol, 1e-6)
	w := &newton{NewtonCG: o, x: x, grad: make([]float64, n), trial: make([]float64, n), trialGrad: make([]float64, n),
		z: make([]float64, n), r: make([]float64, n), d: make([]float64, n), hd: make([]float64, n)}
	w.f = o.Eval(x, w.grad)
	w.evals = 1
	gap := linalg.MaxAbs(w.grad)
	end := func(status Status, steps int) (Result, error) {
		return Result{Status: status, Iterations: steps, Evals: w.evals, F: w.f, Gap: gap}, nil
	}
	if math.IsNaN(w.f-w.f) || !linalg.AllFinite(w.grad) {
		return end(NotFinite, 0)
	}
	for step := 0; ; step++ {
		if gap <= o.Tol {
			return end(Converged, step)
		}
		if step == o.MaxIter {
			return end(MaxIter, step)
		}
		moved := false
		if o.TrustRegion {
			moved = w.withinRegion()
		} else {
			moved = w.alongLine()
		}
		if !moved {
			return end(Stalled, step)
		}
		gap = linalg.MaxAbs(w.grad)
		stop, err := o.Observe.call(step+1, w.f, gap)
		if err != nil {
			return Result{}, err
		}
		if stop && gap > o.Tol {
			return end(Stopped, step+1)
		}
	}
}

// newton is one minimisation under way.
type newton struct {
	NewtonCG
	x, grad          []float64
	trial, trialGrad []float64
	z, r, d, hd      []float64 // of the inner iteration: step, residual, direction, its product with the Hessian
	f                float64
	evals            int
}

// inner solves H z = -grad as far as it pays, inside the radius. It reports the border met.
func (w *newton) inner(radius float64) (border bool) {
	clear(w.z)
	size := linalg.Norm(w.grad)
	tol := min(0.5, math.Sqrt(size)) * size
	for i, g := range w.grad {
		w.r[i], w.d[i] = g, -g
	}
	rr := linalg.Dot(w.r, w.r)
	for i := range w.MaxInner {
		w.HessVec(w.hd, w.x, w.d)
		curve := linalg.Dot(w.d, w.hd)
		if math.IsNaN(curve - curve) {
			return false
		}
		if curve <= 0 {
			switch {
			case !math.IsInf(radius, 1):
				linalg.Axpy(toBorder(w.z, w.d, radius), w.d, w.z)
				return true
			case i == 0 && curve < 0: // as far as the minimum would be if the curvature had the other sign
				linalg.Axpy(-rr/curve, w.d, w.z)
			case i == 0:
				copy(w.z, w.d)
			}
			return false
		}
		step := rr / curve
		if !math.IsInf(radius, 1) {
			if t := toBorder(w.z, w.d, radius); step >= t {
				linalg.Axpy(t, w.d, w.z)
				return true
			}
		}
		linalg.Axpy(step, w.d, w.z)
		linalg.Axpy(step, w.hd, w.r)
		next := linalg.Dot(w.r, w.r)
		if math.Sqrt(next) <= tol {
			return false
		}
		for j, v := range w.r {
			w.d[j] = -v + next/rr*w.d[j]
		}
		rr = next
	}
	return false
}

// toBorder is the positive t for which z + t·d has the length radius.
func toBorder(z, d []float64, radius float64) float64 {
	a, b, c := linalg.Dot(d, d), linalg.Dot(z, d), linalg.Dot(z, z)-radius*radius
	root := math.Sqrt(math.Max(b*b-a*c, 0))
	if b > 0 {
		return -c / (b + root)
	}
	return (root - b) / a
}

// alongLine takes a step that satisfies the Wolfe conditions, or reports that there is none.
func (w *newton) alongLine() bool {
	w.inner(math.Inf(1))
	slope := linalg.Dot(w.z, w.grad)
	if !(slope < 0) {
		return false
	}
	found, ok := lineSearch(func(t float64) (float64, float64) {
		for i, v := range w.z {
			w.trial[i] = w.x[i] + t*v
		}
		w.evals++
		f := w.Eval(w.trial, w.trialGrad)
		return f, linalg.Dot(w.trialGrad, w.z)
	}, point{f: w.f, slope: slope}, 1, math.Inf(1), loose, 40)
	if ok {
		w.accept(found.f)
	}
	return ok
}

func (w *newton) accept(f float64) {
	copy(w.x, w.trial)
	copy(w.grad, w.trialGrad)
	w.f = f
}

// withinRegion tries steps in ever smaller regions until one succeeds.
func (w *newton) withinRegion() bool {
	for w.Radius > 1e-15*max(linalg.Norm(w.x), 1e-300) && w.Radius > 0 {
		border := w.inner(w.Radius)
		w.HessVec(w.hd, w.x, w.z)
		predicted := -(linalg.Dot(w.grad, w.z) + 0.5*linalg.Dot(w.z, w.hd))
		for i, v := range w.z {
			w.trial[i] = w.x[i] + v
		}
		f := w.Eval(w.trial, w.trialGrad)
		w.evals++
		ratio := (w.f - f) / predicted
		if noise := 1e-14 * math.Abs(w.f); predicted <= noise && math.Abs(w.f-f) <= noise {
			ratio = 1 // both are rounding
		}
		finite := !math.IsNaN(f-f) && linalg.AllFinite(w.trialGrad)
		length := linalg.Norm(w.z)
		switch {
		case !finite || !(ratio >= 0.25) || !(predicted > 0):
			w.Radius = 0.25 * min(w.Radius, length)
		case ratio > 0.75 && border:
			w.Radius *= 2
		}
		const least = 1e-4
		if finite && ratio > least && predicted > 0 {
			w.accept(f)
			return true
		}
	}
	return false
}
