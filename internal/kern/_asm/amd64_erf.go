package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// The error function and the two forms of GELU. With a = |x| < 1, erf(a) = a + a*E(a*a); beyond,
// erf(a) = 1 - exp(-a*a)*W(a), where W(z) = exp(z*z)*erfc(z) = V(t)/(z+K) with t = (z-K)/(z+K). The coefficients of E
// and V come from coefficients.py.
var erfE32 = []float64{0.12837916572579591502, -0.37612625816787561456, 0.1128358505199107783, -0.026853807392394773215,
	0.0051883181079852100634, -0.00080101011979579229165, 0.00007853528878160647785}

var erfE64 = []float64{0.12837916709551256564, -0.37612638903183519291, 0.11283791670944174153, -0.026866170643109724112,
	0.0052239776061037710966, -0.00085483259285927418504, 0.0001205529355485969302, -0.000014924711870612741022,
	1.644712615748180886e-6, -1.6206271646086848222e-7, 1.3710795582876929095e-8, -7.7791187808896017549e-10}

var erfV32 = []float64{1.074006908066816062, -0.88339449179762669744, 0.59022827164390267775, -0.31046585787081519086, 0.11952950184675365794,
	-0.026840743512769518755, -0.0012289200332400774337, 0.0030812449460940173923, -0.00047851481394977028511,
	-0.00032289744128929453178}

var erfV64 = []float64{1.0919229095627890615, -0.95874157665290903285, 0.7363189252217451177, -0.49047029120773398621, 0.27906204903414959443,
	-0.13195540117679587897, 0.049118778607530525532, -0.01253588006669444451, 0.00098633816158587287295,
	0.0007948233137711885014, -0.0003486473478113274667, 0.00001059288111638521869, 0.000037473511285814097367,
	-8.9002421262581849661e-6, -3.2934747461262435234e-6, 1.6480311256355606356e-6, 2.8516722150982887746e-7,
	-2.5270151877347445228e-7, -3.0510067854578504803e-8, 3.1318878231325844813e-8, 3.8734511929441832135e-9,
	-1.6899797845766993421e-9}

// The approximation of GELU by a hyperbolic tangent is x*sigmoid(2*u), 2*u = x*(C1 + C2*x*x), with
// C1 = 2*sqrt(2/pi) and C2 = 0.044715*C1. Either constant is a float64 and what that leaves.
const (
	geluC1, geluC1Low = 1.5957691216057308, -9.9693088091109203146e-17
	geluC2, geluC2Low = 0.07135481627260025, -6.1751499181553154534e-19
)

// erfTable holds the constants of one precision beside the exponential's.
type erfTable struct {
	expTable
	e, v           []konst
	k, twoK        konst
	top            konst // from here on erf is 1
	root           konst // of 1/2
	minusHalf      konst
	gelu, geluTanh konst // from these on down the result is less than the least denormal
	c1, c1Low      konst
	c2, c2Low      konst
	leastPower     konst // exponent of the least normal number
}

func (g *gen) erfTable() erfTable {
	t := erfTable{expTable: g.expTable()}
	var values []float64
	e, v := erfE64, erfV64
	if g.f32 {
		e, v = erfE32, erfV32
		one, two := float64(float32(geluC1)), float64(float32(geluC2))
		values = []float64{3, 6, 4, math.Sqrt2 / 2, -0.5, 15, 12, one, geluC1 - one, two, geluC2 - two, -126}
	} else {
		values = []float64{3.75, 7.5, 6, math.Sqrt2 / 2, -0.5, 39, 24, geluC1, geluC1Low, geluC2, geluC2Low, -1022}
	}
	m := g.table("Erf", append(append(values, e...), v...)...)
	for i, p := range []*konst{&t.k, &t.twoK, &t.top, &t.root, &t.minusHalf, &t.gelu, &t.geluTanh, &t.c1, &t.c1Low, &t.c2, &t.c2Low, &t.leastPower} {
		*p = m(i)
	}
	for i := range e {
		t.e = append(t.e, m(len(values)+i))
	}
	for i := range v {
		t.v = append(t.v, m(len(values)+len(e)+i))
	}
	return t
}

