package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// tables runs f at every level for tables of several shapes, some of whose numbers are special.
func tables(t *testing.T, f func(t *testing.T, r *rand.Rand, x []float64, p, offset int)) {
	t.Helper()
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(71, 72))
		for _, p := range []int{1, 3, 7, 8, 20, 63, 100, 256, 257, 259} {
			for _, n := range []int{0, 1, 2, 5, 17, 64, sweep/p + 3} {
				for offset := range 3 {
					x, check := guarded[float64](t, n*p, offset)
					normals(r, x)
					if len(x) > 9 {
						x[0], x[9] = math.Copysign(0, -1), math.NaN()
					}
					f(t, r, x, p, offset)
					check()
				}
			}
		}
	})
}

func same64(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b
}

func TestWheel(t *testing.T) {
	for p := 1; p < 3000; p++ {
		n := Wheel(p)
		if n%p != 0 || n%8 != 0 && n != p || n > max(p, wheelMost) && n > 8*wheelLeast {
			t.Fatalf("%d columns: %d", p, n)
		}
	}
}

func TestAffine(t *testing.T) {
	tables(t, func(t *testing.T, r *rand.Rand, x []float64, p, offset int) {
		shift, scale, add := make([]float64, p), make([]float64, p), make([]float64, p)
		normals(r, shift)
		normals(r, scale)
		normals(r, add)
		shift[0], add[0] = 0, math.Copysign(0, -1) // which keeps the sign of a zero
		for _, bound := range []float64{math.Inf(1), 0.5} {
			a := NewAffine(shift, scale, add, -bound, bound)
			for _, stream := range []bool{false, true} {
				dst, check := guarded[float64](t, len(x), 2*offset+1)
				if a.Apply(dst, x, stream) {
					t.Fatalf("%d of %d columns: infinite", len(x), p)
				}
				check()
				for i, v := range x {
					v = (v-shift[i%p])/scale[i%p] + add[i%p]
					if v < -bound {
						v = -bound
					}
					if v > bound {
						v = bound
					}
					if !same64(dst[i], v) {
						t.Fatalf("element %d of %d of %d columns is %v, want %v", i, len(x), p, dst[i], v)
					}
				}
				if len(x) > 0 {
					at, sign := r.IntN(len(x)), r.IntN(2)*2-1
					was := x[at]
					x[at] = math.Inf(sign)
					if !a.Apply(dst, x, stream) {
						t.Fatalf("%d of %d columns: the infinity at %d was not seen", len(x), p, at)
					}
					x[at] = was
				}
			}
		}
	})
}

func TestColumnSums(t *testing.T) {
	tables(t, func(t *testing.T, r *rand.Rand, x []float64, p, offset int) {
		n := Wheel(p)
		pivot, mean := make([]float64, n), make([]float64, n)
		normals(r, pivot)
		normals(r, mean)
		want := [3][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
		for i, v := range x {
			j := i % n
			d := (v - pivot[j]) - mean[j]
			want[0][j] += v - pivot[j]
			want[1][j] += d
			want[2][j] += float64(d * d)
		}
		var got [3][]float64
		var check [3]func()
		for k := range got {
			got[k], check[k] = guarded[float64](t, n, offset+k)
			clear(got[k])
		}
		AddDiffs(got[0], x, pivot)
		AddSquares(got[1], got[2], x, pivot, mean)
		for k := range got {
			check[k]()
			for j := range n {
				if !same64(got[k][j], want[k][j]) {
					t.Fatalf("sum %d, %d of %d columns: %v, want %v", k, j, p, got[k][j], want[k][j])
				}
			}
		}
	})
}

func TestRanges(t *testing.T) {
	tables(t, func(t *testing.T, r *rand.Rand, x []float64, p, offset int) {
		n := Wheel(p)
		low, checkLow := guarded[float64](t, n, offset)
		high, checkHigh := guarded[float64](t, n, 2*offset+1)
		for j := range low {
			low[j], high[j] = math.Inf(1), math.Inf(-1)
		}
		if got := Ranges(low, high, x); got != (len(x) > 9) {
			t.Fatalf("%d of %d columns: missing is %v", len(x), p, got)
		}
		checkLow()
		checkHigh()
		for j := range n {
			l, h := math.Inf(1), math.Inf(-1)
			for i := j; i < len(x); i += n {
				if v := x[i]; v < l {
					l = v
				}
				if v := x[i]; v > h {
					h = v
				}
			}
			if !same64(low[j], l) || !same64(high[j], h) {
				t.Fatalf("column %d of %d: %v to %v, want %v to %v", j, p, low[j], high[j], l, h)
			}
		}
	})
}

func TestFresh(t *testing.T) {
	for _, n := range []int{0, 1, sweep - 1, sweep, 3*sweep + 1} {
		x, y := Fresh[float64](n), Fresh[float32](n)
		if len(x) != n || len(y) != n {
			t.Fatalf("%d and %d of %d", len(x), len(y), n)
		}
		for i := range x {
			x[i], y[i] = float64(i), float32(i)
		}
		_ = append(x, 1) // what is behind belongs to nobody else
	}
}
