package kern

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

var losses = map[string]struct {
	loss Loss
	of   func(x, y float64) float64
}{
	"squared":  {SquaredLoss, func(x, y float64) float64 { return (x - y) * (x - y) }},
	"absolute": {AbsoluteLoss, func(x, y float64) float64 { return math.Abs(x - y) }},
	"excess":   {ExcessLoss, func(x, y float64) float64 { return max(x-y, 0) }},
	"relative": {RelativeLoss, func(x, y float64) float64 { return math.Abs(x-y) / max(math.Abs(x), 0x1p-52) }},
	"poisson": {PoissonLoss, func(x, y float64) float64 {
		if x == 0 {
			return 2 * y
		}
		return 2 * (x*math.Log(x/y) - x + y)
	}},
	"gamma":       {GammaLoss, func(x, y float64) float64 { return 2 * (x/y - 1 - math.Log(x/y)) }},
	"squared log": {SquaredLogLoss, func(x, y float64) float64 { d := math.Log1p(x) - math.Log1p(y); return d * d }},
}

// The sums are right, every level has the generic bits, and nothing else is read.
func TestSumLoss(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[float64](t, n, offset)
		y, _ := guarded[float64](t, n, 2*offset+1)
		w, _ := guarded[float64](t, n, offset+3)
		for i := range x {
			x[i], y[i], w[i] = math.Exp(3*r.NormFloat64()), math.Exp(3*r.NormFloat64()), float64(r.IntN(3))
		}
		for name, c := range losses {
			if n > 3 && c.loss == PoissonLoss {
				x[1], x[n-1] = 0, 0
			}
			for _, w := range [][]float64{nil, w} {
				want, size := 0.0, 0.0
				for i := range x {
					by := 1.0
					if w != nil {
						by = w[i]
					}
					want += by * c.of(x[i], y[i])
					size += by * (c.of(x[i], y[i]) + x[i] + y[i])
				}
				got, ok := SumLoss(c.loss, x, y, w)
				if !ok || math.Abs(got-want) > 1e-14*size {
					t.Fatalf("%s of %d: %v, %v, want %v", name, n, got, ok, want)
				}
				was := level
				back := force(Generic)
				if again, _ := SumLoss(c.loss, x, y, w); again != got {
					t.Fatalf("%s of %d: %v at level %v, %v in Go", name, n, got, was, again)
				}
				back()
			}
			if n > 3 && c.loss == PoissonLoss {
				x[1], x[n-1] = 1, 1
			}
		}
	})
}

// What has no logarithm here is not ok, wherever it is, unless its weight is 0.
func TestSumLossDeclines(t *testing.T) {
	type row struct{ x, y float64 }
	inf, tiny := math.Inf(1), 0x1p-1040
	for name, bad := range map[string][]row{
		"squared":     {{math.NaN(), 1}},
		"absolute":    {{inf, inf}},
		"excess":      {{math.NaN(), 1}, {1, math.NaN()}, {inf, inf}},
		"relative":    {{1, math.NaN()}},
		"poisson":     {{-1, 1}, {1, 0}, {1, tiny}, {tiny, 1}, {inf, 1}, {1, inf}, {math.NaN(), 1}, {0, -1}, {0, math.NaN()}},
		"gamma":       {{0, 1}, {1, 0}, {-1, 1}, {1, -1}, {tiny, 1}, {1, tiny}, {inf, 1}, {1, inf}, {1, math.NaN()}},
		"squared log": {{-1, 1}, {1, -2}, {inf, 1}, {1, inf}, {math.NaN(), 1}},
	} {
		eachLevel(t, func(t *testing.T) {
			for _, at := range []int{0, 7, 15, 31, 63, 65} {
				for _, b := range bad {
					x, y, w := make([]float64, 66), make([]float64, 66), make([]float64, 66)
					for i := range x {
						x[i], y[i], w[i] = 2, 1, 1
					}
					want, _ := SumLoss(losses[name].loss, x[1:], y[1:], nil)
					x[at], y[at], w[at] = b.x, b.y, 0
					if got, ok := SumLoss(losses[name].loss, x, y, nil); ok {
						t.Errorf("%s of %v at %d: %v", name, b, at, got)
					}
					if got, ok := SumLoss(losses[name].loss, x, y, w); !ok || math.Abs(got-want) > 1e-13*want {
						t.Errorf("%s of %v at %d with weight 0: %v, %v, want %v", name, b, at, got, ok, want)
					}
				}
			}
		})
	}
}

