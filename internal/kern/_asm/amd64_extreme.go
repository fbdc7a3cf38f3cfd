package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitExtreme writes the minimum (the maximum is the minimum of -x, negated) and the search for a value.
func emitExtreme(c *build.Context) {
	each(c, "extreme", func(g *gen) {
		if g.wide {
			g.minimum512(g.table("Inf", math.Inf(1))(0))
			g.search512()
			return
		}
		g.minimum()
		g.search()
	})
}

// join sets a to the minimum of a and b in the way of Go's min: NaN if there is one, -0 below +0. A hardware minimum
// returns its second operand for a NaN or for two zeros, so both orders are taken and their bits joined: a NaN stays a
// NaN, and a sign bit of either zero stays. b may be overwritten.
func (g *gen) join(a, b reg.Register, spare reg.Register) {
	g.min(a, b, spare)
	g.min(b, a, b)
	g.or(spare, b, a)
}

// minimum computes min over x[i]^flip. len(x) must be at least one register.
func (g *gen) minimum() {
	g.fn("min", "returns min(x[i]^flip)^flip with flip the sign bit or nothing; len(x) must be at least 32 bytes.", "func(x []T, flip T) T")
	x, n := g.slice("x")
	flip := g.broadcastArg("flip")
	acc := make([]reg.VecVirtual, 4)
	for i := range acc {
		acc[i] = g.vec()
		g.load(g.at(x, 0), acc[i])
		g.xor(flip, acc[i], acc[i])
	}
	// The last register of x, which the loops may leave a part of, is read up front: twice is harmless.
	last := operand.Mem{Base: x, Index: n, Scale: uint8(g.size()), Disp: -32}
	step := func(m operand.Op, a reg.VecVirtual) {
		v := g.vec()
		g.xor(m, flip, v)
		g.join(a, v, g.vec())
	}
	step(last, acc[1])
	g.minimumOfBlocks(x, n, acc, step)
	g.minimumOfLanes(acc[0], flip)
}

// minimum512 begins with infinities and needs no least length.
func (g *gen) minimum512(infinity konst) {
	g.fn("min", "returns min(x[i]^flip)^flip with flip the sign bit or nothing.", "func(x []T, flip T) T")
	x, n := g.slice("x")
	flip := g.broadcastArg("flip")
	acc := make([]reg.VecVirtual, 4)
	for i := range acc {
		acc[i] = g.vec()
		g.load(infinity, acc[i])
	}
	step := func(m operand.Op, a reg.VecVirtual) {
		v := g.vec()
		g.xor(m, flip, v)
		g.join(a, v, g.vec())
	}
	g.minimumOfBlocks(x, n, acc, step)
	whole := g.label("whole")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(whole))
	mask, v := g.lanesMask(n), g.vec()
	g.xor(flip, acc[0], v) // flipped back below
	pick(g, g.VMOVUPS, g.VMOVUPD)(g.at(x, 0), mask, v)
	step(v, acc[0])
	g.Label(whole)
	g.minimumOfLanes(acc[0], flip)
}

// minimumOfBlocks joins whole registers into acc, and acc into its first.
func (g *gen) minimumOfBlocks(x, n reg.GPVirtual, acc []reg.VecVirtual, step func(m operand.Op, a reg.VecVirtual)) {
	only := []reg.GPVirtual{x}
	g.steps("block", n, 4*g.lanes(), only, func() {
		for i, a := range acc {
			step(g.at(x, i*g.lanes()), a)
		}
	})
	g.steps("one", n, g.lanes(), only, func() { step(g.at(x, 0), acc[0]) })
	g.join(acc[0], acc[1], g.vec())
	g.join(acc[2], acc[3], g.vec())
	g.join(acc[0], acc[2], g.vec())
}

// minimumOfLanes returns the minimum of the lanes of acc, flipped back.
func (g *gen) minimumOfLanes(acc, flip reg.VecVirtual) {
	a, swap := g.YMM(), g.YMM()
	if g.wide {
		g.VEXTRACTF64X4(operand.U8(1), acc, swap)
		g.join(acc.AsY(), swap, a)
	}
	g.VMOVAPS(acc.AsY(), a)
	spare := g.YMM()
	g.VPERM2F128(operand.U8(1), a, a, swap)
	g.join(a, swap, spare)
	if g.f32 {
		g.VPERMILPS(operand.U8(0x4e), a, swap)
		g.join(a, swap, spare)
		g.VPERMILPS(operand.U8(0xb1), a, swap)
	} else {
		g.VPERMILPD(operand.U8(5), a, swap)
	}
	g.join(a, swap, spare)
	g.xor(flip.AsY(), a, a)
	out := a.AsX()
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
		hit := make([]reg.Register, 4)
		for i := range hit {
			w := g.vec()
			g.load(g.at(x, i*g.lanes()), w)
			hit[i] = g.cmp(isEqual, w, want)
			g.or(g.cmp(isNaN, w, w), hit[i], hit[i])
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

// search512 finds the element itself: four registers at a time until one holds it, then one by one.
func (g *gen) search512() {
	g.fn("find", "returns the index of the first v or NaN of x, or len(x).", "func(x []T, v T) int")
	x, n := g.slice("x")
	want := g.broadcastArg("v")
	start := g.GP64()
	g.MOVQ(n, start) // less what is left when it is found
	hits := func(w reg.VecVirtual) reg.Register {
		k := g.cmp(isEqual, w, want)
		g.KORW(g.cmp(isNaN, w, w), k, k)
		return k
	}
	single, found, done := g.label("single"), g.label("found"), g.label("done")
	g.steps("block", n, 4*g.lanes(), []reg.GPVirtual{x}, func() {
		all := make([]reg.Register, 4)
		for i := range all {
			w := g.vec()
			g.load(g.at(x, i*g.lanes()), w)
			all[i] = hits(w)
		}
		g.KORW(all[1], all[0], all[0])
		g.KORW(all[3], all[2], all[2])
		g.KORTESTW(all[2], all[0])
		g.JNZ(operand.LabelRef(single))
	})
	g.Label(single)
	bits := g.GP32()
	test := func(mask reg.Register) {
		w := g.vec()
		g.loadMasked(g.at(x, 0), mask, w)
		k := hits(w)
		g.KANDW(mask, k, k)
		g.KMOVW(k, bits)
		g.TESTL(bits, bits)
		g.JNZ(operand.LabelRef(found))
	}
	whole := g.K()
	g.KXNORW(whole, whole, whole)
	if !g.f32 {
		g.KSHIFTRW(operand.U8(8), whole, whole)
	}
	g.steps("one", n, g.lanes(), []reg.GPVirtual{x}, func() { test(whole) })
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	rest := g.GP64()
	g.MOVQ(n, rest)
	test(g.lanesMask(rest))
	g.XORQ(n, n)
	g.JMP(operand.LabelRef(done))
	g.Label(found)
	g.TZCNTL(bits, bits)
	g.SUBQ(bits.As64(), n)
	g.Label(done)
	g.SUBQ(n, start)
	g.VZEROUPPER()
	g.Store(start, g.ReturnIndex(0))
	g.RET()
}
