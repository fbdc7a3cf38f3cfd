package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

// closest fails unless got is x*y+z rounded once or twice.
func closest[T Float](t *testing.T, what string, n, i int, got, x, y, z T) {
	t.Helper()
	once, twice := T(math.FMA(float64(x), float64(y), float64(z))), T(T(x*y)+z)
	if single[T]() { // exact in float64 but for the last sum: within a rounding of the rounded
		once = T(float64(x)*float64(y) + float64(z))
	}
	if got != once && got != twice {
		t.Fatalf("%s: element %d of %d is %v, want %v or %v", what, i, n, got, once, twice)
	}
}

func testMaps[T Float](t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[T](t, n, offset)
		y, _ := guarded[T](t, n, 2*offset+1)
		z, _ := guarded[T](t, n, 1)
		dst, check := guarded[T](t, n, offset+3)
		normals(r, x)
		normals(r, y)
		normals(r, z)
		a := T(r.NormFloat64())

		copy(dst, y)
		Axpy(a, x, dst)
		for i, v := range dst {
			closest(t, "Axpy", n, i, v, a, x[i], y[i])
		}
		Scal(a, dst, x)
		for i, v := range dst {
			closest(t, "Scal", n, i, v, a, x[i], 0)
		}
		Add(dst, x, y)
		for i, v := range dst {
			closest(t, "Add", n, i, v, 1, x[i], y[i])
		}
		Mul(dst, x, y)
		for i, v := range dst {
			closest(t, "Mul", n, i, v, y[i], x[i], 0)
		}
		FMA(dst, x, y, z)
		for i, v := range dst {
			closest(t, "FMA", n, i, v, x[i], y[i], z[i])
		}
		want := append([]T(nil), dst...)

		// The destination as one of the sources, or as all of them.
		for at := range 3 {
			args := [3][]T{x, y, z}
			copy(dst, args[at])
			args[at] = dst
			FMA(dst, args[0], args[1], args[2])
			for i, v := range dst {
				if v != want[i] {
					t.Fatalf("FMA into source %d: element %d of %d is %v, want %v", at, i, n, v, want[i])
				}
			}
		}
		copy(dst, x)
		Scal(a, dst, dst)
		Add(dst, dst, dst)
		Mul(dst, dst, dst)
		for i, v := range dst {
			if w := 2 * (a * x[i]); v != w*w {
				t.Fatalf("in place: element %d of %d is %v, want %v", i, n, v, w*w)
			}
		}
		copy(dst, x)
		Axpy(2, dst, dst)
		for i, v := range dst {
			closest(t, "Axpy onto itself", n, i, v, 2, x[i], x[i])
		}
		check()
	})
}

func TestMapsF32(t *testing.T) { testMaps[float32](t) }
func TestMapsF64(t *testing.T) { testMaps[float64](t) }
