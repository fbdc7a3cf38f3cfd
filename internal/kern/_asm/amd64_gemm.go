package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileRows is the height of a register tile; its width is two registers. With AVX2, 6 x 2 accumulators, two registers of B
// and two broadcasts of A (or one and a mask) are the sixteen registers there are; with AVX-512, 14 x 2 leave four of the
// thirty-two for the same.
func (g *gen) tileRows() int {
	if g.wide {
		return 14
	}
	return 6
}

// emitGemm writes the two tile kernels and the one-row kernel of the matrix product.
func emitGemm(c *build.Context) {
	each(c, "gemm", func(g *gen) {
		g.maskTable()
		g.direct()
		g.packed()
		g.gemmRow()
		g.peak()
	})
}

// direct reads A and B where they lie.
func (g *gen) direct() {
	g.fn("gemmDirect", "sets the m x nr block C to alpha*A*B + beta*C, height rows at a time, reading A and B where they lie. A's strides are rsa and csa, B's and C's rows are rsb and ldc apart, nr is at most two registers of elements.",
		"func(m, height, nr, k int, a *T, rsa, csa int, b *T, rsb int, c *T, ldc int, alpha, beta T)")
	g.columns(func(t tile) { g.strips(t, g.tile) })
}

// packed reads A as strips of whole tiles, element (i, p) at strip + rows*p+i, strips rows*k elements apart, and B as rows of two
// registers. The last strip is computed whole, and stored as far as C goes.
func (g *gen) packed() {
	g.fn("gemmPacked", "sets the m x nr block C to alpha*A*B + beta*C. A is packed in strips of a tile's rows, column by column, B in rows of two registers; nr is at most that.",
		"func(m, nr, k int, a, b, c *T, ldc int, alpha, beta T)")
	g.columns(func(t tile) {
		t.packed = true
		top := g.label("strip")
		g.Label(top)
		g.tile(t, g.tileRows())
		g.SUBQ(operand.U32(uint32(g.tileRows())), t.m)
		g.JGT(operand.LabelRef(top))
	})
}

// tile is one variant of a kernel's column shape.
type tile struct {
	vectors int           // registers a row has, 1 or 2
	mask    reg.Register  // of the last one, nil if it is whole
	packed  bool          // operands packed
	a, c, m reg.GPVirtual // current strip, its C, rows left
}

// columns branches on nr: two whole registers, two with the second cut, one that may be cut. Where a mask costs nothing, whole
// registers have one too.
func (g *gen) columns(strips func(t tile)) {
	a, c, m, nr := g.arg("a"), g.arg("c"), g.arg("m"), g.arg("nr")
	one := g.label("narrow")
	if !g.wide {
		two := g.label("cut")
		g.CMPQ(nr, operand.U32(uint32(2*g.lanes())))
		g.JNE(operand.LabelRef(two))
		strips(tile{vectors: 2, a: a, c: c, m: m})
		g.end()
		g.Label(two)
	}
	g.CMPQ(nr, operand.U32(uint32(g.lanes())))
	g.JLE(operand.LabelRef(one))
	g.SUBQ(operand.U32(uint32(g.lanes())), nr)
	strips(tile{vectors: 2, mask: g.lanesMask(nr), a: a, c: c, m: m})
	g.end()
	g.Label(one)
	strips(tile{vectors: 1, mask: g.lanesMask(nr), a: a, c: c, m: m})
	g.end()
}

// strips loops over strips of height rows, the last of which may be lower.
func (g *gen) strips(t tile, tile func(t tile, r int)) {
	top, done := g.label("strip"), g.label("stripDone")
	height := make([]string, g.tileRows()+1)
	for r := range height {
		height[r] = g.label("rows")
	}
	g.Label(top)
	rows := g.arg("height")
	g.CMPQ(t.m, rows)
	g.CMOVQLT(t.m, rows)
	for r := g.tileRows(); r >= 1; r-- {
		g.CMPQ(rows, operand.U32(uint32(r)))
		g.JEQ(operand.LabelRef(height[r]))
	}
	g.JMP(operand.LabelRef(done))
	for r := g.tileRows(); r >= 1; r-- {
		g.Label(height[r])
		tile(t, r)
		g.SUBQ(operand.U32(uint32(r)), t.m)
		g.JMP(operand.LabelRef(top))
	}
	g.Label(done)
}

// bytes loads a stride and turns it into bytes.
func (g *gen) bytes(name string) reg.GPVirtual {
	r := g.arg(name)
	g.SHLQ(operand.U8(g.shift()), r)
	return r
}

