package decomp

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// wordCounts are documents of some topics, each of which has words of its own.
func wordCounts(n, p, k int, seed uint64) *tensor.Tensor[float64] {
	r := rng.New(seed, 0)
	x := tensor.New[float64](n, p)
	for i := range n {
		a, b := r.IntN(k), r.IntN(k)
		for range 10 + r.IntN(20) {
			topic := a
			if r.IntN(3) == 0 {
				topic = b
			}
			j := (topic*p + r.IntN(p)) / k
			x.Set(x.At(i, j)+1, i, j)
		}
	}
	return x
}

func TestLDAKeepsTheLaws(t *testing.T) {
	data := mltest.Data(ml.Table{X: wordCounts(60, 9, 3, 1)})
	few := []mltest.Option{data, mltest.Rows(150), mltest.Tolerance(mltest.RepeatedRows, 1e-4), mltest.Tolerance(mltest.RowOrder, 1e-4), mltest.Tolerance(mltest.Float32, 1e-4)}
	mltest.Transformer(t, LatentDirichletAllocation{Components: 3, MaxIter: 5, DocIter: 30}, few...)
	batches := append(few, mltest.Waive(mltest.RepeatedRows, "batches are of rows, whatever their weights"), mltest.Waive(mltest.RowOrder, "batches are of rows in their order"))
	mltest.Transformer(t, LatentDirichletAllocation{Components: 2, Online: true, BatchSize: 16, MaxIter: 2, EvaluateEvery: 1, DocIter: 30}, batches...)
}

// scikit-learn's digamma is good to some 1e-9, and passes over a document end at 1e-9.
func TestLDAAgainstScikitLearn(t *testing.T) {
	g := golden.Load[struct {
		X, New, Start [][]float64
		Cases         map[string]struct {
			Components, Transformed, Updated [][]float64
			Perplexity, Score                float64
			PerplexityOf                     float64 `json:"perplexity_of"`
		}
	}](t, "testdata/lda.json")
	configs := map[string]LatentDirichletAllocation{
		"batch": {}, "batch, priors": {DocTopicPrior: .2, TopicWordPrior: .05, MaxIter: 5}, "batch, few passes": {DocIter: 3},
		"online": {Online: true, BatchSize: 16, Documents: 200}, "online, slow": {Online: true, BatchSize: 7, Decay: .9, Offset: 3, TopicWordPrior: 1, MaxIter: 4, Documents: 200},
	}
	const tol = 1e-6
	for name, want := range g.Cases {
		c, ok := configs[name]
		if !ok {
			t.Fatal(name)
		}
		c.Components, c.Start, c.DocTol = 3, g.Start, 1e-9
		if c.DocIter == 0 {
			c.DocIter = 2000
		}
		for storage, x := range map[string]tensor.Matrix{"dense": matrix(t, g.X), "sparse": tensor.SparseFrom[float64](matrix(t, g.X))} {
			what := name + ", " + storage
			m, err := c.Fit(context.Background(), ml.Table{X: x})
			if err != nil {
				t.Fatal(what, err)
			}
			fresh := matrix(t, g.New)
			closeTo(t, what+": topics", flat(m.Components), flat(want.Components), tol)
			closeTo(t, what+": perplexity", []float64{m.Perplexity}, []float64{want.Perplexity}, tol)
			shares, err := m.Transform(fresh)
			if err != nil {
				t.Fatal(what, err)
			}
			closeTo(t, what+": shares", flat(rowsOf(shares)), flat(want.Transformed), tol)
			score, err := m.Score(fresh)
			if err != nil {
				t.Fatal(what, err)
			}
			perplexity, err := m.PerplexityOf(fresh)
			if err != nil {
				t.Fatal(what, err)
			}
			closeTo(t, what+": new documents", []float64{score, perplexity}, []float64{want.Score, want.PerplexityOf}, tol)
			if c.Online {
				next, err := m.Update(context.Background(), ml.Table{X: fresh})
				if err != nil {
					t.Fatal(what, err)
				}
				closeTo(t, what+": update", flat(next.Components), flat(want.Updated), tol)
			}
		}
	}
}

