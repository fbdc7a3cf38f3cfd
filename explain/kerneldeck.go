package explain

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// deck is sets of n players in pairs of a set and its complement, by size, in the order in which they are asked.
type deck struct {
	n       int
	sets    [][][]int     // [size-1]: the first set of each pair
	answers [][][]float64 // [size-1]: what the model says of both sets of each pair that was asked
}

// drawDeck picks up to so many pairs. If they are to be asked in steps, each beginning of a size is as random as the whole.
func drawDeck(r *rand.Rand, n, pairs int, steps bool) *deck {
	d := &deck{n: n, sets: make([][][]int, n/2), answers: make([][][]float64, n/2)}
	for s, count := range d.quotas(pairs) {
		switch {
		case count == 0:
		case float64(count) < d.pairsOf(s+1):
			d.some(r, s+1, count)
		default:
			d.all(s + 1)
			if steps {
				shuffled := make([][]int, count)
				for i, at := range rng.Perm(r, count) {
					shuffled[i] = d.sets[s][at]
				}
				d.sets[s] = shuffled
			}
		}
	}
	return d
}

// ask asks about what is new in the first so many pairs.
func (d *deck) ask(ctx context.Context, a *asker, row []float64, who []int, pairs int) error {
	var sets [][]bool
	counts := make([]int, len(d.sets))
	for s, count := range d.quotas(pairs) {
		asked := len(d.answers[s]) / 2
		counts[s] = max(asked, min(count, len(d.sets[s])))
		for _, set := range d.sets[s][asked:counts[s]] {
			first, second := make([]bool, len(a.players)), a.set(who)
			for _, q := range set {
				first[who[q]], second[who[q]] = true, false
			}
			sets = append(sets, first, second)
		}
	}
	answers, err := a.ask(ctx, row, sets)
	if err != nil {
		return err
	}
	for s, count := range counts {
		fresh := 2*count - len(d.answers[s])
		d.answers[s] = append(d.answers[s], answers[:fresh]...)
		answers = answers[fresh:]
	}
	return nil
}

// pairsOf is how many pairs of complements have a set of this size.
func (d *deck) pairsOf(size int) float64 {
	if 2*size == d.n {
		return binomial(d.n, size) / 2
	}
	return binomial(d.n, size)
}

// quotas deals the pairs out evenly over the sizes, and gives what a size has no use for to the others. All sets of one player are always drawn: with them
// the fit has a solution.
func (d *deck) quotas(pairs int) []int {
	out := make([]int, d.n/2)
	out[0] = int(d.pairsOf(1))
	pairs -= out[0]
	open := len(out)
	for open > 0 && pairs > 0 {
		each := max(1, pairs/open)
		open = 0
		for s := range out {
			room := d.pairsOf(s+1) - float64(out[s])
			if room <= 0 || pairs == 0 {
				continue
			}
			take := min(each, pairs)
			if float64(take) >= room {
				take = int(room)
			} else {
				open++
			}
			out[s] += take
			pairs -= take
		}
	}
	return out
}

// all lists each pair of complements with a set of this size.
func (d *deck) all(size int) {
	set := make([]int, size)
	for i := range set {
		set[i] = i
	}
	for {
		if 2*size != d.n || set[0] == 0 { // of two halves, the one that holds player 0
			d.add(set)
		}
		i := size - 1
		for i >= 0 && set[i] == d.n-size+i {
			i--
		}
		if i < 0 {
			return
		}
		set[i]++
		for j := i + 1; j < size; j++ {
			set[j] = set[j-1] + 1
		}
	}
}

// some draws count different pairs.
func (d *deck) some(r *rand.Rand, size, count int) {
	seen := map[string]bool{}
	key := make([]byte, (d.n+7)/8)
	for drawn := 0; drawn < count; {
		set := rng.Sample(r, d.n, size)
		if 2*size == d.n {
			set = holding(set, d.n)
		}
		clear(key)
		for _, q := range set {
			key[q/8] |= 1 << (q % 8)
		}
		if seen[string(key)] {
			continue
		}
		seen[string(key)] = true
		d.add(set)
		drawn++
	}
}

// add notes a set of the size of its pair.
func (d *deck) add(set []int) {
	s := min(len(set), d.n-len(set)) - 1
	d.sets[s] = append(d.sets[s], append([]int(nil), set...))
}

// holding is the half that holds player 0: the set or its complement.
func holding(set []int, n int) []int {
	in := make([]bool, n)
	for _, q := range set {
		in[q] = true
	}
	if in[0] {
		return set
	}
	var out []int
	for q := range n {
		if !in[q] {
			out = append(out, q)
		}
	}
	return out
}

func binomial(n, k int) float64 {
	out := 1.0
	for i := range k {
		out = out * float64(n-i) / float64(i+1)
	}
	return math.Round(out)
}
