package selection_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
)

// A search whose configs are fitted together finds what separate cross-validations find: scores to 1e-6 at gradients of 1e-8, accuracies and the
// choice exactly, one result on any number of cores, and a model that is Fit's own to the last bit. A config that fails is the only one that does.
func TestSearchOverASeries(t *testing.T) {
	ctx := context.Background()
	d := datasets.BreastCancer()
	configs := []linear.LogisticRegression{{C: 1}, {C: 1e-4}, {C: 100, L1Ratio: 0.5}, {C: 0.01}, {C: 10, L1Ratio: 0.5}, {}}
	var want *selection.SearchModel[int, *linear.LogisticModel]
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		m, err := selection.NewSearch(configs, selection.StratifiedKFold{}, selection.LogLoss{}).Fit(ctx, d)
		require.NoError(t, err)
		if want == nil {
			want = m
		}
		require.Equal(t, want, m)
	}
	exact, err := selection.NewSearch(configs, selection.StratifiedKFold{}, selection.Accuracy{}).Fit(ctx, d)
	require.NoError(t, err)
	for i, c := range configs {
		cv, err := selection.CrossValidate(ctx, c, d, selection.StratifiedKFold{}, selection.LogLoss{}, selection.Accuracy{})
		require.NoError(t, err)
		for f, v := range cv.Metrics[0].Folds {
			require.InEpsilon(t, v, want.Candidates[i].Folds[f], 1e-6, "config %d, fold %d", i, f)
		}
		require.Equal(t, cv.Metrics[1].Folds, exact.Candidates[i].Folds)
	}
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
