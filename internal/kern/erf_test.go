package kern

import (
	"math"
	"math/big"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// off is how far got is from want in the function's unit: units in the last place, or, for the bounds that are relative,
// the bound's fraction that the error is (1 is allowed, and so is the least denormal).
func off[T Float](e elementary, got T, want *big.Float) float64 {
	if !e.relative() {
		return ulps(got, want)
	}
	bound, least := 1e-15, math.SmallestNonzeroFloat64
	if single[T]() {
		bound, least = 4e-7, math.SmallestNonzeroFloat32
	}
	d := zero().Sub(wide(float64(got)), want)
	d.Abs(d)
	if got == got && d.Cmp(wide(least)) <= 0 {
		return 0
	}
	rel, _ := zero().Quo(d, zero().Abs(want)).Float64()
	return rel / bound
}

// The tables are mpmath's, at 60 digits (internal/golden/kern_elementary.py).
func testTables[T Float](t *testing.T) {
	type column struct {
		X    []float64
		Want []string
	}
	tables := golden.Load[map[string]map[string]column](t, "testdata/elementary.json")
	for _, e := range elementaries {
		t.Run(e.name, func(t *testing.T) {
			var x []T
			var want []*big.Float
			for kind, c := range tables[e.function()] {
				if kind == "wide" && single[T]() {
					continue
				}
				for i, text := range c.Want {
					w, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
					if err != nil {
						t.Fatal(err)
					}
					x, want = append(x, T(c.X[i])), append(want, w)
				}
			}
			if len(x) < 80 {
				t.Fatalf("a table of %d lines", len(x))
			}
			eachLevel(t, func(t *testing.T) {
				got := make([]T, len(x))
				apply(e.name, got, x)
				worst, at := 0.0, 0
				for i := range x {
					if u := off(e, got[i], want[i]); u > worst || u != u {
						worst, at = u, i
					}
				}
				t.Logf("%d points, worst %.3f at %v", len(x), worst, x[at])
				if !(worst <= e.bound) {
					t.Errorf("%s(%v) = %v, want %.20g: off by %.3f, bound %v", e.name, x[at], got[at], want[at], worst, e.bound)
				}
			})
		})
	}
}

func TestTablesF32(t *testing.T) { testTables[float32](t) }
func TestTablesF64(t *testing.T) { testTables[float64](t) }
