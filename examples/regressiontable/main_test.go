package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// Every number must be that of statsmodels, to the digits that are printed.
func TestTableIsTheReferences(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	want := golden.Load[struct {
		Estimate, Stderr, T, HC3 []float64
		HC3P                     []float64 `json:"hc3_p"`
		Quality                  map[string]float64
		Names                    []string
		Cook, Leverage, Student  []float64
		Prediction               []float64
	}](t, "testdata/table.json")
	terms := []string{"(Intercept)", "wt", "hp", "qsec"}
	require.Len(t, want.Estimate, len(terms))
	for k, name := range terms {
		require.Regexp(t, fmt.Sprintf(`(?m)^\Q%s\E +%#.5g +%#.5g +%.3f `, name, want.Estimate[k], want.Stderr[k], want.T[k]), out.String())
		require.Contains(t, out.String(), fmt.Sprintf("%-12s %8.4f %8.4f", name, want.Stderr[k], want.HC3[k]))
		require.Regexp(t, fmt.Sprintf(`\Q%s\E .* %.2g\n`, name, want.HC3P[k]), out.String())
	}
	q := want.Quality
	require.Contains(t, out.String(), fmt.Sprintf("Residual standard error: %#.5g on 28", q["sigma"]))
	require.Contains(t, out.String(), fmt.Sprintf("R-squared: %.4f, adjusted: %.4f", q["r2"], q["adjusted"]))
	require.Contains(t, out.String(), fmt.Sprintf("F: %#.5g on 3 and 28", q["f"]))
	require.Contains(t, out.String(), fmt.Sprintf("AIC: %#.5g, BIC: %#.5g", q["aic"], q["bic"]))
	for k, name := range want.Names {
		require.Contains(t, out.String(), fmt.Sprintf("%-18s Cook's distance %.3f, leverage %.3f, studentised residual %5.2f\n", name, want.Cook[k], want.Leverage[k], want.Student[k]))
	}
	p := want.Prediction
	require.Contains(t, out.String(), fmt.Sprintf("18 s: %.2f miles", p[0]))
	require.Contains(t, out.String(), fmt.Sprintf("between %.2f and %.2f, one of them between %.2f and %.2f", p[1], p[2], p[3], p[4]))
}
