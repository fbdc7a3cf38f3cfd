package rl

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

// SeedScores are the mean returns that one configuration got with several seeds: a learner that is tried with one seed has not been tried.
type SeedScores struct {
	Seeds []uint64
	Means []float64 // of the episodes of each seed
}

// EvaluateSeeds fits with each seed and plays what comes out on environments of its own, with episodes that no training has seen. fit is usually one line:
//
//	func(ctx context.Context, seed uint64) (*rl.DiscretePolicy, error) { return rl.PPO{Seed: seed}.Fit(ctx, rl.CartPole{}) }
//
// The episodes are those of e.Seed, the same for each seed.
func EvaluateSeeds[O, A any, P Policy[O, A]](ctx context.Context, seeds []uint64, fit func(ctx context.Context, seed uint64) (P, error), m Maker[O, A], e Evaluation) (*SeedScores, error) {
	s := &SeedScores{Seeds: slices.Clone(seeds)}
	for i, seed := range seeds {
		p, err := fit(ml.WithTask(ctx, "seed", i, len(seeds)), seed)
		if err != nil {
			return nil, err
		}
		scores, err := Evaluate(ctx, Policy[O, A](p), m, e)
		if err != nil {
			return nil, err
		}
		s.Means = append(s.Means, scores.Mean())
	}
	return s, nil
}

// IQM is the interquartile mean over the seeds.
func (s *SeedScores) IQM() float64 { return IQM(s.Means) }

// Interval is the interquartile mean with a bootstrap interval over the seeds: metrics.Bootstrap{} for 95 %.
func (s *SeedScores) Interval(b metrics.Bootstrap) (metrics.Interval, error) {
	return b.Of(len(s.Means), func(weight []float64) float64 {
		if weight == nil {
			return IQM(s.Means)
		}
		var again []float64
		for i, w := range weight {
			for range int(w) {
				again = append(again, s.Means[i])
			}
		}
		return IQM(again)
	})
}

// Reached counts the seeds whose mean is at least bar.
func (s *SeedScores) Reached(bar float64) int {
	n := 0
	for _, v := range s.Means {
		if v >= bar {
			n++
		}
	}
	return n
}
