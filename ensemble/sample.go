package ensemble

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Sampling says what part of the data each tree of a boosted model sees. The zero value: all of it. What is drawn depends on the seed and the round
// alone, never on the number of cores.
type Sampling struct {
	Rows    float64 // share of the rows (of whole queries, in ranking) drawn for each round, without replacement. 0: 1, all
	Classes bool    // of two classes: Rows is the share of class 1 alone, and Others that of class 0
	Others  float64 // with Classes. 0: 1, all

	Columns      float64 // share of the columns drawn for each tree. 0: 1, all
	LevelColumns float64 // share of these drawn for each level of a tree. 0: 1, all
	NodeColumns  float64 // share of those drawn for each node. 0: 1, all

	// GOSS, gradient-based one-side sampling (Ke et al., NIPS 2017), keeps the Top share of the rows with the largest derivatives, |gradient·Hessian|
	// summed over the scores, draws the share Other of all rows from the rest, and scales theirs up to stand for all of these. It begins after
	// 1/LearningRate rounds. Both 0: none. Not together with Rows.
	Top, Other float64

	// MVS, minimal variance sampling (Ibragimov and Gusev, NeurIPS 2019), draws each row by itself, with a probability that rises with the size of its derivatives,
	// sqrt(g² + HessianPart·h²) summed over the scores, so that Rows of them are drawn on average, and divides theirs by it: what sums expect is
	// what they are without. It is CatBoost's bootstrap_type=MVS and XGBoost's sampling_method=gradient_based. In ranking it draws rows, not queries. false: all rows alike
	MVS         bool
	HessianPart float64 // with MVS: the weight of the second derivatives. 0: 0.1, XGBoost's

	// Bayesian bootstrap (Rubin, Annals of Statistics 9 (1981)): in each round the derivatives of a row that is drawn count (-log u)^Bayesian times, u uniform; CatBoost's
	// bagging_temperature. With 1, CatBoost's default, that is 1 on average. 0: none
	Bayesian float64
}

// scales reports whether derivatives of rows are multiplied by something.
func (s *Sampling) scales() bool { return s.Top > 0 || s.MVS || s.Bayesian > 0 }

// draws reports whether another round may see other rows or columns, or other weights of theirs.
func (s *Sampling) draws() bool {
	return s.scales() || s.Rows != 1 || s.Classes || s.Columns != 1 || s.LevelColumns != 1 || s.NodeColumns != 1
}

// Seeds of what is drawn, apart from each other.
const (
	drawRows = iota + 1
	drawColumns
	drawOther
	drawLoss
	drawDrops
	drawMVS
	drawBayesian
)

// sampleBlock is how many rows are drawn from together: each block gives its exact share.
const sampleBlock = 4096

// drawFrom draws about share of n things, rising: in each block the exact share, rounded by the sum so far, and at least one in all.
func drawFrom(n int, share float64, seed uint64) []int32 {
	out := make([]int32, 0, int(share*float64(n))+1)
	for lo := 0; lo < n; lo += sampleBlock {
		hi := min(lo+sampleBlock, n)
		want := int(math.Round(share*float64(hi))) - len(out)
		r := rng.New(seed, uint64(lo/sampleBlock))
		for i := lo; i < hi && want > 0; i++ {
			if r.Uint64N(uint64(hi-i)) < uint64(want) {
				out = append(out, int32(i))
				want--
			}
		}
	}
	if len(out) == 0 && n > 0 {
		out = append(out, int32(rng.New(seed, math.MaxUint64).Uint64N(uint64(n))))
	}
	return out
}

// rowsOf is draw number round of the rows of a tree, or of the trees of all outputs; nil: all. It multiplies derivatives where Sampling says so.
func (b *boosting) rowsOf(round int, grad, hess [][]float32) []int32 {
	b.factor = b.factor[:0]
	used := b.drawRows(round, grad, hess)
	if b.p.Sampling.Bayesian > 0 {
		b.bayesian(round, used, grad, hess)
	}
	return used
}

func (b *boosting) drawRows(round int, grad, hess [][]float32) []int32 {
	s := b.p.Sampling
	switch {
	case s.Top > 0:
		if !b.p.Forest && float64(round/b.p.ParallelTrees) < 1/b.p.LearningRate {
			return nil
		}
		return b.goss(round, grad, hess)
	case s.MVS:
		return b.mvs(round, grad, hess)
	case s.Classes:
		return b.rowsOfClasses(round)
	case s.Rows == 1:
		return nil
	}
	seed := rng.Key(b.p.Seed, drawRows, uint64(round))
	if q, ranks := b.obj.(*rankObjective); ranks {
		taken := make([]bool, b.n)
		for _, k := range drawFrom(len(q.queries), s.Rows, seed) {
			for _, i := range q.queries[k] {
				taken[i] = true
			}
		}
		return marked(taken)
	}
	return drawFrom(b.n, s.Rows, seed)
}

// rowsOfClasses draws from the rows of each class by itself.
func (b *boosting) rowsOfClasses(round int) []int32 {
	y := b.obj.(*classObjective).y
	var of [2][]int32
	for i, c := range y {
		of[c&1] = append(of[c&1], int32(i))
	}
	taken := make([]bool, len(y))
	for c, share := range [2]float64{b.p.Sampling.Others, b.p.Sampling.Rows} {
		for _, k := range drawFrom(len(of[c]), share, rng.Key(b.p.Seed, drawRows, uint64(round), uint64(c))) {
			taken[of[c][k]] = true
		}
	}
	return marked(taken)
}

// marked are the rows that are taken, rising.
func marked(taken []bool) []int32 {
	out := make([]int32, 0, len(taken))
	for i, is := range taken {
		if is {
			out = append(out, int32(i))
		}
	}
	return out
}

// goss keeps the rows with the largest derivatives and scales up what it draws of the others. Of equally large ones the first are kept.
func (b *boosting) goss(round int, grad, hess [][]float32) []int32 {
	n := b.n
	size := make([]float32, n)
	for k := range grad {
		for i, g := range grad[k] {
			size[i] += float32(math.Abs(float64(g) * float64(hess[k][i])))
		}
	}
	top := max(1, int(b.p.Sampling.Top*float64(n)))
	other := min(int(b.p.Sampling.Other*float64(n)), n-top)
	sorted := append([]float32(nil), size...)
	least := kern.NthElement(sorted, n-top)
	equal := top // how many of those that are just as large are kept
	for _, v := range size {
		if v > least {
			equal--
		}
	}
	factor := float32(float64(n-top) / math.Max(1, float64(other)))
	r := rng.New(rng.Key(b.p.Seed, drawOther, uint64(round)), 0)
	rest, want := n-top, other
	out := make([]int32, 0, top+other)
	for i, v := range size {
		if v > least || v == least && equal > 0 {
			if v == least {
				equal--
			}
			out = append(out, int32(i))
			continue
		}
		if want > 0 && r.Uint64N(uint64(rest)) < uint64(want) {
			want--
			out = append(out, int32(i))
			for k := range grad {
				grad[k][i] *= factor
				hess[k][i] *= factor
			}
		}
		rest--
	}
	return out
}
