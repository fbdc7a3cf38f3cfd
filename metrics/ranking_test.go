package metrics

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func TestRankingIsTheReferences(t *testing.T) {
	want := golden.Load[struct {
		Queries []struct {
			Rel, Score                                        [][]float64
			Weight, NDCG, Weighted, DCG, Exponential, AP, AUC []float64
		}
		Labels []struct {
			Y                            [][]int
			Score                        [][]float64
			Weight, LRAP, Coverage, Loss []float64
		}
		Pairs []struct{ X, Y, Weight, Plain, Weighted []float64 }
	}](t, "testdata/ranking.json")
	for i, c := range want.Queries {
		rel, score := slices.Concat(c.Rel...), slices.Concat(c.Score...)
		var group []int
		var weight []float64
		for g, r := range c.Rel {
			for range r {
				group, weight = append(group, 100-g), append(weight, c.Weight[g])
			}
		}
		q, err := NewQueries(rel, score, group)
		if err != nil {
			t.Fatal(err)
		}
		for j, k := range []int{1, 3, 5, 0} {
			close1(t, fmt.Sprint("NDCG ", i, k), NDCG(rel, score, group, k), c.NDCG[j])
			close1(t, fmt.Sprint("NDCG, weights ", i, k), NDCG(rel, score, group, k, weight...), c.Weighted[j])
			close1(t, fmt.Sprint("DCG ", i, k), q.Mean(func(q *Query) float64 { return q.DCG(k, Identity) }), c.DCG[j])
			close1(t, fmt.Sprint("DCG, exponential ", i, k), q.Mean(func(q *Query) float64 { return q.DCG(k, Exponential) }), c.Exponential[j])
		}
		slices.Reverse(c.AUC) // groups count down
		each(t, "AUC", q.Each(func(q *Query) float64 { return q.AUC(math.NaN()) }), c.AUC)
		if len(c.AP) > 0 {
			slices.Reverse(c.AP)
			each(t, "AP", q.Each(func(q *Query) float64 { return q.AveragePrecision(0, 0) }), c.AP)
		}
	}
	for i, c := range want.Labels {
		s := matrix(t, c.Score)
		for v, weight := range [][]float64{nil, c.Weight} {
			close1(t, fmt.Sprint("LRAP ", i, v), LRAP(c.Y, s, weight...), c.LRAP[v])
			close1(t, fmt.Sprint("coverage ", i, v), CoverageError(c.Y, s, weight...), c.Coverage[v])
			close1(t, fmt.Sprint("ranking loss ", i, v), RankingLoss(c.Y, s, weight...), c.Loss[v])
		}
	}
	for i, c := range want.Pairs {
		for v, want := range [][]float64{c.Plain, c.Weighted} {
			weight := c.Weight
			if v == 0 {
				weight = nil
			}
			got := []float64{Kendall(c.X, c.Y, weight...), Spearman(c.X, c.Y, weight...), SomersD(c.X, c.Y, weight...), Pearson(c.X, c.Y, weight...)}
			if math.IsNaN(want[2]) {
				got[2] = want[2]
			}
			each(t, fmt.Sprint("correlations ", i, v), got, want)
		}
	}
}

// orders calls f with every order of falling scores, equal ones permuted.
func orders(rel, score []float64, f func(rel []float64)) {
	n := len(rel)
	used, order := make([]bool, n), make([]float64, 0, n)
	var walk func()
	walk = func() {
		if len(order) == n {
			f(order)
			return
		}
		best := math.Inf(-1)
		for i := range n {
			if !used[i] {
				best = max(best, score[i])
			}
		}
		for i := range n {
			if !used[i] && score[i] == best {
				used[i], order = true, append(order, rel[i])
				walk()
				used[i], order = false, order[:len(order)-1]
			}
		}
	}
	walk()
}

