package datasets

import (
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// The streams of one generator. Rows come in chunks of fixed length with a stream for each, so that no value depends
// on how many cores there are, nor on how many rows follow.
const (
	streamModel   uint64 = iota // parameters: centres, coefficients, effects of levels
	streamShuffle               // the order of rows and columns
	streamPilot                 // rows drawn only to set a constant
	streamRows                  // the first chunk of rows; the others follow
)

const chunkRows = 512

// eachChunk calls fill for consecutive ranges of rows, in parallel, with the stream of each.
func eachChunk(rows int, seed uint64, fill func(r *rand.Rand, lo, hi int)) {
	par.ForChunks((rows+chunkRows-1)/chunkRows, 1, func(c, _, _ int) {
		fill(rng.New(seed, streamRows+uint64(c)), c*chunkRows, min((c+1)*chunkRows, rows))
	})
}

// order is the order in which n rows or columns appear: a permutation, or the identity.
func order(r *rand.Rand, n int, keep bool) []int {
	if !keep {
		return rng.Perm(r, n)
	}
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	return idx
}

func uniform(r *rand.Rand, low, high float64) float64 { return low + (high-low)*r.Float64() }

// alias draws from a fixed discrete distribution in constant time (Walker 1977, with Vose's linear set-up of 1991).
type alias struct {
	keep  []float64
	other []int32
}

// newAlias takes non-negative weights, at least one of them positive; they need not sum to 1.
func newAlias(weight []float64) alias {
	n, total := len(weight), 0.0
	for _, w := range weight {
		total += w
	}
	a := alias{keep: make([]float64, n), other: make([]int32, n)}
	var small, large []int32
	for i, w := range weight {
		a.keep[i] = w * float64(n) / total
		a.other[i] = int32(i)
		if a.keep[i] < 1 {
			small = append(small, int32(i))
		} else {
			large = append(large, int32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		a.other[s] = l
		a.keep[l] -= 1 - a.keep[s]
		if a.keep[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	// What rounding left over is 1 in exact arithmetic.
	for _, i := range append(small, large...) {
		a.keep[i] = 1
	}
	return a
}

func (a alias) draw(r *rand.Rand) int {
	i := r.IntN(len(a.keep))
	if r.Float64() < a.keep[i] {
		return i
	}
	return int(a.other[i])
}
