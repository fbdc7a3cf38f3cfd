package main

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	t.Log(out.String())
	numbers := func(pattern string) []float64 {
		var v []float64
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(out.String(), -1) {
			f, err := strconv.ParseFloat(m[1], 64)
			require.NoError(t, err)
			v = append(v, f)
		}
		return v
	}
	auc := numbers(`the text +(0\.\d+)`)
	require.Len(t, auc, 2)
	require.Greater(t, auc[0], 0.6)
	require.Greater(t, auc[1], auc[0]+0.02, "words say more than the rest alone")
	p := numbers(`probability (\d\.\d+)`)
	require.Len(t, p, 3)
	require.Less(t, p[0], 0.3)
	require.Greater(t, p[1], 0.7)
	require.Greater(t, p[2], p[0], "of a few keys only, one of them unknown")
}

func TestServeRefusesWhatIsNoRecord(t *testing.T) {
	_, _, err := serve(&fitted{Fitted: ml.Fitted{Columns: []ml.Column{{Name: "seats"}}}}, `{"seats": "many"}`)
	var e *ml.Error
	require.True(t, errors.As(err, &e))
	require.Contains(t, err.Error(), "seats")
}
