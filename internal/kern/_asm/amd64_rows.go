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
func (g *gen) rows(name, doc string, step rowStep) {
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

// heldRegisters is the most registers of x that stay in registers while the rows pass.
const heldRegisters = 8

// rows512 has one accumulator a row. Rows are read one after the other, in the order of memory, which the second-level
// cache delivers almost twice as fast as several at a time; only those that fit one register go by so many that one store
// takes their results.
func (g *gen) rows512(name, doc string, step rowStep) {
	g.fn(name, doc, "func(dst []T, x []T, rows *T, stride int)")
	dst, left := g.slice("dst")
	row, stride := g.arg("rows"), g.arg("stride")
	g.SHLQ(operand.U8(g.shift()), stride)
	x, d := g.slice("x")
	r := rows512{gen: g, step: step, dst: dst, left: left, row: row, stride: stride, x: x, d: d, mask: g.tailMask(d)}

	single := g.label("single")
	many := g.label("many")
	g.CMPQ(d, operand.U32(uint32(g.lanes())))
	g.JLE(operand.LabelRef(many))
	for c := 2; c <= heldRegisters; c++ {
		next := g.label("wider")
		g.CMPQ(d, operand.U32(uint32(c*g.lanes())))
		g.JGT(operand.LabelRef(next))
		r.fours(r.held(c), single)
		g.Label(next)
	}
	r.fours(r.long, single)
	g.Label(many)
	r.many()
	r.fours(r.held(1), single)
	g.Label(single)
	r.singles()
	g.end()
}

type rowStep = func(x reg.VecVirtual, row operand.Op, acc, t reg.VecVirtual)

// rows512 is what its parts share: where the next result and the next row are, how many rows are left, and the mask of a
// row's last register.
type rows512 struct {
	*gen
	step                         rowStep
	dst, left, row, stride, x, d reg.GPVirtual
	mask                         reg.Register
}

// tailMask is the mask of the last register of d elements: 1 to all lanes, none for d = 0.
func (g *gen) tailMask(d reg.GPVirtual) reg.Register {
	tail, whole := g.GP64(), g.GP64()
	g.MOVQ(d, tail)
	g.ANDQ(operand.U32(uint32(g.lanes()-1)), tail)
	g.MOVQ(operand.I32(int32(g.lanes())), whole)
	g.CMPQ(d, operand.U32(0))
	g.CMOVQEQ(d, whole)
	g.TESTQ(tail, tail)
	g.CMOVQEQ(whole, tail)
	return g.lanesMask(tail)
}

// last adds the masked end of a row at m to acc.
func (r *rows512) last(x reg.VecVirtual, m operand.Mem, acc reg.VecVirtual) {
	w := r.vec()
	r.loadMasked(m, r.mask, w)
	r.step(x, w, acc, r.vec())
}

func (r *rows512) lastOfX(m operand.Mem) reg.VecVirtual {
	v := r.vec()
	r.loadMasked(m, r.mask, v)
	return v
}

// many takes rows of one register or less, as many as there are lanes.
func (r *rows512) many() {
	loop, done := r.label("lanes"), r.label("lanesDone")
	x := r.lastOfX(r.at(r.x, 0))
	r.Label(loop)
	r.CMPQ(r.left, operand.U32(uint32(r.lanes())))
	r.JLT(operand.LabelRef(done))
	row := r.rowPointers(r.lanes(), r.row, r.stride)
	acc := r.zeros(r.lanes())
	for i, a := range acc {
		r.last(x, row.at(i), a)
	}
	r.store(r.acrossAll(acc), r.at(r.dst, 0))
	for range r.lanes() / 4 {
		r.LEAQ(operand.Mem{Base: r.row, Index: r.stride, Scale: 4}, r.row)
	}
	r.ADDQ(operand.U32(uint32(r.width())), r.dst)
	r.SUBQ(operand.U32(uint32(r.lanes())), r.left)
	r.JMP(operand.LabelRef(loop))
	r.Label(done)
}

// fours takes four rows at a time while there are four, then goes on at rest. sum adds up the row at r.row.
func (r *rows512) fours(sum func(acc reg.VecVirtual), rest string) {
	loop := r.label("four")
	r.Label(loop)
	r.CMPQ(r.left, operand.U32(4))
	r.JLT(operand.LabelRef(rest))
	acc := r.zeros(4)
	for _, a := range acc {
		sum(a)
		r.ADDQ(r.stride, r.row)
	}
	r.acrossFour(acc, r.dst)
	r.ADDQ(operand.U32(uint32(4*r.size())), r.dst)
	r.SUBQ(operand.U32(4), r.left)
	r.JMP(operand.LabelRef(loop))
}

// held loads the c registers of x and returns the sum over a row of as many.
func (r *rows512) held(c int) func(acc reg.VecVirtual) {
	v := make([]reg.VecVirtual, c)
	for i := range c - 1 {
		v[i] = r.vec()
		r.load(r.at(r.x, i*r.lanes()), v[i])
	}
	v[c-1] = r.lastOfX(r.at(r.x, (c-1)*r.lanes()))
	return func(acc reg.VecVirtual) {
		for i := range c - 1 {
			r.step(v[i], r.at(r.row, i*r.lanes()), acc, r.vec())
		}
		r.last(v[c-1], r.at(r.row, (c-1)*r.lanes()), acc)
	}
}

// long sums over a row of any length, reading x again.
func (r *rows512) long(acc reg.VecVirtual) {
	at, left := r.GP64(), r.GP64()
	r.XORQ(at, at)
	r.MOVQ(r.d, left)
	part := func(base reg.Register, i int) operand.Mem {
		return operand.Mem{Base: base, Index: at, Scale: 1, Disp: i * r.width()}
	}
	for _, unroll := range []int{4, 1} {
		loop, done := r.label("long"), r.label("longDone")
		r.Label(loop)
		r.CMPQ(left, operand.U32(uint32(unroll*r.lanes())))
		r.JLE(operand.LabelRef(done)) // at least one lane is left for the masked end
		for i := range unroll {
			v := r.vec()
			r.load(part(r.x, i), v)
			r.step(v, part(r.row, i), acc, r.vec())
		}
		r.ADDQ(operand.U32(uint32(unroll*r.width())), at)
		r.SUBQ(operand.U32(uint32(unroll*r.lanes())), left)
		r.JMP(operand.LabelRef(loop))
		r.Label(done)
	}
	r.last(r.lastOfX(part(r.x, 0)), part(r.row, 0), acc)
}

// singles takes the rows left one by one.
func (r *rows512) singles() {
	loop, done := r.label("one"), r.label("oneDone")
	r.Label(loop)
	r.TESTQ(r.left, r.left)
	r.JZ(operand.LabelRef(done))
	acc := r.vec()
	r.zero(acc)
	r.long(acc)
	pick(r.gen, r.VMOVSS, r.VMOVSD)(r.across(acc), r.at(r.dst, 0))
	r.ADDQ(r.stride, r.row)
	r.ADDQ(operand.U32(uint32(r.size())), r.dst)
	r.DECQ(r.left)
	r.JMP(operand.LabelRef(loop))
	r.Label(done)
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

// acrossFour stores the sums of the lanes of four registers side by side, in the order of across.
func (g *gen) acrossFour(acc []reg.VecVirtual, dst reg.GPVirtual) {
	for i, s := range g.sumsOfFour(acc) {
		pick(g, g.VMOVUPS, g.VMOVUPD)(s, g.at(dst, 2*i))
	}
}

// sumsOfFour returns the sums of the lanes of four registers side by side in one register of 128 bits, or in two, in the
// order of across.
func (g *gen) sumsOfFour(acc []reg.VecVirtual) []reg.VecVirtual {
	pair := func(a, b reg.VecVirtual, low, high uint8) reg.VecVirtual {
		t := g.vec()
		g.VSHUFF64X2(operand.U8(low), b, a, t)
		g.VSHUFF64X2(operand.U8(high), b, a, b)
		g.add(b, t, a)
		return a
	}
	a := pair(pair(acc[0], acc[1], 0x44, 0xee), pair(acc[2], acc[3], 0x44, 0xee), 0x88, 0xdd) // a quarter for each
	t := g.vec()
	g.VPERMILPD(operand.U8(0x55), a, t)
	g.add(t, a, a)
	if g.f32 {
		g.VMOVSHDUP(a, t)
		g.add(t, a, a)
	}
	// the first lanes of the quarters
	high, second, fourth := g.YMM(), g.XMM(), g.XMM()
	g.VEXTRACTF64X4(operand.U8(1), a, high)
	g.upper(a.AsY(), second)
	g.upper(high, fourth)
	first, third := g.XMM(), g.XMM()
	if g.f32 {
		g.VUNPCKLPS(second, a.AsX(), first)
		g.VUNPCKLPS(fourth, high.AsX(), third)
		g.VMOVLHPS(third, first, first)
		return []reg.VecVirtual{first}
	}
	g.VUNPCKLPD(second, a.AsX(), first)
	g.VUNPCKLPD(fourth, high.AsX(), third)
	return []reg.VecVirtual{first, third}
}
