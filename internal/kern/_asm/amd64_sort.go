package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitSort writes quicksort's two parts for 64-bit integers: a partition around a pivot, and a sorting network for up to 64 of them. Either may carry a second integer along.
func emitSort(c *build.Context) {
	g := &gen{Context: c, wide: true, file: "sort"}
	lanes := g.laneTable()
	g.partition("partitionAVX512", lanes, false)
	g.partition("partitionPairsAVX512", lanes, true)
	g.splitClasses(lanes)
	g.stablePart(lanes)
	g.countFalling()
	g.sortBlock("sortBlockAVX512", false)
	g.sortBlock("sortBlockPairsAVX512", true)
	g.orderBits()
}

// laneTable holds, for each mask of 8 lanes, the lanes that are set and behind them the others, a byte each.
func (g *gen) laneTable() operand.Mem {
	t := g.StaticGlobal("sortLanes")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for mask := range 256 {
		packed, at := uint64(0), 0
		for _, set := range []bool{true, false} {
			for lane := range 8 {
				if mask>>lane&1 == 1 == set {
					packed |= uint64(lane) << (8 * at)
					at++
				}
			}
		}
		g.AddDatum(8*mask, operand.U64(packed))
	}
	return t
}

// A divider deals vectors of 8 numbers to both ends of dst: those of a mask to the left. Both stores are of whole vectors, so at least 16 places must be free between the ends.
type divider struct {
	*gen
	table, left, right reg.GPVirtual
}

func (g *gen) divider(lanes operand.Mem, left, right reg.GPVirtual) *divider {
	d := &divider{gen: g, table: g.GP64(), left: left, right: right}
	g.LEAQ(lanes, d.table)
	return d
}

// deal puts the vectors into their lists and moves the ends. bases are the lists' memory.
func (d *divider) deal(mask reg.OpmaskVirtual, vectors []reg.VecVirtual, bases []reg.GPVirtual) {
	word, order, n := d.GP64(), d.ZMM(), d.GP64()
	d.KMOVB(mask, word.As32())
	d.VPMOVZXBQ(operand.Mem{Base: d.table, Index: word, Scale: 8}, order)
	d.POPCNTQ(word, n)
	for i, v := range vectors {
		v2 := d.ZMM()
		d.VPERMQ(v, order, v2)
		d.VMOVDQU64(v2, operand.Mem{Base: bases[i], Index: d.left, Scale: 8})
		d.VMOVDQU64(v2, operand.Mem{Base: bases[i], Index: d.right, Scale: 8, Disp: -64})
	}
	d.ADDQ(n, d.left)
	d.LEAQ(operand.Mem{Base: d.right, Index: n, Scale: 1, Disp: -8}, d.right)
}

func (g *gen) partition(name string, lanes operand.Mem, pairs bool) {
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " deals the first m of n numbers to both ends of dst, those below the pivot to the left, and returns how many these are. m is a multiple of 8, at most n-8.")
	bases := []reg.GPVirtual{}
	if pairs {
		g.SignatureExpr("func(n, m int, pivot int64, src, dst, with, withDst *int64) (below int)")
	} else {
		g.SignatureExpr("func(n, m int, pivot int64, src, dst *int64) (below int)")
	}
	right, m, src := g.arg("n"), g.arg("m"), g.arg("src")
	bases = append(bases, g.arg("dst"))
	with := reg.GPVirtual(nil)
	if pairs {
		with = g.arg("with")
		bases = append(bases, g.arg("withDst"))
	}
	pivot := g.ZMM()
	addr, err := g.Param("pivot").Resolve()
	if err != nil {
		panic(err)
	}
	g.VPBROADCASTQ(addr.Addr, pivot)
	left, i := g.GP64(), g.GP64()
	g.XORQ(left, left)
	g.XORQ(i, i)
	d := g.divider(lanes, left, right)
	loop, done := g.label("loop"), g.label("done")
	g.Label(loop)
	g.CMPQ(i, m)
	g.JGE(operand.LabelRef(done))
	v, k := g.ZMM(), g.K()
	g.VMOVDQU64(operand.Mem{Base: src, Index: i, Scale: 8}, v)
	g.VPCMPQ(operand.Imm(1), pivot, v, k)
	vectors := []reg.VecVirtual{v}
	if pairs {
		w := g.ZMM()
		g.VMOVDQU64(operand.Mem{Base: with, Index: i, Scale: 8}, w)
		vectors = append(vectors, w)
	}
	d.deal(k, vectors, bases)
	g.ADDQ(operand.Imm(8), i)
	g.JMP(operand.LabelRef(loop))
	g.Label(done)
	g.Store(left, g.ReturnIndex(0))
	g.end()
}

