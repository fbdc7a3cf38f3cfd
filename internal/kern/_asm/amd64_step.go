package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitStep writes the step of learning row by row.
func emitStep(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, file: "step"}
		g.fn("axpyDots", "adds a*x[i] to y[i] and returns the sums of y[i]*z[i] and u[i]*z[i], for n elements. It asks for the cache lines of n elements at ahead. Pointers, as a step is short.",
			"func(n int, a T, x, y, z, u, ahead *T) (yz, uz T)")
		n, x, y, z, u, ahead := g.arg("n"), g.arg("x"), g.arg("y"), g.arg("z"), g.arg("u"), g.arg("ahead")
		k := g.broadcastArg("a")
		pointers := []reg.GPVirtual{x, y, z, u, ahead}
		ys, us := g.zeros(4), g.zeros(4)
		whole := func(at int, ys, us reg.VecVirtual) {
			v, w := g.vec(), g.vec()
			g.load(g.at(x, at), w)
			g.load(g.at(y, at), v)
			g.fma(w, k, v)
			g.store(v, g.at(y, at))
			g.load(g.at(z, at), w)
			g.fma(w, v, ys)
			g.fma(g.at(u, at), w, us)
			g.PREFETCHT0(g.at(ahead, at))
		}
		g.steps("block", n, 4*g.lanes(), pointers, func() {
			for i := range ys {
				whole(i*g.lanes(), ys[i], us[i])
			}
		})
		g.steps("one", n, g.lanes(), pointers, func() { whole(0, ys[0], us[0]) })
		g.PREFETCHT0(g.at(ahead, 0)) // the rest, where rows begin in the midst of lines
		g.stepTail(n, k, x, y, z, u, ys[1], us[1])
		yz, uz := g.across(g.tree(ys)), g.across(g.tree(us))
		g.VZEROUPPER()
		g.Store(yz, g.ReturnIndex(0))
		g.Store(uz, g.ReturnIndex(1))
		g.RET()
	}
}

// stepTail goes down by halves of a register. A masked store would do for AVX-512, but the next step would wait for it: what it wrote is not
// forwarded to loads.
func (g *gen) stepTail(n reg.GPVirtual, k reg.VecVirtual, x, y, z, u reg.GPVirtual, ys, us reg.VecVirtual) {
	for part := g.lanes() / 2; part > 0; part /= 2 {
		skip := g.label("skip")
		g.TESTQ(operand.U32(uint32(part)), n)
		g.JZ(operand.LabelRef(skip))
		v, w, o := g.vec(), g.vec(), g.vec()
		// Moves into the low part of a register clear the rest, so that it adds nothing to the sums.
		narrow, move := reg.VecVirtual.AsX, g.part(part)
		if part*g.size() == 32 {
			narrow, move = reg.VecVirtual.AsY, g.VMOVUPS
		}
		move(g.at(x, 0), narrow(w))
		move(g.at(y, 0), narrow(v))
		g.fma(narrow(w), narrow(k), narrow(v))
		move(narrow(v), g.at(y, 0))
		move(g.at(z, 0), narrow(w))
		move(g.at(u, 0), narrow(o))
		g.fma(w, v, ys)
		g.fma(w, o, us)
		if part > 1 {
			for _, p := range []reg.GPVirtual{x, y, z, u} {
				g.ADDQ(operand.U32(uint32(part*g.size())), p)
			}
		}
		g.Label(skip)
	}
}
