package main

import (
	"math"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitSoftmax writes the softmax of many rows, and the sum of a row's exponentials, with nothing between the passes over a
// row but the registers: while one row waits for its greatest element or its sum, the processor is at the next.
func emitSoftmax(c *build.Context) {
	each(c, "softmax", func(g *gen) {
		g.maskTable()
		infinity := g.table("Inf", math.Inf(-1))(0)
		t := g.expTable()
		g.softmaxRows(t, infinity, g.table("Limit", 1<<13)(0))
		g.expSumRows(t, infinity)
	})
}

// softmaxRows takes the exponentials relative to a power of two near that of the greatest element m, of which the result is
// free: x = n*ln(2) + r for the element itself, and exp(r) * 2**(n-N) with N = rint(m/ln(2)). So no difference x-m is rounded,
// and r is as exact as in exp, as long as n*ln2High is exact. Rows of greater numbers go the way of expShift.
func (g *gen) softmaxRows(t expTable, infinity, limit konst) {
	g.fn("softmaxRows", "sets m rows of n elements of dst, ldd apart, to the softmax of the rows of x, ldx apart.",
		"func(m, n int, x *T, ldx int, dst *T, ldd int)")
	x, dst := g.arg("x"), g.arg("dst")
	g.hold(t.exponent()...)
	g.eachRow([]reg.GPVirtual{x, dst}, []string{"ldx", "ldd"}, func(mask reg.Register) {
		most := g.most(x, mask, infinity)
		sum, end := g.zeros(2), g.zeros(1)[0] // end has the elements that fill no register
		exponentials := func(name string, exp func(v reg.VecVirtual) reg.VecVirtual) {
			g.along(name, []reg.GPVirtual{x, dst}, mask, func(p []operand.Mem, half int, mask reg.Register) {
				v := g.vec()
				if mask == nil {
					g.load(p[0], v)
					e := exp(v)
					g.store(e, p[1])
					g.add(e, sum[half], sum[half])
					return
				}
				g.loadMasked(p[0], mask, v)
				g.keep(mask, exp(v), end)
				g.add(end, sum[half], sum[half])
			})
		}
		great, scale := g.label("great"), g.label("scale")
		size, bound := g.vec(), g.XMM()
		g.xor(t.sign, most, size)
		g.max(size, most, size)
		pick(g, g.VMOVSS, g.VMOVSD)(limit.Mem, bound)
		pick(g, g.VUCOMISS, g.VUCOMISD)(size.AsX(), bound)
		g.JCS(operand.LabelRef(great)) // or NaN
		power, low := g.vec(), g.vec()
		g.mul(t.log2e, most, power)
		g.round(power, power)
		g.add(t.low, most, low)
		exponentials("exp", func(v reg.VecVirtual) reg.VecVirtual { return g.expFrom(t, v, power, low) })
		g.JMP(operand.LabelRef(scale))
		g.Label(great)
		exponentials("shift", func(v reg.VecVirtual) reg.VecVirtual { return g.expDifference(t, v, most) })
		g.Label(scale)

		total, one, inverse := g.across(g.tree(sum)).AsX(), g.XMM(), g.vec()
		pick(g, g.VMOVSS, g.VMOVSD)(t.one.Mem, one)
		pick(g, g.VDIVSS, g.VDIVSD)(total, one, one)
		g.broadcast(one, inverse)
		g.along("scale", []reg.GPVirtual{dst}, mask, func(p []operand.Mem, _ int, mask reg.Register) {
			if mask == nil {
				v := g.vec()
				g.mul(p[0], inverse, v)
				g.store(v, p[0])
				return
			}
			g.mul(inverse, end, end)
			g.storeMasked(end, mask, p[0])
		})
	})
	g.end()
}

// expFrom returns exp(x) / 2**power for whole powers that are near x/ln(2) or above; it may overwrite x. low is the x below
// which that is 0. A NaN passes through.
func (g *gen) expFrom(t expTable, x, power, low reg.VecVirtual) reg.VecVirtual {
	n, p := g.vec(), g.vec()
	g.max(x, low, x)
	g.mul(t.log2e, x, n)
	g.round(n, n)
	g.fnma(t.ln2High, n, x)
	g.fnma(t.ln2Low, n, x)
	g.sub(power, n, n)
	g.load(t.q[len(t.q)-1], p)
	for i := len(t.q) - 2; i >= 0; i-- {
		g.horner(t.q[i], x, p)
	}
	g.horner(t.one, x, p)
	g.horner(t.one, x, p)
	return g.lower(t, p, n)
}

func (g *gen) expSumRows(t expTable, infinity konst) {
	g.fn("expSumRows", "sets most[i] to the greatest of the n elements of row i of x, whose rows are ldx apart, and total[i] to the sum of exp(x-most) over the row, for m rows; with a NaN in the row, most[i] is any of its elements and total[i] NaN.",
		"func(m, n int, x *T, ldx int, most, total *T)")
	x, tops, totals := g.arg("x"), g.arg("most"), g.arg("total")
	g.hold(t.exponent()...)
	put := pick(g, g.VMOVSS, g.VMOVSD)
	g.eachRow([]reg.GPVirtual{x}, []string{"ldx"}, func(mask reg.Register) {
		most := g.most(x, mask, infinity)
		sum := g.zeros(2)
		g.along("exp", []reg.GPVirtual{x}, mask, func(p []operand.Mem, half int, mask reg.Register) {
			g.add(g.exponential(t, p[0], most, mask), sum[half], sum[half])
		})
		put(most.AsX(), g.at(tops, 0))
		put(g.across(g.tree(sum)).AsX(), g.at(totals, 0))
		g.ADDQ(operand.U32(uint32(g.size())), tops)
		g.ADDQ(operand.U32(uint32(g.size())), totals)
	})
	g.end()
}

// eachRow calls body for m rows, and moves the pointers on by their strides. The mask is that of the elements that fill no
// register.
func (g *gen) eachRow(rows []reg.GPVirtual, strides []string, body func(mask reg.Register)) {
	m, tail := g.arg("m"), g.arg("n")
	g.ANDQ(operand.U32(uint32(g.lanes()-1)), tail)
	mask := g.lanesMask(tail)
	loop, done := g.label("row"), g.label("rowDone")
	g.Label(loop)
	g.TESTQ(m, m)
	g.JZ(operand.LabelRef(done))
	body(mask)
	for i, p := range rows {
		g.ADDQ(g.bytes(strides[i]), p)
	}
	g.DECQ(m)
	g.JMP(operand.LabelRef(loop))
	g.Label(done)
}

// along calls step for the registers of a row: two at a time, one, and the masked end. half says which of two sums an
// element belongs to, in the order of expShift.
func (g *gen) along(name string, rows []reg.GPVirtual, mask reg.Register, step func(p []operand.Mem, half int, mask reg.Register)) {
	left := g.arg("n")
	at := make([]reg.GPVirtual, len(rows))
	for i, p := range rows {
		at[i] = g.GP64()
		g.MOVQ(p, at[i])
	}
	mem := func(register int) []operand.Mem {
		p := make([]operand.Mem, len(at))
		for i := range p {
			p[i] = g.at(at[i], register*g.lanes())
		}
		return p
	}
	g.steps(name+"Pair", left, 2*g.lanes(), at, func() {
		step(mem(0), 0, nil)
		step(mem(1), 1, nil)
	})
	g.steps(name+"One", left, g.lanes(), at, func() { step(mem(0), 0, nil) })
	whole := g.label("whole")
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef(whole))
	step(mem(0), 1, mask)
	g.Label(whole)
}

