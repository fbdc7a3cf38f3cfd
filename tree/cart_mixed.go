package tree

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tensor"
)

// DecisionTreeMixed grows one tree for several targets of either kind: numbers, and classes by their codes. The impurity of a node is the
// weighted mean of those of its targets, each as a share of what it is at the root: the variance of numbers, Gini's of classes. So targets count alike
// whatever their units. A leaf holds the mean of each number and the shares of each class. What [DecisionTreeClassifier] says of splits, ties, missing
// values, categories, weights, matrices and cost holds here too; of many categories, the best cut in the orders of all means and shares is taken.
type DecisionTreeMixed struct {
	Targets               []MixedTarget // one for each number of Y. nil: all are numbers that count alike
	Splitter              Splitter      // BestSplit or RandomSplit. Zero: BestSplit
	MaxDepth              int           // splits between the root and a leaf. 0: any
	MinSamplesSplit       int           // rows that a node must have to be split. 0: 2
	MinSamplesLeaf        int           // rows that a leaf must have. 0: 1
	MinWeightFractionLeaf float64       // share of the weight that a leaf must have, up to 1/2. 0: any
	MaxFeatures           int           // columns tried in each node, drawn from those that are not constant in it. 0: all
	MaxLeaves             int           // leaves; the split that gains most comes first. 0: any number
	MinImpurityDecrease   float64       // what a split must gain: the fall of the impurity, which is 1 at the root, times the share of the weight in the node. 0: any
	Interactions          [][]int       // groups of columns: those of a group may follow each other on a way from the root, those in no group form one more. nil: all may
	Categories            Categories    // how categorical columns are divided
	Bins                  Binning       // finds splits among bins of the numbers, on histograms. Zero: among all numbers
	CCPAlpha              float64       // prunes branches that gain less than this for each of their leaves: see [Ensemble.PruneCost]. 0: none
	Seed                  uint64        // of the draws
}

// MixedTarget says what one of the targets of a [DecisionTreeMixed] is.
type MixedTarget struct {
	Classes int     // codes 0 to Classes-1; 0: a number
	Weight  float64 // how much its impurity counts. 0: 1
}

// width is how many outputs stand for the target.
func (t MixedTarget) width() int { return max(t.Classes, 1) }

// MixedModel predicts several numbers and classes. The scores of its trees are the numbers and the probabilities of the classes, in the order of Targets.
type MixedModel struct {
	Model
	Targets []MixedTarget
}

var (
	_ ml.Fitter[ml.Dataset[[]float64], *MixedModel] = DecisionTreeMixed{}
	_ ml.Predictor[[]float64]                       = (*MixedModel)(nil)
)

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (DecisionTreeMixed) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit returns the tree.
func (c DecisionTreeMixed) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MixedModel, error) {
	const where = "tree.DecisionTreeMixed.Fit"
	g := growth{where: where, splitter: c.Splitter, maxDepth: c.MaxDepth, minSplit: c.MinSamplesSplit, minLeaf: c.MinSamplesLeaf, features: c.MaxFeatures, most: c.MaxLeaves,
		minWeight: c.MinWeightFractionLeaf, minDecrease: c.MinImpurityDecrease, alpha: c.CCPAlpha, interactions: c.Interactions, categories: c.Categories, bins: c.Bins, seed: c.Seed}
	if err := g.check(); err != nil {
		return nil, err
	}
	c.MinSamplesSplit, c.MinSamplesLeaf, c.Interactions = max(c.MinSamplesSplit, 2), max(c.MinSamplesLeaf, 1), cloneLists(c.Interactions)
	c.Bins = c.Bins.clone()
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	var err error
	if c.Targets, err = checkTargets(where, c.Targets, len(d.Y[0])); err != nil {
		return nil, err
	}
	y, m, err := spread(where, c.Targets, d.Y)
	if err != nil {
		return nil, err
	}
	p, err := g.params(d.Table, d.Weight, treegrow.Squared)
	if err != nil {
		return nil, err
	}
	p.Scale = scales(c.Targets, y, d.Weight, m)
	e, _, err := g.grow(ctx, d.Table, treegrow.Numbers(y, m), d.Weight, p)
	if err != nil {
		return nil, err
	}
	return NewMixedModel(ml.NewFitted(d.Table, nil, c), e, c.Targets)
}

// checkTargets fills in the defaults for n targets.
func checkTargets(where string, targets []MixedTarget, n int) ([]MixedTarget, error) {
	if targets == nil {
		targets = make([]MixedTarget, n)
	}
	if len(targets) != n {
		return nil, ml.BadConfig(where, "Targets", fmt.Sprintf("a list of %d", len(targets)), fmt.Sprintf("%d, one for each number of Y", n))
	}
	targets = slices.Clone(targets)
	outputs := 0
	for i := range targets {
		t := &targets[i]
		if t.Classes < 0 || t.Classes > maxOutputs {
			return nil, ml.BadConfig(where, fmt.Sprintf("Targets[%d].Classes", i), t.Classes, fmt.Sprintf("0 for a number, or up to %d classes", maxOutputs))
		}
		if outputs += t.width(); outputs > maxOutputs {
			return nil, ml.BadConfig(where, "Targets", fmt.Sprintf("more than %d numbers and classes", maxOutputs), "fewer")
		}
		if t.Weight == 0 {
			t.Weight = 1
		}
		if !(t.Weight > 0 && t.Weight <= math.MaxFloat64) {
			return nil, ml.BadConfig(where, fmt.Sprintf("Targets[%d].Weight", i), t.Weight, "a finite number > 0; 0 means 1")
		}
	}
	return targets, nil
}

