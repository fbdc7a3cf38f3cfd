package selection_test

import (
	"context"
	"math"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

// A search fits configs of a type with FitSeries together, as the reports of that method tell, and finds what separate cross-validations find: log losses to a part in 1e6
// at gradients of 1e-8, accuracies and the choice exactly, one result on any number of cores, and a model that is Fit's own to the last bit. A config that fails is the only
// one that does.
func TestSearchOverASeries(t *testing.T) {
	ctx := context.Background()
	d := datasets.BreastCancer()
	configs := []linear.LogisticRegression{{C: 1}, {C: 1e-4}, {C: 100, L1Ratio: 0.5}, {C: 0.01}, {C: 10, L1Ratio: 0.5}, {}}
	var want *selection.SearchModel[int, *linear.LogisticModel]
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		var together, alone atomic.Int64
		watched := ml.WithProgress(ctx, func(p ml.Progress) error {
			for _, task := range p.Path {
				switch task.Name {
				case "penalty":
					together.Add(1)
				case "candidate":
					alone.Add(1)
				}
			}
			return nil
		})
		m, err := selection.NewSearch(configs, selection.StratifiedKFold{}, selection.LogLoss{}).Fit(watched, d)
		require.NoError(t, err)
		require.Positive(t, together.Load())
		require.Zero(t, alone.Load())
		if want == nil {
			want = m
		}
		require.Equal(t, want, m)
	}
	exact, err := selection.NewSearch(configs, selection.StratifiedKFold{}, selection.Accuracy{}).Fit(ctx, d)
	require.NoError(t, err)
	best, least := 0, math.Inf(1)
	for i, c := range configs {
		cv, err := selection.CrossValidate(ctx, c, d, selection.StratifiedKFold{}, selection.LogLoss{}, selection.Accuracy{})
		require.NoError(t, err)
		for f, v := range cv.Metrics[0].Folds {
			require.InEpsilon(t, v, want.Candidates[i].Folds[f], 1e-6, "config %d, fold %d", i, f)
		}
		require.Equal(t, cv.Metrics[1].Folds, exact.Candidates[i].Folds)
		if v := cv.Metrics[0].Mean(); v < least {
			best, least = i, v
		}
	}
	require.Equal(t, best, want.BestIndex)
	alone, err := configs[want.BestIndex].Fit(ctx, d)
	require.NoError(t, err)
	require.Equal(t, alone, want.Best)

	faulty := append([]linear.LogisticRegression{{C: -1}}, configs...)
	m, err := selection.NewSearch(faulty, selection.StratifiedKFold{}, selection.LogLoss{}).Fit(ctx, d)
	require.NoError(t, err)
	require.Contains(t, m.Candidates[0].Fault, "C is -1")
	for _, c := range m.Candidates[1:] {
		require.Empty(t, c.Fault)
	}
	require.Equal(t, want.BestIndex, m.BestIndex-1)
}

// oddSeries has a FitSeries that loses models.
type oddSeries struct{ linear.LogisticRegression }

func (oddSeries) FitSeries(context.Context, ml.Dataset[int], []oddSeries) ([]*linear.LogisticModel, error) {
	return make([]*linear.LogisticModel, 1), nil
}

// A FitSeries that does not give a model for each config is not believed: the configs are fitted one by one.
func TestASeriesOfTooFewModels(t *testing.T) {
	ctx := context.Background()
	d := datasets.Iris()
	c := linear.LogisticRegression{}
	m, err := selection.NewSearch([]oddSeries{{c}, {c}}, selection.StratifiedKFold{}, selection.Accuracy{}).Fit(ctx, d)
	require.NoError(t, err)
	cv, err := selection.CrossValidate(ctx, c, d, selection.StratifiedKFold{}, selection.Accuracy{})
	require.NoError(t, err)
	for _, found := range m.Candidates {
		require.Empty(t, found.Fault)
		require.Equal(t, cv.Metrics[0].Folds, found.Folds)
	}
}
