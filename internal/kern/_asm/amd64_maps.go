package main

import (
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitMaps writes the cheap elementwise maps. With AVX2 their tails go down by halves of a register (masked stores are
// slow on some processors); an element's value does not depend on where it lies.
func emitMaps(c *build.Context) {
	each(c, "maps", func(g *gen) {
		g.maps("axpy", "adds a*x[i] to y[i]; y sets the length.", "func(a T, x, y []T)", "y", []string{"x", "y"},
			func(k reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.fma(in[0], like(k, in[0]), in[1])
				return in[1]
			})
		g.maps("scal", "sets dst[i] to a*x[i]; dst sets the length.", "func(a T, dst, x []T)", "dst", []string{"x"},
			func(k reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.mul(in[0], like(k, in[0]), in[0])
				return in[0]
			})
		g.maps("add", "sets dst[i] to x[i]+y[i]; dst sets the length.", "func(dst, x, y []T)", "dst", []string{"x", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.add(in[1], in[0], in[0])
				return in[0]
			})
		g.maps("mul", "sets dst[i] to x[i]*y[i]; dst sets the length.", "func(dst, x, y []T)", "dst", []string{"x", "y"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.mul(in[1], in[0], in[0])
				return in[0]
			})
		g.maps("fma", "sets dst[i] to x[i]*y[i]+z[i], rounded once; dst sets the length.", "func(dst, x, y, z []T)", "dst", []string{"x", "y", "z"},
			func(_ reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual {
				g.fma(in[0], in[1], in[2])
				return in[2]
			})
	})
}

// like returns the part of k as wide as v.
func like(k, v reg.VecVirtual) reg.Register {
	if v.Size() == 16 {
		return k.AsX()
	}
	return k
}

// maps writes one map. out is the argument that is written and gives the length, in are those read. body gets the
// broadcast argument a (nil without one; b is in g.second) and one loaded register an input, whole or of 128 bits, and
// returns the result.
func (g *gen) maps(name, doc, signature, out string, in []string, body func(k reg.VecVirtual, in []reg.VecVirtual) reg.VecVirtual) {
	g.fn(name, doc, signature)
	dst, n := g.slice(out)
	var k reg.VecVirtual
	if strings.HasPrefix(signature, "func(a") {
		k = g.broadcastArg("a")
	}
	if strings.HasPrefix(signature, "func(a, b") {
		g.second = g.broadcastArg("b")
	}
	pointers := []reg.GPVirtual{dst}
	src := make([]reg.GPVirtual, len(in))
	for i, name := range in {
		if name == out {
			src[i] = dst
			continue
		}
		src[i] = g.base(name)
		pointers = append(pointers, src[i])
	}
	whole := func(at int) {
		v := make([]reg.VecVirtual, len(src))
		for i := range v {
			v[i] = g.vec()
			g.load(g.at(src[i], at), v[i])
		}
		g.store(body(k, v), g.at(dst, at))
	}
	g.steps("block", n, 4*g.lanes(), pointers, func() {
		for i := range 4 {
			whole(i * g.lanes())
		}
	})
	g.steps("one", n, g.lanes(), pointers, func() { whole(0) })
	if g.wide {
		done := g.label("done")
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef(done))
		mask := g.lanesMask(n)
		v := make([]reg.VecVirtual, len(src))
		for i := range v {
			v[i] = g.vec()
			g.loadMasked(g.at(src[i], 0), mask, v[i])
		}
		g.storeMasked(body(k, v), mask, g.at(dst, 0))
		g.Label(done)
		g.end()
		return
	}
	for part := g.lanes() / 2; part > 0; part /= 2 {
		skip := g.label("skip")
		g.TESTQ(operand.U32(uint32(part)), n)
		g.JZ(operand.LabelRef(skip))
		move := g.part(part)
		v := make([]reg.VecVirtual, len(src))
		for i := range v {
			v[i] = g.XMM()
			move(g.at(src[i], 0), v[i])
		}
		move(body(k, v), g.at(dst, 0))
		if part > 1 {
			for _, p := range pointers {
				g.ADDQ(operand.U32(uint32(part*g.size())), p)
			}
		}
		g.Label(skip)
	}
	g.end()
}

// part gives the move of 1, 2 or 4 elements between memory and the low end of a register, either way.
func (g *gen) part(elements int) func(ops ...operand.Op) {
	switch elements * g.size() {
	case 16:
		return g.VMOVUPS
	case 8:
		return g.VMOVSD
	default:
		return g.VMOVSS
	}
}