// splitClasses is a partition by class.
func (g *gen) splitClasses(lanes operand.Mem) {
	g.Function("splitClassesAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("splitClassesAVX512 deals the first m of n scores to both ends of dst as integers of the same order, those of class 0 to the left, and returns how many these are. m is a multiple of 8, at most n-8. bad is not 0 if a score is NaN or a class is neither 0 nor 1.")
	g.SignatureExpr("func(n, m int, class, score, dst *int64) (zeros, bad int)")
	right, m, class, score, dst := g.arg("n"), g.arg("m"), g.arg("class"), g.arg("score"), g.arg("dst")
	left, i, nan := g.GP64(), g.GP64(), g.GP64()
	for _, r := range []reg.GPVirtual{left, i, nan} {
		g.XORQ(r, r)
	}
	zero, codes, sign, seven := g.ZMM(), g.ZMM(), g.ZMM(), g.ZMM()
	g.VPXORQ(zero, zero, zero)
	g.VPXORQ(codes, codes, codes)
	g.largest(seven)
	d := g.divider(lanes, left, right)
	loop, done := g.label("loop"), g.label("done")
	g.Label(loop)
	g.CMPQ(i, m)
	g.JGE(operand.LabelRef(done))
	v, c, k, word := g.ZMM(), g.ZMM(), g.K(), g.GP32()
	g.VMOVDQU64(operand.Mem{Base: class, Index: i, Scale: 8}, c)
	g.VPORQ(c, codes, codes)
	g.VADDPD(operand.Mem{Base: score, Index: i, Scale: 8}, zero, v) // -0 becomes 0
	g.VCMPPD(operand.Imm(3), v, v, k)
	g.KMOVB(k, word)
	g.ORQ(word.As64(), nan)
	g.VPSRAQ(operand.Imm(63), v, sign)
	g.VPANDQ(seven, sign, sign)
	g.VPXORQ(sign, v, v)
	g.VPTESTNMQ(c, c, k)
	d.deal(k, []reg.VecVirtual{v}, []reg.GPVirtual{dst})
	g.ADDQ(operand.Imm(8), i)
	g.JMP(operand.LabelRef(loop))
	g.Label(done)
	// codes have no bit but the lowest
	k2, word2 := g.K(), g.GP32()
	g.VPSRLQ(operand.Imm(1), codes, codes)
	g.VPTESTMQ(codes, codes, k2)
	g.KMOVB(k2, word2)
	g.ORQ(word2.As64(), nan)
	g.Store(left, g.ReturnIndex(0))
	g.Store(nan, g.ReturnIndex(1))
	g.end()
}

// largest fills a register with the largest integer.
func (g *gen) largest(v reg.VecVirtual) {
	g.VPXORQ(v, v, v)
	g.VPTERNLOGQ(operand.Imm(255), v, v, v)
	g.VPSRLQ(operand.Imm(1), v, v)
}

// orderBits turns floats into integers of the same order, and back.
func (g *gen) orderBits() {
	g.Function("orderBitsAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("orderBitsAVX512 flips all bits but the sign of the negative ones of 8·n numbers.")
	g.SignatureExpr("func(n int, src, dst *int64)")
	n, src, dst := g.arg("n"), g.arg("src"), g.arg("dst")
	seven := g.ZMM()
	g.largest(seven)
	i := g.GP64()
	g.XORQ(i, i)
	g.SHLQ(operand.Imm(3), n)
	loop, done := g.label("loop"), g.label("done")
	g.Label(loop)
	g.CMPQ(i, n)
	g.JGE(operand.LabelRef(done))
	v, sign := g.ZMM(), g.ZMM()
	g.VMOVDQU64(operand.Mem{Base: src, Index: i, Scale: 8}, v)
	g.VPSRAQ(operand.Imm(63), v, sign)
	g.VPANDQ(seven, sign, sign)
	g.VPXORQ(sign, v, v)
	g.VMOVDQU64(v, operand.Mem{Base: dst, Index: i, Scale: 8})
	g.ADDQ(operand.Imm(8), i)
	g.JMP(operand.LabelRef(loop))
	g.Label(done)
	g.end()
}

// A network sorts 64 keys in 8 registers, with 64 companions if there are.
type network struct {
	*gen
	keys, with []reg.VecVirtual
	reverse    reg.VecVirtual            // lanes 7 to 0
	upper      map[int]reg.OpmaskVirtual // the lanes that hold the larger numbers of pairs this far apart
}

func (g *gen) sortBlock(name string, pairs bool) {
	backwards := g.StaticGlobal(name + "Backwards")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for lane := range 8 {
		g.AddDatum(8*lane, operand.U64(7-lane))
	}
	g.Function(name)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc(name + " sorts n <= 64 numbers by a network.")
	if pairs {
		g.SignatureExpr("func(n int, src, dst, with, withDst *int64)")
	} else {
		g.SignatureExpr("func(n int, src, dst *int64)")
	}
	b := &network{gen: g, upper: map[int]reg.OpmaskVirtual{}}
	n, src, dst := g.arg("n"), g.arg("src"), g.arg("dst")
	b.reverse = g.ZMM()
	g.VMOVDQU64(backwards, b.reverse)
	for _, mask := range []struct {
		distance int
		lanes    uint32
	}{{1, 0xaa}, {2, 0xcc}, {4, 0xf0}} {
		word := g.GP32()
		b.upper[mask.distance] = g.K()
		g.MOVL(operand.U32(mask.lanes), word)
		g.KMOVB(word, b.upper[mask.distance])
	}
	// bit i of lanes: there is a number i
	lanes, all := g.GP64(), g.GP64()
	g.MOVQ(operand.I32(-1), lanes)
	g.MOVQ(operand.I32(64), all)
	g.SUBQ(n, all)
	g.SHRXQ(all, lanes, lanes)
	k, most := g.K(), g.ZMM()
	g.largest(most)
	load := func(from reg.GPVirtual, j int, fill bool) reg.VecVirtual {
		v := g.ZMM()
		if fill { // behind the last number lie the largest ones there are
			g.VMOVDQA64(most, v)
			g.VMOVDQU64(operand.Mem{Base: from, Disp: 64 * j}, k, v)
		} else {
			g.VMOVDQU64_Z(operand.Mem{Base: from, Disp: 64 * j}, k, v)
		}
		return v
	}
	with := reg.GPVirtual(nil)
	if pairs {
		with = g.arg("with")
	}
	for j := range 8 {
		g.KMOVB(b.shifted(lanes, j), k)
		b.keys = append(b.keys, load(src, j, true))
		if pairs {
			b.with = append(b.with, load(with, j, false))
		}
	}
	b.sort()
	store := func(v reg.VecVirtual, to reg.GPVirtual, j int) {
		g.VMOVDQU64(v, k, operand.Mem{Base: to, Disp: 64 * j})
	}
	if pairs {
		with = g.arg("withDst")
	}
	for j := range 8 {
		g.KMOVB(b.shifted(lanes, j), k)
		store(b.keys[j], dst, j)
		if pairs {
			store(b.with[j], with, j)
		}
	}
	g.end()
}

func (b *network) shifted(lanes reg.GPVirtual, j int) reg.GPVirtual {
	r := b.GP64()
	b.MOVQ(lanes, r)
	b.SHRQ(operand.Imm(uint64(8*j)), r)
	return r.As32().(reg.GPVirtual)
}

// sort orders columns, turns them into rows and merges these.
func (b *network) sort() {
	for _, p := range [][2]int{{0, 2}, {1, 3}, {4, 6}, {5, 7}, {0, 4}, {1, 5}, {2, 6}, {3, 7}, {0, 1}, {2, 3}, {4, 5}, {6, 7}, {2, 4}, {3, 5}, {1, 4}, {3, 6}, {1, 2}, {3, 4}, {5, 6}} {
		b.compare(p[0], p[1])
	}
	b.keys = b.transposed(b.keys)
	if b.with != nil {
		b.with = b.transposed(b.with)
	}
	for size := 1; size < 8; size *= 2 {
		for from := 0; from < 8; from += 2 * size {
			b.merge(from, size)
		}
	}
}

// compare leaves the smaller numbers in register i.
func (b *network) compare(i, j int) {
	x, y := b.keys[i], b.keys[j]
	if b.with == nil {
		low := b.ZMM()
		b.VPMINSQ(x, y, low)
		b.VPMAXSQ(x, y, y)
		b.keys[i] = low
		return
	}
	k, low, other := b.K(), b.ZMM(), b.ZMM()
	b.VPCMPQ(operand.Imm(6), y, x, k) // x > y
	b.VPMINSQ(x, y, low)
	b.VPMAXSQ(x, y, y)
	v, w := b.with[i], b.with[j]
	b.VMOVDQA64(v, other)
	b.VMOVDQA64(w, k, other)
	b.VMOVDQA64(v, k, w)
	b.keys[i], b.with[i] = low, other
}

// transposed turns 8 registers of 8 lanes about their diagonal.
func (b *network) transposed(v []reg.VecVirtual) []reg.VecVirtual {
	step := func(v []reg.VecVirtual, pairs [][2]int, f func(x, y, low, high reg.VecVirtual)) []reg.VecVirtual {
		out := make([]reg.VecVirtual, 8)
		for _, p := range pairs {
			out[p[0]], out[p[1]] = b.ZMM(), b.ZMM()
			f(v[p[0]], v[p[1]], out[p[0]], out[p[1]])
		}
		return out
	}
	v = step(v, [][2]int{{0, 1}, {2, 3}, {4, 5}, {6, 7}}, func(x, y, low, high reg.VecVirtual) {
		b.VPUNPCKLQDQ(y, x, low)
		b.VPUNPCKHQDQ(y, x, high)
	})
	shuffle := func(x, y, low, high reg.VecVirtual) {
		b.VSHUFI64X2(operand.Imm(0x88), y, x, low)
		b.VSHUFI64X2(operand.Imm(0xdd), y, x, high)
	}
	v = step(v, [][2]int{{0, 2}, {1, 3}, {4, 6}, {5, 7}}, shuffle)
	v = step(v, [][2]int{{0, 4}, {1, 5}, {2, 6}, {3, 7}}, shuffle)
	return v
}

// merge joins two sorted runs of size registers each, the first one from register from on.
func (b *network) merge(from, size int) {
	b.turn(b.keys[from+size : from+2*size])
	if b.with != nil {
		b.turn(b.with[from+size : from+2*size])
	}
	for distance := size; distance > 0; distance /= 2 {
		for i := from; i < from+2*size; i++ {
			if (i-from)&distance == 0 {
				b.compare(i, i+distance)
			}
		}
	}
	for i := from; i < from+2*size; i++ {
		for _, distance := range []int{4, 2, 1} {
			b.within(i, distance)
		}
	}
}

// turn reverses the order of the numbers in the registers.
func (b *network) turn(v []reg.VecVirtual) {
	for _, r := range v {
		b.VPERMQ(r, b.reverse, r)
	}
	for i := range len(v) / 2 {
		v[i], v[len(v)-1-i] = v[len(v)-1-i], v[i]
	}
}

// within compares lanes of one register.
func (b *network) within(i, distance int) {
	swap := func(x reg.VecVirtual) reg.VecVirtual {
		y := b.ZMM()
		switch distance {
		case 1:
			b.VPSHUFD(operand.Imm(0x4e), x, y)
		case 2:
			b.VPERMQ(operand.Imm(0x4e), x, y)
		default:
			b.VSHUFI64X2(operand.Imm(0x4e), x, x, y)
		}
		return y
	}
	x := b.keys[i]
	y, upper, out := swap(x), b.upper[distance], b.ZMM()
	if b.with != nil {
		// Lower lanes take the other number if theirs is larger, upper ones if theirs is smaller; of equal ones each keeps its own.
		k, k2, v := b.K(), b.K(), b.with[i]
		b.VPCMPQ(operand.Imm(6), y, x, k) // x > y
		b.VPCMPQ(operand.Imm(1), y, x, k2)
		b.KANDB(upper, k2, k2)
		b.KANDNB(k, upper, k)
		b.KORB(k, k2, k)
		w := swap(v)
		b.VMOVDQA64(w, k, v)
	}
	b.VPMINSQ(x, y, out)
	b.VPMAXSQ(x, y, upper, out)
	b.keys[i] = out
}

// passTable holds, for each mask of 8 lanes, how many pairs of a lane that is set behind one that is not it has.
func (g *gen) passTable() operand.Mem {
	t := g.StaticGlobal("sortPasses")
	g.DataAttributes(attr.RODATA | attr.NOPTR)
	for mask := range 256 {
		pairs, clear := 0, 0
		for lane := range 8 {
			if mask>>lane&1 == 1 {
				pairs += clear
			} else {
				clear++
			}
		}
		g.AddDatum(mask, operand.U8(uint8(pairs)))
	}
	return t
}

func (g *gen) stablePart(lanes operand.Mem) {
	passes := g.passTable()
	g.Function("stablePartAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("stablePartAVX512 moves n numbers of src, a multiple of 8, to low if they are below the pivot and to high if not, in their order. It returns how many are below, and how many pairs of a number below behind one that is not there are; high has received so many before. low may lie in src, but not ahead; up to 8 places are written to where fewer are needed.")
	g.SignatureExpr("func(n, before int, pivot int64, src, low, high *int64) (below, passed int)")
	n, before, src, low, high := g.arg("n"), g.arg("before"), g.arg("src"), g.arg("low"), g.arg("high")
	pivot := g.ZMM()
	addr, err := g.Param("pivot").Resolve()
	if err != nil {
		panic(err)
	}
	g.VPBROADCASTQ(addr.Addr, pivot)
	left, right, passed, table, pairs := g.GP64(), g.GP64(), g.GP64(), g.GP64(), g.GP64()
	for _, r := range []reg.GPVirtual{left, right, passed} {
		g.XORQ(r, r)
	}
	g.LEAQ(lanes, table)
	g.LEAQ(passes, pairs)
	g.steps("loop", n, 8, []reg.GPVirtual{src}, func() {
		v, order, packed, k := g.ZMM(), g.ZMM(), g.ZMM(), g.K()
		word, count, within := g.GP64(), g.GP64(), g.GP64()
		g.VMOVDQU64(operand.Mem{Base: src}, v)
		g.VPCMPQ(operand.Imm(1), pivot, v, k)
		g.KMOVB(k, word.As32())
		g.POPCNTQ(word, count)
		g.MOVBQZX(operand.Mem{Base: pairs, Index: word, Scale: 1}, within)
		g.VPMOVZXBQ(operand.Mem{Base: table, Index: word, Scale: 8}, order)
		g.VPERMQ(v, order, packed)
		g.VMOVDQU64(packed, operand.Mem{Base: low, Index: left, Scale: 8})
		g.ADDQ(count, left)
		g.ADDQ(within, passed)
		g.MOVQ(count, within)
		g.IMULQ(before, within)
		g.ADDQ(within, passed)
		g.XORQ(operand.Imm(255), word)
		g.VPMOVZXBQ(operand.Mem{Base: table, Index: word, Scale: 8}, order)
		g.VPERMQ(v, order, packed)
		g.VMOVDQU64(packed, operand.Mem{Base: high, Index: right, Scale: 8})
		g.NEGQ(count)
		g.LEAQ(operand.Mem{Base: right, Index: count, Scale: 1, Disp: 8}, right)
		g.LEAQ(operand.Mem{Base: before, Index: count, Scale: 1, Disp: 8}, before)
	})
	g.Store(left, g.ReturnIndex(0))
	g.Store(passed, g.ReturnIndex(1))
	g.end()
}

func (g *gen) countFalling() {
	g.Function("countFallingAVX512")
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.Doc("countFallingAVX512 counts, in 8 parts, the pairs of n numbers in falling order. Behind x are 8 that are not below any.")
	g.SignatureExpr("func(n int, x, out *int64)")
	n, x, end, p := g.arg("n"), g.arg("x"), g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: x, Index: n, Scale: 8}, end)
	one, acc := g.ZMM(), g.ZMM()
	g.VPXORQ(acc, acc, acc)
	g.VPTERNLOGQ(operand.U8(0xff), one, one, one) // -1
	each, inner, done := g.label("each"), g.label("inner"), g.label("done")
	g.Label(each)
	g.CMPQ(x, end)
	g.JGE(operand.LabelRef(done))
	v := g.ZMM()
	g.VPBROADCASTQ(operand.Mem{Base: x}, v)
	g.ADDQ(operand.Imm(8), x)
	g.MOVQ(x, p)
	g.Label(inner)
	g.CMPQ(p, end)
	g.JGE(operand.LabelRef(each))
	k := g.K()
	g.VPCMPQ(operand.Imm(6), operand.Mem{Base: p}, v, k) // v above
	g.VPSUBQ(one, acc, k, acc)
	g.ADDQ(operand.Imm(64), p)
	g.JMP(operand.LabelRef(inner))
	g.Label(done)
	g.VMOVDQU64(acc, operand.Mem{Base: g.arg("out")})
	g.end()
}
