package tree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/treegrow"
)

// Criterion says what the splits of a decision tree make small: the impurity of the nodes.
type Criterion uint8

// The criteria. Each tree takes those of its task; the zero value is Gini for classes and SquaredError for numbers.
const (
	DefaultCriterion Criterion = iota
	Gini                       // of classes: 1 - Σ p²
	Entropy                    // of classes: -Σ p·log2 p
	LogLoss                    // another name of Entropy: the trees are the same
	Hellinger                  // of classes: splits by the distance of the classes' distributions, whatever their sizes (Cieslak and Chawla, ECML 2008); impurities and gains are Gini's
	SquaredError               // of numbers: the variance. Leaves hold means
	Friedman                   // another name of SquaredError: the improvement of Friedman (Annals of Statistics 29 (2001)) is what the variance falls by
	AbsoluteError              // of numbers: the mean distance from the median. Leaves hold medians. O(n log n) for each node and column
	QuantileLoss               // of numbers: the mean pinball loss. Leaves hold quantiles. As AbsoluteError
	Poisson                    // of numbers >= 0: half the mean Poisson deviance, Σ y·log(y/mean). A leaf whose numbers are all 0 is not made
	Gamma                      // of numbers > 0: half the mean gamma deviance
	Tweedie                    // of numbers >= 0: half the mean Tweedie deviance, by Power
	Huber                      // of numbers: half the mean of the squared distances up to Delta, lines beyond (Huber, Annals of Mathematical Statistics 35 (1964)). Leaves hold his estimate of location. O(n log² n) for each node and column
)

var criterionNames = [...]string{"default", "gini", "entropy", "log loss", "hellinger", "squared error", "friedman", "absolute error", "quantile loss", "poisson", "gamma", "tweedie", "huber"}

// String names the criterion.
func (c Criterion) String() string {
	if int(c) < len(criterionNames) {
		return criterionNames[c]
	}
	return fmt.Sprintf("Criterion(%d)", uint8(c))
}

// Splitter says which splits of a column are tried.
type Splitter uint8

// The splitters.
const (
	BestSplit   Splitter = iota // all: the best one of each column
	RandomSplit                 // one for each column, drawn at random between its smallest and largest number, as in extremely randomised trees
)

// String names the splitter.
func (s Splitter) String() string {
	switch s {
	case BestSplit:
		return "best"
	case RandomSplit:
		return "random"
	}
	return fmt.Sprintf("Splitter(%d)", uint8(s))
}

// Categories says how decision trees divide the codes of a categorical column. The zero value takes each category as it is.
type Categories struct {
	Smooth     float64 // rows with the mean of the node, or its shares of the classes, that count as rows of each category where categories are put in order of theirs. 0: none
	MinSamples int     // rows that a category needs in a node to take a side of its own; those with fewer take one together. 0: 1
	Unseen     Unseen  // where categories go that a split has not seen. Zero: UnseenHeavier
}

// Unseen is a place for the categories that a split has not seen.
type Unseen uint8

// The places.
const (
	UnseenHeavier Unseen = iota // the child with more weight
	UnseenMissing               // where the split sends missing values; if it has seen none of those either, UnseenHeavier
)

// MonotoneMethod says how far monotone constraints bind the leaves of a tree. [Ensemble.VerifyMonotone] holds for trees of each.
type MonotoneMethod uint8

// The methods, from the fastest to the freest (LightGBM has them by the same names).
const (
	MonotoneBasic        MonotoneMethod = iota // the middle of the values of two children bounds all that grows below them: costs nothing, as scikit-learn does it
	MonotoneIntermediate                       // leaves bound each other by their values of the moment, where rows can be compared: a child as its parent. The time of a split grows with the number of leaves
	MonotoneAdvanced                           // the same, each child by what it itself can be compared with, at each threshold
)

// String names the method.
func (m MonotoneMethod) String() string {
	switch m {
	case MonotoneBasic:
		return "basic"
	case MonotoneIntermediate:
		return "intermediate"
	case MonotoneAdvanced:
		return "advanced"
	}
	return fmt.Sprintf("MonotoneMethod(%d)", uint8(m))
}

