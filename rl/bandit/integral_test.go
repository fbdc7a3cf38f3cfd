package bandit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// The probability that Beta(a, b) exceeds Beta(c, d) for whole a: Σ_{i<a} B(c+i, d+b)/((b+i) B(1+i, b) B(c, d)), for the exceeding one's a (Evan Miller's form).
func betaExceeds(c, d, a, b float64) float64 {
	sum := 0.0
	for i := range int(a) {
		x := float64(i)
		sum += math.Exp(stats.LogBeta(c+x, d+b) - math.Log(b+x) - stats.LogBeta(1+x, b) - stats.LogBeta(c, d))
	}
	return sum
}

func TestIntegralOfBetas(t *testing.T) {
	var g integral
	p := make([]float64, 2)
	for _, c := range [][4]float64{{1, 1, 1, 1}, {1, 1, 50, 3}, {3, 40, 5, 60}, {2, 5000, 1, 1}, {900, 1100, 4900, 5100}, {1, 100000, 2, 100000}, {20000, 3, 1, 2}} {
		g.shapes = append(g.shapes[:0], g.betaShape(c[0], c[1]), g.betaShape(c[2], c[3]))
		g.largest(p, true)
		require.InDelta(t, betaExceeds(c[0], c[1], c[2], c[3]), p[1], 1e-6, "%v", c)
		require.InDelta(t, 1, p[0]+p[1], 1e-6, "%v", c)
	}
	// ten alike, and beside them one whose parameters are far below 1
	g.shapes = g.shapes[:0]
	for range 10 {
		g.shapes = append(g.shapes, g.betaShape(7.5, 3.25))
	}
	p = make([]float64, 10)
	g.largest(p, true)
	for _, v := range p {
		require.InDelta(t, 0.1, v, 1e-6)
	}
	g.shapes = append(g.shapes[:0], g.betaShape(0.1, 0.3), g.betaShape(0.3, 0.1))
	p = make([]float64, 2)
	g.largest(p, true)
	want := 0.0 // ∫ F_0(x) f_1(x) dx over quantiles of the second: the mean of F_0 there
	const n = 4000
	for i := range n {
		want += stats.Beta{A: 0.1, B: 0.3}.CDF(stats.Beta{A: 0.3, B: 0.1}.Quantile((float64(i)+0.5)/n)) / n
	}
	require.InDelta(t, want, p[1], 2e-4) // the sum's own error
}

func TestIntegralOfNormals(t *testing.T) {
	var g integral
	p := make([]float64, 2)
	for _, c := range [][4]float64{{0, 1, 0, 1}, {0, 1, 1, 1}, {0, 1e-4, 0.3, 2}, {5, 0.1, 5.05, 0.3}, {0, 1, 40, 1}, {-3, 1e3, 2, 1e-3}} {
		g.shapes = append(g.shapes[:0], normalShape(c[0], c[1]), normalShape(c[2], c[3]))
		g.largest(p, false)
		want := stats.Normal{Sigma: 1}.CDF((c[2] - c[0]) / math.Hypot(c[1], c[3]))
		require.InDelta(t, want, p[1], 1e-6, "%v", c)
		require.InDelta(t, 1, p[0]+p[1], 1e-6, "%v", c)
	}
}

// Any set of arms has probabilities that sum to 1, and agree with drawing.
func TestIntegralAgreesWithDraws(t *testing.T) {
	r := rng.New(3, 1)
	const k, draws = 6, 20000
	for range 5 {
		var g integral
		a, b, p := make([]float64, k), make([]float64, k), make([]float64, k)
		for i := range k {
			a[i], b[i] = math.Exp(3*r.Float64()), math.Exp(4*r.Float64())
			g.shapes = append(g.shapes, g.betaShape(a[i], b[i]))
		}
		g.largest(p, true)
		sum := 0.0
		for _, v := range p {
			sum += v
		}
		require.InDelta(t, 1, sum, 1e-6)
		wins := make([]float64, k)
		for range draws {
			top, at := -1.0, 0
			for i := range k {
				if v := (stats.Beta{A: a[i], B: b[i]}).Rand(r); v > top {
					top, at = v, i
				}
			}
			wins[at]++
		}
		for i := range k {
			require.InDelta(t, p[i], wins[i]/draws, 5*math.Sqrt(0.25/draws))
		}
	}
}

func TestKLUpperIsTheRoot(t *testing.T) {
	var s one
	kl := func(p, q float64) float64 {
		v := 0.0
		if p > 0 {
			v += p * math.Log(p/q)
		}
		if p < 1 {
			v += (1 - p) * math.Log((1-p)/(1-q))
		}
		return v
	}
	for _, p := range []float64{0, 1e-6, 0.1, 0.5, 0.9, 0.999999} {
		for _, level := range []float64{1e-9, 1e-4, 0.01, 0.3, 2, 10} {
			q := s.klUpper(p, level)
			require.True(t, q > p && q < 1, "%g %g: %g", p, level, q)
			if 1-q < 1e-11 { // nearer to 1 than steps of 1e-13 can tell
				require.Greater(t, level, kl(p, 1-1e-11))
				continue
			}
			// the level is met as far as the distance of q from its neighbours allows
			slope := (q - p) / (q * (1 - q))
			require.InDelta(t, level, kl(p, q), 1e-9*level+1e-12*slope+1e-15, "%g %g", p, level)
		}
	}
	require.Equal(t, 1.0, s.klUpper(1, 2))
	require.Equal(t, 0.3, s.klUpper(0.3, 0))
}
