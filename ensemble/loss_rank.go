package ensemble

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// RankLoss is what boosting for ranked lists makes small: a function of the relevances y >= 0 of the rows of one query and of their raw scores. It
// gets one query with each call, from several goroutines at once, and keeps nothing of what it gets. One of your own works, and models
// with it can be saved once it is registered with [ml.Register].
type RankLoss interface {
	// Value is the loss of the query. It is for reports and early stopping alone.
	Value(y, score []float64) float64
	// Derivatives writes the first and second derivatives by each score; the second ones must not be below 0. A loss that draws
	// numbers does so from seed, which is another one for each query and round.
	Derivatives(grad, hess []float32, y, score []float64, seed uint64)
}

// Gain is what a relevance is worth in a ranked list.
type Gain uint8

// The gains.
const (
	ExponentialGain Gain = iota // 2^relevance - 1
	LinearGain                  // the relevance
)

// String names the gain.
func (g Gain) String() string {
	switch g {
	case ExponentialGain:
		return "exponential"
	case LinearGain:
		return "linear"
	}
	return fmt.Sprintf("Gain(%d)", uint8(g))
}

func (g Gain) of(relevance float64) float64 {
	if g == LinearGain {
		return relevance
	}
	if k := int(relevance); float64(k) == relevance && k < 63 {
		return float64(int64(1)<<k - 1)
	}
	return kern.ExpOne(relevance*math.Ln2) - 1
}

// discounts are 1/log2(rank + 2).
var discounts = func() []float64 {
	out := make([]float64, 1024)
	for i := range out {
		out[i] = math.Ln2 / kern.LogOne(float64(i+2))
	}
	return out
}()

func discount(rank int) float64 {
	if rank < len(discounts) {
		return discounts[rank]
	}
	return math.Ln2 / kern.LogOne(float64(rank+2))
}

// Pairs says what a pair of rows in the wrong order costs.
type Pairs uint8

// The costs of a pair.
const (
	PairsNDCG  Pairs = iota // what changing places would change in NDCG
	PairsMAP                // in average precision; relevances above 0 count alike
	PairsPlain              // 1: RankNet
)

// String names the cost.
func (p Pairs) String() string {
	names := [...]string{"NDCG", "MAP", "plain"}
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("Pairs(%d)", uint8(p))
}

// LambdaMART pushes pairs of rows of different relevance into their order, each by what that would change in the quality of the list (Burges, "From RankNet to
// LambdaRank to LambdaMART", MSR-TR-2010-82): LightGBM's lambdarank. Of each pair at least one row stands among the first Truncation.
// A query takes O(Truncation · rows), or O(Sampled · rows).
type LambdaMART struct {
	Pairs       Pairs   // PairsNDCG, PairsMAP or PairsPlain. Zero: PairsNDCG
	Gain        Gain    // of NDCG. Zero: ExponentialGain
	Truncation  int     // of the list, by falling score. 0: 30
	Sampled     int     // for each row so many others of another relevance are drawn, in place of pairs with the first rows: XGBoost's lambdarank_pair_method=mean. Each counts 1/Sampled. 0: none
	Steepness   float64 // of the logistic function of the difference of two scores. 0: 1
	PlainScores bool    // leaves out LightGBM's lambdarank_norm, which divides pairs by their distance in score and tempers queries with many wrong pairs
}

func (l LambdaMART) truncation() int {
	if l.Sampled > 0 {
		return math.MaxInt // all rows
	}
	return cmp.Or(l.Truncation, 30)
}

// Value is 1 - NDCG of the first Truncation rows, rows of equal score in the order that they came in, and 0 where no row is relevant.
func (l LambdaMART) Value(y, score []float64) float64 {
	best := l.maxDCG(y)
	if best == 0 {
		return 0
	}
	sum := 0.0
	for rank, i := range byScore(score) {
		if rank >= l.truncation() {
			break
		}
		sum += float64(l.Gain.of(y[i]) * discount(rank))
	}
	return 1 - sum/best
}

// maxDCG is the DCG of the best order.
func (l LambdaMART) maxDCG(y []float64) float64 {
	sorted := slices.Sorted(slices.Values(y))
	sum := 0.0
	for rank := range min(len(sorted), l.truncation()) {
		sum += float64(l.Gain.of(sorted[len(sorted)-1-rank]) * discount(rank))
	}
	return sum
}

// byScore is the order of rows by falling score; rows of equal score stay in order.
func byScore(score []float64) []int32 {
	order := make([]int32, len(score))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case score[a] > score[b]:
			return -1
		case score[a] < score[b]:
			return 1
		}
		return int(a - b)
	})
	return order
}

// query is what LambdaMART knows of one query, its rows by falling score.
type query struct {
	order                  []int32
	y, score, gain         []float64
	grad, hess             []float64
	change, odds, distance []float64 // of the pairs with one row
	inverse                float64   // 1 over the best quality
	relevant               []float64 // how many rows up to a place are relevant
	precisions             []float64 // sums of 1/rank over the relevant rows up to a place
}

