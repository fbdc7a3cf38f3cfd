package ensemble

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// GreedySelectionClassifier averages several estimators with weights found by greedy selection: starting with the best one, the estimator whose addition scores best is added again
// and again, and may come more than once. What counts is what they say of rows that they have not seen, in cross-validation. The weight of an estimator is how often it
// was taken.
//
//	ensemble.GreedySelectionClassifier{Bases: library, Scorer: selection.ROCAUC{}}
//
// It works with any scorer, and hardly overfits. With Bags, the selection is repeated with part of the estimators, drawn at random, and the weights are averaged, which keeps it from luck in a
// large library. A model without probabilities votes for its class.
//
// Weights and groups go to the estimators and the scorer; Valid goes to the estimators. Rows are divided in their order: an integer weight is not the same as repeated rows. The cost
// is that of a fit of each estimator for each fold and one more, side by side, and Rounds scores for each.
//
// Caruana, Niculescu-Mizil, Crew and Ksikes: Ensemble selection from libraries of models. ICML (2004).
type GreedySelectionClassifier struct {
	Bases    []ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Scorer   ml.Scorer[int]     // what is made better. nil: selection.LogLoss{}
	Splitter ml.Splitter        // must test each row once. nil: selection.StratifiedKFold{}, 5 folds; selection.StratifiedGroupKFold{} if rows have groups
	Rounds   int                // estimators that are taken; the best score on the way is kept. 0: 50
	Bags     int                // selections that are averaged. 0: 1, of all estimators
	Share    float64            // of the estimators that a bag has, above 0, up to 1, only with Bags above 1. 0: 0.5
	Seed     uint64             // of the bags
}

// GreedySelectionRegressor is [GreedySelectionClassifier] for numbers.
type GreedySelectionRegressor struct {
	Bases    []ml.AnyRegressor  // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Scorer   ml.Scorer[float64] // what is made better. nil: selection.RMSE{}
	Splitter ml.Splitter        // must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
	Rounds   int                // estimators that are taken; the best score on the way is kept. 0: 50
	Bags     int                // selections that are averaged. 0: 1, of all estimators
	Share    float64            // of the estimators that a bag has, above 0, up to 1, only with Bags above 1. 0: 0.5
	Seed     uint64             // of the bags
}

var (
	_ ml.Fitter[ml.Dataset[int], *VotedClassification] = GreedySelectionClassifier{}
	_ ml.Fitter[ml.Dataset[float64], *VotedRegression] = GreedySelectionRegressor{}
)

// Accepts is what all of the estimators accept; rows without a class are refused.
func (c GreedySelectionClassifier) Accepts() ml.Accepts {
	return acceptsAll(deciders(c.Bases)...)
}

// Accepts is what all of the estimators accept.
func (c GreedySelectionRegressor) Accepts() ml.Accepts {
	return acceptsAll(regressors(c.Bases)...)
}

