package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What the kernels of lanes agree on with lanes.go: numbers of one kind lie laneCount rows apart.
const (
	laneCount = 64
	laneBytes = 8 * laneCount
)

func emitLanes(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, plain: true, file: "lanes"}
		var signs operand.Mem
		if !wide {
			signs = g.StaticGlobal("lanesSigns")
			g.DataAttributes(attr.RODATA | attr.NOPTR)
			for i := range 4 {
				g.AddDatum(8*i, operand.U64(uint64(63-i)))
			}
		}
		g.compareLanes()
		g.boxLanes()
		g.spreadLanes()
		g.twinLanes(signs)
		for _, k := range laneKernels {
			g.laneKernel(k, signs)
		}
	}
}

// A laneKernel multiplies src by a choice, adds to sums, adds to phi, or several of these.
type laneKernel struct {
	name, doc, signature string
	choice               bool // src is multiplied by c
	store                bool // the product is written to dst
	sum                  bool // it is added to sum
	phi                  bool // it is added to phi
	change               bool // and multiplied by d before
}

var laneKernels = []laneKernel{
	{name: "scaleLanes", doc: "sets dst to src times what each lane takes of c.", signature: "func(dst, src *float64, k, n int, both, lost uint64, c *float64)", choice: true, store: true},
	{name: "leafLanes", doc: "adds src times c to sum, and that times d to phi.", signature: "func(sum, phi, src *float64, k, n int, both, lost uint64, c, d *float64)", choice: true, sum: true, phi: true, change: true},
	{name: "liftLanes", doc: "adds src to sum, and src times d to phi.", signature: "func(sum, phi, src *float64, k, n int, both, lost uint64, d *float64)", sum: true, phi: true, change: true},
	{name: "dotLanes", doc: "adds src times c to phi.", signature: "func(phi, src *float64, k, n int, both, lost uint64, c *float64)", choice: true, phi: true},
}

// laneFn is fn for names without a precision.
func (g *gen) laneFn(name, doc, signature string) {
	name += pickWidth(g, "AVX2", "AVX512")
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " " + doc)
	g.SignatureExpr(signature)
}

func pickWidth[F any](g *gen, narrow, wide F) F {
	if g.wide {
		return wide
	}
	return narrow
}

// laneMasks are the lanes of one vector that are in both and in lost.
type laneMasks struct {
	wide   [3]reg.OpmaskVirtual
	narrow [3]reg.VecVirtual
	words  []reg.GPVirtual
	signs  reg.VecVirtual
}

func (g *gen) laneKernel(k laneKernel, signs operand.Mem) {
	g.laneFn(k.name, k.doc, k.signature)
	src := g.arg("src")
	pointers := []reg.GPVirtual{src}
	pointer := func(name string, wanted bool) reg.GPVirtual {
		if !wanted {
			return nil
		}
		p := g.arg(name)
		pointers = append(pointers, p)
		return p
	}
	dst, sum, phi := pointer("dst", k.store), pointer("sum", k.sum), pointer("phi", k.phi)
	points, n := g.arg("k"), g.arg("n")
	m := &laneMasks{words: []reg.GPVirtual{g.arg("both"), g.arg("lost")}}
	if !g.wide {
		m.signs = g.YMM()
		g.VMOVDQU(signs, m.signs)
	}
	var c, d [3]reg.GPVirtual
	spread := func(name string, wanted bool, to *[3]reg.GPVirtual, states int) {
		if !wanted {
			return
		}
		to[0] = g.arg(name)
		for i := 1; i < states; i++ {
			to[i] = g.GP64()
			g.LEAQ(operand.Mem{Base: to[i-1], Index: points, Scale: 8}, to[i])
		}
	}
	spread("c", k.choice, &c, 3)
	spread("d", k.change, &d, 2)

	at, q := g.GP64(), g.GP64()
	groups, inner := g.label("group"), g.label("point")
	g.Label(groups)
	g.nextMasks(m)
	var acc reg.VecVirtual
	if k.phi {
		acc = g.vec()
		g.VMOVUPD(operand.Mem{Base: phi}, acc)
	}
	g.XORQ(q, q)
	g.XORQ(at, at)
	g.Label(inner)
	place := func(base reg.GPVirtual) operand.Mem { return operand.Mem{Base: base, Index: at, Scale: 1} }
	v := g.vec()
	if k.choice {
		g.chosen(m, c[:], q, v)
		g.VMULPD(place(src), v, v)
	} else {
		g.VMOVUPD(place(src), v)
	}
	if k.store {
		g.VMOVUPD(v, place(dst))
	}
	if k.sum {
		s := g.vec()
		g.VADDPD(place(sum), v, s)
		g.VMOVUPD(s, place(sum))
	}
	if k.phi {
		if k.change {
			w := g.vec()
			g.chosen(m, d[:2], q, w)
			g.VMULPD(v, w, v)
		}
		g.VADDPD(v, acc, acc)
	}
	g.ADDQ(operand.U32(laneBytes), at)
	g.INCQ(q)
	g.CMPQ(q, points)
	g.JLT(operand.LabelRef(inner))
	if k.phi {
		g.VMOVUPD(acc, operand.Mem{Base: phi})
	}
	for _, p := range pointers {
		g.ADDQ(operand.U32(uint32(g.width())), p)
	}
	g.SUBQ(operand.U32(uint32(g.lanes())), n)
	g.JG(operand.LabelRef(groups))
	g.end()
}

