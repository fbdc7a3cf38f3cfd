package kern

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

func TestSieve(t *testing.T) {
	r := rng.New(8, 2)
	for _, d := range []int{1, 3, 16, 130} {
		for _, n := range []int{1, 63, 64, 65, 200, 5000} {
			if d == 130 && n == 5000 && testing.Short() {
				continue
			}
			x, plus, queries := make([]float32, n*d), make([]float32, n), make([]float32, SieveQueries*(d+1))
			for _, v := range [][]float32{x, plus, queries} { // whole numbers: every order of summing is exact
				for i := range v {
					v[i] = float32(r.IntN(17) - 8)
				}
			}
			s := NewSieve(n, d, x, d, plus)
			for _, m := range []int{1, 6, 7, 24} {
				for _, lo := range []int{0, 64} {
					if lo >= n {
						continue
					}
					limit := make([]float32, m)
					var want []int
					for q := range limit {
						limit[q] = float32([]float64{20, 0, math.Inf(-1), math.Inf(1), 60, 100}[q%6]) * float32(math.Sqrt(float64(d)))
						for i := lo; i < n; i++ {
							sum := plus[i]
							for j := range d {
								sum += queries[q*(d+1)+j] * x[i*d+j]
							}
							if sum >= limit[q] {
								want = append(want, q<<20|i)
							}
						}
					}
					eachLevel(t, func(t *testing.T) {
						var got []int
						s.Find(lo, n, m, queries, d+1, limit, new(SieveRoom), func(q, i int) { got = append(got, q<<20|i) })
						slices.Sort(got)
						if !slices.Equal(got, want) {
							t.Errorf("d=%d n=%d m=%d from %d: %d points, want %d", d, n, m, lo, len(got), len(want))
						}
					})
				}
			}
		}
	}
}