// Fit chooses the weights and fits the estimators. Errors: ErrConfig, and those of the splitter, the scorer and the estimators.
func (c GreedySelectionClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*VotedClassification, error) {
	const where = "ensemble.GreedySelectionClassifier.Fit"
	g := greedy[int]{where, c.Rounds, c.Bags, c.Share, c.Seed, c.Scorer, func(v *tensor.Tensor[float64]) ml.Predictor[int] { return knownClasses{v} }}
	if c.Scorer == nil {
		g.scorer = selection.LogLoss{}
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	c.Scorer, c.Rounds, c.Bags, c.Share = g.scorer, g.rounds, g.bags, g.share
	list := deciders(c.Bases)
	if _, err := checkVoters(where, list, nil, d, c.Accepts()); err != nil {
		return nil, err
	}
	m := &VotedClassification{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Soft: true}
	var err error
	m.Members, m.Weights, err = blend(ctx, where, &m.Fitted, list, d, c.Splitter, classAnswers(m.K, false), g.weights)
	if err != nil {
		return nil, err
	}
	return m, m.Restore()
}

// Fit chooses the weights and fits the estimators. Errors: ErrConfig, and those of the splitter, the scorer and the estimators.
func (c GreedySelectionRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*VotedRegression, error) {
	const where = "ensemble.GreedySelectionRegressor.Fit"
	g := greedy[float64]{where, c.Rounds, c.Bags, c.Share, c.Seed, c.Scorer, func(v *tensor.Tensor[float64]) ml.Predictor[float64] { return knownNumbers(v.Data()) }}
	if c.Scorer == nil {
		g.scorer = selection.RMSE{}
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	c.Scorer, c.Rounds, c.Bags, c.Share = g.scorer, g.rounds, g.bags, g.share
	list := regressors(c.Bases)
	if _, err := checkVoters(where, list, nil, d, c.Accepts()); err != nil {
		return nil, err
	}
	m := &VotedRegression{Fitted: ml.NewFitted(d.Table, nil, c)}
	var err error
	m.Members, m.Weights, err = blend(ctx, where, &m.Fitted, list, d, c.Splitter, numberAnswers(), g.weights)
	if err != nil {
		return nil, err
	}
	return m, m.Restore()
}

// blend finds the weights of estimators by what they say of rows that they have not seen, and fits them to all rows.
func blend[Y any](ctx context.Context, where string, f *ml.Fitted, list []learner[Y], d ml.Dataset[Y], s ml.Splitter, a answers[Y],
	weigh func(ctx context.Context, said []*tensor.Tensor[float64], d ml.Dataset[Y]) ([]float64, error)) ([]ml.Predictor[Y], []float64, error) {
	d = d.NameClasses().Present()
	said, err := crossAnswers(ctx, where, list, d, s, a.says(where))
	if err != nil {
		return nil, nil, err
	}
	weights, err := weigh(ctx, said, d)
	if err != nil {
		return nil, nil, err
	}
	members, err := fitAll(ctx, where, list, d)
	if err != nil {
		return nil, nil, err
	}
	ml.Adopt(f, members...)
	return members, weights, nil
}

// knownClasses are probabilities that are known, whatever is asked.
type knownClasses struct{ p *tensor.Tensor[float64] }

func (k knownClasses) PredictProba(tensor.Matrix) (*tensor.Tensor[float64], error) {
	return k.p.Clone(), nil
}

func (k knownClasses) Predict(tensor.Matrix) ([]int, error) {
	_, width := k.p.Dims()
	return classAnswers(width, false).decisions(k.p, nil)
}

// knownNumbers are predictions that are known, whatever is asked.
type knownNumbers []float64

func (k knownNumbers) Predict(tensor.Matrix) ([]float64, error) { return slices.Clone(k), nil }

// greedy selects by a score.
type greedy[Y any] struct {
	where        string
	rounds, bags int
	share        float64
	seed         uint64
	scorer       ml.Scorer[Y]
	known        func(v *tensor.Tensor[float64]) ml.Predictor[Y]
}

// check fills in the defaults and refuses what is out of range.
func (g *greedy[Y]) check() error {
	switch {
	case g.rounds < 0:
		return ml.BadConfig(g.where, "Rounds", g.rounds, ">= 1, or 0 for 50")
	case g.bags < 0:
		return ml.BadConfig(g.where, "Bags", g.bags, ">= 1, or 0 for 1")
	case !(g.share >= 0 && g.share <= 1):
		return ml.BadConfig(g.where, "Share", g.share, "above 0, up to 1, or 0 for 0.5")
	case g.share != 0 && g.bags < 2:
		return ml.BadConfig(g.where, "Share", g.share, "0 with a single bag, which has all estimators")
	}
	g.rounds, g.bags = cmp.Or(g.rounds, 50), cmp.Or(g.bags, 1)
	if g.bags > 1 {
		g.share = cmp.Or(g.share, 0.5)
	}
	return nil
}

// weights are the mean of those of the bags.
func (g *greedy[Y]) weights(ctx context.Context, said []*tensor.Tensor[float64], d ml.Dataset[Y]) ([]float64, error) {
	d.Valid = nil
	bags, err := fitEach(ctx, g.where, "bag", g.bags, func(ctx context.Context, bag int) ([]float64, error) {
		some := make([]int, len(said))
		for i := range some {
			some[i] = i
		}
		if g.bags > 1 {
			some = drawSubspace(rng.New(g.seed, uint64(bag)), len(said), g.share, false)
		}
		return g.climb(ctx, said, some, d)
	})
	if err != nil {
		return nil, err
	}
	sum := make([]float64, len(said))
	for _, w := range bags {
		for i, v := range w {
			sum[i] += v / float64(len(bags))
		}
	}
	return sum, nil
}

// climb takes one estimator after the other, each time the one that scores best, the first of equals, and keeps the best mixture on the way.
func (g *greedy[Y]) climb(ctx context.Context, said []*tensor.Tensor[float64], some []int, d ml.Dataset[Y]) ([]float64, error) {
	n, width := said[0].Dims()
	sum, taken := tensor.New[float64](n, width), make([]int, len(said))
	var best []int
	bestScore, bestRounds := math.NaN(), 0
	for round := range g.rounds {
		scores, err := fitEach(ctx, g.where, "candidate", len(some), func(ctx context.Context, k int) (float64, error) {
			mix := tensor.New[float64](n, width)
			to, v := mix.Data(), said[some[k]]
			for i := range n {
				for j, p := range v.Row(i) {
					to[i*width+j] = (sum.Row(i)[j] + p) / float64(round+1)
				}
			}
			return g.scorer.Score(ctx, g.known(mix), d)
		})
		if err != nil {
			return nil, err
		}
		at := -1
		for k, s := range scores {
			if !math.IsNaN(s) && (at < 0 || g.better(s, scores[at])) {
				at = k
			}
		}
		if at < 0 {
			return nil, &ml.Error{Where: g.where, Field: g.scorer.Name(), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
		}
		taken[some[at]]++
		for i := range n {
			for j, p := range said[some[at]].Row(i) {
				sum.Row(i)[j] += p
			}
		}
		if best == nil || g.better(scores[at], bestScore) {
			best, bestScore, bestRounds = slices.Clone(taken), scores[at], round+1
		}
	}
	out := make([]float64, len(said))
	for i, t := range best {
		out[i] = float64(t) / float64(bestRounds)
	}
	return out, nil
}

func (g *greedy[Y]) better(a, b float64) bool {
	if g.scorer.Lower() {
		return a < b
	}
	return a > b
}

func init() {
	ml.RegisterConfig[GreedySelectionClassifier]("ensemble.GreedySelectionClassifier")
	ml.RegisterConfig[GreedySelectionRegressor]("ensemble.GreedySelectionRegressor")
}
