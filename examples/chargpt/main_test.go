package main

import (
	"bytes"
	"context"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestLearnsToSpell(t *testing.T) {
	var out bytes.Buffer
	c := config{steps: 120, letters: 120, temperature: 0.7, seed: 1}
	if testing.Short() {
		c.steps, c.letters = 24, 20
	}
	require.NoError(t, run(context.Background(), &out, c))
	t.Log(out.String())
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		return v
	}
	losses := regexp.MustCompile(`step +\d+: loss (\S+)`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, losses, 8)
	first, last := number(losses[0][1]), number(losses[7][1])
	unseen := number(regexp.MustCompile(`not seen: loss (\S+)`).FindStringSubmatch(out.String())[1])
	require.Less(t, last, first-0.3)
	if !testing.Short() {
		require.Less(t, last, 2.55)
		require.Less(t, unseen, 2.65)
	}
	written := out.String()[strings.Index(out.String(), "Shall I "):]
	require.Len(t, []rune(strings.TrimSuffix(written, "\n")), len("Shall I ")+c.letters)
}

// The same seed writes the same text, another one another, and near temperature 0 all write what is likeliest.
func TestWritingIsSeeded(t *testing.T) {
	letters := alphabet(sonnets)
	net, err := nn.New(gpt(len(letters)), []int{length}, 1)
	require.NoError(t, err)
	say := func(seed uint64, temperature float64) string {
		s, err := write(net, letters, "Love", config{letters: 60, temperature: temperature, seed: seed})
		require.NoError(t, err)
		return s
	}
	require.Equal(t, say(1, 1), say(1, 1))
	require.NotEqual(t, say(1, 1), say(2, 1))
	require.Equal(t, say(1, 1e-6), say(2, 1e-6))
	_, err = write(net, letters, "Love", config{letters: 1})
	require.ErrorContains(t, err, "temperature")
}

// What follows a place has no say in its scores: that is what lets write fill up short texts.
func TestLooksBackOnly(t *testing.T) {
	letters := alphabet(sonnets)
	net, err := nn.New(gpt(len(letters)), []int{length}, 1)
	require.NoError(t, err)
	a := encode(letters, sonnets[:length])
	b := append(append(text(nil), a[:length/2]...), encode(letters, sonnets[500:500+length/2])...)
	half := func(t text) []float32 {
		y, err := net.Predict(tensor.FromSlice([]float32(t), 1, length))
		if err != nil {
			return []float32{float32(math.NaN())}
		}
		return y.Data()[:length/2*len(letters)]
	}
	require.Equal(t, half(a), half(b))
}