func TestMeasuresOfTiesAreMeansOverOrders(t *testing.T) {
	const top, p = 3, 0.8
	for seed := range uint64(40) {
		r := rng.New(seed, 3)
		n, k := 1+r.IntN(7), r.IntN(5)
		rel, score := make([]float64, n), make([]float64, n)
		relevant := 0.0
		for i := range n {
			rel[i], score[i] = float64(max(0, r.IntN(6)-2)), float64(r.IntN(3))
			if rel[i] > 0 {
				relevant++
			}
		}
		cut := k
		if k == 0 || k > n {
			cut = n
		}
		var ap, rr, precision, recall, hit, err, rbp, count float64
		orders(rel, score, func(rel []float64) {
			count++
			seen, pass, a, first := 0.0, 1.0, 0.0, 0.0
			for i, v := range rel {
				if v > 0 {
					rbp += (1 - p) * math.Pow(p, float64(i))
				}
				if i >= cut {
					continue
				}
				stop := (math.Exp2(v) - 1) / math.Exp2(top)
				err += pass * stop / float64(i+1)
				pass *= 1 - stop
				if v > 0 {
					seen++
					a += seen / float64(i+1)
					if first == 0 {
						first = 1 / float64(i+1)
					}
				}
			}
			rr += first
			if relevant > 0 {
				ap += a / min(relevant, float64(cut))
				recall += seen / relevant
			}
			if k == 0 {
				precision += seen / float64(n)
			} else {
				precision += seen / float64(k)
			}
			if seen > 0 {
				hit++
			}
		})
		q, e := NewQueries(rel, score, nil)
		if e != nil {
			t.Fatal(e)
		}
		at := fmt.Sprintf("seed %d, %v, %v, k=%d: ", seed, rel, score, k)
		one := &q.list[0]
		close1(t, at+"AP", one.AveragePrecision(k, 0), ap/count)
		close1(t, at+"RR", one.ReciprocalRank(k, 0), rr/count)
		close1(t, at+"precision", one.Precision(k), precision/count)
		close1(t, at+"recall", one.Recall(k, 0), recall/count)
		close1(t, at+"hit", one.Hit(k), hit/count)
		close1(t, at+"ERR", one.ERR(k, top), err/count)
		close1(t, at+"RBP", one.RBP(p), rbp/count)
		close1(t, at+"MAP", MAP(rel, score, nil, k), ap/count)
		close1(t, at+"MRR", MRR(rel, score, nil, k), rr/count)
		close1(t, at+"precision at", PrecisionAt(rel, score, nil, k), precision/count)
		close1(t, at+"recall at", RecallAt(rel, score, nil, k), recall/count)
		close1(t, at+"hit at", HitAt(rel, score, nil, k), hit/count)
	}
}

func TestRankingSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		rel, score []float64
		group      []int
		kind       error
	}{
		"negative": {[]float64{-1}, []float64{1}, nil, ml.ErrTarget},
		"NaN":      {[]float64{1}, []float64{math.NaN()}, nil, ml.ErrNotFinite},
		"group":    {[]float64{1}, []float64{1}, []int{1, 2}, ml.ErrShape},
		"lengths":  {[]float64{1}, []float64{1, 2}, nil, ml.ErrShape},
	} {
		if _, err := NewQueries(c.rel, c.score, c.group); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
		if v := NDCG(c.rel, c.score, c.group, 3); !math.IsNaN(v) {
			t.Errorf("%s: %v", name, v)
		}
	}
	q, _ := NewQueries([]float64{0, 0, 2}, []float64{1, 2, 3}, []int{1, 1, 2})
	each(t, "undefined NDCG", q.Each(func(q *Query) float64 { return q.NDCG(0, Exponential, 1) }), []float64{1, 1})
	close1(t, "left out", q.Mean(func(q *Query) float64 { return q.Recall(1, math.NaN()) }), 1)
	if v := GroupAUC([]float64{0, 0, 2}, []float64{1, 2, 3}, []int{1, 1, 2}); !math.IsNaN(v) {
		t.Error(v)
	}
	if q.list[1].ERR(0, 1) == q.list[1].ERR(0, 1) || q.list[0].RBP(1) == q.list[0].RBP(1) {
		t.Error("out of range")
	}
	for _, f := range []func(x, y []float64, weight ...float64) float64{Kendall, Spearman, Pearson, SomersD} {
		if v := f([]float64{1, 1, 1}, []float64{1, 2, 3}); !math.IsNaN(v) {
			t.Error("a constant list", v)
		}
		if v := f([]float64{1, math.NaN(), 3}, []float64{1, 2, 3}); !math.IsNaN(v) {
			t.Error("NaN", v)
		}
		close1(t, "an absent NaN", f([]float64{1, math.NaN(), 3}, []float64{1, 2, 3}, 1, 0, 1), 1)
	}
}
