package rl

import (
	"math"
	"math/big"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// exact sums the series of sine and cosine in 300 bits.
func exact(x float64) (sin, cos float64) {
	term, s, c := big.NewFloat(1).SetPrec(400), new(big.Float).SetPrec(400), new(big.Float).SetPrec(400)
	at := new(big.Float).SetPrec(400).SetFloat64(x)
	for n := 0; n < 500; n++ {
		sum, negative := c, n%4 >= 2
		if n%2 == 1 {
			sum = s
		}
		if negative {
			sum.Sub(sum, term)
		} else {
			sum.Add(sum, term)
		}
		term.Mul(term, at)
		term.Quo(term, big.NewFloat(float64(n+1)))
	}
	sin, _ = s.Float64()
	cos, _ = c.Float64()
	return sin, cos
}

func TestSincos(t *testing.T) {
	r := rng.New(1, 0)
	worst := 0.0
	check := func(x float64) {
		s, c := sincos(x)
		ws, wc := exact(x)
		for _, p := range [2][2]float64{{s, ws}, {c, wc}} {
			ulp := math.Abs(math.Nextafter(p[1], math.Inf(1)) - p[1])
			// Near the roots the last bits of π/2 are missing: there an error of 1e-20 is allowed.
			if off := max(math.Abs(p[0]-p[1])-1e-20, 0) / ulp; off > worst {
				worst = off
			}
		}
	}
	for range 500 {
		check(r.NormFloat64() / 10)
		check(20 * r.NormFloat64())
	}
	for k := -8; k <= 8; k++ {
		check(float64(k) * math.Pi / 4)
		check(math.Nextafter(float64(k)*math.Pi/4, 9))
	}
	if worst > 1.2 {
		t.Errorf("off by %g ulps", worst)
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1e6, -1e300} {
		s, c := sincos(x)
		ws, wc := math.Sincos(x)
		if s != ws || c != wc {
			t.Errorf("sincos(%g) = %g, %g, want %g, %g", x, s, c, ws, wc)
		}
	}
	if s, _ := sincos(math.NaN()); s == s {
		t.Error("of NaN")
	}
}

func BenchmarkSincos(b *testing.B) {
	sum := 0.0
	for i := range b.N {
		s, c := sincos(float64(i&1023) / 100)
		sum += s + c
	}
	_ = sum
}
