package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllWaysArrive(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	require.NoError(t, run(context.Background(), &out, folder, 500_000))
	found := regexp.MustCompile(`worth (0\.\d+), arrives in (\d+) %`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, found, 3, out.String())
	require.Equal(t, "0.5420", found[0][1])
	for _, f := range found {
		worth, err := strconv.ParseFloat(f[1], 64)
		require.NoError(t, err)
		require.Greater(t, worth, 0.53, out.String())
		share, err := strconv.Atoi(f[2])
		require.NoError(t, err)
		require.Greater(t, share, 70, out.String())
	}
	for _, file := range []string{"planned.svg", "learned.svg", "played.svg"} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		require.NoError(t, err)
		require.Contains(t, string(text), "</svg>")
	}
}
