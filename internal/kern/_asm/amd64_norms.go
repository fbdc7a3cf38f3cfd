package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// emitNorms writes the sizes of rows that lie one behind another, and their division, in float64 and 256 bits: rows are mostly short, and wider registers would wait
// as long for the last additions and for the divider. Nothing is fused, and there are four sums on every level, so all have the same bits.
func emitNorms(c *build.Context) {
	g := &gen{Context: c, file: "norms"}
	size := g.words("Size", 1<<63-1)
	g.rowSizes("rowSquares", "sets dst[r] to the sum of squares of row r", func(v, acc, _ reg.VecVirtual) {
		g.mul(v, v, v)
		g.add(v, acc, acc)
	}, nil)
	g.rowSizes("rowSums", "sets dst[r] to the sum of the absolute numbers of row r", func(v, acc, _ reg.VecVirtual) {
		g.and(size(0), v, v)
		g.add(v, acc, acc)
	}, nil)
	g.rowSizes("rowMaxima", "sets dst[r] to the greatest absolute number of row r, and to NaN if their sum is not finite", func(v, acc, sum reg.VecVirtual) {
		g.and(size(0), v, v)
		g.max(v, acc, acc)
		g.add(v, sum, sum)
	}, func(acc, sum reg.VecVirtual) reg.VecVirtual {
		x, h, total := g.XMM(), g.XMM(), g.across(sum)
		g.upper(acc, h)
		g.max(h, acc.AsX(), x)
		g.VUNPCKHPD(x, x, h)
		g.VMAXSD(h, x, x)
		g.VSUBSD(total, total, total) // 0, or NaN
		g.VADDSD(total, x, x)
		return x
	})
	g.divRows(false)
	g.divRows(true)
}

// rowSizes reduces each row of p numbers: step takes four of them, or one and zeros.
func (g *gen) rowSizes(name, doc string, step func(v, acc, sum reg.VecVirtual), last func(acc, sum reg.VecVirtual) reg.VecVirtual) {
	g.fn(name, doc+", of p numbers; dst sets their number.", "func(dst, x []T, p int)")
	dst, n := g.slice("dst")
	x, p := g.base("x"), g.arg("p")
	left := g.GP64()
	g.steps("row", n, 1, []reg.GPVirtual{dst}, func() {
		acc := g.zeros(2)
		g.MOVQ(p, left)
		g.steps("four", left, 4, []reg.GPVirtual{x}, func() {
			v := g.vec()
			g.load(g.at(x, 0), v)
			step(v, acc[0], acc[1])
		})
		g.steps("one", left, 1, []reg.GPVirtual{x}, func() {
			v := g.vec()
			g.VMOVSD(g.at(x, 0), v.AsX())
			step(v, acc[0], acc[1])
		})
		if last == nil {
			g.VMOVSD(g.across(acc[0]), g.at(dst, 0))
		} else {
			g.VMOVSD(last(acc[0], acc[1]), g.at(dst, 0))
		}
	})
	g.end()
}

func (g *gen) divRows(stream bool) {
	name, doc := "divRows", "divides row r, of p numbers, by by[r]; by sets the number of rows."
	if stream {
		name, doc = "divRowsStream", "is divRows past the caches; dst must be aligned to 32 bytes, and p to them."
	}
	g.fn(name, doc, "func(dst, x, by []T, p int)")
	by, n := g.slice("by")
	dst, x, p := g.base("dst"), g.base("x"), g.arg("p")
	left := g.GP64()
	g.steps("row", n, 1, []reg.GPVirtual{by}, func() {
		d := g.vec()
		g.broadcast(g.at(by, 0), d)
		g.MOVQ(p, left)
		g.steps("four", left, 4, []reg.GPVirtual{x, dst}, func() {
			v := g.vec()
			g.load(g.at(x, 0), v)
			g.div(d, v, v)
			if stream {
				g.VMOVNTPD(v, g.at(dst, 0))
			} else {
				g.store(v, g.at(dst, 0))
			}
		})
		if stream {
			return
		}
		g.steps("one", left, 1, []reg.GPVirtual{x, dst}, func() {
			v := g.XMM()
			g.VMOVSD(g.at(x, 0), v)
			g.VDIVSD(d.AsX(), v, v)
			g.VMOVSD(v, g.at(dst, 0))
		})
	})
	if stream {
		g.SFENCE()
	}
	g.end()
}
