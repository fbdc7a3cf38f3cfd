package optim

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// LBFGSB minimises a smooth function with bounds on the variables by the limited-memory method of Byrd, Lu, Nocedal and Zhu (SIAM J. Sci.
// Comput. 16 (1995)), with the projection of the subspace step of Morales and Nocedal (ACM Trans. Math. Softw. 38 (2011)).
type LBFGSB struct {
	Lower, Upper []float64 // bounds of each variable, infinite for none, equal to fix one; nil: none at all
	Memory       int       // correction pairs kept. 0: 10
	MaxIter      int       // 0: 15000
	Tol          float64   // ends when the projected gradient, the step to the minimum along -gradient in the box cut at length 1, has no component above it. 0: 1e-5
	FTol         float64   // ends when f falls by less than this times max(|f|, 1). 0: 2.2e-9
	Observe      Observer
	Eval         func(x, grad []float64) float64 // the function; it writes the gradient. Never called outside the bounds
}

func (o LBFGSB) checkBounds(n int) error {
	for _, b := range [][]float64{o.Lower, o.Upper} {
		if b != nil && len(b) != n {
			return fmt.Errorf("optim.LBFGSB: %d bounds of %d variables", len(b), n)
		}
	}
	for i := range n {
		low, high := math.Inf(-1), math.Inf(1)
		if o.Lower != nil {
			low = o.Lower[i]
		}
		if o.Upper != nil {
			high = o.Upper[i]
		}
		if !(low <= high) {
			return fmt.Errorf("optim.LBFGSB: bounds of variable %d are %v and %v", i, low, high)
		}
	}
	return nil
}

// Minimize improves x in place; a start outside the bounds is moved onto them. Bounds between which no number lies, or not one for
// each variable, are an error.
func (o LBFGSB) Minimize(x []float64) (Result, error) {
	n := len(x)
	if err := o.checkBounds(n); err != nil {
		return Result{}, err
	}
	o.Memory, o.MaxIter, o.Tol, o.FTol = or(o.Memory, 10), or(o.MaxIter, 15000), or(o.Tol, 1e-5), or(o.FTol, 2.2e-9)
	b := &boxed{LBFGSB: o, x: x, theta: 1, grad: make([]float64, n), trial: make([]float64, n), trialGrad: make([]float64, n)}
	for i := range x {
		x[i] = b.clamp(i, x[i])
	}
	evals := 1
	f := o.Eval(x, b.grad)
	gap := b.projected()
	end := func(status Status, steps int) (Result, error) {
		return Result{Status: status, Iterations: steps, Evals: evals, F: f, Gap: gap}, nil
	}
	if math.IsNaN(f-f) || math.IsNaN(gap) {
		return end(NotFinite, 0)
	}
	for step := 0; ; step++ {
		if gap <= o.Tol {
			return end(Converged, step)
		}
		if step == o.MaxIter {
			return end(MaxIter, step)
		}
		d, slope := b.direction()
		if !(slope < 0) {
			if len(b.pairs) == 0 {
				return end(Stalled, step)
			}
			b.forget()
			continue
		}
		first := 1.0
		if len(b.pairs) == 0 {
			first = min(1, 1/linalg.Norm(d))
		}
		found, ok := lineSearch(func(t float64) (float64, float64) {
			for i, v := range d {
				b.trial[i] = b.clamp(i, x[i]+t*v)
			}
			evals++
			v := o.Eval(b.trial, b.trialGrad)
			return v, linalg.Dot(b.trialGrad, d)
		}, point{f: f, slope: slope}, first, b.room(d), loose, 20)
		if !ok {
			if len(b.pairs) == 0 {
				return end(Stalled, step)
			}
			b.forget()
			continue
		}
		b.remember()
		fell := f - found.f
		copy(x, b.trial)
		copy(b.grad, b.trialGrad)
		before := f
		f = found.f
		gap = b.projected()
		stop, err := o.Observe.call(step+1, f, gap)
		if err != nil {
			return Result{}, err
		}
		switch {
		case gap <= o.Tol, fell <= o.FTol*max(math.Abs(before), math.Abs(f), 1):
			return end(Converged, step+1)
		case stop:
			return end(Stopped, step+1)
		}
	}
}

