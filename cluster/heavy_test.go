//go:build heavy

package cluster_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// manyRows are a million rows of three columns in a hundred blobs.
func manyRows() *tensor.Tensor[float64] {
	r := rng.New(5, 0)
	x := tensor.New[float64](1_000_000, 3)
	for i := range 1_000_000 {
		for j := range 3 {
			x.Row(i)[j] = float64(i%100*(j+7)%29) + 0.3*r.NormFloat64()
		}
	}
	return x
}

// peak is the most memory that the process has had, in bytes, where Linux tells.
func peak(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc/self/status")
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Skip("no VmHWM")
	return 0
}

func frugal(t *testing.T, fit func(ml.Table) error) {
	t.Helper()
	start := time.Now()
	if err := fit(ml.Table{X: manyRows()}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%v, %d MB", time.Since(start).Round(time.Millisecond), peak(t)>>20)
	if most := peak(t); most > 2<<30 || time.Since(start) > 10*time.Minute {
		t.Errorf("%d MB and %v, want 2048 MB and 10 minutes at most", most>>20, time.Since(start))
	}
}

func TestDBSCANOfAMillionRows(t *testing.T) {
	frugal(t, func(d ml.Table) error { _, err := cluster.DBSCAN{Eps: 0.1, MinSamples: 10}.Fit(ctx, d); return err })
}

func TestHDBSCANOfAMillionRows(t *testing.T) {
	frugal(t, func(d ml.Table) error {
		_, err := cluster.HDBSCAN{MinClusterSize: 100, MinSamples: 5}.Fit(ctx, d)
		return err
	})
}

func TestKNNGraphOfAMillionRows(t *testing.T) {
	frugal(t, func(d ml.Table) error {
		m, err := neighbors.NearestNeighbors{}.Fit(ctx, d)
		if err != nil {
			return err
		}
		g, err := m.KNNGraph(10, neighbors.Lengths)
		if err == nil && g.NNZ() != 10_000_000 {
			t.Error(g.NNZ(), "edges")
		}
		return err
	})
}
