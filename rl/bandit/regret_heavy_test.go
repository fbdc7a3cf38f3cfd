//go:build heavy

package bandit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// Longer, over 100 seeds, on two arms and on the ten arms of low rates of Garivier and Cappé (2011).
func TestRegretOnCoinsHeavy(t *testing.T) {
	t.Run("two", func(t *testing.T) { regretOnCoins(t, []float64{0.9, 0.8}, 10000, 100) })
	t.Run("ten", func(t *testing.T) {
		rates := []float64{0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01}
		const rounds, seeds = 10000, 100
		bound := laiRobbins(rates) * math.Log(rounds)
		regret := map[string]float64{}
		for name, p := range map[string]Policy{"UCB1": UCB1{}, "KLUCB": KLUCB{}, "ThompsonBeta": ThompsonBeta{}} {
			half, all := coins(t, p, rates, rounds, seeds)
			regret[name] = all
			t.Logf("%-14s %7.2f after half, %7.2f after all; Lai and Robbins %.2f, UCB1's bound %.1f", name, half, all, bound, auer(rates, rounds))
		}
		require.Less(t, regret["UCB1"], auer(rates, rounds))
		// logarithms of so few rounds leave a constant: within twice the bound's leading term
		require.Less(t, regret["KLUCB"], 2*bound)
		require.Less(t, regret["ThompsonBeta"], 2*bound)
		require.Less(t, regret["ThompsonBeta"], regret["UCB1"])
	})
}

func TestLinearRegretIsSublinearHeavy(t *testing.T) {
	for name, p := range linearPolicies() {
		linearRegret(t, name, p, false, 4000, 100)
	}
}

func TestForgettingFollowsAChangeHeavy(t *testing.T) { forgetting(t, 10000, 100) }