// Derivatives writes the sums over the pairs.
func (l LambdaMART) Derivatives(grad, hess []float32, y, score []float64, seed uint64) {
	n := len(y)
	q := l.sorted(y, score)
	spread := q.score[0] != q.score[n-1]
	steep := cmp.Or(l.Steepness, 1)
	total := 0.0
	if l.Sampled > 0 {
		total = l.drawPairs(q, steep, spread, seed)
	}
	for i := 0; i < min(n-1, l.truncation()) && l.Sampled == 0; i++ {
		total += l.pairs(q, i, steep, spread)
	}
	factor := 1.0
	if !l.PlainScores && total > 0 {
		factor = kern.LogOne(1+total) / math.Ln2 / total
	}
	for k, i := range q.order {
		grad[i], hess[i] = float32(q.grad[k]*factor), float32(q.hess[k]*factor)
	}
}

func (l LambdaMART) sorted(y, score []float64) *query {
	n := len(y)
	all := make([]float64, 8*n)
	next := func() []float64 { part := all[:n:n]; all = all[n:]; return part }
	q := &query{order: byScore(score), y: next(), score: next(), gain: next(), grad: next(), hess: next(), change: next(), odds: next(), distance: next()}
	for k, i := range q.order {
		q.y[k], q.score[k] = y[i], score[i]
	}
	switch l.Pairs {
	case PairsNDCG:
		for k, v := range q.y {
			q.gain[k] = l.Gain.of(v)
		}
		if best := l.maxDCG(y); best > 0 {
			q.inverse = 1 / best
		}
	case PairsMAP:
		q.relevant, q.precisions = make([]float64, n+1), make([]float64, n+1)
		for k, v := range q.y {
			q.relevant[k+1], q.precisions[k+1] = q.relevant[k], q.precisions[k]
			if v > 0 {
				q.y[k] = 1
				q.relevant[k+1]++
				q.precisions[k+1] += 1 / float64(k+1)
			}
		}
		if q.relevant[n] > 0 {
			q.inverse = 1 / q.relevant[n]
		}
	}
	return q
}

// pairs adds the pairs of row i with those behind it, and returns the sum of their forces on both rows.
func (l LambdaMART) pairs(q *query, i int, steep float64, spread bool) float64 {
	n := len(q.y)
	change, odds, distance := q.change[i+1:n], q.odds[i+1:n], q.distance[i+1:n]
	yi, si := q.y[i], q.score[i]
	for k := range odds { // of the pair's order being wrong, by how far the better row leads
		d := si - q.score[i+1+k]
		if q.y[i+1+k] > yi {
			d = -d
		}
		distance[k] = d
		odds[k] = -float64(steep * d)
	}
	kern.SigmoidPortable(odds, odds)
	l.changes(q, i, change)
	sum, gi, hi := 0.0, 0.0, 0.0
	for k, p := range odds {
		j := i + 1 + k
		c := change[k]
		if q.y[j] == yi || c == 0 {
			continue
		}
		if !l.PlainScores && spread {
			c /= 0.01 + math.Abs(distance[k])
		}
		force := float64(p * steep * c)
		bend := float64(float64(p*(1-p)) * float64(steep*steep) * c)
		sum += 2 * force
		if q.y[j] > yi {
			force = -force
		}
		gi -= force
		hi += bend
		q.grad[j] += force
		q.hess[j] += bend
	}
	q.grad[i] += gi
	q.hess[i] += hi
	return sum
}

// changes writes what changing places with row i changes for each row behind it.
func (l LambdaMART) changes(q *query, i int, change []float64) {
	switch l.Pairs {
	case PairsPlain:
		for k := range change {
			change[k] = 1
		}
	case PairsMAP:
		for k := range change {
			change[k] = q.swapMAP(i, i+1+k) * q.inverse
		}
	default:
		di := discount(i)
		for k := range change {
			j := i + 1 + k
			change[k] = math.Abs(q.gain[i]-q.gain[j]) * (di - discount(j)) * q.inverse
		}
	}
}

// swapMAP is what the sum of precisions changes by if rows i < j, of which one is relevant, change places.
func (q *query) swapMAP(i, j int) float64 {
	if q.y[i] == q.y[j] {
		return 0
	}
	ri, rj := q.relevant[i+1], q.relevant[j+1]
	between := q.precisions[j] - q.precisions[i+1] // 1/rank of the relevant rows between
	if q.y[i] > q.y[j] {                           // the relevant one falls: those between lose one above them
		return math.Abs(rj/float64(j+1) - ri/float64(i+1) - between)
	}
	return math.Abs((ri+1)/float64(i+1) - rj/float64(j+1) + between)
}

// XENDCG is the cross-entropy between the softmax of the scores and noisy gains of the relevances, a bound of NDCG (Bruch, "An Alternative
// Cross Entropy Loss for Learning-to-Rank", WWW 2021): LightGBM's rank_xendcg. It draws numbers for each query in each round. A query takes
// O(rows).
type XENDCG struct{}

