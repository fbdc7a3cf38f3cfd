package main

import "fmt"

func armReduce(a *arm) {
	a.reduce2("dot", "returns the sum of x[i]*y[i]; len(y) must be at least len(x).", func(x, y, acc int) { a.fmla(acc, x, y) })
	a.reduce2("sqDist", "returns the sum of (x[i]-y[i])**2; len(y) must be at least len(x).", func(x, y, acc int) {
		a.fsub(x, x, y)
		a.fmla(acc, x, x)
	})
	a.reduce1("sum", "returns the sum of x[i].", func(x, acc int) { a.fadd(acc, acc, x) })
	a.reduce1("sumSq", "returns the sum of x[i]**2.", func(x, acc int) { a.fmla(acc, x, x) })
}

func (a *arm) reduce2(name, doc string, step func(x, y, acc int)) {
	a.fn(name, doc, "T", "x []T", "y []T")
	const x, n, y, acc = 0, 1, 2, 16
	a.arg("x", x)
	a.arg("x.len", n)
	a.arg("y", y)
	for i := range 4 {
		a.zero(acc + i)
	}
	a.steps(n, 4*a.lanes(), func() {
		a.f("VLD1.P 64(R%d), %s", x, a.regs(0, 4))
		a.f("VLD1.P 64(R%d), %s", y, a.regs(4, 4))
		for i := range 4 {
			step(i, 4+i, acc+i)
		}
	})
	a.steps(n, a.lanes(), func() {
		a.f("VLD1.P 16(R%d), %s", x, a.regs(0, 1))
		a.f("VLD1.P 16(R%d), %s", y, a.regs(4, 1))
		step(0, 4, acc)
	})
	a.steps(n, 1, func() {
		a.element(x, 0)
		a.element(y, 4)
		step(0, 4, acc+1)
	})
	a.sum4(acc)
}

// sum4 joins four accumulators and returns the sum.
func (a *arm) sum4(acc int) {
	a.fadd(acc, acc, acc+1)
	a.fadd(acc+2, acc+2, acc+3)
	a.fadd(acc, acc, acc+2)
	a.across(acc)
	a.result(acc)
}

func (a *arm) reduce1(name, doc string, step func(x, acc int)) {
	a.fn(name, doc, "T", "x []T")
	const x, n, acc = 0, 1, 16
	a.arg("x", x)
	a.arg("x.len", n)
	for i := range 8 {
		a.zero(acc + i)
	}
	a.steps(n, 8*a.lanes(), func() {
		a.f("VLD1.P 64(R%d), %s", x, a.regs(0, 4))
		a.f("VLD1.P 64(R%d), %s", x, a.regs(4, 4))
		for i := range 8 {
			step(i, acc+i)
		}
	})
	a.steps(n, a.lanes(), func() {
		a.f("VLD1.P 16(R%d), %s", x, a.regs(0, 1))
		step(0, acc)
	})
	a.steps(n, 1, func() {
		a.element(x, 0)
		step(0, acc+1)
	})
	for i := range 4 {
		a.fadd(acc+i, acc+i, acc+4+i)
	}
	a.sum4(acc)
}

// armRows writes the one-to-many forms: four rows share the loads of x; every row is summed in the same order whether
// it is one of four or alone.
func armRows(a *arm) {
	a.rows("dotRows", "sets dst[r] to the dot product of x and row r, for every r of dst. The rows are stride elements apart.",
		func(x, row, acc int) { a.fmla(acc, x, row) })
	a.rows("sqDistRows", "sets dst[r] to the squared Euclidean distance of x and row r, for every r of dst. The rows are stride elements apart.",
		func(x, row, acc int) {
			a.fsub(row, row, x)
			a.fmla(acc, row, row)
		})
}

