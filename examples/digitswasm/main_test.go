//go:build !js

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/tensor"
)

// The net in net.go reads, and the state is all the memory that it takes.
func TestReadsDigits(t *testing.T) {
	d := images()
	whole, right := tensor.FromMatrix[float64](d.X).Data(), 0
	var state ReadState
	pixels := make([]float32, 64)
	for i, y := range d.Y {
		for j := range pixels {
			pixels[j] = float32(whole[64*i+j])
		}
		if k, label := ReadClassify(&state, pixels); k == y {
			right++
			require.Equal(t, strconv.Itoa(y), label)
		}
	}
	assert.Equal(t, 1788, right) // the same on every machine
	assert.Zero(t, testing.AllocsPerRun(10, func() { ReadClassify(&state, pixels) }))
}

// -train writes such a file.
func TestTrains(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a net")
	}
	var out strings.Builder
	path := filepath.Join(t.TempDir(), "net.go")
	require.NoError(t, write(context.Background(), &out, path))
	code, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(code), "func ReadClassify(")
	found := regexp.MustCompile(`(\d+) of 4\d\d images`).FindStringSubmatch(out.String())
	require.Len(t, found, 2, out.String())
	right, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	assert.Greater(t, right, 425, out.String()) // 0.95 of them
}

// The page is built, its program is small, and under node it reads as the net does here.
func TestThePageReads(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no Go toolchain")
	}
	var out strings.Builder
	require.NoError(t, run(context.Background(), &out, "", true, false))
	t.Log(out.String())
	found := regexp.MustCompile(`(\d+) bytes of WebAssembly`).FindStringSubmatch(out.String())
	require.Len(t, found, 2)
	size, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	assert.Less(t, size, 3_000_000)
	if _, err := exec.LookPath("node"); err == nil {
		assert.Contains(t, out.String(), "each as this program does")
	}
}
