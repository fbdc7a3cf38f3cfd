package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
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
		g.windows(false)
		g.largestOfFour()
		if wide {
			g.windows(true)
		}
	}
}

// largestOfFour pools windows of two by two places.
func (g *gen) largestOfFour() {
	g.fn("largestOfFour", "sets n runs of c elements, side by side in dst, to the largest of four: two runs after each other in x and the two below them in y; NaN if one is.",
		"func(dst, x, y *T, n, c int)")
	dst, x, y, n, c := g.arg("dst"), g.arg("x"), g.arg("y"), g.arg("n"), g.arg("c")
	rest, bytes := g.GP64(), g.bytes("c")
	g.MOVQ(c, rest)
	g.ANDQ(operand.U32(uint32(g.lanes()-1)), rest)
	some := g.GP64()
	g.MOVQ(rest, some)
	mask := g.lanesMask(rest)
	larger := func(a, b reg.VecVirtual) reg.VecVirtual { // as maximum has it
		nan := g.compared(isNaN, b, b)
		g.max(a, b, a)
		g.blend(nan, b, a, a)
		return a
	}
	four := func(load func(m operand.Mem, v reg.VecVirtual)) reg.VecVirtual {
		var v [4]reg.VecVirtual
		for i, m := range []operand.Mem{{Base: x}, {Base: y}, {Base: x, Index: bytes, Scale: 1}, {Base: y, Index: bytes, Scale: 1}} {
			v[i] = g.vec()
			load(m, v[i])
		}
		return larger(larger(v[0], v[1]), larger(v[2], v[3]))
	}
	top, vectors, cut, next, done := g.label("place"), g.label("vectors"), g.label("cut"), g.label("next"), g.label("done")
	g.Label(top)
	g.SUBQ(operand.U32(1), n)
	g.JLT(operand.LabelRef(done))
	left := g.arg("c")
	g.Label(vectors)
	g.SUBQ(operand.U32(uint32(g.lanes())), left)
	g.JLT(operand.LabelRef(cut))
	g.store(four(func(m operand.Mem, v reg.VecVirtual) { g.load(m, v) }), operand.Mem{Base: dst})
	for _, p := range []reg.GPVirtual{dst, x, y} {
		g.ADDQ(operand.U32(uint32(g.width())), p)
	}
	g.JMP(operand.LabelRef(vectors))
	g.Label(cut)
	g.TESTQ(some, some)
	g.JZ(operand.LabelRef(next))
	g.storeMasked(four(func(m operand.Mem, v reg.VecVirtual) { g.loadMasked(m, mask, v) }), mask, operand.Mem{Base: dst})
	for _, p := range []reg.GPVirtual{dst, x, y} {
		g.LEAQ(operand.Mem{Base: p, Index: some, Scale: uint8(g.size())}, p)
	}
	g.Label(next)
	g.ADDQ(bytes, x)
	g.ADDQ(bytes, y)
	g.JMP(operand.LabelRef(top))
	g.Label(done)
	g.end()
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

// windows is a product whose rows of A are the windows of a convolution, which lie in runs: of numbers, or of bytes, four at a time.
func (g *gen) windows(octets bool) {
	const blocks = "height rows at a time. A row of A is lines runs of run %s, gap %s between them; rows are rsa apart, those of the next block nextA. B is one packed panel, nr at most its width"
	if octets {
		g.Function("windowsU8S8VNNI")
		g.Attributes(attr.NOSPLIT)
		g.Pragma("noescape")
		g.Doc("windowsU8S8VNNI sets n m x nr blocks C, nextC elements apart, to A*B, " + fmt.Sprintf(blocks, "times four bytes", "bytes") + ".")
		g.SignatureExpr("func(n, m, height, nr, lines, run int, a *uint8, rsa, gap, nextA int, b *int8, c *int32, ldc, nextC int)")
	} else {
		g.fn("windows", "sets n m x nr blocks C, nextC elements apart, to A*B + bias, or the larger of that and 0 where relu is not 0, "+fmt.Sprintf(blocks, "elements", "elements")+", bias as wide as the panel.",
			"func(n, m, height, nr, lines, run int, a *T, rsa, gap, nextA int, b, c *T, ldc, nextC int, bias *T, relu int)")
	}
	apart := g.bytes // of A
	if octets {
		apart = g.arg
	}
	one := func(t tile, r int) { g.windowTile(t, r, octets) }
	block, narrow, next, done := g.label("block"), g.label("narrow"), g.label("next"), g.label("done")
	g.Label(block)
	nr := g.arg("nr")
	t := tile{vectors: 2, a: g.arg("a"), c: g.arg("c"), m: g.arg("m")}
	g.CMPQ(nr, operand.U32(uint32(g.lanes())))
	g.JLE(operand.LabelRef(narrow))
	g.strips(t, one)
	g.JMP(operand.LabelRef(next))
	g.Label(narrow)
	t.vectors = 1
	g.strips(t, one)
	g.Label(next)
	n := g.arg("n")
	g.SUBQ(operand.U32(1), n)
	g.JZ(operand.LabelRef(done))
	g.keepArg("n", n)
	at := g.arg("a")
	g.ADDQ(apart("nextA"), at)
	g.keepArg("a", at)
	at = g.arg("c")
	g.ADDQ(g.bytes("nextC"), at)
	g.keepArg("c", at)
	g.JMP(operand.LabelRef(block))
	g.Label(done)
	g.end()
}

// keepArg overwrites an argument, where registers are few.
func (g *gen) keepArg(name string, r reg.GPVirtual) {
	addr, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	g.MOVQ(r, addr.Addr)
}

// windowTile computes r rows of C and advances t.a and t.c past them.
func (g *gen) windowTile(t tile, r int, octets bool) {
	acc := g.zeros(r * t.vectors)
	apart := g.bytes
	if octets {
		apart = g.arg
	}
	b, lines, rsa := g.arg("b"), g.arg("lines"), apart("rsa")
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
		if octets {
			g.VPBROADCASTD(element(i), spare)
			for v := range row {
				g.VPDPBUSD(row[v], spare, acc[i*t.vectors+v])
			}
			continue
		}
		if g.wide && t.vectors == 1 {
			g.VFMADD231PS_BCST(element(i), row[0], acc[i])
			continue
		}
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
	gap := apart("gap")
	for _, a := range rows {
		g.ADDQ(gap, a)
	}
	g.SUBQ(operand.U32(1), lines)
	g.JG(operand.LabelRef(line))

	if !octets {
		g.finishTile(row, spare, acc)
	}
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

// finishTile adds the bias and cuts what is below 0.
func (g *gen) finishTile(row []reg.VecVirtual, spare reg.VecVirtual, acc []reg.VecVirtual) {
	bias, relu, plain := g.arg("bias"), g.arg("relu"), g.label("plain")
	for v := range row {
		g.load(operand.Mem{Base: bias, Disp: g.width() * v}, row[v])
	}
	for i, x := range acc {
		g.add(row[i%len(row)], x, x)
	}
	g.TESTQ(relu, relu)
	g.JZ(operand.LabelRef(plain))
	g.zero(spare)
	for _, x := range acc {
		g.max(x, spare, x)
	}
	g.Label(plain)
}
