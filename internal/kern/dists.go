package kern

import "github.com/gopherwood-ml/ml/internal/par"

// Squared Euclidean distances of many points to many. The differences are taken first, so that nothing cancels, unlike in
// |x|**2 - 2*x*y + |y|**2 by Gemm, which loses digits for near points and is hardly faster. A distance is the sum over
// the coordinates in their order, so its bits depend on the two points and the level alone: queries may come together
// or one at a time. (They are not the bits of SqDist and SqDistRows, which sum in another order.)

// Points are points made ready for distances to them: panels of points side by side, coordinate by coordinate, the
// last filled up with zeros.
type Points[T Float] struct {
	n, d   int
	width  int // points in a panel
	panels []T
}

// NewPoints returns a copy of n points of d coordinates, rows of y that are ldy apart.
func NewPoints[T Float](n, d int, y []T, ldy int) *Points[T] {
	checkMatrix("NewPoints", n, d, y, ldy)
	p := &Points[T]{n: n, d: d, width: panelWidth[T]()}
	p.panels = make([]T, p.size())
	p.fill(y, ldy)
	return p
}

// Refill puts n other points into the memory of p.
func (p *Points[T]) Refill(n int, y []T, ldy int) {
	checkMatrix("Refill", n, p.d, y, ldy)
	p.n = n
	if len(p.panels) < p.size() {
		p.panels = make([]T, p.size())
	}
	p.fill(y, ldy)
}

// Dims returns the number of points and of their coordinates.
func (p *Points[T]) Dims() (n, d int) { return p.n, p.d }

// size is the number of elements of all panels.
func (p *Points[T]) size() int { return p.count() * p.width * p.d }

// count is the number of panels.
func (p *Points[T]) count() int { return (p.n + p.width - 1) / p.width }

func (p *Points[T]) panel(i int) []T { return p.panels[i*p.width*p.d : (i+1)*p.width*p.d] }

// fill packs the points into the panels.
func (p *Points[T]) fill(y []T, ldy int) {
	if p.d == 0 {
		return
	}
	readsRows(y, p.n, p.d, ldy)
	par.For(p.count(), p.width*p.d/4, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			packPanelCall(p.panel(i), min(p.width, p.n-i*p.width), p.d, p.width, y[i*p.width*ldy:], ldy)
		}
	})
}

// SqDists sets dst[i*ldd+j] to the squared distance of row i of x (m rows of the points' dimension, ldx apart) and point
// j. Work worth it runs on several cores. dst may overlap neither x nor the points.
func (p *Points[T]) SqDists(m int, x []T, ldx int, dst []T, ldd int) {
	if m <= 0 || p.n <= 0 {
		return
	}
	checkMatrix("SqDists: x", m, p.d, x, ldx)
	checkMatrix("SqDists: dst", m, p.n, dst, ldd)
	writesRows(dst, m, p.n, ldd)
	if p.d == 0 {
		for i := range m {
			clear(dst[i*ldd : i*ldd+p.n])
		}
		return
	}
	readsRows(x, m, p.d, ldx)
	if par.Small(m, p.count()*p.cost()) { // without a function that share would put on the heap
		p.block(0, m, 0, p.count(), x, ldx, dst, ldd)
		return
	}
	p.share(m, p.cost(), func(lo, hi, from, to int) { p.block(lo, hi, from, to, x, ldx, dst, ldd) })
}

// share runs work for strips of m rows, or for some of the panels where the rows are few, on several cores if it is worth it. cost is that of one row with one panel.
func (p *Points[T]) share(m, cost int, work func(lo, hi, from, to int)) {
	count := p.count()
	switch {
	case par.Small(m, count*cost):
		work(0, m, 0, count)
	case m >= 64 || m >= count:
		par.For((m+distStrip-1)/distStrip, distStrip*count*cost, func(lo, hi int) { work(lo*distStrip, min(hi*distStrip, m), 0, count) })
	default:
		par.For(count, m*cost, func(lo, hi int) { work(0, m, lo, hi) })
	}
}

// SqDists sets dst[i*ldd+j] to the squared distance of row i of x (m rows of d, ldx apart) and row j of y (n rows of d,
// ldy apart). It packs y, which costs as much as a few rows of x do: where y stays and rows come one by one, keep Points.
func SqDists[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) {
	if m <= 0 || n <= 0 {
		return
	}
	checkMatrix("SqDists: x", m, d, x, ldx)
	checkMatrix("SqDists: y", n, d, y, ldy)
	checkMatrix("SqDists: dst", m, n, dst, ldd)
	width := panelWidth[T]()
	most := max(1, 2*inCache[T]()/(width*max(d, 1))) * width // points packed at a time
	p := &Points[T]{n: min(n, most), d: d, width: width}
	panels, l := scratch[T](p.size())
	defer release(l)
	for j := 0; j < n; j += most {
		p.n = min(most, n-j)
		p.panels = panels[:p.size()]
		p.fill(y[min(j*ldy, len(y)):], ldy)
		p.SqDists(m, x, ldx, dst[j:], ldd)
	}
}

const (
	distDepth = 512            // coordinates taken at a time: a panel of them stays in the second-level cache
	distStrip = 12             // rows of a tile, where it is tallest
	distRows  = 16 * distStrip // rows of a call: with distDepth, some fifty microseconds
)

// cost is the time of one row with one panel, in nanoseconds or so.
func (p *Points[T]) cost() int {
	if level < AVX2 {
		return 4 + p.width*p.d/2
	}
	return 4 + p.width*p.d/50
}

// block computes rows lo to hi against panels from and to.
func (p *Points[T]) block(lo, hi, from, to int, x []T, ldx int, dst []T, ldd int) {
	for k := 0; k < p.d; k += distDepth {
		kb := min(distDepth, p.d-k)
		for i := lo; i < hi; i += distRows {
			rows := min(distRows, hi-i)
			for q := from; q < to; {
				at := dst[i*ldd+q*p.width:]
				panel := p.panels[(q*p.d+k)*p.width:]
				if rows == 1 && (q+4)*p.width <= p.n && q+4 <= to {
					sqDistRowCall(kb, x[i*ldx+k:], panel, p.d*p.width, at, k > 0)
					q += 4
					continue
				}
				sqDistTileCall(rows, min(p.width, p.n-q*p.width), kb, x[i*ldx+k:], ldx, panel, at, ldd, k > 0)
				q++
			}
		}
	}
}

//go:noinline
func packPanelCall[T Float](dst []T, n, d, width int, y []T, ldy int) {
	packPanel(dst, n, d, width, y, ldy)
}

//go:noinline
func sqDistTileCall[T Float](m, nr, k int, x []T, ldx int, panel, c []T, ldc int, onto bool) {
	sqDistTile(m, nr, k, x, ldx, panel, c, ldc, onto)
}

//go:noinline
func sqDistRowCall[T Float](k int, x, panels []T, apart int, c []T, onto bool) {
	sqDistRow(k, x, panels, apart, c, onto)
}
