package harness

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The logarithms of the ratios are 0, 0.2, 0.4: mean 0.2, standard deviation 0.2, and Student's 97.5 % quantile of two degrees
// of freedom is 4.302653 (Fisher and Yates, table III), so the half width is 4.302653·0.2/√3 = 0.4968275.
func TestIntervalIsStudentsOfTheLogarithms(t *testing.T) {
	r := PairedRatio([]float64{1, math.Exp(0.2), 3 * math.Exp(0.4)}, []float64{1, 1, 3})
	assert.InDelta(t, math.Exp(0.2), r.Mean, 1e-12)
	assert.InDelta(t, math.Exp(0.2-0.4968275), r.Low, 1e-6)
	assert.InDelta(t, math.Exp(0.2+0.4968275), r.High, 1e-6)
}

func TestDriftOfBothSidesCancels(t *testing.T) {
	r := PairedRatio([]float64{1, 10, 100}, []float64{2, 20, 200})
	assert.InDelta(t, 0.5, r.Low, 1e-12)
	assert.InDelta(t, 0.5, r.High, 1e-12)
}

func TestOneRoundProvesNothing(t *testing.T) {
	assert.Equal(t, "open", PairedRatio([]float64{1}, []float64{100}).Verdict(1))
}

// 2000 experiments of 7 rounds with log-normal noise: 95 % of the intervals hold the true ratio. Three standard errors of that
// share are 1.5 %.
func TestIntervalHoldsTheTrueRatioNinetyFiveTimesInAHundred(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const runs, rounds, truth = 2000, 7, 0.8
	held := 0
	for range runs {
		ours, theirs := make([]float64, rounds), make([]float64, rounds)
		for i := range ours {
			ours[i], theirs[i] = truth*math.Exp(0.1*rng.NormFloat64()), math.Exp(0.05*rng.NormFloat64())
		}
		if r := PairedRatio(ours, theirs); r.Low <= truth && truth <= r.High {
			held++
		}
	}
	assert.InDelta(t, 0.95, float64(held)/runs, 0.015)
}

func TestVerdictNeedsTheWholeInterval(t *testing.T) {
	r := Ratio{0.5, 0.4, 0.6}
	assert.Equal(t, "holds", r.Verdict(0.61))
	assert.Equal(t, "open", r.Verdict(0.6))
	assert.Equal(t, "open", r.Verdict(0.4))
	assert.Equal(t, "fails", r.Verdict(0.39))
}

func TestBusyLeavesOutIdleTimeAndDisks(t *testing.T) {
	s, ok := parseBusy("cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 2 3\n")
	assert.True(t, ok)
	assert.InDelta(t, 1.71, s, 1e-12)
	for _, bad := range []string{"", "cpu 1 2 3\n", "intr 1 2 3 4 5 6 7 8 9\n", "cpu a 2 3 4 5 6 7 8\n"} {
		_, ok := parseBusy(bad)
		assert.False(t, ok, bad)
	}
}
