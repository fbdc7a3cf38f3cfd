package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// portableSums is the number of interleaved partial sums of the portable reductions, whatever the width.
const portableSums = 32

// emitPortable writes the forms that give the same bits at every level and on every architecture: each operation rounds
// by itself, sums have one order, and a NaN is the one of package math.
func emitPortable(c *build.Context) {
	each(c, "portable", func(g *gen) {
		g.plain = true
		g.maskTable()
		e, l := g.expTable(), g.logTable()
		nan := g.words("NaN", pick[uint64](g, 0x7fc00000, 0x7ff8000000000001))(0)
		unary := func(name, doc string, held []konst, body func(x reg.VecVirtual) reg.VecVirtual) {
			g.unary(name+"Portable", doc+", every operation rounded; dst sets the length.", append(held, nan), func(x reg.VecVirtual) reg.VecVirtual {
				y := body(x)
				g.blend(g.cmp(isNaN, y, y), g.register(nan), y, y)
				return y
			})
		}
		unary("exp", "sets dst[i] to exp(x[i])", e.exponent(), func(x reg.VecVirtual) reg.VecVirtual { return g.exp(e, x, nil) })
		near := g.table("Near", -60, 60)
		unary("expm1", "sets dst[i] to exp(x[i])-1", append(e.exponent(), near(0), near(1)), func(x reg.VecVirtual) reg.VecVirtual {
			// 2**n * (exp(r)-1) + (2**n - 1); beyond the exponents at which that is exp(x), or -1, it is taken as such
			g.min(x, g.register(e.high), x)
			g.max(x, g.register(e.low), x)
			n, p := g.reduced(e, x, nil)
			m, far := g.vec(), g.vec()
			g.min(n, g.register(near(1)), m)
			g.max(m, g.register(near(0)), m)
			s, y := g.power(e, m), g.vec()
			g.sub(e.one, s, y)
			g.mul(s, p, s)
			g.add(s, y, y)
			g.add(e.one, p, p)
			beyond := g.cmp(isGreater, g.register(near(1)), n)
			g.VMOVAPS(g.scale(e, p, n), far)
			g.blend(beyond, far, y, y)
			return y
		})
		unary("sigmoid", "sets dst[i] to 1/(1+exp(-x[i]))", append(e.exponent(), e.sign), func(x reg.VecVirtual) reg.VecVirtual { return g.sigmoid(e, x) })
		unary("log", "sets dst[i] to the natural logarithm of x[i]", l.held(g), func(x reg.VecVirtual) reg.VecVirtual { return g.log(l, x) })
		unary("log1p", "sets dst[i] to the natural logarithm of 1+x[i]", l.held(g), func(x reg.VecVirtual) reg.VecVirtual { return g.log1p(l, x) })
		g.portableSum("sumPortable", "returns the sum of x[i] in 32 interleaved parts.", false)
		g.portableSum("dotPortable", "returns the sum of x[i]*y[i] in 32 interleaved parts, every operation rounded; len(y) must be at least len(x).", true)
	})
}

// portableSum keeps element i in partial sum i%32 and joins the sums by halves: 16 apart, 8, 4, 2, 1.
func (g *gen) portableSum(name, doc string, product bool) {
	signature := "func(x []T) T"
	if product {
		signature = "func(x, y []T) T"
	}
	g.fn(name, doc, signature)
	x, n := g.slice("x")
	pointers := []reg.GPVirtual{x}
	if product {
		pointers = append(pointers, g.base("y"))
	}
	acc := g.zeros(portableSums / g.lanes())
	step := func(load func(m operand.Op, v reg.Register), i int) {
		v := g.vec()
		load(g.at(x, i*g.lanes()), v)
		if product {
			w := g.vec()
			load(g.at(pointers[1], i*g.lanes()), w)
			g.mul(w, v, v)
		}
		g.add(v, acc[i], acc[i])
	}
	g.steps("block", n, portableSums, pointers, func() {
		for i := range acc {
			step(g.load, i)
		}
	})
	// The rest fills the sums from the first one on.
	last := len(acc) - 1
	cuts := make([]string, len(acc))
	for i := range acc {
		cuts[i] = g.label("cut")
	}
	for i := range last {
		g.CMPQ(n, operand.U32(uint32(g.lanes())))
		g.JLT(operand.LabelRef(cuts[i]))
		step(g.load, i)
		g.SUBQ(operand.U32(uint32(g.lanes())), n)
	}
	join := g.label("join")
	for i := last; i >= 0; i-- {
		g.Label(cuts[i])
		mask := g.lanesMask(n)
		step(func(m operand.Op, v reg.Register) { g.loadMasked(m, mask, v) }, i)
		if i > 0 {
			g.JMP(operand.LabelRef(join))
		}
	}
	g.Label(join)
	for half := len(acc) / 2; half > 0; half /= 2 {
		for i := range half {
			g.add(acc[i+half], acc[i], acc[i])
		}
	}
	s := g.across(acc[0])
	g.VZEROUPPER()
	g.Store(s, g.ReturnIndex(0))
	g.RET()
}
