package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// GradientBoostingRegressor adds up small trees, each of which goes down the slope of the loss at the sum of those before it (Friedman, Annals of Statistics 29
// (2001)). Trees grow on histograms of MaxBins bins for each column, by the rules of LightGBM (Ke et al., NIPS 2017): the gain of a split is
// that of a Newton step on both sides. Y has a number for each row of X; in which unit predictions are, the link of the loss says: they are numbers of the
// kind of Y, but for CrossEntropyLoss, which predicts probabilities.
//
// Missing values (NaN) are a bin of their own and go to the side where they help most, in each split; in a column that had none in training NaN
// counts as 0. Categorical columns are split by sets of their codes.
//
// A CSR matrix is never made dense. Columns that are mostly 0, of any matrix, share a byte of each row where no two of them are without 0 in the same
// row, such as those of a one-hot encoding (exclusive feature bundling, with no conflicts: it changes no tree), and are kept as lists of what is not 0 where they
// are many. BinsOf tells how columns are cut.
//
// With Exact there are no bins: a cut is in the middle between two neighbouring numbers of a node, and of equally good ones it is the one XGBoost's exact method
// takes. That takes 16 bytes for each cell, and O(rows · columns) for each level of a tree whatever its leaves. Where no more numbers are in a column than bins, bins give
// the same splits, but for where between two numbers they cut, and are faster.
//
// Weights multiply the derivatives of a row; one of weight 0 is absent. MinSamplesLeaf and the bins count rows, so a row of weight k is not
// quite k rows. Derivatives are added up as whole numbers: the number of cores and the kind of CPU do not change a bit of the
// model. The order of the rows changes the rounding of the score that boosting starts from and, above 32,768 rows, that of derivatives, which is drawn by row
// for losses whose second derivatives are not all 1. What is drawn depends on Seed, the round and the row.
//
// With Patience, the fit ends when so many rounds in a row have not made Metric better on Dataset.Valid, and keeps the rounds up to the
// best one. Info.Loss is the loss after each round (of 4,096 to 8,191 training rows, evenly spaced, where there are more) and
// Info.ValidLoss the metric. A round costs O(rows · columns) for each level of its tree; in memory bins take two bytes for
// each number of a dense column.
type GradientBoostingRegressor struct {
	Loss            Loss                 // what is made small: SquaredLoss{}, AbsoluteLoss{}, PoissonLoss{}, ..., or your own. nil: SquaredLoss{}
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
	PathSmooth      float64              // pulls leaves of few rows to what their parent would answer: a leaf of n rows keeps n/PathSmooth parts of its own to one of the parent's. 0: none
	MaxBins         int                  // of a column, 2 to 65535; categorical columns have 255 at most. 0: 255
	Bins            []ColumnBins         // of single columns: how many, or where their edges are. nil: all by MaxBins
	Sampling        Sampling             // part of the rows and columns for each tree. Zero: all
	Dropout         Dropout              // DART. Zero: none
	Forest          bool                 // averages trees that are all grown from where boosting would start, for draws of Sampling: LightGBM's boosting=rf. LearningRate is 1 then. false: boosting
	ParallelTrees   int                  // trees in each round, each grown for draws of its own, whose mean is the step: XGBoost's num_parallel_tree. 0: 1
	Exact           bool                 // cuts between any two numbers of a column, at their middle, in place of bins: XGBoost's exact greedy search, for small dense data without categorical columns. false: bins
	Offset          []string             // names of columns that are added to the raw scores, in fits and in predictions: one, for the only score. They are not split, and a missing one counts as 0 in predictions. nil: none
	Categories      Categories           // how categorical columns are split. Zero: as LightGBM
	Monotone        []int                // 1 if the prediction must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	MonotoneMethod  tree.MonotoneMethod  // how far Monotone binds the leaves: the freer methods fit better and search leaves again whose neighbours are split. Losses with leaves of their own, such as AbsoluteLoss, bound these as MonotoneBasic does. Zero: MonotoneBasic
	Interactions    [][]int              // groups of columns: all columns on the way to a leaf are of one group; columns in no group form one more. nil: any columns
	Metric          ml.Scorer[float64]   // on Dataset.Valid, after each round; Info.ValidLoss has it. nil: the loss
	Metrics         []ml.Scorer[float64] // more of them; Info.Watched has them, and all those of Valid.Valid, Valid.Valid.Valid, ... nil: none
	Patience        int                  // rounds without improvement of any one metric on any set that end the fit; needs Dataset.Valid. 0: no early stopping
	FirstMetricOnly bool                 // the Metrics are shown alone: they do not end the fit. false: they may
	KeepBest        bool                 // keeps the rounds up to the best one by Metric on Valid, which it needs, though no Patience ends the fit. false: all rounds, without Patience
	MinDelta        float64              // what counts as an improvement, for Patience: more than this. 0: anything
	Seed            uint64               // of the draws
}

