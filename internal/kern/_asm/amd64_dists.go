package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitDists writes the kernels of squared distances many to many. Points are packed in panels of two registers: coordinate
// k of all points of a panel side by side, then coordinate k+1. So lanes are points, and nothing is left to reduce: every
// distance is summed in the order of the coordinates.
func emitDists(c *build.Context) {
	each(c, "dists", func(g *gen) {
		g.maskTable()
		g.distTile()
		g.distRow()
		g.transpose()
	})
}

// distTile takes several rows of x at a time against one panel, as many as there are registers for their sums.
func (g *gen) distTile() {
	g.fn("sqDistTile", "adds to C, or to zero where onto is 0, the squared differences of k coordinates of m rows of x and the nr points of a panel.",
		"func(m, nr, k int, x *T, ldx int, panel *T, c *T, ldc int, onto int)")
	heights, narrow := []int{5, 2, 1}, []int{8, 1}
	if g.wide {
		heights, narrow = []int{12, 4, 1}, []int{12, 4, 1}
	}
	g.pairTile(heights, narrow, func(y, v, acc reg.VecVirtual) {
		d := g.vec()
		g.sub(y, v, d)
		g.fma(d, d, acc)
	})
}

// A pairStep adds what coordinates v of rows and y of points have between them to acc.
type pairStep func(y, v, acc reg.VecVirtual)

// pairTile writes the body of a function of distTile's arguments.
func (g *gen) pairTile(heights, narrow []int, step pairStep) {
	nr, cut, one := g.arg("nr"), g.label("cut"), g.label("one")
	g.CMPQ(nr, operand.U32(uint32(2*g.lanes())))
	g.JNE(operand.LabelRef(cut))
	g.distStrips(heights, []reg.Register{nil, nil}, step)
	g.end()
	g.Label(cut)
	g.CMPQ(nr, operand.U32(uint32(g.lanes())))
	g.JLE(operand.LabelRef(one))
	g.SUBQ(operand.U32(uint32(g.lanes())), nr)
	g.distStrips(heights, []reg.Register{nil, g.lanesMask(nr)}, step)
	g.end()
	g.Label(one)
	g.distStrips(narrow, []reg.Register{g.lanesMask(nr)}, step)
	g.end()
}

// distStrips loops over strips of rows. There is a mask for each register of a row, nil for a whole one.
func (g *gen) distStrips(heights []int, masks []reg.Register, step pairStep) {
	m, x, c := g.arg("m"), g.arg("x"), g.arg("c")
	for _, height := range heights {
		top, done := g.label("rows"), g.label("rowsDone")
		g.Label(top)
		g.CMPQ(m, operand.U32(uint32(height)))
		g.JLT(operand.LabelRef(done))
		g.distBlock(height, x, c, masks, step)
		g.SUBQ(operand.U32(uint32(height)), m)
		g.JMP(operand.LabelRef(top))
		g.Label(done)
	}
}

// distBlock computes rows of C and advances x and c past them.
func (g *gen) distBlock(rows int, x, c reg.GPVirtual, masks []reg.Register, step pairStep) {
	row := g.rowPointers(rows, x, g.bytes("ldx"))
	wide := len(masks)
	acc := g.zeros(wide * rows)
	panel, k := g.arg("panel"), g.arg("k")
	fresh := g.label("fresh")
	onto := g.arg("onto")
	g.TESTQ(onto, onto)
	g.JZ(operand.LabelRef(fresh))
	at, ldc := g.GP64(), g.bytes("ldc")
	g.MOVQ(c, at)
	for r := range rows {
		for h, mask := range masks {
			if mask == nil {
				g.load(g.at(at, h*g.lanes()), acc[wide*r+h])
			} else {
				g.loadMasked(g.at(at, h*g.lanes()), mask, acc[wide*r+h])
			}
		}
		g.ADDQ(ldc, at)
	}
	g.Label(fresh)
	y := make([]reg.VecVirtual, wide)
	for h := range y {
		y[h] = g.vec()
	}
	v := g.vec()
	loop, done := g.label("k"), g.label("kDone")
	g.TESTQ(k, k)
	g.JZ(operand.LabelRef(done))
	g.Label(loop)
	for h := range y {
		g.load(g.at(panel, h*g.lanes()), y[h])
	}
	for r := range rows {
		g.broadcast(row.at(r), v)
		for h := range y {
			step(y[h], v, acc[wide*r+h])
		}
	}
	for _, p := range row.base {
		g.ADDQ(operand.U32(uint32(g.size())), p)
	}
	g.ADDQ(operand.U32(uint32(2*g.width())), panel)
	g.DECQ(k)
	g.JNZ(operand.LabelRef(loop))
	g.Label(done)
	ldc, ldx := g.bytes("ldc"), g.bytes("ldx")
	for r := range rows {
		for h, mask := range masks {
			if mask == nil {
				g.store(acc[wide*r+h], g.at(c, h*g.lanes()))
			} else {
				g.storeMasked(acc[wide*r+h], mask, g.at(c, h*g.lanes()))
			}
		}
		g.ADDQ(ldc, c)
		g.ADDQ(ldx, x)
	}
}

