package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What differs between the widths. A mask of lanes is a vector of all ones or zeros with AVX2 and a mask register with
// AVX-512. A constant is in memory, repeated over a register, with AVX2; with AVX-512 it is there once and broadcast
// by the instruction, or held in one of the 32 registers.

// A konst is a constant in memory.
type konst struct{ operand.Mem }

// table makes read-only data of float64 values in g's precision and returns a function that gives entry i.
func (g *gen) table(name string, values ...float64) func(i int) konst {
	bits := make([]uint64, len(values))
	for i, v := range values {
		if g.f32 {
			bits[i] = uint64(math.Float32bits(float32(v)))
		} else {
			bits[i] = math.Float64bits(v)
		}
	}
	return g.words(name, bits...)
}

// words is table for the bits themselves.
func (g *gen) words(name string, values ...uint64) func(i int) konst {
	copies := g.lanes()
	if g.wide {
		name, copies = name+"Wide", 1
	}
	m := g.StaticGlobal(g.file + name + pick(g, "32", "64"))
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	off := 0
	for _, v := range values {
		for range copies {
			if g.f32 {
				g.AddDatum(off, operand.U32(uint32(v)))
			} else {
				g.AddDatum(off, operand.U64(v))
			}
			off += g.size()
		}
	}
	return func(i int) konst { return konst{m.Offset(copies * g.size() * i)} }
}

// hold keeps constants in registers until the end of the function, where there are registers for that.
func (g *gen) hold(ks ...konst) {
	if !g.wide {
		return
	}
	for _, k := range ks {
		if g.held[k.Asm()] == nil {
			v := g.vec()
			g.broadcast(k.Mem, v)
			g.held[k.Asm()] = v
		}
	}
}

// lanesMask returns the mask of the first n lanes, n in 0..lanes; it may clobber n.
func (g *gen) lanesMask(n reg.GPVirtual) reg.Register {
	if !g.wide {
		y := g.YMM()
		g.mask(n, y)
		return y
	}
	ones, k := g.GP64(), g.K()
	g.MOVQ(operand.I32(-1), ones)
	g.BZHIQ(n, ones, ones)
	g.KMOVW(ones.As32(), k)
	return k
}

// load reads memory, or a constant into all lanes.
func (g *gen) load(m operand.Op, y reg.Register) {
	k, constant := m.(konst)
	switch {
	case !constant:
		pick(g, g.VMOVUPS, g.VMOVUPD)(m, y)
	case g.held[k.Asm()] != nil:
		g.VMOVAPS(g.held[k.Asm()], y)
	case g.wide:
		g.broadcast(k.Mem, y)
	default:
		pick(g, g.VMOVUPS, g.VMOVUPD)(k.Mem, y)
	}
}
func (g *gen) store(y reg.Register, m operand.Op) { pick(g, g.VMOVUPS, g.VMOVUPD)(y, m) }

// loadMasked reads the lanes of mask and sets the others to zero.
func (g *gen) loadMasked(m operand.Op, mask, y reg.Register) {
	if g.wide {
		pick(g, g.VMOVUPS_Z, g.VMOVUPD_Z)(m, mask, y)
		return
	}
	pick(g, g.VMASKMOVPS, g.VMASKMOVPD)(m, mask, y)
}
func (g *gen) storeMasked(y, mask reg.Register, m operand.Op) {
	if g.wide {
		pick(g, g.VMOVUPS, g.VMOVUPD)(y, mask, m)
		return
	}
	pick(g, g.VMASKMOVPS, g.VMASKMOVPD)(y, mask, m)
}
func (g *gen) broadcast(m operand.Op, y reg.Register) { pick(g, g.VBROADCASTSS, g.VBROADCASTSD)(m, y) }

type ternary = func(ops ...operand.Op)

// three writes an instruction of two sources, the first of which may be a constant.
func (g *gen) three(plain, broadcast ternary, a, b, dst operand.Op) {
	k, constant := a.(konst)
	switch {
	case !constant:
		plain(a, b, dst)
	case g.held[k.Asm()] != nil:
		plain(g.held[k.Asm()], b, dst)
	case g.wide:
		broadcast(k.Mem, b, dst)
	default:
		plain(k.Mem, b, dst)
	}
}

