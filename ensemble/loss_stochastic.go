package ensemble

import (
	"cmp"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// StochasticRank makes 1 - NDCG itself small, smoothed by normal noise on the scores (Ustimenko and Prokhorenkova, "StochasticRank: Global Optimization of Scale-Free Discrete
// Functions", ICML 2020): the derivative by a score is what crossing each other row would change, times the density of the crossing when the others have their noise. It is taken
// orthogonal to the scores, whose scale NDCG does not see. Second derivatives, which the paper does without, are those sums with the size of each change over Sigma², so that no step
// is longer than about Sigma. It draws numbers for each query in each round. A query takes O(Draws · rows · min(rows, Truncation)).
type StochasticRank struct {
	Sigma      float64 // standard deviation of the noise. 0: 1
	Mu         float64 // how many Sigma a relevance of 1 is set back by, so that equal scores count as the worst order. 0: none
	Draws      int     // of the noise for a query in a round. 0: 1
	Truncation int     // of the list, by falling score. 0: all rows
	Gain       Gain    // of NDCG. Zero: ExponentialGain
}

func (l StochasticRank) metric(rows int) LambdaMART {
	return LambdaMART{Gain: l.Gain, Truncation: min(cmp.Or(l.Truncation, rows), rows)}
}

// Value is 1 - NDCG, as with LambdaMART.
func (l StochasticRank) Value(y, score []float64) float64 {
	return l.metric(len(y)).Value(y, score)
}

// Derivatives writes the estimates.
func (l StochasticRank) Derivatives(grad, hess []float32, y, score []float64, seed uint64) {
	n := len(y)
	g, h := make([]float64, n), make([]float64, n)
	if n > 1 {
		shifted := make([]float64, n)
		for i, s := range score {
			shifted[i] = s - float64(cmp.Or(l.Sigma, 1)*l.Mu)*y[i]
		}
		l.estimate(g, h, y, shifted, rng.New(seed, 0))
		orthogonal(g, score)
	}
	for i := range g {
		grad[i], hess[i] = float32(g[i]), float32(h[i])
	}
}

// estimate adds the mean over the draws.
func (l StochasticRank) estimate(grad, hess, y, score []float64, r *rand.Rand) {
	n, sigma, times := len(y), cmp.Or(l.Sigma, 1), cmp.Or(l.Draws, 1)
	m := l.metric(n)
	best := m.maxDCG(y)
	if best == 0 {
		return
	}
	top := min(m.Truncation, n-1) // crossings further down change nothing
	gain, step := make([]float64, n), make([]float64, top)
	for i, v := range y {
		gain[i] = l.Gain.of(v)
	}
	for p := range step { // from a place to the next
		step[p] = discount(p)
		if p+1 < m.Truncation {
			step[p] -= discount(p + 1)
		}
		step[p] /= best * float64(times) * sigma * math.Sqrt(2*math.Pi)
	}
	noisy, density := make([]float64, n), make([]float64, top)
	for range times {
		drawNormals(noisy, r)
		for i, z := range noisy {
			noisy[i] = score[i] + float64(sigma*z)
		}
		order := byScore(noisy)
		for at, i := range order {
			other := func(p int) int32 { // row at place p of the list without row i
				if p >= at {
					p++
				}
				return order[p]
			}
			for p := range density {
				d := (noisy[other(p)] - score[i]) / sigma
				density[p] = -float64(d*d) / 2
			}
			kern.ExpPortable(density, density)
			for p, v := range density {
				change := float64(float64((gain[i]-gain[other(p)])*step[p]) * v)
				grad[i] -= change
				hess[i] += math.Abs(change) / sigma
			}
		}
	}
}

// drawNormals draws from the standard normal distribution by Marsaglia's polar method, in portable bits.
func drawNormals(dst []float64, r *rand.Rand) {
	var length [1]float64
	for i := 0; i < len(dst); i += 2 {
		u, v, s := 0.0, 0.0, 0.0
		for s == 0 || s >= 1 {
			u, v = 2*r.Float64()-1, 2*r.Float64()-1
			s = float64(u*u) + float64(v*v)
		}
		length[0] = s
		kern.LogPortable(length[:], length[:])
		f := math.Sqrt(-2 * length[0] / s)
		dst[i] = float64(u * f)
		if i+1 < len(dst) {
			dst[i+1] = float64(v * f)
		}
	}
}

// orthogonal takes from a gradient its mean and, of more than two rows, its part along the scores.
func orthogonal(grad, score []float64) {
	n := float64(len(grad))
	mean, middle := 0.0, 0.0
	for i, g := range grad {
		mean += g / n
		middle += score[i] / n
	}
	dot, square := 0.0, 0.0
	for i := range grad {
		grad[i] -= mean
		z := score[i] - middle
		dot += float64(grad[i] * z)
		square += float64(z * z)
	}
	if len(grad) < 3 {
		return
	}
	const least = 0.01 // the paper's nu: scores that hardly differ have no direction
	length := math.Sqrt(square) + least
	part := dot / float64(length*length)
	for i := range grad {
		grad[i] -= float64(part * (score[i] - middle))
	}
}
