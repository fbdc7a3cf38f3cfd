package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// pairList is a list of pairs of rows of a query, each of a better and a worse one.
type pairList struct {
	better, worse []int32
	weight        []float64
}

func (p *pairList) add(better, worse int32, weight float64) {
	p.better, p.worse, p.weight = append(p.better, better), append(p.worse, worse), append(p.weight, weight)
}

// derive adds the derivatives of the logistic losses of the pairs, log(1 + exp(-steep·lead)) each, and returns the sum of the forces on all rows.
func (p *pairList) derive(grad, hess, score []float64, steep float64) float64 {
	odds := make([]float64, len(p.better)) // of the order being wrong
	for k, i := range p.better {
		odds[k] = float64(steep * (score[p.worse[k]] - score[i]))
	}
	kern.SigmoidPortable(odds, odds)
	sum := 0.0
	for k, v := range odds {
		i, j := p.better[k], p.worse[k]
		force := float64(float64(v*steep) * p.weight[k])
		bend := float64(float64(v*(1-v)) * float64(steep*steep) * p.weight[k])
		grad[i] -= force
		grad[j] += force
		hess[i] += bend
		hess[j] += bend
		sum += 2 * force
	}
	return sum
}

// derivativesOf are those of a list of pairs alone.
func (p *pairList) derivativesOf(grad, hess []float32, score []float64) {
	g, h := make([]float64, len(score)), make([]float64, len(score))
	p.derive(g, h, score, 1)
	for i := range g {
		grad[i], hess[i] = float32(g[i]), float32(h[i])
	}
}

// drawPairs draws for each row Sampled others of another relevance, all alike, and returns the sum of the forces of these pairs, each of which counts 1/Sampled. Rows are
// those of the sorted query.
func (l LambdaMART) drawPairs(q *query, steep float64, spread bool, seed uint64) float64 {
	n := len(q.y)
	byRelevance := byScore(q.y)
	r := rng.New(seed, 0)
	var pairs pairList
	for first := 0; first < n; {
		last := first
		for last < n && q.y[byRelevance[last]] == q.y[byRelevance[first]] {
			last++
		}
		others := n - (last - first)
		for _, i := range byRelevance[first:last] {
			for k := 0; k < l.Sampled && others > 0; k++ {
				at := int(r.Uint64N(uint64(others)))
				if at >= first {
					at += last - first
				}
				j := byRelevance[at]
				change := l.change(q, int(min(i, j)), int(max(i, j))) / float64(l.Sampled)
				if !l.PlainScores && spread {
					change /= 0.01 + math.Abs(q.score[i]-q.score[j])
				}
				if at < first { // more relevant
					pairs.add(j, i, change)
				} else {
					pairs.add(i, j, change)
				}
			}
		}
		first = last
	}
	return pairs.derive(q.grad, q.hess, q.score, steep)
}

// change is what changes if rows i < j change places.
func (l LambdaMART) change(q *query, i, j int) float64 {
	switch l.Pairs {
	case PairsPlain:
		return 1
	case PairsMAP:
		return q.swapMAP(i, j) * q.inverse
	}
	return math.Abs(q.gain[i]-q.gain[j]) * (discount(i) - discount(j)) * q.inverse
}

// PairLogitLoss is the logistic loss of all pairs of rows of different relevance, log(1 + exp(-lead)), where lead is by how much the more relevant row is ahead: CatBoost's
// PairLogit, RankNet without a truncation. A query takes O(rows²).
type PairLogitLoss struct{}

// Value is the mean over the pairs, 0 for a query that has none.
func (PairLogitLoss) Value(y, score []float64) float64 {
	sum, count := 0.0, 0
	lead := make([]float64, len(y))
	for i := range y {
		part := lead[:0]
		for j := range y {
			if y[i] > y[j] {
				part = append(part, score[j]-score[i])
			}
		}
		Softplus(part, part)
		for _, v := range part {
			sum += v
		}
		count += len(part)
	}
	if count == 0 {
		return 0
	}
	return sum / float64(count)
}

