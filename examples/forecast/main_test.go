package main

import (
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/nn"
)

func TestBeatsTheYearBefore(t *testing.T) {
	var out bytes.Buffer
	epochs := 1000
	if testing.Short() {
		epochs = 150
	}
	require.NoError(t, run(context.Background(), &out, epochs))
	t.Log(out.String())
	mae := map[string]float64{}
	for _, f := range regexp.MustCompile(`(?m)^  (.+?) +(\d+\.\d) +\d+\.\d %$`).FindAllStringSubmatch(out.String(), -1) {
		v, err := strconv.ParseFloat(f[2], 64)
		require.NoError(t, err)
		mae[f[1]] = v
	}
	require.Len(t, mae, 5)
	require.Less(t, mae["a month ahead: the net"], mae["a month ahead: the year before"])
	require.Less(t, mae["two years ahead: the net"], mae["two years ahead: 1958 again"])
}

// The windows of training end before those of validation, and those before the years that are forecast.
func TestNothingIsSeenTooEarly(t *testing.T) {
	logs := make([]float64, 60)
	for i := range logs {
		logs[i] = float64(i)
	}
	l := windows(logs, 30, 40)
	require.Equal(t, 10, l.Data.Len())
	x, y := make([]float32, 10*window), make([]float32, 10)
	require.NoError(t, l.Data.Fill([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, x, y))
	for i := range 10 {
		require.InDelta(t, 1, y[i]-x[i*window+window-1], 1e-5, "the target is the month after the window")
	}
	require.Equal(t, 6, windows(logs, 0, 30).Data.Len(), "the first window has all its months")
}

func TestBeginsAsTheYearBefore(t *testing.T) {
	net, err := nn.New(Seasonal{nn.Seq{nn.LSTM{Units: 4, Last: true}, nn.Dense{Out: 1, Init: nn.Constant{}, NoBias: true}}}, []int{window, 1}, 1)
	require.NoError(t, err)
	logs := make([]float64, 30)
	for i := range logs {
		logs[i] = 5 + float64(i*i%7)/10
	}
	y, err := next(net, logs)
	require.NoError(t, err)
	require.InDelta(t, logs[30-year], y, 1e-6, "float32")
}
