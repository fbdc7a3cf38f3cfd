package rl

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
)

// Policy chooses actions. It never changes, and any number of goroutines may ask it at once; what learners of this package give is one.
type Policy[O, A any] interface {
	Act(obs O) (A, error)
}

// MaskedPolicy is a Policy that can be told which codes may be taken: what environments that are [Masker]s need. Evaluate tells it.
type MaskedPolicy[O, A any] interface {
	Policy[O, A]
	ActMasked(obs O, valid []bool) (A, error)
}

// codesOf is how many flags the mask of a space of actions has.
func codesOf[A any](space Space[A]) int {
	if b, ok := any(space).(MultiBinary); ok {
		return 2 * b.N
	}
	return space.Flat()
}

// PolicyFunc is a Policy from a function, such as a hand-written rule; the function must be safe for use by several goroutines.
type PolicyFunc[O, A any] func(obs O) (A, error)

// Act calls f.
func (f PolicyFunc[O, A]) Act(obs O) (A, error) { return f(obs) }

// Evaluation says how [Evaluate] tries a policy.
type Evaluation struct {
	Episodes int     // 0: 100
	Discount float64 // of the rewards in a return; 0: 1, none
	MaxSteps int     // after which an episode is left, for environments that do not end; 0: 1 000 000
	Seed     uint64  // of the episodes; different from the learner's, lest it is tried on what it has seen
}

// Scores are the episodes that a policy was tried on.
type Scores struct {
	Returns []float64 // of each episode
	Lengths []int     // in steps
	Left    int       // episodes that were left before their end
}

// Evaluate plays a policy and returns what it got. Every episode has a seed of its own, so the scores are the same on any number of cores; two policies tried with the
// same seed meet the same episodes. Several episodes run at once, each core making an environment of its own. Errors of the environment and of the policy end it.
func Evaluate[O, A any](ctx context.Context, p Policy[O, A], m Maker[O, A], e Evaluation) (*Scores, error) {
	const where = "rl.Evaluate"
	if e.Episodes == 0 {
		e.Episodes = 100
	}
	if e.Discount == 0 {
		e.Discount = 1
	}
	if e.MaxSteps == 0 {
		e.MaxSteps = 1_000_000
	}
	switch {
	case e.Episodes < 1:
		return nil, ml.BadConfig(where, "Episodes", e.Episodes, ">= 1, or 0 for 100")
	case !(e.Discount > 0 && e.Discount <= 1):
		return nil, ml.BadConfig(where, "Discount", e.Discount, "above 0 and at most 1, or 0 for 1")
	case e.MaxSteps < 1:
		return nil, ml.BadConfig(where, "MaxSteps", e.MaxSteps, ">= 1, or 0 for 1000000")
	}
	masking, _ := p.(MaskedPolicy[O, A])
	act := func(env Env[O, A], obs O) (A, error) {
		if masking != nil {
			if m, ok := Ability[Masker](env); ok {
				valid := make([]bool, codesOf(env.Spec().Act))
				m.Mask(valid)
				return masking.ActMasked(obs, valid)
			}
		}
		return p.Act(obs)
	}
	s := &Scores{Returns: make([]float64, e.Episodes), Lengths: make([]int, e.Episodes)}
	// Environments go round between tasks: which of them plays an episode does not count, since Reset starts it from the episode's seed alone.
	spare := make(chan Env[O, A], e.Episodes)
	left := make([]bool, e.Episodes)
	err := par.Do(ctx, e.Episodes, func(ctx context.Context, i int) error {
		var env Env[O, A]
		select {
		case env = <-spare:
		default:
			var err error
			if env, err = m.Make(); err != nil {
				return err
			}
		}
		obs, err := env.Reset(rng.Key(e.Seed, uint64(i)))
		if err != nil {
			return err
		}
		weight := 1.0
		for s.Lengths[i] < e.MaxSteps {
			if s.Lengths[i]%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			action, err := act(env, obs)
			if err != nil {
				return err
			}
			step, err := env.Step(action)
			if err != nil {
				return err
			}
			s.Returns[i] += float64(weight * step.Reward)
			weight *= e.Discount
			s.Lengths[i]++
			if step.Done() {
				spare <- env
				return nil
			}
			obs = step.Obs
		}
		left[i] = true
		spare <- env
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		if l {
			s.Left++
		}
	}
	return s, nil
}

// Mean is the mean return.
func (s *Scores) Mean() float64 { return mean(s.Returns) }

// SD is the standard deviation of the returns, 0 for a single one.
func (s *Scores) SD() float64 {
	if len(s.Returns) < 2 {
		return 0
	}
	m, sum := s.Mean(), 0.0
	for _, r := range s.Returns {
		sum += float64((r - m) * (r - m))
	}
	return math.Sqrt(sum / float64(len(s.Returns)-1))
}

// Best and Worst are the extremes.
func (s *Scores) Best() float64 { return slices.Max(s.Returns) }

// Worst is the least return.
func (s *Scores) Worst() float64 { return slices.Min(s.Returns) }

// Interval is the mean return with a bootstrap interval: metrics.Bootstrap{} for 95 %.
func (s *Scores) Interval(b metrics.Bootstrap) (metrics.Interval, error) {
	return b.Of(len(s.Returns), func(weight []float64) float64 {
		sum, total := 0.0, 0.0
		for i, r := range s.Returns {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			sum += float64(w * r)
			total += w
		}
		return sum / total
	})
}

// String is such as "mean 487.30 ± 21.04 over 100 episodes, 412 to 500".
func (s *Scores) String() string {
	text := fmt.Sprintf("mean %.2f ± %.2f over %d episodes, %.6g to %.6g", s.Mean(), s.SD(), len(s.Returns), s.Worst(), s.Best())
	if s.Left > 0 {
		text += fmt.Sprintf(", %d left before their end", s.Left)
	}
	return text
}

// IQM is the interquartile mean of scores, such as those of several seeds: the mean without the lowest and the highest quarter, rounded down (Agarwal et al., "Deep
// Reinforcement Learning at the Edge of the Statistical Precipice", NeurIPS 2021). NaN for none.
func IQM(scores []float64) float64 {
	s := slices.Sorted(slices.Values(scores))
	cut := len(s) / 4
	return mean(s[cut : len(s)-cut])
}

// ProbabilityOfImprovement is how often a score of a exceeds one of b, ties counting half (the Mann-Whitney statistic; Agarwal et al. 2021). NaN if either is empty.
func ProbabilityOfImprovement(a, b []float64) float64 {
	wins := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				wins++
			case x == y:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(a)*len(b))
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
