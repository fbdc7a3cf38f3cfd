package kern

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Each level has the bits of its Axpy, and touches no number beside dst.
func TestAddRows(t *testing.T) {
	r := rng.New(5, 1)
	for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 31, 32, 33, 48, 60, 63, 64, 65, 100, 129, 200} {
		for _, count := range []int{0, 1, 2, 7, 40, 400} {
			stride := n + count%3
			const have = 21
			rows, a, start, at := make([]float64, (have-1)*stride+n), make([]float64, count), make([]float64, n+2), make([]int32, count)
			rng.Normal(r, rows, 0, 3)
			rng.Normal(r, a, 0, 1)
			rng.Normal(r, start, 0, 1)
			for k := range at {
				at[k] = int32(r.IntN(have))
			}
			if count > 0 {
				at[0] = have - 1 // ends where rows end
			}
			start[0], start[n+1] = math.NaN(), math.NaN()
			eachLevel(t, func(t *testing.T) {
				want, got := slices.Clone(start), slices.Clone(start)
				for k, v := range a {
					Axpy(v, rows[int(at[k])*stride:][:n], want[1:n+1])
				}
				AddRows(got[1:n+1], a, rows, stride, at)
				for j := range got {
					if math.Float64bits(got[j]) != math.Float64bits(want[j]) {
						t.Fatalf("n=%d, %d rows: [%d] is %v, want %v", n, count, j, got[j], want[j])
					}
				}
			})
		}
	}
}

// Rows in single precision count as those numbers in double precision do.
func TestAddNarrowRows(t *testing.T) {
	r := rng.New(6, 1)
	for _, n := range []int{1, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 48, 63, 64, 65, 129, 200} {
		for _, count := range []int{0, 1, 2, 40, 400} {
			stride := n + count%3
			const have = 21
			rows, wide, a, start, at := make([]float32, (have-1)*stride+n), make([]float64, (have-1)*stride+n), make([]float64, count), make([]float64, n+2), make([]int32, count)
			rng.Normal(r, wide, 0, 3)
			for j, v := range wide {
				rows[j] = float32(v)
				wide[j] = float64(rows[j])
			}
			rng.Normal(r, a, 0, 1)
			rng.Normal(r, start, 0, 1)
			for k := range at {
				at[k] = int32(r.IntN(have))
			}
			if count > 0 {
				at[0] = have - 1 // ends where rows end
			}
			start[0], start[n+1] = math.NaN(), math.NaN()
			eachLevel(t, func(t *testing.T) {
				want, got := slices.Clone(start), slices.Clone(start)
				for k, v := range a {
					row := wide[int(at[k])*stride:][:n]
					if fused := Current() == AVX2 || Current() == AVX512; fused {
						for j, x := range row {
							want[1+j] = math.FMA(v, x, want[1+j])
						}
						continue
					}
					for j, x := range row {
						want[1+j] += float64(v * x)
					}
				}
				AddNarrowRows(got[1:n+1], a, rows, stride, at)
				for j := range got {
					if math.Float64bits(got[j]) != math.Float64bits(want[j]) {
						t.Fatalf("n=%d, %d rows: [%d] is %v, want %v", n, count, j, got[j], want[j])
					}
				}
			})
		}
	}
}

func BenchmarkAddRows(b *testing.B) {
	const n, rows, count = 60, 10_000, 80
	x, dst, a, at := make([]float64, n*rows), make([]float64, n), make([]float64, count), make([]int32, count*64)
	r := rng.New(1, 1)
	rng.Normal(r, x, 0, 1)
	rng.Normal(r, a, 0, 1)
	for k := range at {
		at[k] = int32(r.IntN(rows))
	}
	b.SetBytes(8 * n * count)
	for i := 0; b.Loop(); i = (i + 1) % 64 {
		AddRows(dst, a, x, n, at[i*count:(i+1)*count])
	}
}
