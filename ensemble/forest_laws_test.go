package ensemble_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/mltest"
)

// drawnRows are the waivers of forests that draw rows.
func drawnRows() []mltest.Option {
	return []mltest.Option{
		mltest.Waive(mltest.RepeatedRows, "a row of weight k is drawn k times as often, among as many draws as there are rows"),
		mltest.Waive(mltest.RowOrder, "rows are drawn by their position"),
	}
}

func TestRandomForestClassifierLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.RandomForestClassifier{Trees: 5, OOB: true}, drawnRows()...)
}

func TestRandomForestRegressorLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.RandomForestRegressor{Trees: 5, OOB: true, Quantiles: true}, drawnRows()...)
}

func TestRandomForestMultiLaws(t *testing.T) {
	mltest.MultiRegressor(t, ensemble.RandomForestMulti{Trees: 5, MaxFeatures: 2, OOB: true, Quantiles: true}, drawnRows()...)
}

func TestExtraTreesClassifierLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.ExtraTreesClassifier{Trees: 5})
}

func TestExtraTreesRegressorLaws(t *testing.T) {
	mltest.Regressor(t, ensemble.ExtraTreesRegressor{Trees: 5, MaxFeatures: 2})
}

func TestBalancedForestLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.RandomForestClassifier{Trees: 5, Rows: ensemble.DrawBalanced, MaxFeatures: 1}, drawnRows()...)
}

func TestIsolationForestLaws(t *testing.T) {
	mltest.Detector(t, ensemble.IsolationForest{Trees: 10, MaxSamples: 32, Contamination: 0.1}, drawnRows()...)
}

func TestExtendedIsolationForestLaws(t *testing.T) {
	mltest.Detector(t, ensemble.ExtendedIsolationForest{Trees: 10, MaxSamples: 32}, drawnRows()...)
}

func TestRandomTreesEmbeddingLaws(t *testing.T) {
	mltest.Transformer(t, ensemble.RandomTreesEmbedding{Trees: 5},
		mltest.Waive(mltest.RepeatedRows, "the random targets are drawn for rows"), mltest.Waive(mltest.RowOrder, "the random targets are drawn by position"))
}
