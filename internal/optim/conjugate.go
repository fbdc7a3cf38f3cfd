package optim

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// ConjugateGradient minimises a smooth function by the nonlinear conjugate gradient method of Hager and Zhang (SIAM J. Optim. 16 (2005)), whose
// directions go downhill whatever the line search. It keeps four vectors, and is the choice where L-BFGS's pairs do not fit.
type ConjugateGradient struct {
	MaxIter int     // 0: 200·n
	Tol     float64 // ends when no component of the gradient is above it. 0: 1e-5
	Observe Observer
	Eval    func(x, grad []float64) float64 // the function; it writes the gradient
}

// Minimize improves x in place.
func (o ConjugateGradient) Minimize(x []float64) (Result, error) {
	n := len(x)
	o.MaxIter, o.Tol = or(o.MaxIter, 200*n), or(o.Tol, 1e-5)
	grad, trial, trialGrad, d, y := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	f := o.Eval(x, grad)
	evals := 1
	gap := linalg.MaxAbs(grad)
	end := func(status Status, steps int) (Result, error) {
		return Result{Status: status, Iterations: steps, Evals: evals, F: f, Gap: gap}, nil
	}
	if math.IsNaN(f-f) || !linalg.AllFinite(grad) {
		return end(NotFinite, 0)
	}
	downhill := func() {
		for i, g := range grad {
			d[i] = -g
		}
	}
	downhill()
	fresh, last := true, 0.0
	for step := 0; ; step++ {
		if gap <= o.Tol {
			return end(Converged, step)
		}
		if step == o.MaxIter {
			return end(MaxIter, step)
		}
		slope := linalg.Dot(d, grad)
		first := 1 / max(linalg.Norm(d), 1)
		if last < 0 { // as far as the last step would have gone at this slope
			first = last / slope
		}
		found, ok := lineSearch(func(t float64) (float64, float64) {
			for i, v := range d {
				trial[i] = x[i] + t*v
			}
			evals++
			v := o.Eval(trial, trialGrad)
			return v, linalg.Dot(trialGrad, d)
		}, point{f: f, slope: slope}, first, math.Inf(1), tight, 40)
		if !ok {
			if fresh {
				return end(Stalled, step)
			}
			downhill()
			fresh, last = true, 0
			step--
			continue
		}
		last = found.t * slope
		for i := range y {
			y[i] = trialGrad[i] - grad[i]
		}
		dy, yy := linalg.Dot(d, y), linalg.Dot(y, y)
		beta := (linalg.Dot(y, trialGrad) - 2*yy/dy*linalg.Dot(d, trialGrad)) / dy
		const least = 0.01
		beta = max(beta, -1/(linalg.Norm(d)*min(least, linalg.Norm(grad))))
		copy(x, trial)
		copy(grad, trialGrad)
		f = found.f
		fresh = !(dy > 0) || math.IsNaN(beta-beta)
		if fresh {
			downhill()
		} else {
			for i, g := range grad {
				d[i] = beta*d[i] - g
			}
		}
		gap = linalg.MaxAbs(grad)
		stop, err := o.Observe.call(step+1, f, gap)
		if err != nil {
			return Result{}, err
		}
		if stop && gap > o.Tol {
			return end(Stopped, step+1)
		}
	}
}
