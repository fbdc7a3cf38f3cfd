package tree

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Ranks by way of a grid are those that counting gives, at cuts, beside them and far off, however cuts are spread.
func TestGridsFindTheRanksOfCounting(t *testing.T) {
	const n = 2000
	r := rng.New(7, 1)
	even, normal := make([]float64, n), make([]float64, n)
	rng.Uniform(r, even, -3, 5)
	rng.Normal(r, normal, 0, 1)
	tails, tiny, far := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, v := range normal {
		tails[i] = math.Exp(20 * v)
		tiny[i] = float64(i) * math.SmallestNonzeroFloat64
		far[i] = v + 1e15
	}
	huge := append([]float64{-math.MaxFloat64, math.MaxFloat64}, normal...)
	endless := append([]float64{math.Inf(1)}, normal...)
	lumps := append([]float64{1e9, -1e9}, even...)
	for name, cuts := range map[string][]float64{"even": even, "normal": normal, "tails": tails, "tiny": tiny, "far": far, "huge": huge, "endless": endless, "lumps": lumps} {
		slices.Sort(cuts)
		cuts = slices.Compact(cuts)
		keys := make([]int64, len(cuts))
		for i, cut := range cuts {
			keys[i] = key(cut)
		}
		ranks := &ranks{keys: [][]int64{keys}, grids: []grid{newGrid(cuts)}}
		if name == "even" || name == "lumps" || name == "tails" {
			assert.NotNil(t, ranks.grids[0].before, name)
		}
		probe := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}
		for _, cut := range cuts {
			probe = append(probe, cut, math.Nextafter(cut, math.Inf(1)), math.Nextafter(cut, math.Inf(-1)))
		}
		for _, x := range probe {
			want, found := slices.BinarySearch(cuts, x)
			if found {
				want++
			}
			if got := ranks.place(0, x); got != want {
				assert.Equal(t, want, got, "%s: %g", name, x)
				break
			}
		}
		assert.Zero(t, ranks.place(0, math.NaN()), name)
	}
}