// growth is what all decision trees have in common.
type growth struct {
	where                                       string
	splitter                                    Splitter
	maxDepth, minSplit, minLeaf, features, most int
	minWeight, minDecrease, alpha               float64
	monotone                                    []int
	method                                      MonotoneMethod
	penalty                                     float64
	interactions                                [][]int
	categories                                  Categories
	bins                                        Binning
	seed                                        uint64
}

// check fills in the defaults and refuses what is out of range.
func (g *growth) check() error {
	switch {
	case g.splitter > RandomSplit:
		return ml.BadConfig(g.where, "Splitter", g.splitter, "BestSplit or RandomSplit")
	case g.maxDepth < 0:
		return ml.BadConfig(g.where, "MaxDepth", g.maxDepth, ">= 0; 0 means any")
	case g.minSplit < 0 || g.minSplit == 1:
		return ml.BadConfig(g.where, "MinSamplesSplit", g.minSplit, ">= 2; 0 means 2")
	case g.minLeaf < 0:
		return ml.BadConfig(g.where, "MinSamplesLeaf", g.minLeaf, ">= 1; 0 means 1")
	case !(g.minWeight >= 0 && g.minWeight <= 0.5):
		return ml.BadConfig(g.where, "MinWeightFractionLeaf", g.minWeight, "0 to 0.5")
	case g.features < 0:
		return ml.BadConfig(g.where, "MaxFeatures", g.features, ">= 0; 0 means all")
	case g.most < 0 || g.most == 1:
		return ml.BadConfig(g.where, "MaxLeaves", g.most, ">= 2; 0 means any number")
	case !(g.minDecrease >= 0) || math.IsInf(g.minDecrease, 1):
		return ml.BadConfig(g.where, "MinImpurityDecrease", g.minDecrease, "a finite number >= 0")
	case !(g.categories.Smooth >= 0) || math.IsInf(g.categories.Smooth, 1):
		return ml.BadConfig(g.where, "Categories.Smooth", g.categories.Smooth, "a finite number >= 0")
	case g.categories.MinSamples < 0:
		return ml.BadConfig(g.where, "Categories.MinSamples", g.categories.MinSamples, ">= 1; 0 means 1")
	case g.categories.Unseen > UnseenMissing:
		return ml.BadConfig(g.where, "Categories.Unseen", g.categories.Unseen, "UnseenHeavier or UnseenMissing")
	case g.method > MonotoneAdvanced:
		return ml.BadConfig(g.where, "MonotoneMethod", g.method, "MonotoneBasic, MonotoneIntermediate or MonotoneAdvanced")
	case !(g.penalty >= 0) || math.IsInf(g.penalty, 1):
		return ml.BadConfig(g.where, "MonotonePenalty", g.penalty, "a finite number >= 0")
	case g.monotone == nil && g.method != MonotoneBasic:
		return ml.BadConfig(g.where, "MonotoneMethod", g.method, "MonotoneBasic without Monotone")
	case g.monotone == nil && g.penalty != 0:
		return ml.BadConfig(g.where, "MonotonePenalty", g.penalty, "0 without Monotone")
	case g.bins.on() && g.splitter == RandomSplit:
		return ml.BadConfig(g.where, "Bins", "set", "none for RandomSplit, which tries one number of each column")
	case !(g.alpha >= 0) || math.IsInf(g.alpha, 1):
		return ml.BadConfig(g.where, "CCPAlpha", g.alpha, "a finite number >= 0")
	}
	return nil
}

