package main

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The table is the same with and without a journal, and again when all of it comes from the journal.
func TestTheTableIsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "search.jsonl")
	var plain, first, again bytes.Buffer
	require.NoError(t, run(context.Background(), &plain, "", false))
	require.NoError(t, run(context.Background(), &first, path, false))
	require.NoError(t, run(context.Background(), &again, path, false))
	require.Equal(t, plain.String(), first.String())
	require.Equal(t, plain.String(), again.String())
	lines := strings.Split(plain.String(), "\n")
	require.Regexp(t, `rank +trial +log_loss +std +accuracy +folds +Degree +C +Elastic +L1Ratio$`, lines[0])
	require.Len(t, regexp.MustCompile(`(?m)^\*? +\d+ +\d+ +[01]\.`).FindAllString(plain.String(), -1), 24)
	require.Regexp(t, `accuracy (1\.000|0\.9\d\d)`, lines[len(lines)-2])
}
