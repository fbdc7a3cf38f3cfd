package tree

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/stretchr/testify/require"
)

// grownTree is a tree as internal/golden/tree_cart.py writes it: the nodes in the order of a walk, left branches first.
type grownTree struct {
	Feature, Samples                   []int
	Threshold, Impurity, Weight, Value []float64
	MissingLeft                        []bool `json:"missing_left"`
}

type cartGolden struct {
	X, Gaps         [][]float64
	Score, Counts   []float64
	Binary, Classes []int
	Both            [][]float64
	Weight, Whole   []float64
	Cases           map[string]struct {
		X, Y, Weight                   string
		Least                          int
		Tree                           grownTree
		Importance, Alphas, Impurities []float64
	}
}

// walked is the only tree of an ensemble in the same form.
func walked(e *Ensemble) grownTree {
	var g grownTree
	var visit func(i int)
	visit = func(i int) {
		n := e.Node(0, i)
		if n.Leaf() {
			n.Rule = 0
		}
		g.Feature, g.Samples = append(g.Feature, n.Feature), append(g.Samples, n.Samples)
		g.Threshold, g.Impurity, g.Weight = append(g.Threshold, n.Threshold), append(g.Impurity, n.Impurity), append(g.Weight, n.Cover)
		g.Value = append(g.Value, n.Value...)
		g.MissingLeft = append(g.MissingLeft, n.Rule&MissingLeft != 0)
		if !n.Leaf() {
			visit(n.Left)
			visit(n.Right)
		}
	}
	visit(0)
	return g
}

// lockstep compares trees from the root as far as they agree. Splits can lead to the same sum of distances from the medians though they divide the
// rows differently, and then rounding chooses in scikit-learn: where the trees part, the gains must be equal.
func lockstep(t *testing.T, want, got grownTree) {
	end := func(g grownTree, i int) int { // of the branch at i
		for open := 1; open > 0; i++ {
			if open--; g.Feature[i] >= 0 {
				open += 2
			}
		}
		return i
	}
	gain := func(g grownTree, i int) float64 {
		sum := g.Impurity[i] * g.Weight[i]
		for _, child := range []int{i + 1, end(g, i+1)} {
			sum -= g.Impurity[child] * g.Weight[child]
		}
		return sum
	}
	same := 0
	var visit func(i, k int)
	visit = func(i, k int) {
		require.Equal(t, want.Samples[i], got.Samples[k])
		require.InDelta(t, want.Impurity[i], got.Impurity[k], 1e-12)
		require.InDelta(t, want.Value[i], got.Value[k], 1e-12)
		same++
		require.Equal(t, want.Feature[i] < 0, got.Feature[k] < 0)
		if want.Feature[i] < 0 {
			return
		}
		if want.Feature[i] != got.Feature[k] || want.Threshold[i] != got.Threshold[k] {
			require.InDelta(t, gain(want, i), gain(got, k), 1e-10)
			return
		}
		require.Equal(t, want.MissingLeft[i], got.MissingLeft[k])
		visit(i+1, k+1)
		visit(end(want, i+1), end(got, k+1))
	}
	visit(0, 0)
	require.Greater(t, same, len(want.Feature)/2)
}