// params turns them into those of a tree on columns that are given.
func (g *growth) params(t ml.Table, weight []float64, criterion treegrow.Criterion) (treegrow.Params, error) {
	n, p := t.X.Dims()
	out := treegrow.Params{Criterion: criterion, Random: g.splitter == RandomSplit, MaxDepth: g.maxDepth, MaxLeaves: g.most, MinSplit: g.minSplit,
		MinLeaf: g.minLeaf, MinDecrease: g.minDecrease, MaxFeatures: g.features, Seed: g.seed,
		Method: treegrow.MonotoneMethod(g.method), MonotonePenalty: g.penalty,
		Categories: treegrow.Categories{Smooth: g.categories.Smooth, MinSamples: g.categories.MinSamples, UnseenMissing: g.categories.Unseen == UnseenMissing}}
	for i, group := range g.interactions {
		for _, j := range group {
			if j < 0 || j >= p {
				return out, ml.BadConfig(g.where, fmt.Sprintf("Interactions[%d]", i), j, fmt.Sprintf("columns from 0 to %d", p-1))
			}
		}
	}
	out.Interaction = g.interactions
	if g.minWeight > 0 {
		total := float64(n)
		if weight != nil {
			total = 0
			for _, w := range weight {
				total += w
			}
		}
		out.MinWeight = g.minWeight * total
	}
	if g.monotone == nil {
		return out, nil
	}
	if len(g.monotone) != p {
		return out, ml.BadConfig(g.where, "Monotone", fmt.Sprintf("a list of %d", len(g.monotone)), fmt.Sprintf("%d, one for each column", p))
	}
	free := true
	out.Monotone = make([]int8, p)
	for j, m := range g.monotone {
		if m < -1 || m > 1 {
			return out, ml.BadConfig(g.where, fmt.Sprintf("Monotone[%d]", j), m, "-1, 0 or 1")
		}
		if m != 0 && j < len(t.Columns) && t.Columns[j].Kind == ml.Categorical {
			return out, ml.BadConfig(g.where, fmt.Sprintf("Monotone[%d]", j), m, "0 for a categorical column, which has no order")
		}
		out.Monotone[j] = int8(m)
		free = free && m == 0
	}
	if free {
		out.Monotone = nil
	}
	return out, nil
}

// cloneLists copies lists, so that a model keeps its own.
func cloneLists(lists [][]int) [][]int {
	lists = slices.Clone(lists)
	for i := range lists {
		lists[i] = slices.Clone(lists[i])
	}
	return lists
}

// columns sorts the columns of a table.
func (g *growth) columns(ctx context.Context, t ml.Table) (*treegrow.Columns, error) {
	var categorical []bool
	for j, c := range t.Columns {
		if c.Kind != ml.Categorical {
			continue
		}
		if categorical == nil {
			categorical = make([]bool, len(t.Columns))
		}
		categorical[j] = true
	}
	c, err := treegrow.Sort(ctx, rows.Of(t.X), categorical)
	var bad *treegrow.BadCode
	if errors.As(err, &bad) {
		return nil, &ml.Error{Where: g.where, Field: fmt.Sprintf("X[%d, %d] (%s)", bad.Row, bad.Col, ml.ColumnName(t.Columns, bad.Col)), Found: fmt.Sprint(bad.Value),
			Want: fmt.Sprintf("a category code, 0 to %d, or NaN", treegrow.MaxCode), Kind: ml.ErrColumn}
	}
	if err != nil || !g.bins.on() {
		return c, err
	}
	return g.bins.cut(ctx, g.where, c, t)
}

// grow grows a tree and prunes it, as an ensemble of one. The nodes are those from before.
func (g *growth) grow(ctx context.Context, t ml.Table, target *treegrow.Target, weight []float64, p treegrow.Params) (*Ensemble, []treegrow.Node, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	c, err := g.columns(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	nodes, err := treegrow.Grow(ctx, c, target, weight, p)
	if err != nil {
		if done := ml.Done(ctx); done != nil {
			return nil, nil, done
		}
		return nil, nil, err
	}
	_, features := t.X.Dims()
	shape := Ensemble{Features: features, Outputs: max(target.K, target.M), Vector: target.K > 0 || target.M > 1}
	if target.K > 0 {
		shape.Link = Share
	}
	e, err := ensembleOf(shape, nodes)
	if err != nil || g.alpha == 0 {
		return e, nodes, err
	}
	e, err = e.PruneCost(g.alpha)
	return e, nodes, err
}

// ensembleOf stores a grown tree.
func ensembleOf(shape Ensemble, nodes []treegrow.Node) (*Ensemble, error) {
	b := NewBuilder(shape)
	out := make([]Node, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		o := &out[i]
		*o = Node{Feature: n.Feature, Left: n.Left, Right: n.Right, Value: n.Value, Cover: n.Weight, Gain: n.Gain, Impurity: n.Impurity, Samples: n.Samples, ID: i}
		if n.Feature < 0 {
			continue
		}
		o.Rule, o.Threshold = LessEq, n.Threshold
		if n.Set != nil {
			o.Rule, o.Threshold, o.Set = In, 0, n.Set
		}
		if n.MissingLeft {
			o.Rule |= MissingLeft
		}
	}
	b.Add(0, 1, out)
	return b.Ensemble()
}
