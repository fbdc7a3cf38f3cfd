package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// output runs the program on a quarter of the texts, or fewer with -short.
func output(t *testing.T) string {
	t.Helper()
	n := 5000
	if testing.Short() {
		n = 1500
	}
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out, n))
	return out.String()
}

func TestHeldOutTextsAreToldApart(t *testing.T) {
	found := regexp.MustCompile(`(0\.\d+) of \d+ held-out`).FindAllStringSubmatch(output(t), -1)
	require.Len(t, found, 2)
	for _, m := range found {
		score, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		require.Greater(t, score, 0.7, "a guess is right for one text in four")
	}
}

func TestTellingWordsAreTheTopics(t *testing.T) {
	out := output(t)
	for _, topic := range topics {
		m := regexp.MustCompile(fmt.Sprintf(`(?m)^  %s +((\w+ ?)+)$`, topic.name)).FindStringSubmatch(out)
		require.NotNil(t, m, topic.name)
		own := strings.Fields(topic.words)
		for _, word := range strings.Fields(m[1]) {
			require.Contains(t, own, word, topic.name)
		}
	}
	require.Contains(t, out, "is about football")
}

func TestTextsAreFixed(t *testing.T) {
	a, y := drawTexts(50, 3)
	b, z := drawTexts(50, 3)
	require.Equal(t, a, b)
	require.Equal(t, y, z)
}