// nextMasks takes the masks of the next vector off the words.
func (g *gen) nextMasks(m *laneMasks) {
	for i, word := range m.words {
		if g.wide {
			if m.wide[i] == nil {
				m.wide[i] = g.K()
			}
			g.KMOVB(word.As32(), m.wide[i])
			g.SHRQ(operand.U8(8), word)
			continue
		}
		if m.narrow[i] == nil {
			m.narrow[i] = g.YMM()
		}
		g.MOVQ(word, m.narrow[i].AsX())
		g.VPBROADCASTQ(m.narrow[i].AsX(), m.narrow[i])
		g.VPSLLVQ(m.signs, m.narrow[i], m.narrow[i])
		g.SHRQ(operand.U8(4), word)
	}
}

// chosen sets v to what each lane takes: of the number q of both, of lost, and of the rest, which is 0 if there are two.
func (g *gen) chosen(m *laneMasks, from []reg.GPVirtual, q reg.GPVirtual, v reg.VecVirtual) {
	number := func(i int) operand.Mem { return operand.Mem{Base: from[i], Index: q, Scale: 8} }
	if g.wide {
		if len(from) == 3 {
			g.VBROADCASTSD(number(2), v)
			g.VBROADCASTSD(number(1), m.wide[1], v)
		} else {
			g.VBROADCASTSD_Z(number(1), m.wide[1], v)
		}
		g.VBROADCASTSD(number(0), m.wide[0], v)
		return
	}
	w := g.YMM()
	if len(from) == 3 {
		g.VBROADCASTSD(number(2), v)
	} else {
		g.zero(v)
	}
	for _, i := range [2]int{1, 0} {
		g.VBROADCASTSD(number(i), w)
		g.VBLENDVPD(m.narrow[i], w, v, v)
	}
}

func (g *gen) compareLanes() {
	g.laneFn("compareLanes", "returns the lanes of x below t, or up to t.", "func(x *float64, t float64, orEqual bool) uint64")
	x, t, orEqual := g.arg("x"), g.vec(), g.GP8()
	addr, err := g.Param("t").Resolve()
	if err != nil {
		panic(err)
	}
	g.VBROADCASTSD(addr.Addr, t)
	g.Load(g.Param("orEqual"), orEqual)
	mask := g.GP64()
	g.XORQ(mask, mask)
	below, done := g.label("below"), g.label("done")
	g.TESTB(orEqual, orEqual)
	g.JZ(operand.LabelRef(below))
	compare := func(predicate uint8) {
		for i := range laneCount / g.lanes() {
			bits := g.GP32()
			from := operand.Mem{Base: x, Disp: i * g.width()}
			v := g.vec()
			g.VMOVUPD(from, v)
			if g.wide {
				k := g.K()
				g.VCMPPD(operand.U8(predicate), t, v, k)
				g.KMOVB(k, bits)
			} else {
				g.VCMPPD(operand.U8(predicate), t, v, v)
				g.VMOVMSKPD(v, bits)
			}
			word := bits.As64()
			if i > 0 {
				g.SHLQ(operand.U8(uint8(i*g.lanes())), word)
			}
			g.ORQ(word, mask)
		}
	}
	const lessThan, atMost = 0x11, 0x12 // quiet, false for NaN
	compare(atMost)
	g.JMP(operand.LabelRef(done))
	g.Label(below)
	compare(lessThan)
	g.Label(done)
	g.VZEROUPPER()
	g.Store(mask, g.ReturnIndex(0))
	g.RET()
}

