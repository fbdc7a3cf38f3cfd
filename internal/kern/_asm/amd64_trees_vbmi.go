package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The program of a tree is a row of parts, each a few splits that hang together. What a row says to them makes a number of as many bits, and a
// table tells what that leads to. What the kernel and trees_vbmi.go agree on:
const (
	fewSplits  = 4
	manySplits = 7
	fewBytes   = 4*fewSplits + 1<<fewSplits       // splits of four bytes, table
	manyBytes  = 4*manySplits + 4 + 1<<manySplits // splits, the number of parts below, table
	splitBound = 0                                // what goes left is below it
	splitAt    = 2                                // of the column
	belowBytes = 4                                // of each part below
	belowLeaf  = 0                                // the table's entry for it
	belowAt    = 2                                // of its leaves
)

func emitTreesVBMI(c *build.Context) {
	for _, groups := range []int{1, treeRows / treeGroup} {
		g := &gen{Context: c, f32: true, wide: true, file: "trees"}
		g.passVBMI(groups)
	}
}

func (g *gen) passVBMI(groups int) {
	name := fmt.Sprintf("treePass%dVBMI", treeGroup*groups)
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(fmt.Sprintf("%s runs the program of a tree for %d rows: few parts, many parts and upper parts. Each writes its leaves to the next %d bytes of parts.", name, treeGroup*groups, treeRows))
	g.SignatureExpr("func(program *uint8, few, many, upper int, bins *int8, parts *uint8)")
	program, bins, parts := g.arg("program"), g.arg("bins"), g.arg("parts")
	next := g.GP64()
	g.MOVQ(parts, next)
	bits := make([]reg.VecVirtual, manySplits)
	for i := range bits {
		bits[i] = g.ZMM()
		b := g.GP32()
		g.MOVL(operand.U32(1<<i), b)
		g.VPBROADCASTB(b, bits[i])
	}
	loop := func(count string, bytes int, body func()) {
		n := g.arg(count)
		again, done := g.label(count), g.label(count+"Done")
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef(done))
		g.Label(again)
		body()
		g.ADDQ(operand.U32(uint32(bytes)), program)
		g.ADDQ(operand.U32(treeRows), next)
		g.DECQ(n)
		g.JNZ(operand.LabelRef(again))
		g.Label(done)
	}
	write := func(leaves []reg.VecVirtual) {
		for q, v := range leaves {
			g.VMOVDQU8(v, operand.Mem{Base: next, Disp: treeGroup * q})
		}
	}
	loop("few", fewBytes, func() {
		said := g.ask(program, bins, bits[:fewSplits], groups)
		table := g.ZMM()
		g.VBROADCASTI32X4(operand.Mem{Base: program, Disp: 4 * fewSplits}, table)
		for _, v := range said {
			g.VPSHUFB(v, table, v)
		}
		write(said)
	})
	loop("many", manyBytes, func() {
		said := g.ask(program, bins, bits, groups)
		g.lookUp(program, said)
		write(said)
	})
	loop("upper", manyBytes, func() {
		said := g.ask(program, bins, bits, groups)
		g.lookUp(program, said)
		below, at, leaf := g.GP64(), g.GP64(), g.ZMM()
		g.MOVWQZX(operand.Mem{Base: program, Disp: 4 * manySplits}, below)
		again := g.label("below")
		g.Label(again)
		g.VPBROADCASTB(operand.Mem{Base: program, Disp: manyBytes + belowLeaf}, leaf)
		g.MOVWQZX(operand.Mem{Base: program, Disp: manyBytes + belowAt}, at)
		for q, v := range said {
			k := g.K()
			g.VPCMPEQB(leaf, v, k)
			g.VMOVDQU8(operand.Mem{Base: parts, Index: at, Scale: 1, Disp: treeGroup * q}, k, v)
		}
		g.ADDQ(operand.Imm(belowBytes), program)
		g.DECQ(below)
		g.JNZ(operand.LabelRef(again))
		write(said)
	})
	g.end()
}

// ask collects a bit of each split for each row. Half of the rows are compared to mask registers and half to vectors, which
// keeps more of the processor busy.
func (g *gen) ask(program, bins reg.GPVirtual, bits []reg.VecVirtual, groups int) []reg.VecVirtual {
	said := make([]reg.VecVirtual, groups)
	masked := max(1, groups/2)
	for q := range masked {
		said[q] = g.ZMM()
	}
	halves := make([]reg.VecVirtual, 2*(groups-masked))
	for h := range halves {
		halves[h] = g.YMM()
	}
	column := g.GP64()
	for i, bit := range bits {
		bound := g.ZMM()
		g.VPBROADCASTB(operand.Mem{Base: program, Disp: 4*i + splitBound}, bound)
		g.MOVWQZX(operand.Mem{Base: program, Disp: 4*i + splitAt}, column)
		for q := range masked {
			k := g.K()
			g.VPCMPB(operand.Imm(6), operand.Mem{Base: bins, Index: column, Scale: 1, Disp: treeGroup * q}, bound, k)
			if i == 0 {
				g.VMOVDQU8_Z(bit, k, said[q])
			} else {
				g.VPADDB(bit, said[q], k, said[q])
			}
		}
		for h, v := range halves {
			in := operand.Mem{Base: bins, Index: column, Scale: 1, Disp: treeGroup*masked + treeGroup/2*h}
			if i == 0 {
				g.VPCMPGTB(in, bound.AsY(), v)
				g.VPAND(bit.AsY(), v, v)
				continue
			}
			left := g.YMM()
			g.VPCMPGTB(in, bound.AsY(), left)
			g.VPTERNLOGD(operand.Imm(0xf8), bit.AsY(), left, v) // or of v and what left and bit share
		}
	}
	for q := masked; q < groups; q++ {
		h := 2 * (q - masked)
		said[q] = g.ZMM()
		g.VINSERTI64X4(operand.Imm(1), halves[h+1], halves[h].AsZ(), said[q])
	}
	return said
}

// lookUp replaces what rows said by what that leads to.
func (g *gen) lookUp(program reg.GPVirtual, said []reg.VecVirtual) {
	low, high := g.ZMM(), g.ZMM()
	g.VMOVDQU8(operand.Mem{Base: program, Disp: 4*manySplits + 4}, low)
	g.VMOVDQU8(operand.Mem{Base: program, Disp: 4*manySplits + 4 + 64}, high)
	for _, v := range said {
		g.VPERMI2B(high, low, v)
	}
}