func (g *gen) add(a, b, dst operand.Op) {
	g.three(pick(g, g.VADDPS, g.VADDPD), pick(g, g.VADDPS_BCST, g.VADDPD_BCST), a, b, dst)
}
func (g *gen) mul(a, b, dst operand.Op) {
	g.three(pick(g, g.VMULPS, g.VMULPD), pick(g, g.VMULPS_BCST, g.VMULPD_BCST), a, b, dst)
}

// div sets dst to b / a.
func (g *gen) div(a, b, dst operand.Op) {
	g.three(pick(g, g.VDIVPS, g.VDIVPD), pick(g, g.VDIVPS_BCST, g.VDIVPD_BCST), a, b, dst)
}

// sub sets dst to b - a.
func (g *gen) sub(a, b, dst operand.Op) {
	g.three(pick(g, g.VSUBPS, g.VSUBPD), pick(g, g.VSUBPS_BCST, g.VSUBPD_BCST), a, b, dst)
}

// min and max give a if either is NaN.
func (g *gen) min(a, b, dst operand.Op) {
	g.three(pick(g, g.VMINPS, g.VMINPD), pick(g, g.VMINPS_BCST, g.VMINPD_BCST), a, b, dst)
}
func (g *gen) max(a, b, dst operand.Op) {
	g.three(pick(g, g.VMAXPS, g.VMAXPD), pick(g, g.VMAXPS_BCST, g.VMAXPD_BCST), a, b, dst)
}
func (g *gen) xor(a, b, dst operand.Op) {
	g.three(pick(g, g.VXORPS, g.VXORPD), pick(g, g.VXORPS_BCST, g.VXORPD_BCST), a, b, dst)
}
func (g *gen) or(a, b, dst operand.Op) {
	g.three(pick(g, g.VORPS, g.VORPD), pick(g, g.VORPS_BCST, g.VORPD_BCST), a, b, dst)
}
func (g *gen) and(a, b, dst operand.Op) {
	g.three(pick(g, g.VANDPS, g.VANDPD), pick(g, g.VANDPS_BCST, g.VANDPD_BCST), a, b, dst)
}

// addInt adds lanes as integers.
func (g *gen) addInt(a, b, dst operand.Op) {
	g.three(pick(g, g.VPADDD, g.VPADDQ), pick(g, g.VPADDD_BCST, g.VPADDQ_BCST), a, b, dst)
}

// fma adds a*b to acc.
func (g *gen) fma(a, b, acc operand.Op) {
	if g.plain {
		product := g.vec()
		g.mul(a, b, product)
		g.add(product, acc, acc)
		return
	}
	g.three(pick(g, g.VFMADD231PS, g.VFMADD231PD), pick(g, g.VFMADD231PS_BCST, g.VFMADD231PD_BCST), a, b, acc)
}

// horner sets acc to acc*b + a.
func (g *gen) horner(a, b, acc operand.Op) {
	if g.plain {
		g.mul(b, acc, acc)
		g.add(a, acc, acc)
		return
	}
	g.three(pick(g, g.VFMADD213PS, g.VFMADD213PD), pick(g, g.VFMADD213PS_BCST, g.VFMADD213PD_BCST), a, b, acc)
}

// fnma subtracts a*b from acc.
func (g *gen) fnma(a, b, acc operand.Op) {
	if g.plain {
		product := g.vec()
		g.mul(a, b, product)
		g.sub(product, acc, acc)
		return
	}
	g.three(pick(g, g.VFNMADD231PS, g.VFNMADD231PD), pick(g, g.VFNMADD231PS_BCST, g.VFNMADD231PD_BCST), a, b, acc)
}

// round sets dst to a rounded to a whole number, halves to even.
func (g *gen) round(a, dst operand.Op) {
	if g.wide {
		pick(g, g.VRNDSCALEPS, g.VRNDSCALEPD)(operand.U8(0), a, dst)
		return
	}
	pick(g, g.VROUNDPS, g.VROUNDPD)(operand.U8(0), a, dst)
}

// Predicates of cmp.
const (
	isEqual   = 0
	isLess    = 1 // false for NaN
	isNaN     = 3
	notEqual  = 4  // true for NaN
	notLess   = 5  // true for NaN
	isGreater = 14 // false for NaN
)

