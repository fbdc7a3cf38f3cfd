package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitInt8 writes dot products of one vector of bytes with many rows of signed bytes, exact in 32 bits.
func emitInt8(c *build.Context) {
	g := &gen{Context: c, f32: true, file: "int8"}
	const widens, multiplies = "widens to 16 bits, so that no product saturates.", "multiplies and adds four bytes at a time"
	g.int8Rows("dotRowsU8S8AVX2", widens, int8Form{block: 16})
	g.int8Rows("dotRowsS8S8AVX2", widens, int8Form{block: 16, signed: true})
	g.quantize()
	g.dequantize()
	g.wide = true
	g.int8Rows("dotRowsU8S8VNNI", multiplies+".", int8Form{block: 64, vnni: true})
	g.int8Rows("dotRowsS8S8VNNI", multiplies+", of a+128, and takes 128 times the row's sum away again.", int8Form{block: 64, vnni: true, signed: true})
}

// int8Form is one variant: with VNNI or widening, block bytes of a signed or unsigned a at a time.
type int8Form struct {
	block        int
	vnni, signed bool
}

// biased reports whether a is made unsigned, which VPDPBUSD wants it to be. Sums wrap around at 32 bits, so that what is
// taken away at the end may be any size.
func (f int8Form) biased() bool { return f.vnni && f.signed }

// int8Rows does four rows at a time, which share the loads of a, and then one.
func (g *gen) int8Rows(name, how string, f int8Form) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " sets dst[r] to the sum of a[k] times element k of row r; rows are stride bytes apart. It " + how)
	g.SignatureExpr("func(dst []int32, a []" + map[bool]string{false: "uint8", true: "int8"}[f.signed] + ", rows *int8, stride int)")
	dst, n := g.slice("dst")
	row, stride := g.arg("rows"), g.arg("stride")
	var bias reg.VecVirtual
	if f.biased() {
		bias = g.vec()
		bits := g.GP32()
		g.MOVL(operand.U32(0x80808080), bits)
		g.VPBROADCASTD(bits, bias)
	}
	four, one, done := g.label("rows4x"), g.label("rows1x"), g.label("rowsDone")
	g.Label(four)
	g.CMPQ(n, operand.U32(4))
	g.JLT(operand.LabelRef(one))
	g.int8Block(4, f, bias, dst, row, stride)
	g.SUBQ(operand.U32(4), n)
	g.JMP(operand.LabelRef(four))
	g.Label(one)
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	g.int8Block(1, f, bias, dst, row, stride)
	g.SUBQ(operand.U32(1), n)
	g.JMP(operand.LabelRef(one))
	g.Label(done)
	g.end()
}

// int8Block computes some rows and advances dst and row past them.
func (g *gen) int8Block(rows int, f int8Form, bias reg.VecVirtual, dst, row, stride reg.GPVirtual) {
	a, k := g.slice("a")
	at := make([]reg.GPVirtual, rows)
	at[0] = g.GP64()
	g.MOVQ(row, at[0])
	for i := 1; i < rows; i++ {
		at[i] = g.GP64()
		g.LEAQ(operand.Mem{Base: at[i-1], Index: stride, Scale: 1}, at[i])
	}
	next := g.GP64()
	g.LEAQ(operand.Mem{Base: at[rows-1], Index: stride, Scale: 1}, next)
	acc := g.zeros(rows)
	var excess []reg.VecVirtual
	if f.biased() {
		excess = g.zeros(rows)
	}
	loop, rest, sum := g.label("bytes"), g.label("bytesRest"), g.label("bytesSum")
	g.Label(loop)
	g.CMPQ(k, operand.U32(uint32(f.block)))
	g.JLT(operand.LabelRef(rest))
	x, y := g.vec(), g.vec()
	switch {
	case f.vnni:
		g.VMOVDQU8(operand.Mem{Base: a}, x)
	case f.signed:
		g.VPMOVSXBW(operand.Mem{Base: a}, x)
	default:
		g.VPMOVZXBW(operand.Mem{Base: a}, x)
	}
	if f.biased() {
		g.VPXORD(bias, x, x)
	}
	for i, p := range at {
		if f.biased() {
			g.VMOVDQU8(operand.Mem{Base: p}, y)
			g.VPDPBUSD(y, x, acc[i])
			g.VPDPBUSD(y, bias, excess[i])
			continue
		}
		if f.vnni {
			g.VPDPBUSD(operand.Mem{Base: p}, x, acc[i])
			continue
		}
		g.VPMOVSXBW(operand.Mem{Base: p}, y)
		g.VPMADDWD(y, x, y)
		g.VPADDD(y, acc[i], acc[i])
	}
	for _, p := range append([]reg.GPVirtual{a}, at...) {
		g.ADDQ(operand.U32(uint32(f.block)), p)
	}
	g.SUBQ(operand.U32(uint32(f.block)), k)
	g.JMP(operand.LabelRef(loop))
	g.Label(rest)
	if f.vnni {
		g.TESTQ(k, k)
		g.JZ(operand.LabelRef(sum))
		ones, mask := g.GP64(), g.K()
		g.MOVQ(operand.I32(-1), ones)
		g.BZHIQ(k, ones, ones)
		g.KMOVQ(ones, mask)
		g.VMOVDQU8_Z(operand.Mem{Base: a}, mask, x)
		if f.biased() {
			g.VPXORD(bias, x, x)
		}
		for i, p := range at {
			g.VMOVDQU8_Z(operand.Mem{Base: p}, mask, y)
			g.VPDPBUSD(y, x, acc[i])
			if f.biased() {
				g.VPDPBUSD(y, bias, excess[i])
			}
		}
	} else { // byte by byte
		tail := g.label("byte")
		g.Label(tail)
		g.TESTQ(k, k)
		g.JZ(operand.LabelRef(sum))
		u, v := g.GP64(), g.GP64()
		if f.signed {
			g.MOVBLSX(operand.Mem{Base: a}, u.As32())
		} else {
			g.MOVBLZX(operand.Mem{Base: a}, u.As32())
		}
		for i, p := range at {
			g.MOVBLSX(operand.Mem{Base: p}, v.As32())
			g.IMULL(u.As32(), v.As32())
			g.VMOVD(v.As32(), y.AsX()) // clears the lanes above
			g.VPADDD(y, acc[i], acc[i])
			g.INCQ(p)
		}
		g.INCQ(a)
		g.DECQ(k)
		g.JMP(operand.LabelRef(tail))
	}
	g.Label(sum)
	for i, v := range acc {
		if f.biased() {
			g.VPSUBD(excess[i], v, v)
		}
		total := g.GP32()
		low := v
		if g.wide {
			high := g.YMM()
			low = g.YMM()
			g.VEXTRACTI64X4(operand.U8(1), v, high)
			g.VPADDD(high, v.AsY(), low)
		}
		x, h := g.XMM(), g.XMM()
		g.VEXTRACTI128(operand.U8(1), low, h)
		g.VPADDD(h, low.AsX(), x)
		g.VPSHUFD(operand.U8(0x4e), x, h)
		g.VPADDD(h, x, x)
		g.VPSHUFD(operand.U8(0xb1), x, h)
		g.VPADDD(h, x, x)
		g.VMOVD(x, total)
		g.MOVL(total, operand.Mem{Base: dst, Disp: 4 * i})
	}
	g.ADDQ(operand.U32(uint32(4*rows)), dst)
	g.MOVQ(next, row)
}

