package semi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/semi"
	"github.com/gopherwood-ml/ml/tensor"
)

type sklearn struct {
	X, Test [][]float64
	Given   []int
	Flows   map[string]struct {
		Shares, Proba  [][]float64
		Label, Predict []int
		Iterations     int
	}
	Trained map[string]struct {
		Label, Round []int
		Rounds       int
		Ended        string
		Proba        [][]float64
	}
}

func (g sklearn) rows(t *testing.T) (ml.Dataset[int], *tensor.Tensor[float64]) {
	x, err := tensor.FromRows(g.X)
	require.NoError(t, err)
	test, err := tensor.FromRows(g.Test)
	require.NoError(t, err)
	return ml.Data(x, g.Given), test
}

// Sums run in another order than in BLAS: 1e-10 of shares up to 1, after up to 400 iterations that shrink differences.
func TestPropagationIsScikitLearns(t *testing.T) {
	g := golden.Load[sklearn](t, "testdata/sklearn.json")
	d, test := g.rows(t)
	for name, want := range g.Flows {
		kind, method, _ := strings.Cut(name, " ")
		k, near := metrics.Kernel(nil), 0
		switch kind {
		case "rbf":
			k = metrics.RBF{Gamma: 0.8}
		case "laplacian":
			k = metrics.LaplacianKernel{Gamma: 0.5}
		case "knn":
			near = 7
		}
		var m *semi.PropagationModel
		var err error
		switch method {
		case "propagation":
			m, err = semi.LabelPropagation{Kernel: k, Neighbors: near}.Fit(context.Background(), d)
		case "spreading":
			m, err = semi.LabelSpreading{Kernel: k, Neighbors: near}.Fit(context.Background(), d)
		default:
			m, err = semi.LabelSpreading{Kernel: k, Neighbors: near, Alpha: 0.9, MaxIter: 400, Tol: 1e-9}.Fit(context.Background(), d)
		}
		require.NoError(t, err, name)
		require.Equal(t, want.Label, m.Label, name)
		require.Equal(t, want.Iterations, m.Info.Iterations, name)
		proba, err := m.PredictProba(test)
		require.NoError(t, err)
		for i, row := range want.Shares {
			golden.Close(t, m.Shares.Row(i), row, 0, 1e-10, name)
		}
		for i, row := range want.Proba {
			golden.Close(t, proba.Row(i), row, 0, 1e-10, name)
		}
		predict, err := m.Predict(test)
		require.NoError(t, err)
		require.Equal(t, want.Predict, predict, name)

		if kind == "knn" {
			continue
		}
		// The same affinities, computed before.
		if k == nil {
			k = metrics.RBF{Gamma: 20}
		}
		all, err := metrics.Kernels(d.X, nil, k)
		require.NoError(t, err)
		if method == "spreading" {
			ready, err := semi.LabelSpreading{Kernel: kernel.Precomputed{}}.Fit(context.Background(), ml.Data(all, g.Given))
			require.NoError(t, err)
			require.Equal(t, m.Shares, ready.Shares)
			across, err := metrics.Kernels(test, d.X, k)
			require.NoError(t, err)
			again, err := ready.PredictProba(across)
			require.NoError(t, err)
			for i := range g.Test {
				golden.Close(t, again.Row(i), proba.Row(i), 0, 1e-14, name)
			}
		}
	}
}

// A logistic regression ends where its solver does: 1e-5 of probabilities; the rows that it labels are the same.
func TestSelfTrainingIsScikitLearns(t *testing.T) {
	g := golden.Load[sklearn](t, "testdata/sklearn.json")
	d, test := g.rows(t)
	status := map[string]ml.Status{"max_iter": ml.MaxIter, "all_labeled": ml.Converged, "no_change": ml.Stalled}
	for name, want := range g.Trained {
		kind, rule, _ := strings.Cut(name, " ")
		c := semi.SelfTraining{Base: ml.Classify(linear.LogisticRegression{Tol: 1e-10})}
		if kind == "bayes" {
			c.Base = ml.Classify(bayes.GaussianNB{})
		}
		switch rule {
		case "low":
			c.Threshold, c.MaxIter = 0.5, 3
		case "best":
			c.Best, c.MaxIter = 9, 4
		case "all":
			c.Best, c.MaxIter = 9, 1000
		}
		m, err := c.Fit(context.Background(), d)
		require.NoError(t, err)
		require.Equal(t, want.Label, m.Label, name)
		require.Equal(t, want.Round, m.Round, name)
		require.Equal(t, status[want.Ended], m.Info.Status, name)
		proba, err := m.PredictProba(test)
		require.NoError(t, err)
		for i, row := range want.Proba {
			golden.Close(t, proba.Row(i), row, 0, 1e-5, name)
		}
	}
}
