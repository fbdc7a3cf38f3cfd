package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Rows together give what Softmax and LogSumExp give, to their bounds, and each row what it gives alone, to the bit.
func testSoftmaxRows[T Float](t *testing.T) {
	rel, inf := 2*1e-15, T(math.Inf(1))
	if single[T]() {
		rel = 2 * 4e-7
	}
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(41, 42))
		for _, s := range [][2]int{{0, 3}, {1, 1}, {5, 1}, {7, 2}, {400, 3}, {33, 10}, {3, narrow}, {3, narrow + 1}} {
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
			dst, ldd, check := padded[T](t, r, m, n, 2)
			lse, checkLSE := guarded[T](t, m, 1)
			SoftmaxRows(m, n, x, ldx, dst, ldd)
			LogSumExpRows(lse, n, x, ldx)
			check()
			checkLSE()
			want, alone, one := make([]T, n), make([]T, n), make([]T, 1)
			for i := range m {
				row, got := x[i*ldx:i*ldx+n], dst[i*ldd:i*ldd+n]
				Softmax(want, row)
				for j, w := range want {
					if d := math.Abs(float64(got[j] - w)); bits(got[j]) != bits(w) && !(d <= rel*float64(w)+float64(leastNormal[T]())*eps[T]()*4) {
						t.Fatalf("%v: row %d element %d is %v, Softmax has %v", s, i, j, got[j], w)
					}
				}
				if w := LogSumExp(row); bits(lse[i]) != bits(w) && !(math.Abs(float64(lse[i]-w)) <= 8*eps[T]()*max(1, math.Abs(float64(w)))) {
					t.Fatalf("%v: row %d: %v, LogSumExp has %v", s, i, lse[i], w)
				}
				SoftmaxRows(1, n, row, n, alone, n)
				LogSumExpRows(one, n, row, n)
				if !equalBits(alone, got) || bits(one[0]) != bits(lse[i]) {
					t.Fatalf("%v: row %d has other bits alone", s, i)
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
