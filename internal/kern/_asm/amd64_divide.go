package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// emitDivide writes the division of a node's rows by the bins of a column.
func emitDivide(c *build.Context) {
	g := &gen{Context: c, wide: true, file: "divide"}
	g.plainFn("divideAVX512", "is divide for n rows, a multiple of 16; to may be rows, or before them. Of codes, three bytes behind that of each row are read.",
		"func(to, right, rows *int32, n int, codes *uint8, left *[8]uint32) int")
	to, right, from, n, codes, set := g.arg("to"), g.arg("right"), g.arg("rows"), g.arg("n"), g.arg("codes"), g.arg("left")
	table := g.ZMM()
	g.VBROADCASTI64X4(operand.Mem{Base: set}, table)
	byteOf, low, one := g.const32(0xff, g.ZMM()), g.const32(31, g.ZMM()), g.const32(1, g.ZMM())
	start, sixteen := g.GP64(), g.GP64()
	g.MOVQ(to, start)
	g.MOVQ(operand.U32(16), sixteen)
	loop := g.label("sixteen")
	g.Label(loop)
	rows, code, word, there := g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM()
	all, in, out := g.K(), g.K(), g.K()
	g.VMOVDQU32(operand.Mem{Base: from}, rows)
	g.KXNORW(all, all, all)
	g.VPXORQ(code, code, code)
	g.VPGATHERDD(operand.Mem{Base: codes, Index: rows, Scale: 1}, all, code)
	g.VPANDD(byteOf, code, code)
	g.VPSRLD(operand.U8(5), code, word)
	g.VPANDD(low, code, code)
	g.VPERMD(table, word, word)
	g.VPSRLVD(code, word, word)
	g.VPTESTMD(one, word, in)
	g.KNOTW(in, out)
	g.VPCOMPRESSD_Z(rows, in, there)
	g.VMOVDQU32(there, operand.Mem{Base: to})
	g.VPCOMPRESSD_Z(rows, out, there)
	g.VMOVDQU32(there, operand.Mem{Base: right})
	bits, count, others := g.GP32(), g.GP32(), g.GP64()
	g.KMOVW(in, bits)
	g.POPCNTL(bits, count)
	g.LEAQ(operand.Mem{Base: to, Index: count.As64(), Scale: 4}, to)
	g.MOVQ(sixteen, others)
	g.SUBQ(count.As64(), others)
	g.LEAQ(operand.Mem{Base: right, Index: others, Scale: 4}, right)
	g.ADDQ(operand.Imm(64), from)
	g.SUBQ(operand.Imm(16), n)
	g.JG(operand.LabelRef(loop))
	g.SUBQ(start, to)
	g.SHRQ(operand.U8(2), to)
	g.Store(to, g.ReturnIndex(0))
	g.end()
}