// spread writes the targets of all rows one after the other, a class as one number for each: 1 for the class of the row, else 0.
func spread(where string, targets []MixedTarget, rows [][]float64) (y []float64, m int, err error) {
	for _, t := range targets {
		m += t.width()
	}
	y = make([]float64, len(rows)*m)
	at := y
	for i, row := range rows {
		for k, t := range targets {
			v := row[k]
			switch {
			case t.Classes == 0:
				at[0] = v
			case v >= 0 && v < float64(t.Classes) && v == math.Trunc(v):
				at[int(v)] = 1
			default:
				return nil, 0, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d][%d]", i, k), Found: fmt.Sprint(v), Want: fmt.Sprintf("a class code, 0 to %d", t.Classes-1), Kind: ml.ErrTarget}
			}
			at = at[t.width():]
		}
	}
	return y, m, nil
}

// scales are what the variance of each of the m numbers counts: so that the mean over all of them is the joint impurity, 1 at the root.
func scales(targets []MixedTarget, y, weight []float64, m int) []float64 {
	variance := variances(y, weight, m)
	out := make([]float64, m)
	total, at := 0.0, 0
	for _, t := range targets {
		total += t.Weight
	}
	for _, t := range targets {
		impurity := 0.0
		for _, v := range variance[at : at+t.width()] {
			impurity += v
		}
		for k := range t.width() {
			if impurity > 0 {
				out[at+k] = float64(m) * (t.Weight / total) / impurity
			}
		}
		at += t.width()
	}
	return out
}

// variances are those of m numbers in rows one after the other.
func variances(y, weight []float64, m int) []float64 {
	mean, out := make([]float64, m), make([]float64, m)
	for pass, to := range [2][]float64{mean, out} {
		total := 0.0
		for i := range len(y) / m {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			total += w
			for k, v := range y[i*m : (i+1)*m] {
				if pass == 1 {
					d := v - mean[k]
					v = float64(d * d)
				}
				to[k] += float64(w * v)
			}
		}
		for k := range to {
			to[k] /= total
		}
	}
	return out
}

// NewMixedModel makes a model of trees whose outputs are the numbers and classes of the targets. f.Info.Features may be left 0.
func NewMixedModel(f ml.Fitted, e *Ensemble, targets []MixedTarget) (*MixedModel, error) {
	m, err := newModel(f, e)
	if err != nil {
		return nil, err
	}
	mixed := &MixedModel{m, slices.Clone(targets)}
	return mixed, mixed.Restore()
}

// Restore checks a model that was read from a file.
func (m *MixedModel) Restore() error {
	if err := m.Model.Restore(); err != nil {
		return err
	}
	left := m.Ensemble.Outputs
	for _, t := range m.Targets {
		if t.Classes < 0 || t.width() > left {
			return malformed("Targets", fmt.Sprintf("a target of %d classes", t.Classes), fmt.Sprintf("%d numbers and classes in all", m.Ensemble.Outputs))
		}
		left -= t.width()
	}
	if left > 0 {
		return malformed("Targets", fmt.Sprintf("%d too few numbers and classes", left), fmt.Sprint(m.Ensemble.Outputs))
	}
	return nil
}

// Predict returns the targets of each row of x: a number, or the code of the most probable class, the lowest of equals. The slices share one array.
func (m *MixedModel) Predict(x tensor.Matrix) ([][]float64, error) {
	raw, err := m.scores("tree.MixedModel.Predict", x)
	if err != nil {
		return nil, err
	}
	n, k := raw.Shape()[0], len(m.Targets)
	flat, out := make([]float64, n*k), make([][]float64, n)
	for i := range out {
		out[i] = flat[i*k : (i+1)*k : (i+1)*k]
		scores := raw.Row(i)
		for j, t := range m.Targets {
			own := scores[:t.width()]
			if scores = scores[t.width():]; t.Classes == 0 {
				out[i][j] = own[0]
				continue
			}
			out[i][j] = float64(slices.Index(own, slices.Max(own)))
		}
	}
	return out, nil
}

// PredictProba returns the probabilities of the classes of a target: rows x Classes.
func (m *MixedModel) PredictProba(x tensor.Matrix, target int) (*tensor.Tensor[float64], error) {
	const where = "tree.MixedModel.PredictProba"
	if target < 0 || target >= len(m.Targets) || m.Targets[target].Classes == 0 {
		return nil, ml.BadConfig(where, "target", target, fmt.Sprintf("a target of classes, one of %d from 0", len(m.Targets)))
	}
	raw, err := m.scores(where, x)
	if err != nil {
		return nil, err
	}
	at := 0
	for _, t := range m.Targets[:target] {
		at += t.width()
	}
	return raw.Cols(at, at+m.Targets[target].Classes), nil
}
