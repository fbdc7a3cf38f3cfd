package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// The scores must be those of scikit-learn on the same folds, to every digit that is printed.
func TestScoresAreTheReferences(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	want := golden.Load[struct {
		Scores map[string]map[string][]float64
	}](t, "testdata/scores.json")
	require.Len(t, want.Scores, 2)
	for model, metrics := range want.Scores {
		require.Contains(t, out.String(), model+", 5 folds")
		for metric, folds := range metrics {
			line := ""
			for _, v := range folds {
				line += fmt.Sprintf(" %.4f", v)
			}
			require.Contains(t, out.String(), line+"\n", "%s of %q", metric, model)
		}
	}
	require.Contains(t, out.String(), `"all columns" is better`)
	require.Contains(t, out.String(), "saved, loaded")
}
