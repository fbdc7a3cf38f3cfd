package kern

import "github.com/gopherwood-ml/ml/internal/par"

// The blocked product. C is cut into tiles of tileRows x tileColumns elements that stay in registers while k runs
// through a block of depth. Small operands are read where they lie; large ones are first packed into the order the
// kernel reads them in, so that they come from the caches without conflicts. The order of additions is the same.

const (
	depth      = 512  // block of k, about: so that C is read and written seldom, and a strip of A and a panel of B stay in the nearer caches
	packStrips = 4    // least strips of A packed at a time
	packCols   = 2048 // columns of B packed at a time
)

// rowColumns is the width of a one-row kernel's block, eight registers.
func rowColumns[T Float]() int { return 4 * tileColumns[T]() }

// deep is the block of k: equal parts of k of about depth, so that none is short; at most half as much again. It depends on
// k alone, as the order of additions must.
func (g *product[T]) deep() int {
	blocks := max(1, (g.k+depth/2)/depth)
	return (g.k + blocks - 1) / blocks
}

// tiles packs B where its columns are not adjacent or the caches cannot hold it, and enough rows share the work; A only
// beside B, where it is stored by columns, the caches cannot hold it or its rows fall on the same sets of them (multiples
// of 2 KB apart), and enough columns share the work.
func (g *product[T]) tiles() {
	kb := g.deep()
	fits := inCache[T]()
	if g.csa != 1 { // copies of A would be due as well: a quarter more still pays
		fits += fits / 4
	}
	packB := g.csb != 1 || g.m > 48 && g.n*kb > fits
	apart := g.m*kb > inCache[T]() || g.m > 48 && g.rsa%sameSet[T]() == 0
	if packB && (g.csa != 1 || g.n > 64 && apart) {
		g.packBoth()
		return
	}
	// small operands whose rows fall on the same sets: a copy of B alone pays, one of A does not
	g.direct(packB || g.m > 48 && kb > 48 && g.rsb%sameSet[T]() == 0)
}

// inCache is the number of elements of A or B, in one block of k, up to which they are read where they lie: 256 KB, which
// the second-level cache holds.
func inCache[T Float]() int { return 1 << 18 / size[T]() }

// sameSet is the number of elements in 2 KB: rows that far apart share few sets of the first-level cache.
func sameSet[T Float]() int { return 1 << 11 / size[T]() }

func size[T Float]() int {
	if single[T]() {
		return 4
	}
	return 8
}

// direct computes chunks of rows or columns that depend on nothing but the shape, with A where it lies.
func (g *product[T]) direct(packB bool) {
	whole := g.worth(2 * g.m * g.n * g.k)
	if par.Small(2, whole/2) || par.Alone() {
		g.block(0, g.m, 0, g.n, packB)
		return
	}
	g.directTogether(packB, whole)
}

func (g product[T]) directTogether(packB bool, whole int) {
	nr, tileRows := tileColumns[T](), tileRows()
	strips, panels := (g.m+tileRows-1)/tileRows, (g.n+nr-1)/nr
	byRows, least := strips >= panels || strips >= 16, 8
	if packB { // every chunk of rows packs B again, a chunk of columns its own part only
		byRows, least = panels < 8, 16
	}
	if byRows {
		par.ForChunks(strips, max(par.Grain(whole/strips), least), func(_, lo, hi int) {
			g.block(lo*tileRows, min(hi*tileRows, g.m), 0, g.n, packB)
		})
		return
	}
	par.For(panels, max(1, whole/panels), func(lo, hi int) {
		g.block(0, g.m, lo*nr, min(hi*nr, g.n), packB)
	})
}

