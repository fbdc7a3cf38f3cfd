package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// emitGaps writes the tiles of distances that are not squares, in float64: see distTile. No step multiplies and adds at once, so every level has the same bits, but for that of the squares.
func emitGaps(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, file: "gaps"}
		g.maskTable()
		k := g.words("Consts", 1<<63-1, 0x3ff0000000000000, 0)
		size, one, zero := k(0), k(1), k(2)
		const ordered = 7
		distance := func(y, v reg.VecVirtual) reg.VecVirtual {
			d := g.vec()
			g.sub(y, v, d)
			g.and(size, d, d)
			return d
		}
		g.gap("sumAbs", "absolute differences", func(y, v, acc reg.VecVirtual) { g.add(distance(y, v), acc, acc) })
		g.gap("maxAbs", "larger absolute differences, instead of adding,", func(y, v, acc reg.VecVirtual) { g.max(distance(y, v), acc, acc) })
		g.gap("sumAbsSum", "absolute sums", func(y, v, acc reg.VecVirtual) {
			d := g.vec()
			g.add(y, v, d)
			g.and(size, d, d)
			g.add(d, acc, acc)
		})
		g.gap("differ", "differing coordinates", func(y, v, acc reg.VecVirtual) {
			d := g.vec()
			g.keep(g.cmp(notEqual, y, v), one, d)
			g.add(d, acc, acc)
		})
		g.gap("canberra", "absolute differences over sums of sizes", func(y, v, acc reg.VecVirtual) {
			d, a, b := distance(y, v), g.vec(), g.vec()
			g.and(size, y, a)
			g.and(size, v, b)
			g.add(a, b, b)
			g.div(b, d, b)
			g.keep(g.cmp(isGreater, zero, d), b, b)
			g.add(b, acc, acc)
		})
		g.gap("squaresOf", "squared differences that are not NaN", func(y, v, acc reg.VecVirtual) {
			d := g.vec()
			g.sub(y, v, d)
			g.keep(g.cmp(ordered, d, d), d, d)
			g.fma(d, d, acc)
		})
		g.gap("numbersOf", "coordinates whose difference is not NaN", func(y, v, acc reg.VecVirtual) {
			d := g.vec()
			g.sub(y, v, d)
			g.keep(g.cmp(ordered, d, d), one, d)
			g.add(d, acc, acc)
		})
	}
}

func (g *gen) gap(name, what string, step pairStep) {
	g.fn(name, "adds to C, or to zero where onto is 0, the "+what+" of k coordinates of m rows of x and the nr points of a panel.",
		"func(m, nr, k int, x *T, ldx int, panel *T, c *T, ldc int, onto int)")
	heights, narrow := []int{4, 2, 1}, []int{8, 1}
	if g.wide {
		heights, narrow = []int{8, 4, 1}, []int{8, 4, 1}
	}
	g.pairTile(heights, narrow, step)
}
