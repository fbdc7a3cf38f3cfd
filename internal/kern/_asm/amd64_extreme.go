package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitExtreme writes the minimum (the maximum is the minimum of -x, negated) and the search for a value.
func emitExtreme(c *build.Context) {
	both(c, "extreme", func(g *gen) {
		g.minimum()
		g.search()
	})
}

// minimum computes min over x[i]^flip in the way of Go's min: NaN if there is one, -0 below +0. A hardware minimum
// returns its second operand for a NaN or for two zeros, so both orders are taken and their bits joined: a NaN stays a
// NaN, and a sign bit of either zero stays. len(x) must be at least one register.
func (g *gen) minimum() {
	g.fn("min", "returns min(x[i]^flip)^flip with flip the sign bit or nothing; len(x) must be at least 32 bytes.", "func(x []T, flip T) T")
	x, n := g.slice("x")
	flip := g.broadcastArg("flip")
	acc := make([]reg.VecVirtual, 4)
	for i := range acc {
		acc[i] = g.YMM()
		g.load(g.at(x, 0), acc[i])
		g.xor(flip, acc[i], acc[i])
	}
	// The last register of x, which the loops may leave a part of, is read up front: twice is harmless.
	last := operand.Mem{Base: x, Index: n, Scale: uint8(g.size()), Disp: -32}
	step := func(m operand.Op, a reg.VecVirtual) {
		v, w := g.YMM(), g.YMM()
		g.xor(m, flip, v)
		g.min(v, a, w)
		g.min(a, v, v)
		g.or(v, w, a)
	}
	step(last, acc[1])
	only := []reg.GPVirtual{x}
	g.steps("block", n, 4*g.lanes(), only, func() {
		for i, a := range acc {
			step(g.at(x, i*g.lanes()), a)
		}
	})
	g.steps("one", n, g.lanes(), only, func() { step(g.at(x, 0), acc[0]) })
	join := func(a, b reg.Register) {
		v, w := g.YMM(), g.YMM()
		g.min(a, b, v)
		g.min(b, a, w)
		g.or(v, w, a)
	}
	join(acc[0], acc[1])
	join(acc[2], acc[3])
	join(acc[0], acc[2])
	swap := g.YMM()
	g.VPERM2F128(operand.U8(1), acc[0], acc[0], swap)
	join(acc[0], swap)
	if g.f32 {
		g.VPERMILPS(operand.U8(0x4e), acc[0], swap)
		join(acc[0], swap)
		g.VPERMILPS(operand.U8(0xb1), acc[0], swap)
	} else {
		g.VPERMILPD(operand.U8(5), acc[0], swap)
	}
	join(acc[0], swap)
	g.xor(flip, acc[0], acc[0])
	out := acc[0].AsX()
	g.VZEROUPPER()
	g.Store(out, g.ReturnIndex(0))
	g.RET()
}

// search finds the first whole block that holds v or a NaN; the caller looks for the element.
func (g *gen) search() {
	g.fn("find", "returns the start of the first block of 128 bytes of x that holds v or a NaN, or the start of the rest that fills no block.", "func(x []T, v T) int")
	x, n := g.slice("x")
	want := g.broadcastArg("v")
	start := g.GP64()
	g.XORQ(start, start)
	found := g.label("found")
	g.steps("block", n, 4*g.lanes(), []reg.GPVirtual{x}, func() {
		hit := make([]reg.VecVirtual, 4)
		for i := range hit {
			hit[i] = g.YMM()
			w := g.YMM()
			g.load(g.at(x, i*g.lanes()), w)
			g.cmp(0, w, want, hit[i]) // equal, false on NaN
			g.cmp(3, w, w, w)         // is NaN
			g.or(w, hit[i], hit[i])
		}
		g.or(hit[1], hit[0], hit[0])
		g.or(hit[3], hit[2], hit[2])
		g.or(hit[2], hit[0], hit[0])
		bits := g.GP32()
		pick(g, g.VMOVMSKPS, g.VMOVMSKPD)(hit[0], bits)
		g.TESTL(bits, bits)
		g.JNZ(operand.LabelRef(found))
		g.ADDQ(operand.U32(uint32(4*g.lanes())), start)
	})
	g.Label(found)
	g.VZEROUPPER()
	g.Store(start, g.ReturnIndex(0))
	g.RET()
}
