package ensemble

import (
	"math"
	"testing"
)

// Rounds are forgotten as often as the options say: all alike or by their weight, none in the rounds that Skip leaves out, one at least with AtLeast1, Max at the most.
func TestDropsAreDrawn(t *testing.T) {
	const draws = 4000
	weights := []float64{1, 0.5, 0.25, 1, 0.75, 0.5}
	for name, c := range map[string]struct {
		d    Dropout
		want func(s int) float64
		none float64 // share of the rounds that forget nothing; -1: not looked at
	}{
		"uniform":  {Dropout{Rate: 0.3}, func(int) float64 { return 0.3 }, math.Pow(0.7, 6)},
		"weighted": {Dropout{Rate: 0.3, Weighted: true}, func(s int) float64 { return 0.3 * weights[s] * 6 / 4 }, -1},
		"skip":     {Dropout{Rate: 0.3, Skip: 0.5}, func(int) float64 { return 0.15 }, 0.5 + 0.5*math.Pow(0.7, 6)},
		"one":      {Dropout{Rate: 1e-9, AtLeast1: true}, func(int) float64 { return 1.0 / 6 }, 0},
		"skip one": {Dropout{Rate: 1e-9, AtLeast1: true, Skip: 0.25}, func(int) float64 { return 0.75 / 6 }, 0.25},
		"most":     {Dropout{Rate: 1, Max: 2}, func(s int) float64 { return float64(1 - min(s/2, 1)) }, 0},
	} {
		if c.d.Max == 0 {
			c.d.Max = 50
		}
		b := &boosting{outputs: 1, p: boostParams{boostOptions: boostOptions{Dropout: c.d, ParallelTrees: 1, Seed: 3}}}
		for _, w := range weights {
			b.trees = append(b.trees, grownTree{weight: w})
		}
		var count [6]float64
		none := 0.0
		for round := range draws {
			dropped := b.drops(round)
			for _, s := range dropped {
				count[s] += 1.0 / draws
			}
			if dropped == nil {
				none += 1.0 / draws
			}
		}
		off := func(got, want float64) bool { return math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/draws)+1e-9 }
		for s, got := range count {
			if want := c.want(s); off(got, want) {
				t.Errorf("%s: round %d is forgotten in %v of the rounds, want %v", name, s, got, want)
			}
		}
		if c.none >= 0 && off(none, c.none) {
			t.Errorf("%s: nothing is forgotten in %v of the rounds, want %v", name, none, c.none)
		}
	}
}
