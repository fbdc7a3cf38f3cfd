package optim

import (
	"math"
	"slices"
)

// NelderMead minimises a function of few variables from its values alone, by the simplex method of Nelder and Mead (Computer J. 7 (1965)) with
// coefficients that suit the dimension (Gao and Han, Comput. Optim. Appl. 51 (2012)). NaN counts as +Inf.
type NelderMead struct {
	Step       float64 // of the first simplex along each axis, relative to x. 0: 0.05
	XTol, FTol float64 // ends when the simplex is no wider than XTol and its values within FTol. 0: 1e-4
	MaxEvals   int     // 0: 200·n
	Observe    Observer
	Eval       func(x []float64) float64
}

// Minimize improves x in place. Gap is the width of the simplex.
func (o NelderMead) Minimize(x []float64) (Result, error) {
	n := len(x)
	o.Step, o.XTol, o.FTol, o.MaxEvals = or(o.Step, 0.05), or(o.XTol, 1e-4), or(o.FTol, 1e-4), or(o.MaxEvals, 200*n)
	if n == 0 {
		return Result{F: o.Eval(x), Evals: 1}, nil
	}
	type vertex struct {
		x []float64
		f float64
	}
	evals := 0
	at := func(x []float64) vertex {
		evals++
		f := o.Eval(x)
		if math.IsNaN(f) {
			f = math.Inf(1)
		}
		return vertex{x, f}
	}
	simplex := []vertex{at(slices.Clone(x))}
	for j := range n {
		p := slices.Clone(x)
		p[j] *= 1 + o.Step
		if p[j] == 0 {
			p[j] = o.Step / 200
		}
		simplex = append(simplex, at(p))
	}
	dim := float64(max(n, 2))
	expand, contract, shrink := 1+2/dim, 0.75-1/(2*dim), 1-1/dim
	center := make([]float64, n)
	from := func(t float64) vertex { // the point center + t·(center - worst)
		p := make([]float64, n)
		for j, c := range center {
			p[j] = c + t*(c-simplex[n].x[j])
		}
		return at(p)
	}
	for step := 0; ; step++ {
		slices.SortStableFunc(simplex, func(a, b vertex) int {
			switch {
			case a.f < b.f:
				return -1
			case a.f > b.f:
				return 1
			}
			return 0
		})
		best := simplex[0]
		width, spread := 0.0, simplex[n].f-best.f
		for _, v := range simplex[1:] {
			for j, c := range v.x {
				width = max(width, math.Abs(c-best.x[j]))
			}
		}
		copy(x, best.x)
		result := Result{Iterations: step, Evals: evals, F: best.f, Gap: width}
		if step > 0 {
			stop, err := o.Observe.call(step, best.f, width)
			if err != nil {
				return Result{}, err
			}
			if stop {
				result.Status = Stopped
				return result, nil
			}
		}
		switch {
		case math.IsInf(best.f, 1) && evals > o.MaxEvals:
			result.Status = NotFinite
			return result, nil
		case width <= o.XTol && spread <= o.FTol:
			return result, nil
		case evals >= o.MaxEvals:
			result.Status = MaxIter
			return result, nil
		}
		clear(center)
		for _, v := range simplex[:n] {
			for j, c := range v.x {
				center[j] += c / float64(n)
			}
		}
		reflected := from(1)
		switch {
		case reflected.f < best.f:
			if further := from(expand); further.f < reflected.f {
				reflected = further
			}
			simplex[n] = reflected
			continue
		case reflected.f < simplex[n-1].f:
			simplex[n] = reflected
			continue
		}
		t := -contract
		if reflected.f < simplex[n].f {
			t = contract
		}
		if inner := from(t); inner.f < min(reflected.f, simplex[n].f) || inner.f == reflected.f && t > 0 {
			simplex[n] = inner
			continue
		}
		for i := range simplex[1:] {
			p := simplex[1+i].x
			for j := range p {
				p[j] = best.x[j] + shrink*(p[j]-best.x[j])
			}
			simplex[1+i] = at(p)
		}
	}
}
