package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitHist writes the histograms of boosted trees. Cells are whole numbers, which one addition to memory updates: counting needs no vectors,
// and no level.
func emitHist(c *build.Context) {
	g := &gen{Context: c, wide: true, file: "hist"}
	for _, pair := range []bool{false, true} {
		for _, list := range []bool{false, true} {
			g.histCount(pair, list)
		}
	}
	g.histWiden()
	for _, subtract := range []bool{false, true} {
		g.histJoin(subtract)
	}
	g.histScan()
}

func (g *gen) plainFn(name, doc, signature string) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " " + doc)
	g.SignatureExpr(signature)
}

const histAhead = 32 // rows from a list are asked for so many rows before their turn

// histCount adds a row's value, or pair of values, to a cell of each of its columns, 16 columns at a time, then 8, then 4.
func (g *gen) histCount(pair, list bool) {
	name, signature, size, column := "histPacked", "func(hist *int64, codes *uint8, stride, cols, n int, vals *int64", 8, 2048
	if pair {
		name, size, column = "histPair", 16, 4096
	}
	if list {
		name, signature = name+"List", signature+", rows *int32"
	} else {
		name += "Run"
	}
	g.plainFn(name, "adds the values of n rows to a histogram of cols columns, a multiple of 4.", signature+")")
	hist, codes, stride, cols, n, vals := g.arg("hist"), g.arg("codes"), g.arg("stride"), g.arg("cols"), g.arg("n"), g.arg("vals")
	var rows, last reg.GPVirtual
	if list {
		rows = g.arg("rows")
		last = g.GP64()
		g.LEAQ(operand.Mem{Base: rows, Index: n, Scale: 4, Disp: -4}, last)
	}
	sixteens := g.GP64()
	g.MOVQ(cols, sixteens)
	g.SHRQ(operand.U8(4), sixteens)
	row := g.label("row")
	g.Label(row)
	p, h, v, w := g.GP64(), g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(hist, h)
	if list {
		at, ahead := g.GP64(), g.GP64()
		g.LEAQ(operand.Mem{Base: rows, Disp: 4 * histAhead}, ahead)
		g.CMPQ(ahead, last)
		g.CMOVQHI(last, ahead)
		g.MOVLQSX(operand.Mem{Base: ahead}, at)
		g.MOVQ(at, p)
		g.IMULQ(stride, p)
		g.PREFETCHT0(operand.Mem{Base: codes, Index: p, Scale: 1})
		if pair {
			g.ADDQ(at, at)
		}
		g.PREFETCHT0(operand.Mem{Base: vals, Index: at, Scale: 8})
		g.MOVLQSX(operand.Mem{Base: rows}, at)
		g.ADDQ(operand.Imm(4), rows)
		g.MOVQ(at, p)
		g.IMULQ(stride, p)
		g.ADDQ(codes, p)
		if pair {
			g.ADDQ(at, at)
			g.MOVQ(operand.Mem{Base: vals, Index: at, Scale: 8, Disp: 8}, w)
		}
		g.MOVQ(operand.Mem{Base: vals, Index: at, Scale: 8}, v)
	} else {
		g.MOVQ(codes, p)
		g.ADDQ(stride, codes)
		g.MOVQ(operand.Mem{Base: vals}, v)
		if pair {
			g.MOVQ(operand.Mem{Base: vals, Disp: 8}, w)
		}
		g.ADDQ(operand.Imm(uint64(size)), vals)
	}
	some := func(k int, advance bool) {
		for i := range k {
			bin := g.GP64()
			g.MOVBQZX(operand.Mem{Base: p, Disp: i}, bin)
			g.ADDQ(v, operand.Mem{Base: h, Index: bin, Scale: 8, Disp: i * column})
			if pair {
				g.ADDQ(w, operand.Mem{Base: h, Index: bin, Scale: 8, Disp: i*column + 2048})
			}
		}
		if advance {
			g.ADDQ(operand.Imm(uint64(k)), p)
			g.ADDQ(operand.U32(uint32(k*column)), h)
		}
	}
	loop, eights, fours, next := g.label("sixteen"), g.label("eight"), g.label("four"), g.label("next")
	left := g.GP64()
	g.MOVQ(sixteens, left)
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef(eights))
	g.Label(loop)
	some(16, true)
	g.DECQ(left)
	g.JNZ(operand.LabelRef(loop))
	g.Label(eights)
	g.TESTQ(operand.U32(8), cols)
	g.JZ(operand.LabelRef(fours))
	some(8, true)
	g.Label(fours)
	g.TESTQ(operand.U32(4), cols)
	g.JZ(operand.LabelRef(next))
	some(4, false)
	g.Label(next)
	g.DECQ(n)
	g.JNZ(operand.LabelRef(row))
	g.RET()
}

