package tree

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
)

// DecisionTreeRegressor grows one tree that predicts a number (Breiman, Friedman, Olshen and Stone, Classification and Regression
// Trees, 1984). A leaf answers with the mean of its training rows, or with their median or quantile, by the criterion. What
// [DecisionTreeClassifier] says of splits, ties, missing values, categories, weights, matrices and cost holds here too; the best set of
// categories is found by the order of their means, which for AbsoluteError, QuantileLoss and Huber need not hold the best of all sets.
//
// Numbers are added up as whole numbers of 40 bits or more about the middle of their range (0 for Poisson, Gamma and Tweedie), so splits that
// divide a node alike are equal to the bit.
type DecisionTreeRegressor struct {
	Criterion             Criterion      // SquaredError, Friedman, AbsoluteError, QuantileLoss, Huber, Poisson, Gamma or Tweedie. Zero: SquaredError
	Level                 float64        // QuantileLoss: which quantile, between 0 and 1. 0: 0.5
	Power                 float64        // Tweedie: between 1 (Poisson) and 2 (gamma), without the ends. 0: 1.5
	Delta                 float64        // Huber: the distance where squares turn into lines, in units of Y. 0: 0.9, as in boosting
	Splitter              Splitter       // BestSplit or RandomSplit. Zero: BestSplit
	MaxDepth              int            // splits between the root and a leaf. 0: any
	MinSamplesSplit       int            // rows that a node must have to be split. 0: 2
	MinSamplesLeaf        int            // rows that a leaf must have. 0: 1
	MinWeightFractionLeaf float64        // share of the weight that a leaf must have, up to 1/2. 0: any
	MaxFeatures           int            // columns tried in each node, drawn from those that are not constant in it. 0: all
	MaxLeaves             int            // leaves; the split that gains most comes first. 0: any number
	MinImpurityDecrease   float64        // what a split must gain: the fall of the impurity times the share of the weight in the node. 0: any
	Monotone              []int          // 1 if the prediction must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	MonotoneMethod        MonotoneMethod // how far Monotone binds the leaves. Zero: MonotoneBasic
	MonotonePenalty       float64        // keeps splits of columns with a constraint from the root: at depth d their gain counts 1 - 2^(penalty-1-d) times (1 - penalty/2^d up to 1), nothing where d+1 <= penalty. 0: none
	Interactions          [][]int        // groups of columns: those of a group may follow each other on a way from the root, those in no group form one more. nil: all may
	Categories            Categories     // how categorical columns are divided
	Bins                  Binning        // finds splits among bins of the numbers, on histograms. Zero: among all numbers
	CCPAlpha              float64        // prunes branches that gain less than this for each of their leaves: see [Ensemble.PruneCost]. 0: none
	Seed                  uint64         // of the draws
}

// DecisionTreeMulti is [DecisionTreeRegressor] for several numbers in each row: one tree whose leaves hold all of them and whose impurity is the
// mean of theirs. It knows SquaredError, Poisson, Gamma and Tweedie, and no constraints.
type DecisionTreeMulti DecisionTreeRegressor

