package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lossSums is the number of interleaved partial sums of the losses, momentSums that of the moments and of the logarithms. The caller joins them.
const (
	lossSums   = 16
	momentSums = 8
)

// The logarithm of a ratio a/b takes one division: b is multiplied by the power of two that brings the ratio into [2/3, 3/2], then
// log(a/b) = k*ln(2) + 2*s + s*z*R(z) with s = (a-b)/(a+b), z = s*s <= 1/25. The coefficients of R come from coefficients.py.
var ratioR = []float64{0.66666666666672722708, 0.39999999996153283938, 0.28571429397069177606, 0.22222138337897746797,
	0.1818636340071605255, 0.15250031201424727657, 0.15369486628620647177}

// ratioTable holds what logarithms of ratios need.
type ratioTable struct {
	ln2, zero, one, two, bias konst
	r                         []konst
	rise, exponent, whole     konst // as integers
}

func (g *gen) ratioTable() (t ratioTable) {
	values := []float64{math.Ln2, 0, 1, 2, 0x1p52 + 2048}
	num := g.table("Ratio", append(values, ratioR...)...)
	for i, p := range []*konst{&t.ln2, &t.zero, &t.one, &t.two, &t.bias} {
		*p = num(i)
	}
	for i := range ratioR {
		t.r = append(t.r, num(len(values)+i))
	}
	word := g.words("RatioWords", 1<<63|1<<51, 0xfff<<52, 0x433<<52) // halves up, and k raised by 2048
	t.rise, t.exponent, t.whole = word(0), word(1), word(2)
	return t
}

func (t ratioTable) held() []konst {
	return append([]konst{t.ln2, t.zero, t.one, t.two, t.bias, t.rise, t.exponent, t.whole}, t.r...)
}

// logRatio is log(a/b) for positive normal numbers; diff, if there is one, stands for a-b where b is as large as a.
func (g *gen) logRatio(t ratioTable, a, b, diff reg.VecVirtual) reg.VecVirtual {
	k, minus, num, den := g.vec(), g.vec(), g.vec(), g.vec()
	g.addInt(t.rise, a, k)
	g.VPSUBQ(b, k, k)
	g.and(t.exponent, k, minus)
	g.addInt(b, minus, minus) // -b*2**k: raising k by 2048 has turned the sign
	g.VPSRLQ(operand.U8(52), k, k)
	g.or(t.whole, k, k)
	g.sub(t.bias, k, k)
	g.add(minus, a, num)
	g.sub(minus, a, den)
	if diff != nil {
		g.blend(g.cmp(isEqual, t.zero, k), diff, num, num)
	}
	s, z := g.vec(), g.vec()
	g.div(den, num, s)
	g.mul(s, s, z)
	p, _ := g.poly(t.r, z)
	g.mul(z, p, p)
	g.mul(s, p, p)
	g.fma(t.two, s, p)
	g.fma(t.ln2, k, p)
	return p
}

// emitLosses writes sums over rows of two numbers, in float64. Where a product is added it is rounded once, as math.FMA does, so every level has the same bits.
func emitLosses(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, file: "losses"}
		size := g.words("Size", 1<<63-1)(0)
		num := g.table("Num", 0x1p-52, 0, 1)
		least, zero, one := num(0), num(1), num(2)
		t := g.ratioTable()
		apart := func(x, y reg.VecVirtual) reg.VecVirtual {
			d := g.vec()
			g.sub(y, x, d)
			g.and(size, d, d)
			return d
		}
		g.loss("squaredLoss", "(x-y)²", one, zero, []konst{zero, one}, func(x, y reg.VecVirtual, _ func(a, b reg.VecVirtual)) reg.VecVirtual {
			d := g.vec()
			g.sub(y, x, d)
			g.mul(d, d, d)
			return d
		})
		g.loss("absoluteLoss", "|x-y|", one, zero, []konst{zero, one, size}, func(x, y reg.VecVirtual, _ func(a, b reg.VecVirtual)) reg.VecVirtual {
			return apart(x, y)
		})
		g.loss("excessLoss", "max(x-y, 0)", one, zero, []konst{zero, one}, func(x, y reg.VecVirtual, _ func(a, b reg.VecVirtual)) reg.VecVirtual {
			d := g.vec()
			g.sub(y, x, d)
			g.max(d, g.register(zero), d) // NaN stays: the result is the second operand then
			return d
		})
		g.loss("relativeLoss", "|x-y|/max(|x|, 2**-52)", one, zero, []konst{zero, one, size, least}, func(x, y reg.VecVirtual, _ func(a, b reg.VecVirtual)) reg.VecVirtual {
			d, of := apart(x, y), g.vec()
			g.and(size, x, of)
			g.max(least, of, of)
			g.div(of, d, d)
			return d
		})
		g.loss("poissonLoss", "2(x log(x/y) - x + y)", one, zero, append(t.held(), zero, one), func(x, y reg.VecVirtual, seen func(a, b reg.VecVirtual)) reg.VecVirtual {
			a := g.vec()
			g.blend(g.cmp(isEqual, zero, x), y, x, a)
			seen(a, y)
			l := g.logRatio(t, a, y, nil)
			g.mul(x, l, l)
			g.sub(x, l, l)
			g.add(y, l, l)
			g.add(l, l, l)
			return l
		})
		g.loss("gammaLoss", "2(x/y - 1 - log(x/y))", one, zero, append(t.held(), zero, one), func(x, y reg.VecVirtual, seen func(a, b reg.VecVirtual)) reg.VecVirtual {
			seen(x, y)
			l, q := g.logRatio(t, x, y, nil), g.vec()
			g.div(y, x, q)
			g.sub(one, q, q)
			g.sub(l, q, q)
			g.add(q, q, q)
			return q
		})
		g.loss("squaredLogLoss", "(log(1+x) - log(1+y))²", one, zero, append(t.held(), zero, one), func(x, y reg.VecVirtual, seen func(a, b reg.VecVirtual)) reg.VecVirtual {
			a, b, d := g.vec(), g.vec(), g.vec()
			g.add(one, x, a)
			g.add(one, y, b)
			seen(a, b)
			g.sub(y, x, d)
			l := g.logRatio(t, a, b, d)
			g.mul(l, l, l)
			return l
		})
		g.largestLoss(size, zero)
		g.sumLogs(t)
		for _, residual := range []bool{false, true} {
			g.moments(residual, zero)
		}
	}
}

