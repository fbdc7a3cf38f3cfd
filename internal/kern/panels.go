package kern

// Panels is a matrix B of k x n that is multiplied often, in the order in which kernels read it: panels as wide as a tile, one behind the
// other, each k rows, filled up with zeros. It never changes, so any number of goroutines may multiply with it.
type Panels struct {
	k, n, wide int
	data       []float32
}

// rowPanelsMost is how many panels the kernel for one row takes at a time.
const rowPanelsMost = 4

// Pack copies B, whose rows are ldb apart.
func Pack(k, n int, b []float32, ldb int) *Panels {
	checkMatrix("Pack: B", k, n, b, ldb)
	p := &Panels{k: k, n: n, wide: n}
	if p.tiled() {
		p.wide = tileColumns[float32]()
	}
	p.data = Aligned[float32](k * p.wide * p.count())
	g := product[float32]{k: k, n: n, b: b, rsb: ldb, csb: 1}
	for q := range p.count() {
		lo, hi := q*p.wide, min((q+1)*p.wide, n)
		if p.tiled() {
			g.packPanel(p.panel(q), 0, k, lo, hi-lo)
			continue
		}
		for i := range k {
			copy(p.data[i*n:(i+1)*n], b[i*ldb:])
		}
	}
	return p
}

// tiled reports whether products go by tiles; those with one column are dot products, as Gemm has it.
func (p *Panels) tiled() bool { return tiled() && p.n > 1 }

// count is the number of panels.
func (p *Panels) count() int { return (p.n + p.wide - 1) / max(p.wide, 1) }

func (p *Panels) panel(q int) []float32 { return p.data[q*p.k*p.wide : (q+1)*p.k*p.wide] }

// Dims are k and n.
func (p *Panels) Dims() (k, n int) { return p.k, p.n }

// Product sets C to A*B + bias (none: nil), or the larger of that and 0 with relu, for m rows of A that are lda apart; they may overlap. Bits are
// those of Gemm, Add and AddReLU. It runs on the caller's core and does not allocate.
func (p *Panels) Product(m int, a []float32, lda int, c []float32, ldc int, bias []float32, relu bool) {
	if m <= 0 || p.n <= 0 {
		return
	}
	checkOverlapping("Product: A", m, p.k, a, lda)
	checkMatrix("Product: C", m, p.n, c, ldc)
	readsRows(a, m, p.k, lda)
	readsRows(p.data, 1, len(p.data), 0)
	writesRows(c, m, p.n, ldc)
	if p.k <= 0 {
		for i := range m {
			clear(c[i*ldc : i*ldc+p.n])
		}
		p.finish(0, m, c, ldc, bias, relu)
		return
	}
	g := product[float32]{m: m, n: p.n, k: p.k, alpha: 1, a: a, rsa: lda, csa: 1, b: p.data, rsb: p.n, csb: 1, c: c, ldc: ldc}
	switch {
	case p.n == 1:
		for i := range m {
			DotRows(c[i*ldc:i*ldc+1], p.data, a[i*lda:i*lda+p.k], p.k)
		}
		p.finish(0, m, c, ldc, bias, relu)
	case !p.tiled():
		g.plainRows(0, m)
		p.finish(0, m, c, ldc, bias, relu)
	case m == 1:
		p.row(&g, bias, relu)
	default:
		strips := (m + tileRows() - 1) / tileRows()
		for s := range strips { // a strip of A stays in the first-level cache while B, from the second, passes by
			lo, hi := s*m/strips, (s+1)*m/strips
			p.strip(&g, lo, hi)
			p.finish(lo, hi, c, ldc, bias, relu)
		}
	}
}

// strip computes rows lo to hi.
func (p *Panels) strip(g *product[float32], lo, hi int) {
	deep := g.deep()
	for at := 0; at < p.k; at += deep {
		kb, beta := min(deep, p.k-at), g.betaAt(at)
		for q := range p.count() {
			j := q * p.wide
			gemmDirectCall(hi-lo, min(p.wide, p.n-j), kb, 1, g.a[lo*g.rsa+at:], g.rsa, 1, p.panel(q)[at*p.wide:], p.wide, beta, g.c[lo*g.ldc+j:], g.ldc)
		}
	}
}

// row is the product of one row.
func (p *Panels) row(g *product[float32], bias []float32, relu bool) {
	var room [rowPanelsMost * 32]float32
	deep := g.deep()
	for q := 0; q < p.count(); q += rowPanelsMost {
		panels := min(rowPanelsMost, p.count()-q)
		for at := 0; at < p.k; at += deep {
			rowPanelsCall(panels, g.a[at:min(at+deep, p.k)], p.data[q*p.k*p.wide+at*p.wide:], p.k*p.wide, room[:panels*p.wide], at > 0)
		}
		lo, hi := q*p.wide, min((q+panels)*p.wide, p.n)
		c, sums := g.c[lo:hi], room[:hi-lo]
		switch {
		case bias == nil && !relu:
			copy(c, sums)
		case bias == nil:
			ReLU(c, sums)
		case relu:
			AddReLU(c, sums, bias[lo:hi])
		default:
			Add(c, sums, bias[lo:hi])
		}
	}
}

