package main

import (
	"bytes"
	"context"
	"testing"

	"github.com/gopherwood-ml/ml/datasets"
	"github.com/stretchr/testify/require"
)

// Two components are too few, and the search says so.
func TestMoreComponentsAreChosen(t *testing.T) {
	var out bytes.Buffer
	digits := datasets.Digits()
	var some []int
	for i := range 500 {
		some = append(some, i)
	}
	require.NoError(t, run(context.Background(), &out, digits.Select(some), 2, 20))
	require.Regexp(t, `(?m)^ +20  0\.[89]\d\d  <- the best$`, out.String())
	require.Regexp(t, `not seen: accuracy 0\.[89]\d\d`, out.String())
}
