package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGallery(t *testing.T) {
	if testing.Short() {
		t.Skip("two models and nineteen pictures")
	}
	var b bytes.Buffer
	to := t.TempDir()
	require.NoError(t, run(context.Background(), &b, to))
	files, err := os.ReadDir(to)
	require.NoError(t, err)
	require.Len(t, files, 2*strings.Count(b.String(), "\n"))
}
