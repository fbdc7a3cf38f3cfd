package ensemble

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Pairs that are drawn give on average what all pairs give, each as often as either of its rows draws it.
func TestSampledPairsOnAverage(t *testing.T) {
	y, score := []float64{2, 0, 1, 0, 3, 1, 0}, []float64{0.5, 1, 0.2, -0.3, 0.1, 0.7, 0}
	n := len(y)
	const draws = 4000
	for _, kind := range []Pairs{PairsNDCG, PairsMAP, PairsPlain} {
		l := LambdaMART{Pairs: kind, Sampled: 2, PlainScores: true}
		want, got, square := make([]float64, n), make([]float64, n), make([]float64, n)
		q := l.sorted(y, score)
		relevance := q.y
		differ := func(i int) (count float64) {
			for _, v := range relevance {
				if v != relevance[i] {
					count++
				}
			}
			return count
		}
		for i := range n {
			for j := i + 1; j < n; j++ {
				if relevance[i] == relevance[j] {
					continue
				}
				d := q.score[i] - q.score[j]
				force := l.change(q, i, j) * (1/differ(i) + 1/differ(j))
				if relevance[i] > relevance[j] {
					force /= 1 + math.Exp(d)
				} else {
					force /= -(1 + math.Exp(-d))
				}
				want[q.order[i]] -= force
				want[q.order[j]] += force
			}
		}
		g, h := make([]float32, n), make([]float32, n)
		for k := range draws {
			l.Derivatives(g, h, y, score, uint64(k))
			for i, v := range g {
				got[i] += float64(v) / draws
				square[i] += float64(v) * float64(v) / draws
			}
		}
		for i := range y {
			if off := math.Abs(got[i] - want[i]); off > 4*math.Sqrt((square[i]-got[i]*got[i])/draws)+1e-7 {
				t.Errorf("%v, row %d: %v on average, want %v", kind, i, got[i], want[i])
			}
		}
	}
}

// A pair weighs in YetiRank what it does in orders that are drawn here by other means.
func TestYetiRankPairs(t *testing.T) {
	y, score := []float64{1, 0.2, 0}, []float64{-0.5, 0.4, 0.1}
	const times = 20000
	var got, want [3][3]float64
	pairs := YetiRank{Permutations: times, Decay: 0.5}.pairs(y, score, rng.New(1, 0))
	for k, w := range pairs.weight {
		got[pairs.better[k]][pairs.worse[k]] += w
	}
	r := rng.New(2, 0)
	for range times {
		order := []int{0, 1, 2}
		var s [3]float64
		for i := range s {
			s[i] = score[i] + 2*math.Atanh(2*r.Float64()-1) // the logistic distribution by its quantiles
		}
		slices.SortFunc(order, func(a, b int) int {
			if s[a] > s[b] {
				return -1
			}
			return 1
		})
		for k, w := range []float64{1, 0.5} {
			a, b := min(order[k], order[k+1]), max(order[k], order[k+1])
			want[a][b] += w * (y[a] - y[b]) / times
		}
	}
	for i := range want {
		for j := range want {
			if math.Abs(got[i][j]-want[i][j]) > 0.015 { // five standard errors of a mean of 20000 numbers up to 1
				t.Errorf("pair %d, %d weighs %v, want %v", i, j, got[i][j], want[i][j])
			}
		}
	}
	g, h := make([]float32, 2), make([]float32, 2)
	YetiRank{}.Derivatives(g, h, []float64{0, 1}, []float64{0.3, 0.1}, 5)
	if p := 1 / (1 + math.Exp(-0.2)); math.Abs(float64(g[0])-p) > 1e-6 || g[1] != -g[0] || math.Abs(float64(h[0])-p*(1-p)) > 1e-6 {
		t.Errorf("two rows: %v and %v, want %v", g, h, p)
	}
	if v := (YetiRank{}).Value([]float64{0, 1}, []float64{0, 1}); v != 0 {
		t.Errorf("the best order costs %v", v)
	}
}

// The estimate is the derivative of 1 - NDCG under the noise: of two rows by its formula, of four by differences of a mean over the same draws.
func TestStochasticRankOnAverage(t *testing.T) {
	const sigma, d = 0.7, 0.4
	l := StochasticRank{Sigma: sigma, Draws: 20000}
	g, h := make([]float64, 2), make([]float64, 2)
	l.estimate(g, h, []float64{1, 0}, []float64{d, 0}, rng.New(1, 0))
	change := 1 - 1/math.Log2(3)
	want := -change * math.Exp(-d*d/(4*sigma*sigma)) / (sigma * math.Sqrt(4*math.Pi)) // the difference of two noises has the variance 2·sigma²
	if math.Abs(g[0]-want) > 0.01*math.Abs(want) || math.Abs(g[1]+want) > 0.01*math.Abs(want) || math.Abs(h[0]+g[0]/sigma) > 1e-12 {
		t.Errorf("two rows: %v and %v, want %v", g, h, want)
	}
	y, score := []float64{0, 2, 1, 0}, []float64{0.5, 0.1, -0.2, 0}
	const draws, step = 40000, 0.1
	for _, l := range []StochasticRank{{Draws: 20000}, {Draws: 20000, Truncation: 2, Gain: LinearGain}} {
		g, h = make([]float64, 4), make([]float64, 4)
		l.estimate(g, h, y, score, rng.New(2, 0))
		for i := range y {
			r, slope := rng.New(3, uint64(i)), 0.0
			z, up, down := make([]float64, 4), make([]float64, 4), make([]float64, 4)
			for range draws {
				drawNormals(z, r)
				for k := range z {
					up[k] = score[k] + z[k]
					down[k] = up[k]
				}
				up[i] += step
				down[i] -= step
				slope += (l.Value(y, up) - l.Value(y, down)) / (2 * step * draws)
			}
			if math.Abs(g[i]-slope) > 0.006 {
				t.Errorf("%+v, row %d: %v, differences %v", l, i, g[i], slope)
			}
		}
	}
	a, b := make([]float32, 4), make([]float32, 4)
	StochasticRank{Mu: 0.1}.Derivatives(a, b, y, score, 4)
	sum, along := 0.0, 0.0
	for i, v := range a {
		sum += float64(v)
		along += float64(v) * score[i]
		if !(b[i] >= 0) {
			t.Errorf("second derivative %v", b[i])
		}
	}
	if math.Abs(sum) > 1e-6 || math.Abs(along) > 0.05*math.Abs(float64(a[0])) {
		t.Errorf("derivatives %v sum to %v and have %v along the scores", a, sum, along)
	}
}
