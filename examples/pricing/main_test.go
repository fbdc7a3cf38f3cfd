package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestItSells(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of seasons: the full run has it")
	}
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, 5000)) // it must run, not learn
	require.Contains(t, out.String(), "the most that is possible")
}
