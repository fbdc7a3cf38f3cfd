package ope

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// Estimate is the mean reward that a policy would have had.
type Estimate struct {
	Value  float64
	Lo, Hi float64 // the interval
	StdErr float64 // of the value, as for many rounds
	Rounds int
	// Effective is the number of rounds of the target's own that tell as much, (Σw)²/Σw² (Kish). Few of many mean that the log says little of this policy.
	Effective   float64
	MaxWeight   float64 // the largest weight
	MeanWeight  float64 // near 1 if the propensities are right and every choice of the target had some
	Unsupported float64 // the target's mean probability of candidates that the log's policy never chooses, as far as Probs tell: no weight speaks for these
}

// String is the value with its interval.
func (e Estimate) String() string {
	return fmt.Sprintf("%.4f [%.4f, %.4f]", e.Value, e.Lo, e.Hi)
}

// Evaluate estimates what a policy would have got, had it chosen in the rounds of another policy's log. A nil estimator is DR{}, a nil interval Normal{}. The cost is that of the
// policy's probabilities and, for DM, DR and SwitchDR, of fitting the model of the rewards. Rounds that cannot be are an ml.ErrTarget, ErrShape or
// ErrNotFinite with their place.
func Evaluate(ctx context.Context, rounds []Round, target Policy, e Estimator, in Interval) (Estimate, error) {
	const where = "ope.Evaluate"
	if e == nil {
		e = DR{}
	}
	tail, in, err := tailOf(where, in, 2)
	if err != nil {
		return Estimate{}, err
	}
	w, err := weigh(ctx, where, rounds, target)
	if err != nil {
		return Estimate{}, err
	}
	s, err := e.series(ctx, w)
	if err != nil {
		return Estimate{}, err
	}
	return w.estimate(&s, nil, in, tail)
}

// tailOf is the probability beyond each end of an interval with so many ends.
func tailOf(where string, in Interval, ends float64) (float64, Interval, error) {
	if in == nil {
		in = Normal{}
	}
	level := in.level()
	if !(level > 0 && level < 1) {
		return 0, nil, ml.BadConfig(where, "Level", level, "above 0, below 1")
	}
	return (1 - level) / ends, in, nil
}

func (w *weighing) estimate(plus, minus *series, in Interval, tail float64) (Estimate, error) {
	lo, hi, err := in.span(plus, minus, w, tail)
	if err != nil {
		return Estimate{}, err
	}
	e := Estimate{Value: plus.value() - minus.value(), Lo: lo, Hi: hi, StdErr: stdErr(plus, minus), Rounds: len(w.rounds)}
	sum, squares := 0.0, 0.0
	for i, v := range w.weight {
		sum += v
		squares += float64(v * v)
		e.MaxWeight = max(e.MaxWeight, v)
		for a, p := range w.rounds[i].Probs {
			if p == 0 {
				e.Unsupported += w.target[i][a]
			}
		}
	}
	n := float64(len(w.rounds))
	e.MeanWeight = sum / n
	e.Unsupported /= n
	if squares > 0 {
		e.Effective = sum * sum / squares
	}
	return e, nil
}

// Gate says whether a new policy may replace the old one: if the lower bound of how much better it is exceeds Margin.
type Gate struct {
	Margin       float64   // what the new policy must be better by, in rewards; 0: any better
	Estimator    Estimator // nil: DR{}
	Interval     Interval  // nil: Normal{}; its Level is the probability that a policy which is not better by Margin is kept out, one-sided
	MinEffective float64   // rounds that must speak for the new policy (Estimate.Effective); 0: 100
}

// Verdict is what a gate says.
type Verdict struct {
	Deploy bool
	Reason string   // in words
	New    Estimate // of the new policy
	Old    Estimate // of the old one
	Lift   Estimate // of the difference, both in the same rounds
}

// Compare judges a new policy by the log. old is the policy in place; nil: the one that wrote the log, whose value is the mean of the rewards. The bound is that of the
// difference, round by round, which is tighter than that of two values. Running the gate again and again on growing logs until it opens needs a Level that
// allows for it: with k looks, 1 - (1-Level)/k.
func (g Gate) Compare(ctx context.Context, rounds []Round, policy, old Policy) (Verdict, error) {
	const where = "ope.Gate"
	if g.Estimator == nil {
		g.Estimator = DR{}
	}
	least := or(g.MinEffective, 100)
	tail, in, err := tailOf(where, g.Interval, 1)
	if err != nil {
		return Verdict{}, err
	}
	w, err := weigh(ctx, where, rounds, policy)
	if err != nil {
		return Verdict{}, err
	}
	fresh, err := g.Estimator.series(ctx, w)
	if err != nil {
		return Verdict{}, err
	}
	placed, of := series{num: make([]float64, len(rounds)), bounds: func(lo, hi, _ float64) (float64, float64) { return lo, hi }}, &weighing{rounds: rounds, target: w.target, weight: make([]float64, len(rounds))}
	for i := range rounds {
		placed.num[i], of.weight[i] = rounds[i].Reward, 1
	}
	if old != nil {
		if of, err = weigh(ctx, where, rounds, old); err != nil {
			return Verdict{}, err
		}
		if placed, err = g.Estimator.series(ctx, of); err != nil {
			return Verdict{}, err
		}
	}
	var v Verdict
	if v.New, err = w.estimate(&fresh, nil, in, tail/2); err != nil {
		return Verdict{}, err
	}
	if v.Old, err = of.estimate(&placed, nil, in, tail/2); err != nil {
		return Verdict{}, err
	}
	if v.Lift, err = w.estimate(&fresh, &placed, in, tail); err != nil {
		return Verdict{}, err
	}
	switch {
	case v.New.Effective < least:
		v.Reason = fmt.Sprintf("the log says too little: %.0f effective rounds, %.0f are wanted", v.New.Effective, least)
	case v.Lift.Lo <= g.Margin:
		v.Reason = fmt.Sprintf("the lift may be as low as %.4g, more than %.4g is wanted", v.Lift.Lo, g.Margin)
	default:
		v.Deploy = true
		v.Reason = fmt.Sprintf("the lift is %.4g at least, more than %.4g", v.Lift.Lo, g.Margin)
	}
	return v, nil
}
