package bandit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/rl/ope"
)

// What is drawn is drawn as often as the propensities say: the sum of 1/propensity over the decisions for an arm is the number of decisions, for each arm.
func TestPropensitiesAreFrequencies(t *testing.T) {
	n := 4000
	if testing.Short() {
		n = 1000
	}
	everyPolicy(t, func(t *testing.T, p Policy, request func(int) Request) {
		b := newBandit(t, p, Options{Seed: 3, MinProb: 0.05}, names(4)...)
		sums, squares := make([]float64, 4), make([]float64, 4)
		for i := range n {
			d, err := b.Decide(request(i % 200))
			require.NoError(t, err)
			sums[d.Arm] += 1 / d.Propensity
			squares[d.Arm] += (1/d.Propensity - 1) / d.Propensity // estimates the variance of the sum
			if i < 300 {
				require.NoError(t, b.Reward(d.ID, coin(0.2+0.15*float64(d.Arm), d.ID)))
			}
		}
		for a := range 4 {
			require.InDelta(t, float64(n), sums[a], 5*math.Sqrt(squares[a])+1, "arm %d", a)
		}
	})
}

// The draws of shared Thompson sampling have the stated error around the integral: with one-hot features the shared model's arms are independent, and a policy with a model for
// each arm integrates their probabilities.
func TestSampledPropensitiesHaveTheStatedError(t *testing.T) {
	const samples = 400
	shared := newBandit(t, LinThompson{Samples: samples, Design: Design{Shared: true, NoIntercept: true}}, Options{}, names(3)...)
	own := newBandit(t, LinThompson{Design: Design{NoIntercept: true}}, Options{}, names(3)...)
	features := [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	for i := range 40 {
		r := coin(0.2+0.2*float64(i%3), uint64(i))
		require.NoError(t, shared.Learn(Request{Features: features}, i%3, 1, r))
		require.NoError(t, own.Learn(Request{Context: []float64{1}}, i%3, 1, r))
	}
	want, got := make([]float64, 3), make([]float64, 3)
	require.NoError(t, own.Probs(want, &ope.Round{Context: []float64{1}, Arms: names(3)}))
	deviations, rounds := 0.0, 300
	for k := range rounds {
		require.NoError(t, shared.Probs(got, &ope.Round{ID: uint64(k), Features: features}))
		for a := range 3 {
			deviations += (got[a] - want[a]) * (got[a] - want[a]) / (want[a] * (1 - want[a]) / samples)
		}
	}
	// mean squares in units of the stated variance: 1, and the mean of so many chi-squares is within 5 of its standard errors
	require.InDelta(t, 1, deviations/float64(3*rounds), 5*math.Sqrt(2/float64(rounds)))
}
