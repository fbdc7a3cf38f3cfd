package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitDerivs writes what boosting does with the derivatives of all rows, once for each tree. There are AVX-512 forms alone; every operation rounds by itself, as
// in the generic forms.
func emitDerivs(c *build.Context) {
	g := &gen{Context: c, wide: true, file: "derivs"}
	g.spread()
	g.pack()
	g.logistic()
}

// each64 broadcasts field i of a struct of 64-bit fields.
func (g *gen) each64(s reg.GPVirtual, i int) reg.VecVirtual {
	v := g.ZMM()
	g.VPBROADCASTQ(operand.Mem{Base: s, Disp: 8 * i}, v)
	return v
}

// const64 broadcasts the bits of a number.
func (g *gen) const64(bits uint64) reg.VecVirtual {
	v, r := g.ZMM(), g.GP64()
	g.MOVQ(operand.U64(bits), r)
	g.VPBROADCASTQ(r, v)
	return v
}

func (g *gen) const32(bits uint32, v reg.VecVirtual) reg.VecVirtual {
	r := g.GP32()
	g.MOVL(operand.U32(bits), r)
	g.VPBROADCASTD(r, v)
	return v
}

// spread keeps the bounds and the sums of each of 16 lanes.
func (g *gen) spread() {
	g.plainFn("spreadAVX512", "adds n numbers, a multiple of 16, to the sums of 16 lanes and widens their bounds.", "func(x *float32, n int, bounds *uint32, sums *float64)")
	x, n, bounds, sums := g.arg("x"), g.arg("n"), g.arg("bounds"), g.arg("sums")
	size, zero := g.const32(1<<31-1, g.ZMM()), g.ZMM()
	g.VPXORQ(zero, zero, zero)
	var bound [3]reg.VecVirtual
	for i := range bound {
		bound[i] = g.ZMM()
		g.VMOVDQU32(operand.Mem{Base: bounds, Disp: 64 * i}, bound[i])
	}
	var sum [4]reg.VecVirtual
	for i := range sum {
		sum[i] = g.ZMM()
		g.VMOVUPD(operand.Mem{Base: sums, Disp: 64 * i}, sum[i])
	}
	loop := g.label("sixteen")
	g.Label(loop)
	v, abs := g.ZMM(), g.ZMM()
	g.VMOVUPS(operand.Mem{Base: x}, v)
	g.VPANDD(size, v, abs)
	g.VPMAXUD(abs, bound[0], bound[0])
	g.VADDPS(zero, v, v) // no zero keeps a sign
	g.VPMAXUD(v, bound[1], bound[1])
	g.VPMINUD(v, bound[2], bound[2])
	for half := range 2 {
		d := g.ZMM()
		g.VCVTPS2PD(operand.Mem{Base: x, Disp: 32 * half}, d)
		g.VADDPD(d, sum[half], sum[half])
		g.VMULPD(d, d, d)
		g.VADDPD(d, sum[2+half], sum[2+half])
	}
	g.ADDQ(operand.Imm(64), x)
	g.SUBQ(operand.Imm(16), n)
	g.JG(operand.LabelRef(loop))
	for i := range bound {
		g.VMOVDQU32(bound[i], operand.Mem{Base: bounds, Disp: 64 * i})
	}
	for i := range sum {
		g.VMOVUPD(sum[i], operand.Mem{Base: sums, Disp: 64 * i})
	}
	g.end()
}

