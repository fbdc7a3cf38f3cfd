package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the kernels of trees agree on with trees.go.
const (
	treeRows   = 256 // bytes of a column: one for each row of a block
	treeGroup  = 64  // rows that belong together
	treeSlot   = 32  // bytes of a slot, as the offsets in nodes count them: a bit for each row of a block
	nodeBound  = 0   // where the parts of a node are
	nodeLeaf   = 1
	nodeColumn = 2
	nodeLeft   = 4
	nodeRight  = 6
	nodeBytes  = 8
)

func emitTrees(c *build.Context) {
	g := &gen{Context: c, f32: true, file: "trees"}
	g.leavesAVX2()
	g.wide = true
	g.leavesAVX512(1)
	g.leavesAVX512(treeRows / treeGroup)
}

func (g *gen) leavesHead(name, doc string) (nodes, upper, bottom, bins, reach, dst reg.GPVirtual) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " " + doc)
	g.SignatureExpr("func(nodes *uint64, upper, bottom int, bins *int8, reach *uint64, dst *uint8)")
	return g.arg("nodes"), g.arg("upper"), g.arg("bottom"), g.arg("bins"), g.arg("reach"), g.arg("dst")
}

// nodes writes the loops over the nodes with inner children and those without.
func (g *gen) nodes(upper, bottom, nodes, slot reg.GPVirtual, slotBytes int, body func(inner bool)) {
	for _, inner := range []bool{true, false} {
		n := upper
		if !inner {
			n = bottom
		}
		loop, done := g.label("nodes"), g.label("nodesDone")
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef(done))
		g.Label(loop)
		body(inner)
		g.ADDQ(operand.Imm(nodeBytes), nodes)
		g.ADDQ(operand.Imm(uint64(slotBytes)), slot)
		g.DECQ(n)
		g.JNZ(operand.LabelRef(loop))
		g.Label(done)
	}
}

// leavesAVX512 keeps who reaches a node as one bit for each row.
func (g *gen) leavesAVX512(groups int) {
	nodes, upper, bottom, bins, reach, dst := g.leavesHead(fmt.Sprintf("treeLeaves%dAVX512", groups*treeGroup),
		fmt.Sprintf("writes the leaf that each of %d rows reaches to dst.", groups*treeGroup))
	slot, column, left, right := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(reach, slot)
	all := g.K()
	g.KXNORQ(all, all, all)
	leaf := make([]reg.VecVirtual, groups)
	for q := range leaf {
		leaf[q] = g.ZMM()
		g.VPXORQ(leaf[q], leaf[q], leaf[q])
		g.KMOVQ(all, operand.Mem{Base: reach, Disp: 8 * q})
	}
	g.nodes(upper, bottom, nodes, slot, treeSlot, func(inner bool) {
		bound, id := g.ZMM(), g.ZMM()
		g.VPBROADCASTB(operand.Mem{Base: nodes, Disp: nodeBound}, bound)
		g.VPBROADCASTB(operand.Mem{Base: nodes, Disp: nodeLeaf}, id)
		g.MOVWQZX(operand.Mem{Base: nodes, Disp: nodeColumn}, column)
		if inner {
			g.MOVWQZX(operand.Mem{Base: nodes, Disp: nodeLeft}, left)
			g.MOVWQZX(operand.Mem{Base: nodes, Disp: nodeRight}, right)
		}
		for q := range groups {
			here, there := g.K(), g.K()
			g.KMOVQ(operand.Mem{Base: slot, Disp: 8 * q}, here)
			g.VPCMPB(operand.Imm(1), operand.Mem{Base: bins, Index: column, Scale: 1, Disp: treeGroup * q}, bound, here, there)
			if inner {
				g.KANDNQ(here, there, here)
				g.KMOVQ(there, operand.Mem{Base: reach, Index: right, Scale: 1, Disp: 8 * q})
				g.KMOVQ(here, operand.Mem{Base: reach, Index: left, Scale: 1, Disp: 8 * q})
			}
			g.VMOVDQU8(id, there, leaf[q])
		}
	})
	for q := range leaf {
		g.VMOVDQU8(leaf[q], operand.Mem{Base: dst, Disp: treeGroup * q})
	}
	g.end()
}

// leavesAVX2 keeps who reaches a node as one byte for each row: 64 rows, whose slots are twice as long.
func (g *gen) leavesAVX2() {
	nodes, upper, bottom, bins, reach, dst := g.leavesHead("treeLeaves64AVX2", "writes the leaf that each of 64 rows reaches to dst.")
	slot, column, left, right := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(reach, slot)
	all := g.YMM()
	g.VPCMPEQB(all, all, all)
	leaf := make([]reg.VecVirtual, 2)
	for q := range leaf {
		leaf[q] = g.YMM()
		g.VPXOR(leaf[q], leaf[q], leaf[q])
		g.VMOVDQU(all, operand.Mem{Base: reach, Disp: 32 * q})
	}
	g.nodes(upper, bottom, nodes, slot, 2*treeSlot, func(inner bool) {
		bound, id := g.YMM(), g.YMM()
		g.VPBROADCASTB(operand.Mem{Base: nodes, Disp: nodeBound}, bound)
		g.VPBROADCASTB(operand.Mem{Base: nodes, Disp: nodeLeaf}, id)
		g.MOVWQZX(operand.Mem{Base: nodes, Disp: nodeColumn}, column)
		if inner {
			g.MOVWQZX(operand.Mem{Base: nodes, Disp: nodeLeft}, left)
			g.MOVWQZX(operand.Mem{Base: nodes, Disp: nodeRight}, right)
		}
		for q := range leaf {
			here, there := g.YMM(), g.YMM()
			g.VMOVDQU(operand.Mem{Base: bins, Index: column, Scale: 1, Disp: 32 * q}, there)
			g.VPCMPGTB(bound, there, there)
			if inner {
				g.VMOVDQU(operand.Mem{Base: slot, Disp: 32 * q}, here)
				g.VPAND(here, there, there)
				g.VPANDN(here, there, here)
				g.VMOVDQU(there, operand.Mem{Base: reach, Index: right, Scale: 2, Disp: 32 * q})
				g.VMOVDQU(here, operand.Mem{Base: reach, Index: left, Scale: 2, Disp: 32 * q})
			} else {
				g.VPAND(operand.Mem{Base: slot, Disp: 32 * q}, there, there)
			}
			g.VPAND(id, there, there) // leaves are numbered from left to right: what lies deeper on a path is greater
			g.VPMAXUB(there, leaf[q], leaf[q])
		}
	})
	for q := range leaf {
		g.VMOVDQU(leaf[q], operand.Mem{Base: dst, Disp: 32 * q})
	}
	g.end()
}