func (a *arm) rows(name, doc string, step func(x, row, acc int)) {
	a.fn(name, doc, "", "dst []T", "x []T", "rows *T", "stride int")
	const dst, left, row0, stride, x, n, ptr, acc = 0, 1, 2, 3, 4, 5, 6, 16
	a.arg("dst", dst)
	a.arg("dst.len", left)
	a.arg("rows", row0)
	a.stride("stride", stride)
	block := func(rows int) {
		a.arg("x", x)
		a.arg("x.len", n)
		a.f("MOVD R%d, R%d", row0, ptr)
		for r := 1; r < rows; r++ {
			a.f("ADD R%d, R%d, R%d", stride, ptr+r-1, ptr+r)
		}
		for i := range 2 * rows {
			a.zero(acc + i)
		}
		a.steps(n, 2*a.lanes(), func() {
			a.f("VLD1.P 32(R%d), %s", x, a.regs(0, 2))
			for r := range rows {
				a.f("VLD1.P 32(R%d), %s", ptr+r, a.regs(2+2*r, 2))
				step(0, 2+2*r, acc+2*r)
				step(1, 3+2*r, acc+2*r+1)
			}
		})
		a.steps(n, a.lanes(), func() {
			a.f("VLD1.P 16(R%d), %s", x, a.regs(0, 1))
			for r := range rows {
				a.f("VLD1.P 16(R%d), %s", ptr+r, a.regs(2+r, 1))
				step(0, 2+r, acc+2*r)
			}
		})
		a.steps(n, 1, func() {
			a.element(x, 0)
			for r := range rows {
				a.element(ptr+r, 2+r)
				step(0, 2+r, acc+2*r+1)
			}
		})
		for r := range rows {
			a.fadd(acc+2*r, acc+2*r, acc+2*r+1)
			a.across(acc + 2*r)
			a.f("FMOV%s.P F%d, %d(R%d)", a.lane(), acc+2*r, a.size(), dst)
		}
	}
	a.steps(left, 4, func() {
		block(4)
		a.f("ADD R%d<<2, R%d, R%d", stride, row0, row0)
	})
	a.steps(left, 1, func() {
		block(1)
		a.f("ADD R%d, R%d, R%d", stride, row0, row0)
	})
	a.f("RET")
}

func armMaps(a *arm) {
	const k = 16
	a.maps("axpy", "adds a*x[i] to y[i]; y sets the length.", "y", []string{"x", "y"}, []string{"a T", "x []T", "y []T"}, 1,
		func(v []int) { a.fmla(v[1], v[0], k) })
	a.maps("scal", "sets dst[i] to a*x[i]; dst sets the length.", "dst", []string{"x"}, []string{"a T", "dst []T", "x []T"}, 0,
		func(v []int) { a.fmul(v[0], v[0], k) })
	a.maps("add", "sets dst[i] to x[i]+y[i]; dst sets the length.", "dst", []string{"x", "y"}, []string{"dst []T", "x []T", "y []T"}, 0,
		func(v []int) { a.fadd(v[0], v[0], v[1]) })
	a.maps("mul", "sets dst[i] to x[i]*y[i]; dst sets the length.", "dst", []string{"x", "y"}, []string{"dst []T", "x []T", "y []T"}, 0,
		func(v []int) { a.fmul(v[0], v[0], v[1]) })
	a.maps("fma", "sets dst[i] to x[i]*y[i]+z[i], rounded once; dst sets the length.", "dst", []string{"x", "y", "z"}, []string{"dst []T", "x []T", "y []T", "z []T"}, 2,
		func(v []int) { a.fmla(v[2], v[0], v[1]) })
}

// maps writes one map: body combines the registers of the inputs in, the result is in that of input res. An argument a
// is in all lanes of V16.
func (a *arm) maps(name, doc, out string, in, params []string, res int, body func(v []int)) {
	a.fn(name, doc, "", params...)
	const dst, n, src = 0, 1, 2
	a.arg(out, dst)
	a.arg(out+".len", n)
	for i, name := range in {
		a.arg(name, src+i)
	}
	if params[0] == "a T" {
		a.broadcastArg("a", 16)
	}
	whole := func(regs int) {
		for i := range in {
			a.f("VLD1.P %d(R%d), %s", 16*regs, src+i, a.regs(4*i, regs))
		}
		for r := range regs {
			v := make([]int, len(in))
			for i := range v {
				v[i] = 4*i + r
			}
			body(v)
		}
		a.f("VST1.P %s, %d(R%d)", a.regs(4*res, regs), 16*regs, dst)
	}
	a.steps(n, 4*a.lanes(), func() { whole(4) })
	a.steps(n, a.lanes(), func() { whole(1) })
	a.steps(n, 1, func() {
		v := make([]int, len(in))
		for i := range v {
			v[i] = 4 * i
			a.element(src+i, v[i])
		}
		body(v)
		a.f("FMOV%s.P F%d, %d(R%d)", a.lane(), 4*res, a.size(), dst)
	})
	a.f("RET")
}

