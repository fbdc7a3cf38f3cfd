package ensemble_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// foldsOfRows are for estimators that cross-fit.
func foldsOfRows() []mltest.Option {
	return []mltest.Option{
		mltest.Waive(mltest.RepeatedRows, "the copies of a row are in several folds"),
		mltest.Waive(mltest.RowOrder, "folds are of rows in their order"),
	}
}

func TestVotingLaws(t *testing.T) {
	three := []ml.AnyClassifier{ml.Decide(linear.LinearSVC{}), ml.Classify(bayes.GaussianNB{}), ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 2})}
	mltest.Classifier(t, ensemble.VotingClassifier{Bases: three})
	mltest.Classifier(t, ensemble.VotingClassifier{Bases: three[1:], Soft: true, Weights: []float64{1, 2}})
	mltest.Regressor(t, ensemble.VotingRegressor{Bases: ridgeAndMean(), Weights: []float64{1, 3}})
}

func TestStackingLaws(t *testing.T) {
	three := []ml.AnyClassifier{ml.Decide(linear.LinearSVC{}), ml.Classify(bayes.GaussianNB{})}
	mltest.Classifier(t, ensemble.StackingClassifier{Bases: three, Splitter: selection.StratifiedKFold{K: 2}}, foldsOfRows()...)
	mltest.Classifier(t, ensemble.StackingClassifier{Bases: three[1:], Splitter: selection.StratifiedKFold{K: 2}, PassThrough: true}, foldsOfRows()...)
	mltest.Regressor(t, ensemble.StackingRegressor{Bases: ridgeAndMean(), Splitter: selection.KFold{K: 2}}, foldsOfRows()...)
	mltest.MultiRegressor(t, ensemble.StackingMultiRegressor{Bases: []ml.AnyMultiRegressor{ml.RegressMulti(linear.RidgeMulti{Alpha: 1})}, Splitter: selection.KFold{K: 2}, Final: ml.RegressMulti(linear.RidgeMulti{Alpha: 1}), PassThrough: true}, foldsOfRows()...)
}

// noisy has two columns that tell the classes apart, and eight of noise.
func noisy(n int, seed uint64) ml.Dataset[int] {
	r := rng.New(seed, 0)
	x, y := tensor.New[float64](n, 10), make([]int, n)
	for i := range n {
		row := x.Row(i)
		rng.Normal(r, row, 0, 1)
		if row[0]+row[1]+r.NormFloat64() > 0 {
			y[i] = 1
		}
	}
	return ml.Data(x, y)
}

// onNoise is a tree that learns the noise of its training rows by heart.
func onNoise() ml.AnyClassifier {
	return ml.Decide(ml.Pipe(ml.Stage(features.Columns{Parts: []features.Part{{Columns: features.ByIndex{2, 3, 4, 5, 6, 7, 8, 9}}}}), tree.DecisionTreeClassifier{}))
}

func TestStackingDoesNotLeak(t *testing.T) {
	d, test := noisy(600, 1), noisy(2000, 2)
	signal := ml.Classify(linear.LogisticRegression{})
	score := func(m ml.Predictor[int]) float64 { return metrics.Accuracy(test.Y, must(m.Predict(test.X))) }
	alone := score(must(signal.Fit(ctx, d)))
	stack := must(ensemble.StackingClassifier{Bases: []ml.AnyClassifier{signal, onNoise()}}.Fit(ctx, d))
	coef := stack.Final.(*linear.LogisticModel).Coef.Data()
	require.Greater(t, coef[0], 2.0, "what knows something is trusted")
	require.Less(t, math.Abs(coef[1]), 0.5, "what learned noise by heart is not")
	require.Greater(t, score(stack), alone-0.01)

	// The same tree, fitted to the rows that it is judged by, would be trusted: the test can tell.
	heart := ml.Decide(selection.FrozenClassifier{Model: must(onNoise().Fit(ctx, d))})
	leaky := must(ensemble.StackingClassifier{Bases: []ml.AnyClassifier{signal, heart}}.Fit(ctx, d))
	require.Greater(t, leaky.Final.(*linear.LogisticModel).Coef.Data()[1], 3.0)
	require.Less(t, score(leaky), alone-0.1)
}

func TestStackingKeepsGroupsWhole(t *testing.T) {
	// Column 0 is the group, and the class is the group's: a tree knows it from any other row of the group.
	d := noisy(240, 3)
	d.Group = make([]int, d.Rows())
	r := rng.New(4, 0)
	class := rng.Perm(r, 24)
	for i := range d.Group {
		g := i % 24
		d.Group[i], d.Y[i] = g, class[g]%2
		d.X.(*tensor.Tensor[float64]).Row(i)[0] = 100 * float64(g)
	}
	trust := func(d ml.Dataset[int]) float64 {
		m := must(ensemble.StackingClassifier{Bases: []ml.AnyClassifier{ml.Classify(tree.DecisionTreeClassifier{})}}.Fit(ctx, d))
		return m.Final.(*linear.LogisticModel).Coef.Data()[0]
	}
	whole := trust(d)
	d.Group = nil
	require.Greater(t, trust(d), 5.0)
	require.Less(t, whole, 2.0, "a tree cannot know the class of a group that it has not seen")
}

func TestStackingSeesBehind(t *testing.T) {
	d := noisy(300, 5)
	d.Columns = make([]ml.Column, 10)
	d.Columns[0].Name = "age"
	d.Classes = []string{"no", "yes"}
	m := must(ensemble.StackingClassifier{Bases: []ml.AnyClassifier{ml.Classify(bayes.GaussianNB{}), ml.Decide(linear.LinearSVC{})}, PassThrough: true}.Fit(ctx, d))
	columns := m.Final.(*linear.LogisticModel).Columns
	require.Equal(t, "estimator 0", columns[0].Name)
	require.Equal(t, "estimator 1", columns[1].Name)
	require.Equal(t, "age", columns[2].Name)

	sparse := d
	sparse.X = tensor.SparseFrom[float64](d.X)
	s := must(ensemble.StackingClassifier{Bases: []ml.AnyClassifier{ml.Classify(linear.LogisticRegression{})}, PassThrough: true}.Fit(ctx, sparse))
	dense := must(ensemble.StackingClassifier{Bases: []ml.AnyClassifier{ml.Classify(linear.LogisticRegression{})}, PassThrough: true}.Fit(ctx, d))
	require.InDeltaSlice(t, must(dense.PredictProba(d.X)).Data(), must(s.PredictProba(sparse.X)).Data(), 1e-4)
}
