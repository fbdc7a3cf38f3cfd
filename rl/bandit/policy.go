package bandit

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// A Policy is the config of a way to choose arms: [UCB1], [ThompsonBeta], [LinUCB] and the others of this package. [New] sets it to work.
type Policy interface {
	start() (learner, error)
}

// Needs says what a policy wants to be told.
type needs struct {
	context  bool // Request.Context
	features bool // Request.Features, for every candidate
	arms     bool // arms, even where there are features
	bounded  bool // rewards of 0 to 1 (after scaling)
	stateful bool // its probabilities depend on the decision's number, so they are not kept from one decision to the next
}

// A learner is a policy at work. The bandit calls probs and row under the reader's lock, all else under the writer's.
//
// What it knows is kept in two kinds of blocks: one for each arm and one in common. A block begins with sums, which add up when replicas are merged, and ends
// with what is derived from them.
type learner interface {
	needs() needs
	// widths sets how many numbers a context and an arm's features have; the blocks follow from that.
	widths(context, features int)
	// blocks are the sizes: sums and derived numbers for an arm, and in common.
	blocks() (sums, derived, common, commonDerived int)
	// fades sets f[j] to the factor by which sum j of a block has shrunk since base; the commons are those of the same times.
	fades(f, now, base, nowCommon, baseCommon []float64)
	// attach gives the learner a block: of an arm, or -1 for the common one. fresh says that the derived part is to be made anew.
	attach(arm int, block []float64, fresh bool)
	// probs sets s.p[:q.n] to the probabilities of the candidates; they need not sum to 1 exactly.
	probs(s *scratch, q *query)
	// row appends to dst what update wants to know of candidate i.
	row(dst []float64, s *scratch, q *query, i int) []float64
	// update learns the reward of an arm (-1: none, the policy shares one model).
	update(u *outcome)
}

// A query is a request that was checked: arms has the n candidates, or is nil where they have features only.
type query struct {
	context  []float64
	features [][]float64
	arms     []int
	n        int
	key      uint64 // of the decision's random numbers
}

// An outcome is a reward with what was kept of its decision.
type outcome struct {
	arm        int
	row        []float64
	reward     float64
	propensity float64
	key        uint64
}

// scratch is the memory of one call.
type scratch struct {
	p, q, r, row, block []float64
	arms                []int
	line                []byte
	integral            integral
	pcg                 rand.PCG
	rand                *rand.Rand
	pending             []due
	query               query
	one
}

var scratches = sync.Pool{New: func() any {
	s := &scratch{}
	s.rand = rand.New(&s.pcg)
	return s
}}

// random is the stream of a decision.
func (s *scratch) random(key uint64) *rand.Rand {
	s.pcg.Seed(rng.Key(key, 1), rng.Key(key, 2))
	return s.rand
}

// grow returns s with length n; what it held may be lost.
func grow(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, n+n/2)
	}
	return s[:n]
}

// best gives all candidates with the largest value equal shares of 1. Infinite values are the largest; so unpulled arms come first.
func best(p, value []float64) {
	top, ties := math.Inf(-1), 0.0
	for _, v := range value {
		switch {
		case v > top:
			top, ties = v, 1
		case v == top:
			ties++
		}
	}
	if ties == 0 { // no number among them
		uniform(p)
		return
	}
	for i, v := range value {
		p[i] = 0
		if v == top {
			p[i] = 1 / ties
		}
	}
}

// uniform gives all the same share.
func uniform(p []float64) {
	fill(p, 1/float64(len(p)))
}

// settle makes p sum to 1 and gives each candidate at least the floor.
func settle(p []float64, floor float64) {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	if !(sum > 0 && finite(sum)) { // a state that a file made up
		uniform(p)
		return
	}
	floor = min(floor, 1/float64(len(p)))
	keep := max(1-float64(floor*float64(len(p))), 0)
	if sum == 1 && floor == 0 {
		return
	}
	for i, v := range p {
		p[i] = floor + float64(keep*(v/sum))
	}
}

// draw chooses with probability p, by one random number in 0..1.
func draw(p []float64, u float64) int {
	last := 0
	for i, v := range p {
		if v <= 0 {
			continue
		}
		last = i
		if u < v {
			return i
		}
		u -= v
	}
	return last // rounding left a crumb beyond the last one
}

// unit makes a number in 0..1 of 64 random bits.
func unit(bits uint64) float64 { return float64(bits>>11) * 0x1p-53 }

// fill sets all of x to v.
func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }

// inRange checks a config's field: lo <= v <= hi, or an error.
func inRange(where, field string, v, lo, hi float64) error {
	if v >= lo && v <= hi {
		return nil
	}
	want := fmt.Sprintf("%g to %g", lo, hi)
	if hi == math.MaxFloat64 {
		want = fmt.Sprintf(">= %g", lo)
	}
	return ml.BadConfig(where, field, v, want)
}

// or is v, or what zero stands for.
func or(v, zero float64) float64 {
	if v == 0 {
		return zero
	}
	return v
}

// one is memory for the elementary functions of one number in portable bits; as a local variable it would be garbage.
type one struct{ v [1]float64 }

func (o *one) exp(x float64) float64 {
	o.v[0] = x
	kern.ExpPortable(o.v[:], o.v[:])
	return o.v[0]
}

func (o *one) log(x float64) float64 {
	o.v[0] = x
	kern.LogPortable(o.v[:], o.v[:])
	return o.v[0]
}

// power is x to the p, for x >= 1.
func (o *one) power(x, p float64) float64 {
	if p == 0.5 {
		return math.Sqrt(x)
	}
	return o.exp(float64(p * o.log(x)))
}

// sigmoid is the logistic function.
func (o *one) sigmoid(v float64) float64 {
	e := o.exp(-math.Abs(v))
	if v < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}
