package ope

import "context"

// MRDR is [DR] whose model is fitted for small variance of the estimate instead of small errors: more robust doubly robust (Farajtabar, Chow and Ghavamzadeh, ICML 2018). An error of
// the model at a choice of weight w and propensity p costs w²(1-p), so that is what its round weighs in the regression; the products of errors of
// different candidates, which the paper's objective has for policies that are not deterministic, are left out.
type MRDR struct {
	Clip       float64    // as IPS's; 0: none
	Regression Regression // the model; a base that takes no weights is an error of its own
}

func (e MRDR) series(ctx context.Context, w *weighing) (series, error) {
	weight, sum := make([]float64, len(w.rounds)), 0.0
	for i, v := range w.weight {
		weight[i] = v * v * (1 - w.rounds[i].Propensity)
		sum += weight[i]
	}
	if sum > 0 { // a mean of 1, which penalties are meant for
		for i := range weight {
			weight[i] *= float64(len(weight)) / sum
		}
	} else {
		weight = nil // the target's choices were certain, or were never made: nothing is better than the plain fit
	}
	q, err := e.Regression.expect(ctx, w.rounds, weight)
	if err != nil {
		return series{}, err
	}
	return DR{Clip: e.Clip, Rewards: known(q)}.series(ctx, w)
}

// known are expected rewards that were computed before.
type known [][]float64

func (k known) Expect(context.Context, []Round) ([][]float64, error) { return k, nil }
