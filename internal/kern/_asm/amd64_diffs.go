package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// emitDiffs writes the maps of errors, in float64: they round once, so every level has the same bits.
func emitDiffs(c *build.Context) {
	for _, wide := range []bool{false, true} {
		g := &gen{Context: c, wide: wide, file: "diffs"}
		size := g.words("Size", 1<<63-1)
		const two = "func(dst, x, y []T)"
		minus := func(in []reg.VecVirtual) reg.VecVirtual {
			g.sub(in[1], in[0], in[0])
			return in[0]
		}
		g.maps("sqDiff", "sets dst[i] to (x[i]-y[i])²; dst sets the length.", two, "dst", []string{"x", "y"}, func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
			d := minus(in)
			g.mul(d, d, d)
			return d
		})
		g.maps("absDiff", "sets dst[i] to |x[i]-y[i]|; dst sets the length.", two, "dst", []string{"x", "y"}, func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
			d := minus(in)
			g.and(size(0), d, d) // a tail of 128 bits reads the first part of the constant
			return d
		})
		g.maps("div", "sets dst[i] to x[i]/y[i]; dst sets the length.", two, "dst", []string{"x", "y"}, func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
			g.div(in[1], in[0], in[0])
			return in[0]
		})
		g.maps("sqrt", "sets dst[i] to the root of x[i]; dst sets the length.", "func(dst, x []T)", "dst", []string{"x"}, func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
			g.VSQRTPD(in[0], in[0])
			return in[0]
		})
	}
}
