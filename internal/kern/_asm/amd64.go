package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var amd64Sections = []section{
	{"reduce", emitReduce},
	{"rows", emitRows},
	{"maps", emitMaps},
	{"extreme", emitExtreme},
	{"gemm", emitGemm},
	{"exp", emitExp},
	{"log", emitLog},
}

// gen writes kernels of one precision with AVX2 and FMA. Its methods name an operation once and pick the PS or PD, SS
// or SD form of it. Operands are in Go's order: sources first, destination last.
type gen struct {
	*build.Context
	f32   bool
	file  string // prefix of data symbols, which are per file
	masks operand.Mem
	loops int
}

// both runs emit for float32 and for float64.
func both(c *build.Context, file string, emit func(g *gen)) {
	for _, f32 := range []bool{true, false} {
		emit(&gen{Context: c, f32: f32, file: file})
	}
}

func (g *gen) typ() string {
	if g.f32 {
		return "float32"
	}
	return "float64"
}

// size is the number of bytes of an element, lanes how many a 256-bit register holds.
func (g *gen) size() int {
	if g.f32 {
		return 4
	}
	return 8
}
func (g *gen) lanes() int { return 32 / g.size() }

// shift turns a number of elements into bytes.
func (g *gen) shift() uint8 { return uint8(g.size()/4 + 1) }

// fn starts a function: name plus F32AVX2 or F64AVX2; T in the signature stands for the element type.
func (g *gen) fn(name, doc, signature string) {
	full := name + "F64AVX2"
	if g.f32 {
		full = name + "F32AVX2"
	}
	g.Function(full)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(fmt.Sprintf("%s %s", full, doc))
	text := ""
	for _, r := range signature {
		if r == 'T' {
			text += g.typ()
		} else {
			text += string(r)
		}
	}
	g.SignatureExpr(text)
}

func (g *gen) label(name string) string {
	g.loops++
	return fmt.Sprintf("%s%d", name, g.loops)
}

// end closes a function that touched the upper halves of the vector registers.
func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

func (g *gen) slice(name string) (base, n reg.GPVirtual) {
	base, n = g.GP64(), g.GP64()
	g.Load(g.Param(name).Base(), base)
	g.Load(g.Param(name).Len(), n)
	return base, n
}

func (g *gen) base(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name).Base(), r)
	return r
}

func (g *gen) arg(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name), r)
	return r
}

// broadcastArg copies a floating-point argument to all lanes of a register.
func (g *gen) broadcastArg(name string) reg.VecVirtual {
	y := g.YMM()
	addr, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	g.broadcast(addr.Addr, y)
	return y
}

func (g *gen) at(base reg.Register, elements int) operand.Mem {
	return operand.Mem{Base: base, Disp: elements * g.size()}
}

// table makes read-only data of float64 values in g's precision, each repeated over a whole register, and returns a
// function that gives the memory operand of entry i.
func (g *gen) table(name string, values ...float64) func(i int) operand.Mem {
	bits := "64"
	if g.f32 {
		bits = "32"
	}
	m := g.StaticGlobal(g.file + name + bits)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	off := 0
	for _, v := range values {
		for range g.lanes() {
			if g.f32 {
				g.AddDatum(off, operand.U32(math.Float32bits(float32(v))))
			} else {
				g.AddDatum(off, operand.U64(math.Float64bits(v)))
			}
			off += g.size()
		}
	}
	return func(i int) operand.Mem { return m.Offset(32 * i) }
}

// words is table for integers of the lane's width.
func (g *gen) words(name string, values ...uint64) func(i int) operand.Mem {
	bits := "64"
	if g.f32 {
		bits = "32"
	}
	m := g.StaticGlobal(g.file + name + bits)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	off := 0
	for _, v := range values {
		for range g.lanes() {
			if g.f32 {
				g.AddDatum(off, operand.U32(uint32(v)))
			} else {
				g.AddDatum(off, operand.U64(v))
			}
			off += g.size()
		}
	}
	return func(i int) operand.Mem { return m.Offset(32 * i) }
}

// maskTable declares the lane masks of this precision; call it outside of functions.
func (g *gen) maskTable() {
	bits := "64"
	if g.f32 {
		bits = "32"
	}
	g.masks = g.StaticGlobal(g.file + "Masks" + bits)
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 8 {
		v := uint64(0)
		if i < 4 {
			v = ^v
		}
		g.AddDatum(8*i, operand.U64(v))
	}
}

// mask sets y to all ones in its first n lanes, n in 0..lanes; it clobbers n.
func (g *gen) mask(n reg.GPVirtual, y reg.VecVirtual) {
	p := g.GP64()
	g.LEAQ(g.masks.Offset(32), p)
	g.NEGQ(n)
	g.VMOVDQU(operand.Mem{Base: p, Index: n, Scale: uint8(g.size())}, y)
}

