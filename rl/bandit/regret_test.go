package bandit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// coins plays arms with fixed success rates and returns the expected regret of what was chosen, after half of the rounds and after all, over seeds.
func coins(t testing.TB, p Policy, rates []float64, rounds, seeds int) (half, all float64) {
	t.Helper()
	top := 0.0
	for _, r := range rates {
		top = max(top, r)
	}
	for seed := range seeds {
		b := newBandit(t, p, Options{Seed: uint64(seed)}, names(len(rates))...)
		for i := range rounds {
			d, err := b.Decide(Request{})
			require.NoError(t, err)
			all += (top - rates[d.Arm]) / float64(seeds)
			if err := b.Reward(d.ID, coin(rates[d.Arm], uint64(seed), d.ID)); err != nil {
				t.Fatal(err)
			}
			if i < rounds/2 {
				half += (top - rates[d.Arm]) / float64(seeds)
			}
		}
	}
	return half, all
}

// laiRobbins is the factor of ln T in the least regret that is possible: Σ Δ/kl(rate, best).
func laiRobbins(rates []float64) float64 {
	top, sum := 0.0, 0.0
	for _, r := range rates {
		top = max(top, r)
	}
	for _, r := range rates {
		if r < top {
			kl := r*math.Log(r/top) + (1-r)*math.Log((1-r)/(1-top))
			sum += (top - r) / kl
		}
	}
	return sum
}

// auer is the bound of UCB1's expected regret: Theorem 1 of Auer, Cesa-Bianchi and Fischer.
func auer(rates []float64, rounds int) float64 {
	top, sum := 0.0, 0.0
	for _, r := range rates {
		top = max(top, r)
	}
	for _, r := range rates {
		if r < top {
			sum += 8*math.Log(float64(rounds))/(top-r) + (1+math.Pi*math.Pi/3)*(top-r)
		}
	}
	return sum
}

// The scenario of two arms in Garivier and Cappé (2011). The policies that are asymptotically optimal are near the bound of Lai and Robbins.
func TestRegretOnCoins(t *testing.T) {
	rates, rounds, seeds := []float64{0.9, 0.8}, 2000, 100
	if testing.Short() {
		rounds, seeds = 500, 20
	}
	regretOnCoins(t, rates, rounds, seeds)
}

func regretOnCoins(t *testing.T, rates []float64, rounds, seeds int) {
	bound := laiRobbins(rates) * math.Log(float64(rounds))
	worst := 0.0
	for _, r := range rates {
		worst += (rates[0] - r) / float64(len(rates)) * float64(rounds)
	}
	regret := map[string]float64{}
	for name, p := range map[string]Policy{"UCB1": UCB1{}, "UCBTuned": UCBTuned{}, "KLUCB": KLUCB{}, "ThompsonBeta": ThompsonBeta{}, "BayesUCB": BayesUCB{}} {
		half, all := coins(t, p, rates, rounds, seeds)
		regret[name] = all
		t.Logf("%-14s %7.2f after %d rounds, %7.2f after %d; Lai and Robbins %.2f, UCB1's bound %.1f, uniform %.1f", name, half, rounds/2, all, rounds, bound, auer(rates, rounds), worst)
		require.Less(t, all, 1.9*half, name) // less than proportional
	}
	require.Less(t, regret["UCB1"], auer(rates, rounds))
	for _, name := range []string{"KLUCB", "ThompsonBeta", "BayesUCB"} {
		require.Less(t, regret[name], 1.5*bound, name)
		require.Less(t, regret[name], regret["UCB1"], name)
	}
	require.Less(t, regret["UCBTuned"], regret["UCB1"])
}

// The other policies learn, too: well below choosing at random.
func TestAllPlainPoliciesLearn(t *testing.T) {
	rates, rounds, seeds := []float64{0.3, 0.5, 0.8}, 600, 30
	if testing.Short() {
		seeds = 5
	}
	uniform := (0.5 + 0.3) / 3 * float64(rounds)
	for name, p := range plainPolicies() {
		share := 0.5
		if name == "SlidingWindowUCB" || name == "DiscountedUCB" { // they forget on purpose
			share = 0.75
		}
		_, all := coins(t, p, rates, rounds, seeds)
		t.Logf("%-24s %.1f of %.1f", name, all, uniform)
		require.Less(t, all, share*uniform, name)
	}
}

// An adversary who knows how UCB works: rewards are set before, and the arm that was best for long is the worst afterwards. EXP3 keeps its bound against the best
// fixed arm on any sequence.
func TestEXP3AgainstAnAdversary(t *testing.T) {
	const k = 4
	rounds, seeds := 1500, 100
	if testing.Short() {
		rounds, seeds = 400, 20
	}
	sequences := map[string]func(i, arm int) float64{
		"stochastic": func(i, arm int) float64 { return coin(0.4+0.1*float64(arm), 5, uint64(i), uint64(arm)) },
		"phases":     func(i, arm int) float64 { return float64(min(1, max(0, 1-(i/37+arm)%k))) },
		"switch": func(i, arm int) float64 { // arm 0 is good for a third of the time, arm 1 for the rest
			if (i < rounds/3) == (arm == 0) && arm < 2 {
				return 1
			}
			return 0
		},
	}
	for name, reward := range sequences {
		fixed := make([]float64, k)
		for i := range rounds {
			for a := range k {
				fixed[a] += reward(i, a)
			}
		}
		best := 0.0
		for _, v := range fixed {
			best = max(best, v)
		}
		horizon := math.Sqrt(2 * math.Log(k) / (float64(rounds) * k))
		for which, p := range map[string]Policy{"EXP3": EXP3{LearningRate: horizon}, "EXP3 anytime": EXP3{}, "EXP3IX": EXP3IX{}} {
			regret := 0.0
			for seed := range seeds {
				b := newBandit(t, p, Options{Seed: uint64(seed)}, names(k)...)
				got := 0.0
				for i := range rounds {
					d, err := b.Decide(Request{})
					require.NoError(t, err)
					r := reward(i, d.Arm)
					got += r
					require.NoError(t, b.Reward(d.ID, r))
				}
				regret += (best - got) / float64(seeds)
			}
			bound := math.Sqrt(2 * float64(rounds) * k * math.Log(k))
			if which != "EXP3" {
				bound *= math.Sqrt2 // the price of not knowing the horizon: 2 sqrt(T K ln K)
			}
			t.Logf("%-11s %-13s regret %7.1f, bound %.1f", name, which, regret, bound)
			require.Less(t, regret, bound, "%s %s", name, which)
		}
	}
}

