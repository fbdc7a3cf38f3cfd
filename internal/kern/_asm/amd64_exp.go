package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The exponential and what is made of it. x = n*ln(2) + r with |r| <= ln(2)/2, exp(x) = 2**n * (1 + r + r*r*Q(r)); the
// coefficients of Q come from coefficients.py.
var expQ32 = []float64{0.49999998144047286874, 0.16666543178349782556, 0.041667201793396128072, 0.0083665803114345558947, 0.0013882509138088502452}

var expQ64 = []float64{0.50000000000000000086, 0.16666666666666676596, 0.04166666666666650734, 0.0083333333333216076507,
	0.0013888888888962910728, 0.00019841269886207332599, 0.000024801587171819061927, 2.755724410481189431e-6,
	2.7557402963693000091e-7, 2.5109081183000703204e-8, 2.0875320594547424234e-9}

// expTable holds the constants of one precision.
type expTable struct {
	log2e, ln2High, ln2Low konst
	q                      []konst
	low, high              konst // beyond these exp(x) is 0 or +Inf; of half the least number there is, low is below a factor sqrt(2)
	half, one, two         konst
	magic                  konst // n + magic has n + the exponent's bias in its lowest bits
	magicLifted, unlift    konst // the same for an exponent raised by that of 1/unlift
	sign                   konst
	flat                   konst  // from here on tanh is 1
	shift                  uint64 // width of the fraction
}

func (g *gen) expTable() expTable {
	var t expTable
	values := []float64{math.Log2E}
	q := expQ64
	if g.f32 {
		high := float64(float32(355.0 / 512))
		values = append(values, high, math.Ln2-high, -105, 89, 0.5, 1, 2, 0x1.8p23+127, 0x1.8p23+127+64, 0x1p-64, math.Copysign(0, -1), 10)
		q, t.shift = expQ32, 23
	} else {
		high := math.Float64frombits(math.Float64bits(math.Ln2) &^ (1<<21 - 1)) // n*high is exact
		const low = 1.90821492927058770002e-10                                  // ln(2) less that
		values = append(values, high, low, -746, 710, 0.5, 1, 2, 0x1.8p52+1023, 0x1.8p52+1023+512, 0x1p-512, math.Copysign(0, -1), 20)
		t.shift = 52
	}
	m := g.table("Exp", append(values, q...)...)
	for i, p := range []*konst{&t.log2e, &t.ln2High, &t.ln2Low, &t.low, &t.high, &t.half, &t.one, &t.two, &t.magic, &t.magicLifted, &t.unlift, &t.sign, &t.flat} {
		*p = m(i)
	}
	for i := range q {
		t.q = append(t.q, m(len(values)+i))
	}
	return t
}

// exponent are the constants that every exponential needs.
func (t expTable) exponent() []konst {
	return append([]konst{t.log2e, t.ln2High, t.ln2Low, t.low, t.high, t.one}, t.q...)
}

func emitExp(c *build.Context) {
	each(c, "exp", func(g *gen) {
		g.maskTable()
		t := g.expTable()
		g.unary("exp", "sets dst[i] to exp(x[i]); dst sets the length.", t.exponent(), func(x reg.VecVirtual) reg.VecVirtual {
			return g.exp(t, x, nil)
		})
		g.unary("sigmoid", "sets dst[i] to 1/(1+exp(-x[i])); dst sets the length.", append(t.exponent(), t.sign), func(x reg.VecVirtual) reg.VecVirtual {
			return g.sigmoid(t, x)
		})
		g.unary("tanh", "sets dst[i] to tanh(x[i]); dst sets the length.", append(t.exponent(), t.sign, t.flat, t.two), func(x reg.VecVirtual) reg.VecVirtual {
			// e = exp(2|x|) - 1 without cancellation, tanh = e/(e+2)
			a, sign := g.vec(), g.vec()
			g.and(t.sign, x, sign)
			g.xor(sign, x, a)
			g.min(a, g.register(t.flat), a)
			g.add(a, a, a)
			n, p := g.reduced(t, a, nil)
			scale := g.power(t, n)
			less := g.vec()
			g.sub(t.one, scale, less)
			g.fma(p, scale, less)
			den := g.vec()
			g.add(t.two, less, den)
			g.div(den, less, less)
			g.or(sign, less, less)
			return less
		})
		g.expShift(t, "expShift", "sets dst[i] to exp(x[i]-m) for an m that is not below any x[i], the rounding of the difference made good, and returns their sum; dst sets the length.", true)
		g.expShift(t, "expSum", "returns the sum of exp(x[i]-m) for an m that is not below any x[i], the rounding of the difference made good.", false)
	})
}