// Value is the cross-entropy with the gains without noise: 2^y - 1/2 each, divided by their sum.
func (XENDCG) Value(y, score []float64) float64 {
	share := softmaxOf(score)
	kern.LogPortable(share, share)
	sum, loss := 0.0, 0.0
	for i, v := range y {
		gain := ExponentialGain.of(v) + 0.5
		sum += gain
		loss -= float64(gain * max(share[i], -700))
	}
	return loss / sum
}

// Derivatives writes the derivatives as in LightGBM: gradients with terms up to the third order, and p·(1-p).
func (XENDCG) Derivatives(grad, hess []float32, y, score []float64, seed uint64) {
	xendcg(grad, hess, y, score, rng.New(seed, 0))
}

// uniform draws from [0, 1); tests give LightGBM's generator.
type uniform interface{ Float64() float64 }

func xendcg(grad, hess []float32, y, score []float64, r uniform) {
	if len(y) <= 1 {
		clear(grad)
		clear(hess)
		return
	}
	p := softmaxOf(score)
	a, g := make([]float64, len(y)), make([]float64, len(y))
	sum := 0.0
	for i, v := range y {
		a[i] = ExponentialGain.of(v) + 1 - r.Float64()
		sum += a[i]
	}
	inverse := 1 / max(sum, 1e-15)
	rest := func(i int) float64 { return max(1-p[i], 1e-15) }
	first := 0.0
	for i := range a {
		g[i] = p[i] - float64(a[i]*inverse)
		a[i] = g[i] / rest(i)
		first += a[i]
	}
	second := 0.0
	for i := range a {
		t := float64(p[i] * (first - a[i]))
		g[i] += t
		a[i] = t / rest(i)
		second += a[i]
	}
	for i := range a {
		g[i] += float64(p[i] * (second - a[i]))
		grad[i], hess[i] = float32(g[i]), float32(p[i]*(1-p[i]))
	}
}

// softmaxOf is the share of exp(score) of each row.
func softmaxOf(score []float64) []float64 {
	out := make([]float64, len(score))
	top := slices.Max(score)
	for i, s := range score {
		out[i] = s - top
	}
	kern.ExpPortable(out, out)
	sum := 0.0
	for _, v := range out {
		sum += v
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// QuerySoftmaxLoss is the cross-entropy between the softmax of the scores and the relevances divided by their sum: ListNet's top-one loss (Cao et al., ICML
// 2007) and CatBoost's QuerySoftMax. Queries without a relevant row count nothing.
type QuerySoftmaxLoss struct{}

// Value is the cross-entropy.
func (QuerySoftmaxLoss) Value(y, score []float64) float64 {
	share := softmaxOf(score)
	kern.LogPortable(share, share)
	sum, loss := 0.0, 0.0
	for i, v := range y {
		sum += v
		loss -= float64(v * max(share[i], -700))
	}
	if sum == 0 {
		return 0
	}
	return loss / sum
}

// Derivatives writes p - y/Σy and p·(1-p).
func (QuerySoftmaxLoss) Derivatives(grad, hess []float32, y, score []float64, _ uint64) {
	sum := 0.0
	for _, v := range y {
		sum += v
	}
	if sum == 0 {
		clear(grad)
		clear(hess)
		return
	}
	for i, p := range softmaxOf(score) {
		grad[i], hess[i] = float32(p-y[i]/sum), float32(p*(1-p))
	}
}

// QuerySquaredLoss is half the squared error of the relevances after the mean error of the query is taken off, so that only differences within a
// query count: CatBoost's QueryRMSE.
type QuerySquaredLoss struct{}

// Value is the mean over the rows.
func (QuerySquaredLoss) Value(y, score []float64) float64 {
	shift := meanError(y, score)
	sum := 0.0
	for i, v := range y {
		d := score[i] - v - shift
		sum += float64(d * d)
	}
	return sum / float64(2*len(y))
}

func meanError(y, score []float64) float64 {
	sum := 0.0
	for i, v := range y {
		sum += score[i] - v
	}
	return sum / float64(len(y))
}

// Derivatives writes score - y without its mean, and 1.
func (QuerySquaredLoss) Derivatives(grad, hess []float32, y, score []float64, _ uint64) {
	shift := meanError(y, score)
	for i, v := range y {
		grad[i], hess[i] = float32(score[i]-v-shift), 1
	}
}

// checkRankLoss is checkLoss for ranked lists.
func checkRankLoss(l RankLoss) (field string, found any, want string) {
	if l, ok := l.(LambdaMART); ok {
		switch {
		case l.Pairs > PairsPlain:
			return "Loss.Pairs", l.Pairs, "PairsNDCG, PairsMAP or PairsPlain"
		case l.Gain > LinearGain:
			return "Loss.Gain", l.Gain, "ExponentialGain or LinearGain"
		case l.Truncation < 0:
			return "Loss.Truncation", l.Truncation, ">= 1; 0 means 30"
		case !(l.Steepness >= 0 && l.Steepness <= 1e6):
			return "Loss.Steepness", l.Steepness, "> 0 and finite; 0 means 1"
		}
	}
	return checkPairs(l)
}
