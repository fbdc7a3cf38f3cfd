package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// family makes an m x n matrix of a kind that finds out factorisations.
type family struct {
	name string
	make func(m, n int) []float64
}

func families() []family {
	fill := func(f func(r *rand.Rand, i, j int) float64) func(m, n int) []float64 {
		return func(m, n int) []float64 {
			r := rand.New(rand.NewPCG(uint64(m), uint64(n)))
			a := make([]float64, m*n)
			for i := range m {
				for j := range n {
					a[i*n+j] = f(r, i, j)
				}
			}
			return a
		}
	}
	return []family{
		{"random", fill(func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() })},
		{"hilbert", fill(func(_ *rand.Rand, i, j int) float64 { return 1 / float64(i+j+1) })},
		{"kahan", fill(func(_ *rand.Rand, i, j int) float64 {
			const c, s = 0.285, 0.9585
			switch {
			case j < i:
				return 0
			case j == i:
				return math.Pow(s, float64(i))
			}
			return -c * math.Pow(s, float64(i))
		})},
		{"graded rows", fill(func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() * math.Pow(10, -float64(i%40)/2) })},
		{"graded columns", fill(func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() * math.Pow(10, float64(j%40)/2) })},
		{"rank 3", func(m, n int) []float64 {
			r := rand.New(rand.NewPCG(5, 5))
			x, y, a := make([]float64, m*3), make([]float64, 3*n), make([]float64, m*n)
			for i := range x {
				x[i] = r.NormFloat64()
			}
			for i := range y {
				y[i] = r.NormFloat64()
			}
			kern.Gemm(false, false, m, n, 3, 1, x, 3, y, n, 0, a, n)
			return a
		}},
		{"zero", fill(func(*rand.Rand, int, int) float64 { return 0 })},
		{"ones", fill(func(*rand.Rand, int, int) float64 { return 1 })},
		{"identity", fill(func(_ *rand.Rand, i, j int) float64 {
			if i == j {
				return 1
			}
			return 0
		})},
		{"tiny", fill(func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() * 1e-290 })},
		{"huge", fill(func(r *rand.Rand, i, j int) float64 { return r.NormFloat64() * 1e150 })},
	}
}

// shapes of matrices: nothing, single, around the widths of blocks, wide, tall.
func shapesOf(t *testing.T) [][2]int {
	s := [][2]int{{0, 0}, {1, 1}, {1, 5}, {5, 1}, {2, 2}, {7, 7}, {8, 8}, {9, 9}, {20, 13}, {13, 20}, {47, 47}, {49, 49}, {65, 33}, {33, 65}, {97, 97}, {130, 40}}
	if testing.Short() {
		return s[:12]
	}
	return append(s, [2]int{40, 130}, [2]int{150, 150})
}

func eachMatrix(t *testing.T, f func(t *testing.T, a []float64, m, n int)) {
	for _, fam := range families() {
		t.Run(fam.name, func(t *testing.T) {
			for _, s := range shapesOf(t) {
				t.Run(fmt.Sprintf("%dx%d", s[0], s[1]), func(t *testing.T) { f(t, fam.make(s[0], s[1]), s[0], s[1]) })
			}
		})
	}
}

// size is the largest column sum, 1 for nothing.
func size(a []float64, m, n int) float64 {
	largest := 0.0
	for j := range n {
		sum := 0.0
		for i := range m {
			sum += math.Abs(a[i*n+j])
		}
		largest = max(largest, sum)
	}
	if largest == 0 {
		return 1
	}
	return largest
}

// backward fails unless a and b differ by a small multiple of the rounding unit, relative to the size of a. dim is the number of
// operations an element went through.
func backward(t *testing.T, what string, a, b []float64, m, n, dim int) {
	t.Helper()
	diff := make([]float64, len(a))
	for i := range a {
		diff[i] = a[i] - b[i]
	}
	scale := size(a, m, n)
	off := 0.0
	if d := size(diff, m, n); d != 1 || MaxAbs(diff) != 0 {
		off = d / scale
	}
	if limit := 8 * float64(max(dim, 4)) * 0x1p-52; !(off <= limit) {
		t.Errorf("%s: off by %.2g of its size, more than %.2g", what, off, limit)
	}
}

func eye(n int) []float64 {
	a := make([]float64, n*n)
	for i := range n {
		a[i*n+i] = 1
	}
	return a
}

// orthogonal fails unless the columns of the m x n matrix q are orthonormal.
func orthogonal(t *testing.T, what string, q []float64, m, n int) {
	t.Helper()
	qq := make([]float64, n*n)
	kern.Gemm(true, false, n, n, m, 1, q, n, q, n, 0, qq, n)
	backward(t, what, eye(n), qq, n, n, m)
}
