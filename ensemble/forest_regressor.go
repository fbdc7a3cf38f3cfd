package ensemble

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tree"
)

// RandomForestRegressor averages the predictions of many trees, each grown on rows drawn with replacement (Breiman, Machine Learning 45 (2001)). What
// [RandomForestClassifier] says of draws, weights, cost and memory holds here too; splits and criteria are those of [tree.DecisionTreeRegressor]. By
// default a node tries all columns, as in scikit-learn, so that trees differ by their rows alone; a third of the columns is R's default.
//
// Predictions are in units of Y. Quantiles adds the targets to the model and 4 bytes for each row that a tree has drawn, in each tree. See
// [ForestRegression.Quantiles] for distributions instead of means.
type RandomForestRegressor struct {
	Trees                 int            // 0: 100
	Criterion             tree.Criterion // SquaredError, Friedman, AbsoluteError, QuantileLoss, Huber, Poisson, Gamma or Tweedie. Zero: SquaredError
	Level                 float64        // QuantileLoss, alone: which quantile, between 0 and 1. 0: 0.5
	Power                 float64        // Tweedie, alone: between 1 and 2, without the ends. 0: 1.5
	Delta                 float64        // Huber, alone: the distance where squares turn into lines, in units of Y. 0: 0.9
	MaxFeatures           int            // columns tried in each node, drawn from those that are not constant in it; all if there are fewer. 0: all
	MaxDepth              int            // splits between the root and a leaf. 0: any
	MinSamplesSplit       int            // different rows that a node must have to be split. 0: 2
	MinSamplesLeaf        int            // different rows that a leaf must have. 0: 1
	MinWeightFractionLeaf float64        // share of its tree's weight that a leaf must have, up to 1/2. 0: any
	MaxLeaves             int            // of a tree; the split that gains most comes first. 0: any number
	MinImpurityDecrease   float64        // what a split must gain: the fall of the impurity times the share of the weight in the node. 0: any
	Rows                  RowDraws       // which rows a tree sees: DrawRows or EveryRow. Zero: DrawRows
	MaxSamples            float64        // DrawRows: how many rows, as a share of those that have weight. 0: 1
	Monotone              []int          // 1 if the prediction must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	Engine                Engine         // how exactly trees look at numbers. Zero: AutoEngine
	OOB                   bool           // the model says what trees make of the rows that they have not drawn
	Quantiles             bool           // the model keeps the targets of the training rows, and the rows of each leaf, for quantiles and intervals
	Seed                  uint64         // of the draws
}

// RandomForestMulti is [RandomForestRegressor] for several numbers in each row: leaves hold all of them, and the impurity is the mean of theirs. Y has a list for
// each row, all of one length T; predictions are rows x T.
type RandomForestMulti RandomForestRegressor

// ExtraTreesRegressor is to [RandomForestRegressor] what [ExtraTreesClassifier] is to [RandomForestClassifier]: cuts are drawn, and each tree sees every row unless Rows says otherwise. A
// node tries all columns by default; with MaxFeatures 1 the trees are totally random.
type ExtraTreesRegressor RandomForestRegressor

// ExtraTreesMulti is [ExtraTreesRegressor] for several numbers in each row, as [RandomForestMulti] is [RandomForestRegressor].
type ExtraTreesMulti RandomForestRegressor

var (
	_ ml.Fitter[ml.Dataset[float64], *ForestRegression]   = RandomForestRegressor{}
	_ ml.Fitter[ml.Dataset[float64], *ForestRegression]   = ExtraTreesRegressor{}
	_ ml.Fitter[ml.Dataset[[]float64], *ForestMultiModel] = RandomForestMulti{}
	_ ml.Fitter[ml.Dataset[[]float64], *ForestMultiModel] = ExtraTreesMulti{}
)

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (RandomForestRegressor) Accepts() ml.Accepts { return accepted }

// Accepts is that of [RandomForestRegressor].
func (RandomForestMulti) Accepts() ml.Accepts { return accepted }

// Accepts is that of [RandomForestRegressor].
func (ExtraTreesRegressor) Accepts() ml.Accepts { return accepted }

// Accepts is that of [RandomForestRegressor].
func (ExtraTreesMulti) Accepts() ml.Accepts { return accepted }

// Fit returns the forest. Errors are those of [RandomForestClassifier.Fit]; a target that the criterion does not take, such as a negative one for Poisson, gives ErrTarget, and rows that are
// balanced by class ErrConfig.
func (c RandomForestRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*ForestRegression, error) {
	return fitForest(ctx, c, "ensemble.RandomForestRegressor.Fit", d, false, nil)
}

// Fit returns the forest. Errors are those of [RandomForestRegressor.Fit].
func (c ExtraTreesRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*ForestRegression, error) {
	return fitForest(ctx, RandomForestRegressor(c), "ensemble.ExtraTreesRegressor.Fit", d, true, nil)
}