// steps loops body over blocks of the given number of elements while n holds one, lowering n and advancing the
// pointers.
func (g *gen) steps(name string, n reg.GPVirtual, block int, pointers []reg.GPVirtual, body func()) {
	loop, done := g.label(name), g.label(name+"Done")
	g.Label(loop)
	g.CMPQ(n, operand.U32(uint32(block)))
	g.JLT(operand.LabelRef(done))
	body()
	for _, p := range pointers {
		g.ADDQ(operand.U32(uint32(block*g.size())), p)
	}
	g.SUBQ(operand.U32(uint32(block)), n)
	g.JMP(operand.LabelRef(loop))
	g.Label(done)
}

func (g *gen) zero(y reg.VecVirtual) { g.VXORPS(y, y, y) }

func (g *gen) zeros(n int) []reg.VecVirtual {
	acc := make([]reg.VecVirtual, n)
	for i := range acc {
		acc[i] = g.YMM()
		g.zero(acc[i])
	}
	return acc
}

func (g *gen) load(m operand.Op, y reg.Register)  { pick(g, g.VMOVUPS, g.VMOVUPD)(m, y) }
func (g *gen) store(y reg.Register, m operand.Op) { pick(g, g.VMOVUPS, g.VMOVUPD)(y, m) }
func (g *gen) loadMasked(m operand.Op, mask, y reg.Register) {
	pick(g, g.VMASKMOVPS, g.VMASKMOVPD)(m, mask, y)
}
func (g *gen) storeMasked(y, mask reg.Register, m operand.Op) {
	pick(g, g.VMASKMOVPS, g.VMASKMOVPD)(y, mask, m)
}
func (g *gen) broadcast(m operand.Op, y reg.Register) { pick(g, g.VBROADCASTSS, g.VBROADCASTSD)(m, y) }
func (g *gen) add(a, b, dst operand.Op)               { pick(g, g.VADDPS, g.VADDPD)(a, b, dst) }
func (g *gen) mul(a, b, dst operand.Op)               { pick(g, g.VMULPS, g.VMULPD)(a, b, dst) }
func (g *gen) div(a, b, dst operand.Op)               { pick(g, g.VDIVPS, g.VDIVPD)(a, b, dst) } // dst = b / a
func (g *gen) sub(a, b, dst operand.Op)               { pick(g, g.VSUBPS, g.VSUBPD)(a, b, dst) } // dst = b - a
func (g *gen) min(a, b, dst operand.Op)               { pick(g, g.VMINPS, g.VMINPD)(a, b, dst) } // a if either is NaN
func (g *gen) max(a, b, dst operand.Op)               { pick(g, g.VMAXPS, g.VMAXPD)(a, b, dst) } // a if either is NaN
func (g *gen) xor(a, b, dst operand.Op)               { pick(g, g.VXORPS, g.VXORPD)(a, b, dst) }
func (g *gen) or(a, b, dst operand.Op)                { pick(g, g.VORPS, g.VORPD)(a, b, dst) }
func (g *gen) and(a, b, dst operand.Op)               { pick(g, g.VANDPS, g.VANDPD)(a, b, dst) }
func (g *gen) blend(mask, yes, no, dst operand.Op) {
	pick4(g, g.VBLENDVPS, g.VBLENDVPD)(mask, yes, no, dst)
}
func (g *gen) cmp(pred uint64, a, b, dst operand.Op) {
	pick(g, g.VCMPPS, g.VCMPPD)(operand.U8(pred), a, b, dst) // dst = b pred a
}

// fma adds a*b to acc.
func (g *gen) fma(a, b, acc operand.Op) { pick(g, g.VFMADD231PS, g.VFMADD231PD)(a, b, acc) }

// horner sets acc to acc*b + a.
func (g *gen) horner(a, b, acc operand.Op) { pick(g, g.VFMADD213PS, g.VFMADD213PD)(a, b, acc) }

// fnma subtracts a*b from acc.
func (g *gen) fnma(a, b, acc operand.Op) { pick(g, g.VFNMADD231PS, g.VFNMADD231PD)(a, b, acc) }

func pick[F any](g *gen, single, double F) F {
	if g.f32 {
		return single
	}
	return double
}

func pick4(g *gen, single, double func(a, b, c, d operand.Op)) func(a, b, c, d operand.Op) {
	return pick(g, single, double)
}

// tree adds the accumulators pairwise into the first: ((0+1)+(2+3))+...
func (g *gen) tree(acc []reg.VecVirtual) reg.VecVirtual {
	for len(acc) > 1 {
		var next []reg.VecVirtual
		for i := 0; i < len(acc); i += 2 {
			g.add(acc[i+1], acc[i], acc[i])
			next = append(next, acc[i])
		}
		acc = next
	}
	return acc[0]
}

// across sums the lanes of y: upper half onto lower, then halves again. The result is the low lane of the returned register.
func (g *gen) across(y reg.VecVirtual) reg.VecVirtual {
	x, h := g.XMM(), g.XMM()
	g.VEXTRACTF128(operand.U8(1), y, h)
	g.add(h, y.AsX(), x)
	if g.f32 {
		g.VMOVHLPS(x, x, h)
		g.VADDPS(h, x, x)
		g.VMOVSHDUP(x, h)
		g.VADDSS(h, x, x)
	} else {
		g.VUNPCKHPD(x, x, h)
		g.VADDSD(h, x, x)
	}
	return x
}
