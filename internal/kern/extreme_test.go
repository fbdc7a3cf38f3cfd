package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// bits tells -0 from +0; all NaN are one.
func bits[T Float](x T) uint64 {
	if x != x {
		return math.Float64bits(math.NaN())
	}
	return math.Float64bits(float64(x))
}

func testExtreme[T Float](t *testing.T) {
	inf := T(math.Inf(1))
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, check := guarded[T](t, n, offset)
		verify := func() {
			t.Helper()
			least, most, argLeast, argMost := inf, -inf, -1, -1
			for i, v := range x {
				least, most = min(least, v), max(most, v)
				if argLeast < 0 || v < x[argLeast] || v != v && x[argLeast] == x[argLeast] {
					argLeast = i
				}
				if argMost < 0 || v > x[argMost] || v != v && x[argMost] == x[argMost] {
					argMost = i
				}
			}
			if a, b := Min(x), Max(x); bits(a) != bits(least) || bits(b) != bits(most) {
				t.Fatalf("n %d: min %v max %v, want %v %v", n, a, b, least, most)
			}
			if a, b := ArgMin(x), ArgMax(x); a != argLeast || b != argMost {
				t.Fatalf("n %d: argmin %v argmax %v, want %v %v", n, a, b, argLeast, argMost)
			}
		}
		normals(r, x)
		verify()
		for i := range x { // many ties, zeros of either sign
			x[i] = T(math.Copysign(float64(r.IntN(3)), float64(r.IntN(2))-0.5))
		}
		verify()
		for i := range x {
			x[i] = T(math.Copysign(0, float64(r.IntN(2))-0.5))
		}
		verify()
		for i := range x {
			x[i] = T(r.ExpFloat64())
		}
		verify()
		if n > 0 {
			for i := range x {
				x[i] = -inf
			}
			x[r.IntN(n)] = inf
			verify()
			x[r.IntN(n)] = T(math.NaN())
			verify()
			x[r.IntN(n)] = T(math.NaN())
			verify()
		}
		check()
	})
}

func TestExtremeF32(t *testing.T) { testExtreme[float32](t) }
func TestExtremeF64(t *testing.T) { testExtreme[float64](t) }
