package kern

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

func testSqDists[T Float](t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 22))
		for _, s := range [][3]int{{0, 3, 2}, {3, 0, 2}, {1, 1, 1}, {3, 4, 0}, {7, 9, 5}, {40, 33, 17}, {5, 2500, 30}, {200, 300, 8}} {
			m, n, d := s[0], s[1], s[2]
			x, ldx, _ := padded[T](t, r, m, d, 1)
			y, ldy, _ := padded[T](t, r, n, d, 2)
			dst, ldd, check := padded[T](t, r, m, n, 3)
			SqDists(m, n, d, x, ldx, y, ldy, dst, ldd)
			check()
			one := make([]T, 1)
			for i := range m {
				for j := range n {
					SqDistRows(one, x[i*ldx:i*ldx+d], y[j*ldy:j*ldy+d], d)
					if got := dst[i*ldd+j]; bits(got) != bits(one[0]) {
						t.Fatalf("%v: %d,%d is %v, alone %v", s, i, j, got, one[0])
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