// boxLanes works on eight vectors of lanes at a time, whose sums stay in registers.
func (g *gen) boxLanes() {
	g.laneFn("boxLanes", "sets dst to the sums over k of the squares of what the lanes of src lie outside lo and hi.", "func(dst, src, lo, hi *float64, k int)")
	const vectors = 8
	dst, src, lo, hi, k := g.arg("dst"), g.arg("src"), g.arg("lo"), g.arg("hi"), g.arg("k")
	zero := g.vec()
	g.zero(zero)
	for first := 0; first < laneCount; first += vectors * g.lanes() {
		var sum [vectors]reg.VecVirtual
		for i := range sum {
			sum[i] = g.vec()
			g.zero(sum[i])
		}
		j, at := g.GP64(), g.GP64()
		g.XORQ(j, j)
		g.MOVQ(src, at)
		loop := g.label("loop")
		g.Label(loop)
		low, high := g.vec(), g.vec()
		g.VBROADCASTSD(operand.Mem{Base: lo, Index: j, Scale: 8}, low)
		g.VBROADCASTSD(operand.Mem{Base: hi, Index: j, Scale: 8}, high)
		for i := range sum {
			x, below := g.vec(), g.vec()
			g.VMOVUPD(operand.Mem{Base: at, Disp: 8*first + i*g.width()}, x)
			g.VSUBPD(x, low, below)
			g.VSUBPD(high, x, x)
			g.VMAXPD(below, x, x)
			g.VMAXPD(zero, x, x)
			g.VMULPD(x, x, x)
			g.VADDPD(x, sum[i], sum[i])
		}
		g.ADDQ(operand.U32(laneBytes), at)
		g.INCQ(j)
		g.CMPQ(j, k)
		g.JLT(operand.LabelRef(loop))
		for i := range sum {
			g.VMOVUPD(sum[i], operand.Mem{Base: dst, Disp: 8*first + i*g.width()})
		}
	}
	g.VZEROUPPER()
	g.RET()
}

// spreadLanes makes of one word for each column one 16-bit number for each lane: the weight of a column's bit is added where the word has a one.
func (g *gen) spreadLanes() {
	const groups = 16 // lanes of a narrow vector
	var bits operand.Mem
	if !g.wide {
		bits = g.StaticGlobal("lanesBits")
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range groups {
			g.AddDatum(2*i, operand.U16(uint16(1)<<i))
		}
	}
	g.laneFn("spreadLanes", "sets bit u of dst[r] to bit r of words[u], for n words, up to 16.", "func(dst *uint16, words *uint64, n int)")
	dst, words, n := g.arg("dst"), g.arg("words"), g.arg("n")
	acc := make([]reg.VecVirtual, laneCount*2/g.width())
	for i := range acc {
		acc[i] = g.vec()
		if g.wide {
			g.VPXORQ(acc[i], acc[i], acc[i])
		} else {
			g.VPXOR(acc[i], acc[i], acc[i])
		}
	}
	weight, own := g.vec(), g.vec()
	if g.wide {
		g.VPTERNLOGQ(operand.Imm(255), weight, weight, weight)
	} else {
		g.VMOVDQU(bits, own)
		g.VPCMPEQW(weight, weight, weight)
	}
	g.VPSRLW(operand.U8(15), weight, weight)
	loop, done := g.label("column"), g.label("spread")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	g.Label(loop)
	if g.wide {
		low, high := g.K(), g.K()
		g.KMOVQ(operand.Mem{Base: words}, low)
		g.KSHIFTRQ(operand.U8(32), low, high)
		g.VPADDW(weight, acc[0], low, acc[0])
		g.VPADDW(weight, acc[1], high, acc[1])
	} else {
		for i := range acc {
			v := g.vec()
			g.VPBROADCASTW(operand.Mem{Base: words, Disp: 2 * i}, v)
			g.VPAND(own, v, v)
			g.VPCMPEQW(own, v, v)
			g.VPAND(weight, v, v)
			g.VPOR(v, acc[i], acc[i])
		}
	}
	g.VPADDW(weight, weight, weight)
	g.ADDQ(operand.U8(8), words)
	g.DECQ(n)
	g.JNZ(operand.LabelRef(loop))
	g.Label(done)
	for i, v := range acc {
		if g.wide {
			g.VMOVDQU64(v, operand.Mem{Base: dst, Disp: i * g.width()})
		} else {
			g.VMOVDQU(v, operand.Mem{Base: dst, Disp: i * g.width()})
		}
	}
	g.end()
}

