package mltest

import (
	"math"
	"testing"
)

func TestCloseGrids(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name      string
		want, got []float64
		ok        bool
	}{
		{"equal", []float64{1, nan, inf}, []float64{1, nan, inf}, true},
		{"within the tolerance of the largest", []float64{1e-9, 100}, []float64{2e-9, 100 + 9e-5}, true},
		{"beyond it", []float64{1e-9, 100}, []float64{1e-9, 100 + 2e-4}, false},
		{"a NaN for a number, then a small difference", []float64{1, 1}, []float64{nan, 1 + 1e-12}, false},
		{"a number for a NaN", []float64{nan, 1}, []float64{1, 1}, false},
		{"the other infinity", []float64{inf, 1}, []float64{-inf, 1}, false},
		{"zeros", []float64{0, 0}, []float64{0, 1e-300}, false},
	} {
		n := len(c.want)
		err := closeGrids(grid{rows: n, cols: 1, v: c.want}, grid{rows: n, cols: 1, v: c.got}, 1e-6)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSamePartition(t *testing.T) {
	codes := func(v ...float64) grid { return grid{rows: len(v), cols: 1, v: v, codes: true} }
	if err := samePartition(codes(0, 1, 1, -1, 2), codes(2, 0, 0, -1, 1)); err != nil {
		t.Errorf("renumbered: %v", err)
	}
	for _, got := range []grid{codes(0, 0, 1, -1, 2), codes(0, 1, 1, -1, 1), codes(0, 1, 1, 3, 2), codes(0, 1, -1, -1, 2)} {
		if samePartition(codes(0, 1, 1, -1, 2), got) == nil {
			t.Errorf("%v is taken for the same partition", got.v)
		}
	}
}

func TestSameCodes(t *testing.T) {
	a, b := grid{rows: 1, cols: 1, v: []float64{0}}, grid{rows: 1, cols: 1, v: []float64{1}}
	undecided, decided := grid{rows: 1, cols: 2, v: []float64{0.5, 0.5}}, grid{rows: 1, cols: 2, v: []float64{0.6, 0.4}}
	if err := sameCodes(a, b, &undecided, 1e-6); err != nil {
		t.Errorf("a tie: %v", err)
	}
	if sameCodes(a, b, &decided, 1e-6) == nil || sameCodes(a, b, nil, 1e-6) == nil {
		t.Error("other codes are taken for the same")
	}
}