// boxed is one minimisation under way. The Hessian is about theta·I - W M Wᵀ, W having a row [y, theta·s] for each variable.
type boxed struct {
	LBFGSB
	x, grad          []float64
	trial, trialGrad []float64
	pairs            []pair
	theta            float64
	m                *linalg.LU // of the inverse of M; nil without pairs
}

func (b *boxed) bounds(i int) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if b.Lower != nil {
		lo = b.Lower[i]
	}
	if b.Upper != nil {
		hi = b.Upper[i]
	}
	return lo, hi
}

func (b *boxed) clamp(i int, v float64) float64 {
	lo, hi := b.bounds(i)
	return min(max(v, lo), hi)
}

// projected is the largest component of the projected gradient.
func (b *boxed) projected() float64 {
	largest := 0.0
	for i, g := range b.grad {
		largest = max(largest, math.Abs(b.clamp(i, b.x[i]-g)-b.x[i]))
	}
	return largest
}

// room is the longest step along d inside the bounds.
func (b *boxed) room(d []float64) float64 {
	t := math.Inf(1)
	for i, v := range d {
		lo, hi := b.bounds(i)
		switch {
		case v > 0:
			t = min(t, (hi-b.x[i])/v)
		case v < 0:
			t = min(t, (lo-b.x[i])/v)
		}
	}
	return max(t, 1) // the step to the subspace minimum is inside but for rounding, which clamp takes care of
}

// w is row i of W.
func (b *boxed) w(dst []float64, i int) {
	k := len(b.pairs)
	for j, p := range b.pairs {
		dst[j], dst[k+j] = p.y[i], b.theta*p.s[i]
	}
}

// times overwrites v with M v.
func (b *boxed) times(v []float64) {
	if b.m != nil {
		b.m.Solve(false, 1, v, 1)
	}
}

// direction is the step to the minimum of the quadratic model over the variables that are free at its generalised Cauchy point.
func (b *boxed) direction() (d []float64, slope float64) {
	cauchy, c := b.cauchy()
	target := b.subspace(cauchy, c)
	d = make([]float64, len(b.x))
	for i, v := range target {
		d[i] = b.clamp(i, v) - b.x[i]
	}
	if slope = linalg.Dot(d, b.grad); slope >= 0 { // projection has turned it uphill: cut it short instead
		cut := 1.0
		for i, v := range target {
			lo, hi := b.bounds(i)
			switch v -= cauchy[i]; {
			case v > 0:
				cut = min(cut, (hi-cauchy[i])/v)
			case v < 0:
				cut = min(cut, (lo-cauchy[i])/v)
			}
		}
		for i, v := range target {
			d[i] = b.clamp(i, cauchy[i]+cut*(v-cauchy[i])) - b.x[i]
		}
		slope = linalg.Dot(d, b.grad)
	}
	return d, slope
}

// cauchy is the first minimum of the model along the projected gradient path, and Wᵀ times the way there.
func (b *boxed) cauchy() (x, c []float64) {
	n, k := len(b.x), 2*len(b.pairs)
	x = slices.Clone(b.x)
	c = make([]float64, k)
	breaks := make([]float64, n)
	d, order := make([]float64, n), make([]int, 0, n)
	for i, g := range b.grad {
		lo, hi := b.bounds(i)
		breaks[i] = math.Inf(1)
		switch {
		case g < 0:
			breaks[i] = (b.x[i] - hi) / g
		case g > 0:
			breaks[i] = (b.x[i] - lo) / g
		}
		if breaks[i] > 0 && g != 0 {
			d[i] = -g
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case breaks[i] < breaks[j]:
			return -1
		case breaks[i] > breaks[j]:
			return 1
		}
		return 0
	})
	p, w, mp, mw, mc := make([]float64, k), make([]float64, k), make([]float64, k), make([]float64, k), make([]float64, k)
	for i, v := range d {
		if v != 0 {
			b.w(w, i)
			linalg.Axpy(v, w, p)
		}
	}
	square := linalg.Dot(d, d)
	first := -square
	copy(mp, p)
	b.times(mp)
	second := b.theta*square - linalg.Dot(p, mp)
	least := 0x1p-52 * second
	t := 0.0
	for at, i := range order {
		step := breaks[i] - t
		if move := -first / second; move < step || math.IsInf(breaks[i], 1) {
			b.finish(x, c, d, p, t, max(move, 0), order[at:])
			return x, c
		}
		g := b.grad[i]
		lo, hi := b.bounds(i)
		x[i] = lo
		if d[i] > 0 {
			x[i] = hi
		}
		z := x[i] - b.x[i]
		linalg.Axpy(step, p, c)
		b.w(w, i)
		copy(mc, c)
		b.times(mc)
		copy(mp, p)
		b.times(mp)
		copy(mw, w)
		b.times(mw)
		first += step*second + g*g + b.theta*g*z - g*linalg.Dot(w, mc)
		second -= b.theta*g*g + 2*g*linalg.Dot(w, mp) + g*g*linalg.Dot(w, mw)
		second = max(second, least)
		linalg.Axpy(g, w, p)
		d[i] = 0
		t = breaks[i]
	}
	return x, c
}

