package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every quantile asked for is, to the bit, that of the whole sample in order.
func TestSampleAt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	qs := []float64{0, 0.1, 0.25, 0.5, 0.75, 0.999, 1}
	for name, draw := range map[string]func() float64{
		"normal":   r.NormFloat64,
		"one":      func() float64 { return 3 },
		"few":      func() float64 { return float64(r.IntN(5)) - 2 },
		"spread":   func() float64 { return math.Exp(600*r.Float64()-300) * float64(1-2*r.IntN(2)) },
		"infinite": func() float64 { return 1 / float64(r.IntN(3)) },
		"missing": func() float64 {
			if r.IntN(4) == 0 {
				return math.NaN()
			}
			return r.Float64()
		},
	} {
		for _, n := range []int{1, 100, 1<<13 - 1, 1 << 13, 20_001} {
			x := make([]float64, n)
			for i := range x {
				x[i] = draw()
			}
			all := NewSample(x, nil)
			for _, d := range []Definition{Linear, AveragedInvertedCDF} {
				some := NewSampleAt(x, d, qs...)
				for _, q := range qs {
					if want, got := all.Quantile(q, d), some.Quantile(q, d); got != want && !(got != got && want != want) {
						t.Errorf("%s: quantile %v of %d, definition %v, is %v, want %v", name, q, n, d, got, want)
					}
				}
			}
		}
	}
}