// Features, rows, thresholds and directions are equal; impurities, values and gains are sums of some hundred terms in another order.
func TestDecisionTreesAreScikitLearns(t *testing.T) {
	want := golden.Load[cartGolden](t, "testdata/cart.json")
	class := map[string]DecisionTreeClassifier{
		"gini": {}, "gini of four": {}, "gini deep": {}, "gini weights": {}, "gini of four weights": {}, "gini whole weights": {},
		"entropy": {Criterion: Entropy}, "log loss of four": {Criterion: LogLoss}, "entropy weights": {Criterion: Entropy},
		"balanced": {ClassWeight: ml.ClassWeight{Balanced: true}}, "weight fraction": {MinWeightFractionLeaf: 0.1}, "best first": {MaxLeaves: 9},
		"decrease": {MinImpurityDecrease: 0.01}, "depth": {MaxDepth: 3, MinSamplesSplit: 30}, "pruned": {CCPAlpha: 0.012},
		"missing": {}, "missing of four": {}, "missing entropy": {Criterion: Entropy}, "rising": {Monotone: []int{1, 0, -1, 0, 0}},
	}
	number := map[string]DecisionTreeRegressor{
		"squared": {}, "squared weights": {Criterion: Friedman}, "squared best first": {MaxLeaves: 12}, "squared missing": {},
		"squared rising": {Monotone: []int{1, -1, 0, 1, 0}}, "squared rising missing": {Monotone: []int{1, -1, 0, 1, 0}}, "squared pruned": {CCPAlpha: 0.01},
		"absolute": {Criterion: AbsoluteError}, "absolute weights": {Criterion: AbsoluteError}, "absolute missing": {Criterion: AbsoluteError},
		"poisson": {Criterion: Poisson}, "poisson weights": {Criterion: Poisson}, "several": {}, "several weights": {}, "several missing": {},
	}
	require.Equal(t, len(want.Cases), len(class)+len(number))
	for name, c := range want.Cases {
		t.Run(name, func(t *testing.T) {
			x := map[string][][]float64{"x": want.X, "gaps": want.Gaps}[c.X]
			m, err := tensor.FromRows(x)
			require.NoError(t, err)
			table := ml.Table{X: m, Weight: map[string][]float64{"weight": want.Weight, "whole": want.Whole}[c.Weight]}
			var e, whole *Ensemble
			fit := func(alpha func(float64) float64) *Ensemble {
				switch c.Y {
				case "binary", "classes":
					config, ok := class[name]
					require.True(t, ok)
					config.MinSamplesLeaf, config.CCPAlpha = c.Least, alpha(config.CCPAlpha)
					got, err := config.Fit(context.Background(), ml.Dataset[int]{Table: table, Y: map[string][]int{"binary": want.Binary, "classes": want.Classes}[c.Y]})
					require.NoError(t, err)
					return got.Ensemble
				case "both":
					config, ok := number[name]
					require.True(t, ok)
					config.MinSamplesLeaf = c.Least
					got, err := DecisionTreeMulti(config).Fit(context.Background(), ml.Dataset[[]float64]{Table: table, Y: want.Both})
					require.NoError(t, err)
					return got.Ensemble
				}
				config, ok := number[name]
				require.True(t, ok)
				config.MinSamplesLeaf, config.CCPAlpha = c.Least, alpha(config.CCPAlpha)
				got, err := config.Fit(context.Background(), ml.Dataset[float64]{Table: table, Y: map[string][]float64{"score": want.Score, "counts": want.Counts}[c.Y]})
				require.NoError(t, err)
				return got.Ensemble
			}
			e = fit(func(a float64) float64 { return a })
			if strings.HasPrefix(name, "absolute") {
				lockstep(t, c.Tree, walked(e))
				return
			}
			got := walked(e)
			require.Equal(t, c.Tree.Feature, got.Feature)
			require.Equal(t, c.Tree.Samples, got.Samples)
			for i, v := range c.Tree.Threshold {
				if math.IsInf(v, 1) { // everything but NaN
					c.Tree.Threshold[i] = math.MaxFloat64
				}
			}
			golden.Close(t, got.Threshold, c.Tree.Threshold, 1e-15, 0, "thresholds")
			require.Equal(t, c.Tree.MissingLeft, got.MissingLeft)
			golden.Close(t, got.Impurity, c.Tree.Impurity, 1e-10, 1e-12, "impurities")
			golden.Close(t, got.Weight, c.Tree.Weight, 1e-12, 0, "weights")
			golden.Close(t, got.Value, c.Tree.Value, 1e-11, 1e-13, "values")
			importance, err := e.Importances()
			require.NoError(t, err)
			golden.Close(t, importance, c.Importance, 1e-9, 1e-12, "importances")
			whole = fit(func(float64) float64 { return 0 })
			path, err := whole.CostPath()
			require.NoError(t, err)
			var alphas, impurities []float64
			for _, s := range path {
				alphas, impurities = append(alphas, s.Alpha), append(impurities, s.Impurity)
			}
			golden.Close(t, alphas, c.Alphas, 1e-8, 1e-13, "alphas") // differences of impurities
			golden.Close(t, impurities, c.Impurities, 1e-10, 1e-13, "impurities of the path")
		})
	}
}
