package kern

import (
	"math/rand/v2"
	"testing"
)

// Bytes at the ends of their range find saturation: VPMADDUBSW would give 32767 for 255·127 twice.
func TestInt8ProductsAreExact(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		eachInt8Path(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 3))
			sizes := []int{0, 1, 15, 16, 17, 31, 63, 64, 65, 127, 128, 200}
			if !small() {
				sizes = append(sizes, 1000, 65793)
			}
			for _, k := range sizes {
				for _, n := range []int{1, 3, 4, 5, 9} {
					stride := k + r.IntN(3)
					all := make([]int8, n*stride+2*guard)
					rows := all[guard : guard+max(0, (n-1)*stride+k) : guard+max(0, (n-1)*stride+k)]
					a := make([]uint8, k)
					for i := range a {
						a[i] = uint8([]int{0, 255, r.IntN(256)}[r.IntN(3)])
					}
					for i := range all {
						all[i] = int8([]int{-128, 127, r.IntN(256) - 128}[r.IntN(3)])
					}
					if n == 1 && k > 1000 {
						for i := range a { // the largest sum that fits
							a[i], rows[i] = 255, -128
						}
					}
					got, want := make([]int32, n+2), make([]int32, n)
					got[0], got[n+1] = 77, 77
					dotRowsU8S8Generic(want, a, rows, stride)
					DotRowsU8S8(got[1:n+1], a, rows, stride)
					for i, v := range want {
						if got[i+1] != v {
							t.Fatalf("k %d, row %d of %d: %d, want %d", k, i, n, got[i+1], v)
						}
					}
					if got[0] != 77 || got[n+1] != 77 {
						t.Fatal("wrote outside of dst")
					}
					if n == 1 && DotU8S8(a, rows[:k]) != want[0] {
						t.Fatal("one row alone")
					}
				}
			}
			c := make([]int32, 2*5)
			GemmU8S8(2, 3, 4, []uint8{1, 2, 3, 4, 5, 6, 7, 8}, 4, []int8{1, 0, 0, 0, 0, 1, 0, 0, -1, -1, -1, -1}, 4, c, 5)
			for i, v := range []int32{1, 2, -10, 0, 0, 5, 6, -26, 0, 0} {
				if c[i] != v {
					t.Fatalf("Gemm: %v", c)
				}
			}
		})
	})
}

func BenchmarkInt8(b *testing.B) {
	const n, k = 256, 1024
	r := rand.New(rand.NewPCG(1, 1))
	a, rows, dst := make([]uint8, k), make([]int8, n*k), make([]int32, n)
	for i := range a {
		a[i] = uint8(r.IntN(256))
	}
	for i := range rows {
		rows[i] = int8(r.IntN(256) - 128)
	}
	atEach(b, func(b *testing.B) {
		for b.Loop() {
			DotRowsU8S8(dst, a, rows, k)
		}
		b.ReportMetric(2*n*k*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GOP/s")
	})
}