// twinLanes does what an edge to a split with two leaves needs, at once.
func (g *gen) twinLanes(signs operand.Mem) {
	g.laneFn("twinLanes", "adds src times c times a to sum, that times d to phi, and src times c times b to own.",
		"func(sum, phi, own, src *float64, k, n int, both, lost, left uint64, t *float64)")
	sum, phi, own, src := g.arg("sum"), g.arg("phi"), g.arg("own"), g.arg("src")
	points, n, record := g.arg("k"), g.arg("n"), g.arg("t")
	m := &laneMasks{words: []reg.GPVirtual{g.arg("both"), g.arg("lost"), g.arg("left")}}
	if !g.wide {
		m.signs = g.YMM()
		g.VMOVDQU(signs, m.signs)
	}
	groups, inner := g.label("group"), g.label("point")
	at, q, left := g.GP64(), g.GP64(), g.GP64()
	number := func(i int) operand.Mem { return operand.Mem{Base: q, Disp: 8 * i} }
	// whichever sets v to number i for lanes of the mask, number j for all others, 0 if j is -1.
	whichever := func(mask, i, j int, v reg.VecVirtual) {
		switch {
		case g.wide && j < 0:
			g.VBROADCASTSD_Z(number(i), m.wide[mask], v)
		case g.wide:
			if j != i {
				g.VBROADCASTSD(number(j), v)
			}
			g.VBROADCASTSD(number(i), m.wide[mask], v)
		default:
			w := g.YMM()
			if j < 0 {
				g.zero(v)
			} else if j != i {
				g.VBROADCASTSD(number(j), v)
			}
			g.VBROADCASTSD(number(i), w)
			g.VBLENDVPD(m.narrow[mask], w, v, v)
		}
	}
	g.Label(groups)
	g.nextMasks(m)
	accPhi, accOwn := g.vec(), g.vec()
	g.VMOVUPD(operand.Mem{Base: phi}, accPhi)
	g.VMOVUPD(operand.Mem{Base: own}, accOwn)
	g.XORQ(at, at)
	g.MOVQ(record, q)
	g.MOVQ(points, left)
	g.Label(inner)
	place := func(base reg.GPVirtual) operand.Mem { return operand.Mem{Base: base, Index: at, Scale: 1} }
	const both, lost, passes = 0, 1, 2
	v, w, s := g.vec(), g.vec(), g.vec()
	whichever(lost, 1, 2, v)
	whichever(both, 0, 0, v)
	g.VMULPD(place(src), v, v)
	whichever(passes, 3, 4, s)
	g.VMULPD(v, s, s)
	whichever(passes, 5, 6, w)
	g.VMULPD(v, w, w)
	g.VADDPD(w, accOwn, accOwn)
	whichever(lost, 8, -1, w)
	whichever(both, 7, 7, w)
	g.VMULPD(s, w, w)
	g.VADDPD(w, accPhi, accPhi)
	g.VADDPD(place(sum), s, s)
	g.VMOVUPD(s, place(sum))
	g.ADDQ(operand.U32(laneBytes), at)
	g.ADDQ(operand.U8(8*9), q)
	g.DECQ(left)
	g.JNZ(operand.LabelRef(inner))
	g.VMOVUPD(accPhi, operand.Mem{Base: phi})
	g.VMOVUPD(accOwn, operand.Mem{Base: own})
	for _, p := range []reg.GPVirtual{sum, phi, own, src} {
		g.ADDQ(operand.U32(uint32(g.width())), p)
	}
	g.SUBQ(operand.U32(uint32(g.lanes())), n)
	g.JG(operand.LabelRef(groups))
	g.end()
}