// block computes rows i0 to i1 of columns j0 to j1 with A where it lies, and B too or packed panel by panel.
func (g *product[T]) block(i0, i1, j0, j1 int, packB bool) {
	if packB {
		g.blockPacked(i0, i1, j0, j1)
		return
	}
	nr, deep := tileColumns[T](), g.deep()
	for i := i0; i < i1; i += tall { // outermost: these rows of A stay in the second-level cache
		rows := min(tall, i1-i)
		for p := 0; p < g.k; p += deep {
			kb, beta := min(deep, g.k-p), g.betaAt(p)
			for j := j0; j < j1; j += nr {
				gemmDirectCall(rows, min(nr, j1-j), kb, g.alpha, g.a[i*g.rsa+p*g.csa:], g.rsa, g.csa, g.b[p*g.rsb+j:], g.rsb, beta, g.c[i*g.ldc+j:], g.ldc)
			}
		}
	}
}

// tall is the most rows of one call: with depth, some twenty microseconds.
const tall = 16 * 14

func (g *product[T]) blockPacked(i0, i1, j0, j1 int) {
	nr := tileColumns[T]()
	deep := g.deep()
	panel, l := scratch[T](deep * nr)
	defer release(l)
	for p := 0; p < g.k; p += deep {
		kb, beta := min(deep, g.k-p), g.betaAt(p)
		for j := j0; j < j1; j += nr {
			w := min(nr, j1-j)
			g.packPanel(panel, p, kb, j, w)
			for i := i0; i < i1; i += tall {
				gemmDirectCall(min(tall, i1-i), w, kb, g.alpha, g.a[i*g.rsa+p*g.csa:], g.rsa, g.csa, panel, nr, beta, g.c[i*g.ldc+j:], g.ldc)
			}
		}
	}
}

// packBoth packs panels of B once for all rows, then lets each chunk of rows pack its own part of A.
func (g *product[T]) packBoth() {
	nr, tileRows := tileColumns[T](), tileRows()
	deep := g.deep()
	packed, l := scratch[T](deep * ((min(g.n, packCols) + nr - 1) / nr) * nr)
	defer release(l)
	strips := (g.m + tileRows - 1) / tileRows
	for j0 := 0; j0 < g.n; j0 += packCols {
		cols := min(packCols, g.n-j0)
		panels := (cols + nr - 1) / nr
		for p := 0; p < g.k; p += deep {
			kb := min(deep, g.k-p)
			if !par.Alone() {
				g.packTogether(packed, p, kb, j0, cols, panels, strips)
				continue
			}
			g.packPanels(packed, p, kb, j0, cols, 0, panels)
			chunks := par.Chunks(strips, g.stripsAtOnce(strips))
			for c := range chunks {
				lo, hi := par.Bounds(strips, chunks, c)
				g.packedRows(packed, p, kb, j0, cols, lo, hi)
			}
		}
	}
}

// packTogether is one block of packBoth on several cores.
func (g product[T]) packTogether(packed []T, p, kb, j0, cols, panels, strips int) {
	par.For(panels, kb*tileColumns[T](), func(lo, hi int) { g.packPanels(packed, p, kb, j0, cols, lo, hi) })
	par.ForChunks(strips, g.stripsAtOnce(strips), func(_, lo, hi int) { g.packedRows(packed, p, kb, j0, cols, lo, hi) })
}

// packPanels packs panels lo to hi of the cols columns of B from j0.
func (g *product[T]) packPanels(packed []T, p, kb, j0, cols, lo, hi int) {
	nr := tileColumns[T]()
	for q := lo; q < hi; q++ {
		g.packPanel(packed[q*nr*kb:(q+1)*nr*kb], p, kb, j0+q*nr, min(nr, cols-q*nr))
	}
}

// packedRows packs strips lo to hi of A and multiplies them with the packed panels of B.
func (g *product[T]) packedRows(packed []T, p, kb, j0, cols, lo, hi int) {
	nr, tileRows := tileColumns[T](), tileRows()
	i0, i1, beta := lo*tileRows, min(hi*tileRows, g.m), g.betaAt(p)
	a, l := scratch[T]((hi - lo) * tileRows * kb)
	defer release(l)
	for s := lo; s < hi; s++ {
		g.packStrip(a[(s-lo)*tileRows*kb:(s-lo+1)*tileRows*kb], s*tileRows, min(tileRows, g.m-s*tileRows), p, kb)
	}
	for q := 0; q*nr < cols; q++ {
		gemmPackedCall(i1-i0, min(nr, cols-q*nr), kb, g.alpha, a, packed[q*nr*kb:], beta, g.c[i0*g.ldc+j0+q*nr:], g.ldc)
	}
}

