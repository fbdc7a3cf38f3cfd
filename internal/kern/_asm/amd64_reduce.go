package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitReduce writes the sums over one or two vectors. Two-vector forms are bound by their two loads an element, so
// four accumulators hide the latency of the fused multiply-add; the one-vector forms have eight.
func emitReduce(c *build.Context) {
	each(c, "reduce", func(g *gen) {
		g.maskTable()
		g.reduce2("dot", "returns the sum of x[i]*y[i]; len(y) must be at least len(x).", func(a, b operand.Op, acc reg.VecVirtual) {
			x := g.vec()
			g.load(a, x)
			g.fma(b, x, acc)
		})
		g.reduce2("sqDist", "returns the sum of (x[i]-y[i])**2; len(y) must be at least len(x).", func(a, b operand.Op, acc reg.VecVirtual) {
			d := g.vec()
			g.load(a, d)
			g.sub(b, d, d)
			g.fma(d, d, acc)
		})
		g.reduce1("sum", "returns the sum of x[i].", func(x operand.Op, acc reg.VecVirtual) { g.add(x, acc, acc) })
		g.reduce1("sumSq", "returns the sum of x[i]**2.", func(m operand.Op, acc reg.VecVirtual) {
			x, ok := m.(reg.VecVirtual)
			if !ok {
				x = g.vec()
				g.load(m, x)
			}
			g.fma(x, x, acc)
		})
	})
}

func (g *gen) reduce2(name, doc string, step func(a, b operand.Op, acc reg.VecVirtual)) {
	g.fn(name, doc, "func(x, y []T) T")
	x, n := g.slice("x")
	y := g.base("y")
	if g.wide {
		g.short(n, func(mask reg.Register, acc reg.VecVirtual) {
			a, b := g.vec(), g.vec()
			g.loadMasked(g.at(x, 0), mask, a)
			g.loadMasked(g.at(y, 0), mask, b)
			step(a, b, acc)
		})
	}
	acc := g.zeros(4)
	both := []reg.GPVirtual{x, y}
	g.steps("block", n, 4*g.lanes(), both, func() {
		for i, a := range acc {
			step(g.at(x, i*g.lanes()), g.at(y, i*g.lanes()), a)
		}
	})
	g.steps("one", n, g.lanes(), both, func() { step(g.at(x, 0), g.at(y, 0), acc[0]) })
	whole := g.label("whole")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(whole))
	mask, a, b := g.lanesMask(n), g.vec(), g.vec()
	g.loadMasked(g.at(x, 0), mask, a)
	g.loadMasked(g.at(y, 0), mask, b)
	step(a, b, acc[1])
	g.Label(whole)
	s := g.across(g.tree(acc))
	g.VZEROUPPER()
	g.Store(s, g.ReturnIndex(0))
	g.RET()
}

func (g *gen) reduce1(name, doc string, step func(x operand.Op, acc reg.VecVirtual)) {
	g.fn(name, doc, "func(x []T) T")
	x, n := g.slice("x")
	acc := g.zeros(8)
	only := []reg.GPVirtual{x}
	g.steps("block", n, 8*g.lanes(), only, func() {
		for i, a := range acc {
			step(g.at(x, i*g.lanes()), a)
		}
	})
	g.steps("one", n, g.lanes(), only, func() { step(g.at(x, 0), acc[0]) })
	whole := g.label("whole")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(whole))
	mask, a := g.lanesMask(n), g.vec()
	g.loadMasked(g.at(x, 0), mask, a)
	step(a, acc[1])
	g.Label(whole)
	s := g.across(g.tree(acc))
	g.VZEROUPPER()
	g.Store(s, g.ReturnIndex(0))
	g.RET()
}

// short returns the sum over a vector that fits one register, past all loops.
func (g *gen) short(n reg.GPVirtual, step func(mask reg.Register, acc reg.VecVirtual)) {
	long := g.label("long")
	g.CMPQ(n, operand.U32(uint32(g.lanes())))
	g.JGT(operand.LabelRef(long))
	acc := g.vec()
	g.zero(acc)
	step(g.lanesMask(n), acc)
	s := g.across(acc)
	g.VZEROUPPER()
	g.Store(s, g.ReturnIndex(0))
	g.RET()
	g.Label(long)
}