func armExtreme(a *arm) {
	a.extreme("min", "returns the least of x, as Go's min orders; len(x) must be at least 16 bytes.", a.fmin, a.fminp)
	a.extreme("max", "returns the greatest of x, as Go's max orders; len(x) must be at least 16 bytes.", a.fmax, a.fmaxp)
	a.find()
}

func (a *arm) extreme(name, doc string, op, pairs func(d, n, m int)) {
	a.fn(name, doc, "T", "x []T")
	const x, n, zero, acc = 0, 1, 3, 16
	a.arg("x", x)
	a.arg("x.len", n)
	for i := range 4 {
		a.f("VLD1 (R%d), %s", x, a.regs(acc+i, 1))
	}
	a.steps(n, 4*a.lanes(), func() {
		a.f("VLD1.P 64(R%d), %s", x, a.regs(0, 4))
		for i := range 4 {
			op(acc+i, acc+i, i)
		}
	})
	a.steps(n, a.lanes(), func() {
		a.f("VLD1.P 16(R%d), %s", x, a.regs(0, 1))
		op(acc, acc, 0)
	})
	a.f("MOVD $%d, R%d", a.size(), zero)
	a.steps(n, 1, func() {
		a.broadcast(x, zero, 0)
		op(acc, acc, 0)
	})
	op(acc, acc, acc+1)
	op(acc+2, acc+2, acc+3)
	op(acc, acc, acc+2)
	for w := a.lanes(); w > 1; w /= 2 {
		pairs(acc, acc, acc)
	}
	a.result(acc)
}

func (a *arm) find() {
	a.fn("find", "returns the start of the first block of 64 bytes of x that holds v or a NaN, or the start of the rest that fills no block.", "int", "x []T", "v T")
	const x, n, start, low, high, want = 0, 1, 2, 3, 4, 16
	a.arg("x", x)
	a.arg("x.len", n)
	a.broadcastArg("v", want)
	a.f("MOVD $0, R%d", start)
	found := a.newLabel("found")
	a.steps(n, 4*a.lanes(), func() {
		a.f("VLD1.P 64(R%d), %s", x, a.regs(0, 4))
		for i := range 4 {
			a.fcmeq(4+i, i, want)
			a.fcmeq(i, i, i) // not NaN
		}
		join := func(op string, v int) {
			for _, p := range [][2]int{{v, v + 1}, {v + 2, v + 3}, {v, v + 2}} {
				a.f("%s V%d.B16, V%d.B16, V%d.B16", op, p[1], p[0], p[0])
			}
		}
		join("VAND", 0)
		join("VORR", 4)
		bits := func(v int, op string) {
			a.f("VMOV V%d.D[0], R%d", v, low)
			a.f("VMOV V%d.D[1], R%d", v, high)
			a.f("%s R%d, R%d, R%d", op, high, low, low)
		}
		bits(0, "AND")
		a.f("CMN $1, R%d", low) // all ones?
		a.f("BNE %s", found)
		bits(4, "ORR")
		a.f("CBNZ R%d, %s", low, found)
		a.f("ADD $%d, R%d", 4*a.lanes(), start)
	})
	a.label(found)
	a.f("MOVD R%d, %s", start, a.fnArg["ret"])
	a.f("RET")
}

