package ensemble

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// GradientBoostingClassifier is GradientBoostingRegressor for classes, where all else is said: with one score for two classes, and for K of more
// a tree for each class in each round. Y has codes from 0 to K-1, where K is the number of Dataset.Classes, or else the largest code and one; a class
// without rows gets the probability that the loss starts it from, next to none. Predictions are codes, PredictProba has rows x K. A round costs K times as
// much for K > 2 classes.
//
// Rare classes: ClassWeight{PerClass: []float64{1, w}} is scale_pos_weight w, ClassWeight{Balanced: true} is_unbalance; Sampling.Classes draws from
// the classes apart.
type GradientBoostingClassifier struct {
	Loss            ClassLoss           // what is made small: LogLoss{}, OneVsAllLoss{}, FocalLoss{}, HingeLoss{} for two classes, or your own. nil: LogLoss{}
	Trees           int                 // rounds. 0: 100
	LearningRate    float64             // what a tree's leaves are multiplied by. 0: 0.1
	MaxLeaves       int                 // of a tree. 0: 31; with DepthWise 2^MaxDepth, 65,536 at most
	MaxDepth        int                 // splits between the root and a leaf. 0: any; 6 with DepthWise
	Growth          Growth              // which leaf is split next. Zero: LeafWise
	MinSamplesLeaf  int                 // rows that a leaf must have. 0: 20
	MinHessianLeaf  float64             // sum of second derivatives that a leaf must have. 0: 0.001
	MinGain         float64             // what a split must gain. 0: anything
	L1              float64             // penalty on the size of leaves. 0: none
	L2              float64             // penalty on the square of leaves. 0: none
	MaxDeltaStep    float64             // largest step of a leaf, before the learning rate. 0: any
	PathSmooth      float64             // pulls leaves of few rows to what their parent would answer. 0: none
	MaxBins         int                 // of a column, 2 to 65535; categorical columns have 255 at most. 0: 255
	Bins            []ColumnBins        // of single columns: how many, or where their edges are. nil: all by MaxBins
	Sampling        Sampling            // part of the rows and columns for each tree. Zero: all
	Dropout         Dropout             // DART. Zero: none
	Forest          bool                // averages trees that are all grown from where boosting would start, for draws of Sampling: LightGBM's boosting=rf. LearningRate is 1 then. false: boosting
	ParallelTrees   int                 // trees in each round, each grown for draws of its own, whose mean is the step: XGBoost's num_parallel_tree. 0: 1
	Exact           bool                // cuts between any two numbers of a column, at their middle, in place of bins: XGBoost's exact greedy search, for small dense data without categorical columns. false: bins
	Offset          []string            // names of columns that are added to the raw scores, in fits and in predictions: one for two classes, else one for each class. They are not split, and a missing one counts as 0 in predictions. nil: none
	Categories      Categories          // how categorical columns are split. Zero: as LightGBM
	ClassWeight     ml.ClassWeight      // how much each class counts. Zero: all rows as they are
	Monotone        []int               // two classes: 1 if the probability of class 1 must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	MonotoneMethod  tree.MonotoneMethod // how far Monotone binds the leaves: the freer methods fit better and search leaves again whose neighbours are split. Losses with leaves of their own, such as AbsoluteLoss, bound these as MonotoneBasic does. Zero: MonotoneBasic
	Interactions    [][]int             // groups of columns: all columns on the way to a leaf are of one group; columns in no group form one more. nil: any columns
	Metric          ml.Scorer[int]      // on Dataset.Valid, after each round; Info.ValidLoss has it. nil: the loss
	Metrics         []ml.Scorer[int]    // more of them; Info.Watched has them, and all those of Valid.Valid, Valid.Valid.Valid, ... nil: none
	Patience        int                 // rounds without improvement of any one metric on any set that end the fit; needs Dataset.Valid. 0: no early stopping
	FirstMetricOnly bool                // the Metrics are shown alone: they do not end the fit. false: they may
	KeepBest        bool                // keeps the rounds up to the best one by Metric on Valid, which it needs, though no Patience ends the fit. false: all rounds, without Patience
	MinDelta        float64             // what counts as an improvement, for Patience: more than this. 0: anything
	Seed            uint64              // of the draws
}

