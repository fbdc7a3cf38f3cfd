package ensemble

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Samples that multiply derivatives leave what sums of them expect as it is: the mean over many draws is the sum over all rows, within four standard errors. MVS and GOSS
// draw as many rows as they say.
func TestDrawnSumsAreUnbiased(t *testing.T) {
	const n, draws = 300, 400
	r := rng.New(3, 0)
	grad, hess := make([]float32, n), make([]float32, n)
	for i := range grad {
		u := r.Float64()
		grad[i], hess[i] = float32(4*u*u*u*float64(1-2*(i%2))+0.3), float32(0.2+r.Float64())
	}
	for name, c := range map[string]struct {
		s    Sampling
		rows float64 // drawn on average
		sd   float64 // of their number
	}{
		"MVS":              {Sampling{Rows: 0.3, MVS: true, HessianPart: 0.1}, 90, 10},
		"MVS by gradients": {Sampling{Rows: 0.6, MVS: true}, 180, 10},
		"Bayesian":         {Sampling{Rows: 1, Bayesian: 1}, 300, 0},
		"MVS and Bayesian": {Sampling{Rows: 0.5, MVS: true, HessianPart: 0.1, Bayesian: 1}, 150, 10},
		"GOSS":             {Sampling{Rows: 1, Top: 0.2, Other: 0.2}, 120, 0},
	} {
		b := &boosting{n: n, p: boostParams{boostOptions: boostOptions{Sampling: c.s, LearningRate: 1, ParallelTrees: 1, Seed: 7}}}
		var drawn float64
		var mean, square [2]float64
		for k := range draws {
			g, h := [][]float32{append([]float32(nil), grad...)}, [][]float32{append([]float32(nil), hess...)}
			used := b.rowsOf(k+1, g, h)
			if used == nil {
				for i := range int32(n) {
					used = append(used, i)
				}
			}
			drawn += float64(len(used)) / draws
			var sum [2]float64
			for _, i := range used {
				sum[0] += float64(g[0][i])
				sum[1] += float64(h[0][i])
				if f := b.factor; len(f) > 0 && math.Abs(float64(grad[i])*f[i]-float64(g[0][i])) > 1e-5*(1+math.Abs(float64(g[0][i]))) {
					t.Fatalf("%s: row %d has gradient %v and factor %v of %v", name, i, g[0][i], f[i], grad[i])
				}
			}
			for q, v := range sum {
				mean[q] += v / draws
				square[q] += v * v / draws
			}
		}
		var all [2]float64
		for i := range grad {
			all[0] += float64(grad[i])
			all[1] += float64(hess[i])
		}
		for q, v := range all {
			if off, se := mean[q]-v, math.Sqrt((square[q]-mean[q]*mean[q])/draws); math.Abs(off) > 4*se {
				t.Errorf("%s: sum %d is %v on average, %v of all rows, standard error %v", name, q, mean[q], v, se)
			}
		}
		if math.Abs(drawn-c.rows) > 4*c.sd/math.Sqrt(draws)+1e-9 {
			t.Errorf("%s: %v rows on average, want %v", name, drawn, c.rows)
		}
	}
}

// The threshold of MVS solves sum of min(1, size/mu) = want.
func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		size []float64
		want float64
	}{{[]float64{1, 2, 3, 4}, 2}, {[]float64{100, 1, 1, 1}, 2}, {[]float64{5, 5, 0.1, 0.1, 0.1}, 2.5}, {[]float64{3, 3, 3}, 1.5}} {
		mu, sum := threshold(c.size, c.want), 0.0
		for _, v := range c.size {
			sum += min(1, v/mu)
		}
		if math.Abs(sum-c.want) > 1e-12 {
			t.Errorf("sizes %v: threshold %v draws %v, want %v", c.size, mu, sum, c.want)
		}
	}
	if mu := threshold([]float64{1, 0, 0}, 2); mu != 0 {
		t.Errorf("threshold %v where too few rows have derivatives", mu)
	}
}
