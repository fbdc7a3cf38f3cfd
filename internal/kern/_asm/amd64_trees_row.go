package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitTreesRow writes the kernels for one row.
func emitTreesRow(c *build.Context) {
	g := &gen{Context: c, f32: true, wide: true, file: "trees_row"}
	for _, columns := range []int{64, 128, 256} {
		g.lowTrees(columns)
	}
	g.walkTrees()
	for _, f32 := range []bool{true, false} {
		g.f32 = f32
		g.rankRow()
	}
}

// lowTrees asks the 63 splits of a tree of six levels at once. Bits 0-6 of each byte of the answers belong to one of the eight trees of three
// levels at the bottom, bits 7 to the one at the top.
func (g *gen) lowTrees(columns int) {
	name := fmt.Sprintf("lowTrees%dVBMI", columns)
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(fmt.Sprintf("%s writes the leaves that a row of at most %d columns reaches in n trees of six levels. A tree is 64 bytes of columns and 64 of bounds; ways has the way out of three levels for all their answers, and then eight times that.", name, columns))
	g.SignatureExpr("func(trees *uint8, n int, row *uint8, ways *uint8, dst *uint8)")
	trees, n, row, ways, dst := g.arg("trees"), g.arg("n"), g.arg("row"), g.arg("ways"), g.arg("dst")
	table := make([]reg.VecVirtual, columns/64)
	for i := range table {
		table[i] = g.ZMM()
		g.VMOVDQU8(operand.Mem{Base: row, Disp: 64 * i}, table[i])
	}
	top := g.GP64()
	g.MOVQ(operand.U64(0x0080808080808080), top)
	loop := g.label("trees")
	g.Label(loop)
	at, value := g.ZMM(), g.ZMM()
	g.VMOVDQU8(operand.Mem{Base: trees}, at)
	if columns == 64 {
		g.VPERMB(table[0], at, value)
	} else {
		g.VMOVDQA64(at, value)
		g.VPERMI2B(table[1], table[0], value)
	}
	if columns == 256 {
		other, high := g.ZMM(), g.K()
		g.VPMOVB2M(at, high)
		g.VMOVDQA64(at, other)
		g.VPERMI2B(table[3], table[2], other)
		g.VMOVDQU8(other, high, value)
	}
	left := g.K()
	g.VPCMPUB(operand.Imm(2), operand.Mem{Base: trees, Disp: 64}, value, left) // at most the bound
	said, way := g.GP64(), g.GP64()
	g.KMOVQ(left, said)
	g.PEXTQ(top, said, way)
	g.MOVBQZX(operand.Mem{Base: ways, Index: way, Scale: 1, Disp: 128}, way)
	g.SHRXQ(way, said, said)
	g.ANDL(operand.U32(127), said.As32())
	g.SHRL(operand.Imm(3), way.As32())
	g.MOVBQZX(operand.Mem{Base: ways, Index: said, Scale: 1}, said)
	g.LEAL(operand.Mem{Base: said, Index: way, Scale: 8}, said.As32())
	g.MOVB(said.As8(), operand.Mem{Base: dst})
	g.SUBQ(operand.I8(-128), trees)
	g.INCQ(dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef(loop))
	g.end()
}

