package ensemble_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/ensemble"
)

// The functions for losses of one's own agree with package math, also in place, on extremes and on lengths around a block.
func TestMathsForLosses(t *testing.T) {
	extremes := []float64{0, math.Copysign(0, -1), 1, -1, 0x1p-60, -0x1p-60, 36, -36, 700, -700, 745, -745, 800, -800, math.Inf(1), math.Inf(-1), math.NaN()}
	for _, c := range []struct {
		name string
		run  func(dst, x []float64)
		want func(x float64) float64
	}{
		{"Exp", ensemble.Exp, math.Exp},
		{"Log", ensemble.Log, math.Log},
		{"Sigmoid", ensemble.Sigmoid, func(x float64) float64 {
			if e := math.Exp(-math.Abs(x)); x < 0 {
				return e / (1 + e)
			} else {
				return 1 / (1 + e)
			}
		}},
		{"Softplus", ensemble.Softplus, func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
	} {
		for _, n := range []int{0, 1, 7, 255, 256, 257, 1000} {
			x := make([]float64, n+3)
			for i := range x {
				x[i] = 40*math.Sin(float64(i*i)) + 20
				if i < n/2 && i < len(extremes) {
					x[i] = extremes[i]
				}
			}
			before := slices.Clone(x)
			dst := make([]float64, n)
			c.run(dst, x)
			for i, got := range dst {
				// the smallest number at most beside that: package math has 0 for exp(-745) on arm64, where that number is nearest
				if want := c.want(x[i]); !(math.Abs(got-want) <= 2e-15*math.Abs(want)+math.SmallestNonzeroFloat64 || got == want || got != got && want != want) {
					t.Errorf("%s(%v) = %v, want %v", c.name, x[i], got, want)
				}
			}
			c.run(x[:n], x)
			if !slices.EqualFunc(x[:n], dst, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) || !slices.Equal(x[n:], before[n:]) {
				t.Errorf("%s of %d numbers in place", c.name, n)
			}
		}
	}
}
