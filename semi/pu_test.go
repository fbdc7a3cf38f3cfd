package semi_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/semi"
	"github.com/gopherwood-ml/ml/tensor"
)

// known draws n rows of which a share is positive, of whom some are known.
func known(n int, positive, labelled float64) (d ml.Dataset[int], truth []int) {
	r := rng.New(5, 1)
	x := tensor.New[float64](n, 2)
	truth, d.Y = make([]int, n), make([]int, n)
	for i := range n {
		rng.Normal(r, x.Row(i), 0, 1)
		d.Y[i] = ml.None
		if r.Float64() < positive {
			truth[i] = 1
			x.Row(i)[0] += 3
			x.Row(i)[1]++
			if r.Float64() < labelled {
				d.Y[i] = 1
			}
		}
	}
	d.X, d.Classes = x, []string{"negative", "positive"}
	return d, truth
}

// The simulation knows which share of the positive rows has a label, and which share of the others is positive: 0.4·0.7 of 1 - 0.4·0.3. Labels are 240 of 800 positive rows, so both are known to
// some hundredths. A logistic regression takes unlabelled rows for negative and finds few; the corrected models do as well as one that sees the truth, to a few hundredths.
func TestSharesOfSimulatedRows(t *testing.T) {
	ctx := context.Background()
	d, truth := known(2000, 0.4, 0.3)
	logistic := ml.Classify(linear.LogisticRegression{})
	told := d
	told.Y = truth
	best, err := logistic.Fit(ctx, told)
	require.NoError(t, err)
	pred, err := best.Predict(d.X)
	require.NoError(t, err)
	ceiling := metrics.Accuracy(truth, pred)
	naive := d
	naive.Y = make([]int, len(d.Y))
	for i, y := range d.Y {
		naive.Y[i] = max(y, 0)
	}
	blind, err := logistic.Fit(ctx, naive)
	require.NoError(t, err)
	pred, err = blind.Predict(d.X)
	require.NoError(t, err)
	require.Less(t, metrics.Accuracy(truth, pred), 0.75)

	for _, c := range []ml.Fitter[ml.Dataset[int], *semi.PositiveModel]{semi.ElkanNoto{Base: logistic}, semi.ElkanNoto{Base: logistic, Reweigh: true}, semi.BaggingPU{Base: logistic, Members: 20}} {
		m, err := c.Fit(ctx, d)
		require.NoError(t, err)
		pred, err := m.Predict(d.X)
		require.NoError(t, err)
		require.Greater(t, metrics.Accuracy(truth, pred), ceiling-0.05, "%+v", c)
		require.Greater(t, metrics.ROCAUC(truth, m.Scores), 0.97)
		if _, ok := c.(semi.ElkanNoto); ok {
			require.InDelta(t, 0.3, m.Labelled, 0.05)
			require.InDelta(t, 0.28/0.88, m.Prior, 0.06)
		}
	}
}

func TestPositivesRefuse(t *testing.T) {
	ctx := context.Background()
	d, truth := known(60, 0.5, 0.5)
	base := ml.Classify(linear.LogisticRegression{})
	for _, c := range []ml.Fitter[ml.Dataset[int], *semi.PositiveModel]{semi.ElkanNoto{}, semi.BaggingPU{}, semi.ElkanNoto{Base: base, Folds: 1}, semi.ElkanNoto{Base: base, Folds: -2}, semi.BaggingPU{Base: base, Members: -1}, semi.BaggingPU{Base: base, Sample: -1}} {
		_, err := c.Fit(ctx, d)
		require.ErrorIs(t, err, ml.ErrConfig, "%+v", c)
	}
	_, err := semi.ElkanNoto{Base: base, Folds: 50}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrShape)
	d.Y = truth // rows known to be negative
	for _, c := range []ml.Fitter[ml.Dataset[int], *semi.PositiveModel]{semi.ElkanNoto{Base: base}, semi.BaggingPU{Base: base}} {
		_, err := c.Fit(ctx, d)
		require.ErrorIs(t, err, ml.ErrTarget)
	}
}

// A classifier that has seen every unlabelled row leaves rows without a score.
func TestRowsThatAllHaveSeen(t *testing.T) {
	d, _ := known(40, 0.5, 0.5)
	m, err := semi.BaggingPU{Base: ml.Classify(linear.LogisticRegression{}), Members: 1, Sample: 4000}.Fit(context.Background(), d)
	require.NoError(t, err)
	for i, y := range d.Y {
		require.Equal(t, y == ml.None, math.IsNaN(m.Scores[i]))
	}
}
