package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Both forests and the local outlier factor rank most malignant tumours above most benign ones, and flag far more of them than chance would: one in nineteen. Seen: 0.96, and 10 or 11 of 20.
func TestMalignantTumoursStandOut(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	lines := regexp.MustCompile(`ROC AUC ([01]\.\d+); of (\d+) flagged, (\d+) are`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, lines, 3, "%s", out.String())
	for _, l := range lines {
		auc, err := strconv.ParseFloat(l[1], 64)
		require.NoError(t, err)
		require.Greater(t, auc, 0.85)
		found, err := strconv.Atoi(l[3])
		require.NoError(t, err)
		require.GreaterOrEqual(t, found, 6)
	}
}
