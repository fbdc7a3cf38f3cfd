package main

import (
	"bytes"
	"context"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
)

// typist is a person who knows all digits: it reads which row is asked from what was printed, and types the answers of a script.
type typist struct {
	out   *bytes.Buffer
	truth []int
	left  int // answers before q
	line  string
}

var asked = regexp.MustCompile(`row (\d+),`)

func (p *typist) Read(b []byte) (int, error) {
	if p.line == "" {
		rows := asked.FindAllStringSubmatch(p.out.String(), -1)
		row, err := strconv.Atoi(rows[len(rows)-1][1])
		if err != nil {
			return 0, err
		}
		p.line = strconv.Itoa(p.truth[row]) + "\n"
		if p.left--; p.left < 0 {
			p.line = "q\n"
		}
	}
	n := copy(b, p.line)
	p.line = p.line[n:]
	return n, nil
}

func TestAPersonIsAskedAndStopsAndGoesOn(t *testing.T) {
	few, truth, _ := images()
	file := filepath.Join(t.TempDir(), "askme.session")
	var out bytes.Buffer
	ctx := context.Background()

	// A script with a slip: "x" is no class, s skips the first image, the end of the input stops.
	require.NoError(t, converse(ctx, strings.NewReader("x\ns\n"), &out, file, 1))
	require.Contains(t, out.String(), "that is no class")
	require.Contains(t, out.String(), "0 answers, 1 skipped")
	require.Contains(t, out.String(), "@@") // a picture

	for range 2 {
		require.NoError(t, converse(ctx, &typist{out: &out, truth: truth, left: 6}, &out, file, 3))
	}
	require.Contains(t, out.String(), "12 answers, 1 skipped")
	s, err := resume(file)
	require.NoError(t, err)
	require.Len(t, s.Asked, 13)
	for i, y := range s.Labels().Y {
		if y != ml.None {
			require.Equal(t, truth[i], y)
		}
	}

	// One who never stops is asked the same and learns the same.
	whole := filepath.Join(t.TempDir(), "whole.session")
	var other bytes.Buffer
	require.NoError(t, converse(ctx, strings.NewReader("s\n"), &other, whole, 1))
	require.NoError(t, converse(ctx, &typist{out: &other, truth: truth, left: 12}, &other, whole, 1))
	again, err := resume(whole)
	require.NoError(t, err)
	require.Equal(t, s, again)
	require.Equal(t, few.Rows(), len(s.Labels().Y))
}

func TestChosenDigitsTeachMore(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, compare(context.Background(), &out, 20))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4)
	last := strings.Fields(lines[3])
	require.Equal(t, "30", last[0])
	random, err := strconv.ParseFloat(last[1], 64)
	require.NoError(t, err)
	margin, err := strconv.ParseFloat(last[2], 64)
	require.NoError(t, err)
	require.Greater(t, margin, random)
}
