package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Bytes are the same at every level, at ties, ends and what is no number, too.
func TestQuantize(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[float32](t, n, offset)
		for i := range x {
			x[i] = float32(r.NormFloat64() * 100)
			switch r.IntN(12) {
			case 0:
				x[i] = float32(r.IntN(300)-150) + .5 // a tie for inv 1
			case 1:
				x[i] = float32(math.NaN())
			case 2:
				x[i] = float32(math.Inf(1 - 2*r.IntN(2)))
			}
		}
		for _, zero := range []int32{0, 128, 255} {
			for _, inv := range []float32{1, .37} {
				dst, want := make([]uint8, n), make([]uint8, n)
				Quantize(dst, x, inv, zero)
				quantizeGeneric(want, x, inv, zero)
				if !slices.Equal(dst, want) {
					t.Fatalf("n %d zero %d: %v, want %v", n, zero, dst, want)
				}
				for i, v := range x {
					p := float64(float32(v * inv))
					exact := min(max(math.RoundToEven(p)+float64(zero), 0), 255)
					if v != v {
						exact = 0
					}
					if float64(dst[i]) != exact {
						t.Fatalf("%v gives %d, want %v", v, dst[i], exact)
					}
				}
			}
		}
	})
}

func TestDequantize(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		sums, whole := make([]int32, n), make([]int32, n)
		for i := range sums {
			sums[i], whole[i] = int32(r.Uint32()), int32(r.Uint32())
		}
		scale, bias := make([]float32, n), make([]float32, n)
		normals(r, scale)
		normals(r, bias)
		for _, relu := range []bool{false, true} {
			dst, check := guarded[float32](t, n, offset)
			Dequantize(dst, sums, whole, 77, .01, scale, bias, relu)
			check()
			want := make([]float32, n)
			dequantizeGeneric(want, sums, whole, 77, .01, scale, bias, relu)
			if !equalBits(dst, want) {
				t.Fatalf("n %d relu %v: %v, want %v", n, relu, dst, want)
			}
		}
	})
}
