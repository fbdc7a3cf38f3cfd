package metrics

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// The median of many rows is that of sorting, whether the sample's bounds hold it or not.
func TestMedianAEOfManyRows(t *testing.T) {
	r := rng.New(1, 2)
	for name, of := range map[string]func(i int) float64{
		"normal":         func(int) float64 { return r.NormFloat64() },
		"ties":           func(int) float64 { return float64(r.IntN(3)) },
		"constant":       func(int) float64 { return 7 },
		"rising":         func(i int) float64 { return float64(i) },
		"sample unlike":  func(i int) float64 { return float64(min(i%16, 1)) * r.Float64() },
		"sample far off": func(i int) float64 { return 1e3 * float64(1-min(i%16, 1)) },
		"one overflows":  func(i int) float64 { return math.MaxFloat64 * float64(1-min(i%9999, 1)) },
	} {
		for _, n := range []int{1 << 14, 1<<14 + 1, 40_000} {
			y, pred, d := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range y {
				y[i], pred[i] = of(i), -of(i)
				d[i] = math.Abs(y[i] - pred[i])
			}
			slices.Sort(d)
			want := d[(n-1)/2]/2 + d[n/2]/2
			for _, procs := range []int{1, 2} {
				old := runtime.GOMAXPROCS(procs)
				assert.Equal(t, want, MedianAE(y, pred), "%s, %d rows", name, n)
				runtime.GOMAXPROCS(old)
			}
			for _, bad := range []float64{math.NaN(), math.Inf(1)} {
				y[n/3] = bad
				assert.True(t, math.IsNaN(MedianAE(y, pred)), "%s with %v", name, bad)
			}
		}
	}
}

// Where nearly all errors lie on one side, the few on the other still count to the last digits.
func TestPinballOfRareErrors(t *testing.T) {
	y, pred := make([]float64, 3000), make([]float64, 3000)
	want := 0.0
	for i := range y {
		pred[i] = 1e6
		if i%1000 == 7 {
			y[i], pred[i] = 1e-6, 0
			want += 1e-6 / 3000
		}
	}
	assert.InEpsilon(t, want, Pinball(y, pred, 1), 1e-14)
	for i := range y {
		y[i], pred[i] = pred[i], y[i]
	}
	assert.InEpsilon(t, want, Pinball(y, pred, 0), 1e-14)
	y[3] = math.Inf(1)
	assert.True(t, math.IsNaN(Pinball(y, pred, 0)))
}
