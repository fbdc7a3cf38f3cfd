package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitPanels writes the products with weights that were packed once: panels of B two registers wide, rows filled up with zeros.
func emitPanels(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, f32: true, wide: wide, file: "panels"}
		g.maskTable()
		g.rowPanels()
		g.windows()
	}
}

// rowPanels is the product of one row and up to four panels, in the order of additions of a tile.
func (g *gen) rowPanels() {
	g.fn("rowPanels", "sets c, whole panels of two registers, to a*B, plus what is there where old is not 0, for a row a of k elements and panels of B that begin panel elements apart; panels is 1 to 4.",
		"func(panels, k int, a, b *T, panel int, c *T, old int)")
	n := g.arg("panels")
	var labels [5]string
	for p := 4; p >= 1; p-- {
		labels[p] = g.label("panels")
		g.CMPQ(n, operand.U32(uint32(p)))
		g.JEQ(operand.LabelRef(labels[p]))
	}
	g.end()
	for p := 4; p >= 1; p-- {
		g.Label(labels[p])
		g.rowOfPanels(p)
		g.end()
	}
}

func (g *gen) rowOfPanels(panels int) {
	k, a, panel := g.arg("k"), g.arg("a"), g.bytes("panel")
	b := []reg.GPVirtual{g.arg("b")}
	for i := 1; i < panels; i++ {
		next := g.GP64()
		g.LEAQ(operand.Mem{Base: b[i-1], Index: panel, Scale: 1}, next)
		b = append(b, next)
	}
	acc := g.zeros(2 * panels)
	top, done := g.label("k1"), g.label("kDone")
	step := func(i int) {
		s := g.vec()
		g.broadcast(g.at(a, i), s)
		for v, x := range acc {
			g.fma(operand.Mem{Base: b[v/2], Disp: g.width() * (v%2 + 2*i)}, s, x)
		}
	}
	advance := func(steps int) {
		g.ADDQ(operand.U32(uint32(steps*g.size())), a)
		for _, p := range b {
			g.ADDQ(operand.U32(uint32(2*steps*g.width())), p)
		}
	}
	two := g.label("k2")
	g.SUBQ(operand.U32(2), k)
	g.JLT(operand.LabelRef(top))
	g.Label(two)
	step(0)
	step(1)
	advance(2)
	g.SUBQ(operand.U32(2), k)
	g.JGE(operand.LabelRef(two))
	g.Label(top)
	g.ADDQ(operand.U32(2), k)
	g.JZ(operand.LabelRef(done))
	step(0)
	g.Label(done)
	c, old, fresh := g.arg("c"), g.arg("old"), g.label("fresh")
	g.TESTQ(old, old)
	g.JZ(operand.LabelRef(fresh))
	for v, x := range acc {
		g.add(operand.Mem{Base: c, Disp: g.width() * v}, x, x)
	}
	g.Label(fresh)
	for v, x := range acc {
		g.store(x, operand.Mem{Base: c, Disp: g.width() * v})
	}
}

// windows is a product whose rows of A are the windows of a convolution, which lie in runs.
func (g *gen) windows() {
	g.fn("windows", "sets the m x nr block C to A*B + bias, or the larger of that and 0 where relu is not 0, height rows at a time. A row of A is lines runs of run elements, gap elements between them; rows are rsa apart. B is one packed panel, nr at most its width, bias as wide as the panel.",
		"func(m, height, nr, lines, run int, a *T, rsa, gap int, b, c *T, ldc int, bias *T, relu int)")
	nr, one := g.arg("nr"), g.label("narrow")
	t := tile{vectors: 2, a: g.arg("a"), c: g.arg("c"), m: g.arg("m")}
	g.CMPQ(nr, operand.U32(uint32(g.lanes())))
	g.JLE(operand.LabelRef(one))
	g.strips(t, g.windowTile)
	g.end()
	g.Label(one)
	t.vectors = 1
	g.strips(t, g.windowTile)
	g.end()
}

// windowTile computes r rows of C and advances t.a and t.c past them.
func (g *gen) windowTile(t tile, r int) {
	acc := g.zeros(r * t.vectors)
	b, lines, rsa := g.arg("b"), g.arg("lines"), g.bytes("rsa")
	rows := []reg.GPVirtual{g.GP64()} // every third row of A; the two after it are a stride and two away
	g.MOVQ(t.a, rows[0])
	for i := 3; i < r; i += 3 {
		next := g.GP64()
		g.LEAQ(operand.Mem{Base: rows[len(rows)-1], Index: rsa, Scale: 2}, next)
		g.ADDQ(rsa, next)
		rows = append(rows, next)
	}
	row := make([]reg.VecVirtual, t.vectors)
	for v := range row {
		row[v] = g.vec()
	}
	spare := g.vec()
	element := func(i int) operand.Mem {
		if i%3 == 0 {
			return operand.Mem{Base: rows[i/3]}
		}
		return operand.Mem{Base: rows[i/3], Index: rsa, Scale: uint8(i % 3)}
	}
	line, step := g.label("line"), g.label("run")
	g.Label(line)
	k := g.arg("run")
	g.Label(step)
	for v := range row {
		g.load(operand.Mem{Base: b, Disp: g.width() * v}, row[v])
	}
	for i := range r {
		g.broadcast(element(i), spare)
		for v := range row {
			g.fma(row[v], spare, acc[i*t.vectors+v])
		}
	}
	for _, a := range rows {
		g.ADDQ(operand.U32(uint32(g.size())), a)
	}
	g.ADDQ(operand.U32(uint32(2*g.width())), b)
	g.SUBQ(operand.U32(1), k)
	g.JG(operand.LabelRef(step))
	gap := g.bytes("gap")
	for _, a := range rows {
		g.ADDQ(gap, a)
	}
	g.SUBQ(operand.U32(1), lines)
	g.JG(operand.LabelRef(line))

	bias, relu, plain := g.arg("bias"), g.arg("relu"), g.label("plain")
	for v := range row {
		g.load(operand.Mem{Base: bias, Disp: g.width() * v}, row[v])
	}
	for i, x := range acc {
		g.add(row[i%t.vectors], x, x)
	}
	g.TESTQ(relu, relu)
	g.JZ(operand.LabelRef(plain))
	g.zero(spare)
	for _, x := range acc {
		g.max(x, spare, x)
	}
	g.Label(plain)
	cut := g.arg("nr")
	if t.vectors == 2 {
		g.SUBQ(operand.U32(uint32(g.lanes())), cut)
	}
	mask, ldc := g.lanesMask(cut), g.bytes("ldc")
	for i := range r {
		for v := range t.vectors {
			m := operand.Mem{Base: t.c, Disp: g.width() * v}
			if v == t.vectors-1 {
				g.storeMasked(acc[i*t.vectors+v], mask, m)
			} else {
				g.store(acc[i*t.vectors+v], m)
			}
		}
		g.ADDQ(ldc, t.c)
	}
	g.IMUL3Q(operand.U32(uint32(r)), rsa, rsa)
	g.ADDQ(rsa, t.a)
}
