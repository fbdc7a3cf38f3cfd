package ensemble_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
)

// Quantiles and their losses on rows held out are those of quantile-forest over twenty seeds, within the noise of the seeds: its trees and ours draw differently.
func TestQuantilesAreQuantileForests(t *testing.T) {
	if testing.Short() {
		t.Skip("forty forests")
	}
	want := golden.Load[struct {
		Levels            []float64
		Pinball, Quantile columnBands
	}](t, "testdata/quantile_forest_bands.json")
	train, test := thirds(datasets.Diabetes())
	pinball, quantile := make([][]float64, len(want.Levels)), make([][]float64, len(want.Levels))
	for seed := range uint64(20) {
		m, err := ensemble.RandomForestRegressor{MinSamplesLeaf: 5, MaxFeatures: 3, Quantiles: true, Seed: seed}.Fit(t.Context(), train)
		require.NoError(t, err)
		q, err := m.Quantiles(test.X, want.Levels)
		require.NoError(t, err)
		for k, level := range want.Levels {
			column := make([]float64, test.Rows())
			sum := 0.0
			for i := range column {
				column[i] = q.At(i, k)
				sum += column[i]
			}
			pinball[k] = append(pinball[k], metrics.Pinball(test.Y, column, level))
			quantile[k] = append(quantile[k], sum/float64(len(column)))
		}
	}
	for k := range want.Levels {
		agree(t, "pinball loss", pinball[k], want.Pinball.Mean[k], want.Pinball.SD[k])
		agree(t, "mean quantile", quantile[k], want.Quantile.Mean[k], want.Quantile.SD[k])
	}
}
