package kern

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

func TestLeastTwo(t *testing.T) {
	r := rng.New(5, 0)
	for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 64, 100, 513} {
		for _, k := range []int{0, 1, 2, 3, 9, 64} {
			ld := n + 3
			x := make([]float32, k*ld)
			for i := range x {
				x[i] = float32(r.IntN(40))
				if r.IntN(20) == 0 {
					x[i] = float32(math.Inf(1))
				}
			}
			want := [2][]float32{make([]float32, n), make([]float32, n)}
			row := make([]int32, n)
			leastTwoGeneric(k, n, x, ld, want[0], want[1], row)
			for j := range n { // the specification against sorting
				var column []float32
				for i := range k {
					column = append(column, x[i*ld+j])
				}
				column = append(column, float32(math.Inf(1)), float32(math.Inf(1)))
				first := column[0]
				slices.Sort(column)
				if want[0][j] != column[0] || want[1][j] != column[1] || k > 0 && column[0] < math.MaxFloat32 && x[int(row[j])*ld+j] != column[0] {
					t.Fatalf("%dx%d, column %d from %g: %g, %g at %d", k, n, j, first, want[0][j], want[1][j], row[j])
				}
			}
			eachLevel(t, func(t *testing.T) {
				least, second, at := make([]float32, n+1), make([]float32, n+1), make([]int32, n+1)
				least[n], second[n], at[n] = -7, -7, -7
				LeastTwo(k, n, x, ld, least[:n], second[:n], at[:n])
				if !slices.Equal(least[:n], want[0]) || !slices.Equal(second[:n], want[1]) || !slices.Equal(at[:n], row) {
					t.Errorf("%dx%d: %v, %v, %v, want %v, %v, %v", k, n, least, second, at, want[0], want[1], row)
				}
				if least[n] != -7 || second[n] != -7 || at[n] != -7 {
					t.Error("written behind the end")
				}
			})
		}
	}
}
