package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Shapes around the tiles, the registers of a row and the length that is summed at a time.
var dotsShapes = [][3]int{{0, 3, 2}, {3, 0, 2}, {2, 3, 0}, {1, 1, 1}, {4, 4, 8}, {7, 9, 5}, {8, 7, 16}, {9, 6, 17}, {13, 10, 64}, {5, 11, 100},
	{4, 3, 31}, {6, 5, 129}, {70, 3, 20}, {4, 300, 33}, {3, 5, sweep}, {7, 18, sweep + 5}, {5, 3, 2*sweep + 1}}

func testDots[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(51, 52))
		for _, s := range dotsShapes {
			m, n, d := s[0], s[1], s[2]
			if small() && m*n*d > 100_000 {
				continue
			}
			x, ldx, _ := padded[T](t, r, m, d, 1)
			y, ldy, _ := padded[T](t, r, n, d, 2)
			dst, ldd, check := padded[T](t, r, m, n, 3)
			Dots(m, n, d, x, ldx, y, ldy, dst, ldd)
			check()
			want := make([]T, n)
			for i := range m {
				DotRows(want, x[i*ldx:i*ldx+d], y, ldy)
				if got := dst[i*ldd : i*ldd+n]; !equalBits(got, want) {
					t.Fatalf("%v: row %d is %v, DotRows has %v", s, i, got, want)
				}
				for j := 0; j < n; j += 1 + n/40 {
					a, b := x[i*ldx:i*ldx+d], y[j*ldy:j*ldy+d]
					sum, size := exact(d, func(k int) (u, v float64) { return float64(a[k]), float64(b[k]) })
					if got := float64(dst[i*ldd+j]); !(math.Abs(got-sum) <= (float64(min(d, sweep))+3)*eps[T]()*size) {
						t.Fatalf("%v: %d,%d is %v, want %v", s, i, j, got, sum)
					}
				}
			}
		}
	})
}

func TestDotsF32(t *testing.T) { testDots[float32](t) }
func TestDotsF64(t *testing.T) { testDots[float64](t) }
