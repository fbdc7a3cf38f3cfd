package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each topic's words are those of one theme, and each theme is found.
func TestTopicsAreTheThemes(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), &out))
	themes := map[string]string{}
	for theme, words := range map[string]string{"kitchen": "bake bread butter dough kitchen needs onions oven pepper salt sauce soup hot fry stir flour", "sky": "comet galaxy moon night orbit planet sky star stars telescope near", "football": "ball coach field goal goalkeeper league match penalty player players referee scored team left"} {
		for _, word := range strings.Fields(words) {
			themes[word] = theme
		}
	}
	found := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		if head, words, ok := strings.Cut(line, "): "); ok && strings.HasPrefix(head, "topic") {
			about := themes[strings.Fields(words)[0]]
			for _, word := range strings.Fields(words) {
				require.Equal(t, about, themes[word], "%s in %s", word, line)
			}
			found[about] = true
		}
	}
	require.Len(t, found, 3, out.String())
}
