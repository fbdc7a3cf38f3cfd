package ensemble

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tree"
)

// RandomForestClassifier averages the class shares of many trees, each grown on rows drawn with replacement, with splits looked for in a few columns
// drawn for each node (Breiman, Machine Learning 45 (2001)). Splits, criteria, missing values, categories and constraints are those of [tree.DecisionTreeClassifier].
//
// Rows are drawn in proportion to their weights, those of ClassWeight included, and the trees count a row as often as it was drawn, as in
// scikit-learn 1.9; a row of weight 0 is absent, but a row of weight k is not k rows, which would be more draws.
// With Rows EveryRow the trees know the weights themselves. Tree t draws by Seed and t alone: the number of cores changes nothing.
//
// Y has codes from 0 to K-1, where K is the number of Dataset.Classes, or else the largest code and one. Predictions are codes, PredictProba has rows x K.
//
// A fit of n rows costs about O(Trees · MaxFeatures · n · log n) time, and the model some 50 bytes for each node of each tree: trees are
// grown until their leaves are pure, unless MaxDepth or MinSamplesLeaf forbids it. CSR, missing values, categories,
// MaxFeatures above a third of the columns, and settings other than Gini and Entropy without MaxLeaves and Monotone take a more general way of growing, which keeps
// every column in order.
type RandomForestClassifier struct {
	Trees                 int            // 0: 100
	Criterion             tree.Criterion // Gini, Entropy, LogLoss or Hellinger. Zero: Gini
	MaxFeatures           int            // columns tried in each node, drawn from those that are not constant in it; all if there are fewer. 0: the root of their number
	MaxDepth              int            // splits between the root and a leaf. 0: any
	MinSamplesSplit       int            // different rows that a node must have to be split. 0: 2
	MinSamplesLeaf        int            // different rows that a leaf must have. 0: 1
	MinWeightFractionLeaf float64        // share of its tree's weight that a leaf must have, up to 1/2. 0: any
	MaxLeaves             int            // of a tree; the split that gains most comes first. 0: any number
	MinImpurityDecrease   float64        // what a split must gain: the fall of the impurity times the share of the weight in the node. 0: any
	Rows                  RowDraws       // which rows a tree sees. Zero: DrawRows
	MaxSamples            float64        // DrawRows: how many rows, as a share of those that have weight. 0: 1
	ClassWeight           ml.ClassWeight // how much each class counts. Zero: all rows as they are
	BalancedSubsample     bool           // the classes weigh alike among the rows that a tree has drawn
	Monotone              []int          // two classes: 1 if the probability of class 1 must not fall as the column rises, -1 if it must not rise, 0 for columns that are free. nil: all free
	Engine                Engine         // how exactly trees look at numbers. Zero: AutoEngine
	OOB                   bool           // the model says what trees make of the rows that they have not drawn
	Seed                  uint64         // of the draws
}

// ExtraTreesClassifier grows extremely randomised trees (Geurts, Ernst and Wehenkel, Machine Learning 63 (2006)): of each column that a node tries it knows a
// single cut, drawn between the smallest and the largest number, and by default each tree sees every row. All else is as in [RandomForestClassifier];
// with EveryRow a row of weight k is k rows. With MaxFeatures 1 the trees are totally random.
type ExtraTreesClassifier RandomForestClassifier

var (
	_ ml.Fitter[ml.Dataset[int], *ForestClassification] = RandomForestClassifier{}
	_ ml.Fitter[ml.Dataset[int], *ForestClassification] = ExtraTreesClassifier{}
)

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (RandomForestClassifier) Accepts() ml.Accepts { return accepted }

// Accepts is that of [RandomForestClassifier].
func (ExtraTreesClassifier) Accepts() ml.Accepts { return accepted }

// Fit returns the forest. Errors: ErrConfig for an option out of range, or one that does not go with another (MaxSamples with other Rows than DrawRows; OOB and BalancedSubsample with
// EveryRow; Monotone for more than two classes); ErrShape for sizes that do not agree; ErrNotFinite for Inf in X; ErrColumn for codes of categories that are not whole numbers >= 0; ErrWeight; ErrTarget for codes
// that are no class; and that of ctx once it is cancelled. A progress function that returns ml.Stop keeps the trees so far.
func (c RandomForestClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ForestClassification, error) {
	return c.fit(ctx, "ensemble.RandomForestClassifier.Fit", d, false, nil)
}

