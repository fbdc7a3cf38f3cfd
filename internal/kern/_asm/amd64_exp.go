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
	log2e, ln2High, ln2Low operand.Mem
	q                      []operand.Mem
	low, high              operand.Mem // beyond these exp(x) is 0 or +Inf
	half, one, two         operand.Mem
	magic                  operand.Mem // n + magic has n + the exponent's bias in its lowest bits
	sign                   operand.Mem
	flat                   operand.Mem // from here on tanh is 1
	shift                  uint64      // width of the fraction
}

func (g *gen) expTable() expTable {
	var t expTable
	values := []float64{math.Log2E}
	q := expQ64
	if g.f32 {
		high := float64(float32(355.0 / 512))
		values = append(values, high, math.Ln2-high, -104, 89, 0.5, 1, 2, 0x1.8p23+127, math.Copysign(0, -1), 10)
		q, t.shift = expQ32, 23
	} else {
		high := math.Float64frombits(math.Float64bits(math.Ln2) &^ (1<<21 - 1)) // n*high is exact
		const low = 1.90821492927058770002e-10                                  // ln(2) less that
		values = append(values, high, low, -746, 710, 0.5, 1, 2, 0x1.8p52+1023, math.Copysign(0, -1), 20)
		t.shift = 52
	}
	m := g.table("Const", append(values, q...)...)
	for i, p := range []*operand.Mem{&t.log2e, &t.ln2High, &t.ln2Low, &t.low, &t.high, &t.half, &t.one, &t.two, &t.magic, &t.sign, &t.flat} {
		*p = m(i)
	}
	for i := range q {
		t.q = append(t.q, m(len(values)+i))
	}
	return t
}

func emitExp(c *build.Context) {
	both(c, "exp", func(g *gen) {
		g.maskTable()
		t := g.expTable()
		g.unary("exp", "sets dst[i] to exp(x[i]); dst sets the length.", func(x reg.VecVirtual) reg.VecVirtual {
			return g.exp(t, x, nil)
		})
		g.unary("sigmoid", "sets dst[i] to 1/(1+exp(-x[i])); dst sets the length.", func(x reg.VecVirtual) reg.VecVirtual {
			a, one := g.YMM(), g.YMM()
			g.or(t.sign, x, a)
			e := g.exp(t, a, nil) // exp(-|x|), at most 1
			g.load(t.one, one)
			num := g.YMM()
			g.blend(x, e, one, num) // by x's sign
			g.add(one, e, e)
			g.div(e, num, num)
			return num
		})
		g.unary("tanh", "sets dst[i] to tanh(x[i]); dst sets the length.", func(x reg.VecVirtual) reg.VecVirtual {
			// e = exp(2|x|) - 1 without cancellation, tanh = e/(e+2)
			a, sign := g.YMM(), g.YMM()
			g.load(t.sign, sign)
			g.and(sign, x, sign)
			g.xor(sign, x, a)
			limit := g.YMM()
			g.load(t.flat, limit)
			g.min(a, limit, a)
			g.add(a, a, a)
			n, p := g.reduced(t, a, nil)
			scale := g.power(t, n)
			less := g.YMM()
			g.sub(t.one, scale, less)
			g.fma(p, scale, less)
			den := g.YMM()
			g.add(t.two, less, den)
			g.div(den, less, less)
			g.or(sign, less, less)
			return less
		})
		g.expShift(t, "expShift", "sets dst[i] to exp(x[i]-m), the rounding of the difference made good, and returns their sum; dst sets the length.", true)
		g.expShift(t, "expSum", "returns the sum of exp(x[i]-m), the rounding of the difference made good.", false)
	})
}

// unary writes a map of one argument; the lanes of the tail that are not there compute on zeros.
func (g *gen) unary(name, doc string, body func(x reg.VecVirtual) reg.VecVirtual) {
	g.fn(name, doc, "func(dst, x []T)")
	dst, n := g.slice("dst")
	x := g.base("x")
	g.steps("one", n, g.lanes(), []reg.GPVirtual{dst, x}, func() {
		v := g.YMM()
		g.load(g.at(x, 0), v)
		g.store(body(v), g.at(dst, 0))
	})
	done := g.label("whole")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	mask, v := g.YMM(), g.YMM()
	g.mask(n, mask)
	g.loadMasked(g.at(x, 0), mask, v)
	g.storeMasked(body(v), mask, g.at(dst, 0))
	g.Label(done)
	g.end()
}

