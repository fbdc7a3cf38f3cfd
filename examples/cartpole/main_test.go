package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestItIsDrawn(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "cartpole.svg")
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, picture, 10_000)) // a tenth of the training: it must run, not solve
	require.Contains(t, out.String(), "greedy: mean")
	drawn, err := os.ReadFile(picture)
	require.NoError(t, err)
	require.Contains(t, string(drawn), "<polyline")
}
