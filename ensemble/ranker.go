package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// GradientBoostingRanker is GradientBoostingRegressor for ranked lists, where all else is said: Y holds relevances >= 0, Group says of which query a row is,
// and predictions are scores whose order within a query matters. Rows of a query need not stand together. Weights multiply the derivatives of
// a row. Sampling.Rows draws whole queries.
type GradientBoostingRanker struct {
	Loss            RankLoss             // what is made small: LambdaMART{}, XENDCG{}, QuerySoftmaxLoss{}, QuerySquaredLoss{}, PairLogitLoss{}, YetiRank{}, StochasticRank{}, or your own. nil: LambdaMART{}
	Trees           int                  // rounds, of one tree each. 0: 100
	LearningRate    float64              // what a tree's leaves are multiplied by. 0: 0.1
	MaxLeaves       int                  // of a tree. 0: 31; with DepthWise 2^MaxDepth, 65,536 at most
	MaxDepth        int                  // splits between the root and a leaf. 0: any; 6 with DepthWise
	Growth          Growth               // which leaf is split next. Zero: LeafWise
	MinSamplesLeaf  int                  // rows that a leaf must have. 0: 20
	MinHessianLeaf  float64              // sum of second derivatives that a leaf must have. 0: 0.001
	MinGain         float64              // what a split must gain. 0: anything
	L1              float64              // penalty on the size of leaves. 0: none
	L2              float64              // penalty on the square of leaves. 0: none
	MaxDeltaStep    float64              // largest step of a leaf, before the learning rate. 0: any
	PathSmooth      float64              // pulls leaves of few rows to what their parent would answer. 0: none
	MaxBins         int                  // of a column, 2 to 65535; categorical columns have 255 at most. 0: 255
	Bins            []ColumnBins         // of single columns: how many, or where their edges are. nil: all by MaxBins
	Sampling        Sampling             // part of the queries and columns for each tree. Zero: all
	Dropout         Dropout              // DART. Zero: none
	Forest          bool                 // averages trees that are all grown from where boosting would start, for draws of Sampling: LightGBM's boosting=rf. LearningRate is 1 then. false: boosting
	ParallelTrees   int                  // trees in each round, each grown for draws of its own, whose mean is the step: XGBoost's num_parallel_tree. 0: 1
	Exact           bool                 // cuts between any two numbers of a column, at their middle, in place of bins: XGBoost's exact greedy search, for small dense data without categorical columns. false: bins
	Offset          []string             // names of columns that are added to the raw scores, in fits and in predictions: one, for the only score. They are not split, and a missing one counts as 0 in predictions. nil: none
	Categories      Categories           // how categorical columns are split. Zero: as LightGBM
	Monotone        []int                // 1 if the score must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	MonotoneMethod  tree.MonotoneMethod  // how far Monotone binds the leaves: the freer methods fit better and search leaves again whose neighbours are split. Losses with leaves of their own, such as AbsoluteLoss, bound these as MonotoneBasic does. Zero: MonotoneBasic
	Interactions    [][]int              // groups of columns: all columns on the way to a leaf are of one group; columns in no group form one more. nil: any columns
	Metric          ml.Scorer[float64]   // on Dataset.Valid, after each round; Info.ValidLoss has it. nil: the loss, which for LambdaMART is 1 - NDCG
	Metrics         []ml.Scorer[float64] // more of them; Info.Watched has them, and all those of Valid.Valid, Valid.Valid.Valid, ... nil: none
	Patience        int                  // rounds without improvement of any one metric on any set that end the fit; needs Dataset.Valid. 0: no early stopping
	FirstMetricOnly bool                 // the Metrics are shown alone: they do not end the fit. false: they may
	KeepBest        bool                 // keeps the rounds up to the best one by Metric on Valid, which it needs, though no Patience ends the fit. false: all rounds, without Patience
	MinDelta        float64              // what counts as an improvement, for Patience: more than this. 0: anything
	Seed            uint64               // of the draws
}

var _ ml.Fitter[ml.Dataset[float64], *BoostedRegression] = GradientBoostingRanker{}

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (GradientBoostingRanker) Accepts() ml.Accepts {
	return accepted
}

// Fit returns the model. Errors are those of GradientBoostingRegressor.Fit; data without groups give ErrData, relevances below 0 ErrTarget.
func (c GradientBoostingRanker) Fit(ctx context.Context, d ml.Dataset[float64]) (*BoostedRegression, error) {
	return c.fit(ctx, "ensemble.GradientBoostingRanker.Fit", d, nil)
}

func (c GradientBoostingRanker) fit(ctx context.Context, where string, d ml.Dataset[float64], old *tree.Model) (*BoostedRegression, error) {
	if c.Loss == nil {
		c.Loss = LambdaMART{}
	}
	if field, found, want := checkRankLoss(c.Loss); field != "" {
		return nil, ml.BadConfig(where, field, found, want)
	}
	o, err := optionsOf(where, &c)
	if err != nil {
		return nil, err
	}
	if c.Sampling.Classes {
		return nil, ml.BadConfig(where, "Sampling.Classes", true, "false in ranking")
	}
	if err := checkData(ctx, where, d, old); err != nil {
		return nil, err
	}
	d, p, err := prepare(where, d, &o)
	if err != nil {
		return nil, err
	}
	if err := checkQueries(where, "", d); err != nil {
		return nil, err
	}
	b := &boosting{where: where, p: p, obj: newRankObjective(c.Loss, d)}
	if err := b.begin(ctx, d.Table, old); err != nil {
		return nil, err
	}
	err = observe(b, d.Valid, watching[float64]{c.Metric, c.Metrics, c.FirstMetricOnly, predictsNumbers, func(v *ml.Dataset[float64], field string) (objective, error) {
		if err := checkQueries(where, field+".", *v); err != nil {
			return nil, err
		}
		return newRankObjective(c.Loss, *v), nil
	}})
	if err != nil {
		return nil, err
	}
	f, e, err := b.fit(ctx, ml.NewFitted(d.Table, nil, c))
	if err != nil {
		return nil, err
	}
	m, err := tree.NewRegressionModel(f, e)
	if err != nil {
		return nil, err
	}
	return &BoostedRegression{*m}, nil
}

// checkQueries wants groups and relevances.
func checkQueries(where, prefix string, d ml.Dataset[float64]) error {
	if d.Group == nil {
		return &ml.Error{Where: where, Field: prefix + "Group", Found: "nil", Want: "the query of each row", Kind: ml.ErrData}
	}
	for i, y := range d.Y {
		if y < 0 || y > 62 {
			return &ml.Error{Where: where, Field: fmt.Sprintf("%sY[%d]", prefix, i), Found: fmt.Sprint(y), Want: "a relevance from 0 to 62", Kind: ml.ErrTarget}
		}
	}
	return nil
}
