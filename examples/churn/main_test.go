package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeaversAreTold(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, 6000))
	auc := regexp.MustCompile(`AUC (0\.\d+)`).FindStringSubmatch(out.String())
	require.NotNil(t, auc, out.String())
	v, err := strconv.ParseFloat(auc[1], 64)
	require.NoError(t, err)
	require.Greater(t, v, 0.75, out.String())
	require.Regexp(t, `complaints +\d`, out.String())
	risk := regexp.MustCompile(`risk (0\.\d+)`).FindStringSubmatch(out.String())
	require.NotNil(t, risk)
	p, err := strconv.ParseFloat(risk[1], 64)
	require.NoError(t, err)
	require.Greater(t, p, 0.6)
}
