package semi_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/semi"
	"github.com/gopherwood-ml/ml/tensor"
)

// twoViews are rows whose class shows in columns 0 and 1 and, independently given the class, in columns 2 and 3: what Blum and Mitchell suppose. The first rows are labelled.
func twoViews(n, labelled int) (d ml.Dataset[int], truth []int) {
	r := rng.New(3, 1)
	x := tensor.New[float64](n, 4)
	truth = make([]int, n)
	d.Y = make([]int, n)
	for i := range n {
		rng.Normal(r, x.Row(i), 0, 1)
		truth[i] = i % 2
		x.Row(i)[0] += 2.5 * float64(truth[i])
		x.Row(i)[2] += 2.5 * float64(truth[i])
		d.Y[i] = ml.None
		if i < labelled {
			d.Y[i] = truth[i]
		}
	}
	d.X = x
	return d, truth
}

// With views that are independent given the class, four labels become two hundred, nearly all of them right, and the model is better than one of the labels alone.
func TestViewsTeachEachOther(t *testing.T) {
	ctx := context.Background()
	d, truth := twoViews(200, 4)
	c := semi.CoTraining{Base: ml.Classify(linear.LogisticRegression{}), Views: [2][]int{{0, 1}, {2, 3}}, PerClass: 2, MaxIter: 100}
	m, err := c.Fit(ctx, d)
	require.NoError(t, err)
	require.Less(t, m.Info.Iterations, 100) // no row is left, or each side is sure of a row that the other takes for one of the other class
	require.Greater(t, metrics.Accuracy(truth, m.Label), 0.93)
	alone, err := c.Fit(ctx, d.Select([]int{0, 1, 2, 3}))
	require.NoError(t, err)
	before, err := alone.Predict(d.X)
	require.NoError(t, err)
	after, err := m.Predict(d.X)
	require.NoError(t, err)
	require.Greater(t, metrics.Accuracy(truth, after), metrics.Accuracy(truth, before)+0.02)

	// Who labelled what, and when, is kept; no round labels more than both may.
	count := map[int]int{}
	for i, round := range m.Round {
		require.Equal(t, round > 0, m.Source[i] >= 0, i)
		require.Equal(t, i < 4, round == 0, i)
		count[round]++
	}
	for round := 1; round <= m.Info.Iterations; round++ {
		require.LessOrEqual(t, count[round], 8, round)
	}
}

// The first round by hand: each side labels the row of each class of which it is surest.
func TestFirstRoundOfCoTraining(t *testing.T) {
	ctx := context.Background()
	d, _ := twoViews(60, 6)
	m, err := semi.CoTraining{Base: ml.Classify(bayes.GaussianNB{}), Views: [2][]int{{0, 1}, {2, 3}}, MaxIter: 1}.Fit(ctx, d)
	require.NoError(t, err)
	require.Equal(t, ml.MaxIter, m.Info.Status)
	want := map[int]bool{}
	for _, view := range [][]int{{0, 1}, {2, 3}} {
		side := d.SelectColumns(view)
		inner, err := bayes.GaussianNB{}.Fit(ctx, side.Select([]int{0, 1, 2, 3, 4, 5}))
		require.NoError(t, err)
		p, err := inner.PredictProba(side.X)
		require.NoError(t, err)
		for class := range 2 {
			best := 6
			for i := 6; i < 60; i++ {
				if p.At(i, class) > p.At(best, class) {
					best = i
				}
			}
			want[best] = true
		}
	}
	for i := 6; i < 60; i++ {
		require.Equal(t, want[i], m.Round[i] == 1, i)
	}
}

func TestCoTrainingRefuses(t *testing.T) {
	d, _ := twoViews(20, 4)
	base := ml.Classify(bayes.GaussianNB{})
	for _, c := range []semi.CoTraining{{}, {Base: base}, {Base: base, Second: base, PerClass: -1}, {Base: base, Second: base, MaxIter: -1}, {Base: base, Views: [2][]int{{}, {1}}}} {
		_, err := c.Fit(context.Background(), d)
		require.ErrorIs(t, err, ml.ErrConfig, "%+v", c)
	}
	_, err := semi.CoTraining{Base: base, Views: [2][]int{{0}, {4}}}.Fit(context.Background(), d)
	require.ErrorIs(t, err, ml.ErrColumn)
}