// Where documents come to rest, no iteration lowers the bound.
func TestLDARaisesTheBound(t *testing.T) {
	x := wordCounts(80, 12, 4, 3)
	m, err := LatentDirichletAllocation{Components: 4, MaxIter: 30, EvaluateEvery: 1, Tol: -1, DocTol: 1e-10, DocIter: 3000, Seed: 2}.Fit(context.Background(), ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	for i, now := range m.Info.Loss[1:] {
		if now > m.Info.Loss[i]*(1+1e-6) { // documents start anew, and may come to rest elsewhere
			t.Errorf("perplexity %v after %v", now, m.Info.Loss[i])
		}
	}
}

// Topics that share no words are found.
func TestLDAFindsTopics(t *testing.T) {
	x := tensor.SparseFrom[float64](wordCounts(400, 20, 4, 5))
	for _, c := range []LatentDirichletAllocation{{MaxIter: 40}, {Online: true, BatchSize: 32}} {
		c.Components, c.DocTopicPrior, c.TopicWordPrior = 4, .1, .1
		m, err := c.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		found := map[int]bool{}
		for k, top := range m.TopWords(5) {
			for _, j := range top {
				if j/5 != top[0]/5 {
					t.Errorf("topic %d: words %v", k, top)
					break
				}
			}
			found[top[0]/5] = true
		}
		if len(found) != 4 {
			t.Errorf("topics found: %v", found)
		}
	}
}

// A word whose shares are too small for a float64 still has a likelihood.
func TestLDATinyPriors(t *testing.T) {
	m, err := LatentDirichletAllocation{Components: 2, TopicWordPrior: 1e-4, MaxIter: 20}.Fit(context.Background(), ml.Table{X: wordCounts(30, 6, 2, 1)})
	if err != nil {
		t.Fatal(err)
	}
	x := wordCounts(5, 6, 2, 4)
	x.Set(3, 0, 5)
	if v, err := m.Score(x); err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		t.Error(v, err)
	}
}

func TestLDARefuses(t *testing.T) {
	x := wordCounts(10, 4, 2, 1)
	for _, c := range []LatentDirichletAllocation{{Components: -1}, {DocTopicPrior: -1}, {TopicWordPrior: math.Inf(1)}, {BatchSize: -1}, {Decay: .4}, {Offset: .5}, {Documents: -1}, {MaxIter: -1}, {EvaluateEvery: -1}, {DocIter: -1},
		{Tol: math.NaN()}, {Components: 1, Start: [][]float64{{1, 1, 0, 1}}}, {Components: 2, Start: [][]float64{{1, 1, 1, 1}}}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	x.Set(-1, 3, 2)
	if _, err := (LatentDirichletAllocation{}).Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
}

// By counting over again, document by document and pair by pair.
func TestCoherence(t *testing.T) {
	x := wordCounts(60, 12, 3, 9)
	topics := [][]int{{0, 1, 2, 3}, {4, 0, 8}, {5}, {6, 7}}
	for _, measure := range []CoherenceMeasure{UMass, NPMI} {
		got, err := Coherence(topics, tensor.SparseFrom[float64](x), measure)
		if err != nil {
			t.Fatal(err)
		}
		for k, top := range topics {
			want, pairs := 0.0, 0.0
			for a := range top {
				for b := range a {
					var one, two, both float64
					for i := range 60 {
						p, q := x.At(i, top[a]) > 0, x.At(i, top[b]) > 0
						if p {
							one++
						}
						if q {
							two++
						}
						if p && q {
							both++
						}
					}
					pairs++
					if measure == UMass {
						want += math.Log(both+1) - math.Log(two)
					} else if both == 0 {
						want--
					} else {
						want += (math.Log(both/60) - math.Log(one/60) - math.Log(two/60)) / -math.Log(both/60)
					}
				}
			}
			if pairs == 0 {
				if !math.IsNaN(got[k]) {
					t.Errorf("%v of one word: %v", measure, got[k])
				}
				continue
			}
			if want /= pairs; math.Abs(got[k]-want) > 1e-12 {
				t.Errorf("%v of topic %d: %v, want %v", measure, k, got[k], want)
			}
		}
		if got[0] <= got[1] {
			t.Errorf("%v: words of one topic %v, of several %v", measure, got[0], got[1])
		}
	}
	if _, err := Coherence([][]int{{12}}, x, UMass); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	if _, err := Coherence(topics, x, 5); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}