// histWiden takes packed cells apart and clears them.
func (g *gen) histWiden() {
	g.plainFn("histWidenAVX512", "adds the sums in the packed cells of some columns to wide ones, and clears the cells.",
		"func(wide, packed *int64, columns int, countBits, hessBits, countShift uint64)")
	wide, packed, columns := g.arg("wide"), g.arg("packed"), g.arg("columns")
	mask := func(name string) (count reg.VecVirtual, ones reg.VecVirtual) {
		count, ones = g.XMM(), g.ZMM()
		bits := g.arg(name)
		g.VMOVQ(bits, count)
		all := g.GP64()
		g.MOVQ(operand.I32(-1), all)
		g.VPBROADCASTQ(all, ones)
		g.VPSLLQ(count, ones, ones)
		g.VPTERNLOGQ(operand.U8(0x55), ones, ones, ones) // not
		return count, ones
	}
	countBits, countMask := mask("countBits")
	hessBits, hessMask := mask("hessBits")
	shift := g.XMM()
	bits := g.arg("countShift")
	g.VMOVQ(bits, shift)
	gradBits, zero := g.XMM(), g.ZMM()
	g.VPADDQ(countBits, hessBits, gradBits)
	g.VPXORQ(zero, zero, zero)
	loop, cells := g.label("column"), g.label("cells")
	left := g.GP64()
	g.Label(loop)
	g.MOVQ(operand.U32(16), left)
	g.Label(cells)
	for i := range 2 {
		from, to := operand.Mem{Base: packed, Disp: 64 * i}, operand.Mem{Base: wide, Disp: 64 * i}
		p, grad, hess, count := g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM()
		g.VMOVDQU64(from, p)
		g.VMOVDQU64(zero, from)
		g.VPSRAQ(gradBits, p, grad)
		g.VPADDQ(to, grad, grad)
		g.VMOVDQU64(grad, to)
		g.VPSRLQ(countBits, p, hess)
		g.VPANDQ(hessMask, hess, hess)
		g.VPANDQ(countMask, p, count)
		g.VPSLLQ(shift, count, count)
		g.VPADDQ(count, hess, hess)
		g.VPADDQ(to.Offset(2048), hess, hess)
		g.VMOVDQU64(hess, to.Offset(2048))
	}
	g.ADDQ(operand.U32(128), packed)
	g.ADDQ(operand.U32(128), wide)
	g.DECQ(left)
	g.JNZ(operand.LabelRef(cells))
	g.ADDQ(operand.U32(2048), wide)
	g.DECQ(columns)
	g.JNZ(operand.LabelRef(loop))
	g.end()
}

// histJoin adds or subtracts cells, 32 at a time.
func (g *gen) histJoin(subtract bool) {
	name, what := "histAddAVX512", "adds the cells of y to those of x"
	if subtract {
		name, what = "histSubAVX512", "subtracts the cells of y from those of x"
	}
	g.plainFn(name, what+", for blocks of 32.", "func(x, y *int64, blocks int)")
	x, y, n := g.arg("x"), g.arg("y"), g.arg("blocks")
	loop := g.label("block")
	g.Label(loop)
	for i := range 4 {
		v := g.ZMM()
		g.VMOVDQU64(operand.Mem{Base: x, Disp: 64 * i}, v)
		if subtract {
			g.VPSUBQ(operand.Mem{Base: y, Disp: 64 * i}, v, v)
		} else {
			g.VPADDQ(operand.Mem{Base: y, Disp: 64 * i}, v, v)
		}
		g.VMOVDQU64(v, operand.Mem{Base: x, Disp: 64 * i})
	}
	g.ADDQ(operand.U32(256), x)
	g.ADDQ(operand.U32(256), y)
	g.DECQ(n)
	g.JNZ(operand.LabelRef(loop))
	g.end()
}

