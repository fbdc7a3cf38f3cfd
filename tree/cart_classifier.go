package tree

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
)

// DecisionTreeClassifier grows one tree that tells classes apart (Breiman, Friedman, Olshen and Stone, Classification and Regression
// Trees, 1984). Every place between two neighbouring numbers of a column is tried; the threshold is halfway between them. A leaf answers with
// the shares of the classes in the training weight that reached it. On data without ties the tree is scikit-learn's, node for node; of
// equally good splits this one takes that of the lowest column (with MaxFeatures, of the one drawn first), and then the lowest threshold.
//
// Missing values (NaN) go to the side where they help most, in each split; where a node has seen none, to the child with more rows. A
// categorical column is split by sets of its codes: for two classes the best set is found, for more the best of all sets of up to 9 categories,
// or of those that are cuts in the order of a class's share. Codes that a split has not seen go with the heavier child, unless Categories says otherwise.
//
// Weights: a row of weight 0 is absent, also where rows are counted. One of weight k counts as k rows in all but MinSamplesSplit, MinSamplesLeaf and
// the side of values that were not missing in training. Numbers are compared in float64. CSR matrices are not made dense.
// A fit sorts each column once and then takes O(rows · columns) for each level; it keeps some 20 bytes for each number. Only
// RandomSplit and MaxFeatures draw numbers.
type DecisionTreeClassifier struct {
	Criterion             Criterion      // Gini, Entropy, LogLoss or Hellinger. Zero: Gini
	Splitter              Splitter       // BestSplit or RandomSplit. Zero: BestSplit
	MaxDepth              int            // splits between the root and a leaf. 0: any
	MinSamplesSplit       int            // rows that a node must have to be split. 0: 2
	MinSamplesLeaf        int            // rows that a leaf must have. 0: 1
	MinWeightFractionLeaf float64        // share of the weight that a leaf must have, up to 1/2. 0: any
	MaxFeatures           int            // columns tried in each node, drawn from those that are not constant in it. 0: all
	MaxLeaves             int            // leaves; the split that gains most comes first. 0: any number
	MinImpurityDecrease   float64        // what a split must gain: the fall of the impurity times the share of the weight in the node. 0: any
	ClassWeight           ml.ClassWeight // how much each class counts. Zero: all rows as they are
	Monotone              []int          // two classes: 1 if the probability of class 1 must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	MonotoneMethod        MonotoneMethod // how far Monotone binds the leaves. Zero: MonotoneBasic
	MonotonePenalty       float64        // keeps splits of columns with a constraint from the root: at depth d their gain counts 1 - 2^(penalty-1-d) times (1 - penalty/2^d up to 1), nothing where d+1 <= penalty. 0: none
	Interactions          [][]int        // groups of columns: those of a group may follow each other on a way from the root, those in no group form one more. nil: all may
	Categories            Categories     // how categorical columns are divided
	Bins                  Binning        // finds splits among bins of the numbers, on histograms. Zero: among all numbers
	CCPAlpha              float64        // prunes branches that gain less than this for each of their leaves: see [Ensemble.PruneCost]. 0: none
	Seed                  uint64         // of the draws
}

var _ ml.Fitter[ml.Dataset[int], *ClassificationModel] = DecisionTreeClassifier{}

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (DecisionTreeClassifier) Accepts() ml.Accepts {
	return ml.Accepts{Missing: true, Categorical: true}
}

// Fit returns the tree.
func (c DecisionTreeClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ClassificationModel, error) {
	e, _, c, err := c.grown(ctx, "tree.DecisionTreeClassifier.Fit", d, 0)
	if err != nil {
		return nil, err
	}
	return NewClassificationModel(ml.NewFitted(d.Table, d.Classes, c), e)
}

// grown grows the tree, with surrogates if there are to be any, and returns its nodes and the config with its defaults, too.
func (c DecisionTreeClassifier) grown(ctx context.Context, where string, d ml.Dataset[int], surrogates int) (*Ensemble, []treegrow.Node, DecisionTreeClassifier, error) {
	fail := func(err error) (*Ensemble, []treegrow.Node, DecisionTreeClassifier, error) { return nil, nil, c, err }
	criterion, err := c.criterion(where)
	if err != nil {
		return fail(err)
	}
	g := growth{where: where, splitter: c.Splitter, maxDepth: c.MaxDepth, minSplit: c.MinSamplesSplit, minLeaf: c.MinSamplesLeaf, features: c.MaxFeatures, most: c.MaxLeaves,
		minWeight: c.MinWeightFractionLeaf, minDecrease: c.MinImpurityDecrease, alpha: c.CCPAlpha, monotone: c.Monotone, method: c.MonotoneMethod, penalty: c.MonotonePenalty, interactions: c.Interactions,
		categories: c.Categories, bins: c.Bins, seed: c.Seed}
	if err := g.check(); err != nil {
		return fail(err)
	}
	c.Criterion, c.MinSamplesSplit, c.MinSamplesLeaf = max(c.Criterion, Gini), max(c.MinSamplesSplit, 2), max(c.MinSamplesLeaf, 1)
	c.Monotone, c.Interactions = slices.Clone(c.Monotone), cloneLists(c.Interactions)
	c.Bins = c.Bins.clone()
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	if err := d.Check(where, c.Accepts()); err != nil {
		return fail(err)
	}
	k := d.K()
	weight, err := c.ClassWeight.Weights(where, d.Y, d.Weight, k)
	if err != nil {
		return fail(err)
	}
	p, err := g.params(d.Table, weight, criterion)
	if err != nil {
		return fail(err)
	}
	if p.Monotone != nil && k != 2 {
		return fail(ml.BadConfig(where, "Monotone", fmt.Sprintf("set for %d classes", k), "2 classes, or no constraints"))
	}
	p.PresentOnly, p.Surrogates = surrogates > 0, surrogates
	e, nodes, err := g.grow(ctx, d.Table, treegrow.Classes(d.Y, k), weight, p)
	return e, nodes, c, err
}

func (c DecisionTreeClassifier) criterion(where string) (treegrow.Criterion, error) {
	switch c.Criterion {
	case DefaultCriterion, Gini:
		return treegrow.Gini, nil
	case Entropy, LogLoss:
		return treegrow.Entropy, nil
	case Hellinger:
		return treegrow.Hellinger, nil
	}
	return 0, ml.BadConfig(where, "Criterion", c.Criterion, "Gini, Entropy, LogLoss or Hellinger")
}
