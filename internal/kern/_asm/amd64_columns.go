package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitColumns writes what is done to each column of rows that lie one behind another, in float64. What belongs to the columns is repeated to the length of a
// wheel, which is a multiple of a register's lanes, or at least as long as the rows: see columns.go. Nothing is fused, so every level has the same bits.
func emitColumns(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, file: "columns"}
		g.maskTable()
		k := g.words("Consts", 1<<63-1, 0x7ff0000000000000)
		g.affine(k(0), k(1), false)
		g.affine(k(0), k(1), true)
		g.addDiffs()
		g.addSquares()
		g.ranges()
	}
}

// A round is the state of one kernel on its way through the rows.
type round struct {
	*gen
	at   reg.GPVirtual // bytes from the start of the wheel
	mask reg.Register  // of the last lanes, nil for whole registers
}

func (r *round) get(m operand.Op) reg.VecVirtual {
	v := r.vec()
	if r.mask != nil {
		r.loadMasked(m, r.mask, v)
	} else {
		r.load(m, v)
	}
	return v
}

func (r *round) put(v reg.VecVirtual, m operand.Op) {
	if r.mask != nil {
		r.storeMasked(v, r.mask, m)
	} else {
		r.store(v, m)
	}
}

// of is the place in a wheel.
func (r *round) of(wheel reg.GPVirtual) operand.Mem {
	return operand.Mem{Base: wheel, Index: r.at, Scale: 1}
}

// goRound calls step for every register of n elements, then for the masked rest unless tail is false. length is that of the wheel, which goes round.
func (g *gen) goRound(n, length reg.GPVirtual, pointers []reg.GPVirtual, tail bool, step func(r *round)) {
	r := &round{gen: g, at: g.GP64()}
	end, zero := g.GP64(), g.GP64()
	g.MOVQ(length, end)
	g.SHLQ(operand.U8(g.shift()), end)
	g.XORQ(zero, zero)
	g.XORQ(r.at, r.at)
	g.steps("round", n, g.lanes(), pointers, func() {
		step(r)
		g.ADDQ(operand.U32(uint32(g.width())), r.at)
		g.CMPQ(r.at, end)
		g.CMOVQGE(zero, r.at)
	})
	if !tail {
		return
	}
	done := g.label("done")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef(done))
	r.mask = g.lanesMask(n)
	step(r)
	g.Label(done)
}

// flags collects masks of lanes.
type flags struct {
	*gen
	sum reg.Register
}

func (g *gen) flags() flags {
	if !g.wide {
		y := g.YMM()
		g.zero(y)
		return flags{g, y}
	}
	k := g.K()
	g.KXORW(k, k, k)
	return flags{g, k}
}

func (f flags) join(mask reg.Register) {
	if f.wide {
		f.KORW(mask, f.sum, f.sum)
		return
	}
	f.or(mask, f.sum, f.sum)
}

// result stores whether any lane was set.
func (f flags) result() {
	bits := f.GP32()
	if f.wide {
		f.KMOVW(f.sum, bits)
	} else {
		f.VMOVMSKPD(f.sum, bits)
	}
	f.VZEROUPPER()
	f.Store(bits, f.ReturnIndex(0))
	f.RET()
}

func (g *gen) affine(size, infinity konst, stream bool) {
	name, doc := "affine", "sets dst[i] to (x[i]-shift[j])/scale[j]+offset[j], kept between low and high, and returns whether any x[i] is infinite; dst sets the length, shift that of the wheel."
	if stream {
		name, doc = "affineStream", "is affine past the caches; dst must be aligned to 64 bytes, and its length to them."
	}
	g.fn(name, doc, "func(dst, x, shift, scale, offset []T, low, high T) uint32")
	dst, n := g.slice("dst")
	x := g.base("x")
	shift, length := g.slice("shift")
	scale, offset := g.base("scale"), g.base("offset")
	low, high := g.broadcastArg("low"), g.broadcastArg("high")
	bad := g.flags()
	g.hold(size, infinity)
	g.goRound(n, length, []reg.GPVirtual{dst, x}, !stream, func(r *round) {
		v, t := r.get(g.at(x, 0)), g.vec()
		g.and(size, v, t)
		bad.join(g.cmp(isEqual, infinity, t))
		g.sub(r.get(r.of(shift)), v, v)
		g.div(r.get(r.of(scale)), v, v)
		g.add(r.get(r.of(offset)), v, v)
		g.max(v, low, v)
		g.min(v, high, v)
		if stream {
			g.VMOVNTPD(v, g.at(dst, 0))
		} else {
			r.put(v, g.at(dst, 0))
		}
	})
	if stream {
		g.SFENCE()
	}
	bad.result()
}

func (g *gen) addDiffs() {
	g.fn("addDiffs", "adds x[i]-pivot[j] to sum[j]; x sets the length, sum that of the wheel.", "func(sum, x, pivot []T)")
	x, n := g.slice("x")
	sum, length := g.slice("sum")
	pivot := g.base("pivot")
	g.goRound(n, length, []reg.GPVirtual{x}, true, func(r *round) {
		v, s := r.get(g.at(x, 0)), r.get(r.of(sum))
		g.sub(r.get(r.of(pivot)), v, v)
		g.add(v, s, s)
		r.put(s, r.of(sum))
	})
	g.end()
}

func (g *gen) addSquares() {
	g.fn("addSquares", "adds d = (x[i]-pivot[j])-mean[j] to rest[j] and d*d to squares[j]; x sets the length, rest that of the wheel.", "func(rest, squares, x, pivot, mean []T)")
	x, n := g.slice("x")
	rest, length := g.slice("rest")
	squares, pivot, mean := g.base("squares"), g.base("pivot"), g.base("mean")
	g.goRound(n, length, []reg.GPVirtual{x}, true, func(r *round) {
		v := r.get(g.at(x, 0))
		g.sub(r.get(r.of(pivot)), v, v)
		g.sub(r.get(r.of(mean)), v, v)
		s := r.get(r.of(rest))
		g.add(v, s, s)
		r.put(s, r.of(rest))
		g.mul(v, v, v)
		s = r.get(r.of(squares))
		g.add(v, s, s)
		r.put(s, r.of(squares))
	})
	g.end()
}

func (g *gen) ranges() {
	g.fn("ranges", "lowers low[j] and raises high[j] to x[i], and returns whether any x[i] is NaN; x sets the length, low that of the wheel.", "func(low, high, x []T) uint32")
	x, n := g.slice("x")
	low, length := g.slice("low")
	high := g.base("high")
	missing := g.flags()
	g.goRound(n, length, []reg.GPVirtual{x}, true, func(r *round) {
		v, l, h := r.get(g.at(x, 0)), r.get(r.of(low)), r.get(r.of(high))
		missing.join(g.cmp(isNaN, v, v))
		g.min(l, v, l)
		g.max(h, v, h)
		r.put(l, r.of(low))
		r.put(h, r.of(high))
	})
	missing.result()
}
