package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRowSizesAndDivRows(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		if n == 0 {
			return
		}
		for _, p := range []int{1, 2, 3, 4, 5, 8, 20, 23, n} {
			if p > n {
				continue
			}
			rows := n / p
			x, _ := guarded[float64](t, rows*p, offset)
			normals(r, x)
			for _, odd := range []float64{math.Inf(-1), math.NaN(), math.MaxFloat64, 0, math.Copysign(0, -1)} {
				if r.IntN(2) == 0 {
					x[r.IntN(len(x))] = odd
				}
			}
			for size := RowSquares; size <= RowMaxima; size++ {
				got, check := guarded[float64](t, rows, offset+3)
				RowSizes(size, got, x, p)
				check()
				want := make([]float64, rows)
				rowSizesGeneric(size, want, x, p)
				for i, v := range got {
					if math.Float64bits(v) != math.Float64bits(want[i]) && !(math.IsNaN(v) && math.IsNaN(want[i])) {
						t.Fatalf("size %d of row %d of %d, %d wide, is %v, want %v", size, i, rows, p, v, want[i])
					}
				}
			}
			by, _ := guarded[float64](t, rows, 2*offset+1)
			normals(r, by)
			for _, stream := range []bool{false, true} {
				got, check := guarded[float64](t, rows*p, offset)
				DivRows(got, x, by, p, stream)
				check()
				for i, v := range got {
					if want := x[i] / by[i/p]; math.Float64bits(v) != math.Float64bits(want) && !(math.IsNaN(v) && math.IsNaN(want)) {
						t.Fatalf("element %d of %d rows, %d wide, is %v, want %v", i, rows, p, v, want)
					}
				}
			}
		}
	})
}
