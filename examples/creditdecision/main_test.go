package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALetterGivesReasonsAndWaysOut(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	require.NoError(t, run(context.Background(), &out, 3000, folder))
	require.Regexp(t, `held out: 0\.[789]`, out.String())
	require.Contains(t, out.String(), "What weighed most against it:\n  1. ")
	require.Contains(t, out.String(), "We would accept it with\n  ")
	require.Contains(t, out.String(), "No smaller change")
	drawn, err := filepath.Glob(filepath.Join(folder, "*.svg"))
	require.NoError(t, err)
	require.Len(t, drawn, 4)
}