var _ ml.Fitter[ml.Dataset[int], *BoostedClassification] = GradientBoostingClassifier{}

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (GradientBoostingClassifier) Accepts() ml.Accepts {
	return accepted
}

// Fit returns the model. Errors are those of GradientBoostingRegressor.Fit; a code that is no class gives ErrTarget, HingeLoss, Monotone and Sampling.Classes for more than two classes, and
// a ClassWeight of another length ErrConfig.
func (c GradientBoostingClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*BoostedClassification, error) {
	return c.fit(ctx, "ensemble.GradientBoostingClassifier.Fit", d, nil)
}

func (c GradientBoostingClassifier) fit(ctx context.Context, where string, d ml.Dataset[int], old *tree.Model) (*BoostedClassification, error) {
	if c.Loss == nil {
		c.Loss = LogLoss{}
	}
	if field, found, want := checkClassLoss(c.Loss); field != "" {
		return nil, ml.BadConfig(where, field, found, want)
	}
	o, err := optionsOf(where, &c)
	if err != nil {
		return nil, err
	}
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	if err := checkData(ctx, where, d, old); err != nil {
		return nil, err
	}
	k := max(d.K(), 1)
	if old != nil {
		k = (&tree.ClassificationModel{Model: *old}).K()
		if err := checkCodes(where, "Y", d.Y, k, ": the model knows no others; name the Classes in the first fit"); err != nil {
			return nil, err
		}
	}
	if k == 1 && d.Classes == nil {
		k = 2 // a set of one class: class 1 has no rows
	}
	if err := c.checkClasses(where, k); err != nil {
		return nil, err
	}
	if d.Weight, err = c.ClassWeight.Weights(where, d.Y, d.Weight, k); err != nil {
		return nil, err
	}
	if err := d.Table.CheckShape(where, accepted); err != nil { // products of weights may be too large
		return nil, err
	}
	d, p, err := prepare(where, d, &o)
	if err != nil {
		return nil, err
	}
	b := &boosting{where: where, p: p, obj: &classObjective{c.Loss, k, d.Y, d.Weight}}
	if err := b.begin(ctx, d.Table, old); err != nil {
		return nil, err
	}
	err = observe(b, d.Valid, watching[int]{c.Metric, c.Metrics, c.FirstMetricOnly, func(w watched) ml.Predictor[int] { return &watchedClasses{w} },
		func(v *ml.Dataset[int], field string) (objective, error) {
			return &classObjective{c.Loss, k, v.Y, v.Weight}, checkCodes(where, field+".Y", v.Y, k, "")
		}})
	if err != nil {
		return nil, err
	}
	f, e, err := b.fit(ctx, ml.NewFitted(d.Table, d.Classes, c))
	if err != nil {
		return nil, err
	}
	m, err := tree.NewClassificationModel(f, e)
	if err != nil {
		return nil, err
	}
	return &BoostedClassification{*m}, nil
}

// checkCodes refuses class codes that are not below k.
func checkCodes(where, field string, y []int, k int, why string) error {
	for i, code := range y {
		if code >= k {
			return &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d]", field, i), Found: fmt.Sprint(code), Want: fmt.Sprintf("a class code < %d%s", k, why), Kind: ml.ErrTarget}
		}
	}
	return nil
}

// checkClasses refuses what suits two classes alone.
func (c *GradientBoostingClassifier) checkClasses(where string, k int) error {
	_, hinge := c.Loss.(HingeLoss)
	switch {
	case k < 2:
		return &ml.Error{Where: where, Field: "Classes", Found: fmt.Sprintf("%d", k), Want: "at least 2", Kind: ml.ErrTarget}
	case k == 2:
		return nil
	case hinge:
		return ml.BadConfig(where, "Loss", fmt.Sprintf("HingeLoss for %d classes", k), "2 classes, or LogLoss")
	case c.Sampling.Classes:
		return ml.BadConfig(where, "Sampling.Classes", fmt.Sprintf("true for %d classes", k), "2 classes")
	case c.Monotone != nil:
		return ml.BadConfig(where, "Monotone", fmt.Sprintf("set for %d classes", k), "2 classes, or no constraints")
	}
	return nil
}
