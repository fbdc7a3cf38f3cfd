package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestThePlanSaves(t *testing.T) {
	if testing.Short() {
		t.Skip("plain arithmetic on one goroutine, a second of it: the full run has it")
	}
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	saved := regexp.MustCompile(`saves (\d+) %`).FindStringSubmatch(out.String())
	require.NotNil(t, saved, out.String())
	v, err := strconv.Atoi(saved[1])
	require.NoError(t, err)
	require.Greater(t, v, 10, out.String())
}
