package optim

import "math"

// Root finds a zero of f between a and b, where f has different signs, to within tol and rounding (Brent, "Algorithms for Minimization Without
// Derivatives" (1973), chapter 4). It is false if the signs agree or f gives NaN.
func Root(f func(float64) float64, a, b, tol float64) (x float64, ok bool) {
	fa, fb := f(a), f(b)
	switch {
	case fa == 0:
		return a, true
	case fb == 0:
		return b, true
	case !(fa < 0 && fb > 0 || fa > 0 && fb < 0):
		return 0, false
	}
	c, fc := a, fa // on the other side of zero than b, which is the best
	d := b - a
	e := d
	for {
		if math.Abs(fc) < math.Abs(fb) {
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		const eps = 0x1p-52
		near := 2*eps*math.Abs(b) + tol/2
		m := (c - b) / 2
		if math.Abs(m) <= near || fb == 0 {
			return b, true
		}
		if math.Abs(e) < near || math.Abs(fa) <= math.Abs(fb) {
			d, e = m, m
		} else {
			s := fb / fa
			p, q := 2*m*s, 1-s
			if a != c {
				q, r := fa/fc, fb/fc
				p = s * (2*m*q*(q-r) - (b-a)*(r-1))
				q = (q - 1) * (r - 1) * (s - 1)
				d, e = interpolated(p, q, m, near, d, e)
			} else {
				d, e = interpolated(p, q, m, near, d, e)
			}
		}
		a, fa = b, fb
		if math.Abs(d) > near {
			b += d
		} else {
			b += math.Copysign(near, m)
		}
		if fb = f(b); math.IsNaN(fb) {
			return b, false
		}
		if fb > 0 == (fc > 0) {
			c, fc = a, fa
			d = b - a
			e = d
		}
	}
}

// interpolated is the step p/q if it stays well inside the bracket and shrinks fast enough, else half the bracket.
func interpolated(p, q, m, near, d, e float64) (step, before float64) {
	if p > 0 {
		q = -q
	} else {
		p = -p
	}
	if 2*p < math.Min(3*m*q-math.Abs(near*q), math.Abs(e*q)) {
		return p / q, d
	}
	return m, m
}

// Minimum finds a minimum of f between a and b to within tol (relative, 0: 1.5e-8, beyond which a minimum cannot be told) by golden sections and
// parabolas (Brent (1973), chapter 5). With several minima it finds one. NaN counts as +Inf.
func Minimum(f func(float64) float64, a, b, tol float64) (x, fx float64) {
	tol = or(tol, 1.5e-8)
	const golden = 0.3819660112501051
	value := func(x float64) float64 {
		if v := f(x); !math.IsNaN(v) {
			return v
		}
		return math.Inf(1)
	}
	x = a + golden*(b-a)
	w, v := x, x
	fx = value(x)
	fw, fv := fx, fx
	d, e := 0.0, 0.0
	for range 500 {
		m := (a + b) / 2
		near := tol*math.Abs(x) + 1e-300
		if math.Abs(x-m) <= 2*near-(b-a)/2 {
			break
		}
		p, q := 0.0, 0.0
		if math.Abs(e) > near {
			r, s := (x-w)*(fx-fv), (x-v)*(fx-fw)
			p = (x-v)*s - (x-w)*r
			q = 2 * (s - r)
			if q > 0 {
				p = -p
			} else {
				q = -q
			}
		}
		if math.Abs(p) < math.Abs(q*e/2) && p > q*(a-x) && p < q*(b-x) {
			e, d = d, p/q
			if u := x + d; u-a < 2*near || b-u < 2*near {
				d = math.Copysign(near, m-x)
			}
		} else {
			e = a - x
			if x < m {
				e = b - x
			}
			d = golden * e
		}
		u := x + d
		if math.Abs(d) < near {
			u = x + math.Copysign(near, d)
		}
		fu := value(u)
		if fu <= fx {
			if u < x {
				b = x
			} else {
				a = x
			}
			v, fv, w, fw, x, fx = w, fw, x, fx, u, fu
			continue
		}
		if u < x {
			a = u
		} else {
			b = u
		}
		switch {
		case fu <= fw || w == x:
			v, fv, w, fw = w, fw, u, fu
		case fu <= fv || v == x || v == w:
			v, fv = u, fu
		}
	}
	return x, fx
}

// Bracket walks downhill from a and b until it has three points of which the middle one is lowest, and returns the outer two. It is false if f
// goes on falling.
func Bracket(f func(float64) float64, a, b float64) (lo, hi float64, ok bool) {
	const growth = 1.618033988749895
	fa, fb := f(a), f(b)
	if fb > fa {
		a, b, fb = b, a, fa
	}
	for range 200 {
		c := b + growth*(b-a)
		fc := f(c)
		if math.IsInf(c, 0) {
			return 0, 0, false
		}
		if !(fc < fb) {
			return math.Min(a, c), math.Max(a, c), true
		}
		a, b, fb = b, c, fc
	}
	return 0, 0, false
}
