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

// Windows of bytes are sums of products, exactly, and nothing beside them is written.
func TestOctetWindows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 3))
		for _, s := range [][6]int{{1, 1, 1, 1, 1, 1}, {14, 2, 12, 5, 6, 2}, {10, 10, 16, 5, 30, 6}, {29, 1, 33, 1, 7, 9}, {5, 3, 70, 2, 17, 3}, {200, 40, 20, 1, 100, 100}} {
			rows, blocks, n, lines, run, step := s[0], s[1], s[2], s[3], s[4], s[5]
			w := Windows{Rows: rows, Step: step, Lines: lines, Run: run, Gap: rows*step + run, Blocks: blocks, Next: 5}
			weights := make([]int8, n*lines*run)
			for i := range weights {
				weights[i] = int8(r.IntN(255) - 127)
			}
			p := PackOctets(weights, n, lines, run)
			if p == nil {
				t.Skip("no VNNI")
			}
			a := make([]uint8, w.reach()+OctetSlack)
			for i := range a {
				a[i] = uint8(r.IntN(256))
			}
			ldc := n + 1
			c := make([]int32, blocks*rows*ldc+40)
			for i := range c {
				c[i] = -7
			}
			p.Windows(&w, a, c, ldc, rows*ldc)
			for i := range blocks * rows {
				for j := range n {
					sum := int32(0)
					for l := range lines {
						for k := range run {
							sum += int32(a[i/rows*5+i%rows*step+l*w.Gap+k]) * int32(weights[(j*lines+l)*run+k])
						}
					}
					if c[i*ldc+j] != sum {
						t.Fatalf("%v: row %d output %d: %d, want %d", s, i, j, c[i*ldc+j], sum)
					}
				}
				if c[i*ldc+n] != -7 {
					t.Fatalf("%v: wrote behind row %d", s, i)
				}
			}
		}
	})
}
