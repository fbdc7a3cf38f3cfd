package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestItIsFilmed(t *testing.T) {
	folder := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, folder, 400, 16)) // it must run, not learn
	require.Contains(t, out.String(), "after 400 steps: mean")
	for _, name := range []string{"pendulum-learning.svg", "pendulum.gif"} {
		info, err := os.Stat(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Greater(t, info.Size(), int64(500))
	}
}
