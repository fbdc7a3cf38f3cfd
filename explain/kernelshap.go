package explain

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// KernelSHAP fits a weighted linear model to the answers for sets of columns, whose coefficients are the Shapley values when all sets are asked (Lundberg and Lee 2017).
// Where there are too many, sets are drawn by leverage: as many of each size, each with its complement, none twice, and all sets of those sizes of which that many exist
// (Musco and Witter 2025, "Provably accurate Shapley value estimation via leverage score sampling"). The values always add up, and no column is dropped.
type KernelSHAP struct {
	Sampled
	Evaluations int    // the most sets that are asked for a row; 0: 2M+2048 for M columns that differ from the background
	Seed        uint64 // of the sets; row i has its own stream
}

// For prepares to explain a model. Where all sets are asked the values are those of [ExactSHAP].
func (c KernelSHAP) For(m Model) (Explainer, error) {
	const where = "explain.KernelSHAP"
	if err := checkBudget(where, c.Evaluations, 0); err != nil {
		return nil, err
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	return &explainer{a, func(ctx context.Context, i int, row []float64, who []int, whole []float64) ([][]float64, [][]float64, error) {
		n := len(who)
		budget := c.Evaluations
		if budget == 0 {
			budget = 2*n + 2048
		}
		if n <= maxExact && 1<<n <= budget {
			values, err := a.exact(ctx, row, who, Shapley)
			return values, grid(n, len(a.base)), err
		}
		d := drawSets(rng.New(c.Seed, uint64(i)), n, max(budget-2, 4*n))
		return d.fit(ctx, a, row, who, whole)
	}}, nil
}

// drawn is sets of n players, in pairs of a set and its complement.
type drawn struct {
	n      int
	sets   [][]int   // the first of each pair
	weight []float64 // of each pair in the fit
	rest   []float64 // of each pair: the share of the sets of its size that were not drawn; 0: all were
}

// drawSets picks about budget sets.
func drawSets(r *rand.Rand, n, budget int) *drawn {
	d := &drawn{n: n}
	pairs := budget / 2
	quota := d.quotas(pairs)
	for size := 1; size <= n/2; size++ {
		total := d.pairsOf(size)
		count := quota[size-1]
		if count == 0 {
			continue
		}
		share := float64(count) / total
		// The kernel's weight of a set of this size is (n-1) / (C(n,size) size (n-size)), and each drawn pair stands for total/count of them: C cancels.
		weight := float64(n-1) / (float64(size) * float64(n-size) * float64(count))
		if 2*size == n {
			weight /= 2
		}
		add := func(set []int) {
			d.sets = append(d.sets, append([]int(nil), set...))
			d.weight = append(d.weight, weight)
			d.rest = append(d.rest, 1-share)
		}
		if float64(count) == total {
			d.all(size, add)
			continue
		}
		d.some(r, size, count, add)
	}
	return d
}

// pairsOf is how many pairs of complements have a set of this size.
func (d *drawn) pairsOf(size int) float64 {
	if 2*size == d.n {
		return binomial(d.n, size) / 2
	}
	return binomial(d.n, size)
}

// quotas deals the pairs out evenly over the sizes, and gives what a size has no use for to the others. All sets of one player are always drawn: with them
// the fit has a solution.
func (d *drawn) quotas(pairs int) []int {
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

// all calls add for each pair of complements with a set of this size.
func (d *drawn) all(size int, add func(set []int)) {
	set := make([]int, size)
	for i := range set {
		set[i] = i
	}
	for {
		if 2*size != d.n || set[0] == 0 { // of two halves, the one that holds player 0
			add(set)
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
func (d *drawn) some(r *rand.Rand, size, count int, add func(set []int)) {
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
		add(set)
		drawn++
	}
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

// fit asks about the sets and solves for the values, which are made to add up.
func (d *drawn) fit(ctx context.Context, a *asker, row []float64, who []int, whole []float64) (values, errors [][]float64, err error) {
	n, k := d.n, len(a.base)
	sets := make([][]bool, 0, 2*len(d.sets))
	for _, set := range d.sets {
		first, second := make([]bool, len(a.players)), a.set(who)
		for _, q := range set {
			first[who[q]], second[who[q]] = true, false
		}
		sets = append(sets, first, second)
	}
	answers, err := a.ask(ctx, row, sets)
	if err != nil {
		return nil, nil, err
	}
	// A set z becomes z - |z|/n, which is orthogonal to all values being equal: that part is known, (whole-base)/n for each. Complements are each other's
	// negative, so a pair is one row of the fit with half the difference of its answers.
	design := make([]float64, len(d.sets)*n)
	for s, set := range d.sets {
		line := design[s*n : (s+1)*n]
		for q := range line {
			line[q] = -float64(len(set)) / float64(n)
		}
		for _, q := range set {
			line[q]++
		}
	}
	normal := make([]float64, n*n)
	for i := range normal {
		normal[i] = 1 // what is orthogonal to the sets
	}
	for s, w := range d.weight {
		line := design[s*n : (s+1)*n]
		for i, v := range line {
			for j := range i + 1 {
				normal[i*n+j] += float64(2 * w * float64(v*line[j]))
			}
		}
	}
	for i := range n {
		for j := range i {
			normal[j*n+i] = normal[i*n+j]
		}
	}
	factor := linalg.NewCholesky(normal, n)
	values, errors = grid(n, k), grid(n, k)
	for o := range k {
		equal := (whole[o] - a.base[o]) / float64(n)
		half := make([]float64, len(d.sets))
		right := make([]float64, n)
		for s, w := range d.weight {
			share := float64(float64(2*len(d.sets[s]))-float64(n)) * equal
			half[s] = (answers[2*s][o] - answers[2*s+1][o] - share) / 2
			for q, v := range design[s*n : (s+1)*n] {
				right[q] += float64(2 * w * float64(v*half[s]))
			}
		}
		factor.Solve(right)
		for q := range n {
			values[q][o] = right[q] + equal
		}
		d.spread(errors, o, factor, design, half, right)
	}
	return values, errors, nil
}

// spread writes the standard errors of the values: those of a weighted fit whose rows were drawn without being put back (the sandwich of residuals).
func (d *drawn) spread(errors [][]float64, o int, factor *linalg.Cholesky, design, half, fitted []float64) {
	n := d.n
	variance := make([]float64, n)
	part := make([]float64, n)
	for s, w := range d.weight {
		if d.rest[s] == 0 {
			continue
		}
		line := design[s*n : (s+1)*n]
		residual := half[s]
		for q, v := range line {
			residual -= float64(v * fitted[q])
		}
		for q, v := range line {
			part[q] = float64(2 * w * float64(v*residual))
		}
		factor.Solve(part)
		for q, v := range part {
			variance[q] += float64(d.rest[s] * float64(v*v))
		}
	}
	for q, v := range variance {
		errors[q][o] = math.Sqrt(v)
	}
}
