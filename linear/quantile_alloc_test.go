//go:build !race

package linear

import (
	"slices"
	"testing"
)

// Under -race sync.Pool drops what it is given, on purpose. TestMultiQuantileLaws tries few quantiles.
func TestManyQuantilesOfARowDoNotAllocate(t *testing.T) {
	many := make([]float64, fewQuantiles+3)
	for k := range many {
		many[k] = float64(k+1) / float64(len(many)+1)
	}
	d := regression(40, 2)
	m, err := MultiQuantileRegression{Quantiles: many}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.PredictQuantiles(d.X)
	if err != nil {
		t.Fatal(err)
	}
	x, got := []float64{d.X.At(3, 0), d.X.At(3, 1)}, 0.0
	if n := testing.AllocsPerRun(1000, func() { got, err = m.PredictRow(x) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if row := want.Row(3); err != nil || got != row[len(row)/2] || !slices.IsSorted(row) {
		t.Errorf("%v, %v, want the middle of %v", got, err, row)
	}
}
