package explain

import (
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// What sets answer is mostly smooth: besides what each player adds by itself there are interactions of a few. A pair of complements tells of those of an odd number of players: half the
// difference of its answers is a sum over sets T of odd size of c_T times the product of the players' signs, +1 in the set and -1 outside, and the value of a player is the sum of 2 c_T / |T| over the
// T that hold it. Single players are the fit's; of the larger T a Gaussian process guesses the sum from the pairs that were asked; the variance of c_T is the product of how much T's players are in interactions, times a number for its size. Its values are
// known, so the fit is left with the rest, and stays right where the guess is bad: it takes the place of the trees in Witter, Liu and Musco (2025), "Regression-adjusted
// Monte Carlo estimators for Shapley values and probabilistic values".

const (
	surrogatePairs = 512 // the most pairs that the guess is made from: its time grows with their cube
	surrogateTries = 128 // the most pairs that its parameters are chosen by
	surrogateOrder = 9   // the largest sets T
	surrogateMost  = 128 // the most players: beyond, the pairs that would be needed cost more than they tell
)

// surrogateWork bounds the steps that players of different variance cost for each output: beyond, all are alike.
const surrogateWork = 1 << 22

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
	active  []float64 // how much each player is in interactions, which is what the variance of a T is the product of; nil: all alike
	scale   []float64 // of each size of T
}

// signSums are the sums over all T of each size of the products of what players have.
type signSums [surrogateOrder + 1]float64

// of computes the sums without one of the players (-1: none).
func (s *signSums) of(have []float64, without int) {
	*s = signSums{1}
	for q, v := range have {
		if q == without {
			continue
		}
		s[9] += float64(v * s[8])
		s[8] += float64(v * s[7])
		s[7] += float64(v * s[6])
		s[6] += float64(v * s[5])
		s[5] += float64(v * s[4])
		s[4] += float64(v * s[3])
		s[3] += float64(v * s[2])
		s[2] += float64(v * s[1])
		s[1] += v
	}
}

// oddSums are the sums for the agreement of each set with each, of the sizes 3, 5, 7 and 9: what all parameters have in common.
type oddSums [][4]float64

func newOddSums(active []float64, words [][]uint64) oddSums {
	m := len(words)
	out := make(oddSums, m*m)
	have, sums := make([]float64, len(active)), &signSums{}
	for i, a := range words {
		for j := i; j < m; j++ {
			agree(have, active, a, words[j])
			sums.of(have, -1)
			out[i*m+j] = [4]float64{sums[3], sums[5], sums[7], sums[9]}
		}
	}
	return out
}

// agree is what players have where two sets are on the same side, and its negative elsewhere.
func agree(have, active []float64, a, b []uint64) {
	for q, v := range active {
		if (a[q/64]^b[q/64])>>(q%64)&1 != 0 {
			v = -v
		}
		have[q] = v
	}
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

// newSurrogate prepares a guess from sets, whose bits are in words. It returns nil if the covariances are singular. sums are those of active, if players are not alike.
func newSurrogate(n int, words [][]uint64, decay, noise float64, active []float64, sums oddSums) *surrogate {
	s := &surrogate{n: n, words: words, active: active}
	order := min(n, surrogateOrder)
	scale, total, weight := make([]float64, order+1), 0.0, 1.0
	for d := 3; d <= order; d += 2 {
		scale[d] = weight
		total += weight
		weight *= decay
	}
	whole := signProducts(n, n, order)
	if active != nil {
		var sums signSums
		sums.of(active, -1)
		whole = sums[:]
	}
	for d := range scale {
		if scale[d] > 0 {
			scale[d] /= total * whole[d]
		}
	}
	s.scale = scale
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
			if active == nil {
				cov[i*m+j] = s.at(a, words[j])
				continue
			}
			for k, v := range sums[i*m+j] {
				if d := 2*k + 3; d <= order {
					cov[i*m+j] += float64(scale[d] * v)
				}
			}
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

// at is the covariance of two sets if all players are alike.
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
	if g.active == nil {
		for i, a := range g.alpha {
			sum += float64(a * g.at(set, g.words[i]))
		}
		return sum
	}
	have, sums := make([]float64, g.n), &signSums{}
	for i, a := range g.alpha {
		agree(have, g.active, set, g.words[i])
		sums.of(have, -1)
		cov := 0.0
		for d := 3; d < len(g.scale); d += 2 {
			cov += float64(g.scale[d] * sums[d])
		}
		sum += float64(a * cov)
	}
	return sum
}

// values are the players' values in the process.
func (g *guess) values() []float64 {
	out := make([]float64, g.n)
	if g.active != nil {
		have, sums := make([]float64, g.n), &signSums{}
		for i, a := range g.alpha {
			agree(have, g.active, g.words[i], g.words[0])
			for q := range out {
				sums.of(have, q)
				sum := 0.0
				for d := 3; d < len(g.scale); d += 2 {
					sum += float64(g.scale[d]*sums[d-1]) * 2 / float64(d)
				}
				out[q] += float64(a * float64(have[q]*sum))
			}
		}
		return out
	}
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
	chosen []int      // of words: those that the guess is made from
	few    [][]uint64 // those that parameters are chosen by
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
			a.tries = append(a.tries, newSurrogate(n, few, decay, noise, nil, nil))
		}
	}
	a.few = few
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

// guess returns the likeliest guess for what the pairs say of one output, the whole first; nil if none could be made. active says how much each player is in interactions, up to a factor.
func (a *adjustment) guess(n int, y, active []float64) *guess {
	few := spreadOut(len(y), max(surrogateTries, 3*n))
	part := make([]float64, len(few))
	for i, at := range few {
		part[i] = y[at]
	}
	active = a.different(active)
	tries, full := a.tries, a.full
	if active != nil {
		sums := newOddSums(active, a.few)
		tries, full = nil, make([]*surrogate, len(a.tries))
		for _, decay := range surrogateDecays {
			for _, noise := range surrogateNoises {
				tries = append(tries, newSurrogate(n, a.few, decay, noise, active, sums))
			}
		}
	}
	best, least := -1, math.Inf(1)
	for i, s := range tries {
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
	if full[best] == nil {
		var words [][]uint64
		for _, i := range a.chosen {
			words = append(words, a.words[i])
		}
		var sums oddSums
		if active != nil {
			sums = newOddSums(active, words)
		}
		noises := len(surrogateNoises)
		if full[best] = newSurrogate(n, words, surrogateDecays[best/noises], surrogateNoises[best%noises], active, sums); full[best] == nil {
			return nil
		}
	}
	all := make([]float64, len(a.chosen))
	for i, at := range a.chosen {
		all[i] = y[at]
	}
	g, _ := full[best].fit(all)
	return g
}

// different makes variances of what is known of the players: of the mean 1, to the power of 3/4, none below a fiftieth; nil if nothing is known, or if it would cost too much to heed. (On the formulas of
// TestKernelErrsLessThanShaps with 100 sets, the network's error is 0.49 of shap's if all are alike, and 0.38, 0.37, 0.39, 0.44 with the powers 1/2, 3/4, 1, 3/2.)
func (a *adjustment) different(active []float64) []float64 {
	n, m, total := len(active), len(a.chosen), 0.0
	for _, v := range active {
		total += v
	}
	if !(total > 0 && total <= math.MaxFloat64) || n*m*m > surrogateWork {
		return nil
	}
	out := make([]float64, n)
	for q, v := range active {
		v = v / total * float64(n)
		out[q] = max(math.Sqrt(v*math.Sqrt(v)), 0.02)
	}
	return out
}