// tile computes r rows of C and advances t.a and t.c past them.
func (g *gen) tile(t tile, r int) {
	acc := g.zeros(r * t.vectors)
	b, k := g.arg("b"), g.arg("k")
	rows := []reg.GPVirtual{g.GP64()} // every third row of A; the two after it are a stride and two away
	g.MOVQ(t.a, rows[0])
	var rsa, csa, rsb reg.GPVirtual
	if t.packed {
		g.prefetchTile(t, r)
	} else {
		rsa, csa, rsb = g.bytes("rsa"), g.bytes("csa"), g.bytes("rsb")
		for i := 3; i < r; i += 3 {
			next := g.GP64()
			g.LEAQ(operand.Mem{Base: rows[len(rows)-1], Index: rsa, Scale: 2}, next)
			g.ADDQ(rsa, next)
			rows = append(rows, next)
		}
	}
	row := make([]reg.VecVirtual, t.vectors)
	for v := range row {
		row[v] = g.vec()
	}
	spare := []reg.VecVirtual{g.vec()}
	if g.wide || t.mask == nil {
		spare = append(spare, g.vec())
	}
	element := func(i, step int) operand.Mem {
		switch {
		case t.packed:
			return g.at(rows[0], step*g.tileRows()+i)
		case i%3 == 0:
			return operand.Mem{Base: rows[i/3]}
		}
		return operand.Mem{Base: rows[i/3], Index: rsa, Scale: uint8(i % 3)}
	}
	multiply := func(step int) {
		for v := range row {
			m := operand.Mem{Base: b, Disp: g.width() * v}
			if t.packed {
				m.Disp += 2 * g.width() * step
			}
			if t.mask != nil && v == t.vectors-1 && !t.packed {
				g.loadMasked(m, t.mask, row[v])
			} else {
				g.load(m, row[v])
			}
		}
		for i := range r {
			s := spare[i%len(spare)]
			g.broadcast(element(i, step), s)
			for v := range row {
				g.fma(row[v], s, acc[i*t.vectors+v])
			}
		}
		if !t.packed {
			for _, a := range rows {
				g.ADDQ(csa, a)
			}
			g.ADDQ(rsb, b)
		}
	}
	block, rest, done := g.label("k4x"), g.label("k1x"), g.label("kDone")
	advance := func(steps int) {
		if t.packed {
			g.ADDQ(operand.U32(uint32(steps*g.tileRows()*g.size())), rows[0])
			g.ADDQ(operand.U32(uint32(steps*2*g.width())), b)
		}
	}
	if unroll := g.unroll(t, r); unroll > 1 {
		g.SUBQ(operand.U32(uint32(unroll)), k)
		g.JLT(operand.LabelRef(rest))
		g.Label(block)
		for step := range unroll {
			multiply(step)
		}
		advance(unroll)
		g.SUBQ(operand.U32(uint32(unroll)), k)
		g.JGE(operand.LabelRef(block))
		g.Label(rest)
		g.ADDQ(operand.U32(uint32(unroll)), k)
	}
	single := g.label("k1")
	g.Label(single)
	g.SUBQ(operand.U32(1), k)
	g.JLT(operand.LabelRef(done))
	multiply(0)
	advance(1)
	g.JMP(operand.LabelRef(single))
	g.Label(done)

	g.update(t, r, acc)
	if t.packed {
		step := g.arg("k")
		g.IMUL3Q(operand.U32(uint32(g.tileRows()*g.size())), step, step)
		g.ADDQ(step, t.a)
		return
	}
	step := g.bytes("rsa")
	g.IMUL3Q(operand.U32(uint32(r)), step, step)
	g.ADDQ(step, t.a)
}

// unroll is how many steps along k one turn of the loop takes: as few as hide its own instructions.
func (g *gen) unroll(t tile, r int) int {
	switch {
	case t.packed || !g.wide && r >= 4:
		return 4
	case g.wide && (r <= 6 || t.vectors == 1):
		return 2
	}
	return 1
}

// prefetchTile asks for the rows of C that will be wanted at the end.
func (g *gen) prefetchTile(t tile, r int) {
	ahead, ldc := g.GP64(), g.bytes("ldc")
	g.MOVQ(t.c, ahead)
	for i := range r {
		g.PREFETCHT0(operand.Mem{Base: ahead})
		g.PREFETCHT0(operand.Mem{Base: ahead, Disp: g.width()*t.vectors - 1})
		if i < r-1 {
			g.ADDQ(ldc, ahead)
		}
	}
}

