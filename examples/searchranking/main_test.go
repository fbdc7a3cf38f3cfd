package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheRankerBeatsASingleColumn(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, 200))
	found := regexp.MustCompile(`NDCG@10 (0\.\d+)`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, found, 3, out.String())
	var ndcg []float64
	for _, m := range found {
		v, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		ndcg = append(ndcg, v)
	}
	require.Greater(t, ndcg[2], ndcg[0]+0.02, out.String())
	require.Contains(t, out.String(), "best first")
}
