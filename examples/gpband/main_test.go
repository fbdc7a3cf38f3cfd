package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBandIsDrawn(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	require.NoError(t, run(context.Background(), &out, folder))
	require.Contains(t, out.String(), "the band holds the truth at")
	t.Log(out.String())
	picture, err := os.ReadFile(filepath.Join(folder, "gpband.svg"))
	require.NoError(t, err)
	require.Equal(t, 25, bytes.Count(picture, []byte("<circle")))
	require.Contains(t, string(picture), "<polygon")
}