// finish goes the last part of the path, along which no bound is met.
func (b *boxed) finish(x, c, d, p []float64, t, move float64, free []int) {
	for _, i := range free {
		x[i] = b.clamp(i, b.x[i]+(t+move)*d[i])
	}
	linalg.Axpy(move, p, c)
}

// subspace minimises the model over the variables that are off their bounds at the Cauchy point, the bounds left aside.
func (b *boxed) subspace(cauchy, c []float64) []float64 {
	target := slices.Clone(cauchy)
	k := 2 * len(b.pairs)
	if k == 0 {
		return target
	}
	mc := slices.Clone(c)
	b.times(mc)
	w := make([]float64, k)
	var free []int
	var r []float64
	wr, ww := make([]float64, k), make([]float64, k*k)
	for i, v := range cauchy {
		if lo, hi := b.bounds(i); v <= lo || v >= hi {
			continue
		}
		b.w(w, i)
		g := b.grad[i] + b.theta*(v-b.x[i]) - linalg.Dot(w, mc)
		free, r = append(free, i), append(r, g)
		linalg.Axpy(g, w, wr)
		for j, wj := range w {
			linalg.Axpy(wj, w, ww[j*k:(j+1)*k])
		}
	}
	if len(free) == 0 {
		return target
	}
	b.times(wr)
	b.m.Solve(false, k, ww, k) // M WᵀW of the free
	for i := range ww {
		ww[i] = -ww[i] / b.theta
	}
	for i := range k {
		ww[i*k+i]++
	}
	inner := linalg.NewLU(ww, k)
	if inner.Singular() {
		return target
	}
	inner.Solve(false, 1, wr, 1)
	for j, i := range free {
		b.w(w, i)
		target[i] -= r[j]/b.theta + linalg.Dot(w, wr)/(b.theta*b.theta)
	}
	return target
}

// remember stores the pair of the step from x to trial, if its curvature is positive.
func (b *boxed) remember() {
	p := pair{s: make([]float64, len(b.x)), y: make([]float64, len(b.x))}
	for i := range b.x {
		p.s[i] = b.trial[i] - b.x[i]
		p.y[i] = b.trialGrad[i] - b.grad[i]
	}
	sy, yy := linalg.Dot(p.s, p.y), linalg.Dot(p.y, p.y)
	if !(sy > 0x1p-52*yy) {
		return
	}
	b.pairs = append(b.pairs, p)
	if len(b.pairs) > b.Memory {
		b.pairs = b.pairs[1:]
	}
	b.theta = yy / sy
	b.middle()
}

func (b *boxed) forget() { b.pairs, b.theta, b.m = nil, 1, nil }

// middle factors the inverse of M: [-D Lᵀ; L theta·SᵀS], with D the diagonal and L what is below it of SᵀY.
func (b *boxed) middle() {
	k := len(b.pairs)
	a := make([]float64, 4*k*k)
	for i, p := range b.pairs {
		a[i*2*k+i] = -linalg.Dot(p.s, p.y)
		for j, q := range b.pairs {
			a[(k+i)*2*k+k+j] = b.theta * linalg.Dot(p.s, q.s)
			if i > j {
				sy := linalg.Dot(p.s, q.y)
				a[(k+i)*2*k+j], a[j*2*k+k+i] = sy, sy
			}
		}
	}
	b.m = linalg.NewLU(a, 2*k)
	if b.m.Singular() {
		b.forget()
	}
}