// Fit returns the forest. Errors are those of [RandomForestRegressor.Fit].
func (c RandomForestMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*ForestMultiModel, error) {
	return fitForestMulti(ctx, RandomForestRegressor(c), "ensemble.RandomForestMulti.Fit", d, false, nil)
}

// Fit returns the forest. Errors are those of [RandomForestRegressor.Fit].
func (c ExtraTreesMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*ForestMultiModel, error) {
	return fitForestMulti(ctx, RandomForestRegressor(c), "ensemble.ExtraTreesMulti.Fit", d, true, nil)
}

func fitForest(ctx context.Context, c RandomForestRegressor, where string, d ml.Dataset[float64], random bool, old *ForestRegression) (*ForestRegression, error) {
	f, err := c.prepare(where, random)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	var was *tree.Model
	if old != nil {
		was = &old.Model
	}
	var config any = c
	if random {
		config = ExtraTreesRegressor(c)
	}
	fitted, e, err := c.grow(ctx, f, d.Table, d.Y, 1, random, config, was)
	if err != nil {
		return nil, err
	}
	m, err := tree.NewRegressionModel(fitted, e)
	if err != nil {
		return nil, err
	}
	out := &ForestRegression{RegressionModel: *m}
	if c.OOB {
		out.OOB = f.leftOut(e)
		out.OOB.Score = out.OOB.determination(d.Y, d.Weight, 1)
	}
	if c.Quantiles {
		out.Training.Leaves = f.leafRows(e)
		out.Training.Y = slices.Clone(d.Y)
		if err := out.Restore(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func fitForestMulti(ctx context.Context, c RandomForestRegressor, where string, d ml.Dataset[[]float64], random bool, old *ForestMultiModel) (*ForestMultiModel, error) {
	f, err := c.prepare(where, random)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	m := len(d.Y[0])
	y := make([]float64, 0, len(d.Y)*m)
	for _, row := range d.Y {
		y = append(y, row...)
	}
	var was *tree.Model
	if old != nil {
		was = &old.Model
	}
	var config any = RandomForestMulti(c)
	if random {
		config = ExtraTreesMulti(c)
	}
	fitted, e, err := c.grow(ctx, f, d.Table, y, m, random, config, was)
	if err != nil {
		return nil, err
	}
	model, err := tree.NewMultiRegressionModel(fitted, e)
	if err != nil {
		return nil, err
	}
	out := &ForestMultiModel{MultiRegressionModel: *model}
	if c.OOB {
		out.OOB = f.leftOut(e)
		out.OOB.Score = out.OOB.determination(y, d.Weight, m)
	}
	if c.Quantiles {
		out.Training.Leaves = f.leafRows(e)
		out.Training.Y = y
		if err := out.Restore(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// prepare checks what can be checked without data, and fills in defaults.
func (c *RandomForestRegressor) prepare(where string, random bool) (*forest, error) {
	f := &forest{where: where, trees: c.Trees, rows: c.Rows, maxSamples: c.MaxSamples, engine: c.Engine, seed: c.Seed}
	c.Monotone = slices.Clone(c.Monotone)
	if err := f.check(forestRowsOf(random)); err != nil {
		return nil, err
	}
	if f.rows == DrawBalanced || f.rows == PickBalanced {
		return nil, ml.BadConfig(where, "Rows", f.rows, "DrawRows or EveryRow: there are no classes")
	}
	if err := f.checkOutOfBag(c.OOB); err != nil {
		return nil, err
	}
	c.Trees, c.Rows = f.trees, f.rows
	c.MinSamplesSplit, c.MinSamplesLeaf = max(c.MinSamplesSplit, 2), max(c.MinSamplesLeaf, 1)
	return f, checkMaxFeatures(where, c.MaxFeatures)
}

// grow grows the trees for m numbers of each row.
func (c *RandomForestRegressor) grow(ctx context.Context, f *forest, t ml.Table, y []float64, m int, random bool, config any, old *tree.Model) (ml.Fitted, *tree.Ensemble, error) {
	fitted := ml.NewFitted(t, nil, config)
	if old != nil {
		if err := checkContinued(f.where, old, m, t); err != nil {
			return fitted, nil, err
		}
	}
	one := tree.DecisionTreeRegressor{Criterion: c.Criterion, Level: c.Level, Power: c.Power, Delta: c.Delta, Splitter: splitterOf(random), MaxDepth: c.MaxDepth, MinSamplesSplit: c.MinSamplesSplit,
		MinSamplesLeaf: c.MinSamplesLeaf, MinWeightFractionLeaf: c.MinWeightFractionLeaf, MaxFeatures: c.MaxFeatures, MaxLeaves: c.MaxLeaves,
		MinImpurityDecrease: c.MinImpurityDecrease, Monotone: c.Monotone}
	var err error
	if f.params, err = tree.GrowParams(one, f.where, t, y, m); err != nil {
		return fitted, nil, err
	}
	f.table, f.target, f.outputs, f.vector = t, treegrow.Numbers(y, m), m, m > 1
	return f.fit(ctx, fitted, old)
}