// rowPointers address rows with one pointer for every four.
type rowPointers struct {
	base            []reg.GPVirtual
	stride, stride3 reg.GPVirtual
}

func (g *gen) rowPointers(rows int, first, stride reg.GPVirtual) rowPointers {
	p := rowPointers{base: make([]reg.GPVirtual, (rows+3)/4), stride: stride, stride3: g.GP64()}
	g.LEAQ(operand.Mem{Base: stride, Index: stride, Scale: 2}, p.stride3)
	for i := range p.base {
		p.base[i] = g.GP64()
		if i == 0 {
			g.MOVQ(first, p.base[i])
		} else {
			g.LEAQ(operand.Mem{Base: p.base[i-1], Index: stride, Scale: 4}, p.base[i])
		}
	}
	return p
}

func (p rowPointers) at(r int) operand.Mem {
	m := operand.Mem{Base: p.base[r/4]}
	switch r % 4 {
	case 1:
		m.Index, m.Scale = p.stride, 1
	case 2:
		m.Index, m.Scale = p.stride, 2
	case 3:
		m.Index, m.Scale = p.stride3, 1
	}
	return m
}

// distRow takes one row of x against four panels, whose sums hide each other's latency.
func (g *gen) distRow() {
	g.fn("sqDistRow", "adds to c, or to zero where onto is 0, the squared differences of k coordinates of x and all points of four panels, which are apart elements apart.",
		"func(k int, x *T, panels *T, apart int, c *T, onto int)")
	k, x, first, c, onto := g.arg("k"), g.arg("x"), g.arg("panels"), g.arg("c"), g.arg("onto")
	panel := g.rowPointers(4, first, g.bytes("apart"))
	acc := g.zeros(8)
	fresh := g.label("fresh")
	g.TESTQ(onto, onto)
	g.JZ(operand.LabelRef(fresh))
	for i, a := range acc {
		g.load(g.at(c, i*g.lanes()), a)
	}
	g.Label(fresh)
	loop, done := g.label("k"), g.label("kDone")
	g.TESTQ(k, k)
	g.JZ(operand.LabelRef(done))
	g.Label(loop)
	v := g.vec()
	g.broadcast(g.at(x, 0), v)
	for i, a := range acc {
		m, d := panel.at(i/2), g.vec()
		m.Disp = i % 2 * g.width()
		g.sub(m, v, d)
		g.fma(d, d, a)
	}
	g.ADDQ(operand.U32(uint32(g.size())), x)
	g.ADDQ(operand.U32(uint32(2*g.width())), panel.base[0])
	g.DECQ(k)
	g.JNZ(operand.LabelRef(loop))
	g.Label(done)
	for i, a := range acc {
		g.store(a, g.at(c, i*g.lanes()))
	}
	g.end()
}