// pack rounds the derivatives of eight rows at a time.
func (g *gen) pack() {
	g.plainFn("packAVX512", "rounds the derivatives of n rows, a multiple of 8, to packed cells.", "func(p *int64, vals *int64, grad, hess *float32, n int, first uint64)")
	p, vals, grad, hess, n := g.arg("p"), g.arg("vals"), g.arg("grad"), g.arg("hess"), g.arg("n")
	first := g.GP64()
	g.Load(g.Param("first"), first)
	key, row, step := g.YMM(), g.YMM(), g.const32(8, g.YMM())
	g.VPBROADCASTD(operand.Mem{Base: p}, key)
	g.VPBROADCASTD(first.As32(), row)
	iota := g.StaticGlobal("packLanes")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		g.AddDatum(4*i, operand.U32(uint32(i)))
	}
	g.VPADDD(iota, row, row)
	gradScale, hessScale, above := g.each64(p, 1), g.each64(p, 2), g.each64(p, 3)
	hessShift, gradShift := g.XMM(), g.XMM()
	g.VMOVQ(operand.Mem{Base: p, Disp: 32}, hessShift)
	g.VMOVQ(operand.Mem{Base: p, Disp: 40}, gradShift)
	part, one, whole := g.const64(0x3ef0000000000000), g.const64(1), g.ZMM() // 2^-16
	g.VCVTTPD2QQ(above, whole)
	var mix [3]reg.VecVirtual
	for i, m := range []uint32{0x9e3779b1, 0x85ebca6b, 0xc2b2ae35} {
		mix[i] = g.const32(m, g.YMM())
	}
	low := g.const32(0xffff, g.YMM())
	loop := g.label("eight")
	g.Label(loop)
	z, up := g.YMM(), g.YMM()
	shift := func(by uint8) {
		g.VPSRLD(operand.U8(by), z, up)
		g.VPXORD(up, z, z)
	}
	g.VPMULLD(mix[0], row, z)
	g.VPADDD(key, z, z)
	shift(16)
	g.VPMULLD(mix[1], z, z)
	shift(13)
	g.VPMULLD(mix[2], z, z)
	shift(16)
	u, w, a, b := g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM()
	g.VPSRLD(operand.U8(16), z, up)
	g.VCVTDQ2PD(up, u)
	g.VPANDD(low, z, z)
	g.VCVTDQ2PD(z, w)
	g.VMULPD(part, u, u)
	g.VADDPD(above, u, u)
	g.VMULPD(part, w, w)
	g.VCVTPS2PD(operand.Mem{Base: grad}, a)
	g.VMULPD(gradScale, a, a)
	g.VADDPD(u, a, a)
	g.VCVTTPD2QQ(a, a)
	g.VPSUBQ(whole, a, a)
	g.VPSLLQ(gradShift, a, a)
	g.VCVTPS2PD(operand.Mem{Base: hess}, b)
	g.VMULPD(hessScale, b, b)
	g.VADDPD(w, b, b)
	g.VCVTTPD2QQ(b, b)
	g.VPSLLQ(hessShift, b, b)
	g.VPADDQ(b, a, a)
	g.VPADDQ(one, a, a)
	g.VMOVDQU64(a, operand.Mem{Base: vals})
	g.VPADDD(step, row, row)
	g.ADDQ(operand.Imm(32), grad)
	g.ADDQ(operand.Imm(32), hess)
	g.ADDQ(operand.Imm(64), vals)
	g.SUBQ(operand.Imm(8), n)
	g.JG(operand.LabelRef(loop))
	g.end()
}

// logistic turns probabilities into derivatives, eight rows at a time.
func (g *gen) logistic() {
	g.plainFn("logisticAVX512", "writes the derivatives of the logistic loss of n rows, a multiple of 8.", "func(grad, hess *float32, p *float64, y *int, n int, targets *[2]float64)")
	grad, hess, p, y, n, targets := g.arg("grad"), g.arg("hess"), g.arg("p"), g.arg("y"), g.arg("n"), g.arg("targets")
	of := [2]reg.VecVirtual{g.each64(targets, 0), g.each64(targets, 1)}
	bit, one := g.const64(1), g.const64(0x3ff0000000000000)
	loop := g.label("eight")
	g.Label(loop)
	q, t, d := g.ZMM(), g.ZMM(), g.ZMM()
	narrow := [2]reg.VecVirtual{g.YMM(), g.YMM()}
	ones := g.K()
	g.VPTESTMQ(operand.Mem{Base: y}, bit, ones)
	g.VBLENDMPD(of[1], of[0], ones, t)
	g.VMOVUPD(operand.Mem{Base: p}, q)
	g.VSUBPD(t, q, d)
	g.VCVTPD2PS(d, narrow[0])
	g.VMOVUPS(narrow[0], operand.Mem{Base: grad})
	g.VSUBPD(q, one, d)
	g.VMULPD(d, q, q)
	g.VCVTPD2PS(q, narrow[1])
	g.VMOVUPS(narrow[1], operand.Mem{Base: hess})
	g.ADDQ(operand.Imm(32), grad)
	g.ADDQ(operand.Imm(32), hess)
	g.ADDQ(operand.Imm(64), p)
	g.ADDQ(operand.Imm(64), y)
	g.SUBQ(operand.Imm(8), n)
	g.JG(operand.LabelRef(loop))
	g.end()
}
