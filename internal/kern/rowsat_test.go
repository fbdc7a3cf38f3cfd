package kern

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

func TestRowsAt(t *testing.T) {
	r := rng.New(3, 1)
	for _, d := range []int{16, 32, 48, 64, 112, 1024} {
		const n = 40
		rows, x := make([]float32, n*d), make([]float32, d)
		rng.Normal(r, rows, 0, 3)
		rng.Normal(r, x, 1, 3)
		for _, m := range []int{0, 1, 2, 3, 4, 5, 8, 11, 32} {
			at := make([]int32, m)
			for i := range at {
				at[i] = int32(r.IntN(n))
			}
			dists, dots := make([]float32, m), make([]float32, m)
			sqDistsAtGeneric(dists, x, rows, at)
			dotsAtGeneric(dots, x, rows, at)
			for i, row := range at { // the specification against doubles
				sum, product, size := 0.0, 0.0, 0.0
				for j, v := range x {
					w := rows[int(row)*d+j]
					sum += float64(v-w) * float64(v-w)
					product += float64(v) * float64(w)
					size += math.Abs(float64(v) * float64(w))
				}
				if math.Abs(float64(dists[i])-sum) > 1e-6*sum || math.Abs(float64(dots[i])-product) > 1e-6*size {
					t.Fatalf("d=%d: %g and %g, want %g and %g", d, dists[i], dots[i], sum, product)
				}
			}
			eachLevel(t, func(t *testing.T) {
				got := make([]float32, m+1)
				for _, c := range []struct {
					f    func(dst, x, rows []float32, at []int32)
					want []float32
				}{{SqDistsAt, dists}, {DotsAt, dots}} {
					got[m] = -7
					c.f(got[:m], x, rows, at)
					if !slices.Equal(got[:m], c.want) || got[m] != -7 {
						t.Errorf("d=%d, %d rows: %v, want %v", d, m, got, c.want)
					}
				}
			})
		}
	}
}
