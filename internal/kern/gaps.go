package kern

// A Gap is what is added up over the coordinates of two points.
type Gap uint8

const (
	SumAbs    Gap = iota // |x-y|
	MaxAbs               // |x-y|, of which the largest counts
	SumAbsSum            // |x+y|
	Differ               // 1 where x and y differ
	Canberra             // |x-y|/(|x|+|y|), 0 where x is y
	SquaresOf            // (x-y)², 0 where either is NaN
	NumbersOf            // 1 where neither is NaN
)

// Gaps sets dst[i*ldd+j] to the sum, in the order of the coordinates, for row i of x (m rows of the points' dimension, ldx apart) and point j. Work worth it runs on several cores. All levels have the same bits,
// but for those of SquaresOf. dst may overlap neither x nor the points.
func Gaps(g Gap, p *Points[float64], m int, x []float64, ldx int, dst []float64, ldd int) {
	if m <= 0 || p.n <= 0 {
		return
	}
	checkMatrix("Gaps: x", m, p.d, x, ldx)
	checkMatrix("Gaps: dst", m, p.n, dst, ldd)
	writesRows(dst, m, p.n, ldd)
	if p.d == 0 {
		for i := range m {
			clear(dst[i*ldd : i*ldd+p.n])
		}
		return
	}
	readsRows(x, m, p.d, ldx)
	const rows = 2 * distStrip // of a call: quotients take many times as long as squares
	p.share(m, 3*p.cost(), func(lo, hi, from, to int) {
		for k := 0; k < p.d; k += distDepth {
			kb := min(distDepth, p.d-k)
			for i := lo; i < hi; i += rows {
				for q := from; q < to; q++ {
					gapTileCall(g, min(rows, hi-i), min(p.width, p.n-q*p.width), kb, x[i*ldx+k:], ldx, p.panels[(q*p.d+k)*p.width:], dst[i*ldd+q*p.width:], ldd, k > 0)
				}
			}
		}
	})
}

//go:noinline
func gapTileCall(g Gap, m, nr, k int, x []float64, ldx int, panel, c []float64, ldc int, onto bool) {
	gapTile(g, m, nr, k, x, ldx, panel, c, ldc, onto)
}

// gapTileGeneric adds to c, or to zero unless onto, what k coordinates of m rows of x have with the first nr points of a panel.
func gapTileGeneric(g Gap, m, nr, k int, x []float64, ldx int, panel, c []float64, ldc int, onto bool) {
	for i := range m {
		var s [panelWidthGeneric]float64
		if onto {
			copy(s[:nr], c[i*ldc:])
		}
		for q, v := range x[i*ldx:][:k] {
			p := (*[panelWidthGeneric]float64)(panel[q*panelWidthGeneric:])
			for j, w := range p {
				s[j] = g.add(s[j], v, w)
			}
		}
		copy(c[i*ldc:i*ldc+nr], s[:])
	}
}

func (g Gap) add(s, v, w float64) float64 {
	d := v - w
	switch g {
	case SumAbs:
		return s + abs(d)
	case MaxAbs:
		if d = abs(d); d > s {
			return d
		}
	case SumAbsSum:
		return s + abs(v+w)
	case Differ:
		if v != w {
			return s + 1
		}
	case Canberra:
		if d = abs(d); d > 0 {
			return s + d/(abs(v)+abs(w))
		}
	case SquaresOf:
		if d == d {
			return s + d*d
		}
	case NumbersOf:
		if d == d {
			return s + 1
		}
	}
	return s
}
