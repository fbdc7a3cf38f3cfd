package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileRows is the height of a register tile; its width is two registers. 6 x 2 accumulators, two registers of B and two
// broadcasts of A (or one and a mask) are the sixteen registers there are.
const tileRows = 6

// emitGemm writes the two tile kernels and the one-row kernel of the matrix product.
func emitGemm(c *build.Context) {
	both(c, "gemm", func(g *gen) {
		g.maskTable()
		g.direct()
		g.packed()
		g.gemmRow()
		g.peak()
	})
}

// direct reads A and B where they lie.
func (g *gen) direct() {
	g.fn("gemmDirect", "sets the m x nr block C to alpha*A*B + beta*C, reading A and B where they lie. A's strides are rsa and csa, B's and C's rows are rsb and ldc apart, nr is at most 64 bytes of elements.",
		"func(m, nr, k int, a *T, rsa, csa int, b *T, rsb int, c *T, ldc int, alpha, beta T)")
	g.columns(func(t tile) { g.strips(t, true) })
}

// packed reads A as strips of 6 rows, element (i, p) at strip + 6*p+i, strips 6*k elements apart, and B as rows of 64
// bytes.
func (g *gen) packed() {
	g.fn("gemmPacked", "sets the m x nr block C to alpha*A*B + beta*C. A is packed in strips of 6 rows, column by column, B in rows of 64 bytes; nr is at most 64 bytes of elements.",
		"func(m, nr, k int, a, b, c *T, ldc int, alpha, beta T)")
	g.columns(func(t tile) { t.packed = true; g.strips(t, false) })
}

// tile is one variant of a kernel's column shape.
type tile struct {
	vectors int            // registers a row has, 1 or 2
	mask    reg.VecVirtual // of the last one, nil if it is whole
	packed  bool           // operands packed
	a, c, m reg.GPVirtual  // current strip, its C, rows left
}

// columns branches on nr: two whole registers, two with the second cut, one that may be cut.
func (g *gen) columns(strips func(t tile)) {
	a, c, m, nr := g.arg("a"), g.arg("c"), g.arg("m"), g.arg("nr")
	two, one := g.label("cut"), g.label("narrow")
	g.CMPQ(nr, operand.U32(uint32(2*g.lanes())))
	g.JNE(operand.LabelRef(two))
	strips(tile{vectors: 2, a: a, c: c, m: m})
	g.end()
	g.Label(two)
	mask := g.YMM()
	g.CMPQ(nr, operand.U32(uint32(g.lanes())))
	g.JLE(operand.LabelRef(one))
	g.SUBQ(operand.U32(uint32(g.lanes())), nr)
	g.mask(nr, mask)
	strips(tile{vectors: 2, mask: mask, a: a, c: c, m: m})
	g.end()
	g.Label(one)
	g.mask(nr, mask)
	strips(tile{vectors: 1, mask: mask, a: a, c: c, m: m})
	g.end()
}