// loss writes the sum of a loss, and that of the loss times a weight: rows of weight 0 count as x = y = 1, where every loss is 0. seen takes what must be positive
// normal numbers: the least and the largest of these are written behind the sums.
func (g *gen) loss(name, formula string, one, zero konst, held []konst, step func(x, y reg.VecVirtual, seen func(a, b reg.VecVirtual)) reg.VecVirtual) {
	for _, weighted := range []bool{false, true} {
		full, signature, doc := name, "func(n int, x, y, out *T)", "adds up "+formula+" of n rows, a multiple of 16, in 16 interleaved parts; behind these the least number that must be positive and normal, and the largest."
		if weighted {
			full, signature = name+"Weighted", "func(n int, x, y, w, out *T)"
			doc = "is the same times w, but for rows of w = 0."
		}
		g.fn(full, doc, signature)
		n, x, y := g.arg("n"), g.arg("x"), g.arg("y")
		pointers := []reg.GPVirtual{x, y}
		if weighted {
			pointers = append(pointers, g.arg("w"))
		}
		g.hold(held...)
		acc := g.zeros(lossSums / g.lanes())
		lo, hi := g.vec(), g.vec()
		g.load(one, lo)
		g.load(one, hi)
		seen := func(a, b reg.VecVirtual) {
			for _, v := range []reg.VecVirtual{a, b} {
				g.min(v, lo, lo)
				g.max(v, hi, hi)
			}
		}
		g.steps("block", n, lossSums, pointers, func() {
			for i := range acc {
				v, w := g.vec(), g.vec()
				g.load(g.at(x, i*g.lanes()), v)
				g.load(g.at(y, i*g.lanes()), w)
				if !weighted {
					g.add(step(v, w, seen), acc[i], acc[i])
					continue
				}
				by := g.vec()
				g.load(g.at(pointers[2], i*g.lanes()), by)
				absent := g.cmp(isEqual, zero, by)
				g.blend(absent, one, v, v)
				g.blend(absent, one, w, w)
				g.fma(step(v, w, seen), by, acc[i])
			}
		})
		out := g.arg("out")
		for i, a := range acc {
			g.store(a, g.at(out, i*g.lanes()))
		}
		for at := 0; at < momentSums; at += g.lanes() {
			g.store(lo, g.at(out, lossSums+at))
			g.store(hi, g.at(out, lossSums+momentSums+at))
		}
		g.end()
	}
}