// stripsAtOnce is how many strips of A are packed together: many, so that B, which all of them read, is read seldom, but few
// enough for the second-level cache and for equal shares of the cores.
func (g *product[T]) stripsAtOnce(strips int) int { return min(max(strips/8, packStrips), 16) }

// packPanel copies rows p to p+kb of w columns of op(B) from j, filled up with zeros to the width of a tile.
func (g *product[T]) packPanel(dst []T, p, kb, j, w int) {
	nr := tileColumns[T]()
	if w < nr {
		clear(dst[:kb*nr])
	}
	if g.csb == 1 {
		for q := range kb {
			copy(dst[q*nr:q*nr+w], g.b[(p+q)*g.rsb+j:])
		}
		return
	}
	jj := 0
	for ; jj+4 <= w; jj += 4 { // four columns, which lie along rows of B, at a time
		at := (j+jj)*g.csb + p
		b0, b1, b2, b3 := g.b[at:][:kb], g.b[at+g.csb:][:kb], g.b[at+2*g.csb:][:kb], g.b[at+3*g.csb:][:kb]
		for q := range b0 {
			d := (*[4]T)(dst[q*nr+jj:])
			d[0], d[1], d[2], d[3] = b0[q], b1[q], b2[q], b3[q]
		}
	}
	for ; jj < w; jj++ {
		for q, v := range g.b[(j+jj)*g.csb+p:][:kb] {
			dst[q*nr+jj] = v
		}
	}
}

// packStrip copies columns p to p+kb of up to tileRows rows of op(A) from i, column by column, and zeros for rows that are not
// there: they are computed with the others.
func (g *product[T]) packStrip(dst []T, i, rows, p, kb int) {
	tileRows := tileRows()
	at := i*g.rsa + p*g.csa
	if rows < tileRows {
		clear(dst)
	}
	if g.csa != 1 { // rsa is 1
		for q := range kb {
			copy(dst[q*tileRows:q*tileRows+rows], g.a[at+q*g.csa:])
		}
		return
	}
	r := 0
	for ; r+4 <= rows; r += 4 {
		at := at + r*g.rsa
		a0, a1, a2, a3 := g.a[at:][:kb], g.a[at+g.rsa:][:kb], g.a[at+2*g.rsa:][:kb], g.a[at+3*g.rsa:][:kb]
		to := r
		for q := range a0 {
			d := (*[4]T)(dst[to:])
			d[0], d[1], d[2], d[3] = a0[q], a1[q], a2[q], a3[q]
			to += tileRows
		}
	}
	for ; r < rows; r++ {
		for q, v := range g.a[at+r*g.rsa:][:kb] {
			dst[q*tileRows+r] = v
		}
	}
}

// The calls have a frame of their own, where a stop-the-world can take hold between two of them.

//go:noinline
func gemmDirectCall[T Float](m, nr, k int, alpha T, a []T, rsa, csa int, b []T, rsb int, beta T, c []T, ldc int) {
	gemmDirect(m, nr, k, a, rsa, csa, b, rsb, c, ldc, alpha, beta)
}

//go:noinline
func gemmPackedCall[T Float](m, nr, k int, alpha T, a, b []T, beta T, c []T, ldc int) {
	gemmPacked(m, nr, k, a, b, c, ldc, alpha, beta)
}

//go:noinline
func gemmRowCall[T Float](k int, alpha T, a []T, csa int, b []T, rsb int, beta T, c []T) {
	gemmRow(k, a, csa, b, rsb, c, alpha, beta)
}
