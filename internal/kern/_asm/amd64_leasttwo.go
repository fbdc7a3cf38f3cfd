package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitLeastTwo writes the two least numbers of each column, and the row of the least.
func emitLeastTwo(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, f32: true, file: "leasttwo"}
		g.leastTwo()
	}
}

// leastTwo goes down the rows with the columns of two vectors in registers.
func (g *gen) leastTwo() {
	name := "leastTwoF32" + pick2(g.wide, "AVX512", "AVX2")
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " does k > 0 rows of n columns, a multiple of two vectors, ld apart.")
	g.SignatureExpr("func(k, n int, x *float32, ld int, least, second *float32, at *int32)")
	k, n, x, ld := g.arg("k"), g.arg("n"), g.arg("x"), g.arg("ld")
	least, second, at := g.arg("least"), g.arg("second"), g.arg("at")
	const vectors = 2
	g.SHLQ(operand.Imm(2), ld)
	one, none := g.vec(), g.vec()
	word := g.GP32()
	g.MOVL(operand.U32(1), word)
	g.VMOVD(word, one.AsX())
	g.VPBROADCASTD(one.AsX(), one)
	g.MOVL(operand.U32(0x7f800000), word) // +Inf
	g.VMOVD(word, none.AsX())
	g.VPBROADCASTD(none.AsX(), none)
	columns := g.label("columns")
	g.Label(columns)
	var best, next, row [vectors]reg.VecVirtual
	count := g.vec()
	move := func(from, to reg.VecVirtual) {
		if g.wide {
			g.VMOVDQA64(from, to)
		} else {
			g.VMOVDQA(from, to)
		}
	}
	zero := func(v reg.VecVirtual) {
		if g.wide {
			g.VPXORD(v, v, v)
		} else {
			g.VPXOR(v, v, v)
		}
	}
	zero(count)
	for v := range vectors {
		best[v], next[v], row[v] = g.vec(), g.vec(), g.vec()
		move(none, best[v])
		move(none, next[v])
		zero(row[v])
	}
	p, i := g.GP64(), g.GP64()
	g.MOVQ(x, p)
	g.MOVQ(k, i)
	rows := g.label("rows")
	g.Label(rows)
	for v := range vectors {
		y, larger := g.vec(), g.vec()
		g.VMOVUPS(operand.Mem{Base: p, Disp: v * g.width()}, y)
		const below = 17
		if g.wide {
			m := g.K()
			g.VCMPPS(operand.Imm(below), best[v], y, m)
			g.VMOVDQA32(count, m, row[v])
		} else {
			m := g.vec()
			g.VCMPPS(operand.Imm(below), best[v], y, m)
			g.VBLENDVPS(m, count, row[v], row[v])
		}
		g.VMAXPS(y, best[v], larger)
		g.VMINPS(larger, next[v], next[v])
		g.VMINPS(y, best[v], best[v])
	}
	g.VPADDD(one, count, count)
	g.ADDQ(ld, p)
	g.DECQ(i)
	g.JNZ(operand.LabelRef(rows))
	for v := range vectors {
		d := v * g.width()
		g.VMOVUPS(best[v], operand.Mem{Base: least, Disp: d})
		g.VMOVUPS(next[v], operand.Mem{Base: second, Disp: d})
		g.VMOVUPS(row[v], operand.Mem{Base: at, Disp: d})
	}
	step := operand.Imm(uint64(vectors * g.width()))
	for _, r := range []reg.GPVirtual{x, least, second, at} {
		g.ADDQ(step, r)
	}
	g.SUBQ(operand.Imm(uint64(vectors*g.lanes())), n)
	g.JNZ(operand.LabelRef(columns))
	g.end()
}

func pick2(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