// Derivatives writes the sums over the pairs, by whose number they are not divided.
func (PairLogitLoss) Derivatives(grad, hess []float32, y, score []float64, _ uint64) {
	var pairs pairList
	for i := range y {
		for j := range y {
			if y[i] > y[j] {
				pairs.add(int32(i), int32(j), 1)
			}
		}
	}
	pairs.derivativesOf(grad, hess, score)
}

// YetiRank is the logistic loss of pairs that stand next to each other in orders that the scores might have: in each round the rows are put in order some times by their scores plus
// logistic noise, and a pair at place k counts Decay^k times the difference of its relevances (Gulin, Kuralenok and Pavlov, "Winning The Transfer Learning Track of Yahoo!'s
// Learning To Rank Challenge with YetiRank", JMLR W&CP 14 (2011)): CatBoost's YetiRank in its mode Classic. Relevances are best between 0 and 1. A query takes
// O(Permutations · rows · log rows).
type YetiRank struct {
	Permutations int     // orders that are drawn for a query in a round. 0: 10
	Decay        float64 // what a place counts of the one before it. 0: 0.85
}

// Value is 1 - NDCG of all rows, as with LambdaMART.
func (YetiRank) Value(y, score []float64) float64 {
	return LambdaMART{Truncation: max(1, len(y))}.Value(y, score)
}

// Derivatives writes the mean over the orders of the sums over their pairs.
func (l YetiRank) Derivatives(grad, hess []float32, y, score []float64, seed uint64) {
	pairs := l.pairs(y, score, rng.New(seed, 0))
	pairs.derivativesOf(grad, hess, score)
}

func (l YetiRank) pairs(y, score []float64, r *rand.Rand) *pairList {
	times, decay := cmp.Or(l.Permutations, 10), cmp.Or(l.Decay, 0.85)
	var pairs pairList
	odds, noisy := make([]float64, len(y)), make([]float64, len(y))
	for range times {
		for i := range odds {
			u := r.Float64()
			odds[i] = max(u, 0x1p-54) / (1 - u)
		}
		kern.LogPortable(odds, odds)
		for i, v := range odds {
			noisy[i] = score[i] + v
		}
		order := byScore(noisy)
		weight := 1 / float64(times)
		for k := 1; k < len(order); k++ {
			a, b := order[k-1], order[k]
			if y[a] < y[b] {
				a, b = b, a
			}
			if y[a] > y[b] {
				pairs.add(a, b, float64(weight*(y[a]-y[b])))
			}
			weight *= decay
		}
	}
	return &pairs
}

// checkPairs is about the pairs that losses of ranked lists draw.
func checkPairs(l RankLoss) (field string, found any, want string) {
	switch l := l.(type) {
	case LambdaMART:
		switch {
		case l.Sampled < 0 || l.Sampled > 1<<16:
			return "Loss.Sampled", l.Sampled, "0 to 65536; 0 means pairs with the first Truncation rows"
		case l.Sampled > 0 && l.Truncation > 0:
			return "Loss.Truncation", l.Truncation, fmt.Sprintf("0 with Sampled, which is %d: pairs of all rows are drawn", l.Sampled)
		}
	case StochasticRank:
		switch {
		case !(l.Sigma >= 0 && l.Sigma <= 1e6):
			return "Loss.Sigma", l.Sigma, "> 0 and finite; 0 means 1"
		case !(l.Mu >= 0 && l.Mu <= 1e6):
			return "Loss.Mu", l.Mu, "a finite number >= 0"
		case l.Draws < 0 || l.Draws > 1<<16:
			return "Loss.Draws", l.Draws, "0 to 65536; 0 means 1"
		case l.Truncation < 0:
			return "Loss.Truncation", l.Truncation, ">= 0; 0 means all rows"
		case l.Gain > LinearGain:
			return "Loss.Gain", l.Gain, "ExponentialGain or LinearGain"
		}
	case YetiRank:
		switch {
		case l.Permutations < 0 || l.Permutations > 1<<16:
			return "Loss.Permutations", l.Permutations, "0 to 65536; 0 means 10"
		case !(l.Decay >= 0 && l.Decay <= 1):
			return "Loss.Decay", l.Decay, "above 0, up to 1; 0 means 0.85"
		}
	}
	return "", nil, ""
}
