package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitNets writes what networks do to every activation, gradient and weight.
func emitNets(c *build.Context) {
	each(c, "nets", func(g *gen) {
		one := g.table("One", 1)
		g.maskTable()
		g.maps("shift", "sets dst[i] to a*x[i]+b, rounded once; dst sets the length.", "func(a, b T, dst, x []T)", "dst", []string{"x"},
			func(k reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.horner(like(g.second, in[0]), like(k, in[0]), in[0])
				return in[0]
			})
		g.maps("sub", "sets dst[i] to x[i]-y[i]; dst sets the length.", "func(dst, x, y []T)", "dst", []string{"x", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.sub(in[1], in[0], in[0])
				return in[0]
			})
		g.maps("relu", "sets dst[i] to x[i] where it is above 0 or NaN, to 0 elsewhere; dst sets the length.", "func(dst, x []T)", "dst", []string{"x"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				zero := g.emptied(in[0])
				g.max(in[0], zero, zero) // the first source, where either is NaN
				return zero
			})
		g.maps("addReLU", "sets dst[i] to relu(x[i]+y[i]); dst sets the length.", "func(dst, x, y []T)", "dst", []string{"x", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.add(in[1], in[0], in[0])
				zero := g.emptied(in[0])
				g.max(in[0], zero, zero)
				return zero
			})
		g.maps("reluGrad", "sets dst[i] to dy[i] where y[i] is above 0, to 0 elsewhere; dst sets the length.", "func(dst, dy, y []T)", "dst", []string{"dy", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.keep(g.compared(isGreater, g.emptied(in[1]), in[1]), in[0], in[0])
				return in[0]
			})
		g.maps("tanhGrad", "sets dst[i] to dy[i]*(1-y[i]²); dst sets the length.", "func(dst, dy, y []T)", "dst", []string{"dy", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				s := g.emptied(in[0])
				g.add(one(0), s, s)
				g.fnma(in[1], in[1], s)
				g.mul(s, in[0], in[0])
				return in[0]
			})
		g.maps("sigmoidGrad", "sets dst[i] to dy[i]*y[i]*(1-y[i]); dst sets the length.", "func(dst, dy, y []T)", "dst", []string{"dy", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.mul(in[1], in[0], in[0])
				g.fnma(in[1], in[0], in[0])
				return in[0]
			})
		g.maps("maximum", "sets dst[i] to the larger of x[i] and y[i], NaN if either is; dst sets the length.", "func(dst, x, y []T)", "dst", []string{"x", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				nan := g.compared(isNaN, in[1], in[1])
				g.max(in[0], in[1], in[0]) // x, where either is NaN
				g.blend(nan, in[1], in[0], in[0])
				return in[0]
			})
		g.maps("equalKeep", "sets dst[i] to z[i] where x[i] is y[i], to 0 elsewhere; dst sets the length.", "func(dst, x, y, z []T)", "dst", []string{"x", "y", "z"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.keep(g.compared(isEqual, in[0], in[1]), in[2], in[2])
				return in[2]
			})
		g.adam()
	})
}

// emptied is a register of zeros as wide as v.
func (g *gen) emptied(v reg.VecVirtual) reg.VecVirtual {
	zero := g.vec()
	if v.Size() == 16 {
		zero = g.XMM()
	}
	g.zero(zero)
	return zero
}

// compared returns the lanes where b pred a, in a mask as wide as they are.
func (g *gen) compared(pred uint64, a, b reg.VecVirtual) reg.Register {
	op := pick(g, g.VCMPPS, g.VCMPPD)
	if g.wide {
		k := g.K()
		op(operand.U8(pred), a, b, k)
		return k
	}
	m := g.emptied(a)
	op(operand.U8(pred), a, b, m)
	return m
}

// adam writes one step of Adam: g += l2*w; m += (g-m)*fresh; v = v*keep2 + g*g*fresh2; w = w*shrink - m*rate/(sqrt(v)*scale + eps), as
// PyTorch orders it.
func (g *gen) adam() {
	g.fn("adam", "moves n weights by one step of Adam; see Adam.", "func(n int, w, grad, m, v *T, l2, fresh, keep2, fresh2, shrink, rate, scale, eps T)")
	n, w, gr, m, v := g.arg("n"), g.arg("w"), g.arg("grad"), g.arg("m"), g.arg("v")
	pointers := []reg.GPVirtual{w, gr, m, v}
	l2, fresh, keep2, fresh2 := g.broadcastArg("l2"), g.broadcastArg("fresh"), g.broadcastArg("keep2"), g.broadcastArg("fresh2")
	shrink, rate, scale, eps := g.broadcastArg("shrink"), g.broadcastArg("rate"), g.broadcastArg("scale"), g.broadcastArg("eps")
	move := func(load func(p reg.GPVirtual, y reg.VecVirtual), store func(y reg.VecVirtual, p reg.GPVirtual)) {
		a, b, c, d := g.vec(), g.vec(), g.vec(), g.vec()
		load(w, a)
		load(gr, b)
		load(m, c)
		load(v, d)
		g.fma(l2, a, b)
		t := g.vec()
		g.sub(c, b, t)
		g.fma(fresh, t, c)
		store(c, m)
		g.mul(keep2, d, d)
		g.mul(b, b, b)
		g.fma(fresh2, b, d)
		store(d, v)
		pick(g, g.VSQRTPS, g.VSQRTPD)(d, d)
		g.mul(scale, d, d)
		g.add(eps, d, d)
		g.mul(rate, c, c)
		g.div(d, c, c)
		g.mul(shrink, a, a)
		g.sub(c, a, a)
		store(a, w)
	}
	g.steps("one", n, g.lanes(), pointers, func() {
		move(func(p reg.GPVirtual, y reg.VecVirtual) { g.load(g.at(p, 0), y) },
			func(y reg.VecVirtual, p reg.GPVirtual) { g.store(y, g.at(p, 0)) })
	})
	done := g.label("done")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	mask := g.lanesMask(n)
	move(func(p reg.GPVirtual, y reg.VecVirtual) { g.loadMasked(g.at(p, 0), mask, y) },
		func(y reg.VecVirtual, p reg.GPVirtual) { g.storeMasked(y, mask, g.at(p, 0)) })
	g.Label(done)
	g.end()
}