// The logarithm of a ratio is within 3 ulp, of near numbers too.
func TestLogRatio(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a := math.Exp(20 * r.NormFloat64())
		b := a * math.Exp(r.NormFloat64()*math.Pow(10, -float64(r.IntN(12))))
		if r.IntN(3) == 0 {
			b = math.Exp(20 * r.NormFloat64())
		}
		q := new(big.Float).SetPrec(300).Quo(big.NewFloat(a), big.NewFloat(b))
		far, _ := q.Float64()
		rest, _ := new(big.Float).Sub(new(big.Float).Quo(q, new(big.Float).SetPrec(300).SetFloat64(far)), big.NewFloat(1)).Float64()
		want := math.Log(far) + rest
		if d := math.Abs(far - 1); d < 1e-3 { // far has lost digits: the series of the exact ratio
			e, _ := new(big.Float).Sub(q, big.NewFloat(1)).Float64()
			want = math.Log1p(e)
		}
		if got := logRatio(a, b, a-b); math.Abs(got-want) > 4*0x1p-53*math.Abs(want) {
			t.Fatalf("log(%v/%v) is %v, want %v", a, b, got, want)
		}
	}
}

func TestLargestDiff(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[float64](t, n, offset)
		y, _ := guarded[float64](t, n, 2*offset+1)
		normals(r, x)
		normals(r, y)
		want := 0.0
		for i, v := range x {
			want = max(want, math.Abs(v-y[i]))
		}
		if got, finite := LargestDiff(x, y); got != want || !finite {
			t.Fatalf("%v, %v of %d, want %v", got, finite, n, want)
		}
		for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
			if n > 0 {
				x[r.IntN(n)] = bad
				if _, finite := LargestDiff(x, y); finite {
					t.Fatalf("%v among %d is finite", bad, n)
				}
			}
		}
	})
}

func TestSumLogs(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		for _, near := range []bool{false, true} {
			x, _ := guarded[float64](t, n, offset)
			want := 0.0
			for i := range x {
				x[i] = 1 - r.Float64()
				switch {
				case near:
					x[i] = 1 - 1e-9*r.Float64()
				case i%5 == 0:
					x[i] = 0x1p-52
				case i%5 == 1:
					x[i] = 1
				}
				want += math.Log(x[i])
			}
			got := SumLogs(x)
			if math.Abs(got-want) > 1e-14*math.Abs(want)*math.Sqrt(float64(n+1)) {
				t.Fatalf("%v of %d, want %v", got, n, want)
			}
			back := force(Generic)
			if again := SumLogs(x); again != got {
				t.Fatalf("%v of %d, %v in Go", got, n, again)
			}
			back()
		}
	})
}

func TestMoments(t *testing.T) {
	cases(t, func(t *testing.T, r *rand.Rand, n, offset int) {
		x, _ := guarded[float64](t, n, offset)
		y, _ := guarded[float64](t, n, 2*offset+1)
		w, _ := guarded[float64](t, n, offset+3)
		normals(r, x)
		normals(r, y)
		for i := range w {
			w[i] = float64(r.IntN(3))
		}
		const a, b = 0.25, -0.5
		for name, of := range map[string]func(x, y, w []float64, a, b float64) Moments{"pairs": PairMoments, "residuals": ResidualMoments} {
			for _, w := range [][]float64{nil, w} {
				var want Moments
				for i, u := range x {
					v, by := y[i], 1.0
					if name == "residuals" {
						v = u - v
					}
					u, v = u-a, v-b
					if w != nil {
						by = w[i]
					}
					want.U += by * u
					want.V += by * v
					want.UU += by * u * u
					want.VV += by * v * v
					want.UV += by * u * v
				}
				got := of(x, y, w, a, b)
				for i, d := range []float64{got.U - want.U, got.V - want.V, got.UU - want.UU, got.VV - want.VV, got.UV - want.UV} {
					if math.Abs(d) > 1e-14*float64(4*n+1) {
						t.Fatalf("%s: sum %d of %d is off by %v", name, i, n, d)
					}
				}
				back := force(Generic)
				if again := of(x, y, w, a, b); again != got {
					t.Fatalf("%s of %d: %v, in Go %v", name, n, got, again)
				}
				back()
			}
		}
		if n > 0 {
			i := r.IntN(n)
			x[i], w[i] = math.NaN(), 0
			if m := ResidualMoments(x, y, w, a, b); m.VV != m.VV {
				t.Fatalf("a row of weight 0 counts among %d", n)
			}
		}
	})
}
