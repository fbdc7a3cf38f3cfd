package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The stack is no worse than any of its parts by more than a fold's luck.
func TestTheStackIsNoWorseThanItsParts(t *testing.T) {
	if testing.Short() {
		t.Skip("some 80 fits")
	}
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	lines := regexp.MustCompile(`(?m)^  (\S.*?) +([01]\.\d{4}) \[`).FindAllStringSubmatch(out.String(), -1)
	require.GreaterOrEqual(t, len(lines), 6, "%s", out.String())
	score := func(i int) float64 {
		v, err := strconv.ParseFloat(lines[i][2], 64)
		require.NoError(t, err)
		return v
	}
	for i := 3; i < 6; i++ {
		require.Greater(t, score(0), score(i)-0.002, "%s", out.String())
	}
}
