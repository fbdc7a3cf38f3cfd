package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	t.Log(out.String())
	require.Contains(t, out.String(), "the header: area, built, district, floor, balcony")
	// Rents were made of 9.5 a square metre of a standard deviation of some 35, and so on.
	require.Regexp(t, `(?m)^ +3[0-9]{2}\.\d\d  area +area$`, out.String())
	require.Regexp(t, `(?m)^ +4\d\.\d\d  built +built$`, out.String())
	require.Regexp(t, `(?m)^ +-?\d+\.\d\d  area floor +area, floor$`, out.String())
	require.Regexp(t, `(?m)district_north +district$`, out.String())
}
