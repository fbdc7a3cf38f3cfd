package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// BrownBoost is boosting that gives up on rows it finds hopeless, so that wrong labels do less harm than to AdaBoost. It knows how long it runs, c, and what is left of that, s. A row whose votes so
// far are right by r weighs exp(-(r+s)²/c), so that those far on the wrong side weigh little again, and the less time is left the more so. A vote α and the time t that it takes solve
//
//	Σ w·b·exp(-(r+α·b+s-t)²/c) = 0      b: 1 where the new model is right, else -1; it is no better than chance for the next weights
//	Σ w·erf((r+α·b+s-t)/√c) = Σ w·erf((r+s)/√c)
//
// unless time is up before. Once it is, the mean of |y-p| over the training rows, with y 0 or 1 and p the probability of 1, is TargetError = (1-erf(√c))/2, whatever the estimator: a theorem of the paper.
//
//	ensemble.BrownBoost{TargetError: 0.15}                                                       // of stumps; 15 % of the labels may be wrong
//	ensemble.OneVsRest{Base: ml.Classify(ensemble.BrownBoost{})}                            // of more than two classes
//
// It ends when time is up (Converged), or before a model that is no better than chance (Stalled); a first model that is none is an error. The estimator must take weights; groups and Valid go to it, and its
// seeds are made different for each round. A row of integer weight k counts as k rows as far as the estimator does that. The rounds come one after the other; the cost is that of Rounds fits, and some
// hundred passes over the rows for each.
//
// Freund: An adaptive version of the boost by majority algorithm. Machine Learning 43 (2001).
type BrownBoost struct {
	Base        ml.AnyClassifier // what is boosted. Zero: tree.DecisionTreeClassifier{MaxDepth: 1}, a stump
	Rounds      int              // at the most. 0: 200
	TargetError float64          // the share of the training rows to give up on, above 0 and below 1/2: the less, the longer it runs. 0: 0.1
	Seed        uint64           // from which the seeds of the fits are made
}

var _ ml.Fitter[ml.Dataset[int], *TwoClassBoosted] = BrownBoost{}

func (c BrownBoost) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeClassifier{MaxDepth: 1}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c BrownBoost) Accepts() ml.Accepts { return acceptsAll(decider(c.estimator())) }