// The abruptly changing problem of Garivier and Moulines (2011), with their settings: policies that forget get less regret than the same index without, which has all the past
// to outweigh.
func TestForgettingFollowsAChange(t *testing.T) {
	rounds, seeds := 4000, 20
	if testing.Short() {
		rounds, seeds = 2000, 5
	}
	forgetting(t, rounds, seeds)
}

func forgetting(t *testing.T, rounds, seeds int) {
	rate := func(i, arm int) float64 {
		if arm == 2 && i >= 3*rounds/10 && i < rounds/2 {
			return 0.9
		}
		return []float64{0.5, 0.3, 0.4}[arm]
	}
	regret := map[string]float64{}
	window := int(2 * math.Sqrt(float64(rounds)*math.Log(float64(rounds))/2))
	discount := 1 - math.Sqrt(2/float64(rounds))/4
	for name, p := range map[string]Policy{"UCB1": UCB1{Explore: 0.5}, "SlidingWindowUCB": SlidingWindowUCB{Window: window}, "DiscountedUCB": DiscountedUCB{Discount: discount, Explore: 0.5},
		"ThompsonBeta": ThompsonBeta{}, "ThompsonBeta discounted": ThompsonBeta{Discount: discount}} {
		if p, ok := p.(ThompsonBeta); ok && testing.Short() && p.Discount >= 0 {
			continue
		}
		for seed := range seeds {
			b := newBandit(t, p, Options{Seed: uint64(seed)}, names(3)...)
			for i := range rounds {
				d, err := b.Decide(Request{})
				require.NoError(t, err)
				regret[name] += (max(rate(i, 0), rate(i, 2)) - rate(i, d.Arm)) / float64(seeds)
				require.NoError(t, b.Reward(d.ID, coin(rate(i, d.Arm), uint64(seed), d.ID)))
			}
		}
		t.Logf("%-24s %.1f", name, regret[name])
	}
	require.Less(t, regret["SlidingWindowUCB"], 0.85*regret["UCB1"])
	require.Less(t, regret["DiscountedUCB"], 0.85*regret["UCB1"])
	require.LessOrEqual(t, regret["ThompsonBeta discounted"], 0.85*regret["ThompsonBeta"])
}

// A linear world: each arm has coefficients of its own, or all share those of the features. Regret grows less than in proportion to time, and stays far
// below choosing at random.
func TestLinearRegretIsSublinear(t *testing.T) {
	rounds, seeds := 800, 12
	if testing.Short() {
		rounds, seeds = 500, 4
	}
	for name, p := range linearPolicies() {
		linearRegret(t, name, p, false, rounds, seeds)
	}
	for name, p := range sharedPolicies() {
		linearRegret(t, "shared "+name, p, true, rounds, seeds)
	}
}

func linearRegret(t *testing.T, name string, p Policy, shared bool, rounds, seeds int) {
	const d, k = 4, 5
	first, second, uniform := 0.0, 0.0, 0.0
	for seed := range seeds {
		r := rng.New(17, uint64(seed))
		theta := make([]float64, k*d)
		rng.Normal(r, theta, 0, 1)
		features := make([][]float64, k) // one-hot: the shared model with all products is then the arms' own
		for a := range features {
			features[a] = make([]float64, k)
			features[a][a] = 1
		}
		b := newBandit(t, p, Options{Seed: uint64(seed)}, names(k)...)
		x := make([]float64, d)
		for i := range rounds {
			rng.Normal(r, x, 0, 1/math.Sqrt(d))
			q := Request{Context: x}
			if shared {
				q.Features, q.Arms = features, []int{0, 1, 2, 3, 4}
			}
			mean := func(arm int) float64 { return 1 / (1 + math.Exp(-2*dot(theta[arm*d:(arm+1)*d], x))) }
			best, sum := 0.0, 0.0
			for a := range k {
				best, sum = max(best, mean(a)), sum+mean(a)/k
			}
			dec, err := b.Decide(q)
			require.NoError(t, err)
			loss := best - mean(dec.Arm)
			uniform += best - sum
			if i < rounds/2 {
				first += loss
			} else {
				second += loss
			}
			require.NoError(t, b.Reward(dec.ID, coin(mean(dec.Arm), uint64(seed), dec.ID)))
		}
	}
	t.Logf("%-24s first half %6.1f, second %6.1f, at random %6.1f", name, first/float64(seeds), second/float64(seeds), uniform/2/float64(seeds))
	require.Less(t, second, 0.9*first, name)
	share := 0.5
	if testing.Short() {
		share = 0.65
	}
	require.Less(t, second, share*uniform/2, name)
}