// reduced splits x + err into n*ln(2) + r and returns n and exp(r)-1. err may be nil.
func (g *gen) reduced(t expTable, x, err reg.VecVirtual) (n, p reg.VecVirtual) {
	n = g.YMM()
	g.mul(t.log2e, x, n)
	pick(g, g.VROUNDPS, g.VROUNDPD)(operand.U8(0), n, n)
	r := g.YMM()
	g.VMOVAPS(x, r)
	g.fnma(t.ln2High, n, r)
	g.fnma(t.ln2Low, n, r)
	if err != nil {
		g.add(err, r, r)
	}
	p = g.YMM()
	g.load(t.q[len(t.q)-1], p)
	for i := len(t.q) - 2; i >= 0; i-- {
		g.horner(t.q[i], r, p)
	}
	square := g.YMM()
	g.mul(r, r, square)
	g.horner(r, square, p)
	return n, p
}

// power returns 2**n for whole n within the range of normal exponents.
func (g *gen) power(t expTable, n reg.VecVirtual) reg.VecVirtual {
	y := g.YMM()
	g.add(t.magic, n, y)
	pick(g, g.VPSLLD, g.VPSLLQ)(operand.U8(t.shift), y, y)
	return y
}

// exp returns exp(x + err); it may overwrite x. 2**n is applied in two halves, so that results that overflow or are
// denormal are rounded once, by the last product. A NaN passes through min and max, which return their first operand.
func (g *gen) exp(t expTable, x, err reg.VecVirtual) reg.VecVirtual {
	bound := g.YMM()
	g.load(t.high, bound)
	g.min(x, bound, x)
	g.load(t.low, bound)
	g.max(x, bound, x)
	n, p := g.reduced(t, x, err)
	g.add(t.one, p, p)
	h := g.YMM()
	g.mul(t.half, n, h)
	pick(g, g.VROUNDPS, g.VROUNDPD)(operand.U8(0), h, h)
	g.sub(h, n, n)
	g.mul(g.power(t, h), p, p)
	g.mul(g.power(t, n), p, p)
	return p
}

// expShift writes exp(x-m). d = x-m is rounded, which for a large d costs many units in the last place of exp(d); what
// the rounding took (exactly, by Knuth's two-sum) goes back into the reduced argument. Where d is beyond the range of
// exp, or infinite, there is nothing to make good.
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
	sum := g.zeros(2)
	body := func(v reg.VecVirtual) reg.VecVirtual {
		d, part, err, in := g.YMM(), g.YMM(), g.YMM(), g.YMM()
		g.sub(m, v, d)        // d = v - m
		g.sub(v, d, part)     // part = d - v: what came of -m
		g.sub(part, d, err)   // d - part: what came of v
		g.sub(err, v, err)    // v's error
		g.add(m, part, part)  // part - (-m)
		g.sub(part, err, err) // and that of -m
		g.load(t.low, in)
		g.cmp(1, d, in, in) // low < d, false for NaN
		g.and(in, err, err)
		return g.exp(t, d, err)
	}
	pointers := []reg.GPVirtual{x}
	if store {
		pointers = append(pointers, dst)
	}
	g.steps("pair", n, 2*g.lanes(), pointers, func() {
		for i := range 2 {
			v := g.YMM()
			g.load(g.at(x, i*g.lanes()), v)
			y := body(v)
			g.add(y, sum[i], sum[i])
			if store {
				g.store(y, g.at(dst, i*g.lanes()))
			}
		}
	})
	g.steps("one", n, g.lanes(), pointers, func() {
		v := g.YMM()
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
	mask, v := g.YMM(), g.YMM()
	g.mask(n, mask)
	g.loadMasked(g.at(x, 0), mask, v)
	y := body(v)
	g.and(mask, y, y)
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
