package kern

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

// Shapes around the heights and widths of the tiles, four panels at once, blocks of coordinates and of points.
var distShapes = [][3]int{{0, 3, 2}, {3, 0, 2}, {1, 1, 1}, {3, 4, 0}, {7, 9, 5}, {12, 32, 16}, {13, 31, 3}, {1, 300, 7}, {29, 33, 17},
	{5, 2500, 30}, {2, 70, distDepth + 9}, {1, 130, distDepth + 1}, {200, 300, 8}, {3, 2*8192/3 + 1, 96}}

func testSqDists[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, s := range distShapes {
			m, n, d := s[0], s[1], s[2]
			if small() && m*n*d > 100_000 {
				continue
			}
			x, ldx, _ := padded[T](t, r, m, d, 1)
			y, ldy, _ := padded[T](t, r, n, d, 2)
			dst, ldd, check := padded[T](t, r, m, n, 3)
			SqDists(m, n, d, x, ldx, y, ldy, dst, ldd)
			check()
			for i := 0; i < m; i += 1 + m/20 {
				for j := 0; j < n; j += 1 + n/40 {
					a, b := x[i*ldx:i*ldx+d], y[j*ldy:j*ldy+d]
					sum, size := exact(d, func(k int) (u, v float64) { e := float64(a[k]) - float64(b[k]); return e, e })
					if got := float64(dst[i*ldd+j]); !(math.Abs(got-sum) <= (float64(d)+3)*eps[T]()*size) {
						t.Fatalf("%v: %d,%d is %v, want %v", s, i, j, got, sum)
					}
				}
			}
			// one row at a time, one point at a time
			points := NewPoints(n, d, y, ldy)
			if a, b := points.Dims(); a != n || b != d {
				t.Fatalf("Dims %d %d, want %d %d", a, b, n, d)
			}
			row, checkRow := guarded[T](t, n, 1)
			for i := 0; i < m; i += 1 + m/9 {
				points.SqDists(1, x[i*ldx:], ldx, row, n)
				checkRow()
				if !equalBits(row, dst[i*ldd:i*ldd+n]) {
					t.Fatalf("%v: row %d has other bits alone", s, i)
				}
				one := make([]T, 1)
				for j := 0; j < n; j += 1 + n/9 {
					SqDists(1, 1, d, x[i*ldx:], ldx, y[j*ldy:], ldy, one, 1)
					if bits(one[0]) != bits(row[j]) {
						t.Fatalf("%v: %d,%d is %v, alone %v", s, i, j, row[j], one[0])
					}
				}
			}
			was := runtime.GOMAXPROCS(3)
			again := append([]T(nil), dst...)
			SqDists(m, n, d, x, ldx, y, ldy, again, ldd)
			runtime.GOMAXPROCS(was)
			if !equalBits(dst, again) {
				t.Fatalf("%v: other bits on three cores", s)
			}
		}
		defer func() {
			if recover() == nil {
				t.Error("a short dst: no panic")
			}
		}()
		SqDists(2, 3, 2, make([]T, 4), 2, make([]T, 6), 2, make([]T, 5), 3)
	})
}

func TestSqDistsF32(t *testing.T) { testSqDists[float32](t) }
func TestSqDistsF64(t *testing.T) { testSqDists[float64](t) }

// A point is at distance 0 from itself, however far out it lies; Gemm's formula would say otherwise.
func TestSqDistsOfNearPoints(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		none := []float32{1, 1, 1, 1, 1, 1}
		SqDists(3, 2, 0, []float32{}, 5, nil, 7, none, 2)
		if none[0] != 0 || none[5] != 0 {
			t.Error("points without coordinates:", none)
		}
		x := []float32{1e6, -1e6, 1e6 + 1, -1e6}
		dst := make([]float32, 4)
		SqDists(2, 2, 2, x, 2, x, 2, dst, 2)
		if dst[0] != 0 || dst[1] != 1 || dst[2] != 1 || dst[3] != 0 {
			t.Error(dst)
		}
	})
}