// quantize turns numbers into bytes, eight at a time; the rest is plain code.
func (g *gen) quantize() {
	g.held = map[string]reg.VecVirtual{}
	g.Function("quantizeAVX2")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("quantizeAVX2 sets n bytes of dst, a multiple of 8, to x times inv, cut to low..high and rounded, plus zero.")
	g.SignatureExpr("func(dst *uint8, x *float32, n int, inv, low, high float32, zero int32)")
	dst, x, n := g.arg("dst"), g.arg("x"), g.arg("n")
	inv, low, high, zero := g.broadcastArg("inv"), g.broadcastArg("low"), g.broadcastArg("high"), g.broadcastArg("zero")
	g.steps("eight", n, 8, []reg.GPVirtual{x}, func() {
		v, upper := g.YMM(), g.XMM()
		g.VMULPS(operand.Mem{Base: x}, inv, v)
		g.VMAXPS(low, v, v) // low, where v is NaN
		g.VMINPS(high, v, v)
		g.VCVTPS2DQ(v, v)
		g.VPADDD(zero, v, v)
		g.VEXTRACTI128(operand.U8(1), v, upper)
		g.VPACKUSDW(upper, v.AsX(), upper)
		g.VPACKUSWB(upper, upper, upper)
		g.VMOVQ(upper, operand.Mem{Base: dst})
		g.ADDQ(operand.U32(8), dst)
	})
	g.end()
}

// dequantize turns sums into numbers, eight at a time.
func (g *gen) dequantize() {
	g.Function("dequantizeAVX2")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("dequantizeAVX2 sets n numbers of dst, a multiple of 8, to (sums - zero*whole) * (by*scale) + bias, or to the larger of that and 0 where relu is not 0.")
	g.SignatureExpr("func(dst *float32, sums, whole *int32, scale, bias *float32, n int, by float32, zero int32, relu int)")
	dst, sums, whole, scale, bias, n, relu := g.arg("dst"), g.arg("sums"), g.arg("whole"), g.arg("scale"), g.arg("bias"), g.arg("n"), g.arg("relu")
	by, zero, none := g.broadcastArg("by"), g.broadcastArg("zero"), g.YMM()
	g.zero(none)
	g.steps("eight", n, 8, []reg.GPVirtual{dst, sums, whole, scale, bias}, func() {
		w, v := g.YMM(), g.YMM()
		g.VPMULLD(operand.Mem{Base: whole}, zero, w)
		g.VMOVDQU(operand.Mem{Base: sums}, v)
		g.VPSUBD(w, v, v)
		g.VCVTDQ2PS(v, v)
		g.VMULPS(operand.Mem{Base: scale}, by, w)
		g.VMULPS(w, v, v)
		g.VADDPS(operand.Mem{Base: bias}, v, v)
		g.TESTQ(relu, relu)
		plain := g.label("plain")
		g.JZ(operand.LabelRef(plain))
		g.VMAXPS(v, none, v) // v, where it is NaN
		g.Label(plain)
		g.VMOVUPS(v, operand.Mem{Base: dst})
	})
	g.end()
}
