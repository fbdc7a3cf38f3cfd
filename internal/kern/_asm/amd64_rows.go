package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitRows writes the one-to-many forms: one vector x of d elements against rows of a matrix. Several rows share the
// loads of x and one reduction, since calls and reductions are what short rows cost. Every row is summed in the same
// order whether it is one of several or alone.
func emitRows(c *build.Context) {
	each(c, "rows", func(g *gen) {
		g.maskTable()
		rows := g.rows
		if g.wide {
			rows = g.rows512
		}
		rows("dotRows", "sets dst[r] to the dot product of x and row r, for every r of dst. The rows are stride elements apart.", func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual) {
			g.fma(row, x, acc)
		})
		rows("sqDistRows", "sets dst[r] to the squared Euclidean distance of x and row r, for every r of dst. The rows are stride elements apart.", func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual) {
			g.sub(row, x, t)
			g.fma(t, t, acc)
		})
	})
}

// rows takes four rows at a time, then single ones, with two accumulators a row.
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

// rows512 takes as many rows at a time as a register has lanes, so that one store takes their results, then single ones,
// with one accumulator a row.
func (g *gen) rows512(name, doc string, step func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual)) {
	g.fn(name, doc, "func(dst []T, x []T, rows *T, stride int)")
	dst, left := g.slice("dst")
	row0, stride := g.arg("rows"), g.arg("stride")
	g.SHLQ(operand.U8(g.shift()), stride)
	tail := g.GP64()
	g.Load(g.Param("x").Len(), tail)
	g.ANDQ(operand.U32(uint32(g.lanes()-1)), tail)
	mask := g.lanesMask(tail)

	// block leaves the sums' lanes of nrows rows in acc.
	block := func(nrows int) (acc []reg.VecVirtual) {
		x, n := g.slice("x")
		row := g.rowPointers(nrows, row0, stride)
		acc = g.zeros(nrows)
		all := append([]reg.GPVirtual{x}, row.base...)
		v := g.vec()
		g.steps("part", n, g.lanes(), all, func() {
			g.load(g.at(x, 0), v)
			for r := range acc {
				step(v, row.at(r), acc[r], g.vec())
			}
		})
		whole := g.label("whole")
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef(whole))
		g.loadMasked(g.at(x, 0), mask, v)
		for r := range acc {
			w := g.vec()
			g.loadMasked(row.at(r), mask, w)
			step(v, w, acc[r], g.vec())
		}
		g.Label(whole)
		return acc
	}

	many, one, done := g.label("many"), g.label("single"), g.label("done")
	g.Label(many)
	g.CMPQ(left, operand.U32(uint32(g.lanes())))
	g.JLT(operand.LabelRef(one))
	g.store(g.acrossAll(block(g.lanes())), g.at(dst, 0))
	for range g.lanes() / 4 {
		g.LEAQ(operand.Mem{Base: row0, Index: stride, Scale: 4}, row0)
	}
	g.ADDQ(operand.U32(uint32(g.width())), dst)
	g.SUBQ(operand.U32(uint32(g.lanes())), left)
	g.JMP(operand.LabelRef(many))
	g.Label(one)
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef(done))
	s := g.across(block(1)[0])
	pick(g, g.VMOVSS, g.VMOVSD)(s, g.at(dst, 0))
	g.ADDQ(stride, row0)
	g.ADDQ(operand.U32(uint32(g.size())), dst)
	g.SUBQ(operand.U32(1), left)
	g.JMP(operand.LabelRef(one))
	g.Label(done)
	g.end()
}

// acrossAll sums the lanes of each of as many registers as there are lanes, in the order of across (halves onto each
// other, then quarters, and so on), and returns the sums side by side. A round joins neighbours: it adds the first and
// the second halves of what is left of both, so the order of the registers at the start decides that of the sums.
func (g *gen) acrossAll(acc []reg.VecVirtual) reg.VecVirtual {
	type shuffle = func(a, b, dst reg.VecVirtual)
	blocks := func(imm uint8) shuffle {
		return func(a, b, dst reg.VecVirtual) { g.VSHUFF64X2(operand.U8(imm), b, a, dst) }
	}
	singles := func(imm uint8) shuffle {
		return func(a, b, dst reg.VecVirtual) { g.VSHUFPS(operand.U8(imm), b, a, dst) }
	}
	rounds := [][2]shuffle{
		{blocks(0x44), blocks(0xee)}, // the halves of a register
		{blocks(0x88), blocks(0xdd)}, // the quarters of its halves
		{
			func(a, b, dst reg.VecVirtual) { g.VUNPCKLPD(b, a, dst) },
			func(a, b, dst reg.VecVirtual) { g.VUNPCKHPD(b, a, dst) },
		},
		{singles(0x88), singles(0xdd)},
	}
	order := []int{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}
	if !g.f32 {
		rounds, order = rounds[:3], []int{0, 2, 4, 6, 1, 3, 5, 7}
	}
	var cur []reg.VecVirtual
	for _, i := range order {
		cur = append(cur, acc[i])
	}
	for _, round := range rounds {
		var next []reg.VecVirtual
		for i := 0; i < len(cur); i += 2 {
			a, b, low := cur[i], cur[i+1], g.vec()
			round[0](a, b, low)
			round[1](a, b, b)
			g.add(b, low, a)
			next = append(next, a)
		}
		cur = next
	}
	return cur[0]
}
