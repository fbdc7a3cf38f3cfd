package bayes_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/mltest"
)

var noWide = mltest.Waive(mltest.SparseMemory, "the covariance of all pairs of columns is what is learned")

func TestLDALaws(t *testing.T)     { mltest.Classifier(t, bayes.LDA{}, noWide) }
func TestLDALSQRLaws(t *testing.T) { mltest.Classifier(t, bayes.LDA{Solver: bayes.LSQRSolver}, noWide) }
func TestLDAShrunkLaws(t *testing.T) {
	mltest.Classifier(t, bayes.LDA{AutoShrinkage: bayes.LedoitWolf}, noWide)
}
func TestQDALaws(t *testing.T) { mltest.Classifier(t, bayes.QDA{}, noWide) }
func TestQDAShrunkLaws(t *testing.T) {
	mltest.Classifier(t, bayes.QDA{AutoShrinkage: bayes.OAS}, noWide)
}
func TestRDALaws(t *testing.T) { mltest.Classifier(t, bayes.RDA{Pooling: 0.5, Shrinkage: 0.1}, noWide) }
func TestLDATransformerLaws(t *testing.T) {
	mltest.SupervisedTransformer(t, bayes.LDA{}, noWide)
	mltest.SupervisedTransformer(t, bayes.LDA{Solver: bayes.EigenSolver}, noWide)
}

var discriminantCtx = context.Background()

func TestQDANamesTheClassWithoutAnInverse(t *testing.T) {
	d := datasets.Iris()
	d = d.Select([]int{0, 1, 2, 3, 4, 5, 6, 7, 50, 51, 52}) // three rows of versicolor, four columns
	_, err := bayes.QDA{}.Fit(discriminantCtx, d)
	require.ErrorIs(t, err, ml.ErrShape)
	require.ErrorContains(t, err, "versicolor")
	require.ErrorContains(t, err, "rank 2 with 4 columns and 3 rows")
	for _, c := range []bayes.QDA{{RegParam: 0.1}, {Shrinkage: 0.1}, {AutoShrinkage: bayes.LedoitWolf}, {AutoShrinkage: bayes.OAS}} {
		_, err := c.Fit(discriminantCtx, d)
		require.NoError(t, err)
	}
}

func TestBadDiscriminantConfigsAreNamed(t *testing.T) {
	iris := datasets.Iris()
	for field, c := range map[string]bayes.LDA{
		"Components":    {Components: 3},
		"Shrinkage":     {Shrinkage: 1.5},
		"Solver":        {Solver: bayes.SVDSolver, Shrinkage: 0.5},
		"AutoShrinkage": {AutoShrinkage: 9},
		"Tol":           {Tol: 1e-9},
		"Priors":        {Priors: []float64{1}},
	} {
		_, err := c.Fit(discriminantCtx, iris)
		require.ErrorIs(t, err, ml.ErrConfig, field)
		require.ErrorContains(t, err, field)
	}
	_, err := bayes.QDA{RegParam: 0.1, Shrinkage: 0.1}.Fit(discriminantCtx, iris)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = bayes.RDA{Pooling: -1}.Fit(discriminantCtx, iris)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestLSQRHasNoTransform(t *testing.T) {
	m, err := bayes.LDA{Solver: bayes.LSQRSolver}.Fit(discriminantCtx, datasets.Iris())
	require.NoError(t, err)
	_, is := ml.As[ml.Transformer](m)
	require.False(t, is)
	_, err = m.Transform(datasets.Iris().X)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestLDAIsAStageOfAPipeline(t *testing.T) {
	iris := datasets.Iris()
	m, err := ml.Pipe(ml.Step(bayes.LDA{Components: 1}), bayes.GaussianNB{}).Fit(discriminantCtx, iris)
	require.NoError(t, err)
	pred, err := m.Predict(iris.X)
	require.NoError(t, err)
	require.Greater(t, metrics.Accuracy(iris.Y, pred), 0.97)
}
