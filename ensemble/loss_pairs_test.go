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
