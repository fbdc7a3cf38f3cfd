package ml_test

import (
	"bytes"
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

// The call sites of the design, as users write them: none may need a type argument but Load.
func TestContract(t *testing.T) {
	iris := datasets.Iris()
	train, test := selection.Split(iris, 0.25, 1)
	require.Equal(t, 150, train.Rows()+test.Rows())

	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 10})
	fitted := must(pipe.Fit(ctx, train))
	require.NotZero(t, fitted.Final.Coef)
	require.Greater(t, metrics.Accuracy(test.Y, must(fitted.Predict(test.X))), 0.9)

	cv := must(selection.CrossValidate(ctx, pipe, iris, selection.StratifiedKFold{K: 5}, selection.Accuracy{}, selection.ROCAUC{}))
	require.NotEmpty(t, cv.String())

	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, .1, 1, 10)
	search := selection.NewSearch(grid, selection.StratifiedKFold{K: 5}, selection.LogLoss{})
	best := must(search.Fit(ctx, train))
	require.NotZero(t, best.Best.Coef)

	nested := ml.Pipe(ml.Step(features.StandardScaler{}), search)
	_ = must(selection.CrossValidate(ctx, nested, iris, selection.StratifiedKFold{K: 3}, selection.Accuracy{}))
	found := must(nested.Fit(ctx, train))
	require.NotZero(t, found.Final.Best.Coef)
	var file bytes.Buffer
	require.NoError(t, ml.Save(&file, found))
	again := must(ml.Load[ml.Classifier](&file))
	require.Equal(t, must(found.PredictProba(test.X)).Data(), must(again.PredictProba(test.X)).Data())

	var _ ml.Fitter[ml.Dataset[int], ml.Classifier] = ml.Classify(nested)
	var _ ml.Fitter[ml.Dataset[float64], ml.Predictor[float64]] = ml.Regress(linear.Ridge{Alpha: 1})
	require.True(t, reflect.DeepEqual(pipe, ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 10})))
}

// A config that was read from a model file is a config again: it fits to the same bytes.
func TestALoadedConfigCanBeFitted(t *testing.T) {
	iris := datasets.Iris()
	pipe := ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{C: 10})
	var first bytes.Buffer
	require.NoError(t, ml.Save(&first, must(pipe.Fit(ctx, iris))))
	m := must(ml.Load[ml.Classifier](bytes.NewReader(first.Bytes())))
	config := m.(interface{ Meta() *ml.Fitted }).Meta().Config
	f, ok := config.(interface {
		Fit(context.Context, ml.Dataset[int]) (*ml.Chain[int, ml.Classifier], error)
	})
	require.True(t, ok, "%T", config)
	var second bytes.Buffer
	require.NoError(t, ml.Save(&second, must(f.Fit(ctx, iris))))
	require.Equal(t, first.Bytes(), second.Bytes())
}