// Fit returns the forest. Errors are those of [RandomForestClassifier.Fit].
func (c ExtraTreesClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ForestClassification, error) {
	return RandomForestClassifier(c).fit(ctx, "ensemble.ExtraTreesClassifier.Fit", d, true, nil)
}

// fit grows a forest; random: of extremely randomised trees. Old is nil, or is continued.
func (c RandomForestClassifier) fit(ctx context.Context, where string, d ml.Dataset[int], random bool, old *ForestClassification) (*ForestClassification, error) {
	f := &forest{where: where, trees: c.Trees, rows: c.Rows, maxSamples: c.MaxSamples, engine: c.Engine, seed: c.Seed, subsample: c.BalancedSubsample, class: d.Y}
	c.Monotone, c.ClassWeight.PerClass = slices.Clone(c.Monotone), slices.Clone(c.ClassWeight.PerClass)
	if err := f.check(forestRowsOf(random)); err != nil {
		return nil, err
	}
	if err := f.checkOutOfBag(c.OOB); err != nil {
		return nil, err
	}
	if err := checkMaxFeatures(where, c.MaxFeatures); err != nil {
		return nil, err
	}
	one := c.one(random)
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	f.k = d.K()
	f.link, f.outputs, f.vector = tree.Share, f.k, true
	if f.k == 2 {
		f.link, f.outputs, f.vector = tree.Probability, 1, false
	}
	var was *tree.Model
	if old != nil {
		was = &old.Model
		if f.k < old.K() { // the model's classes keep their places
			f.k, f.outputs = old.K(), was.Ensemble.Outputs
			f.link, f.vector = was.Ensemble.Link, was.Ensemble.Vector
		}
		if err := checkContinued(where, was, f.outputs, d.Table); err != nil {
			return nil, err
		}
	}
	_, p := d.X.Dims()
	if one.MaxFeatures == 0 {
		one.MaxFeatures = max(1, int(math.Sqrt(float64(p))))
	}
	var err error
	if f.params, err = tree.GrowParams(one, where, d.Table, nil, f.k); err != nil {
		return nil, err
	}
	f.table = d.Table
	if f.table.Weight, err = c.ClassWeight.Weights(where, d.Y, d.Weight, f.k); err != nil {
		return nil, err
	}
	if err := f.table.CheckShape(where, accepted); err != nil { // products of weights may be too large
		return nil, err
	}
	f.target = treegrow.Classes(d.Y, f.k)
	c.Trees, c.Rows, c.Criterion = f.trees, f.rows, max(c.Criterion, tree.Gini)
	c.MinSamplesSplit, c.MinSamplesLeaf = max(c.MinSamplesSplit, 2), max(c.MinSamplesLeaf, 1)
	var config any = c
	if random {
		config = ExtraTreesClassifier(c)
	}
	fitted, e, err := f.fit(ctx, ml.NewFitted(d.Table, d.Classes, config), was)
	if err != nil {
		return nil, err
	}
	m, err := tree.NewClassificationModel(fitted, e)
	if err != nil {
		return nil, err
	}
	out := &ForestClassification{ClassificationModel: *m}
	if c.OOB {
		out.OOB = f.leftOut(e)
		out.OOB.Score = out.OOB.accuracy(d.Y, f.table.Weight, f.k)
	}
	return out, nil
}

// one is the config of a tree.
func (c *RandomForestClassifier) one(random bool) tree.DecisionTreeClassifier {
	return tree.DecisionTreeClassifier{Criterion: c.Criterion, Splitter: splitterOf(random), MaxDepth: c.MaxDepth, MinSamplesSplit: c.MinSamplesSplit, MinSamplesLeaf: c.MinSamplesLeaf,
		MinWeightFractionLeaf: c.MinWeightFractionLeaf, MaxFeatures: c.MaxFeatures, MaxLeaves: c.MaxLeaves, MinImpurityDecrease: c.MinImpurityDecrease, Monotone: c.Monotone}
}

func splitterOf(random bool) tree.Splitter {
	if random {
		return tree.RandomSplit
	}
	return tree.BestSplit
}

func forestRowsOf(random bool) RowDraws {
	if random {
		return EveryRow
	}
	return DrawRows
}

func checkMaxFeatures(where string, n int) error {
	if n < 0 {
		return ml.BadConfig(where, "MaxFeatures", n, ">= 1; 0 means the default")
	}
	return nil
}
