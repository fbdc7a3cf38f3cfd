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

func emitLog(c *build.Context) {
	each(c, "log", func(g *gen) {
		g.maskTable()
		const (
			ln2High = iota
			ln2Low
			half
			one
			two
			lift   // a power of two that makes every denormal normal
			lifted // its exponent
			least  // normal
			infinite
			negative // infinity
			minusOne
			kMagic // as bits: k + bias in the fraction; as a number: what is to be taken off
			r0
		)
		var shift uint64
		var values []float64
		r := logR64
		if g.f32 {
			high := float64(float32(355.0 / 512))
			values = []float64{high, math.Ln2 - high, 0.5, 1, 2, 0x1p25, 25, 0x1p-126, math.Inf(1), math.Inf(-1), -1, 0x1p23 + 127}
			r, shift = logR32, 23
		} else {
			high := math.Float64frombits(math.Float64bits(math.Ln2) &^ (1<<21 - 1))
			values = []float64{high, 1.90821492927058770002e-10, 0.5, 1, 2, 0x1p54, 54, 0x1p-1022, math.Inf(1), math.Inf(-1), -1, 0x1p52 + 1023}
			shift = 52
		}
		num := g.table("Log", append(values, r...)...)
		const ( // integers
			rise     = iota // bits of 1 less those of sqrt(1/2)
			fraction        // mask
			root            // bits of sqrt(1/2)
			whole           // exponent that makes the fraction a whole number
		)
		words := []uint64{0x3f800000 - 0x3f3504f3, 1<<23 - 1, 0x3f3504f3, 0x4b000000}
		if !g.f32 {
			words = []uint64{0x3ff0000000000000 - 0x3fe6a09e667f3bcd, 1<<52 - 1, 0x3fe6a09e667f3bcd, 0x4330000000000000}
		}
		word := g.words("Words", words...)

		// logarithm returns log(v) + c for a positive normal v that was multiplied by 2**up; up and c may be nil.
		logarithm := func(v, up, c reg.VecVirtual) reg.VecVirtual {
			k := g.vec()
			g.addInt(word(rise), v, v)
			pick(g, g.VPSRLD, g.VPSRLQ)(operand.U8(shift), v, k)
			g.or(word(whole), k, k)
			g.sub(num(kMagic), k, k)
			if up != nil {
				g.sub(up, k, k)
			}
			g.and(word(fraction), v, v)
			g.addInt(word(root), v, v)
			f, s, z, p, h := g.vec(), g.vec(), g.vec(), g.vec(), g.vec()
			g.sub(num(one), v, f)
			g.add(num(two), f, s)
			g.div(s, f, s)
			g.mul(s, s, z)
			g.load(num(r0+len(r)-1), p)
			for i := len(r) - 2; i >= 0; i-- {
				g.horner(num(r0+i), z, p)
			}
			g.mul(z, p, p)
			g.mul(f, f, h)
			g.mul(num(half), h, h)
			g.add(h, p, p) // h + z*R
			low := g.vec()
			g.mul(num(ln2Low), k, low)
			if c != nil {
				g.add(c, low, low)
			}
			g.horner(low, s, p) // s*(h+z*R) + k*low + c
			g.sub(p, h, h)
			g.sub(h, f, f)
			g.fma(num(ln2High), k, f)
			return f
		}
		held := []konst{word(rise), word(fraction), word(root), word(whole)}
		for _, i := range []int{ln2High, ln2Low, half, one, two, kMagic, infinite} {
			held = append(held, num(i))
		}
		if g.f32 {
			for i := range r {
				held = append(held, num(r0+i))
			}
		}
		// ends puts the results for x at pole (-Inf), below it (NaN), and for +Inf and NaN (themselves) into y.
		ends := func(x, pole, y reg.VecVirtual) {
			g.nans(g.cmp(less, pole, x), y)
			g.blend(g.cmp(equal, pole, x), g.register(num(negative)), y, y)
			g.blend(g.cmp(notLess, num(infinite), x), x, y, y)
		}

		g.unary("log", "sets dst[i] to the natural logarithm of x[i]; dst sets the length.", append(held, num(least)), func(x reg.VecVirtual) reg.VecVirtual {
			v, up, k := g.vec(), g.vec(), g.vec()
			denormal := g.cmp(greater, x, g.register(num(least)))
			g.mul(num(lift), x, up)
			g.blend(denormal, up, x, v)
			g.keep(denormal, num(lifted), k)
			y := logarithm(v, k, nil)
			pole := g.vec()
			g.zero(pole)
			ends(x, pole, y)
			return y
		})
		// 1+x is rounded; what that took, exactly (Knuth's two-sum), over 1+x is the correction. Where 1+x is 1 the
		// result is x, its sign and all.
		g.unary("log1p", "sets dst[i] to the natural logarithm of 1+x[i]; dst sets the length.", append(held, num(minusOne)), func(x reg.VecVirtual) reg.VecVirtual {
			unit, u, part, err, v := g.register(num(one)), g.vec(), g.vec(), g.vec(), g.vec()
			g.add(x, unit, u)
			g.sub(unit, u, part)  // u - 1: what came of x
			g.sub(part, u, err)   // what came of 1
			g.sub(err, unit, err) // its error
			g.sub(part, x, part)  // and that of x
			g.add(part, err, err)
			g.div(u, err, err)
			g.VMOVAPS(u, v)
			y := logarithm(v, nil, err)
			g.blend(g.cmp(equal, u, unit), x, y, y)
			ends(x, g.register(num(minusOne)), y)
			return y
		})
	})
}
