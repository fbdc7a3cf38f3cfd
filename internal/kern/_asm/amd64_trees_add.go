package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitTreesAdd writes the kernels that add the values of leaves. The bytes of a value are looked up apart, each in a table of all leaves,
// and then put together.
func emitTreesAdd(c *build.Context) {
	for _, f32 := range []bool{true, false} {
		g := &gen{Context: c, f32: f32, wide: true, file: "trees"}
		for _, leaves := range []int{64, 128, 256} {
			g.addLeaves(leaves)
		}
	}
}

func (g *gen) addLeaves(leaves int) {
	name := fmt.Sprintf("treeAdd%d%sVBMI", leaves, pick(g, "F32", "F64"))
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(fmt.Sprintf("%s adds the value of leaf leaf[i] to sum i, for some groups of 64 rows. planes holds byte 0 of %d values, then byte 1...", name, leaves))
	g.SignatureExpr("func(sums *" + g.typ() + ", leaf *uint8, planes *uint8, groups int)")
	sums, leaf, planes, groups := g.arg("sums"), g.arg("leaf"), g.arg("planes"), g.arg("groups")
	var held []reg.VecVirtual
	if leaves == 64 {
		for p := range g.size() {
			v := g.ZMM()
			g.VMOVDQU8(operand.Mem{Base: planes, Disp: leaves * p}, v)
			held = append(held, v)
		}
	}
	loop := g.label("group")
	g.Label(loop)
	at := g.ZMM()
	g.VMOVDQU8(operand.Mem{Base: leaf}, at)
	high := g.K()
	if leaves == 256 {
		g.VPMOVB2M(at, high)
	}
	parts := make([]reg.VecVirtual, g.size())
	for p := range parts {
		parts[p] = g.ZMM()
		table := func(i int) operand.Mem { return operand.Mem{Base: planes, Disp: leaves*p + 64*i} }
		pair := func(first int, dst reg.VecVirtual) {
			low := g.ZMM()
			g.VMOVDQU8(table(first), low)
			g.VMOVDQA64(at, dst)
			g.VPERMI2B(table(first+1), low, dst)
		}
		switch leaves {
		case 64:
			g.VPERMB(held[p], at, parts[p])
		case 128:
			pair(0, parts[p])
		default:
			top := g.ZMM()
			pair(0, parts[p])
			pair(2, top)
			g.VMOVDQU8(top, high, parts[p])
		}
	}
	join := func(v []reg.VecVirtual, low, high func(ops ...operand.Op)) []reg.VecVirtual {
		out := make([]reg.VecVirtual, 0, len(v))
		for i := 0; i < len(v); i += 2 {
			a, b := g.ZMM(), g.ZMM()
			low(v[i+1], v[i], a)
			high(v[i+1], v[i], b)
			out = append(out, a, b)
		}
		return out
	}
	// After the first join out[2i] and out[2i+1] are the words i of the lower and of the upper rows of each 128 bits.
	words := join(parts, g.VPUNPCKLBW, g.VPUNPCKHBW)
	var longs [][]reg.VecVirtual // of each half of a value
	for h := range g.size() / 4 {
		w := words[4*h:]
		low := join([]reg.VecVirtual{w[0], w[2]}, g.VPUNPCKLWD, g.VPUNPCKHWD)
		high := join([]reg.VecVirtual{w[1], w[3]}, g.VPUNPCKLWD, g.VPUNPCKHWD)
		longs = append(longs, append(low, high...))
	}
	values := longs[0]
	if !g.f32 {
		values = nil
		for q := range 4 {
			values = append(values, join([]reg.VecVirtual{longs[0][q], longs[1][q]}, g.VPUNPCKLDQ, g.VPUNPCKHDQ)...)
		}
	}
	for q, v := range values {
		sum := operand.Mem{Base: sums, Disp: 64 * q}
		g.add(sum, v, v)
		g.store(v, sum)
	}
	g.ADDQ(operand.Imm(64), leaf)
	g.ADDQ(operand.U32(uint32(64*g.size())), sums)
	g.DECQ(groups)
	g.JNZ(operand.LabelRef(loop))
	g.end()
}