// most returns the greatest element of a row in all lanes. A NaN may be passed over.
func (g *gen) most(x reg.GPVirtual, mask reg.Register, infinity konst) reg.VecVirtual {
	acc := []reg.VecVirtual{g.vec(), g.vec()}
	for _, a := range acc {
		g.load(infinity, a)
	}
	g.along("max", []reg.GPVirtual{x}, mask, func(p []operand.Mem, half int, mask reg.Register) {
		a := acc[half]
		if mask == nil {
			g.max(p[0], a, a)
			return
		}
		v := g.vec()
		g.loadMasked(p[0], mask, v)
		g.blend(mask, v, a, v)
		g.max(v, a, a)
	})
	a, swap := acc[0], g.vec()
	g.max(acc[1], a, a)
	fold := func(shuffle func()) {
		shuffle()
		g.max(swap, a, a)
	}
	if g.wide {
		fold(func() { g.VSHUFF64X2(operand.U8(0x4e), a, a, swap) })
		fold(func() { g.VSHUFF64X2(operand.U8(0xb1), a, a, swap) })
	} else {
		fold(func() { g.VPERM2F128(operand.U8(1), a, a, swap) })
	}
	if g.f32 {
		fold(func() { g.VPERMILPS(operand.U8(0x4e), a, swap) })
		fold(func() { g.VPERMILPS(operand.U8(0xb1), a, swap) })
	} else {
		fold(func() { g.VPERMILPD(operand.U8(0x55), a, swap) })
	}
	return a
}

// exponential returns exp(x-most) of a register of x, and 0 where mask is not.
func (g *gen) exponential(t expTable, x operand.Mem, most reg.VecVirtual, mask reg.Register) reg.VecVirtual {
	v := g.vec()
	if mask == nil {
		g.load(x, v)
		return g.expDifference(t, v, most)
	}
	g.loadMasked(x, mask, v)
	e := g.expDifference(t, v, most)
	g.keep(mask, e, e)
	return e
}