// strips loops over strips of rows. Where the layout of A leaves the choice (even), 7 and 8 rows are split in 4 and the
// rest, since a strip of one or two rows cannot hide the latency of its additions.
func (g *gen) strips(t tile, even bool) {
	top, done := g.label("strip"), g.label("stripDone")
	height := make([]string, tileRows+1)
	for r := 1; r <= tileRows; r++ {
		height[r] = g.label("rows")
	}
	g.Label(top)
	if even {
		g.CMPQ(t.m, operand.U32(9))
		g.JGE(operand.LabelRef(height[6]))
		g.CMPQ(t.m, operand.U32(6))
		g.JEQ(operand.LabelRef(height[6]))
		g.CMPQ(t.m, operand.U32(5))
		g.JEQ(operand.LabelRef(height[5]))
		g.CMPQ(t.m, operand.U32(4))
		g.JGE(operand.LabelRef(height[4]))
	} else {
		g.CMPQ(t.m, operand.U32(6))
		g.JGE(operand.LabelRef(height[6]))
		for _, r := range []int{5, 4} {
			g.CMPQ(t.m, operand.U32(uint32(r)))
			g.JEQ(operand.LabelRef(height[r]))
		}
	}
	for _, r := range []int{3, 2, 1} {
		g.CMPQ(t.m, operand.U32(uint32(r)))
		g.JEQ(operand.LabelRef(height[r]))
	}
	g.JMP(operand.LabelRef(done))
	for r := tileRows; r >= 1; r-- {
		g.Label(height[r])
		g.tile(t, r)
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
	a0, a3 := g.GP64(), g.GP64()
	g.MOVQ(t.a, a0)
	var rsa, csa, rsb reg.GPVirtual
	if !t.packed {
		rsa, csa, rsb = g.bytes("rsa"), g.bytes("csa"), g.bytes("rsb")
		g.LEAQ(operand.Mem{Base: a0, Index: rsa, Scale: 2}, a3)
		g.ADDQ(rsa, a3)
	}
	if t.packed && r == tileRows { // C will be wanted at the end
		ahead, ldc := g.GP64(), g.bytes("ldc")
		g.MOVQ(t.c, ahead)
		for i := range r {
			g.PREFETCHT0(operand.Mem{Base: ahead})
			g.PREFETCHT0(operand.Mem{Base: ahead, Disp: 32*t.vectors - 1})
			if i < r-1 {
				g.ADDQ(ldc, ahead)
			}
		}
	}
	row := make([]reg.VecVirtual, t.vectors)
	for v := range row {
		row[v] = g.YMM()
	}
	spare := []reg.VecVirtual{g.YMM()}
	if t.mask == nil {
		spare = append(spare, g.YMM())
	}
	element := func(i, step int) operand.Mem {
		switch {
		case t.packed:
			return g.at(a0, step*tileRows+i)
		case i == 0:
			return operand.Mem{Base: a0}
		case i == 3:
			return operand.Mem{Base: a3}
		case i < 3:
			return operand.Mem{Base: a0, Index: rsa, Scale: uint8(i)}
		default:
			return operand.Mem{Base: a3, Index: rsa, Scale: uint8(i - 3)}
		}
	}
	multiply := func(step int) {
		for v := range row {
			m := operand.Mem{Base: b, Disp: 32 * v}
			if t.packed {
				m.Disp += 64 * step
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
			g.ADDQ(csa, a0)
			if r > 3 {
				g.ADDQ(csa, a3)
			}
			g.ADDQ(rsb, b)
		}
	}
	const unroll = 4
	block, rest, done := g.label("k4x"), g.label("k1x"), g.label("kDone")
	advance := func(steps int) {
		if t.packed {
			g.ADDQ(operand.U32(uint32(steps*tileRows*g.size())), a0)
			g.ADDQ(operand.U32(uint32(steps*64)), b)
		}
	}
	if r >= 4 {
		g.SUBQ(operand.U32(unroll), k)
		g.JLT(operand.LabelRef(rest))
		g.Label(block)
		for step := range unroll {
			multiply(step)
		}
		advance(unroll)
		g.SUBQ(operand.U32(unroll), k)
		g.JGE(operand.LabelRef(block))
		g.Label(rest)
		g.ADDQ(operand.U32(unroll), k)
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
		g.IMUL3Q(operand.U32(uint32(tileRows*g.size())), step, step)
		g.ADDQ(step, t.a)
		return
	}
	step := g.bytes("rsa")
	g.IMUL3Q(operand.U32(uint32(r)), step, step)
	g.ADDQ(step, t.a)
}

// update sets r rows of C to alpha*acc + beta*C, not reading C when beta is 0, and advances t.c.
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
	if g.f32 {
		g.MOVL(addr.Addr, sign.As32())
		g.SHLL(operand.U8(1), sign.As32()) // the sign goes: -0 is 0
	} else {
		g.MOVQ(addr.Addr, sign)
		g.SHLQ(operand.U8(1), sign)
	}
	g.JZ(operand.LabelRef(fresh))
	each := func(old bool) {
		for i := range r {
			for v := range t.vectors {
				m, x := operand.Mem{Base: t.c, Disp: 32 * v}, acc[i*t.vectors+v]
				masked := t.mask != nil && v == t.vectors-1
				if old {
					c := g.YMM()
					if masked {
						g.loadMasked(m, t.mask, c)
					} else {
						g.load(m, c)
					}
					g.fma(c, alpha, x)
				}
				if masked {
					g.storeMasked(x, t.mask, m)
				} else {
					g.store(x, m)
				}
			}
			g.ADDQ(ldc, t.c)
		}
		if old {
			g.JMP(operand.LabelRef(done))
		}
	}
	g.broadcast(addr.Addr, alpha) // beta from here on
	each(true)
	g.Label(fresh)
	each(false)
	g.Label(done)
}

// gemmRow is the product of one row and B: eight registers of columns at a time, in the same order of additions as a tile.
func (g *gen) gemmRow() {
	g.fn("gemmRow", "sets the 256 bytes of c to alpha*a*B + beta*c for a row a whose k elements are csa apart and B's rows rsb apart.",
		"func(k int, a *T, csa int, b *T, rsb int, c *T, alpha, beta T)")
	k, a, csa, b, rsb, c := g.arg("k"), g.arg("a"), g.bytes("csa"), g.arg("b"), g.bytes("rsb"), g.arg("c")
	acc := g.zeros(8)
	top, done := g.label("k1"), g.label("kDone")
	g.Label(top)
	g.SUBQ(operand.U32(1), k)
	g.JLT(operand.LabelRef(done))
	s := g.YMM()
	g.broadcast(operand.Mem{Base: a}, s)
	for v, x := range acc {
		g.fma(operand.Mem{Base: b, Disp: 32 * v}, s, x)
	}
	g.ADDQ(csa, a)
	g.ADDQ(rsb, b)
	g.JMP(operand.LabelRef(top))
	g.Label(done)
	g.updateRow(c, acc)
	g.end()
}

func (g *gen) updateRow(c reg.GPVirtual, acc []reg.VecVirtual) {
	alpha, beta, zero := g.broadcastArg("alpha"), g.broadcastArg("beta"), g.YMM()
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
		old := g.YMM()
		g.load(operand.Mem{Base: c, Disp: 32 * v}, old)
		g.fma(old, beta, x)
	}
	g.Label(fresh)
	for v, x := range acc {
		g.store(x, operand.Mem{Base: c, Disp: 32 * v})
	}
}

// peak is the register-only loop that benchmarks take the share of.
func (g *gen) peak() {
	g.fn("peak", "runs n rounds of 12 fused multiply-adds on whole registers that wait for nothing but their own last result.", "func(n int) T")
	n := g.arg("n")
	acc := g.zeros(12)
	x, y := g.YMM(), g.YMM()
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
