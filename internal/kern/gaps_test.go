package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestGaps(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 32))
		for _, s := range distShapes {
			m, n, d := s[0], s[1], s[2]
			if m*n*d > 100_000 {
				continue
			}
			x, ldx, _ := padded[float64](t, r, m, d, 1)
			y, ldy, _ := padded[float64](t, r, n, d, 2)
			for i := range x {
				x[i] = math.Round(4 * x[i])
			}
			for i := range y {
				y[i] = math.Round(4 * y[i])
			}
			if m > 2 && n > 2 && d > 2 {
				x[2*ldx+1], y[ldy] = math.NaN(), math.NaN()
			}
			points := NewPoints(n, d, y, ldy)
			dst, ldd, check := padded[float64](t, r, m, n, 3)
			for g := SumAbs; g <= NumbersOf; g++ {
				Gaps(g, points, m, x, ldx, dst, ldd)
				check()
				for i := range m {
					for j := range n {
						want, missing := 0.0, false
						for k := range d {
							v, w := x[i*ldx+k], y[j*ldy+k]
							missing = missing || v != v || w != w
							want = g.add(want, v, w)
						}
						if got := dst[i*ldd+j]; got != want && !(missing && g < SquaresOf) { // distances of missing numbers have no meaning there
							t.Fatalf("%d of %v: %d,%d is %v, want %v", g, s, i, j, got, want)
						}
					}
				}
			}
		}
	})
}
