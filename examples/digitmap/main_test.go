package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/stretchr/testify/require"
)

func TestDigitsAreLaidOut(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	digits := datasets.Digits()
	var some []int
	for i := range 240 {
		some = append(some, i)
	}
	require.NoError(t, run(context.Background(), &out, folder, digits.Select(some)))
	require.Contains(t, out.String(), "are read off its map as what they are")
	for name, circles := range map[string]int{"tsne.svg": 240, "umap.svg": 160 + 2*80} {
		picture, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Equal(t, circles, bytes.Count(picture, []byte("<circle")), name)
	}
}
