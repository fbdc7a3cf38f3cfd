package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitAddRows writes sums of multiples of rows that lie anywhere: a row of a sparse matrix times a dense one.
func emitAddRows(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, file: "addrows"}
		g.maskTable()
		g.addRows()
		g.addNarrowRows()
	}
}

// addNarrowRows is addRows for rows in single precision, and whole vectors only.
func (g *gen) addNarrowRows() {
	const most = 8
	g.fn("addNarrowRows", "adds a[k] times row at[k] of rows, which are stride bytes apart, to the numbers at dst, 1 to eight vectors of them, for each k in order.",
		"func(dst *float64, vectors int, a []float64, rows *float32, stride int, at *int32)")
	dst, parts, rows, stride, at := g.arg("dst"), g.arg("vectors"), g.arg("rows"), g.arg("stride"), g.arg("at")
	a, count := g.slice("a")
	done := g.label("done")
	for v := most; v >= 1; v-- {
		next := g.label("fewer")
		if v > 1 {
			g.CMPQ(parts, operand.U32(uint32(v)))
			g.JNE(operand.LabelRef(next))
		}
		acc := make([]reg.VecVirtual, v)
		for h := range acc {
			acc[h] = g.vec()
			g.load(operand.Mem{Base: dst, Disp: h * g.width()}, acc[h])
		}
		loop, end := g.label("rows"), g.label("end")
		g.TESTQ(count, count)
		g.JZ(operand.LabelRef(end))
		g.Label(loop)
		p, k := g.GP64(), g.vec()
		g.MOVLQSX(operand.Mem{Base: at}, p)
		g.IMULQ(stride, p)
		g.ADDQ(rows, p)
		g.broadcast(operand.Mem{Base: a}, k)
		for h := range acc {
			t := g.vec()
			g.VCVTPS2PD(operand.Mem{Base: p, Disp: h * g.width() / 2}, t)
			g.VFMADD231PD(t, k, acc[h])
		}
		g.ADDQ(operand.Imm(8), a)
		g.ADDQ(operand.Imm(4), at)
		g.DECQ(count)
		g.JNZ(operand.LabelRef(loop))
		g.Label(end)
		for h := range acc {
			g.store(acc[h], operand.Mem{Base: dst, Disp: h * g.width()})
		}
		if v > 1 {
			g.JMP(operand.LabelRef(done))
			g.Label(next)
		}
	}
	g.Label(done)
	g.end()
}

// addRows keeps up to eight vectors of the sum in registers while the rows go by; of the last vector only some lanes count.
func (g *gen) addRows() {
	const most = 8
	g.fn("addRows", "adds a[k] times row at[k] of rows, which are stride bytes apart, to the n numbers at dst, 1 to eight vectors of them, for each k in order.",
		"func(dst *float64, n int, a []float64, rows *float64, stride int, at *int32)")
	dst, n, rows, stride, at := g.arg("dst"), g.arg("n"), g.arg("rows"), g.arg("stride"), g.arg("at")
	a, count := g.slice("a")
	// parts is how many vectors, of which the last has n-(parts-1)·lanes numbers
	parts, left := g.GP64(), g.GP64()
	g.LEAQ(operand.Mem{Base: n, Disp: g.lanes() - 1}, parts)
	g.SHRQ(operand.U8(pick2u(g.wide, 3, 2)), parts)
	g.MOVQ(parts, left)
	g.DECQ(left)
	g.SHLQ(operand.U8(pick2u(g.wide, 3, 2)), left)
	g.NEGQ(left)
	g.ADDQ(n, left)
	mask := g.lanesMask(left)
	done := g.label("done")
	for v := most; v >= 1; v-- {
		next := g.label("fewer")
		if v > 1 {
			g.CMPQ(parts, operand.U32(uint32(v)))
			g.JNE(operand.LabelRef(next))
		}
		acc := make([]reg.VecVirtual, v)
		place := func(base reg.Register, h int) operand.Mem { return operand.Mem{Base: base, Disp: h * g.width()} }
		for h := range acc {
			acc[h] = g.vec()
			if h < v-1 {
				g.load(place(dst, h), acc[h])
			} else {
				g.loadMasked(place(dst, h), mask, acc[h])
			}
		}
		loop, end := g.label("rows"), g.label("end")
		g.TESTQ(count, count)
		g.JZ(operand.LabelRef(end))
		g.Label(loop)
		p, k := g.GP64(), g.vec()
		g.MOVLQSX(operand.Mem{Base: at}, p)
		g.IMULQ(stride, p)
		g.ADDQ(rows, p)
		g.broadcast(operand.Mem{Base: a}, k)
		for h := range acc {
			switch {
			case h < v-1:
				g.VFMADD231PD(place(p, h), k, acc[h])
			case g.wide:
				g.VFMADD231PD(place(p, h), k, mask, acc[h])
			default:
				t := g.vec()
				g.loadMasked(place(p, h), mask, t)
				g.VFMADD231PD(t, k, acc[h])
			}
		}
		g.ADDQ(operand.Imm(8), a)
		g.ADDQ(operand.Imm(4), at)
		g.DECQ(count)
		g.JNZ(operand.LabelRef(loop))
		g.Label(end)
		for h := range acc {
			if h < v-1 {
				g.store(acc[h], place(dst, h))
			} else {
				g.storeMasked(acc[h], mask, place(dst, h))
			}
		}
		if v > 1 {
			g.JMP(operand.LabelRef(done))
			g.Label(next)
		}
	}
	g.Label(done)
	g.end()
}

func pick2u(yes bool, a, b uint8) uint8 {
	if yes {
		return a
	}
	return b
}