func emitErf(c *build.Context) {
	each(c, "erf", func(g *gen) {
		g.maskTable()
		t := g.erfTable()
		held := []konst{t.log2e, t.ln2High, t.ln2Low, t.one, t.sign}
		if g.f32 {
			held = append(append(held, t.k), t.v...)
		}
		g.unary("erf", "sets dst[i] to the error function of x[i]; dst sets the length.", held, func(x reg.VecVirtual) reg.VecVirtual {
			a, sign := g.vec(), g.vec()
			g.and(t.sign, x, sign)
			g.xor(sign, x, a)
			square := g.vec()
			g.mul(a, a, square)
			near, _ := g.poly(t.e, square)
			g.horner(a, a, near)
			far, minus := g.vec(), g.vec()
			g.min(a, g.register(t.top), far)
			g.mul(far, far, minus) // what this rounds off times erfc is below erf's last place
			g.xor(t.sign, minus, minus)
			n, p := g.reduced(t.expTable, minus, nil)
			g.add(t.one, p, p)
			g.mul(g.power(t.expTable, n), p, p)
			w, _ := g.scaledErfc(t, far, false)
			g.mul(w, p, p)
			y := g.vec()
			g.sub(p, g.register(t.one), y)
			g.blend(g.cmp(isLess, g.register(t.one), a), near, y, y)
			g.or(sign, y, y)
			return y
		})
		// x*Phi(x) is x*T for a negative x and x - x*T for others, T = exp(-x*x/2)*W(|x|/sqrt(2))/2 being the tail beyond
		// |x|. What rounding takes off x*x goes back into the reduced argument. The power of two comes last, so that a
		// result is rounded once even if it is denormal.
		g.unary("gelu", "sets dst[i] to x[i] times the normal distribution function of x[i]; dst sets the length.", held, func(x reg.VecVirtual) reg.VecVirtual {
			sign, a := g.vec(), g.vec()
			g.and(t.sign, x, sign)
			g.xor(sign, x, a)
			g.min(a, g.register(t.gelu), a)
			square, rest := g.vec(), g.vec()
			g.mul(a, a, square)
			g.xor(t.sign, square, rest)
			g.fma(a, a, rest)
			g.mul(t.minusHalf, square, square)
			g.mul(t.minusHalf, rest, rest)
			z := g.vec()
			g.mul(t.root, a, z)
			w, more := g.scaledErfc(t, z, g.f32)
			if more != nil { // times 1+more is exp of that much more
				g.add(more, rest, rest)
			}
			n, p := g.reduced(t.expTable, square, rest)
			g.add(t.one, p, p)
			g.mul(w, p, p)
			g.or(sign, a, a)
			g.mul(t.half, a, a)
			g.mul(a, p, p)
			tail, y := g.scale(t.expTable, p, n), g.vec()
			g.sub(tail, x, y)
			g.blend(g.signs(x), tail, y, y)
			return y
		})
		// x*sigmoid(2*u) is x/(1+E) with E = exp(-2*|u|), and x*E/(1+E) for a negative x. 2*|u| is computed to twice the
		// precision, for what it lacks is an error of the exponential.
		g.unary("geluTanh", "sets dst[i] to x[i]*(1+tanh(u))/2, u = sqrt(2/pi)*(x[i]+0.044715*x[i]**3); dst sets the length.", held, func(x reg.VecVirtual) reg.VecVirtual {
			sign, a := g.vec(), g.vec()
			g.and(t.sign, x, sign)
			g.xor(sign, x, a)
			g.min(a, g.register(t.geluTanh), a)
			s, sLow := g.vec(), g.vec() // x*x
			g.mul(a, a, s)
			g.xor(t.sign, s, sLow)
			g.fma(a, a, sLow)
			q, qLow := g.vec(), g.vec() // C2*x*x
			g.mul(t.c2, s, q)
			g.xor(t.sign, q, qLow)
			g.fma(t.c2, s, qLow)
			g.fma(t.c2Low, s, qLow)
			g.fma(t.c2, sLow, qLow)
			w, part, err := g.vec(), g.vec(), g.vec() // C1 + C2*x*x by Knuth's two-sum
			g.add(t.c1, q, w)
			g.sub(t.c1, w, part)
			g.sub(part, q, q)
			g.sub(part, w, err)
			g.sub(err, g.register(t.c1), err)
			g.add(err, q, q)
			g.add(t.c1Low, q, q)
			g.add(qLow, q, q)
			u, uLow := g.vec(), g.vec()
			g.mul(a, w, u)
			g.xor(t.sign, u, uLow)
			g.fma(a, w, uLow)
			g.fma(a, q, uLow)
			g.xor(t.sign, u, u)
			g.xor(t.sign, uLow, uLow)
			n, p := g.reduced(t.expTable, u, uLow)
			g.add(t.one, p, p)
			den := g.vec()
			g.max(n, g.register(t.leastPower), den)
			den = g.power(t.expTable, den)
			g.horner(t.one, p, den)
			g.or(sign, a, a)
			g.mul(a, p, p)
			negative := g.signs(x)
			y := g.vec()
			g.blend(negative, p, x, y)
			g.div(den, y, y)
			tail := g.vec()
			g.VMOVAPS(y, tail)
			tail = g.scale(t.expTable, tail, n)
			g.blend(negative, tail, y, y)
			return y
		})
	})
}

// scaledErfc returns exp(z*z)*erfc(z) for z not below 0. Where float32 leaves no room for the rounding of 1/(z+K), which
// counts twice, exact asks for a t without it and the relative error it makes in the result.
func (g *gen) scaledErfc(t erfTable, z reg.VecVirtual, exact bool) (w, rest reg.VecVirtual) {
	r, u := g.vec(), g.vec()
	g.add(t.k, z, r)
	g.div(r, g.register(t.one), r)
	if exact {
		rest = g.vec()
		g.load(t.one, rest)
		g.fnma(t.k, r, rest)
		g.fnma(r, z, rest) // 1 - r*(z+K)
		less := g.vec()
		g.mul(r, rest, less)
		g.load(t.one, u) // t = 1 - 2*K/(z+K)
		g.fnma(t.twoK, r, u)
		g.fnma(t.twoK, less, u)
	} else {
		g.sub(t.k, z, u)
		g.mul(r, u, u)
	}
	w, _ = g.poly(t.v, u)
	g.mul(r, w, w)
	return w, rest
}
