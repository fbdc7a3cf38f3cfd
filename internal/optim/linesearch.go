package optim

import "math"

const (
	armijo = 1e-4
	loose  = 0.9 // how much of the slope may be left: for methods whose steps are well scaled
	tight  = 0.1 // for conjugate gradients, which rely on the line search
)

// point is a step length with the objective and its slope along the search direction there.
type point struct{ t, f, slope float64 }

// lineSearch looks for a step from start (t = 0, slope < 0) that satisfies the strong Wolfe conditions, beginning with
// first. Close to the optimum, where f no longer resolves the decrease, the approximate Wolfe conditions of Hager and
// Zhang (SIAM J. Optim. 16 (2005)) decide by slopes alone. No step is longer than limit; there a sufficient decrease is
// enough. curvature is the share of the slope that may be left. ok is false if no step was found within maxEvals evaluations.
func lineSearch(eval func(t float64) (f, slope float64), start point, first, limit, curvature float64, maxEvals int) (found point, ok bool) {
	lo, hi := start, point{t: math.Inf(1)}
	noise := 1e-10 * math.Abs(start.f) // what cancellation may have left of the digits of f
	t := min(first, limit)
	for range maxEvals {
		f, slope := eval(t)
		p := point{t, f, slope}
		finite := !math.IsNaN(f-f) && !math.IsNaN(slope-slope)
		decreased := finite && (f <= start.f+armijo*t*start.slope || f <= start.f+noise && slope <= -0.8*start.slope)
		switch {
		case !decreased || slope > -curvature*start.slope:
			hi = p
		case slope < curvature*start.slope && t < limit:
			lo = p
		default:
			return p, true
		}
		if t = min(next(lo, hi), limit); t <= lo.t || t >= hi.t {
			return p, false
		}
	}
	return lo, false
}

// next extrapolates while there is no upper end, and else interpolates with a cubic, kept off the ends.
func next(lo, hi point) float64 {
	if math.IsInf(hi.t, 1) {
		return 4 * lo.t
	}
	width := hi.t - lo.t
	mid := lo.t + width/2
	if math.IsNaN(hi.f-hi.f) || math.IsNaN(hi.slope-hi.slope) {
		return lo.t + width/10
	}
	d1 := lo.slope + hi.slope - 3*(hi.f-lo.f)/width
	square := d1*d1 - lo.slope*hi.slope
	if !(square >= 0) {
		return mid
	}
	d2 := math.Sqrt(square)
	t := hi.t - width*(hi.slope+d2-d1)/(hi.slope-lo.slope+2*d2)
	if !(t >= lo.t+width/10 && t <= hi.t-width/10) {
		return mid
	}
	return t
}
