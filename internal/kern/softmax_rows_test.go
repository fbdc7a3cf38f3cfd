package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Rows together give what Softmax and LogSumExp give a row alone, to the bit.
func testSoftmaxRows[T Float](t *testing.T) {
	inf := T(math.Inf(1))
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(41, 42))
		for _, s := range [][2]int{{0, 3}, {1, 1}, {5, 1}, {7, 2}, {400, 3}, {33, 10}, {3, 64}, {2, 65}, {5, 128}, {9, 515}, {2, brief}, {3, brief + 1}} {
			m, n := s[0], s[1]
			x, ldx, _ := padded[T](t, r, m, n, 1)
			for i := range x {
				x[i] *= 50
			}
			if m > 2 && n > 1 {
				x[0] = -inf
				x[ldx+1] = T(math.NaN())
				x[2*ldx] = inf
			}
			if m > 4 {
				x[3*ldx], x[3*ldx+n-1] = inf, T(math.NaN())
				for j := range n {
					x[4*ldx+j] = -inf
				}
			}
			dst, ldd, check := padded[T](t, r, m, n, 2)
			lse, checkLSE := guarded[T](t, m, 1)
			SoftmaxRows(m, n, x, ldx, dst, ldd)
			LogSumExpRows(lse, n, x, ldx)
			check()
			checkLSE()
			want := make([]T, n)
			for i := range m {
				row, got := x[i*ldx:i*ldx+n], dst[i*ldd:i*ldd+n]
				if Softmax(want, row); !equalBits(got, want) {
					t.Fatalf("%v: row %d is %v, Softmax has %v", s, i, got, want)
				}
				if w := LogSumExp(row); bits(lse[i]) != bits(w) {
					t.Fatalf("%v: row %d: %v, LogSumExp has %v", s, i, lse[i], w)
				}
			}
			if m > 0 {
				SoftmaxRows(m, n, x, ldx, x, ldx)
				for i := range m {
					if !equalBits(x[i*ldx:i*ldx+n], dst[i*ldd:i*ldd+n]) {
						t.Fatalf("%v: row %d in place differs", s, i)
					}
				}
			}
		}
		lse := make([]T, 2)
		LogSumExpRows(lse, 0, []T{}, 0)
		if lse[0] != -inf || lse[1] != -inf {
			t.Errorf("LogSumExpRows of empty rows: %v", lse)
		}
	})
}

func TestSoftmaxRowsF32(t *testing.T) { testSoftmaxRows[float32](t) }
func TestSoftmaxRowsF64(t *testing.T) { testSoftmaxRows[float64](t) }
