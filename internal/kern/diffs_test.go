package kern

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDiffs(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[float64](t, n, offset)
		y, _ := guarded[float64](t, n, 2*offset+1)
		dst, check := guarded[float64](t, n, offset+3)
		normals(r, x)
		normals(r, y)
		if n > 3 {
			x[0], y[1], x[2], y[2] = math.NaN(), math.Inf(1), 0, 0
		}
		for name, c := range map[string]struct {
			run  func()
			want func(x, y float64) float64
		}{
			"SqDiff":  {func() { SqDiff(dst, x, y) }, func(x, y float64) float64 { d := x - y; return float64(d * d) }},
			"AbsDiff": {func() { AbsDiff(dst, x, y) }, func(x, y float64) float64 { return math.Abs(x - y) }},
			"Div":     {func() { Div(dst, x, y) }, func(x, y float64) float64 { return x / y }},
			"Sqrt":    {func() { Sqrt(dst, x) }, func(x, _ float64) float64 { return math.Sqrt(x) }},
		} {
			c.run()
			check()
			for i := range dst {
				if want := c.want(x[i], y[i]); dst[i] != want && !(math.IsNaN(dst[i]) && math.IsNaN(want)) {
					t.Fatalf("%s: element %d of %d is %v, want %v", name, i, n, dst[i], want)
				}
			}
		}
	})
}
