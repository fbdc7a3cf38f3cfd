package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitSieve writes the search for large products, in AVX-512 alone.
func emitSieve(c *build.Context) {
	g := &gen{Context: c, wide: true, f32: true, file: "sieve"}
	g.sieve(6, 4)
}

// sieve keeps the products of some queries with so many registers of points, and compares the largest of each query's with its limit: what is below it leaves no trace.
func (g *gen) sieve(queries, vectors int) {
	g.held = map[string]reg.VecVirtual{}
	g.Function("sieveF32AVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("sieveF32AVX512 does groups > 0 of points of d > 0 numbers; the result is the number of words that were written to hits.")
	g.SignatureExpr("func(d int, x, y *float32, groups int, limit *float32, hits *uint64) int")
	d, x, y, groups := g.arg("d"), g.arg("x"), g.arg("y"), g.arg("groups")
	limit, hits := g.arg("limit"), g.arg("hits")
	first, group := g.GP64(), g.GP64()
	g.MOVQ(hits, first)
	g.XORQ(group, group)
	tile, column := g.label("tile"), g.label("column")
	g.Label(tile)
	acc := g.zeros(queries * vectors)
	p, left := g.GP64(), g.GP64()
	g.MOVQ(x, p)
	g.MOVQ(d, left)
	points := make([]reg.VecVirtual, vectors)
	for v := range points {
		points[v] = g.vec()
	}
	b := g.vec()
	g.Label(column)
	for v := range points {
		g.load(g.at(y, v*g.lanes()), points[v])
	}
	for q := range queries {
		g.VBROADCASTSS(g.at(p, q), b)
		for v := range points {
			g.VFMADD231PS(points[v], b, acc[q*vectors+v])
		}
	}
	g.ADDQ(operand.U32(uint32(vectors*g.width())), y)
	g.ADDQ(operand.U32(uint32(queries*g.size())), p)
	g.DECQ(left)
	g.JNZ(operand.LabelRef(column))
	const notBelow = 29
	for q := range queries {
		next := g.label("next")
		some := acc[q*vectors : (q+1)*vectors]
		g.VMAXPS(some[1], some[0], points[0])
		g.VMAXPS(some[3], some[2], points[1])
		g.VMAXPS(points[1], points[0], points[0])
		g.VBROADCASTSS(g.at(limit, q), b)
		m := g.K()
		g.VCMPPS(operand.Imm(notBelow), b, points[0], m)
		g.KORTESTW(m, m)
		g.JZ(operand.LabelRef(next))
		word, part := g.GP64(), g.GP64()
		g.XORQ(word, word)
		for v := vectors - 1; v >= 0; v-- {
			k := g.K()
			g.VCMPPS(operand.Imm(notBelow), b, some[v], k)
			g.KMOVW(k, part.As32())
			g.SHLQ(operand.Imm(16), word)
			g.ORQ(part, word)
		}
		g.MOVQ(word, operand.Mem{Base: hits, Disp: 8})
		g.MOVQ(group, word)
		g.SHLQ(operand.Imm(8), word)
		g.ORQ(operand.Imm(uint64(q)), word)
		g.MOVQ(word, operand.Mem{Base: hits})
		g.ADDQ(operand.Imm(16), hits)
		g.Label(next)
	}
	g.INCQ(group)
	g.CMPQ(group, groups)
	g.JLT(operand.LabelRef(tile))
	g.SUBQ(first, hits)
	g.SHRQ(operand.Imm(3), hits)
	g.Store(hits, g.ReturnIndex(0))
	g.end()
}
