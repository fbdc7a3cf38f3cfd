package main

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The out-of-bag score is an honest one, and the intervals hold about as many new patients as they promise.
func TestIntervalsHoldTheirPromise(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	var oob, fresh, margin float64
	var inside, all int
	_, err := fmt.Sscanf(out.String(), "R² out of bag %f, on new patients %f\n", &oob, &fresh)
	require.NoError(t, err, out.String())
	require.InDelta(t, oob, fresh, 0.12)
	at := bytes.Index(out.Bytes(), []byte("intervals for"))
	_, err = fmt.Sscanf(out.String()[at:], "intervals for 80 %%: quantiles 0.1 and 0.9, moved out by %f; they hold %d of %d", &margin, &inside, &all)
	require.NoError(t, err, out.String())
	require.InDelta(t, 0.8, float64(inside)/float64(all), 0.1)
}