// finish adds the bias to rows lo to hi and cuts what is below 0.
func (p *Panels) finish(lo, hi int, c []float32, ldc int, bias []float32, relu bool) {
	for i := lo; i < hi; i++ {
		row := c[i*ldc : i*ldc+p.n]
		switch {
		case bias == nil && !relu:
			return
		case bias == nil:
			ReLU(row, row)
		case relu:
			AddReLU(row, row, bias)
		default:
			Add(row, row, bias)
		}
	}
}

// Windows says how windows lie in an image: Lines runs of Run elements, which begin Gap elements after each other's beginning.
type Windows struct {
	Rows   int // of a block: a line of pixels
	Step   int // from one row's beginning to the next
	Lines  int
	Run    int
	Gap    int
	Blocks int // how many
	Next   int // from one block's beginning to the next
}

// reach is how many elements the windows span.
func (w *Windows) reach() int {
	return (w.Blocks-1)*w.Next + (w.Rows-1)*w.Step + (w.Lines-1)*w.Gap + w.Run
}

// Windows is Product for rows of A that are windows of an image; k is lines times run. Blocks of C follow each other, nextC apart. Elements are summed in order, each
// product rounded with its sum where the level has FMA; bits do not depend on how many rows there are. bias is Padded() long.
func (p *Panels) Windows(w *Windows, a, c []float32, ldc, nextC int, bias []float32, relu bool) {
	if w.Rows <= 0 || w.Blocks <= 0 || p.n <= 0 {
		return
	}
	if w.Lines < 1 || w.Run < 1 || w.Lines*w.Run != p.k {
		mismatch("Windows: k", p.k, w.Lines*w.Run)
	}
	if w.reach() > len(a) {
		mismatch("Windows: A", w.reach(), len(a))
	}
	if need := (w.Blocks-1)*nextC + (w.Rows-1)*ldc + p.n; need > len(c) {
		mismatch("Windows: C", need, len(c))
	}
	if len(bias) < p.count()*p.wide {
		mismatch("Windows: bias", p.count()*p.wide, len(bias))
	}
	reads(a[:w.reach()])
	reads(p.data)
	reads(bias)
	for i := range w.Blocks {
		writesRows(c[i*nextC:], w.Rows, p.n, ldc)
	}
	if !p.tiled() {
		windowsGeneric(w, p.n, a, p.data, p.wide, c, ldc, nextC, bias, relu)
		return
	}
	for q := range p.count() {
		j := q * p.wide
		n, panel, add := min(p.wide, p.n-j), p.panel(q), bias[j:j+p.wide]
		part := *w
		if part.Blocks = max(1, windowsWork/(p.k*w.Rows)); part.Blocks > 1 || w.Rows*p.k <= windowsWork {
			for i := 0; i < w.Blocks; i += part.Blocks {
				some := part
				some.Blocks = min(part.Blocks, w.Blocks-i)
				windowsCall(&some, n, a[i*w.Next:], panel, p.wide, c[i*nextC+j:], ldc, nextC, add, relu)
			}
			continue
		}
		most := max(1, windowsWork/p.k) // rows of a long line
		for i := range w.Blocks {
			for r := 0; r < w.Rows; r += most {
				some := part
				some.Rows = min(most, w.Rows-r)
				windowsCall(&some, n, a[i*w.Next+r*w.Step:], panel, p.wide, c[i*nextC+r*ldc+j:], ldc, nextC, add, relu)
			}
		}
	}
}

// windowsWork is the most rows times k of one call: some twenty microseconds, since assembly cannot be preempted.
const windowsWork = 1 << 17

// Padded is the length that a bias for Windows has: n and zeros behind.
func (p *Panels) Padded() int { return p.count() * p.wide }

//go:noinline
func rowPanelsCall(panels int, a, b []float32, panel int, c []float32, old bool) {
	rowPanels(panels, a, b, panel, c, old)
}

//go:noinline
func windowsCall(w *Windows, nr int, a, b []float32, wide int, c []float32, ldc, nextC int, bias []float32, relu bool) {
	windows(w, nr, a, b, wide, c, ldc, nextC, bias, relu)
}

// windowsGeneric is the specification: plain sums in order.
func windowsGeneric(w *Windows, nr int, a, b []float32, wide int, c []float32, ldc, nextC int, bias []float32, relu bool) {
	for block := range w.Blocks {
		for i := range w.Rows {
			row := c[block*nextC+i*ldc:][:nr]
			clear(row)
			for l := range w.Lines {
				for k, v := range a[block*w.Next+i*w.Step+l*w.Gap:][:w.Run] {
					weights := b[(l*w.Run+k)*wide:][:len(row)]
					for j := range row {
						row[j] += float32(v * weights[j])
					}
				}
			}
			for j, v := range row {
				if v += bias[j]; relu && v < 0 {
					v = 0
				}
				row[j] = v
			}
		}
	}
}