func (g *gen) largestLoss(size, zero konst) {
	g.fn("largestLoss", "finds the largest |x-y| of n rows, a multiple of 16, in 8 parts; behind these are numbers that are 0 if all |x-y| are finite.", "func(n int, x, y, out *T)")
	n, x, y := g.arg("n"), g.arg("x"), g.arg("y")
	g.hold(size, zero)
	most, flag := g.zeros(lossSums/g.lanes()), g.zeros(lossSums/g.lanes())
	g.steps("block", n, lossSums, []reg.GPVirtual{x, y}, func() {
		for i := range most {
			d := g.vec()
			g.load(g.at(x, i*g.lanes()), d)
			g.sub(g.at(y, i*g.lanes()), d, d)
			g.and(size, d, d)
			g.max(d, most[i], most[i])
			g.fma(zero, d, flag[i])
		}
	})
	half := len(most) / 2
	out := g.arg("out")
	for i := range half {
		g.max(most[half+i], most[i], most[i])
		g.add(flag[half+i], flag[i], flag[i])
		g.store(most[i], g.at(out, i*g.lanes()))
		g.store(flag[i], g.at(out, momentSums+i*g.lanes()))
	}
	g.end()
}

// sumLogs multiplies 16 numbers of a lane before it takes a logarithm. What rounding took off the product is kept beside it.
func (g *gen) sumLogs(t ratioTable) {
	const deep = 16
	g.fn("sumLogs", "adds up log(x) of n numbers from 2**-60 to 1, n a multiple of 128, in 8 interleaved parts.", "func(n int, x, out *T)")
	n, x := g.arg("n"), g.arg("x")
	g.hold(t.held()...)
	acc := g.zeros(momentSums / g.lanes())
	g.steps("block", n, deep*momentSums, []reg.GPVirtual{x}, func() {
		for i := range acc {
			p, lost := g.vec(), g.vec()
			g.load(g.at(x, i*g.lanes()), p)
			g.zero(lost)
			for j := 1; j < deep; j++ {
				v, product, err := g.vec(), g.vec(), g.vec()
				g.load(g.at(x, j*momentSums+i*g.lanes()), v)
				g.mul(v, p, product)
				g.VMOVAPS(p, err)
				g.VFMSUB213PD(product, v, err) // p*v - product
				g.horner(err, v, lost)         // lost*v + err
				p = product
			}
			l := g.logRatio(t, p, g.register(t.one), nil)
			g.div(p, lost, lost)
			g.add(lost, l, l)
			g.add(l, acc[i], acc[i])
		}
	})
	out := g.arg("out")
	for i, a := range acc {
		g.store(a, g.at(out, i*g.lanes()))
	}
	g.end()
}

// moments writes sums of u = x-a and v = y-b, or v = x-y-b, and of their products.
func (g *gen) moments(residual bool, zero konst) {
	name, v := "moments", "y-b"
	if residual {
		name, v = "residualMoments", "x-y-b"
	}
	for _, weighted := range []bool{false, true} {
		full, signature, doc := name, "func(n int, a, b T, x, y, out *T)", "adds up u = x-a, v = "+v+", u², v² and uv of n rows, a multiple of 8, in 8 interleaved parts each."
		if weighted {
			full, signature = name+"Weighted", "func(n int, a, b T, x, y, w, out *T)"
			doc = "is the same times w, but for rows of w = 0."
		}
		g.fn(full, doc, signature)
		n, x, y := g.arg("n"), g.arg("x"), g.arg("y")
		pointers := []reg.GPVirtual{x, y}
		if weighted {
			pointers = append(pointers, g.arg("w"))
		}
		a, b := g.broadcastArg("a"), g.broadcastArg("b")
		g.hold(zero)
		parts := momentSums / g.lanes()
		acc := g.zeros(5 * parts)
		g.steps("block", n, momentSums, pointers, func() {
			for i := range parts {
				u, v := g.vec(), g.vec()
				g.load(g.at(x, i*g.lanes()), u)
				if residual {
					g.sub(g.at(y, i*g.lanes()), u, v)
				} else {
					g.load(g.at(y, i*g.lanes()), v)
				}
				g.sub(a, u, u)
				g.sub(b, v, v)
				if !weighted {
					g.add(u, acc[i], acc[i])
					g.add(v, acc[parts+i], acc[parts+i])
					g.fma(u, u, acc[2*parts+i])
					g.fma(v, v, acc[3*parts+i])
					g.fma(u, v, acc[4*parts+i])
					continue
				}
				by := g.vec()
				g.load(g.at(pointers[2], i*g.lanes()), by)
				there := g.cmp(notEqual, zero, by)
				g.keep(there, u, u)
				g.keep(there, v, v)
				g.fma(by, u, acc[i])
				g.fma(by, v, acc[parts+i])
				g.mul(by, u, by) // w*u
				g.fma(by, u, acc[2*parts+i])
				g.fma(by, v, acc[4*parts+i])
				g.load(g.at(pointers[2], i*g.lanes()), by)
				g.mul(by, v, by)
				g.fma(by, v, acc[3*parts+i])
			}
		})
		out := g.arg("out")
		for i, s := range acc {
			g.store(s, g.at(out, i*g.lanes()))
		}
		g.end()
	}
}
