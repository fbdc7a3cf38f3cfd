package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Rows without labels help, and all labels help more.
func TestFewLabelsGoFar(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, 2))
	found := regexp.MustCompile(`accuracy (0\.\d+)`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, found, 4, out.String())
	var a [4]float64
	for i, f := range found {
		var err error
		a[i], err = strconv.ParseFloat(f[1], 64)
		require.NoError(t, err)
	}
	require.Greater(t, a[1], a[0]+0.02, out.String())
	require.Greater(t, a[2], a[0]+0.02, out.String())
	require.Greater(t, a[3], a[1], out.String())
	require.Contains(t, out.String(), "round  1:")
}
