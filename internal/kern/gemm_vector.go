package kern

import "github.com/gopherwood-ml/ml/internal/par"

// Products with a vector.

// vector is the product with n 1: a dot product for every row of A, or, where A is stored by columns, a row times the
// stored matrix.
func (g *product[T]) vector() {
	x, lx := g.contiguousB()
	defer release(lx)
	if g.csa != 1 && g.m > 1 {
		y, ly := scratch[T](g.m)
		defer release(ly)
		t := product[T]{m: 1, n: g.m, k: g.k, alpha: g.alpha, beta: 0,
			a: x, rsa: g.k, csa: 1, b: g.a, rsb: g.csa, csb: 1, c: y, ldc: g.m}
		t.run()
		g.merge(1, y)
		return
	}
	a, rsa := g.a, g.rsa
	if g.csa != 1 { // one row, spread out
		row, l := scratch[T](g.k)
		defer release(l)
		for p := range row {
			row[p] = a[p*g.csa]
		}
		a, rsa = row, g.k
	}
	if g.m == 1 { // a column of A stored by columns may have the stride of one element
		rsa = g.k
	}
	y, ly := scratch[T](g.m)
	defer release(ly)
	per := g.worth(2 * g.k * 4) // reading A is what takes the time
	switch {
	case par.Small(g.m, per):
		DotRows(y, x, a, rsa)
	case par.Alone(): // the same cuts without a closure
		chunks := par.Chunks(g.m, par.Grain(per))
		for i := range chunks {
			lo, hi := par.Bounds(g.m, chunks, i)
			DotRows(y[lo:hi], x, a[lo*rsa:(hi-1)*rsa+len(x)], rsa)
		}
	default:
		dotRowsTogether(y, x, a, rsa, per)
	}
	g.merge(g.alpha, y)
}

// dotRowsTogether is DotRows on several cores, at per ns a row.
func dotRowsTogether[T Float](y, x, a []T, stride, per int) {
	par.For(len(y), per, func(lo, hi int) {
		DotRows(y[lo:hi], x, a[lo*stride:(hi-1)*stride+len(x)], stride)
	})
}

// merge sets the column C to alpha*y + beta*C.
func (g *product[T]) merge(alpha T, y []T) {
	for i, v := range y {
		c := &g.c[i*g.ldc]
		if g.beta == 0 {
			*c = alpha * v
		} else {
			*c = alpha*v + g.beta*(*c)
		}
	}
}

// contiguousB returns the single column of op(B), copied if its elements are apart.
func (g *product[T]) contiguousB() (x []T, l loan) {
	if g.rsb == 1 {
		return g.b[:g.k], nil
	}
	x, l = scratch[T](g.k)
	for p := range x {
		x[p] = g.b[p*g.rsb]
	}
	return x, l
}

// row is the product of one row with B as it is stored, cut by columns.
func (g *product[T]) row() {
	per := g.worth(2 * g.k * 4)
	if par.Small(g.n, per) || par.Alone() { // cuts are at whole panels: the same bits
		g.rowColumns(0, g.n)
		return
	}
	g.rowTogether(per)
}

// rowTogether takes the product by value, like everything that hands it to other goroutines: it moves to the heap
// there, and only there.
func (g product[T]) rowTogether(per int) {
	wide := rowColumns[T]()
	panels := (g.n + wide - 1) / wide
	par.For(panels, per*wide, func(lo, hi int) { g.rowColumns(lo*wide, min(hi*wide, g.n)) })
}

// rowColumns computes columns lo to hi.
func (g *product[T]) rowColumns(lo, hi int) {
	wide, nr, deep := rowColumns[T](), tileColumns[T](), g.deep()
	for p := 0; p < g.k; p += deep {
		kb, beta := min(deep, g.k-p), g.betaAt(p)
		j := lo
		for ; j+wide <= hi; j += wide {
			gemmRowCall(kb, g.alpha, g.a[p*g.csa:], g.csa, g.b[p*g.rsb+j:], g.rsb, beta, g.c[j:])
		}
		for ; j < hi; j += nr {
			gemmDirectCall(1, min(nr, hi-j), kb, g.alpha, g.a[p*g.csa:], g.rsa, g.csa, g.b[p*g.rsb+j:], g.rsb, beta, g.c[j:], g.ldc)
		}
	}
}

// betaAt is what C is multiplied by in the block of k that starts at p.
func (g *product[T]) betaAt(p int) T {
	if p == 0 {
		return g.beta
	}
	return 1
}
