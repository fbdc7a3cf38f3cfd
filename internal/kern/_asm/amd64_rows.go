package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitRows writes the one-to-many forms: one vector x of d elements against rows of a matrix. Four rows share the loads of
// x and one reduction, since calls and reductions are what short rows cost. Every row is summed in the same order
// whether it is one of four or alone: two accumulators, then the tail.
func emitRows(c *build.Context) {
	both(c, "rows", func(g *gen) {
		g.maskTable()
		g.rows("dotRows", "sets dst[r] to the dot product of x and row r, for every r of dst. The rows are stride elements apart.", func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual) {
			g.fma(row, x, acc)
		})
		g.rows("sqDistRows", "sets dst[r] to the squared Euclidean distance of x and row r, for every r of dst. The rows are stride elements apart.", func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual) {
			g.sub(row, x, t)
			g.fma(t, t, acc)
		})
	})
}

func (g *gen) rows(name, doc string, step func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual)) {
	g.fn(name, doc, "func(dst []T, x []T, rows *T, stride int)")
	dst, left := g.slice("dst")
	row0, stride := g.arg("rows"), g.arg("stride")
	g.SHLQ(operand.U8(g.shift()), stride)
	tail, mask := g.GP64(), g.YMM()
	g.Load(g.Param("x").Len(), tail)
	g.ANDQ(operand.U32(uint32(g.lanes()-1)), tail)
	g.mask(tail, mask)

	block := func(nrows int) {
		x, n := g.slice("x")
		ptr := make([]reg.GPVirtual, nrows)
		for r := range ptr {
			ptr[r] = g.GP64()
			if r == 0 {
				g.MOVQ(row0, ptr[r])
			} else {
				g.LEAQ(operand.Mem{Base: ptr[r-1], Index: stride, Scale: 1}, ptr[r])
			}
		}
		acc := g.zeros(2 * nrows)
		all := append([]reg.GPVirtual{x}, ptr...)
		g.steps("pair", n, 2*g.lanes(), all, func() {
			for h := range 2 {
				v, t := g.YMM(), g.YMM()
				g.load(g.at(x, h*g.lanes()), v)
				for r := range ptr {
					step(v, g.at(ptr[r], h*g.lanes()), acc[2*r+h], t)
				}
			}
		})
		g.steps("one", n, g.lanes(), all, func() {
			v, t := g.YMM(), g.YMM()
			g.load(g.at(x, 0), v)
			for r := range ptr {
				step(v, g.at(ptr[r], 0), acc[2*r], t)
			}
		})
		whole := g.label("whole")
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef(whole))
		v, w, t := g.YMM(), g.YMM(), g.YMM()
		g.loadMasked(g.at(x, 0), mask, v)
		for r := range ptr {
			g.loadMasked(g.at(ptr[r], 0), mask, w)
			step(v, w, acc[2*r+1], t)
		}
		g.Label(whole)
		for r := range ptr {
			g.add(acc[2*r+1], acc[2*r], acc[2*r])
		}
		if nrows == 4 {
			g.store(g.across4(acc[0], acc[2], acc[4], acc[6]), g.at(dst, 0))
			return
		}
		s := g.across1(acc[0])
		if g.f32 {
			g.VMOVSS(s, g.at(dst, 0))
		} else {
			g.VMOVSD(s, g.at(dst, 0))
		}
	}

	four, one, done := g.label("four"), g.label("single"), g.label("done")
	g.Label(four)
	g.CMPQ(left, operand.U32(4))
	g.JLT(operand.LabelRef(one))
	block(4)
	g.LEAQ(operand.Mem{Base: row0, Index: stride, Scale: 4}, row0)
	g.ADDQ(operand.U32(uint32(4*g.size())), dst)
	g.SUBQ(operand.U32(4), left)
	g.JMP(operand.LabelRef(four))
	g.Label(one)
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef(done))
	block(1)
	g.ADDQ(stride, row0)
	g.ADDQ(operand.U32(uint32(g.size())), dst)
	g.SUBQ(operand.U32(1), left)
	g.JMP(operand.LabelRef(one))
	g.Label(done)
	g.end()
}

// across4 sums the lanes of each of four registers and returns the four sums side by side: neighbours first, then pairs,
// then the halves.
func (g *gen) across4(a, b, c, d reg.VecVirtual) reg.Register {
	if g.f32 {
		g.VHADDPS(b, a, a)
		g.VHADDPS(d, c, c)
		g.VHADDPS(c, a, a)
		h := g.XMM()
		g.VEXTRACTF128(operand.U8(1), a, h)
		g.VADDPS(h, a.AsX(), a.AsX())
		return a.AsX()
	}
	g.VHADDPD(b, a, a) // a0+a1 b0+b1 a2+a3 b2+b3
	g.VHADDPD(d, c, c)
	low, high := g.YMM(), g.YMM()
	g.VPERM2F128(operand.U8(0x20), c, a, low)
	g.VPERM2F128(operand.U8(0x31), c, a, high)
	g.VADDPD(high, low, low)
	return low
}

// across1 sums the lanes of a in the order of across4, so that a row alone gets the same bits.
func (g *gen) across1(a reg.VecVirtual) reg.Register {
	h := g.XMM()
	if g.f32 {
		g.VHADDPS(a, a, a)
		g.VHADDPS(a, a, a)
		g.VEXTRACTF128(operand.U8(1), a, h)
		g.VADDSS(h, a.AsX(), h)
		return h
	}
	g.VHADDPD(a, a, a)
	g.VEXTRACTF128(operand.U8(1), a, h)
	g.VADDSD(h, a.AsX(), h)
	return h
}
