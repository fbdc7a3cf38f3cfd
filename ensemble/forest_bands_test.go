//go:build heavy

package ensemble_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tree"
)

// forestBands are what scikit-learn's forests score over twenty seeds.
type forestBands struct {
	Held, OOB   band
	Importances columnBands
	order       float64 // what the order of the columns does to the importances of the other library
}

func compareBands[Y any, M tree.Grown](t *testing.T, d ml.Dataset[Y], want forestBands, fit func(seed uint64, d ml.Dataset[Y]) (M, float64, error), score func(M, ml.Dataset[Y]) (float64, error)) {
	train, test := thirds(d)
	var held, oob []float64
	importances := make([][]float64, len(want.Importances.Mean))
	for seed := range uint64(20) {
		m, o, err := fit(seed, train)
		require.NoError(t, err)
		s, err := score(m, test)
		require.NoError(t, err)
		held, oob = append(held, s), append(oob, o)
		mean, _, err := ensemble.ImpurityImportances(m)
		require.NoError(t, err)
		for j, v := range mean {
			importances[j] = append(importances[j], v)
		}
	}
	agree(t, "held-out score", held, want.Held.Mean, want.Held.SD)
	if want.OOB.Mean != 0 {
		agree(t, "out-of-bag score", oob, want.OOB.Mean, want.OOB.SD)
	}
	for j := range importances {
		agreeTo(t, "importance", importances[j], want.Importances.Mean[j], want.Importances.SD[j], want.order)
	}
}

func TestForestsScoreAsScikitLearns(t *testing.T) {
	want := golden.Load[struct {
		ForestClasses forestBands `json:"forest_classes"`
		ExtraClasses  forestBands `json:"extra_classes"`
		ForestNumbers forestBands `json:"forest_numbers"`
		ExtraNumbers  forestBands `json:"extra_numbers"`
		Isolation     []float64   `json:"isolation"`
	}](t, "testdata/forest_bands.json")
	ctx := context.Background()
	accuracy := func(m *ensemble.ForestClassification, d ml.Dataset[int]) (float64, error) {
		pred, err := m.Predict(d.X)
		return metrics.Accuracy(d.Y, pred), err
	}
	r2 := func(m *ensemble.ForestRegression, d ml.Dataset[float64]) (float64, error) {
		pred, err := m.Predict(d.X)
		return metrics.R2(d.Y, pred), err
	}
	t.Run("forest of classes", func(t *testing.T) {
		compareBands(t, datasets.BreastCancer(), want.ForestClasses, func(seed uint64, d ml.Dataset[int]) (*ensemble.ForestClassification, float64, error) {
			m, err := ensemble.RandomForestClassifier{Seed: seed, OOB: true}.Fit(ctx, d)
			return m, m.OOB.Score, err
		}, accuracy)
	})
	t.Run("extra trees of classes", func(t *testing.T) {
		compareBands(t, datasets.BreastCancer(), want.ExtraClasses, func(seed uint64, d ml.Dataset[int]) (*ensemble.ForestClassification, float64, error) {
			m, err := ensemble.ExtraTreesClassifier{Seed: seed}.Fit(ctx, d)
			return m, 0, err
		}, accuracy)
	})
	t.Run("forest of numbers", func(t *testing.T) {
		compareBands(t, datasets.Diabetes(), want.ForestNumbers, func(seed uint64, d ml.Dataset[float64]) (*ensemble.ForestRegression, float64, error) {
			m, err := ensemble.RandomForestRegressor{Seed: seed, MaxFeatures: 3, OOB: true}.Fit(ctx, d)
			return m, m.OOB.Score, err
		}, r2)
	})
	t.Run("extra trees of numbers", func(t *testing.T) {
		compareBands(t, datasets.Diabetes(), want.ExtraNumbers, func(seed uint64, d ml.Dataset[float64]) (*ensemble.ForestRegression, float64, error) {
			m, err := ensemble.ExtraTreesRegressor{Seed: seed}.Fit(ctx, d)
			return m, 0, err
		}, r2)
	})
	t.Run("isolation forest", func(t *testing.T) {
		x := datasets.BreastCancer().X
		mean := make([]float64, len(want.Isolation))
		for seed := range uint64(20) {
			m, err := ensemble.IsolationForest{Seed: seed}.Fit(ctx, ml.Table{X: x})
			require.NoError(t, err)
			scores, err := m.Scores(x)
			require.NoError(t, err)
			for i, s := range scores {
				mean[i] += s / 20
			}
		}
		for i := range mean {
			assert.InDelta(t, want.Isolation[i], mean[i], 0.02)
		}
	})
}
