package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Results that are in the file are not made again, and a line that was being written when it stopped does not count.
func TestItGoesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.csv")
	require.NoError(t, os.WriteFile(file, []byte("PPO-CartPole,0,500.0000,1.0\nPPO-CartPole,1,490.0000,1.0\nPPO-CartPole,2,49"), 0o600))
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, options{out: file, seeds: 2, only: []string{"PPO-CartPole"}}))
	require.Contains(t, out.String(), "1 of 2 seeds")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	require.ErrorIs(t, run(ctx, &out, options{out: file, seeds: 3, only: []string{"PPO-CartPole"}}), context.Canceled)
	require.Error(t, run(ctx, &out, options{out: file, only: []string{"nothing"}}))
}
