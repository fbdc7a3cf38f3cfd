package ensemble

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// urn draws the rows of a member: from each of its parts as many as it wants.
type urn struct {
	parts   [][]int   // rows, by their place in the data
	want    []int     // rows drawn from each part
	replace bool      // a row may be drawn again
	weight  []float64 // with replacement, a row is drawn in proportion; nil: all alike
	sums    [][]float64
}

// newUrn draws share of all rows, or of the smallest part from every part.
func newUrn(parts [][]int, share float64, replace bool, weight []float64) *urn {
	u := &urn{parts: parts, replace: replace, weight: weight, want: make([]int, len(parts))}
	least := math.MaxInt
	for _, p := range parts {
		least = min(least, len(p))
	}
	for i := range parts {
		u.want[i] = max(1, int(math.Round(share*float64(least))))
	}
	if !replace || alike(weight) {
		return u
	}
	u.sums = make([][]float64, len(parts))
	for i, p := range parts {
		u.sums[i] = make([]float64, len(p))
		sum := 0.0
		for k, row := range p {
			sum += weight[row]
			u.sums[i][k] = sum
		}
	}
	return u
}

// alike says that all weights are equal: then rows are drawn as if there were none.
func alike(weight []float64) bool {
	return !slices.ContainsFunc(weight, func(w float64) bool { return w != weight[0] })
}

// draw gives different rows in ascending order and how often each was drawn.
func (u *urn) draw(r *rand.Rand, rows int) (drawn []int, times []float64) {
	count := make([]float64, rows)
	for i, p := range u.parts {
		if !u.replace {
			for _, k := range rng.Sample(r, len(p), u.want[i]) {
				count[p[k]]++
			}
			continue
		}
		for range u.want[i] {
			count[p[u.one(r, i)]]++
		}
	}
	for row, c := range count {
		if c > 0 {
			drawn, times = append(drawn, row), append(times, c)
		}
	}
	return drawn, times
}

func (u *urn) one(r *rand.Rand, part int) int {
	if u.sums == nil {
		return int(r.Uint64N(uint64(len(u.parts[part]))))
	}
	sums := u.sums[part]
	at := r.Float64() * sums[len(sums)-1]
	k, _ := slices.BinarySearchFunc(sums, at, func(s, t float64) int { // the first sum beyond
		if s <= t {
			return -1
		}
		return 1
	})
	return min(k, len(sums)-1)
}

// drawSubspace draws share of p columns, at least one, in ascending order.
func drawSubspace(r *rand.Rand, p int, share float64, replace bool) []int {
	k := max(1, int(math.Round(share*float64(p))))
	if !replace {
		out := rng.Sample(r, p, k)
		slices.Sort(out)
		return out
	}
	out := make([]int, k)
	for i := range out {
		out[i] = int(r.Uint64N(uint64(p)))
	}
	slices.Sort(out)
	return out
}