// unary writes a map of one argument; the lanes of the tail that are not there compute on zeros. held are the constants
// to keep in registers where there are enough.
func (g *gen) unary(name, doc string, held []konst, body func(x reg.VecVirtual) reg.VecVirtual) {
	g.fn(name, doc, "func(dst, x []T)")
	dst, n := g.slice("dst")
	x := g.base("x")
	g.hold(held...)
	g.steps("one", n, g.lanes(), []reg.GPVirtual{dst, x}, func() {
		v := g.vec()
		g.load(g.at(x, 0), v)
		g.store(body(v), g.at(dst, 0))
	})
	done := g.label("whole")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	mask, v := g.lanesMask(n), g.vec()
	g.loadMasked(g.at(x, 0), mask, v)
	g.storeMasked(body(v), mask, g.at(dst, 0))
	g.Label(done)
	g.end()
}

// reduced splits x + err into n*ln(2) + r and returns n and exp(r)-1. err may be nil.
func (g *gen) reduced(t expTable, x, err reg.VecVirtual) (n, p reg.VecVirtual) {
	n = g.vec()
	g.mul(t.log2e, x, n)
	g.round(n, n)
	r := g.vec()
	g.VMOVAPS(x, r)
	g.fnma(t.ln2High, n, r)
	g.fnma(t.ln2Low, n, r)
	if err != nil {
		g.add(err, r, r)
	}
	p, square := g.poly(t.q, r)
	g.horner(r, square, p)
	return n, p
}

// power returns 2**n for whole n within the range of normal exponents.
func (g *gen) power(t expTable, n reg.VecVirtual) reg.VecVirtual {
	y := g.vec()
	if g.wide {
		pick(g, g.VSCALEFPS, g.VSCALEFPD)(n, g.register(t.one), y)
		return y
	}
	g.add(t.magic, n, y)
	pick(g, g.VPSLLD, g.VPSLLQ)(operand.U8(t.shift), y, y)
	return y
}

// exp returns exp(x + err); it may overwrite x. A NaN passes through min and max, which return their first operand.
func (g *gen) exp(t expTable, x, err reg.VecVirtual) reg.VecVirtual {
	g.min(x, g.register(t.high), x)
	g.max(x, g.register(t.low), x)
	n, p := g.reduced(t, x, err)
	g.add(t.one, p, p)
	return g.scale(t, p, n)
}

// expNegative is exp for x that are not positive: one bound less, and lower.
func (g *gen) expNegative(t expTable, x, err reg.VecVirtual) reg.VecVirtual {
	g.max(x, g.register(t.low), x)
	n, p := g.reduced(t, x, err)
	g.add(t.one, p, p)
	return g.lower(t, p, n)
}

// lower is scale for an n not above a few: with AVX2 the power is applied as it is to 1/unlift and made good by a second
// product, which alone rounds.
func (g *gen) lower(t expTable, p, n reg.VecVirtual) reg.VecVirtual {
	if g.wide {
		return g.scale(t, p, n)
	}
	g.add(t.magicLifted, n, n)
	pick(g, g.VPSLLD, g.VPSLLQ)(operand.U8(t.shift), n, n)
	g.mul(n, p, p)
	g.mul(t.unlift, p, p)
	return p
}

