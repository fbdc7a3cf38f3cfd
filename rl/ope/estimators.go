package ope

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Estimator is a way to estimate a policy's mean reward from another's log: [IPS], [SNIPS], [DM], [DR], [SwitchDR] or [MRDR].
type Estimator interface {
	series(ctx context.Context, w *weighing) (series, error)
}

// A series is what an estimate is made of: the mean of num, or the ratio of the sums of num and den.
type series struct {
	num, den []float64
	// bounds of num by those of rewards and the largest weight; nil if there are none
	bounds func(lo, hi, weight float64) (float64, float64)
}

// IPS weighs each reward with target probability / propensity: inverse propensity scoring (Horvitz and Thompson, 1952). It is unbiased where the log's policy gave every candidate
// some probability that the target gives some, and of large variance where the weights are large.
type IPS struct {
	Clip float64 // weights above it are cut to it: less variance, and for rewards >= 0 a bias downwards; 0: none are
}

func (e IPS) series(_ context.Context, w *weighing) (series, error) {
	clip, err := clipOf("ope.IPS", e.Clip)
	if err != nil {
		return series{}, err
	}
	num := make([]float64, len(w.rounds))
	for i := range num {
		num[i] = min(w.weight[i], clip) * w.rounds[i].Reward
	}
	return series{num: num, bounds: func(lo, hi, weight float64) (float64, float64) {
		weight = min(weight, clip)
		return min(lo, 0) * weight, max(hi, 0) * weight
	}}, nil
}

func clipOf(where string, clip float64) (float64, error) {
	if !(clip >= 0 && clip <= math.MaxFloat64) {
		return 0, ml.BadConfig(where, "Clip", clip, ">= 0")
	}
	if clip == 0 {
		return math.Inf(1), nil
	}
	return clip, nil
}

// SNIPS divides the sum of the weighted rewards by the sum of the weights: self-normalised IPS (Swaminathan and Joachims, NeurIPS 2015). It is
// biased by a part in the number of rounds, stays within the rewards that were seen, and does not change when a number is added to all rewards.
type SNIPS struct{}

func (SNIPS) series(_ context.Context, w *weighing) (series, error) {
	num := make([]float64, len(w.rounds))
	for i := range num {
		num[i] = w.weight[i] * w.rounds[i].Reward
	}
	return series{num: num, den: w.weight}, nil
}

// DM is the direct method: the mean of what a model of the rewards expects of the target's choices. Its intervals do not know of the model's bias.
type DM struct {
	Rewards Rewards // nil: Regression{}
}

func (e DM) series(ctx context.Context, w *weighing) (series, error) {
	if err := w.expect(ctx, "ope.DM", e.Rewards); err != nil {
		return series{}, err
	}
	num := make([]float64, len(w.rounds))
	for i := range num {
		num[i] = w.direct(i)
	}
	return series{num: num}, nil
}

// DR is the doubly robust estimator: the direct method, corrected by the weighted residuals (Dudík, Langford and Li, "Doubly robust policy evaluation and learning", ICML
// 2011). It is unbiased if the propensities are right, whatever the model, and the better the model the smaller is its variance.
type DR struct {
	Clip    float64 // as IPS's; 0: none
	Rewards Rewards // nil: Regression{}
}

func (e DR) series(ctx context.Context, w *weighing) (series, error) {
	clip, err := clipOf("ope.DR", e.Clip)
	if err != nil {
		return series{}, err
	}
	if err := w.expect(ctx, "ope.DR", e.Rewards); err != nil {
		return series{}, err
	}
	num := make([]float64, len(w.rounds))
	for i := range num {
		num[i] = w.direct(i) + float64(min(w.weight[i], clip)*w.residual(i))
	}
	return series{num: num}, nil
}

// SwitchDR is [DR] that trusts the model alone where the weight is above Tau (Wang, Agarwal and Dudík, "Optimal and adaptive off-policy evaluation in contextual bandits",
// ICML 2017).
type SwitchDR struct {
	Tau     float64 // > 0; 0: of 21 quantiles of the weights, that with the least sum of variance and squared bound of the bias
	Rewards Rewards // nil: Regression{}
}

func (e SwitchDR) series(ctx context.Context, w *weighing) (series, error) {
	if !(e.Tau >= 0) {
		return series{}, ml.BadConfig("ope.SwitchDR", "Tau", e.Tau, ">= 0")
	}
	if err := w.expect(ctx, "ope.SwitchDR", e.Rewards); err != nil {
		return series{}, err
	}
	if e.Tau > 0 {
		return series{num: w.switched(e.Tau)}, nil
	}
	sorted := slices.Sorted(slices.Values(w.weight))
	largest := 0.0
	for i := range w.rounds {
		largest = max(largest, math.Abs(w.residual(i)))
	}
	var best []float64
	least := math.Inf(1)
	for k := range 21 {
		tau := sorted[k*(len(sorted)-1)/20]
		if k > 0 && tau == sorted[(k-1)*(len(sorted)-1)/20] {
			continue
		}
		num := w.switched(tau)
		_, variance := moments(num)
		beyond := 0.0 // the target's share of choices whose weight is above tau
		for _, v := range w.weight {
			if v > tau {
				beyond += v
			}
		}
		bias := largest * beyond / float64(len(num))
		if risk := variance/float64(len(num)) + bias*bias; risk < least {
			best, least = num, risk
		}
	}
	return series{num: best}, nil
}

func (w *weighing) switched(tau float64) []float64 {
	num := make([]float64, len(w.rounds))
	for i := range num {
		num[i] = w.direct(i)
		if w.weight[i] <= tau {
			num[i] += float64(w.weight[i] * w.residual(i))
		}
	}
	return num
}

// moments are the mean and the variance with n-1.
func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		variance += float64((v - mean) * (v - mean))
	}
	return mean, variance / float64(len(x)-1)
}
