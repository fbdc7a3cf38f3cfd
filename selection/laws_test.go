package selection_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
)

// A search is an estimator, so it obeys the laws of one.
func TestLaws(t *testing.T) {
	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, 0.1, 1)
	search := selection.NewSearch(grid, selection.StratifiedKFold{K: 2}, selection.LogLoss{})
	mltest.Classifier(t, search)
	ridges := selection.Grid(func(a float64) linear.Ridge { return linear.Ridge{Alpha: a} }, 0.1, 1)
	mltest.Regressor(t, selection.NewSearch(ridges, selection.KFold{K: 2}, selection.RMSE{}))
}
