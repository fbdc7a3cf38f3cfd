package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitDecimals writes the kernel that reads decimal numbers. Separators are found 64 bytes at a time, so that no number waits for the one before. A number
// is looked at through the 32 bytes that end with it; its digits before the point are taken from one byte further down, which closes the gap,
// and three multiplications by pairs of weights make whole numbers of eight digits each.
func emitDecimals(c *build.Context) {
	g := &gen{Context: c, wide: true, file: "decimals"}
	g.Function("decimalsAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("decimalsAVX512 reads at most count numbers, each followed by a separator, from size bytes, and returns how many it read and how many bytes they took.")
	g.SignatureExpr("func(m *uint64, form *uint8, count int, text *uint8, size int, separator int) (done int, used int)")
	d := decimalReader{gen: g, dst: g.arg("m"), form: g.arg("form"), done: g.GP64(), start: g.GP64(), block: g.GP64(), found: g.GP64(), out: g.label("out")}
	text, size, separator := g.arg("text"), g.arg("size"), g.arg("separator")
	marks, bytes, there, marked := g.ZMM(), g.ZMM(), g.K(), g.K()
	g.VPBROADCASTB(separator.As32(), marks)
	d.constants()
	g.MOVQ(text, d.start)
	g.MOVQ(text, d.block)
	g.XORL(d.done.As32(), d.done.As32())
	g.ADDQ(text, size) // the end

	blocks, numbers, next := g.label("blocks"), g.label("numbers"), g.label("next")
	g.Label(blocks)
	rest, ones := g.GP64(), g.GP64()
	g.MOVQ(size, rest)
	g.SUBQ(d.block, rest)
	g.JLE(operand.LabelRef(d.out))
	g.MOVQ(operand.U32(64), ones)
	g.CMPQ(rest, ones)
	g.CMOVQGT(ones, rest)
	g.MOVQ(operand.I32(-1), ones)
	g.BZHIQ(rest, ones, ones)
	g.KMOVQ(ones, there)
	g.VMOVDQU8_Z(operand.Mem{Base: d.block}, there, bytes)
	g.VPCMPEQB(marks, bytes, there, marked)
	g.KMOVQ(marked, d.found)
	g.Label(numbers)
	g.TESTQ(d.found, d.found)
	g.JZ(operand.LabelRef(next))
	d.number()
	count, err := g.Param("count").Resolve()
	if err != nil {
		panic(err)
	}
	g.CMPQ(d.done, count.Addr)
	g.JNE(operand.LabelRef(numbers))
	g.JMP(operand.LabelRef(d.out))

	g.Label(next)
	g.ADDQ(operand.U8(64), d.block)
	gap := g.GP64()
	g.MOVQ(d.block, gap)
	g.SUBQ(d.start, gap)
	g.CMPQ(gap, operand.U8(64)) // too long for a number, however it goes on
	g.JLE(operand.LabelRef(blocks))

	g.Label(d.out)
	g.SUBQ(text, d.start)
	g.Store(d.done, g.ReturnIndex(0))
	g.Store(d.start, g.ReturnIndex(1))
	g.end()
}

// decimalReader is the state of the kernel.
type decimalReader struct {
	*gen
	dst, form, done reg.GPVirtual
	start           reg.GPVirtual // of the number
	block, found    reg.GPVirtual // 64 bytes of text, and the separators there that are left
	out             string

	zero, nine, tens, hundreds, myriads reg.VecVirtual
}

func (d *decimalReader) constants() {
	constant := func(v uint32, broadcast func(mr, xyz operand.Op)) reg.VecVirtual {
		word, y := d.GP32(), d.YMM()
		d.MOVL(operand.U32(v), word)
		broadcast(word, y)
		return y
	}
	bytes := func(mr, y operand.Op) { d.VPBROADCASTB(mr, y) }
	words := func(mr, y operand.Op) { d.VPBROADCASTD(mr, y) }
	d.zero, d.nine = constant('0', bytes), constant(9, bytes)
	d.tens, d.hundreds, d.myriads = constant(0x010a010a, words), constant(1<<16|100, words), constant(1<<16|10000, words)
}

// number reads the number that ends at the next separator found.
func (d *decimalReader) number() {
	const (
		frame = 32
		most  = 24 // bytes without the sign
	)
	out := operand.LabelRef(d.out)
	end, length, minus, probe := d.GP64(), d.GP64(), d.GP64(), d.GP64()
	d.TZCNTQ(d.found, end)
	d.BLSRQ(d.found, d.found)
	d.ADDQ(d.block, end)
	d.XORL(minus.As32(), minus.As32())
	d.CMPB(operand.Mem{Base: d.start}, operand.U8('-'))
	d.SETEQ(minus.As8())
	d.MOVQ(end, length)
	d.SUBQ(d.start, length)
	d.SUBQ(minus, length)
	d.LEAQ(operand.Mem{Base: length, Disp: -1}, probe)
	d.CMPQ(probe, operand.U8(most))
	d.JAE(out)
	valid, within, odd, points := d.GP64(), d.K(), d.K(), d.GP64()
	d.NEGQ(length)
	d.ADDQ(operand.U8(frame), length)
	d.MOVQ(operand.I32(-1), valid)
	d.SHLXL(length.As32(), valid.As32(), valid.As32())
	d.KMOVD(valid.As32(), within)
	text, digits := d.YMM(), d.YMM()
	d.VMOVDQU8_Z(operand.Mem{Base: end, Disp: -frame}, within, text)
	d.VPSUBB_Z(d.zero, text, within, digits)
	d.VPCMPUB(operand.Imm(6), d.nine, digits, odd) // above 9
	d.KMOVD(odd, points.As32())
	decimals, whole := d.GP64(), d.label("whole")
	d.XORL(decimals.As32(), decimals.As32())
	d.TESTL(points.As32(), points.As32())
	d.JZ(operand.LabelRef(whole))
	d.JS(out) // the last byte is no digit
	d.BLSRL(points.As32(), decimals.As32())
	d.JNZ(out)
	at := d.GP64()
	d.TZCNTL(points.As32(), at.As32())
	d.CMPB(operand.Mem{Base: end, Index: at, Scale: 1, Disp: -frame}, operand.U8('.'))
	d.JNE(out)
	d.XORL(operand.U8(frame-1), at.As32())
	d.MOVL(at.As32(), decimals.As32())
	before, closed := d.K(), d.K()
	d.ADDL(valid.As32(), valid.As32())
	d.KMOVD(valid.As32(), closed)
	d.BLSMSKL(points.As32(), points.As32())
	d.ANDL(valid.As32(), points.As32())
	d.KMOVD(points.As32(), before)
	d.VMOVDQU8(operand.Mem{Base: end, Disp: -frame - 1}, before, text)
	d.VPSUBB_Z(d.zero, text, closed, digits)
	d.Label(whole)
	d.VPMADDUBSW(d.tens, digits, digits)
	d.VPMADDWD(d.hundreds, digits, digits)
	d.VPACKUSDW(digits, digits, digits)
	d.VPMADDWD(d.myriads, digits, digits) // eight digits each: none, up to 8, 8, 8
	high, low, middle := d.GP64(), d.GP64(), d.GP64()
	d.VMOVQ(digits.AsX(), high)
	d.VEXTRACTI128(operand.Imm(1), digits, digits.AsX())
	d.VMOVQ(digits.AsX(), low)
	small := d.label("small")
	d.SHRQ(operand.Imm(32), high)
	d.MOVL(low.As32(), middle.As32())
	d.SHRQ(operand.Imm(32), low)
	d.IMUL3Q(operand.U32(100_000_000), middle, middle)
	d.ADDQ(middle, low)
	d.TESTL(high.As32(), high.As32())
	d.JZ(operand.LabelRef(small))
	d.CMPQ(high, operand.U32(1000)) // 10^19 and more
	d.JAE(out)
	d.MOVQ(operand.U64(10_000_000_000_000_000), middle)
	d.IMULQ(middle, high)
	d.ADDQ(high, low)
	d.Label(small)
	d.MOVQ(low, operand.Mem{Base: d.dst, Index: d.done, Scale: 8})
	d.SHLL(operand.Imm(7), minus.As32())
	d.ORL(decimals.As32(), minus.As32())
	d.MOVB(minus.As8(), operand.Mem{Base: d.form, Index: d.done, Scale: 1})
	d.LEAQ(operand.Mem{Base: end, Disp: 1}, d.start)
	d.INCQ(d.done)
}
