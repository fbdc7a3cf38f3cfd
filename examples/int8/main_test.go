package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The small nets' files are about a quarter, and they lose less than half a point of accuracy.
func TestSmallNetsReadAsWell(t *testing.T) {
	var out bytes.Buffer
	epochs := 10
	if testing.Short() {
		epochs = 2
	}
	require.NoError(t, run(context.Background(), &out, epochs, time.Millisecond))
	t.Log(out.String())
	rows := regexp.MustCompile(`(?m)^(\S+) +\d+ +(\S+)x +(\S+)%`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, rows, 4)
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		return v
	}
	for _, r := range rows[1:] {
		require.Less(t, number(r[2]), .27, r[1])
		require.Greater(t, number(r[3]), number(rows[0][3])-.5, r[1])
	}
}
