package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var amd64Sections = []section{
	{"reduce", emitReduce},
	{"rows", emitRows},
	{"dots", emitDots},
	{"dists", emitDists},
	{"gaps", emitGaps},
	{"diffs", emitDiffs},
	{"losses", emitLosses},
	{"columns", emitColumns},
	{"norms", emitNorms},
	{"maps", emitMaps},
	{"nets", emitNets},
	{"extreme", emitExtreme},
	{"gemm", emitGemm},
	{"panels", emitPanels},
	{"int8", emitInt8},
	{"exp", emitExp},
	{"softmax", emitSoftmax},
	{"log", emitLog},
	{"erf", emitErf},
	{"portable", emitPortable},
	{"prefetch", emitPrefetch},
	{"step", emitStep},
	{"sort", emitSort},
	{"trees", emitTrees},
	{"trees_add", emitTreesAdd},
	{"trees_vbmi", emitTreesVBMI},
	{"trees_bin", emitTreesBin},
	{"trees_row", emitTreesRow},
	{"hist", emitHist},
	{"derivs", emitDerivs},
	{"divide", emitDivide},
	{"decimals", emitDecimals},
	{"lanes", emitLanes},
	{"cuts", emitCuts},
	{"leasttwo", emitLeastTwo},
	{"rowsat", emitRowsAt},
	{"addrows", emitAddRows},
	{"descend", emitDescend},
	{"sieve", emitSieve},
}

// gen writes kernels of one precision and one width: AVX2 with FMA, or AVX-512 (wide). Its methods name an operation
// once and pick the PS or PD, SS or SD form of it. Operands are in Go's order: sources first, destination last. What
// differs between the widths (masks, constants, comparisons) is in amd64_wide.go.
type gen struct {
	*build.Context
	f32    bool
	wide   bool
	plain  bool   // multiply and add apart: the portable forms
	file   string // prefix of data symbols, which are per file
	masks  operand.Mem
	held   map[string]reg.VecVirtual // constants kept in registers by the current function
	second reg.VecVirtual            // the second broadcast argument of a map
	loops  int
}

// both runs emit for float32 and for float64 with AVX2.
func both(c *build.Context, file string, emit func(g *gen)) {
	for _, f32 := range []bool{true, false} {
		emit(&gen{Context: c, f32: f32, file: file})
	}
}

// each runs emit for either precision and either width.
func each(c *build.Context, file string, emit func(g *gen)) {
	both(c, file, emit)
	for _, f32 := range []bool{true, false} {
		emit(&gen{Context: c, f32: f32, wide: true, file: file})
	}
}

func (g *gen) typ() string {
	if g.f32 {
		return "float32"
	}
	return "float64"
}

// size is the number of bytes of an element, lanes how many a vector register holds, width its bytes.
func (g *gen) size() int {
	if g.f32 {
		return 4
	}
	return 8
}
func (g *gen) lanes() int { return g.width() / g.size() }
func (g *gen) width() int {
	if g.wide {
		return 64
	}
	return 32
}

// vec is a fresh vector register.
func (g *gen) vec() reg.VecVirtual {
	if g.wide {
		return g.ZMM()
	}
	return g.YMM()
}

// shift turns a number of elements into bytes.
func (g *gen) shift() uint8 { return uint8(g.size()/4 + 1) }

// fn starts a function: name plus F32 or F64 and the level; T in the signature stands for the element type.
func (g *gen) fn(name, doc, signature string) {
	full := name + pick(g, "F32", "F64") + "AVX2"
	if g.wide {
		full = name + pick(g, "F32", "F64") + "AVX512"
	}
	g.held = map[string]reg.VecVirtual{}
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
	y := g.vec()
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

// maskTable declares the lane masks of this precision, which AVX-512 does without; call it outside of functions.
func (g *gen) maskTable() {
	if g.wide {
		return
	}
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
		acc[i] = g.vec()
		g.zero(acc[i])
	}
	return acc
}

func pick[F any](g *gen, single, double F) F {
	if g.f32 {
		return single
	}
	return double
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
	low := g.halved(y)
	g.upper(low, h)
	g.add(h, low.AsX(), x)
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

// halved adds the upper half of a 512-bit register to the lower; one of 256 bits is returned as it is.
func (g *gen) halved(y reg.VecVirtual) reg.VecVirtual {
	if !g.wide {
		return y
	}
	low, high := g.YMM(), g.YMM()
	g.VEXTRACTF64X4(operand.U8(1), y, high)
	g.add(high, y.AsY(), low)
	return low
}

// upper copies the upper half of 256 bits. With AVX-512 it may be one of the registers that only its instructions name.
func (g *gen) upper(y reg.Register, x reg.VecVirtual) {
	if g.wide {
		g.VEXTRACTF64X2(operand.U8(1), y, x)
		return
	}
	g.VEXTRACTF128(operand.U8(1), y, x)
}
