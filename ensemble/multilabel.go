package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// GradientBoostingMultiLabel is GradientBoostingClassifier for several labels, 0 or 1, in each row: a score, and a tree in each round, for each label. Without
// a Metric, early stopping looks at the mean loss of the labels. Y has a list for each row, all of one length L; Response has the probabilities, rows x L. A round
// costs L times that of GradientBoostingRegressor.
type GradientBoostingMultiLabel struct {
	Loss            ClassLoss           // what is made small for each label: LogLoss{}, FocalLoss{}, or your own, for two classes with one score and the link Logistic. nil: LogLoss{}
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
	Offset          []string            // names of columns that are added to the raw scores, in fits and in predictions: one for each label. They are not split, and a missing one counts as 0 in predictions. nil: none
	Categories      Categories          // how categorical columns are split. Zero: as LightGBM
	Monotone        []int               // 1 if the probability of every label must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	MonotoneMethod  tree.MonotoneMethod // how far Monotone binds the leaves: the freer methods fit better and search leaves again whose neighbours are split. Losses with leaves of their own, such as AbsoluteLoss, bound these as MonotoneBasic does. Zero: MonotoneBasic
	Interactions    [][]int             // groups of columns: all columns on the way to a leaf are of one group; columns in no group form one more. nil: any columns
	Metric          ml.Scorer[[]int]    // on Dataset.Valid, after each round; Info.ValidLoss has it. Its predictor has Response, the probabilities of the labels, as models have. nil: the loss
	Metrics         []ml.Scorer[[]int]  // more of them; Info.Watched has them, and all those of Valid.Valid, Valid.Valid.Valid, ... nil: none
	Patience        int                 // rounds without improvement of any one metric on any set that end the fit; needs Dataset.Valid. 0: no early stopping
	FirstMetricOnly bool                // the Metrics are shown alone: they do not end the fit. false: they may
	KeepBest        bool                // keeps the rounds up to the best one on Valid, which it needs, though no Patience ends the fit. false: all rounds, without Patience
	MinDelta        float64             // what counts as an improvement, for Patience: more than this. 0: anything
	Seed            uint64              // of the draws
}

var _ ml.Fitter[ml.Dataset[[]int], *BoostedLabels] = GradientBoostingMultiLabel{}

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (GradientBoostingMultiLabel) Accepts() ml.Accepts {
	return accepted
}

// Fit returns the model. Errors are those of GradientBoostingRegressor.Fit; labels other than 0 and 1 give ErrTarget, and a loss of another kind ErrConfig.
func (c GradientBoostingMultiLabel) Fit(ctx context.Context, d ml.Dataset[[]int]) (*BoostedLabels, error) {
	return c.fit(ctx, "ensemble.GradientBoostingMultiLabel.Fit", d, nil)
}

func (c GradientBoostingMultiLabel) fit(ctx context.Context, where string, d ml.Dataset[[]int], old *tree.Model) (*BoostedLabels, error) {
	if c.Loss == nil {
		c.Loss = LogLoss{}
	}
	if field, found, want := checkClassLoss(c.Loss); field != "" {
		return nil, ml.BadConfig(where, field, found, want)
	}
	if c.Loss.Outputs(2) != 1 || c.Loss.Link(2) != tree.Logistic {
		return nil, ml.BadConfig(where, "Loss", fmt.Sprintf("%T", c.Loss), "one with a single score for two classes and the link Logistic")
	}
	o, err := optionsOf(where, &c)
	if err != nil {
		return nil, err
	}
	if c.Sampling.Classes {
		return nil, ml.BadConfig(where, "Sampling.Classes", true, "false for several labels")
	}
	if err := checkData(ctx, where, d, old); err != nil {
		return nil, err
	}
	d, p, err := prepare(where, d, &o)
	if err != nil {
		return nil, err
	}
	b := &boosting{where: where, p: p, obj: newLabelObjective(c.Loss, d.Y, d.Weight)}
	if old != nil && old.Ensemble.Outputs != b.obj.outputs() {
		return nil, ml.BadShape(where, "Y", fmt.Sprintf("%d labels", b.obj.outputs()), fmt.Sprintf("%d, as in the model", old.Ensemble.Outputs))
	}
	if err := b.begin(ctx, d.Table, old); err != nil {
		return nil, err
	}
	err = observe(b, d.Valid, watching[[]int]{c.Metric, c.Metrics, c.FirstMetricOnly, func(w watched) ml.Predictor[[]int] { return &watchedLabels{w} }, func(v *ml.Dataset[[]int], field string) (objective, error) {
		if len(v.Y[0]) != b.outputs {
			return nil, ml.BadShape(where, field+".Y", fmt.Sprintf("%d labels", len(v.Y[0])), fmt.Sprintf("%d, as in Y", b.outputs))
		}
		return newLabelObjective(c.Loss, v.Y, v.Weight), nil
	}})
	if err != nil {
		return nil, err
	}
	f, e, err := b.fit(ctx, ml.NewFitted(d.Table, d.Classes, c))
	if err != nil {
		return nil, err
	}
	m := &BoostedLabels{tree.Model{Fitted: f, Ensemble: e}}
	if err := m.Restore(); err != nil {
		return nil, err
	}
	return m, nil
}

// BoostedLabels is a boosted model of several labels; GradientBoostingMultiLabel returns it. Response has the probability of each label, and what trees can do is there as
// at BoostedRegression.
type BoostedLabels struct{ tree.Model }

// Predict returns 0 or 1 for each label of each row: 1 where its probability is above 1/2.
func (m *BoostedLabels) Predict(x tensor.Matrix) ([][]int, error) {
	raw, err := m.Raw(x)
	if err != nil {
		return nil, err
	}
	return labelsAbove(raw, 0), nil
}

// labelsAbove are the labels whose number is above a bound.
func labelsAbove(v *tensor.Tensor[float64], bound float64) [][]int {
	n, k := v.Dims()
	all, out := make([]int, n*k), make([][]int, n)
	for i := range out {
		out[i] = all[i*k : (i+1)*k : (i+1)*k]
		for c, s := range v.Row(i) {
			if s > bound {
				out[i][c] = 1
			}
		}
	}
	return out
}

// Update returns a model with as many rounds more as the config has Trees: see BoostedClassification.
func (m *BoostedLabels) Update(ctx context.Context, d ml.Dataset[[]int]) (*BoostedLabels, error) {
	return m.Continue(ctx, d, 0)
}

// Continue is Update with a number of rounds; 0 means the config's Trees.
func (m *BoostedLabels) Continue(ctx context.Context, d ml.Dataset[[]int], rounds int) (*BoostedLabels, error) {
	const where = "ensemble.BoostedLabels.Continue"
	if err := checkRounds(where, rounds); err != nil {
		return nil, err
	}
	c, is := m.Config.(GradientBoostingMultiLabel)
	if !is {
		return nil, foreignConfig(where, m.Config)
	}
	if rounds > 0 {
		c.Trees = rounds
	}
	return c.fit(ctx, where, d, &m.Model)
}

// Restore checks a model that was read from a file.
func (m *BoostedLabels) Restore() error {
	if err := m.Model.Restore(); err != nil {
		return err
	}
	c, is := m.Config.(GradientBoostingMultiLabel)
	if !is {
		return foreignConfig("ensemble.BoostedLabels", m.Config)
	}
	return checkGrown("ensemble.BoostedLabels", m.Ensemble, c.Offset, c.Forest, c.ParallelTrees)
}