// cmp returns the lanes where b pred a.
func (g *gen) cmp(pred uint64, a, b operand.Op) (mask reg.Register) {
	op := pick(g, g.VCMPPS, g.VCMPPD)
	if g.wide {
		mask = g.K()
		if k, constant := a.(konst); constant {
			a = g.register(k)
		}
		op(operand.U8(pred), a, b, mask)
		return mask
	}
	mask = g.YMM()
	if k, constant := a.(konst); constant {
		a = k.Mem
	}
	op(operand.U8(pred), a, b, mask)
	return mask
}

// register returns a constant in a register that must not be written to.
func (g *gen) register(k konst) reg.VecVirtual {
	if v := g.held[k.Asm()]; v != nil {
		return v
	}
	v := g.vec()
	g.load(k, v)
	return v
}

// signs returns the lanes whose sign bit is set; with AVX2 it is x itself, of use to blend alone.
func (g *gen) signs(x reg.VecVirtual) reg.Register {
	if !g.wide {
		return x
	}
	k := g.K()
	pick(g, g.VPMOVD2M, g.VPMOVQ2M)(x, k)
	return k
}

// blend sets dst to yes in the lanes of mask, to no elsewhere. yes may be a constant.
func (g *gen) blend(mask reg.Register, yes, no, dst operand.Op) {
	k, constant := yes.(konst)
	switch {
	case g.wide && constant && g.held[k.Asm()] == nil:
		pick(g, g.VBLENDMPS_BCST, g.VBLENDMPD_BCST)(k.Mem, no, mask, dst)
	case g.wide:
		if constant {
			yes = g.held[k.Asm()]
		}
		pick(g, g.VBLENDMPS, g.VBLENDMPD)(yes, no, mask, dst)
	default:
		if constant {
			yes = k.Mem
		}
		pick(g, g.VBLENDVPS, g.VBLENDVPD)(mask, yes, no, dst)
	}
}

// keep sets dst to v in the lanes of mask, to zero elsewhere.
func (g *gen) keep(mask reg.Register, v, dst operand.Op) {
	k, constant := v.(konst)
	switch {
	case g.wide && constant && g.held[k.Asm()] == nil:
		pick(g, g.VBROADCASTSS_Z, g.VBROADCASTSD_Z)(k.Mem, mask, dst)
	case g.wide:
		if constant {
			v = g.held[k.Asm()]
		}
		pick(g, g.VMOVAPS_Z, g.VMOVAPD_Z)(v, mask, dst)
	default:
		g.and(v, mask, dst)
	}
}

// nans sets y to NaN in the lanes of mask.
func (g *gen) nans(mask reg.Register, y reg.VecVirtual) {
	if g.wide {
		pick(g, g.VPTERNLOGD, g.VPTERNLOGQ)(operand.U8(0xff), y, y, mask, y)
		return
	}
	g.or(mask, y, y) // all ones is a NaN
}

// poly returns the polynomial with the given coefficients, lowest first, and x*x. It is evaluated by halves (Estrin's
// scheme), whose steps are independent of each other: one after the other, as Horner has them, they would wait for each
// other's latency longer than other elements have work to fill in.
func (g *gen) poly(c []konst, x reg.VecVirtual) (value, square reg.VecVirtual) {
	power := map[int]reg.VecVirtual{1: x}
	raised := func(k int) reg.VecVirtual {
		for i := 2; i <= k; i *= 2 {
			if power[i] == nil {
				power[i] = g.vec()
				g.mul(power[i/2], power[i/2], power[i])
			}
		}
		return power[k]
	}
	var part func(c []konst) operand.Op
	part = func(c []konst) operand.Op {
		switch len(c) {
		case 1:
			return c[0]
		case 2:
			v := g.vec()
			g.load(c[1], v)
			g.horner(c[0], x, v)
			return v
		}
		half := 2
		for 2*half < len(c) {
			half *= 2
		}
		low := part(c[:half])
		high := part(c[half:])
		g.fma(high, raised(half), low)
		return low
	}
	return part(c).(reg.VecVirtual), raised(2)
}