// transpose turns as many rows as a register has lanes into columns, as many columns at a time.
func (g *gen) transpose() {
	g.fn("packPoints", "writes coordinate j of one register of points to dst + j*W, for j below k, W being the elements of two registers; the points are rows of src, ld apart.",
		"func(k int, src *T, ld int, dst *T)")
	k, src, dst := g.arg("k"), g.arg("src"), g.arg("dst")
	ld := g.bytes("ld")
	row := g.rowPointers(g.lanes(), src, ld)
	g.steps("square", k, g.lanes(), row.base, func() {
		v := make([]reg.VecVirtual, g.lanes())
		for r := range v {
			v[r] = g.vec()
			g.load(row.at(r), v[r])
		}
		for _, column := range g.columnsOf(v) {
			g.store(column, operand.Mem{Base: dst})
			g.ADDQ(operand.U32(uint32(2*g.width())), dst)
		}
	})
	done := g.label("done")
	g.TESTQ(k, k)
	g.JZ(operand.LabelRef(done))
	rest := g.GP64()
	g.MOVQ(k, rest)
	mask := g.lanesMask(rest)
	v := make([]reg.VecVirtual, g.lanes())
	for r := range v {
		v[r] = g.vec()
		g.loadMasked(row.at(r), mask, v[r])
	}
	for _, column := range g.columnsOf(v)[:g.lanes()-1] {
		g.store(column, operand.Mem{Base: dst})
		g.ADDQ(operand.U32(uint32(2*g.width())), dst)
		g.DECQ(k)
		g.JZ(operand.LabelRef(done))
	}
	g.Label(done)
	g.end()
}

// columnsOf transposes a square of registers: pairs of elements, pairs of pairs, then blocks of 128 bits.
func (g *gen) columnsOf(rows []reg.VecVirtual) []reg.VecVirtual {
	type shuffle = func(a, b, dst reg.VecVirtual)
	both := func(a, b reg.VecVirtual, low, high shuffle) (reg.VecVirtual, reg.VecVirtual) {
		t := g.vec()
		low(a, b, t)
		high(a, b, b)
		return t, b
	}
	pairLow := func(a, b, dst reg.VecVirtual) { g.VUNPCKLPD(b, a, dst) }
	pairHigh := func(a, b, dst reg.VecVirtual) { g.VUNPCKHPD(b, a, dst) }
	within := 2 // columns that a block of 128 bits holds
	cur := append([]reg.VecVirtual(nil), rows...)
	if g.f32 {
		within = 4
		for i := 0; i < len(cur); i += 2 {
			cur[i], cur[i+1] = both(cur[i], cur[i+1],
				func(a, b, dst reg.VecVirtual) { g.VUNPCKLPS(b, a, dst) },
				func(a, b, dst reg.VecVirtual) { g.VUNPCKHPS(b, a, dst) })
		}
		for i := 0; i < len(cur); i += 4 {
			a, b := both(cur[i], cur[i+2], pairLow, pairHigh)
			c, d := both(cur[i+1], cur[i+3], pairLow, pairHigh)
			cur[i], cur[i+1], cur[i+2], cur[i+3] = a, b, c, d
		}
	} else {
		for i := 0; i < len(cur); i += 2 {
			cur[i], cur[i+1] = both(cur[i], cur[i+1], pairLow, pairHigh)
		}
	}
	// Block q of register i*within+c now holds column q*within+c of rows i*within and up.
	out := make([]reg.VecVirtual, len(cur))
	for c := range within {
		if !g.wide {
			out[c], out[within+c] = both(cur[c], cur[within+c],
				func(a, b, dst reg.VecVirtual) { g.VPERM2F128(operand.U8(0x20), b, a, dst) },
				func(a, b, dst reg.VecVirtual) { g.VPERM2F128(operand.U8(0x31), b, a, dst) })
			continue
		}
		even := func(a, b, dst reg.VecVirtual) { g.VSHUFF64X2(operand.U8(0x88), b, a, dst) }
		odd := func(a, b, dst reg.VecVirtual) { g.VSHUFF64X2(operand.U8(0xdd), b, a, dst) }
		e0, o0 := both(cur[c], cur[within+c], even, odd)
		e1, o1 := both(cur[2*within+c], cur[3*within+c], even, odd)
		out[c], out[2*within+c] = both(e0, e1, even, odd)
		out[within+c], out[3*within+c] = both(o0, o1, even, odd)
	}
	return out
}
