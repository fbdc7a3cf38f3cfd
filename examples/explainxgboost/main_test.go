package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tree"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	for _, want := range []string{
		"against all that the model learned from:\nanswer: 1060, from 956.6 for an average row\n  + 88.43   built = 2003\n", "district = harbour",
		"against the 16 others of its district:\nanswer: 1060, from 899.1 for an average row\n", "168.7  area\n", "area and district count most together: 23.3\n", "float32: true",
	} {
		require.Contains(t, out.String(), want)
	}
}

// XGBoost says the same of its model in Python, in float32: 1e-3 of rents about 1000.
func TestContributionsAreThoseOfPython(t *testing.T) {
	want := golden.Load[struct {
		Contribs    [][]float64
		Predictions []float64
	}](t, "testdata/contributions.json")
	model, err := tree.ReadXGBoost[*tree.RegressionModel](bytes.NewReader(file))
	require.NoError(t, err)
	flats, err := ml.ReadCSV(bytes.NewReader(text), ml.CSV{Schema: ml.Schema{Like: model.Columns}})
	require.NoError(t, err)
	answers, err := model.Predict(flats.X)
	require.NoError(t, err)
	golden.Close(t, answers, want.Predictions, 1e-6, 0, "rents")
	explainer, err := explain.TreeSHAP{}.For(model)
	require.NoError(t, err)
	why, err := explainer.Explain(context.Background(), flats.X)
	require.NoError(t, err)
	for i, line := range want.Contribs {
		golden.Close(t, why.Row(i, 0), line[:6], 0, 1e-3, "contributions")
		require.InDelta(t, line[6], why.Base.Row(i)[0], 1e-3)
	}
}
