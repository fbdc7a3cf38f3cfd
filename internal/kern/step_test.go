package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestAxpyDots(t *testing.T) {
	product := func(t *testing.T, what string, got float64, y, z []float64) {
		t.Helper()
		want, size := 0.0, 0.0
		for i, v := range y {
			want += v * z[i]
			size += math.Abs(v * z[i])
		}
		if math.Abs(got-want) > 0x1p-52*float64(len(y)+1)*size {
			t.Fatalf("%s of %d numbers is %v, want %v", what, len(y), got, want)
		}
	}
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[float64](t, n, offset)
		z, _ := guarded[float64](t, n, 2*offset+1)
		u, _ := guarded[float64](t, n, 1)
		y, check := guarded[float64](t, n, offset+3)
		normals(r, x)
		normals(r, y)
		normals(r, z)
		normals(r, u)
		old := append([]float64(nil), y...)
		a := r.NormFloat64()
		for _, ahead := range [][]float64{nil, x} {
			for _, row := range [][]float64{u, x, z} { // rows may come twice
				copy(y, old)
				yz, uz := AxpyDots(a, x, y, z, row, ahead)
				for i, v := range y {
					closest(t, "AxpyDots", n, i, v, a, x[i], old[i])
				}
				product(t, "yz", yz, y, z)
				product(t, "uz", uz, row, z)
			}
		}
		check()
	})
}

func BenchmarkAxpyDots50(b *testing.B) {
	x, y, z := make([]float64, 50), make([]float64, 50), make([]float64, 50)
	for b.Loop() {
		AxpyDots(1e-9, x, y, z, x, nil)
	}
}