// histScan keeps, in each of eight lanes, the best of the cuts that are that number modulo 8. Its arithmetic is that of the generic form, operation
// by operation, without any fusion.
func (g *gen) histScan() {
	g.plainFn("histScanAVX512", "finds in each lane the largest gain of the cuts after some bins, a multiple of 8 of which is read, and the last cut that has it.",
		"func(s *int64, cells *int64, bins int, grad, hess int64, gains *[8]float64, cuts *[8]int64)")
	s, cells, bins := g.arg("s"), g.arg("cells"), g.arg("bins")
	field := func(i int) reg.VecVirtual {
		v := g.ZMM()
		g.VPBROADCASTQ(operand.Mem{Base: s, Disp: 8 * i}, v)
		return v
	}
	given := func(name string) reg.VecVirtual {
		v, r := g.ZMM(), g.arg(name)
		g.VPBROADCASTQ(r, v)
		return v
	}
	total, totalHess := field(0), field(1)
	gradUnit, hessUnit, each, l2, minHess, minCount := field(2), field(3), field(4), field(5), field(6), field(8)
	shift, mask := g.XMM(), g.ZMM()
	g.VMOVQ(operand.Mem{Base: s, Disp: 56}, shift)
	all := g.GP64()
	g.MOVQ(operand.I32(-1), all)
	g.VPBROADCASTQ(all, mask)
	g.VPSLLQ(shift, mask, mask)
	g.VPTERNLOGQ(operand.U8(0x55), mask, mask, mask)
	grad, hess := given("grad"), given("hess")
	zero, best, cut, at, step, end, top := g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM()
	g.VPXORQ(zero, zero, zero)
	g.VPXORQ(best, best, best)
	g.VPBROADCASTQ(all, cut)
	g.VPBROADCASTQ(bins, end)
	eight := g.GP64()
	g.MOVQ(operand.U32(8), eight)
	g.VPBROADCASTQ(eight, step)
	g.MOVQ(operand.U32(7), eight)
	g.VPBROADCASTQ(eight, top)
	iota := g.StaticGlobal("histLanes")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		g.AddDatum(8*i, operand.U64(uint64(i)))
	}
	g.VMOVDQU64(iota, at)
	prefix := func(from operand.Mem, carry reg.VecVirtual) reg.VecVirtual {
		v := g.ZMM()
		g.VMOVDQU64(from, v)
		for _, by := range []uint8{7, 6, 4} {
			up := g.ZMM()
			g.VALIGNQ(operand.U8(by), zero, v, up)
			g.VPADDQ(up, v, v)
		}
		g.VPADDQ(carry, v, v)
		g.VPERMQ(v, top, carry)
		return v
	}
	loop := g.label("eight")
	g.Label(loop)
	ok := g.K()
	g.VPCMPQ(operand.U8(1), end, at, ok) // lanes below the end
	gl, hl := prefix(operand.Mem{Base: cells}, grad), prefix(operand.Mem{Base: cells, Disp: 2048}, hess)
	gr, hr := g.ZMM(), g.ZMM()
	g.VPSUBQ(gl, total, gr)
	g.VPSUBQ(hl, totalHess, hr)
	// part turns the second sum of a part into its second derivative and that with L2.
	part := func(h reg.VecVirtual) (with reg.VecVirtual) {
		count, sum := g.ZMM(), g.ZMM()
		g.VPSRLQ(shift, h, count)
		g.VPCMPQ(operand.U8(5), minCount, count, ok, ok)
		g.VPANDQ(mask, h, sum)
		g.VCVTQQ2PD(sum, sum)
		g.VCVTQQ2PD(count, count)
		g.VMULPD(hessUnit, sum, sum)
		g.VMULPD(each, count, count)
		g.VADDPD(count, sum, sum)
		g.VCMPPD(operand.U8(13), minHess, sum, ok, ok)
		g.VADDPD(l2, sum, sum)
		g.VCMPPD(operand.U8(14), zero, sum, ok, ok)
		return sum
	}
	dl, dr := part(hl), part(hr)
	for _, v := range []reg.VecVirtual{gl, gr} {
		g.VCVTQQ2PD(v, v)
		g.VMULPD(gradUnit, v, v)
		g.VMULPD(v, v, v)
	}
	g.VMULPD(dr, gl, gl)
	g.VMULPD(dl, gr, gr)
	g.VADDPD(gr, gl, gl)
	g.VMULPD(dr, dl, dl)
	g.VDIVPD(dl, gl, gl)
	g.VCMPPD(operand.U8(13), best, gl, ok, ok)
	g.VMOVAPD(gl, ok, best)
	g.VMOVDQA64(at, ok, cut)
	g.VPADDQ(step, at, at)
	g.ADDQ(operand.Imm(64), cells)
	g.SUBQ(operand.Imm(8), bins)
	g.JG(operand.LabelRef(loop))
	gains, cuts := g.arg("gains"), g.arg("cuts")
	g.VMOVUPD(best, operand.Mem{Base: gains})
	g.VMOVDQU64(cut, operand.Mem{Base: cuts})
	g.end()
}
