package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitRowsAt writes the forms of one vector against rows that lie anywhere: element j of a row goes to partial sum j%16, products and sums are rounded one by one, and the partial sums are joined by
// halves, 8 apart first, so that every level gives the same bits.
func emitRowsAt(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, f32: true, plain: true, file: "rowsat"}
		g.rowsAt("sqDistsAt", "the squared Euclidean distance of", func(x reg.VecVirtual, row operand.Mem, t reg.VecVirtual) {
			g.sub(row, x, t)
			g.mul(t, t, t)
		})
		g.rowsAt("dotsAt", "the dot product of", func(x reg.VecVirtual, row operand.Mem, t reg.VecVirtual) { g.mul(row, x, t) })
	}
}

// rowsAt takes four rows at a time, whose loads do not wait for each other, then single ones.
func (g *gen) rowsAt(name, doc string, term func(x reg.VecVirtual, row operand.Mem, t reg.VecVirtual)) {
	const lanes = 16
	parts := lanes / g.lanes()
	g.held = map[string]reg.VecVirtual{}
	name += "F32" + pick2(g.wide, "AVX512", "AVX2")
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " sets dst[i] to " + doc + " x and row at[i], of size bytes, a multiple of 64 above zero, as is x.")
	g.SignatureExpr("func(dst, x *float32, size int, rows *float32, at []int32)")
	dst, x, size, rows := g.arg("dst"), g.arg("x"), g.arg("size"), g.arg("rows")
	at, left := g.slice("at")
	row := func(i int) reg.GPVirtual {
		p := g.GP64()
		g.MOVLQSX(operand.Mem{Base: at, Disp: 4 * i}, p)
		g.IMULQ(size, p)
		g.ADDQ(rows, p)
		return p
	}
	sums := func(n int) []reg.VecVirtual {
		p := make([]reg.GPVirtual, n)
		for r := range p {
			p[r] = row(r)
		}
		acc := g.zeros(n * parts)
		off := g.GP64()
		g.XORQ(off, off)
		loop := g.label("lanes")
		g.Label(loop)
		for h := range parts {
			place := func(base reg.Register) operand.Mem {
				return operand.Mem{Base: base, Index: off, Scale: 1, Disp: h * g.width()}
			}
			v := g.vec()
			g.load(place(x), v)
			for r := range p {
				t := g.vec()
				term(v, place(p[r]), t)
				g.add(t, acc[r*parts+h], acc[r*parts+h])
			}
		}
		g.ADDQ(operand.Imm(4*lanes), off)
		g.CMPQ(off, size)
		g.JLT(operand.LabelRef(loop))
		out := make([]reg.VecVirtual, n)
		for r := range out {
			out[r] = acc[r*parts]
			for h := 1; h < parts; h++ {
				g.add(acc[r*parts+h], out[r], out[r])
			}
		}
		return out
	}
	four, one, done := g.label("four"), g.label("one"), g.label("done")
	g.Label(four)
	g.CMPQ(left, operand.U32(4))
	g.JLT(operand.LabelRef(one))
	acc := sums(4)
	if g.wide {
		g.acrossFour(acc, dst)
	} else {
		for r, a := range acc {
			g.VMOVSS(g.across(a), g.at(dst, r))
		}
	}
	g.ADDQ(operand.Imm(16), dst)
	g.ADDQ(operand.Imm(16), at)
	g.SUBQ(operand.U32(4), left)
	g.JMP(operand.LabelRef(four))
	g.Label(one)
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef(done))
	g.VMOVSS(g.across(sums(1)[0]), g.at(dst, 0))
	g.ADDQ(operand.Imm(4), dst)
	g.ADDQ(operand.Imm(4), at)
	g.DECQ(left)
	g.JMP(operand.LabelRef(one))
	g.Label(done)
	g.end()
}
