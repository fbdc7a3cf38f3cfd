package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// emitPrefetch writes the one kernel that computes nothing. PREFETCHT0 is of SSE, so every processor has it.
func emitPrefetch(c *build.Context) {
	c.Function("prefetchLines")
	c.Attributes(attr.NOSPLIT)
	c.Pragma("noescape")
	c.Doc("prefetchLines asks for the cache lines of len(x) bytes from x on.")
	c.SignatureExpr("func(x []byte)")
	p, n := c.GP64(), c.GP64()
	c.Load(c.Param("x").Base(), p)
	c.Load(c.Param("x").Len(), n)
	c.Label("line")
	c.PREFETCHT0(operand.Mem{Base: p})
	c.ADDQ(operand.U32(64), p)
	c.SUBQ(operand.U32(64), n)
	c.JG(operand.LabelRef("line"))
	c.PREFETCHT0(operand.Mem{Base: p, Index: n, Scale: 1, Disp: -1}) // the last byte, where x begins in the midst of a line
	c.RET()
}
