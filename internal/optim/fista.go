package optim

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// A Penalty is a convex function whose proximal step is known.
type Penalty interface {
	Value(x []float64) float64
	Prox(dst, x []float64, step float64) // dst minimises |dst - x|²/2 + step·Value(dst); dst may be x
}

// L1 is Weight·Σ|x|.
type L1 struct{ Weight float64 }

func (p L1) Value(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += math.Abs(v)
	}
	return p.Weight * s
}

func (p L1) Prox(dst, x []float64, step float64) {
	t := p.Weight * step
	for i, v := range x {
		dst[i] = math.Copysign(math.Max(math.Abs(v)-t, 0), v)
	}
}

// Box is zero inside bounds, which may be infinite, and infinite outside.
type Box struct{ Lower, Upper []float64 }

func (p Box) Value(x []float64) float64 {
	for i, v := range x {
		if v < p.Lower[i] || v > p.Upper[i] {
			return math.Inf(1)
		}
	}
	return 0
}

func (p Box) Prox(dst, x []float64, _ float64) {
	for i, v := range x {
		dst[i] = min(max(v, p.Lower[i]), p.Upper[i])
	}
}

// Groups is Weight times the sum of the lengths of consecutive groups, each times the root of its size.
type Groups struct {
	Weight float64
	Sizes  []int
}

func (p Groups) each(x []float64, visit func(group []float64, at int, weight float64)) {
	at := 0
	for _, n := range p.Sizes {
		visit(x[at:at+n], at, p.Weight*math.Sqrt(float64(n)))
		at += n
	}
}

func (p Groups) Value(x []float64) float64 {
	s := 0.0
	p.each(x, func(g []float64, _ int, w float64) { s += w * linalg.Norm(g) })
	return s
}

func (p Groups) Prox(dst, x []float64, step float64) {
	p.each(x, func(g []float64, at int, w float64) {
		scale, length := 0.0, linalg.Norm(g)
		if length > w*step {
			scale = 1 - w*step/length
		}
		kern.Scal(scale, dst[at:at+len(g)], g)
	})
}

// FISTA minimises a smooth convex function plus a penalty by accelerated proximal gradients (Beck and Teboulle, SIAM J. Imaging Sci. 2
// (2009)), with the step found by backtracking and the momentum dropped whenever it points uphill (O'Donoghue and Candès, Found. Comput.
// Math. 15 (2015)).
type FISTA struct {
	Penalty Penalty                         // nil: none
	MaxIter int                             // 0: 10000
	Tol     float64                         // ends when no component of the generalised gradient, (x - prox(x - step·grad))/step, is above it. 0: 1e-6
	Observe Observer                        // f includes the penalty
	Eval    func(x, grad []float64) float64 // the smooth part; it writes the gradient
}

// Minimize improves x in place.
func (o FISTA) Minimize(x []float64) (Result, error) {
	n := len(x)
	if o.Penalty == nil {
		o.Penalty = L1{}
	}
	o.MaxIter, o.Tol = or(o.MaxIter, 10000), or(o.Tol, 1e-6)
	y, grad := append([]float64(nil), x...), make([]float64, n)
	next, scratch := make([]float64, n), make([]float64, n)
	momentum, step, evals := 1.0, 1.0, 0
	var total, gap float64
	end := func(status Status, steps int) (Result, error) {
		return Result{Status: status, Iterations: steps, Evals: evals, F: total, Gap: gap}, nil
	}
	for iter := 0; iter < o.MaxIter; iter++ {
		f := o.Eval(y, grad)
		evals++
		if math.IsNaN(f-f) || !linalg.AllFinite(grad) {
			return end(NotFinite, iter)
		}
		smooth := 0.0
		for {
			for i, g := range grad {
				next[i] = y[i] - step*g
			}
			o.Penalty.Prox(next, next, step)
			smooth = o.Eval(next, scratch)
			evals++
			bound := f
			for i, v := range next {
				move := v - y[i]
				bound += move * (grad[i] + move/(2*step))
			}
			if smooth <= bound+1e-13*math.Abs(f) {
				break
			}
			if step *= 0.5; step < 1e-300 {
				return end(Stalled, iter)
			}
		}
		gap = 0
		uphill := 0.0
		for i, v := range next {
			g := (y[i] - v) / step
			gap = max(gap, math.Abs(g))
			uphill += g * (v - x[i])
		}
		weight := (momentum - 1)
		if uphill > 0 {
			momentum, weight = 1, 0
		}
		momentum = (1 + math.Sqrt(1+4*momentum*momentum)) / 2
		for i, v := range next {
			y[i] = v + weight/momentum*(v-x[i])
			x[i] = v
		}
		total = smooth + o.Penalty.Value(x)
		stop, err := o.Observe.call(iter+1, total, gap)
		if err != nil {
			return Result{}, err
		}
		switch {
		case gap <= o.Tol:
			return end(Converged, iter+1)
		case stop:
			return end(Stopped, iter+1)
		}
	}
	return end(MaxIter, o.MaxIter)
}