var _ ml.Fitter[ml.Dataset[float64], *BoostedRegression] = GradientBoostingRegressor{}

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (GradientBoostingRegressor) Accepts() ml.Accepts {
	return accepted
}

// Fit returns the model. Errors: ErrConfig for an option out of range, or one that does not go with another (Exact with MaxBins, Bins or categorical columns;
// Dropout with Offset, Patience or KeepBest; Forest with Dropout, ParallelTrees, Offset or another LearningRate than 1; Patience or KeepBest without Valid); ErrShape for sizes that do not
// agree; ErrNotFinite for Inf in X; ErrColumn for codes of categories that are not whole numbers >= 0; ErrWeight; and ErrTarget for targets that are not finite, or that the loss does
// not take. Cancelling ctx ends the fit within a tenth of a second or so, with its error; a progress function that returns ml.Stop keeps the rounds so far.
func (c GradientBoostingRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*BoostedRegression, error) {
	return c.fit(ctx, "ensemble.GradientBoostingRegressor.Fit", d, nil)
}

func (c GradientBoostingRegressor) fit(ctx context.Context, where string, d ml.Dataset[float64], old *tree.Model) (*BoostedRegression, error) {
	if c.Loss == nil {
		c.Loss = SquaredLoss{}
	}
	if field, found, want := checkLoss(c.Loss); field != "" {
		return nil, ml.BadConfig(where, field, found, want)
	}
	o, err := optionsOf(where, &c)
	if err != nil {
		return nil, err
	}
	if c.Sampling.Classes {
		return nil, ml.BadConfig(where, "Sampling.Classes", true, "false in regression")
	}
	if err := checkData(ctx, where, d, old); err != nil {
		return nil, err
	}
	d, p, err := prepare(where, d, &o)
	if err != nil {
		return nil, err
	}
	if err := checkNumbers(where, c.Loss, d, "Y"); err != nil {
		return nil, err
	}
	b := &boosting{where: where, p: p, obj: &numberObjective{c.Loss, d.Y, d.Weight}}
	if err := b.begin(ctx, d.Table, old); err != nil {
		return nil, err
	}
	err = observe(b, d.Valid, watching[float64]{c.Metric, c.Metrics, c.FirstMetricOnly, predictsNumbers, func(v *ml.Dataset[float64], field string) (objective, error) {
		return &numberObjective{c.Loss, v.Y, v.Weight}, checkNumbers(where, c.Loss, *v, field+".Y")
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

// checkNumbers refuses targets that a loss does not take.
func checkNumbers(where string, l Loss, d ml.Dataset[float64], field string) error {
	t, ok := l.(LossTarget)
	if !ok {
		return nil
	}
	for i, y := range d.Y {
		if want := t.Takes(y); want != "" {
			return &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d]", field, i), Found: fmt.Sprint(y), Want: fmt.Sprintf("%s for %T", want, l), Kind: ml.ErrTarget}
		}
	}
	return nil
}

// prepare checks the options against the data and leaves out rows of weight 0.
func prepare[Y any](where string, d ml.Dataset[Y], o *boostOptions) (ml.Dataset[Y], boostParams, error) {
	p, err := o.params(where, d.Table)
	if err != nil {
		return d, p, err
	}
	if (p.Patience > 0 || p.KeepBest) && d.Valid == nil {
		return d, p, &ml.Error{Where: where, Field: "Valid", Found: "nil", Want: "rows to watch, since Patience or KeepBest is set; selection.HoldOut makes them from the training rows", Kind: ml.ErrConfig}
	}
	if d.Weight != nil {
		if keep := weighty(d.Weight); len(keep) < d.Rows() {
			valid := d.Valid
			d = d.Select(keep)
			d.Valid = valid
		}
	}
	return d, p, nil
}

// weighty are the rows that have a weight.
func weighty(weight []float64) []int {
	keep := make([]int, 0, len(weight))
	for i, w := range weight {
		if w > 0 {
			keep = append(keep, i)
		}
	}
	return keep
}
