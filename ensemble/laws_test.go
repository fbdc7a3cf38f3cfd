package ensemble_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/mltest"
)

// boostWaivers are for what boosting on histograms cannot have.
func boostWaivers() []mltest.Option {
	return []mltest.Option{
		mltest.Waive(mltest.RepeatedRows, "MinSamplesLeaf and the bins count rows, not weights"),
	}
}

func TestGradientBoostingRegressorLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.GradientBoostingRegressor{Trees: 20, MinSamplesLeaf: 5}, boostWaivers()...)
}

func TestGradientBoostingOptionsLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.GradientBoostingRegressor{Trees: 10, MinSamplesLeaf: 3, Loss: ensemble.HuberLoss{}, Growth: ensemble.DepthWise, L2: 1, PathSmooth: 2,
		Sampling: ensemble.Sampling{Columns: 0.8}}, boostWaivers()...)
}

func TestGradientBoostingForestLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.GradientBoostingRegressor{Trees: 6, MinSamplesLeaf: 3, Forest: true, Sampling: ensemble.Sampling{Rows: 0.7, MVS: true, Bayesian: 1}},
		append(boostWaivers(), mltest.Waive(mltest.RowOrder, "rows are drawn by their position"))...)
}

func TestGradientBoostingMultiLabelLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.GradientBoostingMultiLabel{Trees: 8, MinSamplesLeaf: 5}, boostWaivers()...)
}

func TestGradientBoostingRankerLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.GradientBoostingRanker{Trees: 8, MinSamplesLeaf: 5}, append(boostWaivers(), mltest.Data(ranked(150, 12, 30)),
		mltest.Waive(mltest.SparseMemory, "the wide rows of this law are of no query"),
		mltest.Waive(mltest.RowOrder, "rows of equal score, as all are at the start, rank in the order that they come in"))...)
}

func TestGradientBoostingClassifierLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.GradientBoostingClassifier{Trees: 10, MinSamplesLeaf: 5}, boostWaivers()...)
}

func TestGradientBoostingOffsetLaws(t *testing.T) {
	d, _ := claims(150, 4)
	mltest.Regressor(t, ensemble.GradientBoostingRegressor{Trees: 5, MinSamplesLeaf: 5, Loss: ensemble.PoissonLoss{}, Offset: []string{"log exposure"}, MaxBins: 1000,
		Bins: []ensemble.ColumnBins{{Column: 0, Max: 20}}}, append(boostWaivers(), mltest.Data(d),
		mltest.Waive(mltest.BadNumbers, "a missing offset is an error in a fit"), mltest.Waive(mltest.SparseMemory, "the wide rows of this law have no offset"))...)
}

func TestGradientBoostingExactLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.GradientBoostingRegressor{Trees: 5, MinSamplesLeaf: 2, Exact: true, MinHessianLeaf: 1e-9},
		mltest.Waive(mltest.RepeatedRows, "MinSamplesLeaf counts rows, not weights"), mltest.Waive(mltest.BadColumns, "categorical columns are for bins, not for Exact"))
}