// walkTrees goes from node to node in eight trees side by side. A step is four loads and an addition with carry: nothing to foretell.
func (g *gen) walkTrees() {
	const (
		lanes  = 8
		settle = 4 // steps after which to look whether all have arrived
	)
	g.Function("walkTreesAMD64")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("walkTreesAMD64 walks one row through eight trees, at most steps times four nodes down, and writes their leaves. A node is a byte for the column, one for the bound and two for how far on the left child is; a leaf has its number for a column and leads to itself.")
	g.SignatureExpr("func(nodes *uint32, roots *uint32, steps int, row *uint8, dst *uint8)")
	nodes, row, roots := g.arg("nodes"), g.arg("row"), g.GP64()
	g.Load(g.Param("roots"), roots)
	at := make([]reg.GPVirtual, lanes)
	for l := range at {
		at[l] = g.GP64()
		g.MOVL(operand.Mem{Base: roots, Disp: 4 * l}, at[l].As32())
	}
	steps, err := g.Param("steps").Resolve()
	if err != nil {
		panic(err)
	}
	loop, done := g.label("steps"), g.label("arrived")
	g.Label(loop)
	for s := range settle {
		moved := g.GP64()
		if s == settle-1 {
			g.XORL(moved.As32(), moved.As32())
		}
		for _, i := range at {
			x := g.GP64()
			g.MOVBQZX(operand.Mem{Base: nodes, Index: i, Scale: 4}, x)
			g.MOVBLZX(operand.Mem{Base: row, Index: x, Scale: 1}, x.As32())
			d := g.GP64()
			g.MOVWLZX(operand.Mem{Base: nodes, Index: i, Scale: 4, Disp: 2}, d.As32())
			if s == settle-1 {
				g.ORL(d.As32(), moved.As32())
			}
			g.CMPB(operand.Mem{Base: nodes, Index: i, Scale: 4, Disp: 1}, x.As8()) // carry if the bound is below
			g.ADCL(d.As32(), i.As32())
		}
		if s == settle-1 {
			g.TESTL(moved.As32(), moved.As32())
			g.JZ(operand.LabelRef(done))
		}
	}
	g.DECQ(steps.Addr) // where the caller put it: there are no more registers
	g.JNZ(operand.LabelRef(loop))
	g.Label(done)
	dst := g.GP64()
	g.Load(g.Param("dst"), dst)
	for l, i := range at {
		x := g.GP64()
		g.MOVBLZX(operand.Mem{Base: nodes, Index: i, Scale: 4}, x.As32())
		g.MOVB(x.As8(), operand.Mem{Base: dst, Disp: l})
	}
	g.RET()
}

// rankRow finds the place of each number of a row among its cuts in two steps of 16.
func (g *gen) rankRow() {
	name := "treeRank" + pick(g, "F32", "F64") + "AVX512"
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " writes the ranks of n numbers of x, which ask names, each among the 256 cuts of its column: 16 marks and then the cuts. NaN has the rank missing.")
	g.SignatureExpr("func(cuts *" + g.typ() + ", n int, ask *int32, missing *uint8, x *float64, dst *uint8)")
	cuts, n, ask := g.arg("cuts"), g.arg("n"), g.arg("ask")
	missing, x, dst := g.arg("missing"), g.arg("x"), g.arg("dst")
	vectors := 16 * g.size() / 64
	count := func(base reg.Register, index reg.Register, value reg.VecVirtual) reg.GPVirtual {
		total := g.GP64()
		for v := range vectors {
			k, bits := g.K(), g.GP32()
			m := operand.Mem{Base: base, Disp: 64 * v}
			if index != nil {
				m = operand.Mem{Base: base, Index: index, Scale: uint8(g.size()), Disp: 16*g.size() + 64*v}
			}
			pick(g, g.VCMPPS, g.VCMPPD)(operand.Imm(29), m, value, k) // not below, quietly
			g.KMOVW(k, bits)
			g.POPCNTL(bits, bits)
			if v == 0 {
				g.MOVL(bits, total.As32())
			} else {
				g.ADDL(bits, total.As32())
			}
		}
		return total
	}
	loop := g.label("columns")
	g.Label(loop)
	at, narrow, value := g.GP64(), g.XMM(), g.ZMM()
	g.MOVLQSX(operand.Mem{Base: ask}, at)
	in := operand.Mem{Base: x, Index: at, Scale: 8}
	if g.f32 {
		g.VMOVSD(in, narrow)
		g.VCVTSD2SS(narrow, narrow, narrow)
		g.VBROADCASTSS(narrow, value)
	} else {
		g.VMOVSD(in, narrow)
		g.VBROADCASTSD(narrow, value)
	}
	sixteens := count(cuts, nil, value)
	g.SHLL(operand.Imm(4), sixteens.As32())
	ones := count(cuts, sixteens, value)
	g.ADDL(sixteens.As32(), ones.As32())
	none := g.GP32()
	g.MOVBLZX(operand.Mem{Base: missing}, none)
	pick(g, g.VUCOMISS, g.VUCOMISD)(narrow, narrow)
	g.CMOVLPS(none, ones.As32())
	g.MOVB(ones.As8(), operand.Mem{Base: dst})
	g.ADDQ(operand.U32(uint32(272*g.size())), cuts)
	g.ADDQ(operand.Imm(4), ask)
	g.INCQ(missing)
	g.INCQ(dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef(loop))
	g.end()
}
