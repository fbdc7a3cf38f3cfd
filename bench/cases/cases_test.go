package cases

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/bench/protocol"
	"github.com/gopherwood-ml/ml/tensor"
)

// peerCases are the names and libraries that peers/*.py register with literal names.
func peerCases(t *testing.T) map[[2]string]bool {
	t.Helper()
	files, err := filepath.Glob("../peers/*.py")
	require.NoError(t, err)
	found := map[[2]string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^@?case\("([^"]+)", "([^"]+)"`).FindAllSubmatch(text, -1) {
			found[[2]string{string(m[1]), string(m[2])}] = true
		}
	}
	return found
}

func TestEveryPeerCaseIsARow(t *testing.T) {
	listed := map[[2]string]bool{}
	for _, l := range List {
		k := [2]string{l.Name, l.Lib}
		assert.False(t, listed[k], "%v twice", k)
		listed[k] = true
		if l.Data != "" && l.Data != "docs20k" { // texts, not arrays
			assert.Contains(t, sets, l.Data, l.Name)
		}
		assert.GreaterOrEqual(t, l.Issue, 3, l.Name)
	}
	assert.Equal(t, peerCases(t), listed)
	assert.Len(t, List, 150, "130 cases; Ridge, SVC, both PPOs, the two forests, t-SNE, k-means, both DBSCANs, brute-force neighbours, HNSW and six nets twice, HDBSCAN three times")
}

func TestPeersArePinnedExactly(t *testing.T) {
	text, err := os.ReadFile("../peers/requirements.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		assert.Regexp(t, `^(#.*|[\w-]+==\d+(\.\d+)+)\n$`, line)
	}
}

func TestCasesNameTheDataOfTheirRow(t *testing.T) {
	for _, l := range List {
		if c, built := Find(l.Name, Ours); built {
			assert.Equal(t, l.Data, c.Data, l.Name)
			assert.Contains(t, c.Vs, l.Lib, l.Name)
		}
	}
	for _, lib := range []string{Gonum, Loop, BuiltIn} {
		for _, c := range All(lib) {
			ours, ok := Find(c.Name, Ours)
			require.True(t, ok, c.Name)
			assert.Contains(t, ours.Vs, lib, c.Name)
			assert.Equal(t, ours.Data, c.Data, c.Name)
		}
	}
}

func TestEveryDataSetOfPythonCanBeDrawnHere(t *testing.T) {
	text, err := os.ReadFile("../peers/data.py")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^    "(\w+)": \(`).FindAllSubmatch(text, -1) {
		assert.Contains(t, sets, string(m[1]))
	}
}

func TestDrawnDataIsFixedAndHasItsParts(t *testing.T) {
	for _, name := range []string{"digits", "agg5k", "svm10k"} {
		a, err := Open("", name)
		require.NoError(t, err)
		b, err := Open("", name)
		require.NoError(t, err)
		assert.Equal(t, a.Float("X").Data(), b.Float("X").Data(), name)
		n, _ := a.Float("X").Dims()
		assert.Len(t, a.Values("y"), n, name)
	}
	_, err := Open("", "nonsense")
	require.Error(t, err)
}

func TestDataIsReadFromTheFolder(t *testing.T) {
	dir := t.TempDir()
	want := tensor.FromSlice([]float64{1, 2, 3, 4}, 2, 2)
	for _, part := range []string{"X", "y"} {
		f, err := os.Create(filepath.Join(dir, "digits."+part+".npy"))
		require.NoError(t, err)
		require.NoError(t, tensor.WriteNpy(f, want))
		require.NoError(t, f.Close())
	}
	d, err := Open(dir, "digits")
	require.NoError(t, err)
	assert.Equal(t, want.Data(), d.Float("X").Data())
	_, err = Open(dir, "agg5k")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// The whole of a worker, on a small kernel of each library.
func TestAWorkerRunsEveryStepOfACase(t *testing.T) {
	for _, lib := range []string{Ours, Gonum} {
		w := &Worker{}
		r, err := w.Answer(protocol.Request{Op: "open", Case: "sgemm-32", Lib: lib})
		require.NoError(t, err)
		require.Len(t, r.Steps, 2)
		for _, s := range r.Steps {
			got, err := w.Answer(protocol.Request{Op: "run", Step: s.Name})
			require.NoError(t, err)
			assert.Positive(t, got.Seconds)
			assert.Positive(t, got.Calls)
		}
		s, err := w.Answer(protocol.Request{Op: "score"})
		require.NoError(t, err)
		assert.Positive(t, s.Score["norm"])
		_, err = w.Answer(protocol.Request{Op: "run", Step: "nonsense"})
		require.Error(t, err)
	}
}

func TestGoPeersComputeTheSame(t *testing.T) {
	for _, lib := range []string{Gonum, Loop, BuiltIn} {
		for _, c := range All(lib) {
			if c.Slow {
				continue
			}
			scores := func(lib string) map[string]float64 {
				c, _ := Find(c.Name, lib)
				d, err := Open("", c.Data)
				require.NoError(t, err)
				w, err := c.Make(d)
				require.NoError(t, err)
				require.NoError(t, w.Steps[0].Run())
				s, err := w.Score()
				require.NoError(t, err)
				return s
			}
			ours := scores(Ours)
			for k, v := range scores(lib) {
				assert.InDelta(t, v, ours[k], 2e-4*max(1, v, -v), "%s %s", c.Name, k)
			}
		}
	}
}

func TestRepeatTakesTheMedianOfBatchesAndStopsAtAnError(t *testing.T) {
	calls := 0
	_, n, err := repeat(func() error { calls++; return nil }, 10, 0)
	require.NoError(t, err)
	assert.Equal(t, 10, n)
	assert.Equal(t, 10, calls)
	bad := errors.New("bad")
	_, _, err = repeat(func() error { return bad }, 10, 1)
	require.ErrorIs(t, err, bad)
	_, err = batchSize(func() error { return bad })
	require.ErrorIs(t, err, bad)
	assert.InDelta(t, 2.5, Median([]float64{4, 1, 2, 3}), 0)
	assert.InDelta(t, 2, Median([]float64{3, 1, 2}), 0)
}