// update sets r rows of C, or those left, to alpha*acc + beta*C, not reading C when beta is 0, and advances t.c.
func (g *gen) update(t tile, r int, acc []reg.VecVirtual) {
	ldc := g.bytes("ldc")
	alpha := g.broadcastArg("alpha")
	for _, v := range acc {
		g.mul(alpha, v, v)
	}
	fresh, done := g.label("fresh"), g.label("stored")
	sign := g.GP64()
	addr, err := g.Param("beta").Resolve()
	if err != nil {
		panic(err)
	}
	left := g.GP64()
	if t.packed {
		g.MOVQ(t.m, left)
	}
	if g.f32 {
		g.MOVL(addr.Addr, sign.As32())
		g.SHLL(operand.U8(1), sign.As32()) // the sign goes: -0 is 0
	} else {
		g.MOVQ(addr.Addr, sign)
		g.SHLQ(operand.U8(1), sign)
	}
	g.JZ(operand.LabelRef(fresh))
	within := func(v int) operand.Mem { return operand.Mem{Base: t.c, Disp: g.width() * v} }
	masked := func(v int) bool { return t.mask != nil && v == t.vectors-1 }
	addOld := func(m operand.Mem, v int, x reg.VecVirtual) {
		c := g.vec()
		if masked(v) {
			g.loadMasked(m, t.mask, c)
		} else {
			g.load(m, c)
		}
		g.fma(c, alpha, x)
	}
	each := func(old bool) {
		for i := range r {
			for v := range t.vectors {
				x := acc[i*t.vectors+v]
				if old {
					addOld(within(v), v, x)
				}
				if masked(v) {
					g.storeMasked(x, t.mask, within(v))
				} else {
					g.store(x, within(v))
				}
			}
			g.ADDQ(ldc, t.c)
			if t.packed && i < r-1 {
				g.SUBQ(operand.U32(1), left)
				g.JZ(operand.LabelRef(done))
			}
		}
	}
	g.broadcast(addr.Addr, alpha) // beta from here on
	if t.packed {
		each(true)
		g.JMP(operand.LabelRef(done))
	} else { // all rows are read before one is written: a masked read of a row waits for the write of the one before it where they touch
		c := g.GP64()
		g.MOVQ(t.c, c)
		for i := range r {
			for v := range t.vectors {
				addOld(operand.Mem{Base: c, Disp: g.width() * v}, v, acc[i*t.vectors+v])
			}
			if i < r-1 {
				g.ADDQ(ldc, c)
			}
		}
	}
	g.Label(fresh)
	each(false)
	g.Label(done)
}

// gemmRow is the product of one row and B: eight registers of columns at a time, in the same order of additions as a tile.
func (g *gen) gemmRow() {
	g.fn("gemmRow", "sets the eight registers of c to alpha*a*B + beta*c for a row a whose k elements are csa apart and B's rows rsb apart.",
		"func(k int, a *T, csa int, b *T, rsb int, c *T, alpha, beta T)")
	k, a, csa, b, rsb, c := g.arg("k"), g.arg("a"), g.bytes("csa"), g.arg("b"), g.bytes("rsb"), g.arg("c")
	acc := g.zeros(8)
	top, done := g.label("k1"), g.label("kDone")
	g.Label(top)
	g.SUBQ(operand.U32(1), k)
	g.JLT(operand.LabelRef(done))
	s := g.vec()
	g.broadcast(operand.Mem{Base: a}, s)
	for v, x := range acc {
		g.fma(operand.Mem{Base: b, Disp: g.width() * v}, s, x)
	}
	g.ADDQ(csa, a)
	g.ADDQ(rsb, b)
	g.JMP(operand.LabelRef(top))
	g.Label(done)
	g.updateRow(c, acc)
	g.end()
}

func (g *gen) updateRow(c reg.GPVirtual, acc []reg.VecVirtual) {
	alpha, beta, zero := g.broadcastArg("alpha"), g.broadcastArg("beta"), g.vec()
	for _, x := range acc {
		g.mul(alpha, x, x)
	}
	fresh := g.label("fresh")
	g.zero(zero)
	pick(g, g.VUCOMISS, g.VUCOMISD)(beta.AsX(), zero.AsX())
	nonzero := g.label("nonzero")
	g.JNE(operand.LabelRef(nonzero))
	g.JPS(operand.LabelRef(nonzero))
	g.JMP(operand.LabelRef(fresh))
	g.Label(nonzero)
	for v, x := range acc {
		old := g.vec()
		g.load(operand.Mem{Base: c, Disp: g.width() * v}, old)
		g.fma(old, beta, x)
	}
	g.Label(fresh)
	for v, x := range acc {
		g.store(x, operand.Mem{Base: c, Disp: g.width() * v})
	}
}

// peak is the register-only loop that benchmarks take the share of.
func (g *gen) peak() {
	g.fn("peak", "runs n rounds of 12 fused multiply-adds on whole registers that wait for nothing but their own last result.", "func(n int) T")
	n := g.arg("n")
	acc := g.zeros(12)
	x, y := g.vec(), g.vec()
	g.zero(x)
	g.zero(y)
	top := g.label("round")
	g.Label(top)
	for _, a := range acc {
		g.fma(x, y, a)
	}
	g.SUBQ(operand.U32(1), n)
	g.JGT(operand.LabelRef(top))
	for _, a := range acc[1:] {
		g.add(a, acc[0], acc[0])
	}
	s := acc[0]
	g.VZEROUPPER()
	g.Store(s.AsX(), g.ReturnIndex(0))
	g.RET()
}
