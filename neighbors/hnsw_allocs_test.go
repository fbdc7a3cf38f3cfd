//go:build !race

package neighbors_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/neighbors"
)

// Under the race detector pools drop what they hold, and so allocate.
func TestHNSWSearchAllocatesNothing(t *testing.T) {
	x := clouds(1000, 8, 1)
	ix := index(t, neighbors.HNSW{Connections: 6, Build: 20}, x)
	var dst neighbors.Neighbors
	row := x.Row(5)
	if n := testing.AllocsPerRun(50, func() { dst, _ = ix.NearestRow(dst, row, neighbors.Query{K: 5}) }); n >= 1 {
		t.Errorf("%g allocations", n)
	}
}