// armGemm writes the register tile of the matrix product, 6 rows of 64 bytes (24 accumulators, four registers of B and
// up to four broadcasts of A are the 32 there are), and the one-row kernel.
func armGemm(a *arm) {
	a.fn("gemmTile", "sets the m x 64 bytes block C, m at most 6, to alpha*A*B + beta*C. A's strides are rsa and csa, B's and C's rows are rsb and ldc apart.", "",
		"m int", "k int", "a *T", "rsa int", "csa int", "b *T", "rsb int", "c *T", "ldc int", "alpha T", "beta T")
	a.arg("m", 0)
	for r := 1; r < 6; r++ {
		a.f("CMP $%d, R0", r)
		a.f("BEQ rows%d", r)
	}
	for r := 6; r >= 1; r-- {
		a.label(fmt.Sprintf("rows%d", r))
		a.tile(r)
	}
	a.row()
}

func (a *arm) tile(rows int) {
	const k, csa, b, rsb, tmp, ptr, acc = 0, 1, 2, 3, 4, 5, 8
	a.arg("k", k)
	a.arg("a", ptr)
	a.stride("rsa", tmp)
	for r := 1; r < rows; r++ {
		a.f("ADD R%d, R%d, R%d", tmp, ptr+r-1, ptr+r)
	}
	a.stride("csa", csa)
	a.arg("b", b)
	a.stride("rsb", rsb)
	for i := range 4 * rows {
		a.zero(acc + i)
	}
	a.steps(k, 1, func() {
		a.f("VLD1 (R%d), %s", b, a.regs(0, 4))
		a.f("ADD R%d, R%d, R%d", rsb, b, b)
		for r := range rows {
			s := 4 + r%4
			a.broadcast(ptr+r, csa, s)
			for v := range 4 {
				a.fmla(acc+4*r+v, v, s)
			}
		}
	})
	const c, ldc = 1, 2
	a.arg("c", c)
	a.stride("ldc", ldc)
	a.scale(rows, acc, func(r int, store bool) {
		if store {
			a.f("VST1 %s, (R%d)", a.regs(acc+4*r, 4), c)
			a.f("ADD R%d, R%d, R%d", ldc, c, c)
			return
		}
		a.f("VLD1 (R%d), %s", c, a.regs(0, 4))
	})
}

// scale multiplies groups of four accumulators by alpha, adds beta times what access loads into V0-V3 unless beta is 0,
// has access store them, and returns.
func (a *arm) scale(groups, acc int, access func(group int, store bool)) {
	fresh := a.newLabel("fresh")
	a.broadcastArg("alpha", 4)
	for i := range 4 * groups {
		a.fmul(acc+i, acc+i, 4)
	}
	a.broadcastArg("beta", 5)
	a.f("FCMP%s $(0.0), F5", a.lane())
	a.f("BEQ %s", fresh) // not taken for a NaN
	for r := range groups {
		access(r, false)
		for v := range 4 {
			a.fmla(acc+4*r+v, v, 5)
		}
		access(r, true)
	}
	a.f("RET")
	a.label(fresh)
	for r := range groups {
		access(r, true)
	}
	a.f("RET")
}

func (a *arm) row() {
	a.fn("gemmRow", "sets the 256 bytes of c to alpha*a*B + beta*c for a row a whose k elements are csa apart and B's rows rsb apart.", "",
		"k int", "a *T", "csa int", "b *T", "rsb int", "c *T", "alpha T", "beta T")
	const k, x, csa, b, rsb, at, c, acc = 0, 1, 2, 3, 4, 5, 6, 8
	a.arg("k", k)
	a.arg("a", x)
	a.stride("csa", csa)
	a.arg("b", b)
	a.stride("rsb", rsb)
	for i := range 16 {
		a.zero(acc + i)
	}
	a.steps(k, 1, func() {
		a.broadcast(x, csa, 4)
		a.f("MOVD R%d, R%d", b, at)
		a.f("ADD R%d, R%d, R%d", rsb, b, b)
		for g := range 4 {
			from := 0
			if g%2 == 1 {
				from = 24
			}
			a.f("VLD1.P 64(R%d), %s", at, a.regs(from, 4))
			for v := range 4 {
				a.fmla(acc+4*g+v, from+v, 4)
			}
		}
	})
	a.arg("c", c)
	a.scale(4, acc, func(g int, store bool) {
		if store {
			a.f("VST1.P %s, 64(R%d)", a.regs(acc+4*g, 4), c)
			return
		}
		a.f("VLD1 (R%d), %s", c, a.regs(0, 4))
	})
}
