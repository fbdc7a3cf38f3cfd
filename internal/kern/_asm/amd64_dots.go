package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitDots writes dot products of many rows with many: tiles of rows of x by rows of y share their loads and the
// reductions over the lanes. An element is summed in the order of dotRows, to the bit.
func emitDots(c *build.Context) {
	each(c, "dots", func(g *gen) {
		g.maskTable()
		g.fn("dots", "sets dst[i*ldd+j] to the dot product of row i of x and row j of y, d elements each, for m rows of x and n of y. m must be a multiple of dotsRows.",
			"func(m, n, d int, x *T, ldx int, y *T, ldy int, dst *T, ldd int)")
		t := dots{gen: g, rows: 2, widths: []int{2, 1}}
		if g.wide {
			t.rows, t.widths = 4, []int{4, 2, 1}
		}
		t.emit()
	})
}

// dots is a tile: rows of x and where their results go.
type dots struct {
	*gen
	rows   int
	widths []int // numbers of rows of y of a tile, one after the other
	mask   reg.Register
	ldy    reg.GPVirtual
	dst    reg.GPVirtual
}

func (t *dots) emit() {
	m, x, dst := t.arg("m"), t.arg("x"), t.arg("dst")
	d := t.arg("d")
	if t.wide {
		t.mask = t.tailMask(d)
	} else {
		t.ANDQ(operand.U32(uint32(t.lanes()-1)), d)
		t.mask = t.lanesMask(d)
	}
	rows, done := t.label("rows"), t.label("rowsDone")
	t.Label(rows)
	t.TESTQ(m, m)
	t.JZ(operand.LabelRef(done))
	y, n := t.arg("y"), t.arg("n")
	t.ldy = t.bytes("ldy")
	t.dst = t.GP64()
	t.MOVQ(dst, t.dst)
	for _, width := range t.widths {
		next, over := t.label("columns"), t.label("columnsDone")
		t.Label(next)
		t.CMPQ(n, operand.U32(uint32(width)))
		t.JLT(operand.LabelRef(over))
		t.tile(x, y, width)
		t.ADDQ(operand.U32(uint32(width*t.size())), t.dst)
		t.SUBQ(operand.U32(uint32(width)), n)
		t.JMP(operand.LabelRef(next))
		t.Label(over)
	}
	ldx, ldd := t.bytes("ldx"), t.bytes("ldd")
	for range t.rows {
		t.ADDQ(ldx, x)
		t.ADDQ(ldd, dst)
	}
	t.SUBQ(operand.U32(uint32(t.rows)), m)
	t.JMP(operand.LabelRef(rows))
	t.Label(done)
	t.end()
}

// tile computes the products of the rows of x with width rows of y, and moves y past them.
func (t *dots) tile(x, y reg.GPVirtual, width int) {
	a := t.rowPointers(t.rows, x, t.bytes("ldx"))
	b := t.rowPointers(width, y, t.ldy)
	parts := 1 // sums of an element
	if !t.wide {
		parts = 2
	}
	acc := t.zeros(parts * t.rows * width)
	left := t.arg("d")
	all := append(a.base, b.base...)
	step := func(part, at int, load func(m operand.Op, v reg.Register)) {
		v := make([]reg.VecVirtual, t.rows)
		for r := range v {
			v[r] = t.vec()
			p := a.at(r)
			p.Disp = at * t.size()
			load(p, v[r])
		}
		for c := range width {
			w, p := t.vec(), b.at(c)
			p.Disp = at * t.size()
			load(p, w)
			for r := range v {
				t.fma(w, v[r], acc[(r*width+c)*parts+part])
			}
		}
	}
	whole := func(m operand.Op, v reg.Register) { t.load(m, v) }
	cut := func(m operand.Op, v reg.Register) { t.loadMasked(m, t.mask, v) }
	if t.wide { // at least one lane is left for the masked end, as in rows512
		loop, done := t.label("d"), t.label("dDone")
		t.Label(loop)
		t.CMPQ(left, operand.U32(uint32(t.lanes())))
		t.JLE(operand.LabelRef(done))
		step(0, 0, whole)
		for _, p := range all {
			t.ADDQ(operand.U32(uint32(t.width())), p)
		}
		t.SUBQ(operand.U32(uint32(t.lanes())), left)
		t.JMP(operand.LabelRef(loop))
		t.Label(done)
		step(0, 0, cut)
	} else {
		t.steps("pair", left, 2*t.lanes(), all, func() {
			step(0, 0, whole)
			step(1, t.lanes(), whole)
		})
		t.steps("one", left, t.lanes(), all, func() { step(0, 0, whole) })
		none := t.label("whole")
		t.TESTQ(left, left)
		t.JZ(operand.LabelRef(none))
		step(1, 0, cut)
		t.Label(none)
		sums := make([]reg.VecVirtual, t.rows*width)
		for i := range sums {
			sums[i] = acc[2*i]
			t.add(acc[2*i+1], sums[i], sums[i])
		}
		acc = sums
	}
	for range width {
		t.ADDQ(t.ldy, y)
	}
	out := t.rowPointers(t.rows, t.dst, t.bytes("ldd"))
	switch {
	case !t.wide:
		t.put256(acc, width, out)
	case width == 1:
		t.put(t.sumsOfFour(acc), 1, out, 0)
	case t.f32 && width == 2:
		t.put(t.sumsOfFour(acc[:4]), 2, out, 0)
		t.put(t.sumsOfFour(acc[4:]), 2, out, 2)
	default: // as many sums as there are lanes
		for i := 0; i < len(acc); i += t.lanes() {
			all := t.acrossAll(acc[i : i+t.lanes()])
			high := t.YMM()
			t.VEXTRACTF64X4(operand.U8(1), all, high)
			for h, half := range []reg.Vec{all, high} {
				first := (i + h*t.lanes()/2) / width
				if !t.f32 && width == 4 {
					t.store(half.AsY(), out.at(first))
					continue
				}
				upper := t.XMM()
				t.upper(half.AsY(), upper)
				t.store(half.AsX(), out.at(first))
				t.store(upper, out.at(first+1))
			}
		}
	}
}

// put256 stores the sums of two rows of x.
func (t *dots) put256(acc []reg.VecVirtual, width int, out rowPointers) {
	if width == 1 {
		for r, a := range acc {
			pick(t.gen, t.VMOVSS, t.VMOVSD)(t.across1(a), out.at(r))
		}
		return
	}
	s := t.across4(acc[0], acc[1], acc[2], acc[3])
	if t.f32 {
		t.VMOVLPD(s, out.at(0))
		t.VMOVHPD(s, out.at(1))
		return
	}
	upper := t.XMM()
	t.upper(s, upper)
	t.VMOVUPD(s.(reg.Vec).AsX(), out.at(0))
	t.VMOVUPD(upper, out.at(1))
}

// put stores four sums, width for each row from the given one.
func (t *dots) put(s []reg.VecVirtual, width int, out rowPointers, row int) {
	switch {
	case !t.f32:
		for i, v := range s {
			t.VMOVLPD(v, out.at(2*i))
			t.VMOVHPD(v, out.at(2*i+1))
		}
	case width == 2:
		t.VMOVLPD(s[0], out.at(row))
		t.VMOVHPD(s[0], out.at(row+1))
	default:
		t.VMOVSS(s[0], out.at(0))
		for r := 1; r < 4; r++ {
			t.VEXTRACTPS(operand.U8(r), s[0], out.at(r))
		}
	}
}
