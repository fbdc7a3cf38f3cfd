package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The logarithm. x = 2**k * (1+f) with 1+f in [sqrt(1/2), sqrt(2)); log(1+f) = 2*s + s*z*R(z) with s = f/(2+f) and
// z = s*s, arranged around f, which is exact: f - (f*f/2 - s*(f*f/2 + z*R(z))). The coefficients come from
// coefficients.py.
var logR32 = []float64{0.66666665641691269793, 0.40000336149502800299, 0.28537242015270400511, 0.23583508043556762905}

var logR64 = []float64{0.66666666666667348116, 0.39999999999411535029, 0.28571428743178803396, 0.22222198483604791083,
	0.18183569380779439917, 0.15313911714513788445, 0.14797428664168296504}

// logTable holds the constants of one precision.
type logTable struct {
	ln2High, ln2Low      konst
	half, one, two       konst
	lift, lifted         konst // a power of two that makes every denormal normal, and its exponent
	least                konst // normal
	infinite, negative   konst // the infinities
	minusOne             konst
	bias                 konst // what k is too large by, once it is a number
	r                    []konst
	rise, fraction, root konst // as integers: bits of 1 less those of sqrt(1/2), mask of the fraction, sqrt(1/2)
	whole                konst // as an integer: exponent that makes the fraction a whole number
	shift                uint64
}

func (g *gen) logTable() logTable {
	var t logTable
	var values []float64
	r := logR64
	words := []uint64{0x3ff0000000000000 - 0x3fe6a09e667f3bcd, 1<<52 - 1, 0x3fe6a09e667f3bcd, 0x4330000000000000}
	if g.f32 {
		high := float64(float32(355.0 / 512))
		values = []float64{high, math.Ln2 - high, 0.5, 1, 2, 0x1p25, 25, 0x1p-126, math.Inf(1), math.Inf(-1), -1, 0x1p23 + 127}
		r, t.shift = logR32, 23
		words = []uint64{0x3f800000 - 0x3f3504f3, 1<<23 - 1, 0x3f3504f3, 0x4b000000}
	} else {
		high := math.Float64frombits(math.Float64bits(math.Ln2) &^ (1<<21 - 1))
		values = []float64{high, 1.90821492927058770002e-10, 0.5, 1, 2, 0x1p54, 54, 0x1p-1022, math.Inf(1), math.Inf(-1), -1, 0x1p52 + 1023}
		t.shift = 52
	}
	num, word := g.table("Log", append(values, r...)...), g.words("Words", words...)
	for i, p := range []*konst{&t.ln2High, &t.ln2Low, &t.half, &t.one, &t.two, &t.lift, &t.lifted, &t.least, &t.infinite, &t.negative, &t.minusOne, &t.bias} {
		*p = num(i)
	}
	for i := range r {
		t.r = append(t.r, num(len(values)+i))
	}
	for i, p := range []*konst{&t.rise, &t.fraction, &t.root, &t.whole} {
		*p = word(i)
	}
	return t
}

// held are the constants to keep in registers.
func (t logTable) held(g *gen) []konst {
	ks := []konst{t.rise, t.fraction, t.root, t.whole, t.ln2High, t.ln2Low, t.half, t.one, t.two, t.bias, t.infinite, t.least, t.minusOne}
	if g.f32 {
		ks = append(ks, t.r...)
	}
	return ks
}

func emitLog(c *build.Context) {
	each(c, "log", func(g *gen) {
		g.maskTable()
		t := g.logTable()
		g.unary("log", "sets dst[i] to the natural logarithm of x[i]; dst sets the length.", t.held(g), func(x reg.VecVirtual) reg.VecVirtual {
			return g.log(t, x)
		})
		g.unary("log1p", "sets dst[i] to the natural logarithm of 1+x[i]; dst sets the length.", t.held(g), func(x reg.VecVirtual) reg.VecVirtual {
			return g.log1p(t, x)
		})
	})
}

func (g *gen) log(t logTable, x reg.VecVirtual) reg.VecVirtual {
	v, up, k := g.vec(), g.vec(), g.vec()
	denormal := g.cmp(isGreater, x, g.register(t.least))
	g.mul(t.lift, x, up)
	g.blend(denormal, up, x, v)
	g.keep(denormal, t.lifted, k)
	y := g.logarithm(t, v, k, nil)
	pole := g.vec()
	g.zero(pole)
	g.logEnds(t, x, pole, y)
	return y
}

// log1p: 1+x is rounded; what that took, exactly (Knuth's two-sum), over 1+x is the correction. Where 1+x is 1 the result
// is x, its sign and all.
func (g *gen) log1p(t logTable, x reg.VecVirtual) reg.VecVirtual {
	unit, u, part, err, v := g.register(t.one), g.vec(), g.vec(), g.vec(), g.vec()
	g.add(x, unit, u)
	g.sub(unit, u, part)  // u - 1: what came of x
	g.sub(part, u, err)   // what came of 1
	g.sub(err, unit, err) // its error
	g.sub(part, x, part)  // and that of x
	g.add(part, err, err)
	g.div(u, err, err)
	g.VMOVAPS(u, v)
	y := g.logarithm(t, v, nil, err)
	g.blend(g.cmp(isEqual, u, unit), x, y, y)
	g.logEnds(t, x, g.register(t.minusOne), y)
	return y
}

// logarithm returns log(v) + c for a positive normal v that was multiplied by 2**up; up and c may be nil.
func (g *gen) logarithm(t logTable, v, up, c reg.VecVirtual) reg.VecVirtual {
	k := g.vec()
	g.addInt(t.rise, v, v)
	pick(g, g.VPSRLD, g.VPSRLQ)(operand.U8(t.shift), v, k)
	g.or(t.whole, k, k)
	g.sub(t.bias, k, k)
	if up != nil {
		g.sub(up, k, k)
	}
	g.and(t.fraction, v, v)
	g.addInt(t.root, v, v)
	f, s, z, h := g.vec(), g.vec(), g.vec(), g.vec()
	g.sub(t.one, v, f)
	g.add(t.two, f, s)
	g.div(s, f, s)
	g.mul(s, s, z)
	p, _ := g.poly(t.r, z)
	g.mul(z, p, p)
	g.mul(f, f, h)
	g.mul(t.half, h, h)
	g.add(h, p, p) // h + z*R
	low := g.vec()
	g.mul(t.ln2Low, k, low)
	if c != nil {
		g.add(c, low, low)
	}
	g.horner(low, s, p) // s*(h+z*R) + k*low + c
	g.sub(p, h, h)
	g.sub(h, f, f)
	g.fma(t.ln2High, k, f)
	return f
}

// logEnds puts the results for x at pole (-Inf), below it (NaN), and for +Inf and NaN (themselves) into y.
func (g *gen) logEnds(t logTable, x, pole, y reg.VecVirtual) {
	g.nans(g.cmp(isLess, pole, x), y)
	g.blend(g.cmp(isEqual, pole, x), g.register(t.negative), y, y)
	g.blend(g.cmp(notLess, t.infinite, x), x, y, y)
}
