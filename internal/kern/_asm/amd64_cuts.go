package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitCuts writes what a node of a forest asks of a column of its rows.
func emitCuts(c *build.Context) {
	g := &gen{Context: c, wide: true, file: "cuts"}
	g.cutPairs()
	g.gatherRange()
	g.sumBelow()
	g.partBits()
}

// cutBlocks are the numbers of vectors of 16 codes that the comparisons are written out for.
var cutBlocks = []int{1, 2, 3, 4, 6, 8}

// cutPairs needs no order: the sum to the left of each code is that over all rows whose code is not above it.
func (g *gen) cutPairs() {
	g.Function("cutPairsAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("cutPairsAVX512 finds the best score of n <= 128 rows, and the lowest code that has it. Codes are filled up with the largest there is to the next of 1, 2, 3, 4, 6 or 8 vectors; sums and scores are scratch.")
	g.SignatureExpr("func(n int, codes, pairs, sums *uint32, scores *float64, total, ones, least float64) (score float64, code uint32)")
	n, codes, pairs, sums := g.arg("n"), g.arg("codes"), g.arg("pairs"), g.arg("sums")
	summed := g.label("summed")
	labels := map[int]string{}
	for _, blocks := range cutBlocks {
		labels[blocks] = g.label(fmt.Sprintf("rows%d", 16*blocks))
		if blocks == cutBlocks[len(cutBlocks)-1] {
			g.JMP(operand.LabelRef(labels[blocks]))
			break
		}
		g.CMPQ(n, operand.U32(uint32(16*blocks)))
		g.JLE(operand.LabelRef(labels[blocks]))
	}
	for _, blocks := range cutBlocks {
		g.Label(labels[blocks])
		code, sum := make([]reg.VecVirtual, blocks), make([]reg.VecVirtual, blocks)
		for b := range blocks {
			code[b], sum[b] = g.ZMM(), g.ZMM()
			g.VMOVDQU32(operand.Mem{Base: codes, Disp: 64 * b}, code[b])
			g.VPXORD(sum[b], sum[b], sum[b])
		}
		j := g.GP64()
		g.XORQ(j, j)
		loop := g.label("each")
		g.Label(loop)
		for b := range blocks {
			k := g.K()
			g.VPCMPUD_BCST(operand.Imm(5), operand.Mem{Base: codes, Index: j, Scale: 4}, code[b], k) // not below
			g.VPADDD_BCST(operand.Mem{Base: pairs, Index: j, Scale: 4}, sum[b], k, sum[b])
		}
		g.INCQ(j)
		g.CMPQ(j, n)
		g.JLT(operand.LabelRef(loop))
		for b := range blocks {
			g.VMOVDQU32(sum[b], operand.Mem{Base: sums, Disp: 64 * b})
		}
		g.JMP(operand.LabelRef(summed))
	}
	g.Label(summed)
	scores := g.arg("scores")
	total, ones, least := g.broadcastArg("total"), g.broadcastArg("ones"), g.broadcastArg("least")
	none, best, low := g.ZMM(), g.ZMM(), g.YMM()
	minus := g.GP64()
	g.MOVQ(operand.U64(0xbff0000000000000), minus) // -1
	g.VPBROADCASTQ(minus, none)
	g.VMOVDQA64(none, best)
	g.VPCMPEQD(low, low, low)
	low16 := g.YMM()
	g.VPSRLD(operand.Imm(16), low, low16)
	i := g.GP64()
	g.XORQ(i, i)
	loop := g.label("scores")
	g.Label(loop)
	sum, share := g.YMM(), g.YMM()
	w, o, rest, product, valid := g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM(), g.K()
	g.VMOVDQU(operand.Mem{Base: sums, Index: i, Scale: 4}, sum)
	g.VPAND(low16, sum, share)
	g.VCVTDQ2PD(share, w)
	g.VPSRLD(operand.Imm(16), sum, sum)
	g.VCVTDQ2PD(sum, o)
	g.VSUBPD(w, total, rest)
	g.VCMPPD(operand.Imm(13), least, w, valid)
	g.VCMPPD(operand.Imm(13), least, rest, valid, valid)
	g.VMULPD(total, o, o)
	g.VMULPD(ones, w, product)
	g.VSUBPD(product, o, o)
	g.VMULPD(o, o, o)
	g.VMULPD(rest, w, w)
	score := g.ZMM()
	g.VMOVDQA64(none, score)
	g.VDIVPD(w, o, valid, score)
	g.VMOVUPD(score, operand.Mem{Base: scores, Index: i, Scale: 8})
	g.VMAXPD(score, best, best)
	g.ADDQ(operand.Imm(8), i)
	g.CMPQ(i, n)
	g.JLT(operand.LabelRef(loop))
	g.acrossZ(best, g.VMAXPD)
	g.XORQ(i, i)
	find := g.label("find")
	g.Label(find)
	k := g.K()
	g.VCMPPD(operand.Imm(0), operand.Mem{Base: scores, Index: i, Scale: 8}, best, k)
	g.VPMINUD(operand.Mem{Base: codes, Index: i, Scale: 4}, low, k, low)
	g.ADDQ(operand.Imm(8), i)
	g.CMPQ(i, n)
	g.JLT(operand.LabelRef(find))
	other := g.YMM()
	g.VEXTRACTI128(operand.Imm(1), low, other.AsX())
	g.VPMINUD(other.AsX(), low.AsX(), low.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		g.VPSHUFD(operand.Imm(order), low.AsX(), other.AsX())
		g.VPMINUD(other.AsX(), low.AsX(), low.AsX())
	}
	code := g.GP32()
	g.VMOVD(low.AsX(), code)
	g.Store(best.AsX(), g.ReturnIndex(0))
	g.Store(code, g.ReturnIndex(1))
	g.end()
}

// acrossZ joins the lanes of v: each lane gets the result.
func (g *gen) acrossZ(v reg.VecVirtual, join func(ops ...operand.Op)) {
	other := g.ZMM()
	for _, order := range []uint64{0x4e, 0xb1} {
		g.VSHUFF64X2(operand.Imm(order), v, v, other)
		join(other, v, v)
	}
	g.VPERMILPD(operand.Imm(0x55), v, other)
	join(other, v, v)
}

// tail runs body for vectors of 8 of n elements, the last time with a mask of those that are left; n may be 0.
func (g *gen) tail(n reg.GPVirtual, body func(k reg.OpmaskVirtual), step func()) {
	lanes, all, eight, k := g.GP64(), g.GP64(), g.GP64(), g.K()
	g.MOVQ(operand.I32(-1), all)
	g.MOVQ(operand.I32(8), eight)
	loop, done := g.label("loop"), g.label("done")
	g.Label(loop)
	g.CMPQ(n, operand.Imm(0))
	g.JLE(operand.LabelRef(done))
	g.MOVQ(n, lanes)
	g.CMPQ(n, eight)
	g.CMOVQGT(eight, lanes)
	g.BZHIQ(lanes, all, lanes)
	g.KMOVB(lanes.As32(), k)
	body(k)
	step()
	g.SUBQ(operand.Imm(8), n)
	g.JMP(operand.LabelRef(loop))
	g.Label(done)
}

func (g *gen) gatherRange() {
	g.Function("gatherRangeAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("gatherRangeAVX512 copies n numbers at the places at, and returns the smallest and the largest.")
	g.SignatureExpr("func(n int, src *float64, at *int32, dst *float64) (low, high float64)")
	n, src, at, dst := g.arg("n"), g.arg("src"), g.arg("at"), g.arg("dst")
	low, high, word := g.ZMM(), g.ZMM(), g.GP64()
	least, most := g.XMM(), g.XMM() // of the numbers behind the last whole vector
	g.MOVQ(operand.U64(0x7ff0000000000000), word)
	g.VPBROADCASTQ(word, low)
	g.VMOVQ(word, least)
	g.MOVQ(operand.U64(0xfff0000000000000), word)
	g.VPBROADCASTQ(word, high)
	g.VMOVQ(word, most)
	// Loads one by one take half the time of a gather instruction.
	loop, rest, single, done := g.label("loop"), g.label("rest"), g.label("single"), g.label("done")
	g.SUBQ(operand.Imm(8), n)
	g.JLT(operand.LabelRef(rest))
	g.Label(loop)
	var pairs [4]reg.VecVirtual
	for i := range pairs {
		pairs[i] = g.XMM()
		first, second := g.GP64(), g.GP64()
		g.MOVQ(operand.Mem{Base: at, Disp: 8 * i}, second)
		g.MOVL(second.As32(), first.As32())
		g.SHRQ(operand.Imm(32), second)
		g.VMOVSD(operand.Mem{Base: src, Index: first, Scale: 8}, pairs[i])
		g.VMOVHPD(operand.Mem{Base: src, Index: second, Scale: 8}, pairs[i], pairs[i])
	}
	lower, upper, v := g.YMM(), g.YMM(), g.ZMM()
	g.VINSERTF128(operand.Imm(1), pairs[1], pairs[0].AsY(), lower)
	g.VINSERTF128(operand.Imm(1), pairs[3], pairs[2].AsY(), upper)
	g.VINSERTF64X4(operand.Imm(1), upper, lower.AsZ(), v)
	g.VMOVUPD(v, operand.Mem{Base: dst})
	g.VMINPD(v, low, low)
	g.VMAXPD(v, high, high)
	g.ADDQ(operand.Imm(32), at)
	g.ADDQ(operand.Imm(64), dst)
	g.SUBQ(operand.Imm(8), n)
	g.JGE(operand.LabelRef(loop))
	g.acrossZ(low, g.VMINPD)
	g.acrossZ(high, g.VMAXPD)
	g.VMOVAPD(low.AsX(), least)
	g.VMOVAPD(high.AsX(), most)
	g.Label(rest)
	g.ADDQ(operand.Imm(8), n)
	g.JEQ(operand.LabelRef(done))
	g.Label(single)
	place, x := g.GP64(), g.XMM()
	g.MOVL(operand.Mem{Base: at}, place.As32())
	g.VMOVSD(operand.Mem{Base: src, Index: place, Scale: 8}, x)
	g.VMOVSD(x, operand.Mem{Base: dst})
	g.VMINSD(x, least, least)
	g.VMAXSD(x, most, most)
	g.ADDQ(operand.Imm(4), at)
	g.ADDQ(operand.Imm(8), dst)
	g.DECQ(n)
	g.JNE(operand.LabelRef(single))
	g.Label(done)
	g.Store(least, g.ReturnIndex(0))
	g.Store(most, g.ReturnIndex(1))
	g.end()
}

func (g *gen) sumBelow() {
	g.Function("sumBelowAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("sumBelowAVX512 counts those of n numbers that are not above t, and adds up what belongs to them, and sets a bit for each.")
	g.SignatureExpr("func(n int, x *float64, t float64, v *uint64, bits *uint8) (count int, sum uint64)")
	n, x := g.arg("n"), g.arg("x")
	t := g.broadcastArg("t")
	v, bits := g.arg("v"), g.arg("bits")
	count, sum := g.GP64(), g.ZMM()
	g.XORQ(count, count)
	g.VPXORQ(sum, sum, sum)
	g.tail(n, func(k reg.OpmaskVirtual) {
		a, below, word := g.ZMM(), g.K(), g.GP64()
		g.VMOVUPD_Z(operand.Mem{Base: x}, k, a)
		g.VCMPPD(operand.Imm(13), a, t, k, below) // t >= x
		g.VMOVDQU64_Z(operand.Mem{Base: v}, below, a)
		g.VPADDQ(a, sum, sum)
		g.KMOVB(below, word.As32())
		g.MOVB(word.As8(), operand.Mem{Base: bits})
		g.POPCNTQ(word, word)
		g.ADDQ(word, count)
	}, func() {
		g.INCQ(bits)
		g.ADDQ(operand.Imm(64), x)
		g.ADDQ(operand.Imm(64), v)
	})
	g.acrossZ(sum, g.VPADDQ)
	g.Store(count, g.ReturnIndex(0))
	out := g.GP64()
	g.VMOVQ(sum.AsX(), out)
	g.Store(out, g.ReturnIndex(1))
	g.end()
}

// partBits packs what is to go left and what is to go right of 8 rows into the front of a vector, and stores so much of it.
func (g *gen) partBits() {
	g.Function("partBitsAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("partBitsAVX512 copies those of n rows and pairs whose bit is set to left and leftPairs, which may begin where they begin or before, and the others to right and rightPairs.")
	g.SignatureExpr("func(n int, bits *uint8, rows *int32, pairs *uint64, left *int32, leftPairs *uint64, right *int32, rightPairs *uint64) (taken int)")
	n, bits, rows, pairs := g.arg("n"), g.arg("bits"), g.arg("rows"), g.arg("pairs")
	left, right := [2]reg.Register{g.arg("left"), g.arg("leftPairs")}, [2]reg.Register{g.arg("right"), g.arg("rightPairs")}
	taken, all := g.GP64(), g.GP64()
	g.XORQ(taken, taken)
	g.MOVQ(operand.I32(-1), all)
	g.tail(n, func(k reg.OpmaskVirtual) {
		row, pair, set, unset, word := g.YMM(), g.ZMM(), g.K(), g.K(), g.GP32()
		g.VMOVDQU32_Z(operand.Mem{Base: rows}, k, row)
		g.VMOVDQU64_Z(operand.Mem{Base: pairs}, k, pair)
		g.MOVBLZX(operand.Mem{Base: bits}, word)
		g.KMOVB(word, set)
		g.KANDNB(k, set, unset)
		g.KANDB(k, set, set)
		for side, mask := range [2]reg.OpmaskVirtual{set, unset} {
			to := left
			if side == 1 {
				to = right
			}
			count, front, lanes, r, p := g.GP64(), g.GP64(), g.K(), g.YMM(), g.ZMM()
			g.KMOVB(mask, count.As32())
			g.POPCNTQ(count, count)
			g.BZHIQ(count, all, front)
			g.KMOVB(front.As32(), lanes)
			g.VPCOMPRESSD_Z(row, mask, r)
			g.VPCOMPRESSQ_Z(pair, mask, p)
			g.VMOVDQU32(r, lanes, operand.Mem{Base: to[0]})
			g.VMOVDQU64(p, lanes, operand.Mem{Base: to[1]})
			g.LEAQ(operand.Mem{Base: to[0], Index: count, Scale: 4}, to[0])
			g.LEAQ(operand.Mem{Base: to[1], Index: count, Scale: 8}, to[1])
			if side == 0 {
				g.ADDQ(count, taken)
			}
		}
	}, func() {
		g.INCQ(bits)
		g.ADDQ(operand.Imm(32), rows)
		g.ADDQ(operand.Imm(64), pairs)
	})
	g.Store(taken, g.ReturnIndex(0))
	g.end()
}
