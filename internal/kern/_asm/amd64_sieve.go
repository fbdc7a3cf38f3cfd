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
	g.Doc("sieveF32AVX512 does sets > 0 of queries with groups > 0 of points of d > 0 numbers; the result is the number of words that were written to hits.")
	g.SignatureExpr("func(d int, x *float32, sets int, y *float32, groups int, limit *float32, hits *uint64) int")
	d, y, groups, hits := g.arg("d"), g.arg("y"), g.arg("groups"), g.arg("hits")
	group, name := g.GP64(), g.GP64() // name: of the first query of a set, and of the group
	g.XORQ(group, group)
	tile, set, column := g.label("tile"), g.label("set"), g.label("column")
	g.Label(tile)
	x, limit, sets := g.arg("x"), g.arg("limit"), g.arg("sets")
	g.MOVQ(group, name)
	g.SHLQ(operand.Imm(8), name)
	g.Label(set) // the points of a group stay in the first-level cache for all queries
	acc := g.zeros(queries * vectors)
	p, left := g.GP64(), g.GP64()
	g.MOVQ(y, p)
	g.MOVQ(d, left)
	points := make([]reg.VecVirtual, vectors)
	for v := range points {
		points[v] = g.vec()
	}
	b := g.vec()
	g.Label(column)
	for v := range points {
		g.load(g.at(p, v*g.lanes()), points[v])
	}
	for q := range queries {
		g.VBROADCASTSS(g.at(x, q), b)
		for v := range points {
			g.VFMADD231PS(points[v], b, acc[q*vectors+v])
		}
	}
	g.ADDQ(operand.U32(uint32(vectors*g.width())), p)
	g.ADDQ(operand.U32(uint32(queries*g.size())), x)
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
		g.LEAQ(operand.Mem{Base: name, Disp: q}, word)
		g.MOVQ(word, operand.Mem{Base: hits})
		g.ADDQ(operand.Imm(16), hits)
		g.Label(next)
	}
	g.ADDQ(operand.Imm(uint64(queries)), name)
	g.ADDQ(operand.Imm(uint64(queries*g.size())), limit)
	g.DECQ(sets)
	g.JNZ(operand.LabelRef(set))
	g.MOVQ(p, y)
	g.INCQ(group)
	g.CMPQ(group, groups)
	g.JLT(operand.LabelRef(tile))
	first := g.arg("hits")
	g.SUBQ(first, hits)
	g.SHRQ(operand.Imm(3), hits)
	g.Store(hits, g.ReturnIndex(0))
	g.end()
}
