package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitDescend writes coordinate descent of many small problems side by side.
func emitDescend(c *build.Context) {
	for _, wide := range []bool{false, true} {
		(&gen{Context: c, wide: wide, file: "descend"}).descend()
	}
}

// descend keeps the slopes of 32 problems in registers while one row of the Gram matrix goes by.
func (g *gen) descend() {
	const problems = 32
	g.fn("descend", "moves n of the k numbers of 32 problems, from row at on; see Descend. stride is in bytes, gram is where row at begins.",
		"func(n, k int, x, at, b *T, stride int, gram, inverse, met *T)")
	n, k, x, at, b, stride := g.arg("n"), g.arg("k"), g.arg("x"), g.arg("at"), g.arg("b"), g.arg("stride")
	gram, inverse, met := g.arg("gram"), g.arg("inverse"), g.arg("met")
	vectors := problems / g.lanes()
	place := func(base reg.Register, v int) operand.Mem {
		return operand.Mem{Base: base, Disp: v * g.width()}
	}
	coordinate, along := g.label("coordinate"), g.label("along")
	g.Label(coordinate)
	slopes := g.zeros(vectors)
	p, left := g.GP64(), g.GP64()
	g.MOVQ(x, p)
	g.MOVQ(k, left)
	g.Label(along)
	s := g.vec()
	g.broadcast(operand.Mem{Base: gram}, s)
	for v, slope := range slopes {
		g.fma(place(p, v), s, slope)
	}
	g.ADDQ(operand.Imm(8), gram)
	g.ADDQ(stride, p)
	g.DECQ(left)
	g.JNZ(operand.LabelRef(along))

	zero := g.vec()
	g.zero(zero)
	bend := g.vec()
	g.broadcast(operand.Mem{Base: inverse}, bend)
	for v, slope := range slopes {
		g.sub(place(b, v), slope, slope)
		now, size, down := g.vec(), g.vec(), g.vec()
		g.load(place(at, v), now)
		g.sub(slope, zero, down)
		g.keep(g.cmp(notEqual, zero, now), slope, size) // at the border only a slope that leads away from it counts
		g.max(down, size, size)
		g.add(place(met, v), size, size)
		g.store(size, place(met, v))
		g.fnma(slope, bend, now)
		g.max(now, zero, now)
		g.store(now, place(at, v))
	}
	g.ADDQ(stride, at)
	g.ADDQ(stride, b)
	g.ADDQ(operand.Imm(8), inverse)
	g.DECQ(n)
	g.JNZ(operand.LabelRef(coordinate))
	g.end()
}
