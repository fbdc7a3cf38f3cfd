package bandit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/rng"
)

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("arm%d", i)
	}
	return out
}

func newBandit(t testing.TB, p Policy, o Options, arms ...string) *Bandit {
	t.Helper()
	b, err := New(p, o, arms...)
	require.NoError(t, err)
	return b
}

// all are the policies without contexts, and linear those with one; features says which of these want features.
func plainPolicies() map[string]Policy {
	return map[string]Policy{
		"EpsilonGreedy": EpsilonGreedy{Decay: 0.01}, "EpsilonGreedyDiscounted": EpsilonGreedy{Discount: 0.99}, "Softmax": Softmax{}, "Gradient": Gradient{},
		"UCB1": UCB1{}, "UCBTuned": UCBTuned{}, "KLUCB": KLUCB{C: 3}, "BayesUCB": BayesUCB{C: 1}, "SlidingWindowUCB": SlidingWindowUCB{Window: 50}, "DiscountedUCB": DiscountedUCB{},
		"ThompsonBeta": ThompsonBeta{}, "ThompsonBetaDiscounted": ThompsonBeta{Discount: 0.98}, "ThompsonGaussian": ThompsonGaussian{}, "EXP3": EXP3{}, "EXP3Mixed": EXP3{LearningRate: 0.05, Explore: 0.1}, "EXP3IX": EXP3IX{},
	}
}

func linearPolicies() map[string]Policy {
	return map[string]Policy{
		"LinUCB": LinUCB{}, "LinUCBDecay": LinUCB{Design: Design{Decay: 0.99, NoIntercept: true}}, "LinThompson": LinThompson{}, "LogisticThompson": LogisticThompson{},
		"Bagging": Bagging{}, "SquareCB": SquareCB{}, "LinEpsilonGreedy": LinEpsilonGreedy{},
	}
}

func sharedPolicies() map[string]Policy {
	d := Design{Shared: true, Interact: true}
	return map[string]Policy{
		"LinUCB": LinUCB{Design: d}, "LinThompson": LinThompson{Design: d}, "LogisticThompson": LogisticThompson{Design: d}, "Bagging": Bagging{Design: d},
		"SquareCB": SquareCB{Design: d}, "LinEpsilonGreedy": LinEpsilonGreedy{Design: d}, "HybridLinUCB": HybridLinUCB{},
	}
}

// everyPolicy calls f with each policy and a maker of requests for four arms that fit it.
func everyPolicy(t *testing.T, f func(t *testing.T, p Policy, request func(i int) Request)) {
	t.Helper()
	numbers := func(n int, key ...uint64) []float64 {
		x := make([]float64, n)
		rng.Normal(rng.New(7, rng.Key(1, key...)), x, 0, 1)
		return x
	}
	for name, p := range plainPolicies() {
		t.Run(name, func(t *testing.T) { f(t, p, func(int) Request { return Request{} }) })
	}
	for name, p := range linearPolicies() {
		t.Run(name, func(t *testing.T) { f(t, p, func(i int) Request { return Request{Context: numbers(3, uint64(i))} }) })
	}
	for name, p := range sharedPolicies() {
		t.Run("Shared"+name, func(t *testing.T) {
			f(t, p, func(i int) Request {
				r := Request{Context: numbers(3, uint64(i)), Arms: []int{0, 1, 2, 3}}
				for a := range 4 {
					r.Features = append(r.Features, numbers(2, uint64(i), uint64(a)))
				}
				return r
			})
		})
	}
}

// coin is a reward of 0 or 1 with probability p, of its own for each decision.
func coin(p float64, key ...uint64) float64 {
	if unit(rng.Key(99, key...)) < p {
		return 1
	}
	return 0
}
