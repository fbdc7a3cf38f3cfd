package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitTreesBin writes the search of numbers among at most 255 cuts. The cuts are a heap of float32 that lies in 16 registers: entry 1 is the
// median, and below entry h are 2h and 2h+1.
func emitTreesBin(c *build.Context) {
	g := &gen{Context: c, f32: true, wide: true, file: "trees_bin"}
	g.binTrees(true)
	g.binTrees(false)
}

func (g *gen) binTrees(narrow bool) {
	name, how := "treeBinF64AVX512", "They are rounded down, and then compared once more with the cut above, which wide has in full."
	if narrow {
		name, how = "treeBinF32AVX512", "They are rounded to float32."
	}
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " writes the ranks of 64 numbers among the cuts of a heap of so many levels, less 128, in the order of TreeByte. " + how + " NaN has the rank missing.")
	g.SignatureExpr("func(heap *float32, levels int, wide *float64, missing int, x *float64, dst *int8)")
	heap, levels, wide, x := g.arg("heap"), g.arg("levels"), g.arg("wide"), g.arg("x")
	missing, dst := g.arg("missing"), g.arg("dst")
	const vectors = treeGroup / 16
	values, at := make([]reg.VecVirtual, vectors), make([]reg.VecVirtual, vectors)
	one := g.ZMM()
	bit := g.GP32()
	g.MOVL(operand.U32(1), bit)
	g.VPBROADCASTD(bit, one)
	for q := range values {
		values[q], at[q] = g.ZMM(), g.ZMM()
		low, high := g.YMM(), g.YMM()
		for h, half := range []reg.VecVirtual{low, high} {
			in := operand.Mem{Base: x, Disp: 128*q + 64*h}
			if narrow {
				g.VCVTPD2PS(in, half)
				continue
			}
			full := g.ZMM()
			g.VMOVUPD(in, full)
			g.VCVTPD2PS_RD_SAE(full, half)
		}
		g.VINSERTF64X4(operand.Imm(1), high, low.AsZ(), values[q])
		g.VMOVDQA64(one, at[q])
	}
	entry := func(i int) operand.Mem { return operand.Mem{Base: heap, Disp: 64 * i} }
	read := func(first, n int) []reg.VecVirtual {
		out := make([]reg.VecVirtual, n)
		for i := range out {
			out[i] = g.ZMM()
			g.VMOVUPS(entry(first+i), out[i])
		}
		return out
	}
	down := func(q int, cut reg.VecVirtual) {
		k := g.K()
		g.VCMPPS(operand.Imm(29), cut, values[q], k) // not below, quietly
		g.VPADDD(at[q], at[q], at[q])
		g.VPADDD(one, at[q], k, at[q])
	}
	top := read(0, 2)
	for level := range 5 {
		for q := range values {
			cut := g.ZMM()
			g.VPERMPS(top[level/4], at[q], cut)
			down(q, cut)
		}
	}
	done := g.label("found")
	for level := 5; level < 8; level++ {
		g.CMPQ(levels, operand.Imm(uint64(level)))
		g.JE(operand.LabelRef(done))
		n := 1 << (level - 4)
		tables := read(n, n)
		for q := range values {
			g.fromTables(tables, at[q], func(cut reg.VecVirtual) { down(q, cut) })
		}
	}
	g.Label(done)
	g.ranks(narrow, levels, wide, missing, x, values, at)
	first, second := g.ZMM(), g.ZMM()
	g.VPACKUSDW(at[1], at[0], first)
	g.VPACKUSDW(at[3], at[2], second)
	g.VPACKUSWB(second, first, first)
	sign := g.ZMM()
	bits := g.GP32()
	g.MOVL(operand.U32(0x80808080), bits)
	g.VPBROADCASTD(bits, sign)
	g.VPXORQ(sign, first, first)
	g.VMOVDQU8(first, operand.Mem{Base: dst})
	g.end()
}

// fromTables finds entry at of tables of 32, 64 or 128 numbers, by its lowest bits.
func (g *gen) fromTables(tables []reg.VecVirtual, at reg.VecVirtual, use func(reg.VecVirtual)) {
	found := make([]reg.VecVirtual, 0, 4)
	for i := 0; i < len(tables); i += 2 {
		v := g.ZMM()
		g.VMOVDQA64(at, v)
		g.VPERMI2PS(tables[i+1], tables[i], v)
		found = append(found, v)
	}
	for bit := uint32(32); len(found) > 1; bit *= 2 {
		k, mask, word := g.K(), g.ZMM(), g.GP32()
		g.MOVL(operand.U32(bit), word)
		g.VPBROADCASTD(word, mask)
		g.VPTESTMD(mask, at, k)
		for i := range len(found) / 2 {
			g.VMOVAPS(found[2*i+1], k, found[2*i])
			found[i] = found[2*i]
		}
		found = found[:len(found)/2]
	}
	use(found[0])
}

// ranks takes the levels off the places in the heap, and sees to the cut above and to NaN.
func (g *gen) ranks(narrow bool, levels, wide, missing, x reg.GPVirtual, values, at []reg.VecVirtual) {
	mask, word := g.ZMM(), g.GP64()
	g.MOVQ(operand.U32(1), word)
	g.SHLXQ(levels, word, word)
	g.DECQ(word)
	g.VPBROADCASTD(word.As32(), mask)
	none := g.ZMM()
	g.VPBROADCASTD(missing.As32(), none)
	for q := range at {
		g.VPANDD(mask, at[q], at[q])
		if !narrow {
			index, cut := g.YMM(), g.ZMM()
			k, above := g.K(), [2]reg.OpmaskVirtual{g.K(), g.K()}
			for h := range above {
				g.VEXTRACTI64X4(operand.Imm(uint64(h)), at[q], index)
				g.KXNORQ(k, k, k)
				g.VXORPS(cut.AsY(), cut.AsY(), cut.AsY())
				g.VGATHERDPD(operand.Mem{Base: wide, Index: index, Scale: 8}, k, cut)
				g.VCMPPD(operand.Imm(18), operand.Mem{Base: x, Disp: 128*q + 64*h}, cut, above[h]) // the cut is not above, quietly
			}
			g.KUNPCKBW(above[0], above[1], k)
			one := g.ZMM()
			bit := g.GP32()
			g.MOVL(operand.U32(1), bit)
			g.VPBROADCASTD(bit, one)
			g.VPADDD(one, at[q], k, at[q])
		}
		nan := g.K()
		g.VCMPPS(operand.Imm(3), values[q], values[q], nan)
		g.VMOVDQA32(none, nan, at[q])
	}
}
