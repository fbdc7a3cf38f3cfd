package main

import (
	"bytes"
	"context"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The logistic regression is the best of the three on these data, as the literature has it, by tests that know of the pairing.
func TestTheComparisonIsClear(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	require.Len(t, regexp.MustCompile(`(?m)^  \S.*[01]\.\d{4} \[0\.\d{4}, [0-9]\.\d{4}\]$`).FindAllString(out.String(), -1), 6, "%s", out.String())
	require.Len(t, regexp.MustCompile(`p = 0\.0`).FindAllString(out.String(), -1), 6, "%s", out.String())
	require.Contains(t, out.String(), "McNemar")
}
