package treegrow

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSorterOrdersAnyNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{
		"normal":     r.NormFloat64,
		"few":        func() float64 { return float64(r.IntN(5) - 2) },
		"close":      func() float64 { return 1e15 + float64(r.IntN(1000)) },
		"wide":       func() float64 { return math.Ldexp(r.NormFloat64(), r.IntN(2000)-1000) },
		"same runs":  func() float64 { return 1 + float64(r.IntN(1000))*0x1p-52 + float64(r.IntN(3))*1e200 },
		"zeros":      func() float64 { return math.Copysign(0, r.NormFloat64()) },
		"missing":    func() float64 { return []float64{math.NaN(), 1, -1}[r.IntN(3)] },
		"denormal":   func() float64 { return math.SmallestNonzeroFloat64 * float64(r.IntN(100)-50) },
		"nothing":    math.NaN,
		"timestamps": func() float64 { return 1.7e9 + r.Float64() },
	} {
		var s sorter
		for _, n := range []int{0, 1, 2, 63, 64, 65, 1000, 5000} {
			values := make([]float64, n)
			want := make([]uint32, n)
			for i := range values {
				values[i], want[i] = draw(), uint32(i)
			}
			present := 0
			for _, v := range values {
				if v == v {
					present++
				}
			}
			slices.SortStableFunc(want, func(a, b uint32) int {
				x, y := values[a], values[b]
				if (x != x) != (y != y) {
					if x != x {
						return 1
					}
					return -1
				}
				if x != x {
					return 0
				}
				return cmp.Compare(x, y)
			})
			order, got := s.sort(values)
			require.Equal(t, present, got, name)
			require.True(t, slices.Equal(want, order), "%s, %d numbers", name, n)
		}
	}
}

func TestFenwickFindsQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := 1; n < 40; n++ {
		var tree fenwick
		tree.reset(n, false)
		w, v := make([]int64, n), make([]int64, n)
		for range 3 * n {
			k, dw, dv := r.IntN(n), int64(r.IntN(5)), int64(r.IntN(9)-4)
			w[k], v[k] = w[k]+dw, v[k]+dv
			tree.add(int32(k), dw, dv)
			if tree.wsum == 0 {
				continue
			}
			target := r.Float64() * float64(tree.wsum)
			rank, sw, sv := 0, w[0], v[0]
			for float64(sw) < target {
				rank++
				sw, sv = sw+w[rank], sv+v[rank]
			}
			gotRank, gotW, gotV := tree.find(target)
			assert.Equal(t, []int64{int64(rank), sw, sv}, []int64{int64(gotRank), gotW, gotV})
		}
	}
}