var (
	_ ml.Fitter[ml.Dataset[float64], *RegressionModel]        = DecisionTreeRegressor{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = DecisionTreeMulti{}
)

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (DecisionTreeRegressor) Accepts() ml.Accepts {
	return ml.Accepts{Missing: true, Categorical: true}
}

// Accepts is that of [DecisionTreeRegressor].
func (DecisionTreeMulti) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit returns the tree.
func (c DecisionTreeRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	const where = "tree.DecisionTreeRegressor.Fit"
	e, _, err := c.grown(ctx, where, d, 0)
	if err != nil {
		return nil, err
	}
	return NewRegressionModel(ml.NewFitted(d.Table, nil, c), e)
}

// grown grows the tree, with surrogates if there are to be any, and returns its nodes, too. The defaults of the config are filled in.
func (c *DecisionTreeRegressor) grown(ctx context.Context, where string, d ml.Dataset[float64], surrogates int) (*Ensemble, []treegrow.Node, error) {
	g, criterion, err := c.prepare(where)
	if err != nil {
		return nil, nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, nil, err
	}
	return c.grow(ctx, g, criterion, d.Table, d.Y, 1, surrogates)
}

// Fit returns the tree.
func (c DecisionTreeMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	const where = "tree.DecisionTreeMulti.Fit"
	single := DecisionTreeRegressor(c)
	g, criterion, err := single.prepare(where)
	if err != nil {
		return nil, err
	}
	if criterion == treegrow.Quantile || criterion == treegrow.Huber {
		return nil, ml.BadConfig(where, "Criterion", c.Criterion, "SquaredError, Friedman, Poisson, Gamma or Tweedie")
	}
	if c.Monotone != nil {
		return nil, ml.BadConfig(where, "Monotone", "set", "nil: several numbers have no order")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	m := len(d.Y[0])
	y := make([]float64, 0, len(d.Y)*m)
	for _, row := range d.Y {
		y = append(y, row...)
	}
	e, _, err := single.grow(ctx, g, criterion, d.Table, y, m, 0)
	if err != nil {
		return nil, err
	}
	return NewMultiRegressionModel(ml.NewFitted(d.Table, nil, DecisionTreeMulti(single)), e)
}

// prepare checks the config and fills in its defaults.
func (c *DecisionTreeRegressor) prepare(where string) (growth, treegrow.Criterion, error) {
	g := growth{where: where, splitter: c.Splitter, maxDepth: c.MaxDepth, minSplit: c.MinSamplesSplit, minLeaf: c.MinSamplesLeaf, features: c.MaxFeatures, most: c.MaxLeaves,
		minWeight: c.MinWeightFractionLeaf, minDecrease: c.MinImpurityDecrease, alpha: c.CCPAlpha, monotone: c.Monotone, method: c.MonotoneMethod, penalty: c.MonotonePenalty, interactions: c.Interactions,
		categories: c.Categories, bins: c.Bins, seed: c.Seed}
	if err := g.check(); err != nil {
		return g, 0, err
	}
	if c.Criterion == DefaultCriterion {
		c.Criterion = SquaredError
	}
	criterion, err := c.criterion(where)
	if err != nil {
		return g, 0, err
	}
	c.MinSamplesSplit, c.MinSamplesLeaf, c.Monotone = max(c.MinSamplesSplit, 2), max(c.MinSamplesLeaf, 1), slices.Clone(c.Monotone)
	c.Interactions = cloneLists(c.Interactions)
	c.Bins = c.Bins.clone()
	return g, criterion, nil
}

func (c *DecisionTreeRegressor) criterion(where string) (treegrow.Criterion, error) {
	if c.Level != 0 && c.Criterion != QuantileLoss {
		return 0, ml.BadConfig(where, "Level", c.Level, "0 for any criterion but QuantileLoss")
	}
	if c.Power != 0 && c.Criterion != Tweedie {
		return 0, ml.BadConfig(where, "Power", c.Power, "0 for any criterion but Tweedie")
	}
	if c.Delta != 0 && c.Criterion != Huber {
		return 0, ml.BadConfig(where, "Delta", c.Delta, "0 for any criterion but Huber")
	}
	switch c.Criterion {
	case SquaredError, Friedman:
		return treegrow.Squared, nil
	case AbsoluteError:
		return treegrow.Quantile, nil
	case QuantileLoss:
		if c.Level == 0 {
			c.Level = 0.5
		}
		if !(c.Level > 0 && c.Level < 1) {
			return 0, ml.BadConfig(where, "Level", c.Level, "between 0 and 1; 0 means 0.5")
		}
		return treegrow.Quantile, nil
	case Huber:
		if c.Delta == 0 {
			c.Delta = 0.9
		}
		if !(c.Delta > 0 && c.Delta <= math.MaxFloat64) {
			return 0, ml.BadConfig(where, "Delta", c.Delta, "a finite number > 0; 0 means 0.9")
		}
		return treegrow.Huber, nil
	case Poisson:
		return treegrow.Poisson, nil
	case Gamma:
		return treegrow.Gamma, nil
	case Tweedie:
		if c.Power == 0 {
			c.Power = 1.5
		}
		if !(c.Power > 1 && c.Power < 2) {
			return 0, ml.BadConfig(where, "Power", c.Power, "between 1 and 2; 0 means 1.5. For the ends use Poisson and Gamma")
		}
		return treegrow.Tweedie, nil
	}
	return 0, ml.BadConfig(where, "Criterion", c.Criterion, "SquaredError, Friedman, AbsoluteError, QuantileLoss, Huber, Poisson, Gamma or Tweedie")
}

// grow grows the tree for m numbers of each row.
func (c *DecisionTreeRegressor) grow(ctx context.Context, g growth, criterion treegrow.Criterion, t ml.Table, y []float64, m, surrogates int) (*Ensemble, []treegrow.Node, error) {
	if err := checkPositive(g.where, criterion, y, t.Weight, m); err != nil {
		return nil, nil, err
	}
	p, err := g.params(t, t.Weight, criterion)
	if err != nil {
		return nil, nil, err
	}
	p.PresentOnly, p.Surrogates = surrogates > 0, surrogates
	p.Level, p.Power, p.Delta, p.Halve = c.Level, c.Power, c.Delta, true
	if c.Criterion == AbsoluteError {
		p.Level, p.Halve = 0.5, false
	}
	return g.grow(ctx, t, treegrow.Numbers(y, m), t.Weight, p)
}

// checkPositive refuses targets that a criterion cannot take.
func checkPositive(where string, criterion treegrow.Criterion, y, weight []float64, m int) error {
	want := ""
	switch criterion {
	case treegrow.Poisson, treegrow.Tweedie:
		want = ">= 0"
	case treegrow.Gamma:
		want = "> 0"
	default:
		return nil
	}
	sums := make([]float64, m)
	for i, v := range y {
		if v < 0 || v == 0 && criterion == treegrow.Gamma {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i/m), Found: fmt.Sprint(v), Want: want, Kind: ml.ErrTarget}
		}
		if weight == nil || weight[i/m] > 0 {
			sums[i%m] += v
		}
	}
	for _, s := range sums {
		if s == 0 {
			return &ml.Error{Where: where, Field: "Y", Found: "zero in every row that has weight", Want: "at least one number > 0", Kind: ml.ErrTarget}
		}
	}
	return nil
}
