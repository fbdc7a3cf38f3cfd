package isotonic

import (
	"math"
	"slices"
	"testing"
)

func TestPoolAveragesViolators(t *testing.T) {
	y := []float64{1, 4, 2, 2, 5, 5, 3}
	Pool(y, []float64{1, 1, 2, 1, 1, 1, 4})
	if want := []float64{1, 2.5, 2.5, 2.5, 11. / 3, 11. / 3, 11. / 3}; !slices.EqualFunc(y, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-15*b+1e-15 }) {
		t.Errorf("%v, want %v", y, want)
	}
}

func TestCurveKeepsTheEndsOfRuns(t *testing.T) {
	c := Fit([]float64{3, 1, 2, 4, 5, 5, 9}, []float64{0, 0, 0, 0, 1, 3, 7}, []float64{1, 1, 1, 1, 1, 1, 0}, false)
	if !slices.Equal(c.X, []float64{1, 4, 5}) || !slices.Equal(c.Y, []float64{0, 0, 2}) {
		t.Errorf("%+v", c)
	}
	if c := Fit([]float64{1}, []float64{1}, []float64{0}, true); len(c.X) != 0 {
		t.Errorf("of nothing: %+v", c)
	}
}

func TestRisesCountsWeights(t *testing.T) {
	x, y := []float64{1, 2, 3}, []float64{1, 3, 2}
	if !Rises(x, y, nil) {
		t.Error("a rank correlation of 0.5 falls")
	}
	if Rises(x, y, []float64{1, 3, 3}) {
		t.Error("a negative one rises")
	}
	if !Rises(x, []float64{5, 5, 5}, nil) {
		t.Error("a constant falls")
	}
}
