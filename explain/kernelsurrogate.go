package explain

import (
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// What sets answer is mostly smooth: besides what each player adds by itself there are interactions of a few. A pair of complements tells of those of an odd number of players: half the
// difference of its answers is a sum over sets T of odd size of c_T times the product of the players' signs, +1 in the set and -1 outside, and the value of a player is the sum of 2 c_T / |T| over the
// T that hold it. Single players are the fit's; of the larger T a Gaussian process with the same variance for all T of a size guesses the sum from the pairs that were asked. Its values are
// known, so the fit is left with the rest, and stays right where the guess is bad: it takes the place of the trees in Witter, Liu and Musco (2025), "Regression-adjusted
// Monte Carlo estimators for Shapley values and probabilistic values".

const (
	surrogatePairs = 512 // the most pairs that the guess is made from: its time grows with their cube
	surrogateTries = 128 // the most pairs that its parameters are chosen by
	surrogateOrder = 9   // the largest sets T
	surrogateMost  = 128 // the most players: beyond, the pairs that would be needed cost more than they tell
)

// The parameters that are tried: how the variance of all T of a size falls from one odd size to the next, and the variance of what is not guessed over that of the guess.
var (
	surrogateDecays = [...]float64{0, 0.3, 1}
	surrogateNoises = [...]float64{1e-4, 1e-2, 1}
)

// surrogate is the guess for one set of parameters: from the whole against nothing, and the first pairs of a fit.
type surrogate struct {
	n       int
	words   [][]uint64 // the first set of each pair, as bits
	sizes   []int
	kernel  []float64    // by the number of players that are on the same side in two sets
	shares  [2][]float64 // by a set's size: what it says of the value of a player that is outside it, and in it
	factor  *linalg.Cholesky
	solved  []float64 // the inverse of the covariances times the players' signs: pairs x n
	players *linalg.Cholesky
}

// signProducts returns the sums of the products of signs over all T of each size up to order, for n players of whom so many are +1.
func signProducts(n, plus, order int) []float64 {
	sum := float64(2*plus - n)
	out := make([]float64, max(2, order+1))
	out[0], out[1] = 1, sum
	for d := 1; d < order; d++ {
		out[d+1] = (float64(sum*out[d]) - float64(float64(n-d+1)*out[d-1])) / float64(d+1)
	}
	return out
}

// newSurrogate prepares a guess from sets, whose bits are in words. It returns nil if the covariances are singular.
func newSurrogate(n int, words [][]uint64, decay, noise float64) *surrogate {
	s := &surrogate{n: n, words: words}
	order := min(n, surrogateOrder)
	scale, total, weight := make([]float64, order+1), 0.0, 1.0
	for d := 3; d <= order; d += 2 {
		scale[d] = weight
		total += weight
		weight *= decay
	}
	for d := range scale {
		scale[d] /= total * math.Max(1, binomial(n, d))
	}
	weigh := func(products []float64, by func(d int) float64) float64 {
		sum := 0.0
		for d := 3; d <= order; d += 2 {
			sum += float64(float64(scale[d]*products[d]) * by(d))
		}
		return sum
	}
	for plus := range n + 1 {
		s.kernel = append(s.kernel, weigh(signProducts(n, plus, order), func(int) float64 { return 1 }))
		for in := range 2 {
			others := append([]float64{0}, signProducts(n-1, max(0, plus-in), order)...) // with the player, one more
			s.shares[in] = append(s.shares[in], weigh(others, func(d int) float64 { return float64(2*(2*in-1)) / float64(d) }))
		}
	}
	m := len(words)
	cov := make([]float64, m*m)
	for i, a := range words {
		size := 0
		for _, w := range a {
			size += bits.OnesCount64(w)
		}
		s.sizes = append(s.sizes, size)
		for j := i; j < m; j++ {
			cov[i*m+j] = s.at(a, words[j])
		}
		if i > 0 {
			cov[i*m+i] += noise
		}
	}
	if s.factor = linalg.NewCholesky(cov, m); s.factor == nil {
		return nil
	}
	s.solved = make([]float64, m*n)
	for i := range m {
		for q := range n {
			s.solved[i*n+q] = s.sign(i, q)
		}
	}
	s.factor.SolveMany(n, s.solved, n)
	normal := make([]float64, n*n)
	for i := range m {
		for a := range n {
			sign := s.sign(i, a)
			for b, v := range s.solved[i*n : (i+1)*n] {
				normal[a*n+b] += float64(sign * v)
			}
		}
	}
	if s.players = linalg.NewCholesky(normal, n); s.players == nil {
		return nil
	}
	return s
}

func (s *surrogate) sign(i, q int) float64 {
	return float64(int(s.words[i][q/64]>>(q%64)&1)*2 - 1)
}

// at is the covariance of two sets.
func (s *surrogate) at(a, b []uint64) float64 {
	apart := 0
	for i, w := range a {
		apart += bits.OnesCount64(w ^ b[i])
	}
	return s.kernel[s.n-apart]
}

// guess is what the process says of one output.
type guess struct {
	*surrogate
	alpha []float64 // what each set counts
}

// fit fits the process to y, beside what each player adds by itself, and returns how likely that is (REML; less is likelier).
func (s *surrogate) fit(y []float64) (*guess, float64) {
	m, n := len(s.words), s.n
	own := make([]float64, n)
	for i, v := range y {
		for q, w := range s.solved[i*n : (i+1)*n] {
			own[q] += float64(w * v)
		}
	}
	s.players.Solve(own)
	g := &guess{s, make([]float64, m)}
	for i := range g.alpha {
		g.alpha[i] = y[i]
		for q, v := range own {
			g.alpha[i] -= float64(s.sign(i, q) * v)
		}
	}
	rest := append([]float64(nil), g.alpha...)
	s.factor.Solve(g.alpha)
	square := 0.0
	for i, v := range rest {
		square += float64(v * g.alpha[i])
	}
	return g, s.factor.LogDet() + s.players.LogDet() + float64(float64(m-n)*math.Log(square))
}

// of is what the process says of a set.
func (g *guess) of(set []uint64) float64 {
	sum := 0.0
	for i, a := range g.alpha {
		sum += float64(a * g.at(set, g.words[i]))
	}
	return sum
}

// values are the players' values in the process.
func (g *guess) values() []float64 {
	out := make([]float64, g.n)
	for i, a := range g.alpha {
		for q := range out {
			out[q] += float64(a * g.shares[g.words[i][q/64]>>(q%64)&1][g.sizes[i]])
		}
	}
	return out
}

// left is by how much each answer would have been missed by a guess from all others.
func (g *guess) left() []float64 {
	m, n := len(g.words), g.n
	inverse := make([]float64, m*m)
	g.factor.Inverse(inverse)
	out := make([]float64, m)
	part := make([]float64, n)
	for i := range out {
		line := g.solved[i*n : (i+1)*n]
		copy(part, line)
		g.players.Solve(part)
		own := inverse[i*m+i]
		for q, v := range line {
			own -= float64(v * part[q])
		}
		out[i] = g.alpha[i] / own
	}
	return out
}

// setWords is sets as bits, and before them the whole.
func setWords(n int, sets [][]int) [][]uint64 {
	all := make([]uint64, (n+63)/64)
	for q := range n {
		all[q/64] |= 1 << (q % 64)
	}
	out := [][]uint64{all}
	for _, set := range sets {
		w := make([]uint64, len(all))
		for _, q := range set {
			w[q/64] |= 1 << (q % 64)
		}
		out = append(out, w)
	}
	return out
}

// adjustment guesses for the outputs of a fit.
type adjustment struct {
	words  [][]uint64
	chosen []int // of words: those that the guess is made from
	tries  []*surrogate
	full   []*surrogate
}

// adjustment prepares a guess for a fit whose sets were drawn; nil if there are too few to guess from.
func (f *kernelFit) adjustment() *adjustment {
	n := f.deck.n
	drawn := false
	for _, v := range f.rest {
		drawn = drawn || v > 0
	}
	if !drawn || len(f.sets) < 2*n || n > surrogateMost {
		return nil
	}
	a := &adjustment{words: setWords(n, f.sets)}
	a.chosen = spreadOut(len(a.words), surrogatePairs)
	var few [][]uint64
	for _, i := range spreadOut(len(a.words), max(surrogateTries, 3*n)) {
		few = append(few, a.words[i])
	}
	for _, decay := range surrogateDecays {
		for _, noise := range surrogateNoises {
			a.tries = append(a.tries, newSurrogate(n, few, decay, noise))
		}
	}
	a.full = make([]*surrogate, len(a.tries))
	return a
}

// spreadOut picks up to most of n numbers, evenly, 0 among them.
func spreadOut(n, most int) []int {
	if n <= most {
		return numbers(n)
	}
	out := make([]int, most)
	for i := range out {
		out[i] = i * n / most
	}
	return out
}

// guess returns the likeliest guess for what the pairs say of one output, the whole first; nil if none could be made.
func (a *adjustment) guess(n int, y []float64) *guess {
	few := spreadOut(len(y), max(surrogateTries, 3*n))
	part := make([]float64, len(few))
	for i, at := range few {
		part[i] = y[at]
	}
	best, least := -1, math.Inf(1)
	for i, s := range a.tries {
		if s == nil {
			continue
		}
		if _, v := s.fit(part); v < least {
			best, least = i, v
		}
	}
	if best < 0 {
		return nil
	}
	if a.full[best] == nil {
		var words [][]uint64
		for _, i := range a.chosen {
			words = append(words, a.words[i])
		}
		noises := len(surrogateNoises)
		if a.full[best] = newSurrogate(n, words, surrogateDecays[best/noises], surrogateNoises[best%noises]); a.full[best] == nil {
			return nil
		}
	}
	all := make([]float64, len(a.chosen))
	for i, at := range a.chosen {
		all[i] = y[at]
	}
	g, _ := a.full[best].fit(all)
	return g
}
