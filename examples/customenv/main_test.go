package main

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Half of the steps is enough to beat the rule on nearly all days.
func TestTheTableBeatsTheRule(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, 10_000_000))
	_, after, found := strings.Cut(out.String(), "in ")
	require.True(t, found, out.String())
	share, err := strconv.Atoi(strings.Fields(after)[0])
	require.NoError(t, err)
	require.Greater(t, share, 80, out.String())
}
