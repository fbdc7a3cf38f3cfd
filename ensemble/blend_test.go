package ensemble_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

func ridgeAndMean() []ml.AnyRegressor {
	return []ml.AnyRegressor{ml.Regress(linear.Ridge{Alpha: 1}), ml.Regress(selection.DummyRegressor{})}
}

func TestSuperLearnerLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.SuperLearnerClassifier{Bases: []ml.AnyClassifier{ml.Classify(bayes.GaussianNB{}), ml.Decide(linear.RidgeClassifier{Alpha: 1})}, Splitter: selection.StratifiedKFold{K: 2}}, foldsOfRows()...)
	mltest.Regressor(t, ensemble.SuperLearnerRegressor{Bases: ridgeAndMean(), Splitter: selection.KFold{K: 2}}, foldsOfRows()...)
}

func TestGreedySelectionLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.GreedySelectionClassifier{Bases: []ml.AnyClassifier{ml.Classify(bayes.GaussianNB{}), ml.Decide(linear.RidgeClassifier{Alpha: 1})}, Splitter: selection.StratifiedKFold{K: 2}, Rounds: 4}, foldsOfRows()...)
	mltest.Regressor(t, ensemble.GreedySelectionRegressor{Bases: ridgeAndMean(), Splitter: selection.KFold{K: 2}, Rounds: 3, Bags: 2}, foldsOfRows()...)
}

func TestSuperLearnerWeightsAreSciPys(t *testing.T) {
	want := loadMeta(t)
	d := datasets.Diabetes()
	three := []ml.AnyRegressor{ml.Regress(linear.Ridge{Alpha: 0.1}), ml.Regress(tree.DecisionTreeRegressor{MaxDepth: 3}), ml.Regress(linear.OLS{})}
	m := must(ensemble.SuperLearnerRegressor{Bases: three}.Fit(ctx, d))
	require.InDeltaSlice(t, listOf(want["super"]), m.Weights, 1e-7)
	iris, _ := scored("iris")
	c := must(ensemble.SuperLearnerClassifier{Bases: []ml.AnyClassifier{logistic(1), ml.Classify(bayes.GaussianNB{}), ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 2})}}.Fit(ctx, iris))
	require.InDeltaSlice(t, listOf(want["super iris"]), c.Weights, 1e-5)
}

// Greedy selection by brute force: every mixture of the same size, on the same cross-fitted probabilities, is no better than what a long climb finds, and the climb never ends below the best
// single estimator.
func TestGreedySelectionClimbs(t *testing.T) {
	d := noisy(300, 9)
	list := []ml.AnyClassifier{ml.Classify(bayes.GaussianNB{}), ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 2}), onNoise()}
	m := must(ensemble.GreedySelectionClassifier{Bases: list, Rounds: 40}.Fit(ctx, d))
	sum := 0.0
	for _, w := range m.Weights {
		sum += w
	}
	require.InDelta(t, 1, sum, 1e-12)
	require.Less(t, m.Weights[2], 0.1, "a tree that knows noise alone")

	said := make([][]float64, len(list))
	for i, e := range list {
		p := must(selection.CrossOutput(ctx, e, d, selection.StratifiedKFold{}, func(m ml.Classifier, x tensor.Matrix) (*tensor.Tensor[float64], error) {
			return m.PredictProba(x)
		}))
		for r := range d.Rows() {
			said[i] = append(said[i], p.Row(r)[1])
		}
	}
	loss := func(w []float64) float64 {
		p := make([]float64, d.Rows())
		for r := range p {
			for i := range w {
				p[r] += w[i] * said[i][r]
			}
		}
		sum := 0.0
		for r, y := range d.Y {
			q := p[r]
			if y == 0 {
				q = 1 - q
			}
			sum -= math.Log(max(q, 1e-15))
		}
		return sum / float64(len(p))
	}
	best := 1e9
	for a := 0.0; a <= 1.001; a += 0.025 {
		for b := 0.0; a+b <= 1.001; b += 0.025 {
			best = min(best, loss([]float64{a, b, max(1-a-b, 0)}))
		}
	}
	require.Less(t, loss(m.Weights), best+2e-3)
	require.LessOrEqual(t, loss(m.Weights), loss([]float64{1, 0, 0})+1e-12)
	bags := must(ensemble.GreedySelectionClassifier{Bases: list, Rounds: 10, Bags: 6, Seed: 1}.Fit(ctx, d))
	require.Greater(t, bags.Weights[0], 0.0)
	accuracy := must(ensemble.GreedySelectionClassifier{Bases: list, Rounds: 10, Scorer: selection.Accuracy{}}.Fit(ctx, d))
	test := noisy(1000, 10)
	require.Greater(t, metrics.Accuracy(test.Y, must(accuracy.Predict(test.X))), 0.75)
}
