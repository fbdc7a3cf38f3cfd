package ensemble_test

import (
	"context"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/ensemble"
)

// Gains of pairs sum to the total gain; stumps gain alone; a tree by hand shares as it says; columns that are kept apart share nothing.
func TestInteractionGains(t *testing.T) {
	ctx := context.Background()
	d := friedman(500, 3)
	for _, c := range []ensemble.GradientBoostingRegressor{{Trees: 10}, {Trees: 10, MaxLeaves: 2}, {Trees: 10, Interactions: [][]int{{0, 1, 2}, {3, 4, 5, 6, 7, 8, 9}}}} {
		m := must(c.Fit(ctx, d))
		g, total := must(ensemble.InteractionGains(m)), must(ensemble.Importances(m, ensemble.TotalGain))
		want, sum, pairs, apart := 0.0, 0.0, 0.0, 0.0
		for i, v := range total {
			want += v
			for j := range i + 1 {
				if g.At(i, j) != g.At(j, i) {
					t.Fatalf("not symmetric in %d and %d", i, j)
				}
				sum += g.At(i, j)
				if j < i {
					pairs += g.At(i, j)
				}
				if j < 3 && i >= 3 {
					apart += g.At(i, j)
				}
			}
		}
		if math.Abs(sum-want) > 1e-9*want {
			t.Errorf("%+v: the sum is %v, total gain %v", c, sum, want)
		}
		if (pairs == 0) != (c.MaxLeaves == 2) || (apart == 0) != (c.MaxLeaves == 2 || c.Interactions != nil) {
			t.Errorf("%+v: pairs gain %v, those apart %v", c, pairs, apart)
		}
	}
	m := must(ensemble.GradientBoostingRegressor{Trees: 1, MaxLeaves: 5}.Fit(ctx, d))
	g, want := must(ensemble.InteractionGains(m)), [10][10]float64{}
	var walk func(i int, above map[int]bool)
	walk = func(i int, above map[int]bool) {
		n := m.Ensemble.Node(0, i)
		if n.Leaf() {
			return
		}
		others := map[int]bool{}
		for j := range above {
			if j != n.Feature {
				others[j] = true
			}
		}
		if len(others) == 0 {
			want[n.Feature][n.Feature] += n.Gain
		}
		for j := range others {
			want[n.Feature][j] += n.Gain / float64(len(others))
			want[j][n.Feature] += n.Gain / float64(len(others))
		}
		below := map[int]bool{n.Feature: true}
		for j := range above {
			below[j] = true
		}
		walk(n.Left, below)
		walk(n.Right, below)
	}
	walk(0, nil)
	for i := range want {
		for j, v := range want[i] {
			if math.Abs(g.At(i, j)-v) > 1e-9*(1+v) {
				t.Errorf("columns %d and %d gain %v, want %v", i, j, g.At(i, j), v)
			}
		}
	}
}