// sigmoid returns 1/(1+E) with E = exp(-|x|), at most 1, and E/(1+E) for a negative x.
func (g *gen) sigmoid(t expTable, x reg.VecVirtual) reg.VecVirtual {
	a := g.vec()
	g.or(t.sign, x, a)
	e := g.expNegative(t, a, nil)
	one, num := g.register(t.one), g.vec()
	g.blend(g.signs(x), e, one, num)
	g.add(one, e, e)
	g.div(e, num, num)
	return num
}

// scale returns p * 2**n, rounded once even where it is denormal; it may overwrite both. With AVX2 the power is applied
// in two halves, so that the last product alone rounds.
func (g *gen) scale(t expTable, p, n reg.VecVirtual) reg.VecVirtual {
	if g.wide {
		pick(g, g.VSCALEFPS, g.VSCALEFPD)(n, p, p)
		return p
	}
	h := g.vec()
	g.mul(t.half, n, h)
	g.round(h, h)
	g.sub(h, n, n)
	g.mul(g.power(t, h), p, p)
	g.mul(g.power(t, n), p, p)
	return p
}

// expDifference returns exp(v-m) for v not above m. d = v-m is rounded, which for a large d costs many units in the last
// place of exp(d); what the rounding took (exactly, by Knuth's two-sum) goes back into the reduced argument. Where d is
// beyond the range of exp, or infinite, there is nothing to make good.
func (g *gen) expDifference(t expTable, v, m reg.VecVirtual) reg.VecVirtual {
	d, part, err := g.vec(), g.vec(), g.vec()
	g.sub(m, v, d)                            // d = v - m
	g.sub(v, d, part)                         // part = d - v: what came of -m
	g.sub(part, d, err)                       // d - part: what came of v
	g.sub(err, v, err)                        // v's error
	g.add(m, part, part)                      // part - (-m)
	g.sub(part, err, err)                     // and that of -m
	in := g.cmp(isLess, d, g.register(t.low)) // low < d, false for NaN
	g.keep(in, err, err)
	return g.expNegative(t, d, err)
}

// expShift writes exp(x-m) with one m, or their sum alone.
func (g *gen) expShift(t expTable, name, doc string, store bool) {
	var dst, x, n reg.GPVirtual
	if store {
		g.fn(name, doc, "func(dst, x []T, m T) T")
		dst, n = g.slice("dst")
		x = g.base("x")
	} else {
		g.fn(name, doc, "func(x []T, m T) T")
		x, n = g.slice("x")
	}
	m := g.broadcastArg("m")
	g.hold(t.exponent()...)
	sum := g.zeros(2)
	body := func(v reg.VecVirtual) reg.VecVirtual { return g.expDifference(t, v, m) }
	pointers := []reg.GPVirtual{x}
	if store {
		pointers = append(pointers, dst)
	}
	g.steps("pair", n, 2*g.lanes(), pointers, func() {
		for i := range 2 {
			v := g.vec()
			g.load(g.at(x, i*g.lanes()), v)
			y := body(v)
			g.add(y, sum[i], sum[i])
			if store {
				g.store(y, g.at(dst, i*g.lanes()))
			}
		}
	})
	g.steps("one", n, g.lanes(), pointers, func() {
		v := g.vec()
		g.load(g.at(x, 0), v)
		y := body(v)
		g.add(y, sum[0], sum[0])
		if store {
			g.store(y, g.at(dst, 0))
		}
	})
	done := g.label("whole")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	mask, v := g.lanesMask(n), g.vec()
	g.loadMasked(g.at(x, 0), mask, v)
	y := body(v)
	g.keep(mask, y, y)
	g.add(y, sum[1], sum[1])
	if store {
		g.storeMasked(y, mask, g.at(dst, 0))
	}
	g.Label(done)
	s := g.across(g.tree(sum))
	g.VZEROUPPER()
	g.Store(s, g.ReturnIndex(0))
	g.RET()
}
