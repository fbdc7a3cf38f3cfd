package main

import (
	"bytes"
	"context"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The book is drawn from known coefficients. Over 60 books they lie at 0.7 to 1.1 standard errors (root mean square) from the estimates,
// so 4 is far out.
func TestModelsFindTheTruth(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	for k, name := range []string{`\(Intercept\)`, "young", "urban", "power", "bonus"} {
		rows := regexp.MustCompile(`(?m)^`+name+` +(\S+) +(\S+) `).FindAllStringSubmatch(out.String(), -1)
		require.Len(t, rows, 2, name)
		for i, truth := range []float64{trueFrequency[k], trueSeverity[k]} {
			estimate, stderr := number(t, rows[i][1]), number(t, rows[i][2])
			require.Less(t, math.Abs(estimate-truth)/stderr, 4.0, "%s of model %d", name, i)
			require.Less(t, stderr, 0.05, "%s of model %d", name, i)
		}
	}
	// Pearson's estimate from 7859 rows with a dispersion of 0.5 varies by some 0.015.
	dispersion := regexp.MustCompile(`Dispersion: (\S+), estimated`).FindStringSubmatch(out.String())
	require.InDelta(t, 1.0/severityShape, number(t, dispersion[1]), 0.04)
}

// On policies that no model saw, both explain nearly as much as in training, and the expensive decile costs a multiple of the cheap one.
func TestPremiumsHoldOnNewPolicies(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	shares := regexp.MustCompile(`(0\.\d+) of the training rows, (0\.\d+) of those held out`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, shares, 2)
	for _, s := range shares {
		// A share of 0.1 of 4000 severities varies by some 2·sqrt(0.1/4000), 0.01, and so does that of training.
		require.InDelta(t, number(t, s[1]), number(t, s[2]), 0.05)
		require.Greater(t, number(t, s[2]), 0.04)
	}
	tenths := regexp.MustCompile(`(?m)^ +\d+ +(\d+\.\d\d) +(\d+\.\d\d) +(\d+\.\d\d)$`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, tenths, 10)
	for k, d := range tenths {
		// The cheapest decile has some 200 claims of a coefficient of variation of 0.7: what is paid varies by 9%.
		require.InEpsilon(t, number(t, d[1]), number(t, d[2]), 0.25, "decile %d", k+1)
	}
	require.Greater(t, number(t, tenths[9][3]), 4*number(t, tenths[0][3]))
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}