// Fit fits round after round. Info.Loss has the weighted training error of the votes after each, Info.Gap the time that is left. Errors: ErrConfig, also if the first model is no better than chance, ErrData for more
// than two classes, and those of the estimator.
func (c BrownBoost) Fit(ctx context.Context, d ml.Dataset[int]) (*TwoClassBoosted, error) {
	const where = "ensemble.BrownBoost.Fit"
	switch {
	case c.Rounds < 0:
		return nil, ml.BadConfig(where, "Rounds", c.Rounds, ">= 1; 0 means 200")
	case !(c.TargetError >= 0 && c.TargetError < 0.5):
		return nil, ml.BadConfig(where, "TargetError", c.TargetError, "above 0 and below 1/2; 0 means 0.1")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Rounds, c.TargetError = c.estimator(), cmp.Or(c.Rounds, 200), cmp.Or(c.TargetError, 0.1)
	m, d, side, err := twoClasses(where, d, c)
	if err != nil || len(m.Seen) == 1 {
		return m, err
	}
	long := math.Erfinv(1 - 2*c.TargetError)
	m.Time = long * long
	b := brown{c: m.Time, left: m.Time, start: startWeights(d.Weight, d.Rows()), margin: make([]float64, d.Rows())}
	track := ml.Track(ctx, "iteration", c.Rounds)
	for round := range c.Rounds {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		weight, ok := b.weights()
		if !ok {
			m.Info.Status = ml.Stalled
			break
		}
		d.Weight = weight
		member, err := weighedDecider(reseeded(c.Base.Config, c.Seed, uint64(round))).fit(ml.Quiet(ctx), d)
		if err != nil {
			return nil, fmt.Errorf("%s: round %d: %w", where, round, err)
		}
		if b.right, err = m.agreement(member, d.X, side); err != nil {
			return nil, err
		}
		edge := 0.0
		for i, w := range weight {
			edge += float64(w * b.right[i])
		}
		if !(edge > leastEdge) {
			if round == 0 {
				return nil, ml.BadConfig(where, "Base", fmt.Sprintf("one with a weighted training error of %.3g", (1-edge)/2), "less than 0.5, that of guessing")
			}
			m.Info.Status = ml.Stalled
			break
		}
		vote := b.step()
		m.Members, m.Weights = append(m.Members, member), append(m.Weights, vote)
		loss := missed(b.start, b.margin)
		m.Info.Loss, m.Info.Gap, m.Info.Iterations = append(m.Info.Loss, loss), b.left, round+1
		stop, err := track.Step(round+1, ml.Loss{Train: loss})
		if err != nil {
			return nil, err
		}
		if m.Info.Status = ml.MaxIter; b.left == 0 {
			m.Info.Status = ml.Converged
			break
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	return m, nil
}

// leastEdge is by how much a model must be better than chance for its vote to be found.
const leastEdge = 1e-10

// brown is the state of BrownBoost.
type brown struct {
	c, left float64
	start   []float64 // what rows weigh in the data, 1 in sum
	margin  []float64 // by how much the votes so far are right
	right   []float64 // 1 where the new model is right, else -1
}

// weights are those of the next round; false if all are 0.
func (b *brown) weights() ([]float64, bool) {
	out := make([]float64, len(b.margin))
	least := math.Inf(1)
	for _, r := range b.margin {
		least = min(least, (r+b.left)*(r+b.left)/b.c)
	}
	for i, r := range b.margin {
		out[i] = b.start[i] * math.Exp(least-(r+b.left)*(r+b.left)/b.c)
	}
	return simplex(out)
}

// after is how far, after a vote that takes a time, the potential has moved, the slope of that by the time, and what the edge of the new model is.
func (b *brown) after(vote, time float64) (moved, slope, edge float64) {
	root := math.Sqrt(b.c)
	sum, right := 0.0, 0.0
	for i, r := range b.margin {
		z := (r + float64(vote*b.right[i]) + b.left - time) / root
		w := b.start[i]
		moved += float64(w * (math.Erf(z) - math.Erf((r+b.left)/root)))
		e := float64(w * math.Exp(-z*z))
		sum += e
		right += float64(e * b.right[i])
	}
	slope = -2 / math.Sqrt(math.Pi*b.c) * sum
	if sum > 0 {
		edge = right / sum
	}
	return moved, slope, edge
}

// timeOf is how long a vote takes, the edge then, and the slope of the time by the vote, which is the edge, too: the potential falls with the time, from above 0 at -vote to below at vote.
func (b *brown) timeOf(vote, guess float64) (time, edge float64) {
	lo, hi := -vote, vote
	time = min(max(guess, lo), hi)
	for range 100 {
		moved, slope, e := b.after(vote, time)
		edge = e
		if moved > 0 {
			lo = time
		} else {
			hi = time
		}
		next := time - moved/slope
		if !(next > lo && next < hi) {
			next = lo + float64(0.5*(hi-lo))
		}
		if math.Abs(next-time) <= 1e-14*vote {
			return time, edge
		}
		time = next
	}
	return time, edge
}

// step finds the vote of the new model, the least at which it is no better than chance any more or time is up, and takes it.
func (b *brown) step() float64 {
	done := func(vote, guess float64) (float64, bool) {
		time, edge := b.timeOf(vote, guess)
		return time, edge <= 0 || time >= b.left
	}
	lo, from, width := 0.0, 0.0, math.Sqrt(b.c)/32
	hi, time := 0.0, 0.0
	for is := false; !is; width = float64(width * 1.25) {
		lo, from = hi, time
		hi = lo + width
		time, is = done(hi, from+width)
	}
	for hi-lo > 1e-13*hi {
		mid := lo + float64(0.5*(hi-lo))
		if mid <= lo || mid >= hi {
			break
		}
		if t, is := done(mid, from+float64((mid-lo)/(hi-lo)*(time-from))); is {
			hi, time = mid, t
		} else {
			lo, from = mid, t
		}
	}
	for i := range b.margin {
		b.margin[i] += float64(hi * b.right[i])
	}
	if b.left -= time; b.left <= 1e-12*b.c {
		b.left = 0
	}
	return hi
}

func init() { ml.RegisterConfig[BrownBoost]("ensemble.BrownBoost") }
